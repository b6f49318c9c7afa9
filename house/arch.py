"""The arches on which teeth stand: where along them each tooth has its place, and what it measures.

An arch is half an ellipse, open to the back; a place on it is known by its distance from the middle along the
lips' side of the edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from house.part import Points

Numbers = NDArray[np.float64] | float


class Tooth(NamedTuple):
    """One crown; lengths in mm."""

    width: float
    """Along the arch."""

    height: float
    """From the edge to the middle of the gum's margin."""

    edge: float
    """Y of the edge, or of the cusps."""

    neck: float
    """Thickness at the gum, from the lips' side to the tongue's."""

    thin: float
    """Thickness near the edge."""

    waist: float
    """Width at the gum, as a share of `width`."""

    point: float = 0.0
    """How far the middle of the edge stands out beyond its ends, as on a canine."""


class Place(NamedTuple):
    """A point on the arch, left of the middle; directions are horizontal."""

    x: float
    z: float
    back: tuple[float, float]
    """X and z of the unit vector along the arch, away from the middle."""

    out: tuple[float, float]
    """X and z of the unit vector toward lips or cheek."""

    def at(self, along: Numbers, out: Numbers, y: Numbers) -> Points:
        """Points so many mm along the arch and outward, at the height `y`; shape (..., 3)."""
        x = self.x + along * self.back[0] + out * self.out[0]
        z = self.z + along * self.back[1] + out * self.out[1]
        return np.stack(np.broadcast_arrays(x, y, z), axis=-1).astype(np.float64)


@dataclass(frozen=True)
class Row:
    """A jaw's teeth; lengths in mm."""

    name: str
    teeth: tuple[Tooth, ...]
    """From the middle to the back, of one side."""

    half: float
    """Half the width of the arch, outside, at its widest."""

    deep: float
    """From the front to where the arch is widest."""

    front: float
    """Z of the edge of the incisors, on the lips' side."""

    lean: float
    """By how much incisors lean to the front, mm in 10 mm; molars stand upright."""

    up: float
    """1: roots above; -1: below."""

    roof: tuple[tuple[float, float], ...]
    """Profile of palate or floor in the middle: z and y, front to back."""

    jaw: float
    """How far it rides with the jaw."""

    def place(self, distance: float) -> Place:
        """The place so many mm from the middle along the arch."""
        angle = float(np.interp(distance, self._walked, ANGLES))
        back = np.array([self.half * np.cos(angle), -self.deep * np.sin(angle)])
        back /= np.linalg.norm(back)
        x, z = self.half * np.sin(angle), self.front - self.deep * (1 - np.cos(angle))
        return Place(x, z, (back[0], back[1]), (-back[1], back[0]))

    def lean_at(self, place: Place) -> float:
        """Lean of a tooth there, mm in 10 mm."""
        return self.lean * max(place.out[1], 0)

    @cached_property
    def _walked(self) -> NDArray[np.float64]:
        x, z = self.half * np.sin(ANGLES), self.deep * np.cos(ANGLES)
        return np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])


ANGLES = np.linspace(0, 0.62 * np.pi, 400)
"""On the ellipse, from the middle to beyond its widest place."""

ROWS = (
    Row(
        name="Upper",
        teeth=(
            Tooth(9.0, 10.6, -68.5, 6.8, 1.9, 0.90),
            Tooth(7.2, 9.6, -68.15, 6.0, 1.9, 0.87),
            Tooth(7.5, 10.2, -68.4, 7.4, 2.6, 0.87, 0.6),
            Tooth(7.0, 9.0, -68.1, 8.4, 5.0, 0.88, 0.4),
            Tooth(6.8, 8.4, -67.8, 8.4, 5.4, 0.90, 0.3),
            Tooth(9.6, 7.6, -67.3, 9.6, 7.4, 0.94),
        ),
        half=27.6,
        deep=44.0,
        front=20.0,
        lean=2.2,
        up=1.0,
        roof=((8.0, -57.8), (3.5, -54.0), (-5.0, -51.2), (-16.0, -50.8), (-24.0, -52.0), (-32.0, -55.0)),
        jaw=0.0,
    ),
    Row(
        name="Lower",
        teeth=(
            Tooth(5.9, 8.8, -66.5, 5.6, 1.6, 0.87),
            Tooth(6.2, 8.8, -66.5, 5.8, 1.6, 0.87),
            Tooth(6.9, 9.6, -66.5, 7.0, 2.4, 0.87, 0.6),
            Tooth(7.0, 8.2, -68.3, 7.4, 4.6, 0.88, 0.3),
            Tooth(7.0, 7.8, -68.3, 7.8, 5.2, 0.90, 0.3),
            Tooth(10.0, 7.0, -67.8, 9.0, 7.0, 0.94),
        ),
        half=26.2,
        deep=43.0,
        front=17.8,
        lean=1.4,
        up=-1.0,
        roof=((6.0, -77.5), (2.0, -80.5), (-6.0, -82.5), (-16.0, -83.5), (-28.0, -84.5), (-32.0, -85.0)),
        jaw=1.0,
    ),
)
