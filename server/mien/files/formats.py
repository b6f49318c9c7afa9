"""The curve formats, as one table: to add one, write its `write` and `read` and give it a row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from mien.clock import FASTEST_RATE, SLOWEST_RATE
from mien.errors import FileError, OptionError, unknown
from mien.files.csv_curves import read_csv, write_csv
from mien.files.json_curves import read_json, write_json
from mien.files.npz_curves import read_npz, write_npz
from mien.files.reading import reading
from mien.values import Curves


class Format(NamedTuple):
    """One way to keep curves in a file."""

    name: str
    """As in `--format`."""

    suffixes: tuple[str, ...]
    """Lower case, with the dot; the first is the usual one."""

    write: Callable[[Curves, Path], None]
    """Writes curves that `write_curves` has checked, whole or not at all."""

    read: Callable[[Path], Curves]
    """Reads them back equal; may raise what a decoder raises."""


FORMATS: Final = (
    Format("csv", (".csv",), write_csv, read_csv),
    Format("json", (".json",), write_json, read_json),
    Format("npz", (".npz",), write_npz, read_npz),
)
"""All of them, the one that opens anywhere first."""

FORMAT_NAMES: Final = tuple(row.name for row in FORMATS)
"""For `--format` and for messages."""

_BY_SUFFIX: Final = {suffix: row for row in FORMATS for suffix in row.suffixes}

TAKE_SUFFIX: Final = ".mien"
"""A take, which holds motion and no curves; see `take.py`."""


def write_curves(curves: Curves, path: Path, format: str | None = None) -> None:  # noqa: A002
    """Writes `curves` to `path`, whole or not at all; `read_curves` gives them back equal, bit for bit.

    Args:
        curves: Any length: memory stays bounded.
        path: Missing folders are made, an older file is replaced.
        format: A name in `FORMATS`, in any case; without it the suffix of `path` decides.
    Raises:
        FileError: An unknown format, a path that cannot be written, or curves that no file should hold.
        OptionError: `path` has the suffix of another format.
    """
    row = _format_to_write(path, format)
    _check(curves, path)
    row.write(curves, path)


def read_curves(path: Path, format: str | None = None) -> Curves:  # noqa: A002
    """The curves in `path`, in the format that its suffix or `format` names.

    Raises:
        FileError: Missing, damaged, from a newer Mien, or not finite numbers at a steady rate; says where.
    """
    row = _format(path, format)
    with reading(path, f"curves as {row.name}"):
        curves = row.read(path)
    _check(curves, path)
    return curves


def format_of(path: Path, format: str | None = None) -> str:  # noqa: A002
    """The name of the format that `write_curves` would use.

    Raises:
        FileError: An unknown format or suffix, no suffix, or a folder.
        OptionError: `path` has the suffix of another format than `format`.
    """
    return _format_to_write(path, format).name


def _format_to_write(path: Path, name: str | None) -> Format:
    """As `_format`; refuses a name and a suffix that say different things."""
    row = _format(path, name)
    if _BY_SUFFIX.get(path.suffix.lower(), row) is not row:
        raise OptionError(f"--format {row.name} contradicts the name '{path.name}'; leave one of them out.")
    return row


def _format(path: Path, name: str | None) -> Format:
    """The row called `name`, or else the one of the suffix of `path`."""
    if _is_folder(path):
        raise FileError(f"{path}: is a folder; give the name of a file in it, such as {path / 'line.csv'}.")
    if path.suffix.lower() == TAKE_SUFFIX:
        raise FileError(
            f"{path}: is a take, not curves; `mien render {path} -o line.csv` makes curves of it."
        )
    if name is None:
        return _format_of_suffix(path)
    for row in FORMATS:
        if row.name == name.lower():
            return row
    raise FileError(unknown("curve format", name, FORMAT_NAMES))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # whoever opens it will say what is wrong


def _format_of_suffix(path: Path) -> Format:
    suffix = path.suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if not suffix:
        raise FileError(f"{path}: has no suffix to tell the format by; end it in {' or '.join(_BY_SUFFIX)}.")
    raise FileError(f"{path}: {unknown('curve format', suffix, _BY_SUFFIX)}")


def _check(curves: Curves, path: Path) -> None:
    """Refuses curves that a file should not hold, on the way out as on the way in."""
    if not SLOWEST_RATE <= curves.rate <= FASTEST_RATE:
        raise FileError(
            f"{path}: {float(curves.rate):g} frames a second is outside {SLOWEST_RATE}..{FASTEST_RATE}; "
            "times are in seconds."
        )
    if not np.isfinite(curves.start):
        raise FileError(f"{path}: starts at {curves.start}; a start is a finite number of seconds.")
    for name in curves.names:
        if not _writable(name):
            raise FileError(
                f"{path}: curve name {name!r} is empty or has spaces around it or control characters."
            )
    _check_finite(curves, path)


def _writable(name: str) -> bool:
    """Whether `name` comes through every format unchanged."""
    odd = any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in name)
    return bool(name) and name == name.strip() and not odd


def _check_finite(curves: Curves, path: Path) -> None:
    finite = np.isfinite(curves.values)
    if not finite.all():
        frame, column = np.argwhere(~finite)[0]
        value = curves.values[frame, column]
        raise FileError(
            f"{path}: curve '{curves.names[column]}' is {value} in frame {frame}, not a finite number."
        )
