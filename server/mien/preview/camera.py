"""Where a head is seen from, and which ray each pixel is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mien.preview.head import Head

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

View = Literal["face", "mouth", "side", "three-quarter"]
VIEWS: Final[tuple[View, ...]] = get_args(View)

ANGLE: Final = {"face": 0.0, "mouth": 0.0, "side": 90.0, "three-quarter": 38.0}
"""From the front to the subject's left, degrees."""

DISTANCE: Final = 4.4
"""How many heights of the picture the camera stands away: a portrait lens of some 85 to 100 mm. At 2 noses
grow; at 10 the face is flat."""

HEADROOM, COLLAR = 0.14, 0.40
"""What is left above the crown and below the chin, in distances from the eyes to the mouth."""

BACK: Final = {"face": 0.0, "side": 0.72, "three-quarter": 0.4}
"""How far behind the front of the face the middle of the picture lies, in the same."""

MOUTH, BELOW = 1.05, 0.08
"""Height of the mouth's view, and how far below the lips its middle lies: an open mouth reaches down."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A camera in a head's space. In its own it is at 0, X to the right, Y up, Z towards it, mm."""

    place: Doubles
    """Shape (3,), mm."""

    axes: Doubles
    """Shape (3, 3), rows: right, up and backwards."""

    focal: float
    """Pixels of something as large as its distance."""

    size: tuple[int, int]
    """Width and height, pixels."""

    def into(self, points: Doubles) -> Floats:
        """`points` of the head's space, shape (n, 3), in the camera's."""
        return np.asarray((points - self.place) @ self.axes.T, np.float32)

    def seen(self, points: Floats) -> Floats:
        """Pixels (across, down) of `points` of the camera's space, shape (n, 2); (0, 0) is a corner."""
        far = np.minimum(points[:, 2], -1e-3)
        across = self.size[0] / 2 - points[:, 0] / far * self.focal
        down = self.size[1] / 2 + points[:, 1] / far * self.focal
        return np.stack([across, down], axis=1).astype(np.float32)

    def rays(self, across: Floats, down: Floats) -> Floats:
        """Directions of shape (n, 3) through pixels, 1 mm deep."""
        rays = np.empty((len(across), 3), np.float32)
        rays[:, 0] = (across - self.size[0] / 2) / self.focal
        rays[:, 1] = (self.size[1] / 2 - down) / self.focal
        rays[:, 2] = -1
        return rays


def camera(head: Head, view: View, size: tuple[int, int]) -> Camera:
    """The camera for `view` of `head`, the whole of it within `size` (width, height), pixels."""
    places = head.places
    reach = float(places.eyes[1] - places.mouth[1])
    if view == "mouth":
        middle, high = places.mouth - [0.0, BELOW * reach, 0.0], MOUTH * reach
        wide = high * 1.2
    else:
        top, bottom = places.crown[1] + HEADROOM * reach, places.chin[1] - COLLAR * reach
        middle, high = (places.eyes + places.mouth) / 2, float(top - bottom)
        middle[1] = (top + bottom) / 2
        middle[2] -= BACK[view] * reach
        wide = high * 0.8
    turn = np.radians(ANGLE[view])
    right = np.array([np.cos(turn), 0.0, -np.sin(turn)])
    back = np.array([np.sin(turn), 0.0, np.cos(turn)])
    axes = np.array([right, [0.0, 1.0, 0.0], back])
    shown = max(high, wide * size[1] / size[0])
    return Camera(middle + back * DISTANCE * shown, axes, size[1] * DISTANCE, size)
