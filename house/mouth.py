"""The mouth: rings from the skin around it over the lips into the bag behind them.

Every ring follows the line where the lips meet. A row of `PROFILE` says how far above and below that line,
how far beyond its corners and how far before the face a ring lies; the lips are these profiles, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from house.sculpt import front

COLUMNS: Final = 64
"""Around the mouth: 0 is the left corner, 16 the middle of the upper lip, 48 that of the lower."""

HALF_WIDTH, LINE = 24.0, -66.0
"""Of the line where lips meet: from the middle to a corner, and its height, mm."""

TURN: Final = 2 * np.pi * np.arange(COLUMNS) / COLUMNS
ASIDE: Final = np.cos(TURN)
"""Of each column: 1 at the left corner, 0 in the middle, -1 at the right corner."""

LIFT: Final = np.sin(TURN)
"""Of each column: 1 at the middle of the upper lip, -1 at that of the lower, 0 at the corners."""


@dataclass(frozen=True)
class Ring:
    """One ring on the outside."""

    beyond: float
    """Beyond the corners, mm."""

    upper: float
    """Above the line in the middle, mm."""

    lower: float
    """Below the line in the middle, mm."""

    before: tuple[float, float, float]
    """Before the face, in the middle above, in the middle below, and at the corners, mm."""

    bow: float = 0.0
    """Depth of cupid's bow, mm."""


PROFILE: Final = (
    Ring(13.0, 14.0, 19.0, (0, 0, 0)),  # on the face
    Ring(7.6, 10.6, 14.6, (0.0, -0.4, 0)),
    Ring(3.4, 8.4, 11.2, (0.4, -0.2, 0.0), 0.5),
    Ring(1.5, 7.2, 9.2, (0.9, 0.7, 0.0), 1.0),  # the edge of the red, with its rim of light
    Ring(0.9, 6.3, 8.2, (1.5, 1.8, -0.2), 1.0),
    Ring(0.5, 4.4, 6.0, (2.7, 3.6, -0.5), 0.5),  # where the lips are fullest
    Ring(0.2, 2.2, 3.1, (2.9, 3.7, -1.0), -0.2),
    Ring(0.0, 0.7, 0.9, (1.9, 2.4, -1.6), -0.2),
)

MEETING: Final = len(PROFILE)
"""The ring where the lips meet; those after it are within."""

RED: Final = 3
"""The ring that borders the red of the lips."""

WITHIN: Final = (
    # x of the corners, above, below, z in the middle, z at the corners: mm
    (24.0, 1.6, 1.8, 21.0, 7.0),
    (24.5, 6.5, 7.0, 21.5, 3.0),
    (28.5, 14.0, 14.0, 19.0, -4.0),
    (29.5, 20.0, 16.5, 6.0, -20.0),
    (29.5, 22.0, 16.5, -20.0, -38.0),
    (20.0, 14.0, 17.0, -48.0, -52.0),
    (5.0, 4.0, 4.0, -58.0, -58.0),
)
"""The back of the lips, the pocket before the gums, and the throat."""


def mouth() -> NDArray[np.float64]:
    """The mouth with closed lips, shape (rings, columns, 3): those of `PROFILE`, the meeting line, `WITHIN`.

    The first ring lies on the face; columns run counterclockwise as seen from the front, from the left
    corner.
    """
    rings = [_outside(ring) for ring in PROFILE]
    rings.append(_meeting())
    rings += [_inside(*row) for row in WITHIN]
    return np.stack(rings)


def line(aside: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of the line where lips meet: a dip in the middle, corners that rise a little, mm."""
    rise = 2.4 * np.abs(aside) ** 3
    dip = -0.6 * np.exp(-((aside / 0.22) ** 2)) + 0.4 * np.exp(-((np.abs(aside) - 0.42) ** 2) / 0.05)
    return np.asarray(LINE + rise + dip)


def _meeting() -> NDArray[np.float64]:
    x, y = HALF_WIDTH * ASIDE, line(ASIDE)
    points = front(x, y)
    points[:, 2] += 0.4 - 2.6 * np.abs(ASIDE) ** 3
    return points


def _outside(ring: Ring) -> NDArray[np.float64]:
    up = LIFT > 0
    lift = np.abs(LIFT)
    full = np.where(up, lift**1.05, lift)
    if ring.beyond > 10:  # the loop that the face continues is a plain oval
        full = lift
    bow = ring.bow * (np.exp(-(((np.abs(ASIDE) - 0.24) / 0.13) ** 2)) - np.exp(-((ASIDE / 0.13) ** 2)))
    y = line(ASIDE) + np.where(up, ring.upper * full + bow, -ring.lower * full)
    points = front((HALF_WIDTH + ring.beyond) * ASIDE, y)
    above, below, corner = ring.before
    middle = np.where(up, above, below)
    points[:, 2] += corner + (middle - corner) * lift**1.1
    return points


def _inside(
    corner: float, above: float, below: float, middle_z: float, corner_z: float
) -> NDArray[np.float64]:
    lift = np.abs(LIFT)
    y = line(ASIDE) * 0.5 + LINE * 0.5 + np.where(LIFT > 0, above, -below) * lift**0.7
    z = corner_z + (middle_z - corner_z) * (1 - np.abs(ASIDE) ** 2.2)
    return np.stack([corner * ASIDE, y, z], axis=1)
