"""How a head turns on its neck: rigidly above the throat, less and less down the neck, not at all below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

SLOPE: Final = 0.3
"""How much the line between head and neck rises towards the back of the skull, mm per mm: it runs from under
the chin to under the skull. At 0 the nape turns with the head; at .6 the jaw is bent."""

LENGTH: Final = 85.0
"""Height over which the neck takes the turn up, mm. At 40 it creases, at 150 shoulders turn along."""

BELOW: Final = 14.0
"""How far below the chin the line begins, mm: the skin under the jaw goes with it."""

FORWARD: Final = 0.45
"""Where the joint lies between the back of the skull (0) and the chin (1)."""

HIGH: Final = 25.0
"""How far above the chin's lowest point the joint lies, mm: half way down the neck's own bend."""


@dataclass(frozen=True, slots=True, eq=False)
class Neck:
    """The joint of a head."""

    joint: Doubles
    """Shape (3,), in the file's space."""

    share: Floats
    """Shape (vertices,): how much of a turn each vertex makes, 0..1."""

    axes: Doubles
    """Shape (3, 3): the unit vectors to the head's left, up and to the front, in the file's space."""

    def turned(self, points: Floats, yaw: float, pitch: float, roll: float) -> Floats:
        """`points`, shape (vertices, 3), turned by angles in rad: to the left, up, to the left shoulder."""
        axis, angle = _turn(yaw, pitch, roll)
        if angle < 1e-6:
            return points
        local = (points - self.joint) @ self.axes.T
        cos, sin = np.cos(self.share * angle)[:, None], np.sin(self.share * angle)[:, None]
        along = (local @ axis)[:, None] * axis
        moved = along + (local - along) * cos + np.cross(axis, local) * sin
        return np.asarray(moved @ self.axes + self.joint, np.float32)


def neck_of(points: Doubles, chin: Doubles, level: Doubles) -> tuple[Doubles, Floats]:
    """The joint (3,) and each vertex's share in a turn, found from the form of the head.

    Args:
        points: Vertices in the face's space, mm, shape (vertices, 3).
        chin: The lowest point of the jaw.
        level: A point at the height of the eyes, in the middle.
    """
    head = points[points[:, 1] > level[1]]
    back = float(head[:, 2].min()) if len(head) else chin[2] - 150.0
    joint = np.array([level[0], chin[1] + HIGH, back + FORWARD * (chin[2] - back)])
    line = chin[1] - BELOW + SLOPE * (chin[2] - points[:, 2])
    share = np.clip(1 + (points[:, 1] - line) / LENGTH, 0, 1)
    return joint, np.asarray(share * share * (3 - 2 * share), np.float32)


def _turn(yaw: float, pitch: float, roll: float) -> tuple[Doubles, float]:
    """Axis and angle of the turn: rolled first, then pitched, then turned aside."""
    x, y, z = -pitch / 2, yaw / 2, -roll / 2
    quaternion = _times(
        (np.cos(y), np.array([0.0, np.sin(y), 0.0])), (np.cos(x), np.array([np.sin(x), 0.0, 0.0]))
    )
    real, vector = _times(quaternion, (np.cos(z), np.array([0.0, 0.0, np.sin(z)])))
    length = float(np.linalg.norm(vector))
    return vector / max(length, 1e-12), 2 * float(np.arctan2(length, real))


def _times(one: tuple[float, Doubles], other: tuple[float, Doubles]) -> tuple[float, Doubles]:
    (a, u), (b, v) = one, other
    return float(a * b - u @ v), np.asarray(a * v + b * u + np.cross(u, v))
