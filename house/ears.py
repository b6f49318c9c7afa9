"""The ear: a relief over its outline, as one models an ear in clay on a board, then set against the head.

Rings run from the ear's hole to the rim and back behind it. Five profiles say how high each ring stands:
along the helix, where it begins before the ear, at the lobe, at the tragus and at the gap beneath it; between
those they blend around the outline.

Proportions after Tolleth, "Artistic anatomy, dimensions, and proportions of the external ear" (1978): half to
.6 as wide as high, its top level with the brow, 15 to 20 mm off the head; less tilted, as it is friendlier.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator

from house.grid import fan, flipped, skin
from house.part import Part, Points
from house.sculpt import distance

HOLE = (-17.0, -86.0)
"""Y and z of the ear's hole, mm."""

BEFORE, OFF = (-18.0, -76.0), 8.0
"""Y and z of the skin before the tragus, and how far off from there the board stands at the hole, mm."""

TILT, FLARE, ROLL = np.radians(12.0), np.radians(24.0), np.radians(18.0)
"""The top goes back; the rim stands off behind; the top stands off more than the lobe."""

OUTLINE = (
    # back and up from the hole, mm: from the root of the helix over the top to the lobe and the tragus
    (-8.5, 13.0),
    (-6.5, 23.0),
    (1.5, 30.5),
    (12.5, 30.0),
    (21.0, 22.0),
    (24.0, 9.0),
    (21.0, -4.5),
    (14.5, -15.0),
    (9.2, -22.8),
    (3.2, -27.2),
    (-3.2, -26.4),
    (-7.4, -20.5),
    (-9.0, -13.0),
    (-10.0, -6.0),
    (-10.0, 4.0),
)

CENTRE = np.array([0.5, -1.0])
"""Of the rings, back and up from the hole, mm."""

COLUMNS = 32

RINGS = (0.22, 0.40, 0.50, 0.60, 0.71, 0.81, 0.89, 0.95, 0.99, 1.0, 0.96, 0.86)
"""Share of the way from the centre to the outline; after 1 behind the ear."""

FLOOR = -8.5
"""Depth of the hole, mm."""

PROFILES = {
    # height over the board of each ring, mm
    "helix": (-8.2, -5.5, -0.4, 2.2, 1.4, -2.2, -1.8, 2.6, 4.4, 2.2, -2.2, -5.0),
    "root": (-7.8, -5.5, -3.0, -1.6, -0.8, 0.2, 1.4, 1.8, 0.6, -2.5, -6.0, -9.0),
    "tragus": (-8.2, -6.6, -1.6, 2.0, 2.6, 1.0, -1.2, -3.4, -5.4, -7.0, -8.0, -10.0),
    "notch": (-7.8, -5.5, -3.4, -2.2, -1.4, -1.4, -2.0, -3.0, -4.5, -6.0, -8.0, -10.0),
    "lobe": (-7.2, -3.0, 0.6, 1.6, 1.0, 1.2, 1.6, 1.4, 0.4, -1.4, -3.4, -4.4),
}

AROUND = (
    # degrees from straight back over the top; the profile there
    (-192.0, "tragus"),
    (-172.0, "tragus"),
    (-146.0, "notch"),
    (-114.0, "lobe"),
    (-75.0, "lobe"),
    (-35.0, "helix"),
    (98.0, "helix"),
    (132.0, "root"),
    (168.0, "tragus"),
    (188.0, "tragus"),
)

NECK = 0.62
"""Share of the outline at which the back of the ear enters the head."""

SUNK = 3.0
"""How deep the open end lies within the head, mm; the skin there moves by less."""


DEEPEST = 24.0
"""How far the open end reaches for a head that recedes there, mm."""


def ear() -> Part:
    """The left ear, open where it enters the head."""
    rings = _board()
    points = np.concatenate([_set(np.array([[*CENTRE, FLOOR]])), _set(rings.reshape(-1, 3)), _end(rings[-1])])
    triangles = np.concatenate([flipped(fan(0, 1, COLUMNS)), 1 + skin(len(RINGS) + 1, COLUMNS)])
    return Part("earLeft", "skin", points, triangles, tint=_tint(rings))


def _board() -> Points:
    """Shape (rings, COLUMNS, 3): back, up and off the board, mm."""
    outline = _outline()
    flat = CENTRE + np.array(RINGS)[:, None, None] * (outline - CENTRE)
    return np.concatenate([flat, _heights(outline)[..., None]], axis=2)


def _outline() -> Points:
    """Shape (COLUMNS, 2), evenly spaced along the spline through `OUTLINE`, from the root of the helix."""
    knots = np.array([*OUTLINE, OUTLINE[0]])
    curve = CubicSpline(np.arange(len(knots)), knots, bc_type="periodic")
    fine = curve(np.linspace(0, len(OUTLINE), 1000))
    walked = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    even = walked[-1] * np.arange(COLUMNS) / COLUMNS
    return np.stack([np.interp(even, walked, fine[:, axis]) for axis in (0, 1)], axis=1)


def _heights(outline: Points) -> NDArray[np.float64]:
    """Shape (rings, COLUMNS), mm."""
    back, up = (outline - CENTRE).T
    angle = np.degrees(np.arctan2(up, back))
    profiles = np.array([PROFILES[name] for _, name in AROUND])
    blend = PchipInterpolator([degrees for degrees, _ in AROUND], profiles)
    return np.asarray(blend(angle), np.float64).T


def _set(points: Points) -> Points:
    """From the board to the head: back, up, off become x, y, z."""
    back, up, off = points.T
    up, back = up * np.cos(TILT) - back * np.sin(TILT), back * np.cos(TILT) + up * np.sin(TILT)
    aside = back * np.sin(FLARE) + off * np.cos(FLARE) + up * np.sin(ROLL)
    front = off * np.sin(FLARE) - back * np.cos(FLARE)
    middle = float(_surface(np.array([BEFORE]))[0]) + OFF
    return np.stack([middle + aside, HOLE[0] + up * np.cos(ROLL), HOLE[1] + front], axis=1)


def _end(last: Points) -> Points:
    """The open end, within the head."""
    flat = CENTRE + NECK / RINGS[-1] * (last[:, :2] - CENTRE)
    placed = _set(np.column_stack([flat, last[:, 2]]))
    below = np.maximum(_surface(placed[:, 1:]), placed[:, 0] - DEEPEST)
    placed[:, 0] = np.minimum(placed[:, 0], below) - SUNK
    return placed


def _surface(places: Points) -> NDArray[np.float64]:
    """X of the head's left side at each y and z, mm."""
    points = np.column_stack([np.full(len(places), 110.0), places])
    for _ in range(60):
        points[:, 0] -= 0.6 * distance(points)
    return points[:, 0]


def _tint(rings: Points) -> Points:
    """Linear RGB times the skin's: warmer at rim and lobe, where light shines in, deep in the hollows."""
    height = np.clip((rings[..., 2] + 8) / 11, 0, 1)
    height[-2:] = 1.0
    deep, warm = np.array([0.78, 0.55, 0.50]), np.array([1.0, 0.84, 0.80])
    tint = deep + (warm - deep) * height[..., None]
    return np.concatenate([[deep], tint.reshape(-1, 3), np.ones((COLUMNS, 3))])
