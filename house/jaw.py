"""How the jaw moves: it turns about its joints and glides a little, as a displacement of any point that rides
it.

The joints lie before the ears. Real jaws open by some 25 degrees at most and glide forward by several mm
meanwhile; ARKit's `jawOpen` 1 is a mouth opened wide, measured on the ICT face as 33 mm between the lips.
"""

from __future__ import annotations

import numpy as np

from house.part import Points

JOINT = np.array([0.0, -22.0, -76.0])
"""Middle of the axis through both joints, mm; the axis is parallel to X."""

OPEN = np.radians(19.0)
"""Turn at `jawOpen` 1."""

GLIDE = np.array([0.0, -1.0, 2.0])
"""What the joints glide meanwhile, mm."""

FORWARD = np.array([0.0, -1.0, 8.0])
"""At `jawForward` 1, mm."""

ASIDE = 8.0
"""What the chin goes aside at `jawLeft` 1, mm; the jaw turns about a vertical axis in its joints."""


def opened(points: Points) -> Points:
    """Displacement of points that ride the jaw at `jawOpen` 1, mm."""
    y, z = (points - JOINT).T[1:]
    cos, sin = np.cos(OPEN), np.sin(OPEN)
    turned = np.stack([0 * y, y * cos - z * sin - y, y * sin + z * cos - z], axis=1)
    return turned + GLIDE


def aside(points: Points, sign: float) -> Points:
    """Displacement at `jawLeft` 1 (`sign` 1) or `jawRight` 1 (-1), mm: most at the chin, none at the
    joints."""
    z = (points - JOINT)[:, 2]
    reach = 100.0
    moved = np.zeros_like(points)
    moved[:, 0] = sign * ASIDE * np.clip(z, 0, None) / reach
    return moved


def forward(points: Points) -> Points:
    """Displacement at `jawForward` 1, mm."""
    return np.broadcast_to(FORWARD, points.shape).copy()
