"""The eyeballs: a ball with a cornea on it, coloured in rings, and the eight shapes that turn it.

Rings of points run about the axis of sight. Where a colour ends, two rings lie a third of a millimetre apart,
so that colours of points draw a crisp edge without a texture.
"""

from __future__ import annotations

import numpy as np

from house.grid import fan, flipped, skin
from house.part import Part, Points

CENTRE = np.array([33.0, 0.0, 0.0])
"""Of the subject's left eye, mm."""

RADIUS = 17.0
CORNEA, BULGE = 9.8, 1.0
"""Radius of the cornea's edge and how far its middle stands out, mm."""

PUPIL, IRIS = 3.5, 8.5
"""Radii, mm."""

SIDEWAYS, UPDOWN = np.radians(30.0), np.radians(25.0)
"""Turn at weight 1."""

COLUMNS = 32

DARK = (0.004, 0.003, 0.003)
HONEY = (0.50, 0.27, 0.085)
GREEN = (0.29, 0.34, 0.15)
DEEP = (0.10, 0.13, 0.065)
LIMBUS = (0.012, 0.014, 0.010)
WHITE = (0.93, 0.91, 0.89)
PINK = (0.74, 0.44, 0.39)

FRONT = (
    (PUPIL - 0.15, DARK),
    (PUPIL + 0.15, HONEY),
    (4.9, HONEY),
    (6.2, GREEN),
    (7.5, DEEP),
    (IRIS - 0.25, LIMBUS),
    (IRIS + 0.2, WHITE),
)
"""Distance from the axis in mm, and the colour there, linear RGB."""

BACK = (38.0, 50.0, 64.0, 79.0, 98.0, 135.0)
"""Angles from the axis of the rings of the white, degrees."""


def eyeballs() -> list[Part]:
    """The left eye and its mirror image."""
    ball, turns = _ball(), _turns()
    shapes = {name: ball @ (turn - np.eye(3)).T for name, turn in turns.items()}
    columns, last = COLUMNS, len(ball) - 1
    rings = len(FRONT) + len(BACK)
    back = flipped(fan(last, 1 + (rings - 1) * columns, columns))
    triangles = np.concatenate([fan(0, 1, columns), flipped(1 + skin(rings, columns)), back])
    left = Part("eyeLeft", "eye", ball + CENTRE, triangles, tint=_tint(ball), shapes=shapes)
    return [left, left.mirrored("eyeRight")]


def _ball() -> Points:
    """Points about the eye's own centre: pole of the cornea, rings, pole of the back."""
    front = np.array([radius for radius, _ in FRONT])
    angles = np.radians(BACK)
    radius = np.concatenate([[0], front, RADIUS * np.sin(angles), [0]])
    depth = np.concatenate([[RADIUS], np.sqrt(RADIUS**2 - front**2), RADIUS * np.cos(angles), [-RADIUS]])
    depth += np.where(depth > 0, BULGE * np.clip(1 - (radius / CORNEA) ** 2, 0, 1) ** 2, 0)
    around = 2 * np.pi * np.arange(COLUMNS) / COLUMNS
    circle = np.stack([np.cos(around), np.sin(around)], axis=1)
    rings = radius[1:-1, None, None] * circle
    level = np.broadcast_to(depth[1:-1, None, None], (*rings.shape[:2], 1))
    ball = np.concatenate([rings, level], axis=2).reshape(-1, 3)
    return np.concatenate([[[0, 0, depth[0]]], ball, [[0, 0, depth[-1]]]])


def _turns() -> dict[str, Points]:
    """Rotation of the left eye by curve; `In` is toward the nose."""
    return {
        "eyeLookUpLeft": _about_x(-UPDOWN),
        "eyeLookDownLeft": _about_x(UPDOWN),
        "eyeLookOutLeft": _about_y(SIDEWAYS),
        "eyeLookInLeft": _about_y(-SIDEWAYS),
    }


def _about_x(angle: float) -> Points:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])


def _about_y(angle: float) -> Points:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def _tint(ball: Points) -> Points:
    """Linear RGB of each point: rings, rays in the iris, light gathered in its lower half, pink corners."""
    rings = np.array([DARK, *np.repeat([c for _, c in FRONT], COLUMNS, axis=0)])
    tint = np.concatenate([rings, np.tile(WHITE, (len(ball) - len(rings), 1))])
    iris = slice(1 + COLUMNS, 1 + 6 * COLUMNS)
    tint[iris] *= _rays(ball[iris])[:, None]
    white = slice(1 + 6 * COLUMNS, None)
    pink = _corner(ball[white])[:, None]
    tint[white] += pink * (np.array(PINK) - tint[white])
    return tint


def _rays(points: Points) -> Points:
    """Brightness of the iris: rays about the pupil, and the light that the cornea gathers from above."""
    angle = np.arctan2(points[:, 1], points[:, 0])
    fine = 0.16 * np.sin(8 * angle + 0.7) + 0.10 * np.sin(13 * angle + 2.1)
    return 1 + fine + 0.45 * np.clip(-points[:, 1] / IRIS, -0.6, 1)


def _corner(points: Points) -> Points:
    """How pink the white is, 0..1: more toward the corners, most toward the nose (-X of the left eye)."""
    aside = np.abs(points[:, 0]) / RADIUS
    toward_nose = np.where(points[:, 0] < 0, 0.65, 0.45)
    edge = np.clip((aside - 0.55) / 0.4, 0, 1)
    return toward_nose * edge**2 * (3 - 2 * edge)
