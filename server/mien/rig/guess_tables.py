"""What the guesser knows, read once from `words.json`, `visemes.json` and `aliases.json`."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from mien.rig.guess_words import Lexicon, compact
from mien.values import CHANNEL_NAMES

HERE: Final = Path(__file__).parent
NOTHING: Final = "-"
"""What a table says of a name that is known and moves nothing."""

PART: Final = "& "
"""Before drives: made to be driven together with others of its family that answer to the same source."""


class Action(NamedTuple):
    """What a set of meanings does to a face."""

    drives: str
    """Sources with their gains; `*` stands for a side, `>` for a direction to the left or right."""

    confidence: float
    """How sure the words alone make it, 0..1."""

    regions: bool
    """Whether it may come apart into an upper and a lower shape."""


class Family(NamedTuple):
    """Names of one ecosystem that mean something else, or more, than their words say."""

    title: str
    needs: float
    """The share of `names` that must be there before any of them counts."""

    parts: bool
    """Whether its shapes are made to be driven together, though they answer to one source."""

    names: Mapping[str, str]
    """Drives by compact name."""


class VisemeSet(NamedTuple):
    """Names of mouth shapes that come as a set."""

    title: str
    needs: int
    """How many different members prove the set."""

    behind: tuple[str, ...]
    """What may stand before a member that is a bare letter, `mouth_A`; empty: anything."""

    members: Mapping[str, str]
    """Viseme by compact member name."""


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables together."""

    base: str
    """The rig whose curves a guessed map reads, besides channels of the motion."""

    sources: tuple[str, ...]
    """Channels, and the curves of the base that are none."""

    lexicon: Lexicon
    actions: Mapping[tuple[str, ...], Action]
    """By the meanings, sorted; names of directions to a side end in '>'."""

    gaze: Mapping[str, Any]
    units: Mapping[str, str]
    """Drives by number of the facial action unit."""

    poses: Mapping[str, Mapping[str, float]]
    alike: Mapping[str, str]
    """Two names of one viseme: that of the vowels alone, and that of the full sets."""

    sets: tuple[VisemeSet, ...]
    families: tuple[Family, ...]


@cache
def tables() -> Tables:
    """The tables as they came with Mien."""
    words, visemes, aliases = (_read(name) for name in ("words", "visemes", "aliases"))
    return Tables(
        base=words["base"],
        sources=(*CHANNEL_NAMES, *words["base_curves"].split()),
        lexicon=Lexicon.of(words),
        actions=dict(_actions(words["actions"])),
        gaze=words["gaze"],
        units=words["units"],
        poses={name: dict(_both_sides(pose)) for name, pose in visemes["poses"].items()},
        alike=visemes["alike"],
        sets=tuple(_set(row) for row in visemes["sets"]),
        families=tuple(_family(row) for row in aliases["families"]),
    )


def _read(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def _set(row: Mapping[str, Any]) -> VisemeSet:
    return VisemeSet(row["title"], row["needs"], tuple(row.get("behind", "").split()), row["members"])


def _family(row: Mapping[str, Any]) -> Family:
    names = {compact(name): drives for name, drives in row["names"].items()}
    return Family(row["title"], row["needs"], row["parts"], names)


def _both_sides(pose: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for source, weight in pose.items():
        for side in ("Left", "Right") if source.endswith("*") else ("",):
            yield source.removesuffix("*") + side, weight


def _actions(rows: list[list[Any]]) -> Iterator[tuple[tuple[str, ...], Action]]:
    for drives, confidence, names, *flags in reversed(rows):  # so that the first row of two wins
        for name in names:
            for meanings in spellings(name):
                mark = (">",) if ">" in drives else ()
                yield (*sorted(meanings), *mark), Action(drives, confidence, "regions" in flags)


def spellings(pattern: str) -> Iterator[tuple[str, ...]]:
    """Every choice that a pattern such as `(mouth/lip) corner pull` leaves."""
    choices = []
    for part in pattern.split():
        inner = re.fullmatch(r"\((.+)\)", part)
        choices.append([*(inner[1] if inner else part).split("/"), *([""] if inner else [])])
    for chosen in itertools.product(*choices):
        yield tuple(word for word in chosen if word)
