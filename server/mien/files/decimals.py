"""Numbers as text that reads back equal: the shortest decimals that name each float32."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BLOCK = 1024
"""Frames turned to text at a time: 4 MB of strings for 52 curves, however long the take."""

STRAY = 0x15AE43FD
"""Bits of 7.0385307e-26, the one float32 whose shortest text does not read back equal through a double
(which is how CSV and JSON readers read). Found by trying all 2**31; it is written with more digits."""


def frame_texts(values: NDArray[np.float32]) -> Iterator[list[str]]:
    """The cells of each frame of `values`, shape (frames, curves), in blocks of bounded memory."""
    for first in range(0, len(values), BLOCK):
        yield from _texts(values[first : first + BLOCK]).tolist()


def _texts(block: NDArray[np.float32]) -> NDArray[np.object_]:
    """Most of a face rests most of the time, so zeros take the short way. (-0.0 is not +0.0 here.)"""
    bits = block.view(np.uint32)
    texts = np.full(block.shape, "0", dtype=object)
    texts[bits != 0] = block[bits != 0].astype(np.str_).tolist()
    stray = (bits & 0x7FFFFFFF) == STRAY
    if stray.any():
        texts[stray] = [repr(value) for value in block[stray].tolist()]
    return texts
