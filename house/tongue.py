"""The tongue: sections along a spine, and the shapes that bend, stretch, widen and twist it.

Six knots from root to tip say where the spine runs and how wide and thick the tongue is there; splines go
between. A shape is other numbers at the same knots, so each keeps the tongue a tongue: sections stay upright
on the spine, the root stays where it is, nothing kinks. Beneath, the tongue rides on the jaw.

The shapes are meant for each other: `tongueTipUp` .7 reaches the ridge behind the upper teeth when the jaw
is open by .12 (t, d, n), .8 by .17 (l) and 1 by .3; `tongueOut` .26 with `tongueStretch` .3 puts the tip
between the teeth when the jaw is open by .16 (th). At weight 1 with the jaw closed they would go through the
palate.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator

from house.grid import fan, flipped, skin
from house.part import Part, Points

Knots = tuple[float, float, float, float, float, float]
"""A number at root, back, dorsum, body, blade and tip."""

STATIONS, POINTS = 22, 24
"""Sections, and points around each."""

HEIGHT: Knots = (-93.0, -80.0, -72.0, -70.8, -70.4, -70.0)
DEPTH: Knots = (-44.0, -34.0, -18.0, -4.0, 6.0, 13.2)
"""The spine at rest: y and z, mm."""

WIDTH: Knots = (14.0, 15.8, 16.2, 14.3, 11.4, 8.2)
THICKNESS: Knots = (8.5, 10.0, 9.6, 7.8, 5.2, 2.9)
"""Halves, mm."""

RIDE: Knots = (0.4, 0.7, 0.95, 1.0, 1.0, 1.0)
"""How far it rides with the jaw."""

WALKED = np.cumsum(np.concatenate([[0], np.hypot(np.diff(HEIGHT), np.diff(DEPTH))]))
PLACE = WALKED / WALKED[-1]
"""Of each knot along the tongue: 0 root, 1 tip."""

ROUND = 0.15
"""Share of the tongue over which its tip is rounded."""

NONE: Knots = (0, 0, 0, 0, 0, 0)
SAME: Knots = (1, 1, 1, 1, 1, 1)


@dataclass(frozen=True)
class Bend:
    """A pose of the tongue: what changes at each knot."""

    up: Knots = NONE
    """mm."""

    fore: Knots = NONE
    """mm."""

    left: Knots = NONE
    """Toward the subject's left, mm."""

    wide: Knots = SAME
    """Times the width at rest."""

    thick: Knots = SAME
    """Times the thickness at rest."""

    cup: Knots = NONE
    """By how much the edges rise above the middle, as a share of the half width."""

    twist: Knots = NONE
    """About the spine, degrees; positive lowers the subject's left edge."""

    def mirrored(self) -> Bend:
        """To the other side."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("left", "twist"):
            values[name] = tuple(-value for value in values[name])
        return Bend(**values)


_TIP_LEFT = Bend(
    left=(0, 0, 0.3, 1.5, 5.5, 10.5), fore=(0, 0, 0, -0.3, -1.5, -3.5), up=(0, 0, 0, 0.6, 1.6, 2.4)
)
_LEFT = Bend(left=(0, 1.5, 4, 6.5, 8, 9), fore=(0, 0, -0.5, -1.5, -2.5, -3.5), up=(0, 0, 0, 1.0, 2.0, 2.4))
_ROLL_LEFT = Bend(twist=(0, 0, 8, 20, 32, 38), up=(0, 0, 0, 1.0, 1.4, 1.4))

BENDS = {
    "tongueTipUp": Bend(
        up=(0, 0, 1.2, 5.0, 12.0, 18.5),
        fore=(0, 0, 0, 0.8, 2.4, 0.6),
        wide=(1, 1, 1, 0.98, 0.95, 0.95),
        thick=(1, 1, 0.98, 0.92, 0.82, 0.85),
    ),
    "tongueTipDown": Bend(up=(0, 0, 0.3, 0.2, -2.2, -6.5), fore=(0, 0, 0, -0.2, -0.8, -3.0)),
    "tongueTipLeft": _TIP_LEFT,
    "tongueTipRight": _TIP_LEFT.mirrored(),
    "tongueRollUp": Bend(
        up=(0, 0, 0.5, 4.0, 12.0, 17.0),
        fore=(0, 0, -0.5, -1.0, -2.0, -9.0),
        thick=(1, 1, 1, 0.95, 0.9, 1.0),
        cup=(0, 0, 0, 0.08, 0.18, 0.25),
    ),
    "tongueRollDown": Bend(up=(0, 0, 0.5, 2.6, 1.8, -5.0), fore=(0, 0, 0, 1.0, 0.5, -3.2)),
    "tongueRollLeft": _ROLL_LEFT,
    "tongueRollRight": _ROLL_LEFT.mirrored(),
    "tongueUp": Bend(
        up=(1, 8, 18.0, 14.0, 5.0, 0.5),
        fore=(0, 0.5, 2.0, 1.5, -0.5, -1.0),
        wide=(1, 0.96, 0.92, 0.95, 1, 1),
        thick=(1, 0.95, 0.92, 0.95, 1, 1),
    ),
    "tongueDown": Bend(
        up=(0, -1.5, -4.0, -3.4, -2.0, -0.8),
        wide=(1, 1.01, 1.03, 1.04, 1.03, 1.02),
        thick=(1, 0.96, 0.86, 0.84, 0.86, 0.95),
        cup=(0, 0, 0.06, 0.1, 0.08, 0.0),
    ),
    "tongueLeft": _LEFT,
    "tongueRight": _LEFT.mirrored(),
    "tongueIn": Bend(
        up=(0, 0.8, 1.8, 2.4, 2.0, 1.0),
        fore=(-1.0, -4.0, -7.5, -9.5, -11.0, -12.0),
        wide=(1, 1.02, 1.05, 1.08, 1.08, 1.08),
        thick=(1, 1.02, 1.05, 1.1, 1.12, 1.1),
    ),
    "tongueStretch": Bend(
        up=(0, 0, 0.8, 2.5, 5.5, 8.0),
        fore=(0, 1.2, 3.6, 6.8, 10.2, 13.0),
        wide=(1, 1, 0.97, 0.94, 0.93, 0.93),
        thick=(1, 0.97, 0.94, 0.90, 0.88, 0.9),
    ),
    "tongueWide": Bend(
        wide=(1, 1.02, 1.06, 1.14, 1.24, 1.3),
        thick=(1, 0.99, 0.96, 0.9, 0.84, 0.84),
    ),
    "tongueNarrow": Bend(
        wide=(1, 0.97, 0.88, 0.78, 0.70, 0.66),
        thick=(1, 1.01, 1.05, 1.1, 1.18, 1.2),
    ),
    "tongueOut": Bend(
        up=(0, 1.0, 3.8, 6.8, 6.6, -3.0),
        fore=(2.0, 8.0, 16.0, 22.5, 29.0, 35.5),
        wide=(1, 0.98, 0.95, 1.0, 1.16, 1.4),
        thick=(1, 0.92, 0.80, 0.70, 0.74, 0.95),
    ),
}
"""At weight 1."""


def tongue() -> list[Part]:
    """The tongue with `tongueOut` and A2F-3D's 16."""
    rest = _points(Bend())
    shapes = {name: _points(bend) - rest for name, bend in BENDS.items()}
    last = len(rest) - 1
    tip = fan(last, 1 + (STATIONS - 1) * POINTS, POINTS)
    triangles = np.concatenate([flipped(fan(0, 1, POINTS)), 1 + skin(STATIONS, POINTS), tip])
    ride = np.clip(PchipInterpolator(PLACE, RIDE)(_along()), 0, 1)
    return [Part("tongue", "tongue", rest, triangles, tint=_tint(), jaw=_every(ride), shapes=shapes)]


def _along() -> NDArray[np.float64]:
    """Where the sections stand, 0 root to 1 tip: closer toward the tip; poles at both ends."""
    share = np.linspace(0, 1, STATIONS + 1)
    return np.concatenate([[0], 1 - (1 - share[:-1]) ** 1.35, [1]])


def _every(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A value per section, for each of its points."""
    return np.concatenate([values[:1], np.repeat(values[1:-1], POINTS), values[-1:]])


def _points(bend: Bend) -> Points:
    """All points of a pose, mm; the jaw closed."""
    along = _along()
    knots = np.stack([bend.left, np.add(HEIGHT, bend.up), np.add(DEPTH, bend.fore)], axis=1)
    spine = CubicSpline(PLACE, knots, bc_type="natural")
    middle, across, over = spine(along), *_frame(spine(along, 1), _between(bend.twist, along))
    wide = _between(np.multiply(WIDTH, bend.wide), along) * _rounded(along)
    thick = _between(np.multiply(THICKNESS, bend.thick), along) * _rounded(along)
    section = _section(_between(bend.cup, along))
    aside, above = section[..., 0] * wide[:, None], section[..., 1] * thick[:, None]
    above += section[..., 2] * wide[:, None]
    rings = middle[:, None] + aside[..., None] * across[:, None] + above[..., None] * over[:, None]
    return np.concatenate([middle[:1], rings[1:-1].reshape(-1, 3), middle[-1:]])


def _between(knots: Knots | NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values at knots as a curve that does not overshoot them."""
    return np.asarray(PchipInterpolator(PLACE, knots)(along), np.float64)


def _rounded(along: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of width and thickness that the round tip leaves."""
    near = np.clip((along - 1 + ROUND) / ROUND, 0, 1)
    return np.sqrt(1 - near**2)


def _frame(forward: Points, twist: NDArray[np.float64]) -> tuple[Points, Points]:
    """Unit vectors to the subject's left and upward, at right angles to the spine's direction `forward`."""
    forward = forward / np.linalg.norm(forward, axis=1, keepdims=True)
    left = np.array([1.0, 0, 0]) - forward[:, :1] * forward
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    over = np.cross(forward, left)
    cos, sin = np.cos(np.radians(twist))[:, None], np.sin(np.radians(twist))[:, None]
    return left * cos - over * sin, over * cos + left * sin


def _section(cup: NDArray[np.float64]) -> Points:
    """Shape (sections, points, 3): aside in half widths, above in half thicknesses, cup in half widths."""
    angle = 2 * np.pi * np.arange(POINTS) / POINTS
    aside, above = np.cos(angle), np.sin(angle)
    above = np.sign(above) * np.abs(above) ** 0.85
    groove = 0.14 * np.exp(-((aside / 0.22) ** 2)) * (above > 0)
    flat = np.broadcast_to(np.stack([aside, above - groove], axis=1), (len(cup), POINTS, 2))
    lifted = cup[:, None] * (aside**2 - 0.35)
    return np.concatenate([flat, lifted[..., None]], axis=2)


def _tint() -> Points:
    """Linear RGB times the tongue's colour: paler at the tip, darker in the groove and toward the root."""
    along = _along()[1:-1, None]
    angle = 2 * np.pi * np.arange(POINTS) / POINTS
    top = np.clip(np.sin(angle), 0, 1)
    groove = 1 - 0.16 * np.exp(-((np.cos(angle) / 0.2) ** 2)) * (top > 0)
    bright = (0.5 + 0.42 * along**1.5) * groove
    chalk = 0.08 * top * np.ones_like(along)
    rings = np.stack([bright, bright + 0.7 * chalk, bright + chalk], axis=2).reshape(-1, 3)
    return np.concatenate([rings[:1], rings, np.full((1, 3), 0.95)])
