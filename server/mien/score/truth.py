"""Truth: what the phones of one utterance ask of the lips, tick by tick and span by span."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, isfinite
from typing import NamedTuple

import numpy as np

from mien.errors import InputError
from mien.score.grid import TICKS, Bools, Floats, tick_times
from mien.score.symbols import (
    LEFT_OUT,
    SYMBOLS,
    Phoneset,
    Symbol,
    base_symbols,
    is_closure_part,
    is_noise,
    is_pause,
    phoneset_of,
)
from mien.values import Phone

SHARES = {1: (1.0,), 2: (0.6, 0.4), 3: (0.5, 0.25, 0.25)}
"""How a phone of several symbols spends its time: most on the first, as a diphthong does."""

TOUCHING = 1e-3
"""Seconds. Lips that have this long to part between two labels stay closed: one closure."""

LIPS_TOUCH, LIP_MEETS_TEETH = 0, 1
"""Openness of p b m and of f v."""


class Span(NamedTuple):
    """A time in which the lips are asked for one thing."""

    start: float
    """Seconds from the start of the audio."""

    end: float
    """Seconds from the start of the audio."""

    centre: float
    """Seconds at which it should be reached: the middle of a stop's closure, without its release."""

    openness: float
    """As in `Symbol`."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What the phones of one utterance ask of the lips. Arrays have one value per tick."""

    name: str
    """The utterance's."""

    duration: float
    """Seconds of audio."""

    phones: tuple[Phone, ...]
    """As they came."""

    unknown: tuple[str, ...]
    """Labels that neither alphabet nor the list of noises knows; their time is left out of every score."""

    openness: Floats
    """As in `Symbol`, `nan` where nothing is asked."""

    rounded: Floats
    """As in `Symbol`, `nan` where nothing is asked."""

    spread: Floats
    """As in `Symbol`, `nan` where nothing is asked."""

    voiced: Bools
    """Where the voice sounds."""

    pause: Bools
    """Where no phone is."""

    ignored: Bools
    """Where nobody knows what the lips should do."""

    pieces: tuple[Span, ...]
    """Every symbol that was said, in order."""

    closures: tuple[Span, ...]
    """Where the lips must touch: p b m, neighbours merged."""

    bites: tuple[Span, ...]
    """Where the lower lip must meet the teeth: f v, neighbours merged."""

    @property
    def speech(self) -> Bools:
        """Ticks that are judged as speech."""
        return ~self.pause & ~self.ignored


def truth(name: str, phones: Sequence[Phone], duration: float, phoneset: Phoneset | None = None) -> Truth:
    """What `phones` ask of the lips in `duration` seconds of audio.

    Args:
        name: Of the utterance; error messages use it.
        phones: In time order; what none of them covers is a pause. Where two overlap, the later one counts.
        duration: Seconds of audio; phones beyond it are not judged.
        phoneset: Of the labels; found out from them if not given.
    Raises:
        InputError: No length, a phone that ends before it starts, or not one label that is known.
    """
    _check(name, phones, duration)
    phoneset = phoneset or phoneset_of(phone.label for phone in phones)
    said = [phone for phone in phones if not is_pause(phone.label)]
    pieces = [piece for phone in said for piece in _pieces(phone, phoneset)]
    if said and all(piece.symbol is LEFT_OUT for piece in pieces):
        labels = " ".join(dict.fromkeys(phone.label for phone in said[:12]))
        raise InputError(f"{name}: not one of its labels is {phoneset.upper()} that we know: {labels}.")
    ticks = max(1, floor(duration * TICKS))
    table = _painted(ticks, pieces)
    return Truth(
        name=name,
        duration=float(duration),
        phones=tuple(phones),
        unknown=_unknown(said, phoneset),
        openness=table[:, 0],
        rounded=table[:, 1],
        spread=table[:, 2],
        voiced=table[:, 3] > 0,
        pause=_uncovered(ticks, said),
        ignored=table[:, 4] > 0,
        pieces=tuple(_span([piece]) for piece in pieces if piece.symbol is not LEFT_OUT),
        closures=_merged(pieces, LIPS_TOUCH),
        bites=_merged(pieces, LIP_MEETS_TEETH),
    )


class _Piece(NamedTuple):
    """One symbol of a phone."""

    start: float
    end: float
    symbol: Symbol
    is_closure_part: bool


def _check(name: str, phones: Iterable[Phone], duration: float) -> None:
    if not (isfinite(duration) and duration > 0):
        raise InputError(f"{name}: an utterance lasts a while; got {duration} seconds.")
    for phone in phones:
        if not (isfinite(phone.start) and isfinite(phone.end) and phone.start <= phone.end):
            raise InputError(f"{name}: phone '{phone.label}' runs from {phone.start} to {phone.end} seconds.")


def _pieces(phone: Phone, phoneset: Phoneset) -> list[_Piece]:
    symbols = base_symbols(phone.label, phoneset)
    if not symbols:
        return [_Piece(phone.start, phone.end, LEFT_OUT, False)]
    is_closure = is_closure_part(phone.label, phoneset)
    shares = SHARES.get(len(symbols), (1 / len(symbols),) * len(symbols))
    pieces, start = [], phone.start
    for symbol, share in zip(symbols, shares, strict=True):
        end = start + share * (phone.end - phone.start)
        pieces.append(_Piece(start, end, SYMBOLS[symbol], is_closure))
        start = end
    return pieces


def _unknown(said: Iterable[Phone], phoneset: Phoneset) -> tuple[str, ...]:
    labels = dict.fromkeys(phone.label for phone in said)
    return tuple(label for label in labels if not base_symbols(label, phoneset) and not is_noise(label))


def _painted(ticks: int, pieces: Sequence[_Piece]) -> Floats:
    """Each tick's symbol as a row of numbers; that of silence where no piece is."""
    silence = Symbol(np.nan, np.nan, np.nan, 0)
    table = np.array([*(piece.symbol for piece in pieces), silence], np.float64)
    at = np.full(ticks, -1)
    for index, (first, last) in enumerate(_tick_ranges(ticks, pieces)):
        at[first:last] = index
    painted: Floats = table[at]
    return painted


def _uncovered(ticks: int, said: Sequence[Phone]) -> Bools:
    pause = np.ones(ticks, bool)
    for first, last in _tick_ranges(ticks, said):
        pause[first:last] = False
    return pause


def _tick_ranges(ticks: int, spans: Sequence[_Piece] | Sequence[Phone]) -> list[list[int]]:
    """First tick and the tick after the last of each span: ticks count by their middle."""
    bounds = np.array([(span.start, span.end) for span in spans], np.float64).reshape(-1, 2)
    ranges: list[list[int]] = np.searchsorted(tick_times(ticks), bounds).tolist()
    return ranges


def _merged(pieces: Iterable[_Piece], openness: int) -> tuple[Span, ...]:
    """The pieces that ask for `openness`, those that touch as one."""
    groups: list[list[_Piece]] = []
    for piece in sorted(piece for piece in pieces if piece.symbol.openness == openness):
        if groups and piece.start - groups[-1][-1].end < TOUCHING:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return tuple(_span(group) for group in groups)


def _span(group: Sequence[_Piece]) -> Span:
    closure = [piece for piece in group if piece.is_closure_part] or group
    centre = 0.5 * (closure[0].start + closure[-1].end)
    return Span(group[0].start, group[-1].end, centre, group[0].symbol.openness)
