"""Curves as CSV: a header `time,<curves>`, then one line a frame, seconds first.

The rate is not written: it is read from the times, which carry enough digits to name it exactly. A file of
one frame has none, and reads as 30 frames a second. Other programs' files need a column `time`, in seconds.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import FileError
from mien.files.atomic import written_beside
from mien.files.decimals import BLOCK, frame_texts
from mien.files.steady import steady_rate, unsteady_frame
from mien.values import Curves

TIME = "time"
"""Name of the column with the seconds of each frame; case does not count."""

LARGEST = float(np.finfo(np.float32).max) * (1 + 2.0**-25)
"""Where numbers begin to round to infinity; the shortest text of the largest float32 lies a little below."""


class _Row(NamedTuple):
    line: int
    """Line in the file, from 1, as editors count."""

    cells: list[str]
    """As many as the header has."""


class _Block(NamedTuple):
    lines: list[int]
    """Line of each frame."""

    times: NDArray[np.float64]
    """Seconds, shape (frames,)."""

    values: NDArray[np.float32]
    """Shape (frames, curves)."""


def write_csv(curves: Curves, path: Path) -> None:
    """Writes `curves`, each number in its shortest form that reads back equal."""
    clash = next((name for name in curves.names if name.lower() == TIME), None)
    if clash is not None:
        raise FileError(
            f"{path}: curve '{clash}' would pass for the column of times; rename it, or write .json."
        )
    with written_beside(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
        csv.writer(file, lineterminator="\n").writerow([TIME, *curves.names])
        seconds = map(repr, curves.times.tolist())
        cells = frame_texts(curves.values)
        file.writelines(",".join((time, *frame)) + "\n" for time, frame in zip(seconds, cells, strict=True))


def read_csv(path: Path) -> Curves:
    """Reads `path`, ours or another program's.

    Raises:
        FileError: With line and column: a cell that is no number, a ragged line, times that are not steady.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = _rows(path, csv.reader(file, skipinitialspace=True, strict=True))
        header = _header(path, next(rows, None))
        at = [name.lower() for name in header].index(TIME)
        blocks = list(_blocks(path, header, at, rows))
    times = np.concatenate([np.empty(0), *(block.times for block in blocks)])
    names = (*header[:at], *header[at + 1 :])
    values = np.concatenate([np.empty((0, len(names)), np.float32), *(block.values for block in blocks)])
    rate = steady_rate(times)
    if rate is None:
        raise _unsteady(path, times, list(chain.from_iterable(block.lines for block in blocks)))
    return Curves(names, values, rate, float(times[0]) if len(times) else 0.0)


def _rows(path: Path, sheet: Iterator[list[str]]) -> Iterator[_Row]:
    """The lines that are not empty."""
    line = 0
    try:
        for cells in sheet:
            line = sheet.line_num  # type: ignore[attr-defined]  # csv's reader type has no public name
            if cells:
                yield _Row(line, cells)
    except csv.Error as error:
        raise FileError(f"{path}: line {line + 1} is not CSV ({error}).") from error


def _header(path: Path, row: _Row | None) -> list[str]:
    """The names of all columns; refuses a header without `time`, or with a name missing or twice."""
    if row is None:
        raise FileError(f"{path}: is empty; curves begin with a line 'time,<curve>,...'.")
    names = [name.strip() for name in row.cells]
    seen: set[str] = set()
    for column, name in enumerate(names, start=1):
        if not name:
            raise FileError(
                f"{path}: line {row.line}, column {column} has no name; name it or remove the column."
            )
        if name in seen:
            raise FileError(f"{path}: line {row.line}, column {column}: {name!r} stands there a second time.")
        seen.add(name)
    lower = [name.lower() for name in names]
    if lower.count(TIME) != 1:
        raise FileError(f"{path}: line {row.line} has {_no_time(names, lower)}.")
    return names


def _no_time(names: list[str], lower: list[str]) -> str:
    if TIME in lower:
        return "more than one column 'time'; rename all but the seconds"
    hint = "; separate columns by commas" if any(mark in names[0] for mark in ";\t") else ""
    return f"no column 'time', the seconds of each frame; it begins with {names[0][:60]!r}{hint}"


def _blocks(path: Path, header: list[str], at: int, rows: Iterator[_Row]) -> Iterator[_Block]:
    """The frames, some at a time; column `at` is the time."""
    while rows_read := list(islice(rows, BLOCK)):
        table = _numbers(path, header, rows_read)
        values = np.delete(table, at, axis=1).astype(np.float32)
        yield _Block([row.line for row in rows_read], table[:, at].copy(), values)


def _numbers(path: Path, header: list[str], rows: list[_Row]) -> NDArray[np.float64]:
    """Shape (rows, columns); the fast way first, and a closer look only where it fails."""
    for row in rows:
        if len(row.cells) != len(header):
            count = f"{len(row.cells)} where the header has {len(header)}"
            raise FileError(f"{path}: line {row.line} has another number of cells, {count}.")
    try:
        numbers = np.array(list(map(float, chain.from_iterable(row.cells for row in rows))))
    except ValueError:
        raise _bad_cell(path, header, rows) from None
    if not (np.abs(numbers) <= LARGEST).all():
        raise _bad_cell(path, header, rows)
    return numbers.reshape(len(rows), len(header))


def _bad_cell(path: Path, header: list[str], rows: list[_Row]) -> FileError:
    """Which cell it was."""
    cells = ((row.line, at, cell) for row in rows for at, cell in enumerate(row.cells) if _problem(cell))
    line, at, cell = next(cells)
    return FileError(f"{path}: line {line}, column {at + 1} ({header[at]!r}) {_problem(cell)}.")


def _problem(cell: str) -> str | None:
    try:
        number = float(cell)
    except ValueError:
        return f"is {cell[:40]!r}, not a number" if cell.strip() else "is empty, and wants a number"
    if not math.isfinite(number):
        return f"is '{cell.strip()}', which no curve can be; write a finite number"
    return "is beyond what a float32 can hold" if abs(number) > LARGEST else None


def _unsteady(path: Path, times: NDArray[np.float64], lines: list[int]) -> FileError:
    frame = unsteady_frame(times)
    frame = len(times) - 1 if frame is None else frame
    return FileError(
        f"{path}: line {lines[frame]}: time {times[frame]} after {times[frame - 1]} breaks the steady step "
        "of the lines before; times are in seconds, to the millisecond or better, with no frame missing."
    )
