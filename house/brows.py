"""Brows and lashes: what makes eyes readable from afar."""

from __future__ import annotations

from typing import Final

import numpy as np

from house import lids
from house.attach import attached, following
from house.part import Part, Points
from house.rings import split
from house.sculpt import front
from house.skin import Skin

ALONG: Final = 20
ACROSS: Final = 7

LINE: Final = ((10.0, 19.0), (19.0, 23.2), (30.5, 25.6), (42.0, 23.0), (51.0, 17.0))
"""The left brow from the nose outwards, mm as seen from the front."""

WIDTH: Final = (2.1, 3.1, 3.1, 2.2, 0.4)
"""Half its width there, mm."""

THICK: Final = 1.5
"""Before the skin, mm."""


def brows(skin: Skin, shapes: dict[str, Points]) -> list[Part]:
    """Both brows, on the skin and moving with it."""
    return [attached(brow, skin, shapes) for brow in (_left(), _left().mirrored("browRight"))]


def _left() -> Part:
    there = np.linspace(0, 1, len(LINE))
    along = np.linspace(0, 1, ALONG) ** 1.25
    x, y = (_smooth(there, np.array(LINE)[:, k], along) for k in range(2))
    half = np.maximum(_smooth(there, np.array(WIDTH), along), 0.3)
    half *= np.sqrt(1 - (1 - np.clip(along / 0.1, 0.04, 1)) ** 2)  # a round end
    slope = np.stack([-np.gradient(y), np.gradient(x)], axis=1)
    slope /= np.linalg.norm(slope, axis=1, keepdims=True)
    across = np.linspace(-1, 1, ACROSS)
    flat = np.stack([x, y], axis=1)[:, None] + slope[:, None] * (half[:, None] * across)[:, :, None]
    points = front(flat[..., 0].ravel(), flat[..., 1].ravel())
    lift = (1 - across**2)[None] * THICK * (half / half.max())[:, None] ** 0.5
    points[:, 2] += lift.ravel() - 0.35
    rows = np.arange(ALONG * ACROSS).reshape(ALONG, ACROSS)
    quads = np.stack([rows[:-1, :-1], rows[1:, :-1], rows[1:, 1:], rows[:-1, 1:]], axis=-1).reshape(-1, 4)
    return Part("browLeft", "brows", points, split(points, quads))


def _smooth(at: Points, values: Points, where: Points) -> Points:
    from scipy.interpolate import PchipInterpolator

    return np.asarray(PchipInterpolator(at, values)(where))


LASHES: Final = np.arange(-1, 21)
"""Columns of the lid's ring that carry the upper lashes, from the outer corner to near the inner one."""

LONG: Final = 3.4
"""Of the lashes near the outer corner, mm."""


def lashes(skin: Skin, shapes: dict[str, Points]) -> list[Part]:
    """The upper lashes as one dark rim along each lid, thick at its root and thin at its end."""
    return [_rim(skin, shapes, "lashesLeft", 0), _rim(skin, shapes, "lashesRight", 1)]


def _rim(skin: Skin, shapes: dict[str, Points], name: str, side: int) -> Part:
    rings = skin.eyes[side]
    above, below = rings[lids.MARGIN, LASHES], rings[lids.EDGE, LASHES]
    rim, edge = skin.vertices[above], skin.vertices[below]
    outwards = 1.0 if side == 0 else -1.0
    share = np.linspace(1, 0, len(LASHES)) ** 0.7
    long = (
        LONG
        * (0.35 + 0.65 * share)
        * np.clip(
            np.minimum(np.arange(len(share)) / 2, (len(share) - 1 - np.arange(len(share))) / 3), 0.05, 1
        )
    )
    way = np.stack([outwards * 0.45 * (share - 0.3), 0.42 + 0 * share, 0.9 + 0 * share], axis=1)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    tip = (rim + edge) / 2 + way * long[:, None]
    root_up, root_down = rim + np.array([0, 0.35, 0.25]), edge + np.array([0, -0.1, 0.35])
    points = np.concatenate([root_up, tip, root_down])
    count = len(LASHES)
    rows = np.arange(3 * count).reshape(3, count)
    quads = np.concatenate(
        [
            np.stack([a[:-1], a[1:], b[1:], b[:-1]], axis=-1)
            for a, b in ((rows[0], rows[1]), (rows[1], rows[2]))
        ]
    )
    triangles = split(points, quads)
    if side == 1:
        triangles = triangles[:, ::-1]
    follow = np.concatenate([above, above, below])
    return following(Part(name, "lashes", points, triangles), follow, shapes)
