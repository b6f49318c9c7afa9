"""Guesses to the two files of a rig folder, as objects ready to be written as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mien.errors import RigError
from mien.rig.guess import KEPT, Guess
from mien.rig.guess_match import mirrored
from mien.rig.guess_tables import tables
from mien.rig.guess_words import Reader
from mien.rig.schema import SCHEMA
from mien.values import CHANNELS, MOTION_SCHEMA

GROUPS: Final = {channel.name: channel.group for channel in CHANNELS} | {"lips": "mouth"}
"""Part of the face by channel; what closes the lips belongs to the mouth."""

PARTS: Final = {
    "lid": "eye",
    "pupil": "eye",
    "lash": "eye",
    "nostril": "nose",
    "lip": "mouth",
    "corner": "mouth",
    "chin": "jaw",
} | {
    part: part
    for part in ("eye", "brow", "cheek", "nose", "mouth", "jaw", "tongue", "teeth", "head", "neck", "ear")
}
"""Part of the face by what a name means, for shapes that nothing drives."""

VOWELS: Final = 6
"""Up to so many poses differ enough to be told apart with little damping."""


def map_of(guesses: Sequence[Guess], least: float = KEPT) -> dict[str, Any]:
    """`map.json` with every guess of at least `least` confidence.

    Visemes become poses; all but those that close the lips fade where the lips must touch. Where no shape
    closes them, what opens the jaw fades there as well.

    Raises:
        RigError: Not one guess is sure enough: a map drives at least one curve.
    """
    kept = [one for one in guesses if one.drives_something and one.confidence >= least]
    if not kept:
        raise RigError(
            f"None of the {len(guesses)} names is known by at least {least:g}; "
            "give the names of the face's shape keys, or write map.json by hand."
        )
    linear = {one.name: _gains(dict(one.drives)) for one in kept if one.drives}
    poses = {one.name: _gains(one.pose) for one in kept if one.pose}
    tables_in_order = {
        "linear": linear,
        "poses": poses,
        "solve": _solve(poses),
        "products": {name: [dict(FADES)] for name in (*_parting(linear), *_unclosed(poses))},
    }
    filled = {table: rows for table, rows in tables_in_order.items() if rows}
    return {"schema": SCHEMA, "motion": MOTION_SCHEMA, "base": tables().base, **filled}


def _unclosed(poses: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The poses that part the lips."""
    return [name for name, pose in poses.items() if "lipClosure" not in pose]


def _parting(linear: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The shapes that open the jaw, if none closes the lips against it."""
    if any(CLOSES & row.keys() for row in linear.values()):
        return []
    return [name for name, row in linear.items() if "jawOpen" in row]


CLOSES: Final = frozenset({"mouthClose", "lipClosure"})
"""Sources of shapes that close the lips against an open jaw."""

FADES: Final = {"channel": "lipClosure", "at_zero": 1, "at_one": 0}
"""The factor of what parts the lips."""


def _gains(sources: Mapping[str, float]) -> dict[str, float]:
    return {source: int(gain) if gain == int(gain) else gain for source, gain in sources.items()}


def _solve(poses: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """How the poses share the motion: the jaw weighs double, what is hardly seen half."""
    sources = dict.fromkeys(source for pose in poses.values() for source in pose)
    weights = {source: _importance(source) for source in sources}
    importance = {source: weight for source, weight in weights.items() if weight != 1}
    return {"damping": 0.01 if len(poses) <= VOWELS else 0.02, "importance": importance} if poses else {}


def _importance(source: str) -> float:
    if source == "jawOpen":
        return 2
    return 0.5 if source.startswith("tongue") or source == "lipClosure" else 1


def rig_of(
    names: Sequence[str], guesses: Sequence[Guess], title: str = "Guessed from names"
) -> dict[str, Any]:
    """`rig.json` with a weight per name, in order, grouped by part of the face and by side.

    Args:
        names: As given to `guess`.
        guesses: One per name, in order.
        title: What a human calls the rig.
    """
    reader = Reader(tables().lexicon, names)
    groups: dict[str, list[str]] = {}
    for name, one in zip(names, guesses, strict=True):
        if group := _group(one, reader):
            groups.setdefault(group, []).append(name)
    pairs = list(_pairs(guesses, reader))
    if pairs:
        groups |= {"left": [left for left, _ in pairs], "right": [right for _, right in pairs]}
    return {"schema": SCHEMA, "title": title, "curves": [{"name": name} for name in names], "groups": groups}


def _group(one: Guess, reader: Reader) -> str:
    """The part of the face that `one` moves most, else the part its name speaks of."""
    if one.pose:
        return "viseme"
    if one.drives:
        source = max(one.drives, key=lambda pair: pair[1])[0]
        part = GROUPS.get(source, "eye" if source.startswith("eye") else "mouth")
        return GROUPS.get(part, part)
    return next((PARTS[word] for word in reader.read(one.name).meanings if word in PARTS), "")


def _pairs(guesses: Sequence[Guess], reader: Reader) -> Iterator[tuple[str, str]]:
    """Left and right shapes whose names and guesses mirror each other."""
    by_key = {reader.sided(one.name): one for one in guesses}
    for one in guesses:
        swapped = tuple(reader.OTHER.get(word, word) for word in reader.sided(one.name))
        other = by_key.get(swapped)
        if other and other is not one and reader.side(one.name) == "left" and _mirror(one, other):
            yield one.name, other.name


def _mirror(one: Guess, other: Guess) -> bool:
    """Whether the two move the same on either side, so that a mirrored face gives mirrored curves."""
    alike = sorted(mirrored(one.drives)) == sorted(other.drives) and not one.pose
    return alike and (one.confidence >= KEPT) == (other.confidence >= KEPT)
