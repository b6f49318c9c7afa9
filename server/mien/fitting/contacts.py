"""How far lips or lids of a mesh are apart, as a sum that a rig can carry.

Which points of two edges touch depends on the pose, for lips roll and slide; so the gap is no sum of what
curves do, but near the poses that matter, the closed ones, it is nearly one. It is found in turns: close many
faces with the sum there is, move them about a little, measure the gaps that they really have, and mend the
sum.

Source:
    What is minimised, and the sum itself, is ours; to fit a linear model where the optimum lies and to go
    there again is successive linearisation, as in sequential quadratic programming (Nocedal and Wright,
    Numerical Optimization, 2006, chapter 18).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face import Edges
from mien.fitting.closed import closed_lids, closed_lips, mild_lids, spoken_lips
from mien.fitting.closeup import Closeup, close_up
from mien.fitting.movable import movable
from mien.fitting.worn import WornRig, curves_of
from mien.rig import Contact, Rig, Source, drive

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

TURNS: Final = 4
FACES: Final = 12
"""Faces measured in each of the first turns, for each number that is looked for."""

USUAL: Final = 300
UNUSUAL: Final = 200
"""Faces of plain speech, and others, in each of the turns after those. With the first turns alone, lips of
two faces out of eight part by .5 mm in plain speech; with no others, acted faces part by twice as much."""

JITTER: Final = 0.03
"""How far curves that gave way are moved about: less, and those that always give way together cannot be told
apart; more, and the faces are no longer closed."""

TRUST: Final = 3.0
LATER_TRUST: Final = 1.0
"""How many faces the sum of the turn before is worth. At 0 noise makes brows part the lips."""

LAST_TURNS: Final = 4
HALF_WAY: Final = 0.4
MEAN_OF: Final = 50
"""Faces of plain speech on which the sum is set right at last."""

ALIKE: Final = 0.05
"""A curve and its mirror image whose gaps differ by more, mm, are none. On symmetric faces it is .01 at most,
on others .2."""

LEAST_SHARE: Final = 0.5
"""A curve whose full weight opens or closes no gap by more, mm, need not give way."""

UNAPTEST: Final = 20.0
"""How much more a curve may cost that changes the gap little for the skin it moves. At 1 a pucker of .5
shrinks to .26 where lips close; at 100 corners stay open."""

LEAST_READ: Final = 0.02
"""One whose full weight changes no gap by more, mm, is not even written down."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be found of a contact."""

    name: str
    demand: str
    """Channel."""

    begin: float
    full: float
    press: float
    cross: float
    cuts: int
    """From corner to corner."""

    price: float
    """Of a curve's square displacement of the skin, what counts against the square of the gap."""

    least_apt: float
    """A curve gives way only if, for the skin it moves, it changes the gap at least by this share of what the
    aptest one does; both as squares."""

    first: dict[str, float]
    """A plainly closed face, as channels: where the first sum is taken."""

    faces: Callable[[int, np.random.Generator], NDArray[np.float32]]
    """Closed faces at random."""

    usual: Callable[[int, np.random.Generator], NDArray[np.float32]]
    """Those of plain speech: here the sum has to be right, not only near."""


LIPS: Final = Wanted(
    "lips", "lipClosure", begin=0.3, full=0.8, press=0.13, cross=0.13, cuts=11, price=1e-4, least_apt=0.0,
    first={"lipClosure": 1.0, "jawOpen": 0.1}, faces=closed_lips, usual=spoken_lips,
)  # fmt: skip
"""Lips are soft: .1 mm into each other is a seal, .5 mm is seen. At a price of 1e-2 they stay .3 mm apart
where another shape pulls at them; at 1e-6 they are sealed by grimaces."""


def lids_of(side: str) -> Wanted:
    """What is to be found of the lids of the eye on `side`, `Left` or `Right`.

    The upper lid may come down over the lower one unseen, so it does by a millimetre: at half of that, four
    faces out of five have lids that stay .4 to .8 mm open. Brows are unapt: at a share of .005 they go up to
    straighten the line of the lids.
    """
    blink = f"eyeBlink{side}"
    return Wanted(
        f"lids{side}", blink, begin=0.5, full=0.95, press=0.6, cross=1.4, cuts=9, price=6e-3, least_apt=0.02,
        first={blink: 1.0}, faces=lambda count, chance: closed_lids(side, count, chance),
        usual=lambda count, chance: mild_lids(side, count, chance),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Sum:
    """Gaps as a sum: what is at rest, and what every curve of the rig adds."""

    rest: Doubles
    """Shape (cuts,), mm."""

    shares: Doubles
    """Shape (curves, cuts), mm for weight 1."""


def contact(worn: WornRig, edges: Edges, wanted: Wanted) -> Contact:
    """The contact of `edges`, for the rig of `worn`, whose own contacts come before it.

    Raises:
        MeshError: No curve can bring them together.
    """
    near, columns, chance = close_up(worn, edges), edges.columns(wanted.cuts), np.random.default_rng(0)
    sides = _mirrored(worn.rig, near, columns)
    found = _evened(_touching(near, curves_of(worn.rig, **wanted.first), columns), sides)
    counts = np.abs(found.shares).max(axis=1) > LEAST_SHARE
    moves = _moves(found, counts, worn, edges, wanted)

    def closed(channels: NDArray[np.float32]) -> Doubles:
        made = _named(found, worn.rig, moves, wanted)
        return drive(channels, replace(worn.rig, contacts=(*worn.rig.contacts, made))).astype(np.float64)

    def measured(faces: Doubles) -> tuple[Doubles, Doubles]:
        gaps = near.gaps(faces, columns)
        if sides is None:
            return faces, gaps
        return np.concatenate([faces, faces[:, sides]]), np.concatenate([gaps, gaps[:, ::-1]])

    for turn in range(2 * TURNS):
        faces = closed(_drawn(wanted, turn, FACES * (int(counts.sum()) + 1), chance))
        shaken = measured(_shaken(faces, counts, worn.rig, chance))
        found = _mended(found, counts, *shaken, TRUST if turn < TURNS else LATER_TRUST)
    for _ in range(LAST_TURNS):
        found = _centred(found, *measured(closed(wanted.usual(MEAN_OF, chance))))
    return _named(found, worn.rig, moves, wanted)


def _drawn(wanted: Wanted, turn: int, count: int, chance: np.random.Generator) -> NDArray[np.float32]:
    """Faces for one turn: all kinds at first, then mostly those of plain speech."""
    if turn < TURNS:
        return wanted.faces(count, chance)
    return np.concatenate([wanted.usual(USUAL, chance), wanted.faces(UNUSUAL, chance)])


def _centred(known: _Sum, faces: Doubles, gaps: Doubles) -> _Sum:
    """The sum with its gaps at rest such that, on the mean over `faces`, it is nearly right in every cut. All
    the way at once overshoots: other curves give way then, and the mean is as wrong on the other side."""
    seen = np.isfinite(gaps)
    off = np.where(seen, gaps - known.rest - faces @ known.shares, 0).sum(axis=0)
    off /= np.maximum(seen.sum(axis=0), 1)
    return _Sum(known.rest + HALF_WAY * off, known.shares)


def _touching(near: Closeup, curves: Doubles, columns: Doubles) -> _Sum:
    """The sum of the very points that are nearest in one pose; a cut that misses an edge takes its
    neighbour's."""
    met = [(place, touch) for place, touch in enumerate(near.touches(curves, columns)) if touch]
    if not met:
        raise MeshError("no upright cut goes through both edges.")
    touches = [min((abs(at - place), at, touch) for at, touch in met)[2] for place in range(len(columns))]

    def gaps(height: Doubles) -> Doubles:
        return np.array([_height(touch.upper, height) - _height(touch.lower, height) for touch in touches])

    return _Sum(gaps(near.points[:, 1]), np.array([gaps(shape[:, 1]) for shape in near.shapes]))


def _height(point: tuple[NDArray[np.int64], Doubles], height: Doubles) -> float:
    vertices, shares = point
    return float(shares @ height[vertices])


def _shaken(faces: Doubles, counts: Flags, rig: Rig, chance: np.random.Generator) -> Doubles:
    """Faces whose curves are moved about a little, within their limits."""
    faces[:, counts] += chance.normal(0, JITTER, (len(faces), int(counts.sum())))
    return np.clip(faces, [curve.low for curve in rig.curves], [curve.high for curve in rig.curves])


def _mended(known: _Sum, counts: Flags, faces: Doubles, gaps: Doubles, trust: float) -> _Sum:
    """The sum that comes nearest to the measured gaps, most of all where they are small.

    Args:
        trust: How many faces `known` is worth.
    """
    reads = np.column_stack([np.ones(len(faces)), faces[:, counts]])
    before = np.vstack([known.rest, known.shares[counts]])
    fixed = faces[:, ~counts] @ known.shares[~counts]
    after = before.copy()
    for cut in range(gaps.shape[1]):
        seen = np.isfinite(gaps[:, cut])
        miss = gaps[seen, cut] - fixed[seen, cut] - reads[seen] @ before[:, cut]
        matter = reads[seen].T / (1 + gaps[seen, cut] ** 2)
        after[:, cut] += np.linalg.solve(matter @ reads[seen] + trust * np.eye(len(before)), matter @ miss)
    shares = known.shares.copy()
    shares[counts] = after[1:]
    return _Sum(after[0], shares)


def _mirrored(rig: Rig, near: Closeup, columns: Doubles) -> NDArray[np.intp] | None:
    """For every curve the column of the one that mirrors it, its own for those in the middle; None where the
    mesh is not the same on both sides, or the rig does not say which curves mirror which."""
    place = {name: column for column, name in enumerate(rig.names)}
    mirror = np.arange(len(rig.names))
    for left, right in zip(rig.groups.get("left", ()), rig.groups.get("right", ()), strict=True):
        mirror[[place[left], place[right]]] = place[right], place[left]
    alone = 0.5 * np.eye(len(mirror))
    here, there = near.gaps(alone, columns), near.gaps(alone[:, mirror], columns)[:, ::-1]
    off = np.abs(here - there) / (1 + here**2)  # where edges are far apart, it does not matter
    return mirror if off.mean(axis=1).max() < ALIKE else None


def _evened(known: _Sum, sides: NDArray[np.intp] | None) -> _Sum:
    """The mean of a sum and its mirror image."""
    if sides is None:
        return known
    return _Sum((known.rest + known.rest[::-1]) / 2, (known.shares + known.shares[sides][:, ::-1]) / 2)


def _moves(found: _Sum, counts: Flags, worn: WornRig, edges: Edges, wanted: Wanted) -> dict[str, float]:
    """The curves that may give way, and what each costs: the skin that it moves, and more the less it does
    for the gap by that. So a roll of the lips closes them, and a pucker or a smile stays as it was.

    Raises:
        MeshError: There are none.
    """
    shares = dict(zip(worn.rig.names, found.shares, strict=True))
    able = [name for name, counted in zip(worn.rig.names, counts.tolist(), strict=True) if counted]
    efforts = {name: worn.effort(name) for name in able if name in movable(worn.rig)}
    if not efforts:
        raise MeshError(
            f"no curve that may give way opens or closes them by {LEAST_SHARE:g} mm; wanted a weight of the "
            "mesh that the motion drives and no other curve reads."
        )
    apt = {name: float(np.mean(shares[name] ** 2)) / effort for name, effort in efforts.items()}
    apt = {name: value for name, value in apt.items() if value > wanted.least_apt * max(apt.values())}
    unapt = {name: min((max(apt.values()) / apt[name]) ** 0.5, UNAPTEST) for name in apt}
    usual = float(np.median(list(efforts.values())))
    price = wanted.price / len(np.unique(np.concatenate([edges.upper.ravel(), edges.lower.ravel()])))
    # A curve that moves little skin is not free: a corner of the mouth is small and says much.
    return {name: float(f"{price * unapt[name] * max(efforts[name], usual):.4g}") for name in apt}


def _named(found: _Sum, rig: Rig, moves: dict[str, float], wanted: Wanted) -> Contact:
    """The sum as a contact of the rig."""
    shares = zip(rig.names, found.shares, strict=True)
    read = {
        name: _rounded(share) for name, share in shares if np.abs(share).max() > LEAST_READ or name in moves
    }
    return Contact(
        name=wanted.name,
        demand=Source("channel", wanted.demand),
        begin=wanted.begin,
        full=wanted.full,
        rest=_rounded(found.rest),
        gaps=read,
        moves=moves,
        press=wanted.press,
        cross=wanted.cross,
    )


def _rounded(shares: Doubles) -> tuple[float, ...]:
    return tuple(np.round(shares, 3).tolist())
