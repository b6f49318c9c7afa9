"""The skin's colours, vertex by vertex: lips, warm cheeks, nose and ears, the dark rims of lids and
nostrils."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from house import lids, mouth
from house.part import Points
from house.pull import smooth
from house.sculpt import folded
from house.skin import Skin

LIP = np.array([0.80, 0.56, 0.60])
"""Of the red, times the material's colour."""

WET = np.array([0.55, 0.32, 0.32])
BLUSH = np.array([0.97, 0.80, 0.77])
RIM = np.array([0.72, 0.55, 0.52])
WATERLINE = np.array([0.98, 0.78, 0.76])

FLUSHED = (
    # place, mm; radius; how much
    ((40.0, -30.0, 8.0), 24.0, 1.0),
    ((0.0, -36.0, 40.0), 13.0, 0.7),
    ((0.0, -94.0, 22.0), 14.0, 0.35),
)


def complexion(skin: Skin) -> Points:
    """Tint of each vertex, linear RGB 0..1."""
    tint = np.ones((len(skin.vertices), 3))
    aside = folded(skin.vertices)
    for place, radius, much in FLUSHED:
        near = smooth(1 - np.linalg.norm(aside - place, axis=1) / radius)
        tint = _mixed(tint, BLUSH, much * near)
    tint = _mouth(tint, skin)
    for side in skin.eyes:
        tint[side[lids.MARGIN]] = RIM
        tint[side[lids.EDGE]] = WATERLINE
        tint[side[lids.BEHIND]] = WATERLINE * 0.6
        tint[side[lids.PLATE]] = _mixed(tint[side[lids.PLATE]], RIM, np.full(lids.COLUMNS, 0.25))
    return tint


def _mouth(tint: Points, skin: Skin) -> Points:
    rings = skin.mouth
    tint[rings[mouth.RED]] = _mixed(np.ones((mouth.COLUMNS, 3)), LIP, np.full(mouth.COLUMNS, 0.25))
    tint[rings[mouth.RED + 1]] = _mixed(np.ones((mouth.COLUMNS, 3)), LIP, np.full(mouth.COLUMNS, 0.8))
    tint[rings[mouth.RED + 2 : mouth.MEETING]] = LIP
    tint[rings[mouth.MEETING]] = LIP * 0.86
    tint[rings[mouth.MEETING + 1 : mouth.MEETING + 3]] = WET
    tint[rings[mouth.MEETING + 3 :]] = 1.0
    tint[-1] = 1.0
    return tint


def _mixed(tint: Points, to: NDArray[np.float64], share: NDArray[np.float64]) -> Points:
    return np.asarray(tint + (to * np.ones_like(tint) - tint) * share[:, None])
