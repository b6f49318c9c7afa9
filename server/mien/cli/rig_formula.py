"""What drives a curve, as one line that an animator reads: `arkit.mouthFunnel x (1 - lipClosure)`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mien.rig import Curve, Factor, Rig, Source, Term
from mien.rig.reach import pose_of, unit_of

TURNS: Final = {("rad", "deg"): ("deg", math.degrees(1.0)), ("deg", "rad"): ("rad", math.radians(1.0))}
"""What the loader turned a source into, by its unit and the curve's, and by how much."""

Place = tuple[Rig, str]
"""A curve, and the rig that it is one of."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Says what drives the curves of a rig."""

    rig: Rig
    down: bool = False
    """Whether curves of the base that pass a source on as it is are passed over."""

    def formula(self, curve: str) -> str:
        """What drives `curve`; empty if nothing does."""
        return self._formula((self.rig, curve))

    def source(self, source: Source) -> str:
        """What the rig calls `source`."""
        return self._source(self.rig, source)

    def below(self, curve: str, told: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Names and formulas of the curves that `curve` reads, of those that they read, and so on.

        Args:
            curve: One of the rig.
            told: Curves of the rig that need no telling.
        """
        seen = {(id(self.rig), name) for name in (*told, curve)}
        waiting = [*self._read((self.rig, curve))]
        while waiting:
            rig, name = waiting.pop(0)
            if (id(rig), name) not in seen:
                seen.add((id(rig), name))
                yield self._name((rig, name)), self._formula((rig, name)) or "always at rest"
                waiting += self._read((rig, name))

    # Curves

    def _read(self, place: Place) -> Iterator[Place]:
        """The curves that `place` reads."""
        rig, name = place
        drive = rig.drives.get(name)
        if drive is None:
            return
        limits = [Source("curve", limit) for limit in (drive.at_least, drive.at_most) if limit]
        for source in (*drive.sources, *pose_of(rig, name), *limits):
            at, end = self._followed(rig, source)
            if end.kind == "curve":
                yield at, end.name

    def _followed(self, rig: Rig, source: Source) -> tuple[Rig, Source]:
        """Where `source` is at home: past the base's curves that only pass something on, if so wished."""
        while source.kind in ("base", "curve"):
            if source.kind == "base" and rig.base:
                rig, source = rig.base, Source("curve", source.name)
            passed = _passed(rig, source.name) if self.down and rig is not self.rig else None
            if passed is None:
                break
            source = passed
        return rig, source

    def _name(self, place: Place) -> str:
        rig, name = place
        return f"[{name}]" if rig is self.rig else f"{rig.name}.{name}"

    def _source(self, rig: Rig, source: Source) -> str:
        at, end = self._followed(rig, source)
        return self._name((at, end.name)) if end.kind == "curve" else end.name

    # Formulas

    def _formula(self, place: Place) -> str:
        rig, name = place
        if (drive := rig.drives.get(name)) is None:
            return ""
        curve = next(curve for curve in rig.curves if curve.name == name)
        rest = [f"+ {curve.rest:.4g}"] if curve.rest else []
        terms = [self._term(rig, curve, term) for term in drive.terms]
        if drive.factors:
            total = _sum(terms) if len(terms) == 1 else f"({_sum(terms)})"
            product = " x ".join([total, *(self._factor(rig, factor) for factor in drive.factors)])
            terms = [f"- {product[1:]}" if product.startswith("-") else f"+ {product}"]
        limits = (("at least", drive.at_least), ("at most", drive.at_most))
        words = [f"{word} {self._source(rig, Source('curve', limit))}" for word, limit in limits if limit]
        return ", ".join([_sum([*rest, *terms]), *words])

    def _term(self, rig: Rig, curve: Curve, term: Term) -> str:
        if term.source.kind == "pose":
            return f"+ pose({self._pose(rig, pose_of(rig, curve.name))})"
        text, unit = self._source(rig, term.source), 1.0
        if turn := TURNS.get((unit_of(rig, term.source), curve.unit)):
            text, unit = f"{turn[0]}({text})", turn[1]
        if term.half != "both":
            text = f"max(0, {text})" if term.half == "positive" else f"max(0, -{text})"
        return _scaled(term.gain / unit, text)

    def _pose(self, rig: Rig, shares: Mapping[Source, float]) -> str:
        named = {self._source(rig, source): share for source, share in shares.items()}
        return _sum([_scaled(share, name) for name, share in _in_pairs(named)])

    def _factor(self, rig: Rig, factor: Factor) -> str:
        name = self._source(rig, factor.source)
        if (factor.at_zero, factor.at_one) == (0, 1):
            return name
        start = [f"+ {factor.at_zero:.4g}"] if factor.at_zero else []
        return f"({_sum([*start, _scaled(factor.at_one - factor.at_zero, name)])})"


def _passed(rig: Rig, curve: str) -> Source | None:
    """What `curve` is under another name, if it is nothing else."""
    drive = rig.drives.get(curve)
    if drive is None or drive.factors or drive.reads or len(drive.terms) != 1:
        return None
    term, own = drive.terms[0], next(one for one in rig.curves if one.name == curve)
    plain = term == Term(term.source) and term.source.kind != "pose" and not own.rest
    return term.source if plain and own.unit == unit_of(rig, term.source) == "weight" else None


def _in_pairs(shares: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """`shares`, left and right as one where they are alike: `(mouthPressLeft + Right)`."""
    for name, share in shares.items():
        other = name.removesuffix("Left") + "Right" if name.endswith("Left") else ""
        if shares.get(other) == share:
            yield f"({name} + Right)", share
        elif not (name.endswith("Right") and shares.get(name.removesuffix("Right") + "Left") == share):
            yield name, share


def _scaled(gain: float, name: str) -> str:
    """`+ name` or `- 0.5 x name`."""
    size = f"{abs(gain):.4g}"
    return f"{'-' if gain < 0 else '+'} {name if size == '1' else f'{size} x {name}'}"


def _sum(terms: list[str]) -> str:
    """`terms`, each with its sign before it, as one text; of the first a plus is left out."""
    text = " ".join(terms)
    return text[2:] if text.startswith("+ ") else f"-{text[2:]}" if text.startswith("- ") else text
