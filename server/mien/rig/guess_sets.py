"""Mouth shapes that come as a set: `V_aa`, `V_E`, `V_ou` are visemes because so many of them are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from mien.rig.guess_match import Match
from mien.rig.guess_tables import NOTHING, Tables, VisemeSet
from mien.rig.guess_words import compact

Members = dict[str, tuple[str, str]]
"""Member and viseme by name, of one set under one common beginning."""


def visemes_in(names: Sequence[str], tables: Tables) -> dict[str, Match]:
    """What the visemes among `names` are; the fullest set that a name belongs to decides."""
    found = sorted(_all_sets(names, tables.sets), key=lambda pair: -len(pair[1]))
    matches: dict[str, Match] = {}
    for viseme_set, members in found:
        share = len({member for member, _ in members.values()}) / len(viseme_set.members)
        sure = 0.97 if len(members) > 5 or share >= 0.8 else 0.9
        for name, (member, viseme) in members.items():
            why = f"'{member}' of {viseme_set.title}"
            if viseme == NOTHING:
                matches.setdefault(name, Match((), sure, f"{why}: the mouth at rest"))
            else:
                matches.setdefault(
                    name, Match((), sure, why, viseme=viseme, rank=list(viseme_set.members).index(member))
                )
    return matches


def _all_sets(names: Sequence[str], sets: Sequence[VisemeSet]) -> Iterator[tuple[VisemeSet, Members]]:
    plain = {name: compact(name) for name in names}
    for viseme_set in sets:
        for beginning, members in _by_beginning(plain, viseme_set).items():
            if beginning and viseme_set.behind and not beginning.endswith(viseme_set.behind):
                continue
            visemes = {viseme for _, viseme in members.values()}
            if len(visemes - {NOTHING}) >= viseme_set.needs:
                yield viseme_set, members


def _by_beginning(plain: dict[str, str], viseme_set: VisemeSet) -> dict[str, Members]:
    """Members of the set by what stands before them. A last 1 is taken for the first of several variants."""
    groups: dict[str, Members] = defaultdict(dict)
    for name, text in plain.items():
        for end in dict.fromkeys((text, text.removesuffix("1"))):
            for size in range(1, min(len(end), 10) + 1):
                member = end[-size:]
                if member in viseme_set.members:
                    beginning = end[:-size]
                    groups[beginning].setdefault(name, (member, viseme_set.members[member]))
    return groups
