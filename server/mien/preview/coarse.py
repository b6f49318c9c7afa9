"""Rays are saved where a face is plain: every second pixel of every second row gets one first, and the three
beside it only where those around differ or where something fine may be: eyes, lashes, lips, textures."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]
Picture = NDArray[np.uint8]

PLAIN: Final = 6
"""Steps of 255 between corners of a cell that is filled by their mean: at 2 nothing is saved, at 20 the
shadow of a nostril loses its edge."""

SPREAD: Final = 1
"""Cells around something fine that get all their rays."""

SMALLEST: Final = 320
"""Height of a picture in which rays are saved, pixels; in smaller ones every pixel is fine."""


def mean_of(corners: Picture) -> Picture:
    """A picture twice as large as `corners`, shape (height, width, 3): means between them."""
    height, width, _ = corners.shape
    wide = np.empty((height, 2 * width, 3), np.uint8)
    wide[:, 0::2] = corners
    wide[:, 1:-1:2] = _mean(corners[:, :-1], corners[:, 1:])
    wide[:, -1] = corners[:, -1]
    full = np.empty((2 * height, 2 * width, 3), np.uint8)
    full[0::2] = wide
    full[1:-1:2] = _mean(wide[:-1], wide[1:])
    full[-1] = wide[-1]
    return full


def _mean(one: Picture, other: Picture) -> Picture:
    """The mean of two pictures, rounded down, without leaving 8 bits."""
    return np.asarray(((one ^ other) >> 1) + (one & other), np.uint8)


def cells_to_fill(corners: Picture, shown: Ints, fine: Bools, points: NDArray[np.int64]) -> Bools:
    """Which cells get rays for all of their pixels, shape (height, width) of `corners`.

    Args:
        corners: The first pixel of each cell, shape (height, width, 3).
        shown: Which material it shows, or -1, shape (height, width).
        fine: Shape (materials,): of which materials every pixel counts.
        points: Cells (row, column) near which something fine is, shape (n, 2), in the picture or not.
    """
    near = np.append(fine, False)[shown]  # -1, nothing, is the last
    height, width = shown.shape
    inside = points[(points >= 0).all(axis=1) & (points < (height, width)).all(axis=1)]
    near[inside[:, 0], inside[:, 1]] = True
    near = _spread(near, SPREAD)
    for one, other in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        differ = shown[one] != shown[other]
        differ |= _apart(corners[one], corners[other]) > PLAIN
        near[one] |= differ
        near[other] |= differ
    near[1:, 1:] |= near[:-1, 1:] | near[1:, :-1]
    near[:-1, :-1] |= near[1:, :-1] | near[:-1, 1:]
    return near


def _apart(one: Picture, other: Picture) -> NDArray[np.int16]:
    """How much two pictures differ in their green and red, shape (height, width)."""
    apart = np.abs(one[..., 1].astype(np.int16) - other[..., 1])
    return np.asarray(np.maximum(apart, np.abs(one[..., 0].astype(np.int16) - other[..., 0])))


def _spread(mask: Bools, steps: int) -> Bools:
    """`mask` and what lies within so many `steps` of it, across and down."""
    wide = mask.copy()
    for _ in range(steps):
        for one, other in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
            before = wide.copy()
            wide[one] |= before[other]
            wide[other] |= before[one]
    return wide
