"""Shoulders in a plain sweater, so that the head stands on something."""

from __future__ import annotations

from typing import Final

import numpy as np

from house.part import Part
from house.rings import between

COLUMNS: Final = 44

RINGS: Final = (
    # height before and behind, half width, half depth, middle in z: mm
    (-142.0, -120.0, 38.0, 38.0, -80.0),
    (-137.0, -112.0, 42.0, 42.5, -80.0),
    (-139.0, -113.0, 46.5, 46.5, -80.0),
    (-145.0, -120.0, 49.0, 48.5, -81.0),
    (-149.0, -126.0, 53.0, 51.0, -82.0),
    (-155.0, -133.0, 72.0, 56.0, -84.0),
    (-163.0, -144.0, 98.0, 61.0, -86.0),
    (-177.0, -160.0, 124.0, 66.0, -87.0),
    (-202.0, -190.0, 143.0, 71.0, -88.0),
    (-262.0, -258.0, 150.0, 78.0, -88.0),
)
"""From inside the collar over its rim and down the shoulders."""


def body() -> list[Part]:
    """The sweater."""
    turn = 2 * np.pi * np.arange(COLUMNS) / COLUMNS
    rings = []
    for before, behind, wide, deep, middle in RINGS:
        z = middle + deep * np.cos(turn)
        y = behind + (before - behind) * (np.cos(turn) + 1) / 2
        rings.append(np.stack([wide * np.sin(turn), y, z], axis=1))
    points = np.concatenate(rings)
    rows = np.arange(len(points)).reshape(len(RINGS), COLUMNS)
    return [Part("body", "cloth", points, between(points, rows, inwards=True))]
