"""What muscles pull, as pins on the skin: lips by their line, lids by their opening, the rest by places.

A shape is a list of pulls. What no pull names follows smoothly; what is far from all pulls stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from house import jaw, lids, mouth
from house.bend import Pin
from house.part import MIRROR, Points
from house.skin import Skin

Vector = tuple[float, float, float]
Doubles = NDArray[np.float64]

NOTHING: Final = (0.0, 0.0, 0.0)

SOFT: Final = 0.08
"""Weight of a pull on a place: skin gives way to it, and to its neighbours."""


@dataclass(frozen=True)
class Lips:
    """Where the lips go, mm. The vectors are those of the left side; the right side's are mirrored."""

    corner: Vector = NOTHING
    upper: Vector = NOTHING
    """Of the upper lip's middle, where the lips meet."""

    lower: Vector = NOTHING
    upper_edge: Vector = NOTHING
    """What the border of the red moves beyond that, in the middle: to the back it rolls in."""

    lower_edge: Vector = NOTHING
    side: str = ""
    """`Left` for a shape of one side, empty for both."""

    other: Vector | None = None
    """The right corner's way, where it is not the left one mirrored; then nothing is mirrored."""

    over: bool = True
    """Whether the lips slide over the teeth; those that roll in go behind them."""

    wide: float = 2.2
    """How far the middle reaches: the power of the way to the corner at which the corner takes over."""


@dataclass(frozen=True)
class Lids:
    """How far the left eye is open: shares of the opening above and below the line where lids meet."""

    upper: float = 1.0
    lower: float = 1.0
    margin: tuple[float, float] = (lids.FRONT, lids.BACK)
    """Radii of the margins, mm; closed lids lie farther out, for half-closed ones to clear the ball."""


@dataclass(frozen=True)
class Pull:
    """A place of the skin that is drawn along."""

    place: tuple[float, float]
    """As seen from the front, mm; x > 0 is the subject's left."""

    way: Vector
    reach: float = 7.0
    """Radius, mm."""

    both: bool = False
    """Whether the other side is pulled alike."""

    weight: float = SOFT


@dataclass(frozen=True)
class Region:
    """What may move: an ellipsoid; skin outside of it stays."""

    middle: Vector
    """mm."""

    radii: Vector
    """mm."""


MOUTH: Final = Region((0.0, -66.0, 10.0), (60.0, 50.0, 62.0))


@dataclass(frozen=True)
class Shape:
    """Everything one curve does to the skin at weight 1."""

    name: str
    lips: Lips | None = None
    lids: Lids | None = None
    pulls: tuple[Pull, ...] = ()
    region: Region = MOUTH
    jaw: str = ""
    """`open`, `forward`, `left`: how the jaw moves."""


def pins(shape: Shape, skin: Skin) -> list[Pin]:
    """All pins of a shape."""
    found = [*(_place(pull, skin) for pull in _both(shape.pulls))]
    found += _jaw(shape, skin) if shape.jaw else [_still(shape, skin)]
    found += _lips(shape.lips, skin) if shape.lips else []
    found += _eyes(shape, skin)
    return found


def lip_rows(skin: Skin) -> NDArray[np.int64]:
    """Rows that move with the lips as a whole: from the red's border to the back of the lips."""
    return skin.mouth[mouth.RED : mouth.MEETING + 3]


def _both(pulls: tuple[Pull, ...]) -> list[Pull]:
    flipped = [
        replace(pull, place=(-pull.place[0], pull.place[1]), way=(-pull.way[0], *pull.way[1:]))
        for pull in pulls
        if pull.both
    ]
    return [*pulls, *flipped]


def _place(pull: Pull, skin: Skin) -> Pin:
    points = skin.vertices
    far = np.linalg.norm(points[:, :2] - pull.place, axis=1) / pull.reach
    near = (far < 1) & (points[:, 2] > -70) & ~np.isin(np.arange(len(points)), skin.bag)
    rows = np.flatnonzero(near)
    weight = pull.weight * (1 - far[rows] ** 2) ** 2
    return Pin(rows, np.array(pull.way), weight)


def _still(shape: Shape, skin: Skin) -> Pin:
    """What is too far away to move, and the bag behind the lips, which only the jaw moves."""
    far = np.linalg.norm((skin.vertices - shape.region.middle) / shape.region.radii, axis=1)
    behind = skin.mouth[mouth.MEETING + 4 :].ravel()
    rows = np.union1d(np.flatnonzero(far > 1), behind)
    return Pin(rows, np.zeros(3), np.where(np.isin(rows, behind), 1.0, 0.3))


def _lips(lips: Lips, skin: Skin) -> list[Pin]:
    rows = lip_rows(skin)
    moved = np.stack([_ring(lips, share) for share in np.clip(_shares(len(rows)), 0, 1)])
    moved = moved.reshape(-1, 3)
    if lips.over:
        rest = skin.vertices[rows.ravel()]
        moved = _before_teeth(rest + moved, rest) - rest
    return [Pin(rows.ravel(), moved)]


ARCH: Final = (28.8, 45.4, -24.0)
"""The half ellipse that lips do not enter: half its width, its depth, and z of its middle; the teeth's own
(`house/arch.py`) and a little more, mm."""


def _before_teeth(points: Points, rest: Points) -> Points:
    """`points` of the lips, each as far outside the arch as it is at rest, if not farther."""
    wide, deep, middle = ARCH
    flat, still = (
        np.hypot(some[:, 0] / wide, np.maximum(some[:, 2] - middle, 0) / deep) for some in (points, rest)
    )
    grown = np.maximum(np.minimum(still, 1.0) / np.maximum(flat, 1e-6), 1.0)
    out = points.copy()
    out[:, 0] *= grown
    out[:, 2] = middle + (points[:, 2] - middle) * grown
    return out


def _shares(rings: int) -> Doubles:
    """Of each ring of `lip_rows`, how much of the edge's own way it goes: 1 at the red, 0 where lips meet."""
    return 1 - np.arange(rings) / (mouth.MEETING - mouth.RED)


def _ring(lips: Lips, share: float) -> Points:
    """The way of one ring, column by column."""
    upper = np.array(lips.upper) + share * np.array(lips.upper_edge)
    lower = np.array(lips.lower) + share * np.array(lips.lower_edge)
    reach = np.abs(mouth.ASIDE)[:, None]
    middle = np.where((mouth.LIFT >= 0)[:, None], upper, lower)
    left, right = np.array(lips.corner), np.array(lips.corner) * MIRROR
    if lips.other is not None:
        right = np.array(lips.other)
    corner = np.where((mouth.ASIDE > 0)[:, None], left, right)
    part = 1 - reach**lips.wide
    moved = part * middle + (1 - part) * corner
    if lips.other is None:
        moved[:, 0] = mouth.ASIDE * lips.corner[0] + np.sign(mouth.ASIDE) * part[:, 0] * middle[:, 0]
        if not lips.side:
            moved[:, 0] = mouth.ASIDE * lips.corner[0]
    if lips.side:
        moved *= smooth((mouth.ASIDE + 0.35) / 0.7)[:, None]
    return moved


def smooth(share: Doubles) -> Doubles:
    """0 to 1 as `share` goes from 0 to 1, without a kink."""
    share = np.clip(share, 0, 1)
    return np.asarray(share * share * (3 - 2 * share))


def _eyes(shape: Shape, skin: Skin) -> list[Pin]:
    """Lids go where they are told; where nobody tells them, they stay."""
    left, right = skin.eyes
    still = [Pin(right[1:].ravel(), np.zeros(3))]
    if shape.lids is None:
        return [*still, Pin(left[1:].ravel(), np.zeros(3))]
    rows = left[lids.PLATE :]
    moved = _opened(shape.lids) - skin.vertices[rows]
    return [*still, Pin(rows.ravel(), moved.reshape(-1, 3)), *_orbit(left, shape)]


def _orbit(left: NDArray[np.int64], shape: Shape) -> list[Pin]:
    return [] if shape.pulls else [Pin(left[lids.ORBIT], np.zeros(3), 0.3)]


STRETCH: Final = 0.36
"""How far the middle of a lid that closes stays behind, towards its fold."""


def _opened(to: Lids) -> Points:
    """Places of plate, margin, edge and the hidden ring, shape (4, columns, 3)."""
    flat = lids.opening(to.upper, to.lower)
    fold = lids.outline(wider=4.0, higher=4.0)
    grown = lids.outline(wider=1.8, higher=2.4) - lids.outline()
    out = 1 - lids.ASIDE**4  # the corners stay where they are
    travel = np.clip(1 - np.where(lids.LIFT > 0, to.upper, to.lower), 0, 1)
    drawn = (STRETCH * travel * out)[:, None]
    plate = (flat + grown) * (1 - drawn) + fold * drawn
    before, behind = (
        rest + (far - rest) * out for rest, far in zip((lids.FRONT, lids.BACK), to.margin, strict=True)
    )
    margin = flat + lids.outline(wider=0.5, higher=0.3) - lids.outline()
    hidden = flat + lids.outline(wider=0.6, higher=2.5) - lids.outline()
    return np.stack(
        [
            lids.on_ball(plate, np.maximum(19.4, before + 0.1)),
            lids.on_ball(margin, before),
            lids.on_ball(flat, behind),
            lids.on_ball(hidden, lids.SEALED),
        ]
    )


# The jaw


def _jaw(shape: Shape, skin: Skin) -> list[Pin]:
    points = skin.vertices
    moved = jaw_way(shape.jaw, points)
    riding = np.setdiff1d(np.flatnonzero(rides(points)), skin.mouth.ravel())
    still = np.setdiff1d(np.flatnonzero(stays(points)), np.concatenate([skin.mouth.ravel(), skin.bag]))
    found = [Pin(riding, moved[riding], 0.12), Pin(still, np.zeros(3), 0.3)]
    return [*found, _jaw_lips(shape, skin, moved), _jaw_bag(skin, moved)]


def jaw_way(how: str, points: Points) -> Points:
    """The way of points that ride the jaw."""
    if how == "open":
        return jaw.opened(points)
    return jaw.forward(points) if how == "forward" else jaw.aside(points, 1.0)


def rides(points: Points) -> NDArray[np.bool_]:
    """Whether skin lies on the jaw's bone: chin and its underside."""
    x, y, z = points.T
    return np.asarray((y < -79 - 0.15 * (z + 25)) & (z > -46) & (y > -112) & (np.abs(x) < 60))


def stays(points: Points) -> NDArray[np.bool_]:
    """Whether skin lies on the skull, behind the jaw, or on the neck."""
    _, y, z = points.T
    return np.asarray((y > -34) | (z < -66) | (y < -128) | ((y < -110) & (z < -34)))


RIDE_CORNER: Final = {"open": 0.42, "forward": 0.5, "left": 0.55}
"""What corners of the mouth take of the jaw's way."""

RIDE_UPPER: Final = {"open": 0.03, "forward": 0.12, "left": 0.25}
"""What the upper lip takes of it."""

NARROWER: Final = -3.5
"""What a jaw that opens draws each corner in, mm."""


def _jaw_lips(shape: Shape, skin: Skin, moved: Points) -> Pin:
    rows = lip_rows(skin)
    corner = np.abs(mouth.ASIDE) ** 3.0
    middle = np.where(mouth.LIFT > 0, RIDE_UPPER[shape.jaw], 1.0)
    share = middle + (RIDE_CORNER[shape.jaw] - middle) * corner
    way = moved[rows] * share[None, :, None]
    if shape.jaw == "open":
        way[:, :, 0] += NARROWER * np.sign(mouth.ASIDE) * np.abs(mouth.ASIDE) ** 1.5
        way[:, :, 2] += -2.0 * corner
    return Pin(rows.ravel(), way.reshape(-1, 3))


def _jaw_bag(skin: Skin, moved: Points) -> Pin:
    rings = skin.mouth[mouth.MEETING + 3 :]
    share = smooth((0.35 - mouth.LIFT) / 0.7)
    way = moved[rings] * share[None, :, None]
    last = len(skin.vertices) - 1
    rows = np.concatenate([rings.ravel(), [last]])
    return Pin(rows, np.concatenate([way.reshape(-1, 3), 0.5 * moved[[last]]]))
