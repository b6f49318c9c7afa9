"""Arbitrary names of shape keys to what drives each: a map to begin with, to be read and mended by its owner.

Every name is matched by itself, then all are looked at together: mouth shapes that come as a set are visemes,
a family most of whose names are there is trusted, and of two shapes for one thing the surer one is driven.
A wrong row costs more than an empty one, so what stays doubtful stays empty or comes with low confidence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from mien.errors import RigError
from mien.rig.guess_match import Match, Matcher, Place, mirrored
from mien.rig.guess_sets import visemes_in
from mien.rig.guess_tables import Tables, tables
from mien.rig.guess_words import Reader
from mien.rig.read import brief, twice

MOST: Final = 100_000
"""Names in one list: no face has a tenth of that, and more would only be waited for."""

KEPT: Final = 0.5
"""Confidence from which a guess goes into a map."""

DOUBLED: Final = 0.2
"""Confidence of a shape that would move what a surer one moves already."""

SPOKEN: Final = 8
"""Single shapes of the mouth from which on visemes would only double them."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a name seems to mean."""

    name: str
    """As given."""

    drives: tuple[tuple[str, float], ...]
    """Sources and gains: curves of the base rig or channels of the motion. Empty: nothing known."""

    pose: Mapping[str, float] | None
    """For a viseme: its whole shape as sources at full weight. None for plain shapes."""

    confidence: float
    """0..1: of guesses at .8 or above, 95 in 100 are right. 0 where nothing is driven."""

    why: str
    """One clause for whoever reads the map."""

    @property
    def drives_something(self) -> bool:
        """Whether there is anything to put into a map."""
        return bool(self.drives or self.pose)


def guess(names: Sequence[str]) -> tuple[Guess, ...]:
    """What drives each of `names`, one guess per name, in order.

    Args:
        names: Shape keys of one mesh or rig; the more there are, the surer each guess is.
    Raises:
        RigError: No names, too many, one that stands twice, or one that cannot be a curve's name.
    """
    _check(names)
    known = tables()
    matcher = Matcher(known, Reader(known.lexicon, names), names, known.sources)
    sets = visemes_in(names, known)
    found = {name: sets.get(name) or matcher.match(name) for name in names}
    settled = _settled({name: match for name, match in found.items() if match}, known.alike)
    return tuple(_guess(name, settled.get(name), known) for name in names)


def _check(names: Sequence[str]) -> None:
    if not names:
        raise RigError("There are no names to guess from; wanted the names of a face's shape keys.")
    if len(names) > MOST:
        raise RigError(f"{len(names)} names are more than the {MOST} that are guessed at once; give fewer.")
    for index, name in enumerate(names):
        if not name or not name.isprintable() or name != name.strip():
            raise RigError(
                f"name {index} is {brief(name)}; wanted printable text, not empty, no blanks around it."
            )
    again = twice(names)
    if again is not None:
        raise RigError(f"'{again}' stands twice among the names; give each shape once.")


def _guess(name: str, match: Match | None, known: Tables) -> Guess:
    if match is None:
        return Guess(name, (), None, 0.0, "no shape of a face is named so")
    pose = MappingProxyType(dict(known.poses[match.viseme])) if match.viseme else None
    confidence = round(match.confidence, 2) if match.drives or pose else 0.0
    return Guess(name, match.drives, pose, confidence, match.why)


# All names together


def _settled(found: dict[str, Match], alike: Mapping[str, str]) -> dict[str, Match]:
    """`found`, where two shapes would do one thing only the surer one left sure."""
    order = {name: index for index, name in enumerate(found)}
    sizes = _set_sizes(found.values())
    sided = {(frozenset(match.drives), match.side) for match in found.values()}
    ranked = sorted(
        found,
        key=lambda name: (
            _lonely(found[name], sided),
            -found[name].confidence,
            -sizes.get(found[name].why, 0),
            found[name].rank,
            not found[name].side,
            order[name],
        ),
    )
    settled = dict(found)
    _settle_shapes([name for name in ranked if found[name].drives], settled)
    _settle_visemes([name for name in ranked if found[name].viseme], settled, alike)
    return settled


def _lonely(match: Match, sided: Collection[tuple[frozenset[tuple[str, float]], str]]) -> bool:
    """Whether `match` is one half without the other: then a shape for both sides is to be preferred."""
    other = {"Left": "Right", "Right": "Left"}.get(match.side, "")
    return bool(other) and (frozenset(mirrored(match.drives)), other) not in sided


def _set_sizes(matches: Iterable[Match]) -> dict[str, int]:
    """How many visemes of its set are there, by why."""
    titles: dict[str, int] = {}
    whys = [match.why for match in matches if match.viseme]
    for why in whys:
        titles[why.partition(" of ")[2]] = titles.get(why.partition(" of ")[2], 0) + 1
    return {why: titles[why.partition(" of ")[2]] for why in whys}


def _settle_shapes(ranked: list[str], settled: dict[str, Match]) -> None:
    taken: dict[str, list[tuple[Place, str]]] = {}
    for name in ranked:
        match = settled[name]
        if match.confidence < KEPT:
            continue
        rival = _rival(name, taken, settled)
        if rival:
            settled[name] = replace(match, confidence=DOUBLED, why=f"doubled by '{rival}'")
            continue
        for place in match.places:
            taken.setdefault(place.source, []).append((place, name))


def _rival(name: str, taken: Mapping[str, list[tuple[Place, str]]], settled: Mapping[str, Match]) -> str:
    """The surer shape that moves what `name` moves, or nothing. Parts of one family go together, and so do
    copies of one shape on several meshes: `face.blink`, `lashes.blink`."""
    match = settled[name]
    for place in match.places:
        for other, rival in taken.get(place.source, ()):
            together = match.family and match.family == settled[rival].family
            copies = len(_own(name)) >= 3 and _own(name) == _own(rival)
            if place.meets(other) and not together and not copies:
                return rival
    return ""


def _own(name: str) -> str:
    """What stands behind the name of the mesh."""
    return re.split(r"[.:|]", name)[-1]


def _settle_visemes(ranked: list[str], settled: dict[str, Match], alike: Mapping[str, str]) -> None:
    kept = {source for match in settled.values() if match.confidence >= KEPT for source, _ in match.drives}
    single = sum(source.startswith("mouth") for source in kept)
    if single >= SPOKEN and "jawOpen" in kept and kept & {"mouthFunnel", "mouthPucker"}:
        for name in ranked:
            why = f"{settled[name].why}; doubled by the {single} single shapes of the mouth"
            settled[name] = replace(settled[name], confidence=DOUBLED, why=why)
        return
    first: dict[str, str] = {}
    for name in ranked:
        viseme = settled[name].viseme
        rival = first.setdefault(alike.get(viseme, viseme), name)
        if rival != name:
            settled[name] = replace(settled[name], confidence=DOUBLED, why=f"doubled by '{rival}'")
    if "aa" in first:
        _open_once(first["aa"], settled)


def _open_once(viseme: str, settled: dict[str, Match]) -> None:
    """Visemes open the mouth and round it: single shapes that do the same would do it twice."""
    for name, match in settled.items():
        if {source for source, _ in match.drives} & {"jawOpen", "mouthFunnel", "mouthPucker"}:
            settled[name] = replace(
                match, confidence=min(match.confidence, DOUBLED), why=f"doubled by '{viseme}'"
            )
