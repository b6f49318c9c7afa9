"""Curves as JSON: a head of names and rate, then one line a frame, so that two files can be compared."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from mien.errors import FileError
from mien.files.atomic import written_beside
from mien.files.decimals import frame_texts
from mien.files.reading import SCHEMA, RateText, check_head
from mien.values import Curves

KIND = "mien.curves"
"""What the file says it is."""


class _Document(msgspec.Struct):
    rate: RateText
    """Frames a second, exact."""

    start: float
    """Seconds from the start of the audio to the first frame."""

    names: tuple[str, ...]
    """One for each number of a frame."""

    frames: list[msgspec.Raw]
    """Lists of numbers, decoded one by one: a long take as lists of floats takes ten times its size."""


def write_json(curves: Curves, path: Path) -> None:
    """Writes `curves`, each number in its shortest form that reads back equal."""
    names = msgspec.json.encode(curves.names).decode()
    with written_beside(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"schema":{SCHEMA},"kind":"{KIND}","rate":"{curves.rate}","start":{curves.start!r},\n')
        file.write(f'"names":{names},\n"frames":[')
        separators = (",\n" if frame else "\n" for frame in range(len(curves.values)))
        cells = frame_texts(curves.values)
        file.writelines(f"{comma}[{','.join(frame)}]" for comma, frame in zip(separators, cells, strict=True))
        file.write("\n]}\n")


def read_json(path: Path) -> Curves:
    """Reads `path`.

    Raises:
        FileError: From a newer Mien, or a frame without one number for each name.
    """
    text = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    check_head(path, text, KIND)
    document = msgspec.json.decode(text, type=_Document)
    values = _values(path, document.frames, len(document.names))
    return Curves(document.names, values, Fraction(document.rate), document.start)


def _values(path: Path, frames: list[msgspec.Raw], width: int) -> NDArray[np.float32]:
    decoder = msgspec.json.Decoder(list[float])
    values = np.empty((len(frames), width), np.float32)
    with np.errstate(over="ignore"):  # becomes infinite, and is refused as such
        for index, raw in enumerate(frames):
            values[index] = _frame(path, decoder, index, raw, width)
    return values


def _frame(
    path: Path, decoder: msgspec.json.Decoder[list[float]], index: int, raw: msgspec.Raw, width: int
) -> list[float]:
    try:
        frame = decoder.decode(raw)
    except msgspec.MsgspecError as error:
        raise FileError(f"{path}: frame {index} is not a list of numbers ({error}).") from error
    if len(frame) != width:
        raise FileError(f"{path}: frame {index} has {len(frame)} values, and there are {width} names.")
    return frame
