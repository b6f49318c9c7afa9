"""Phone times from files: `.phones.tsv`, Praat's `.TextGrid` and TIMIT's `.PHN`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, cast, get_args

from mien.errors import FileError
from mien.score.symbols import Phoneset
from mien.score.truth import Truth, truth
from mien.values import Phone

TIMIT_RATE = 16_000
"""Samples a second that the numbers of a `.PHN` count."""

ENDINGS: Final = (".phones.tsv", ".TextGrid", ".PHN")
"""Of the files that have phones in them, in any case."""

LONGEST_OVERHANG = 1.0
"""Seconds that phones may go on after the sound: aligners round. Far more, and they are not in seconds."""

_TIER = re.compile(r'\bitem \[\d+\]:\s+class = "(.*?)"\s+name = "(.*?)"')
_SIZE = re.compile(r"intervals: size = (\d+)")
_INTERVAL = re.compile(r'xmin = (\S+)\s+xmax = (\S+)\s+text = "((?:[^"]|"")*)"')


def read_phones(path: str | os.PathLike[str]) -> list[Phone]:
    """The phones in a `.phones.tsv`, `.TextGrid` (long format, tier `phones`) or `.PHN`, in order.

    Raises:
        FileError: No such file, another kind of file, or one with a mistake in it.
    """
    return _read(Path(path))[0]


def read_truth(path: str | os.PathLike[str], duration: float | None = None) -> Truth:
    """What the phones in a file ask of the lips; the file may name its alphabet.

    Args:
        path: As for `read_phones`.
        duration: Seconds of audio; the end of the last phone if that is later, or if it is not known.
    Raises:
        FileError: As from `read_phones`, or phones that end more than a second after the audio.
        InputError: Not one label that is known, or a phone that ends before it starts.
    """
    path = Path(path)
    phones, phoneset = _read(path)
    end = max(phone.end for phone in phones)
    if duration is not None and end > duration + LONGEST_OVERHANG:
        raise FileError(
            f"{path}: the last phone ends at {end:g} s, the sound lasts {duration:g} s; times are in seconds."
        )
    return truth(utterance_name(path), phones, max(duration or 0.0, end), phoneset)


def utterance_name(path: str | os.PathLike[str]) -> str:
    """The file's name without its folder and ending: `a/b.phones.tsv` is `b`."""
    name = Path(path).name
    for ending in ENDINGS:
        if name.lower().endswith(ending.lower()):
            return name[: -len(ending)]
    return Path(path).stem


def _read(path: Path) -> tuple[list[Phone], Phoneset | None]:
    name, phoneset = path.name.lower(), None
    if name.endswith(".textgrid"):
        phones = list(_textgrid(path))
    elif name.endswith(".phn"):
        phones = [_timit(phone) for phone in _table(path, _text(path).splitlines())]
    elif name.endswith(".tsv"):
        lines = _text(path).splitlines()
        phones, phoneset = list(_table(path, lines)), _phoneset(path, lines)
    else:
        raise FileError(f"{path}: phones come from {', '.join(ENDINGS)}; this is none of them.")
    if not phones:
        raise FileError(f"{path}: there are no phones in it.")
    return phones, phoneset


def _text(path: Path) -> str:
    """The file's text; Praat writes UTF-16 as soon as a label is not ASCII."""
    try:
        data = path.read_bytes()
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: is not text in UTF-8 or UTF-16.") from error


def _timit(phone: Phone) -> Phone:
    return Phone(phone.start / TIMIT_RATE, phone.end / TIMIT_RATE, phone.label)


def _table(path: Path, lines: Iterable[str]) -> Iterator[Phone]:
    """Rows of start, end and label; comments, empty lines and a first row of names are passed over."""
    is_first = True
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or not line.strip():
            continue
        cells = line.split("\t") if "\t" in line else line.split()
        try:
            start, end, label = float(cells[0]), float(cells[1]), "".join(cells[2:3])
        except (ValueError, IndexError):
            if not is_first:
                raise FileError(f"{path}: line {number} is not start, end and phone: '{line}'.") from None
        else:
            yield Phone(start, end, label.strip())
        is_first = False


def _phoneset(path: Path, lines: Iterable[str]) -> Phoneset | None:
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("# phoneset:")]
    if not named:
        return None
    if named[0] not in get_args(Phoneset):
        raise FileError(f"{path}: phoneset '{named[0]}' is not one of {', '.join(get_args(Phoneset))}.")
    return cast(Phoneset, named[0])


def _textgrid(path: Path) -> Iterator[Phone]:
    text = _text(path)
    tiers = list(_TIER.finditer(text))
    if not tiers:
        raise FileError(
            f"{path}: is not a TextGrid in Praat's long format; save it with 'Save as text file'."
        )
    ends = [*(tier.start() for tier in tiers[1:]), len(text)]
    for tier, end in zip(tiers, ends, strict=True):
        if tier[1] == "IntervalTier" and tier[2] == "phones":
            found = list(_INTERVAL.finditer(text, tier.end(), end))
            _check_size(path, _SIZE.search(text, tier.end(), end), len(found))
            yield from (_interval(path, each) for each in found)
            return
    raise FileError(f"{path}: has no interval tier 'phones'; its tiers are {', '.join(t[2] for t in tiers)}.")


def _check_size(path: Path, promised: re.Match[str] | None, found: int) -> None:
    """Refuses a tier that was cut off, or has an interval that does not read as one."""
    if promised and int(promised[1]) != found:
        raise FileError(
            f"{path}: tier 'phones' should have {promised[1]} intervals, and {found} can be read; "
            "the file is cut off or damaged, so export it again."
        )


def _interval(path: Path, found: re.Match[str]) -> Phone:
    try:
        return Phone(float(found[1]), float(found[2]), " ".join(found[3].replace('""', '"').split()))
    except ValueError:
        raise FileError(f"{path}: '{found[1]}' to '{found[2]}' are not seconds.") from None
