"""`mien preview`: a line as people see it, in the form that the output's name and the options ask for."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import FrameType

from mien.cli.options import character_of
from mien.cli.progress import bar
from mien.errors import FileError, OptionError, unknown
from mien.preview.camera import VIEWS, View
from mien.preview.compare import Pair, key_of, paired, write_key
from mien.preview.film import check_film
from mien.preview.frames import MOST_WORKERS
from mien.preview.head import load_head
from mien.preview.rays import need_rays
from mien.preview.source import Asked, Line, house_head, is_sound, read_line
from mien.preview.stage import (
    SIZES,
    STILL,
    Kind,
    Stage,
    Written,
    check_moves,
    film,
    frame,
    kind_of,
    sheet,
    strip,
)  # fmt: skip

SMALLEST, LARGEST = 64, 4096
"""Pixels of a picture's side: below, no lips are seen; above, players of H.264 give up."""

ENDED = 128
"""Exit code of a program that a signal ends, less the signal's number."""


@dataclass(frozen=True)
class Order:
    """What was asked of `mien preview`."""

    out: Path | None = None
    head: Path | None = None
    rig: str | None = None
    character: str | None = None
    fps: str | None = None
    size: str | None = None
    view: str = "face"
    sheet: bool = False
    strip: bool = False
    at: float | None = None
    every: float | None = None
    phones: Path | None = None
    audio: Path | None = None
    compare: bool = False
    blind: bool = False
    seed: int = 0
    workers: int = 0


def preview(inputs: Sequence[Path], order: Order) -> None:
    """Show `inputs`; whatever can be refused is refused before the first picture is made.

    Raises:
        MienError: Options that contradict one another, files that cannot be read, an output that cannot be.
    """
    with _cleared_up():
        _preview(inputs, order)


def _preview(inputs: Sequence[Path], order: Order) -> None:
    out, kind = plan(inputs, order)
    size, view = _size(order.size, kind), _view(order.view)
    if not 0 <= order.workers <= MOST_WORKERS:
        raise OptionError(f"--workers {order.workers} is outside 0..{MOST_WORKERS}; 0 is one for each core.")
    need_rays()
    if kind == "film":
        check_film(size, Fraction(0), out)
    head = load_head(order.head or house_head())
    lines = [_read(path, order, inputs) for path in inputs]
    for line in lines:
        check_moves(head, line)
    pair = _pair(inputs, lines, order) if order.compare else None
    stage = Stage(head, pair.longer if pair else lines[0], pair, size, view, order.workers)
    written = _written(stage, out, kind, order)
    print(written.said)
    for note in (*written.notes, *_notes(lines, pair, out, order)):
        print(f"  {note}")


@contextmanager
def _cleared_up() -> Iterator[None]:
    """Ends as after Ctrl-C when the system ends us, or the terminal closes: nothing half-written is left."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(ENDED + number)

    deadly = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    ours = [number for number in deadly if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


# What is asked


def plan(inputs: Sequence[Path], order: Order) -> tuple[Path, Kind]:
    """Which file is written, and what it is.

    Raises:
        OptionError, FileError: Options that contradict one another, or an output that is no preview.
    """
    _check_count(inputs, order)
    for path in inputs:
        if path.is_dir():
            raise FileError(f"{path}: is a folder, and one line is shown; name a file in it.")
    asked = _asked(order)
    out = order.out or _beside(inputs, asked, order)
    kind = kind_of(out, asked)
    if order.compare and kind == "strip":
        raise OptionError("A strip shows one line; write a sheet (--sheet) or a film of the two.")
    if not out.parent.is_dir():
        raise FileError(f"{out}: there is no folder '{out.parent}'; make it, or choose another.")
    _check_kept(inputs, out, order)
    return out, kind


def _check_kept(inputs: Sequence[Path], out: Path, order: Order) -> None:
    """Refuse to write over what is read."""
    read = {path.resolve() for path in (*inputs, order.audio, order.head, order.phones) if path}
    for path in (out, key_of(out)) if order.blind else (out,):
        if path.resolve() in read:
            raise FileError(f"{path} is an input itself; choose another output.")


def _check_count(inputs: Sequence[Path], order: Order) -> None:
    if order.compare and len(inputs) != 2:
        raise OptionError(
            f"--compare shows two files, and {len(inputs)} came; write mien preview --compare a.mien b.mien"
        )
    if not order.compare and len(inputs) != 1:
        raise OptionError(f"{len(inputs)} files came, and one is shown; --compare shows two side by side.")
    if order.blind and not order.compare:
        raise OptionError("--blind hides which of two is which; add --compare and a second file.")


def _asked(order: Order) -> Kind | None:
    """The kind of picture that options name, if they do."""
    options: dict[str, tuple[Kind, bool]] = {
        "--sheet": ("sheet", order.sheet),
        "--every": ("sheet", order.every is not None),
        "--strip": ("strip", order.strip),
        "--at": ("frame", order.at is not None),
    }
    named = {option: kind for option, (kind, is_named) in options.items() if is_named}
    if len(set(named.values())) > 1:
        raise OptionError(f"{' and '.join(named)} ask for different pictures; leave all but one of them out.")
    return next(iter(named.values()), None)


def _beside(inputs: Sequence[Path], asked: Kind | None, order: Order) -> Path:
    """Where a preview lies that nobody named: beside the first input, under its name."""
    stem = "blind" if order.blind else "_".join(path.stem for path in inputs)
    return inputs[0].with_name(f"{stem}.{asked}{STILL}" if asked else f"{stem}.mp4")


def _size(given: str | None, kind: Kind) -> tuple[int, int]:
    if given is None:
        return SIZES[kind], SIZES[kind]
    parts = given.lower().split("x")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise OptionError(f"--size {given}: write pixels, as in 640 or 1280x720.")
    across, high = int(parts[0]), int(parts[-1])
    if not all(SMALLEST <= length <= LARGEST for length in (across, high)):
        raise OptionError(f"--size {given}: sides are {SMALLEST}..{LARGEST} px.")
    return across, high


def _view(given: str) -> View:
    for view in VIEWS:
        if view == given.lower():
            return view
    raise OptionError(unknown("view", given, VIEWS))


def _read(path: Path, order: Order, inputs: Sequence[Path]) -> Line:
    has_own = is_sound(path) and not all(map(is_sound, inputs))  # --audio is for the other one
    audio = None if has_own else order.audio
    asked = Asked(order.rig, character_of(order.character), order.fps, order.phones, audio)
    with bar(path.name) as progress:
        return read_line(path, asked, progress)


def _pair(inputs: Sequence[Path], lines: Sequence[Line], order: Order) -> Pair:
    return paired((inputs[0], lines[0]), (inputs[1], lines[1]), order.blind, order.seed)


# What is written


def _written(stage: Stage, out: Path, kind: Kind, order: Order) -> Written:
    with bar(out.name) as progress:
        if kind == "film":
            return film(stage, out, progress)
        if kind == "sheet":
            return sheet(stage, out, order.every, progress)
        if kind == "strip":
            return strip(stage, out, progress)
        return frame(stage, out, order.at or 0.0)


def _notes(lines: Sequence[Line], pair: Pair | None, out: Path, order: Order) -> list[str]:
    """What a viewer should know beside the picture."""
    notes = [note for line in lines for note in line.notes]
    if notes and order.blind:  # they have names, and lengths that can be seen
        notes = ["The sound is not as long as that of a take: it may be another's."]
    if pair and pair.note:
        notes.append(pair.note)
    if pair and order.blind:
        write_key(pair, order.seed, out)
        notes.append(f"Who is A and who is B: {key_of(out)}")
    return notes
