"""Streams as they are watched, kept as files of curves.

A file of curves has one steady rate and no holes. Where up to a second of frames was lost, the last one
before them is held, so what follows stays in time with the sound. Where more was lost, a face that stands
still would pass for a performance: the file ends there and the next one begins. Either is said.

Frames stay in memory until their stream ends: 45 MB for an hour of 52 curves at 60 fps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path

import numpy as np

from mien.errors import MienError, OptionError, near
from mien.files import FORMATS, TAKE_SUFFIX, format_of, write_curves
from mien.rpc.watching import Ended, Event, Floats, Moved, Stream
from mien.values import Curves

LONGEST_HOLD = 1
"""Seconds of lost frames that are bridged. More invents a performance, less breaks a line at each hiccup."""

LONGEST_NAME = 60
"""Letters of a subject that its file is named by; with four bytes each, a name may still have a number."""

DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""What no file may be called on Windows."""

SUFFIXES = [suffix for row in FORMATS for suffix in row.suffixes]


class Recording:
    """Frames of one stream in a row, without holes.

    Args:
        stream: Whose they are.
        first: Number of the frame that comes first.
    """

    def __init__(self, stream: Stream, first: int) -> None:
        self.held = 0
        """Frames that never came and repeat the one before."""
        self._stream, self._first = stream, first
        self._parts: list[Floats] = []

    def push(self, values: Floats, missed: int = 0) -> None:
        """Add `values`, shape (frames, curves), after `missed` frames that never came (0 for the first)."""
        if missed:
            self._parts.append(np.repeat(self._parts[-1][-1:], missed, axis=0))
            self.held += missed
        self._parts.append(values)

    def curves(self) -> Curves:
        """All frames so far; they start at the time of the first one that came."""
        stream, values = self._stream, np.concatenate(self._parts)
        return Curves(stream.curves, values, stream.rate, float(self._first / stream.rate))


class Recorder:
    """Writes each stream to a file when it ends; `close` writes those that have not.

    A name with the suffix of a format is a file: that of the first subject that moves. Any other is a folder,
    with a file for each subject. When a subject begins again its next file is numbered, `vera-2.csv`. A file
    that was named is written over; nothing else is.

    Args:
        out: The file or folder.
        format_: A name in `mien.files.FORMATS`; without it, the file's suffix decides, or it is CSV.
    Raises:
        FileError, OptionError: A name, or a pair of name and format, that makes no sense.
    """

    def __init__(self, out: Path, format_: str | None = None) -> None:
        self._single = is_file(out)
        self._out = out
        self._format = format_of(out, format_) if self._single else format_of(Path("any"), format_ or "csv")
        self._named = not self._single
        """Whether the name that was given has been used."""
        self._subject: str | None = None
        """Whose the single file is."""
        self._left_out: set[str] = set()
        self._running: dict[str, Recording] = {}

    def take(self, event: Event) -> list[str]:
        """Keep what `event` brings; says what it wrote, or cannot keep, in lines for humans.

        Raises:
            FileError: A file cannot be written. Its frames are kept; `close` tries again.
        """
        if isinstance(event, Moved):
            return self._keep(event) if self._takes(event.stream.subject) else self._leave_out(event.stream)
        if isinstance(event, Ended):
            return self._write(event.stream.subject)
        return []

    def close(self) -> Iterator[str]:
        """Write what has not ended yet, and say so line by line.

        Raises:
            FileError: Once all was tried: the first file that could not be written.
        """
        problems = []
        for subject in list(self._running):
            try:
                yield from self._write(subject)
            except MienError as problem:
                problems.append(problem)
        if problems:
            raise problems[0]

    def _takes(self, subject: str) -> bool:
        if self._single and self._subject is None:
            self._subject = subject
        return not self._single or subject == self._subject

    def _leave_out(self, stream: Stream) -> list[str]:
        if stream.subject in self._left_out:
            return []
        self._left_out.add(stream.subject)
        return [
            f"{stream.subject}: is not recorded, {self._out} is for {self._subject}; -o FOLDER takes all."
        ]

    def _keep(self, moved: Moved) -> list[str]:
        subject, missed, said = moved.stream.subject, moved.missed, []
        if missed > LONGEST_HOLD * moved.stream.rate:
            said = self._write(subject)
        if subject not in self._running:
            self._running[subject], missed = Recording(moved.stream, moved.first), 0
        self._running[subject].push(moved.values, missed)
        return said

    def _write(self, subject: str) -> list[str]:
        """Forgets a recording only once it is written."""
        recording = self._running.get(subject)
        if recording is None:
            return []
        curves, path = recording.curves(), self._path(subject)
        write_curves(curves, path, self._format)
        del self._running[subject]
        self._named = True
        return [_written(path, curves, recording.held)]

    def _path(self, subject: str) -> Path:
        if not self._named:
            return self._out
        first = self._out if self._single else self._out / f"{file_name(subject)}.{self._format}"
        numbered = (first.with_name(f"{first.stem}-{n}{first.suffix}") for n in count(2))
        return next(path for path in chain([first], numbered) if not path.exists())


def is_file(out: Path) -> bool:
    """Whether `out` names a file of curves, not a folder.

    Raises:
        OptionError: It is another kind of file, or looks like a slip of the pen.
    """
    if out.is_dir():
        return False
    hint = near(out.suffix, [*SUFFIXES, TAKE_SUFFIX])
    if out.suffix.lower() not in SUFFIXES and (out.exists() or hint):
        raise OptionError(f"'{out}' is neither a folder nor a file of curves ({', '.join(SUFFIXES)}).{hint}")
    return out.suffix.lower() in SUFFIXES


def file_name(subject: str) -> str:
    """`subject` as a file's name that every system takes, without a suffix."""
    name = re.sub(r"[^\w .-]+", "_", subject)[:LONGEST_NAME].strip(" .") or "subject"
    return f"_{name}" if DEVICES.fullmatch(name) else name


def _written(path: Path, curves: Curves, held: int) -> str:
    """One line for humans."""
    lost = f"; {held} that were lost repeat the one before" if held else ""
    return (
        f"{path}: {len(curves.values)} frames of {len(curves.names)} curves at {float(curves.rate):.6g} fps, "
        f"from {curves.start:.2f} s{lost}"
    )
