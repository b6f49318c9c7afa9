"""One name of a shape to what drives it: by family, by action unit, by gaze, by the meanings of its words."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from mien.rig.guess_tables import NOTHING, PART, Action, Family, Tables
from mien.rig.guess_words import SIDES, Lexicon, Reader, Spelled, compact, sides_in, way_of

BOTH: Final = ("Left", "Right")
UPPER: Final = {"upper": "upper", "up": "upper", "lower": "lower", "down": "lower"}
SURE: Final = 0.99
WHOLE: Final = 0.97
"""A shape with no side for sources that have one: seldom meant otherwise, but it happens."""

STRANGE: Final = 0.45
"""What an unknown word costs: `evil smile` is seldom just a smile."""


class Place(NamedTuple):
    """A part of what a source moves; two shapes that hold one place would move it twice."""

    source: str
    side: str
    """`Left`, `Right`, or nothing for both."""

    region: str
    """`upper`, `lower`, or nothing for both."""

    def meets(self, other: Place) -> bool:
        """Whether the two overlap."""
        return (
            self.source == other.source
            and (not self.side or not other.side or self.side == other.side)
            and (not self.region or not other.region or self.region == other.region)
        )


@dataclass(frozen=True, slots=True)
class Match:
    """What a name was found to mean."""

    drives: tuple[tuple[str, float], ...]
    """Sources with their gains; none: known, and moves nothing."""

    confidence: float
    why: str
    side: str = ""
    region: str = ""
    viseme: str = ""
    """The viseme whose shape this is; `drives` is then empty."""

    rank: int = 0
    """Among shapes for one thing in one table: the first listed is meant for it."""

    family: str = ""
    """The family whose shapes are driven together, though they answer to one source."""

    @property
    def places(self) -> Iterator[Place]:
        """What the shape moves."""
        for source, _ in self.drives:
            yield Place(source, "" if source.endswith(BOTH) else self.side, self.region)


class Matcher:
    """Matches names of one rig."""

    def __init__(self, tables: Tables, reader: Reader, names: Sequence[str], sources: Iterable[str]) -> None:
        self.tables = tables
        self.reader = reader
        self.sources = {source.casefold(): source for source in sources}
        self.families = list(_present(tables.families, self._keys(names)))

    def _keys(self, names: Sequence[str]) -> set[str]:
        return {key for name in names for key in _family_keys(self.reader.read(name), self.reader)}

    def match(self, name: str) -> Match | None:
        """What `name` means, or nothing."""
        spelled = self.reader.read(name)
        found = self._by_family(spelled) or self._by_unit(spelled) or self._by_words(spelled)
        if found and not found.drives:
            return found
        if source := self._same(spelled):
            return Match(((source, 1.0),), SURE, "same name")
        if found is None:
            return _unknown(spelled)
        if spelled.mended:
            found = replace(
                found, confidence=found.confidence - 0.25, why=f"{found.why}, if {spelled.mended}"
            )
        if spelled.numbers and not found.why.startswith(("AU", "alias")):
            found = replace(found, confidence=found.confidence - 0.06)
        return found

    def _same(self, spelled: Spelled) -> str:
        """The source whose very name this is, whatever its case and signs; unknown words may stand before."""
        return self._source(spelled.words) or self._source(spelled.words[spelled.before :])

    def _source(self, spelled: Sequence[str]) -> str:
        lexicon = self.reader.lexicon
        words = [word for word in spelled if word not in lexicon.noise and not word.isdigit()]
        if words and lexicon.meanings.get(words[-1], ("",))[0] in SIDES:
            words[-1] = lexicon.meanings[words[-1]][0]
        while words:
            if source := self.sources.get("".join(words)):
                return source
            if words[0] in lexicon.meanings and words[0] != "head":
                return ""
            words = words[1:]
        return ""

    # By family

    def _by_family(self, spelled: Spelled) -> Match | None:
        keys = list(_family_keys(spelled, self.reader))
        for family, confidence in self.families:
            for key in keys:
                if key in family.names:
                    return self._of_family(family, key, spelled, confidence)
        return None

    def _of_family(self, family: Family, key: str, spelled: Spelled, confidence: float) -> Match:
        drives, rank = family.names[key], list(family.names).index(key)
        part = family.parts or drives.startswith(PART)
        drives = drives.removeprefix(PART)
        why = f"alias of {family.title}"
        if drives == NOTHING:
            return Match((), confidence, f"{why}: moves nothing here")
        side = _side(spelled.meanings)
        region = next((UPPER[word] for word in spelled.meanings[::-1] if word in ("upper", "lower")), "")
        return Match(
            fill(drives, side), confidence, why, side, region, rank=rank, family=family.title if part else ""
        )

    # By facial action unit

    def _by_unit(self, spelled: Spelled) -> Match | None:
        for word, number in itertools.pairwise(spelled.words):
            if word == "au" and number.isdigit() and spelled.words.count("au") == 1 and not _several(spelled):
                drives = self.tables.units.get(str(int(number)), "")
                side = _side(spelled.meanings)
                if not drives or (">" in drives and not side):
                    return Match((), 0.9, f"AU{int(number)}, which nothing here answers to")
                return Match(fill(drives, side), 0.94, _told(f"AU{int(number)}", side), side)
        return None

    # By words

    def _by_words(self, spelled: Spelled) -> Match | None:
        for meanings in _trimmed(spelled, self.reader.lexicon):
            known, cost = self._without_strange(meanings)
            if found := self._gaze(known) or self._action(known):
                if self._viewer(spelled) and found.side:
                    other = {"Left": "Right", "Right": "Left"}[found.side]
                    why = f"{found.why}, as an onlooker sees it"
                    found = replace(found, drives=tuple(mirrored(found.drives)), side=other, why=why)
                return replace(found, confidence=max(0.0, found.confidence - cost))
        return None

    def _viewer(self, spelled: Spelled) -> bool:
        return any(word in self.reader.lexicon.viewers for word in spelled.words)

    def _without_strange(self, meanings: Sequence[str]) -> tuple[tuple[str, ...], float]:
        """The known meanings, and what the unknown among them cost."""
        cost, known = 0.0, []
        for meaning in meanings:
            if not meaning.startswith("?"):
                known.append(meaning)
            elif meaning[1:] not in self.reader.shared and meaning[1:] not in self.reader.lexicon.viewers:
                cost += STRANGE if known or len(meanings) < 4 else STRANGE / 2
            else:
                cost += 0.02
        return tuple(known), cost

    def _gaze(self, meanings: tuple[str, ...]) -> Match | None:
        """Where an eye looks: `eye left look up`, `eyes look left l`, `eye left right`, `look down`."""
        gaze = self.tables.gaze
        if not {"eye", "look"} & set(meanings) or not set(meanings) <= {"eye", "look", "turn", "both", *gaze}:
            return None
        sides = sides_in(meanings)
        ways = [word for word in meanings if word in gaze and word not in ("left", "right")]
        if len(ways) > 1 or len(sides) > 2 - len(ways):
            return None
        if ways:
            side = meanings[sides[0]].capitalize() if sides else ""
            sure = 0.93 if "look" in meanings else 0.85 if side else 0.6
            return Match(fill(gaze[ways[0]], side), sure, _told(f"eye looks {ways[0]}", side), side)
        way = way_of(meanings, sides)
        if way is None:
            return None
        side = next((meanings[at].capitalize() for at in sides if at != way), "")
        by_eye: Mapping[str, str] = gaze[meanings[way]]
        drives = tuple((by_eye[eye], 1.0 if side else 0.5) for eye in ([side] if side else BOTH))
        sure = 0.93 if {"look", "turn"} & set(meanings) else 0.85
        return Match(drives, sure, _told(f"eye looks {meanings[way]}", side), side)

    def _action(self, meanings: tuple[str, ...]) -> Match | None:
        """What the meanings do, in any order, once sides and the other end of a control are put aside."""
        body, cost = _one_end(
            [word for word in meanings if word not in ("left", "right", "both")], self.reader
        )
        sides = [meanings[at].capitalize() for at in sides_in(meanings)]
        if not body or len(sides) > 1 or ("both" in meanings and sides):
            return None
        side = sides[0] if sides else ""
        for words, region in _with_region(body):
            found = self.tables.actions.get((*sorted(words), ">")) if side else None
            found = found or self.tables.actions.get(tuple(sorted(words)))
            if found and (not region or found.regions) and not (side and _middle(found.drives)):
                return self._acted(found, words, side, region, cost)
        return None

    def _acted(self, action: Action, words: Sequence[str], side: str, region: str, cost: float) -> Match:
        whole = "*" in action.drives and not side
        quoted = " ".join(f"'{word}'" for word in words)
        return Match(
            fill(action.drives, side),
            action.confidence * (WHOLE if whole else 1) - cost,
            _told(quoted, side, region),
            side,
            region,
        )


def fill(drives: str, side: str) -> tuple[tuple[str, float], ...]:
    """Sources and gains of an entry such as `browInnerUp .5 browOuterUp* .5`, on `side` or on both."""
    filled: list[tuple[str, float]] = []
    for word in drives.split():
        if word.lstrip("-").replace(".", "", 1).isdigit():
            count = 2 if filled[-1][0].endswith("*") else 1
            filled[-count:] = [(source, gain * float(word)) for source, gain in filled[-count:]]
        elif word.endswith("*") and not side:
            filled += [(f"{word[:-1]}{one}*", 0.5) for one in BOTH]
        else:
            filled.append((word.replace("*", side).replace(">", side), 1.0))
    return tuple((source.removesuffix("*"), round(gain, 4)) for source, gain in filled)


def _present(families: Iterable[Family], keys: set[str]) -> Iterator[tuple[Family, float]]:
    """Families of which enough is there, and how far each can be trusted; the most complete first."""
    shares = [(sum(name in keys for name in family.names) / len(family.names), family) for family in families]
    for share, family in sorted(shares, key=lambda pair: -pair[0]):
        if share and share >= family.needs:
            yield family, SURE if share >= 0.9 else 0.95 if share >= 0.3 else 0.88


def _family_keys(spelled: Spelled, reader: Reader) -> Iterator[str]:
    """Compact names under which a family may list this one: whole, without side, without unknown words."""
    words, meanings = spelled.words, reader.lexicon.meanings
    for start in range(len(words)):
        rest = words[start:]
        yield compact("".join(rest))
        if rest[-1] in reader.quarters and len(rest) > 1:
            yield compact("".join(rest[:-1]) + rest[-1].strip("lr"))
        sideless = [word for word in rest if meanings.get(word) not in (("left",), ("right",))]
        if 0 < len(sideless) < len(rest):
            yield compact("".join(sideless))
        if start >= spelled.before and words[start] in meanings and words[start] != "head":
            return


def _trimmed(spelled: Spelled, lexicon: Lexicon) -> Iterator[tuple[str, ...]]:
    """The meanings; then without those before the last dot; then without the part they are filed under."""
    yield spelled.meanings
    if spelled.inside:
        yield spelled.meanings[spelled.inside :]
    known = [at for at, meaning in enumerate(spelled.meanings) if not meaning.startswith("?")]
    first, second = (spelled.meanings[at] for at in known[:2]) if len(known) > 1 else ("", "")
    if first == "head" or (first in lexicon.parts and second in lexicon.parts):
        yield spelled.meanings[: known[0]] + spelled.meanings[known[0] + 1 :]


def _one_end(body: list[str], reader: Reader) -> tuple[list[str], float]:
    """`body` with the positive end alone of a control that has two, `brow up down`, and what that costs."""
    for at, pair in enumerate(itertools.pairwise(body)):
        if pair in reader.lexicon.opposites:
            return [*body[: at + 1], *(word for word in body[at + 2 :] if word != pair[0])], 0.12
    return body, 0.0


def _with_region(body: list[str]) -> Iterator[tuple[list[str], str]]:
    """`body`; then without the `c` for centre at its end; then without the word for one of two lips."""
    yield body, ""
    if body[-1] == "center":
        yield body[:-1], ""
    for word, region in UPPER.items():
        if word in body:
            yield [other for other in body if other != word], region


def _middle(drives: str) -> bool:
    """Whether a shape has no halves: with a side, `tongue up left`, it is another one."""
    return drives.startswith(("tongue", "jaw")) and ">" not in drives


def _several(spelled: Spelled) -> bool:
    """Whether numbers stand side by side, as in `AU6_12`: a shape of several units."""
    return any(one.isdigit() and other.isdigit() for one, other in itertools.pairwise(spelled.words))


def _side(meanings: Sequence[str]) -> str:
    sides = sides_in(meanings)
    return meanings[sides[-1]].capitalize() if sides else ""


def mirrored(drives: Iterable[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """`drives` of the other side of the face."""
    for source, gain in drives:
        swapped = source.replace("Left", "R?").replace("Right", "Left").replace("R?", "Right")
        yield swapped, gain


def _unknown(spelled: Spelled) -> Match | None:
    known = [meaning for meaning in spelled.meanings if not meaning.startswith("?")]
    quoted = " ".join(f"'{word}'" for word in known)
    return Match((), 0.0, f"{quoted}: no shape that motion moves") if known else None


def _told(what: str, side: str, region: str = "") -> str:
    return " + ".join([*([f"side {side[0]}"] if side else []), what, *([region] if region else [])])
