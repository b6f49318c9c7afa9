"""Two performances side by side, named or blind.

Both are shown as one: their frames go through the same processes in turn, left and right of each moment, and
are put beside one another under a band with their names. Blind, the names are A and B in an order that the
seed decides, and a key tells later who was who.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from mien.errors import OptionError
from mien.files import written_beside
from mien.preview.labels import Picture, band
from mien.preview.reel import closed
from mien.preview.source import Line, at_rate
from mien.values import Curves

NAMES: Final = ("A", "B")
"""What two performances are called that nobody shall know."""

GUTTER: Final = 4
"""Pixels between the two; even."""

BAND: Final = 0.07
"""Height of the names' band as a share of the pictures'; even, as films want it."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two performances of one rate."""

    lines: tuple[Line, Line]
    """Left and right."""

    names: tuple[str, str]
    """What stands over them."""

    files: tuple[Path, Path]
    """Where they come from, left and right."""

    blind: bool = False
    """Whether the names say nothing."""

    @property
    def longer(self) -> Line:
        """The one that ends last, with whatever sound, phones and emotion one of the two has."""
        first, other = sorted(self.lines, key=lambda line: -line.frames)
        return replace(
            first,
            sound=first.sound or other.sound,
            phones=first.phones or other.phones,
            emotion=first.emotion or other.emotion,
        )

    @property
    def note(self) -> str:
        """That one of them waits for the other, if so; blind, not which."""
        short, long = sorted(self.lines, key=lambda line: line.frames)
        if short.frames == long.frames:
            return ""
        who = "The shorter line" if self.blind else short.name
        return f"{who} ends {long.seconds - short.seconds:.2f} s earlier and holds its last frame."

    @property
    def note_of_sound(self) -> str:
        """That one of them is not heard, if so; blind, not which."""
        if len({line.sound for line in self.lines if line.sound}) < 2:
            return ""
        heard = "one of them" if self.blind else self.longer.sound
        return f"There are two sounds, and the film has that of {heard}."


def paired(one: tuple[Path, Line], other: tuple[Path, Line], blind: bool = False, seed: int = 0) -> Pair:
    """The two side by side, the second at the rate of the first.

    Args:
        blind: In an order drawn from `seed` and both names, whichever is given first.
    Raises:
        OptionError: One begins when the other is over.
    """
    second = replace(other[1], curves=at_rate(other[1].curves, one[1].curves.rate))
    found = [*zip((one[0], other[0]), _begun_together(one[1], second), strict=True)]
    if blind and _is_turned(one[0], other[0], seed):
        found.reverse()
    files, lines = (found[0][0], found[1][0]), (found[0][1], found[1][1])
    return Pair(lines, NAMES if blind else _names(*files), files, blind)


def _begun_together(*lines: Line) -> Iterator[Line]:
    """`lines` from the earliest start on; whatever begins later holds its first frame until then."""
    start = min(line.curves.start for line in lines)
    over = min(line.curves.start + line.seconds for line in lines)
    for line in lines:
        curves = line.curves
        if curves.start > over:
            raise OptionError(
                f"{line.name} begins at {curves.start:g} s, when the other is over: nothing to compare."
            )
        late = round((curves.start - start) * curves.rate)
        held = np.concatenate([np.repeat(curves.values[:1], late, axis=0), curves.values])
        yield replace(line, curves=replace(curves, values=held, start=start))


def key_of(out: Path) -> Path:
    """Where the key of a blind comparison lies: `ab.mp4.key.json`."""
    return out.with_name(out.name + ".key.json")


def write_key(pair: Pair, seed: int, out: Path) -> Path:
    """Write who is A and who is B beside `out`.

    Raises:
        FileError: It cannot be written.
    """
    files = {name: str(path) for name, path in zip(NAMES, pair.files, strict=True)}
    key = {"schema": 1, "kind": "mien.blind", "shown": out.name, "seed": seed, "left": "A", **files}
    with written_beside(key_of(out)) as beside:
        text = json.dumps(key, indent=2, ensure_ascii=False) + "\n"
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")  # which JSON reads back
    return key_of(out)


def interleaved(pair: Pair, picks: Sequence[int]) -> tuple[Curves, list[int]]:
    """Both as one set of curves, and which rows of it to draw: left and right of each of `picks` in turn.

    A performance that has ended is drawn no more; `side_by_side` holds its last picture.
    """
    left, right = (line.curves for line in pair.lines)
    names = tuple(dict.fromkeys([*left.names, *right.names]))
    both = np.concatenate([_spread(left, names), _spread(right, names)])
    rows = [row for at, pick in enumerate(picks) for row in _rows(pair, picks, at, pick)]
    return Curves(names, both, left.rate), rows


def side_by_side(pair: Pair, pictures: Iterator[Picture], picks: Sequence[int]) -> Iterator[Picture]:
    """Each of `picks` as one picture of both, from the pictures of `interleaved`."""
    with closed(pictures):
        held: list[Picture] = []
        for at in range(len(picks)):
            fresh = [next(pictures) if _is_fresh(line, picks, at) else None for line in pair.lines]
            held = [new if new is not None else held[side] for side, new in enumerate(fresh)]
            yield joined(pair, held)


def joined(pair: Pair, pictures: Sequence[Picture]) -> Picture:
    """Two pictures beside one another under their names."""
    high, across = band_high(pictures[0].shape[0]), pictures[0].shape[1]
    left, right = (
        np.vstack([band(name, across, high), picture])
        for name, picture in zip(pair.names, pictures, strict=True)
    )
    return np.hstack([left, band("", GUTTER, len(left)), right])


def band_high(height: int) -> int:
    """Pixels of the names' band over pictures of that height; even."""
    return max(20, round(height * BAND / 2) * 2)


def size_of(size: tuple[int, int]) -> tuple[int, int]:
    """Of both together, px, where one has `size`."""
    return 2 * size[0] + GUTTER, size[1] + band_high(size[1])


def _rows(pair: Pair, picks: Sequence[int], at: int, pick: int) -> Iterator[int]:
    left, right = pair.lines
    if _is_fresh(left, picks, at):
        yield min(pick, left.frames - 1)
    if _is_fresh(right, picks, at):
        yield left.frames + min(pick, right.frames - 1)


def _is_fresh(line: Line, picks: Sequence[int], at: int) -> bool:
    """Whether the line has another frame at `picks[at]` than at the one before."""
    return at == 0 or min(picks[at], line.frames - 1) != min(picks[at - 1], line.frames - 1)


def _spread(curves: Curves, names: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The values of `curves` as columns `names`; 0 where it has no such curve."""
    values = np.zeros((len(curves.values), len(names)), np.float32)
    values[:, [names.index(name) for name in curves.names]] = curves.values
    return values


def _names(one: Path, other: Path) -> tuple[str, str]:
    """The files' names; with the folder where they are alike."""
    if one.name != other.name:
        return one.name, other.name
    return f"{one.parent.name}/{one.name}", f"{other.parent.name}/{other.name}"


def _is_turned(one: Path, other: Path, seed: int) -> bool:
    """A coin that falls alike for the same seed and files, whichever is named first."""
    names = sorted(map(str, (one, other)))
    said = "\0".join([str(seed), *names]).encode("utf-8", "surrogateescape")
    coin = hashlib.blake2b(said, digest_size=1).digest()[0] & 1
    return bool(coin) != (names[0] == str(one))
