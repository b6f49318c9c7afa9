"""A rig as a character wears it: curves that move more or less, and within closer limits.

What comes out is a plain rig. A drive is `rest + (sum of terms) x (product of factors)`, so a gain on the
terms is a gain on the movement from rest. Of shapes that are solved together it is a gain on the solution,
which is found within the limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import CharacterError
from mien.rig import Drive, Factor, Rig, Source, Term, drive
from mien.rig.sources import Span
from mien.values import CHANNELS

TRIED: Final = 256
"""Motions that are tried to see whether limits let a curve move. In two of three a given channel is at an end
of its range, so what needs two together happens in a hundred."""


def reshaped(rig: Rig, gains: Mapping[str, float], limits: Mapping[str, Span]) -> Rig:
    """`rig` with a gain for every curve and limits for some; itself where they change nothing."""
    limits = {name: span for name, span in limits.items() if span != _span(rig, name)}
    changed = {name for name in rig.drives if gains[name] != 1} | limits.keys()
    if not changed:
        return rig
    drives = {name: _scaled(one, gains[name], gains) for name, one in rig.drives.items()}
    drives.update(_shutting(rig, drives, changed))
    curves = tuple(
        replace(each, low=limits[each.name][0], high=limits[each.name][1]) if each.name in limits else each
        for each in rig.curves
    )
    return replace(rig, curves=curves, drives=drives)


def _span(rig: Rig, name: str) -> Span:
    return next((curve.low, curve.high) for curve in rig.curves if curve.name == name)


def _scaled(one: Drive, gain: float, gains: Mapping[str, float]) -> Drive:
    """A term that reads another curve of the rig with the same gain has it already: a group's gain counts
    once for the mean of left and right, as it does for each of them."""

    def of(term: Term) -> float:
        same = term.source.kind == "curve" and gains[term.source.name] == gain
        return term.gain if same else term.gain * gain

    return one if gain == 1 else replace(one, terms=tuple(replace(term, gain=of(term)) for term in one.terms))


# Lips that shut against a jaw


def _shutting(rig: Rig, drives: Mapping[str, Drive], changed: set[str]) -> Iterator[tuple[str, Drive]]:
    """Drives of curves that would close the lips against the jaw of the base, and now against the rig's own.

    ARKit's `mouthClose` is `lipClosure` x `jawOpen`: against a jaw that opens less it closes less. A rig that
    is built on ARKit and takes `mouthClose` from there would not notice what a character does to its own jaw.
    Where the rig brings lips together on its mesh, that has the last word anyway.
    """
    for name, one in rig.drives.items():
        product = None if rig.contacts else _product(rig, one)
        if product:
            shut, against = product
            jaws = _followers(rig, against.source.name)
            if jaws.keys() & changed:
                share = drives[name].terms[0].gain * shut.gain * against.at_one / len(jaws)
                terms = tuple(Term(Source("curve", jaw), share / gain) for jaw, gain in jaws.items())
                yield name, replace(one, terms=terms, factors=(*one.factors, Factor(shut.source)))


def _product(rig: Rig, one: Drive) -> tuple[Term, Factor] | None:
    """A channel and a curve of the base, if the curve of the base that `one` takes over is their product."""
    below = _taken_over(rig, one)
    if below is None or len(below.terms) != 1 or len(below.factors) != 1:
        return None
    (shut,), (against,) = below.terms, below.factors
    plain = shut.source.kind == "channel" and shut.half == "both"
    return (shut, against) if plain and against.source.kind == "curve" and against.at_zero == 0 else None


def _taken_over(rig: Rig, one: Drive) -> Drive | None:
    source = one.terms[0].source
    alone = len(one.terms) == 1 and one.terms[0].half == "both" and source.kind == "base"
    return rig.base.drives.get(source.name) if rig.base and alone else None


def _followers(rig: Rig, base: str) -> dict[str, float]:
    """Curves of the rig that follow the curve `base` of the base and nothing else, each with its gain."""
    rest = {curve.name: curve.rest for curve in rig.curves}
    wanted = Source("base", base)
    return {
        name: one.terms[0].gain
        for name, one in rig.drives.items()
        if len(one.terms) == 1
        and (one.terms[0].source, one.terms[0].half, one.factors) == (wanted, "both", ())
        and one.terms[0].gain != 0
        and rest[name] == 0
    }


# Whether limits leave a curve anything to do


def check_moves(rig: Rig, gains: Mapping[str, float], limits: Mapping[str, Span], where: str) -> None:
    """Refuses limits within which a curve that `rig` moves can never leave its rest.

    Raises:
        CharacterError: Names the curve.
    """
    narrow = reshaped(rig, dict.fromkeys(rig.names, 1.0), limits)
    if narrow is rig:
        return
    held = _resting(narrow) & ~_resting(rig)
    for name in (name for name, still in zip(rig.names, held, strict=True) if still):
        if name in limits and gains[name]:
            low, high = limits[name]
            raise CharacterError(
                f"{where}: '{name}' never leaves its rest within {low:g}..{high:g}; widen the limits, or "
                "give it a gain of 0 to keep it still."
            )


def _resting(rig: Rig) -> NDArray[np.bool_]:
    """Of each curve, whether no motion that is tried moves it."""
    rest = np.array([curve.rest for curve in rig.curves], np.float32)
    return np.asarray((np.abs(drive(_motions(), rig) - rest) < 1e-6).all(axis=0))


def _motions() -> NDArray[np.float32]:
    """Rows of channels, each at one of its ends or at 0; always the same ones."""
    ends = np.random.default_rng(4).integers(-1, 2, (TRIED, len(CHANNELS)))
    signed = np.array([channel.unit == "rad" for channel in CHANNELS])
    return np.where(signed, ends * np.pi, np.abs(ends)).astype(np.float32)
