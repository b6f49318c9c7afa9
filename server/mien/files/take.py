"""The take: a `.mien` file, which is a zip of `take.json` (all but the motion) and `motion.npz`.

`motion.npz` holds `channels`, the names of the columns, then `speech` and each `layer/<name>` as float32 of
shape (rows, channels). Channels are found by name, so a take from a Mien with fewer of them still reads.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from mien.clock import (
    FASTEST_RATE,
    MOTION_RATE,
    SLOWEST_RATE,
    seconds_to_rows_ceil,
    tail_seconds,
)
from mien.errors import FileError, OptionError
from mien.files.arrays import checked_entries, entry, read_arrays, write_arrays
from mien.files.atomic import written_beside
from mien.files.reading import SCHEMA, RateText, check_head, check_schema, reading
from mien.values import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS, MOTION_SCHEMA, Motion, Phone, TakeRecord

KIND = "mien.take"
"""What `take.json` says it is."""

HEADER, MOTION = "take.json", "motion.npz"
"""The two entries of the zip."""

LARGEST_HEADER = 64 << 20
"""Bytes of `take.json`; three hours of phones take 6 MB."""

LAYER_NAME = re.compile(r"\w[\w .+-]*")
"""Layer names are parts of names in a zip, which somebody will unpack: no slashes."""


class _Layer(msgspec.Struct):
    name: str
    """Its array is `layer/<name>`."""

    start: float
    """Seconds from the start of the audio to the first row."""


class _Header(msgspec.Struct):
    """`take.json`, field by field as in `TakeRecord`."""

    motion_schema: int
    speech_start: float
    layers: list[_Layer]
    """In the order in which they are summed."""

    duration: RateText
    tail: float
    rate: RateText
    model: str
    audio_sha256: str
    timecode: str
    settings: dict[str, Any]
    seeds: dict[str, int]
    emotion: tuple[dict[str, Any], ...]
    alignment: tuple[tuple[float, float, str], ...]
    """Start, end and label of each phone."""


def write_take(record: TakeRecord, path: Path) -> None:
    """Writes `record` to `path`, whole or not at all; the same record makes the same bytes.

    Raises:
        FileError: A path that cannot be written, motion that is not finite, settings that JSON cannot hold,
            or times that `read_take` would refuse.
    """
    _check_times(record, path)
    header = _encoded(record, path)
    arrays = _arrays(record, path)
    with written_beside(path) as beside, zipfile.ZipFile(beside, "w") as archive:
        archive.writestr(entry(HEADER, packed=True), header)
        with archive.open(entry(MOTION, packed=False), "w", force_zip64=True) as stream:
            write_arrays(stream, arrays)


def read_take(path: Path) -> TakeRecord:
    """The take in `path`.

    Raises:
        FileError: Missing, damaged, not a take, from a newer Mien, with channels unknown here, or with a
            rate, a tail or a number of rows that no bake gives.
    """
    with reading(path, "a take"):
        header, arrays = _unpacked(path)
        columns = _columns(path, arrays)
        speech = _motion(path, arrays, "speech", columns, header.speech_start)
        layers = {
            layer.name: _motion(path, arrays, f"layer/{layer.name}", columns, layer.start)
            for layer in header.layers
        }
        record = _record(header, speech, layers)
    _check_times(record, path)
    return record


def _encoded(record: TakeRecord, path: Path) -> bytes:
    """`take.json`. Keys are sorted; the order of the layers, in which they are summed, is kept as a list."""
    fields = {
        "schema": SCHEMA,
        "kind": KIND,
        "motion_schema": MOTION_SCHEMA,
        "speech_start": record.speech.start,
        "layers": [{"name": name, "start": layer.start} for name, layer in record.layers.items()],
        "duration": str(record.duration),
        "rate": str(record.rate),
        "alignment": [(phone.start, phone.end, phone.label) for phone in record.alignment],
        "settings": dict(record.settings),
        "seeds": dict(record.seeds),
        "emotion": [dict(key) for key in record.emotion],
        **{name: getattr(record, name) for name in ("tail", "model", "audio_sha256", "timecode")},
    }
    try:
        return json.dumps(fields, sort_keys=True, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise FileError(f"{path}: the take holds something that JSON does not know ({error}).") from error


def _arrays(record: TakeRecord, path: Path) -> dict[str, NDArray[Any]]:
    """What `motion.npz` holds."""
    for name in record.layers:
        if not LAYER_NAME.fullmatch(name):
            raise FileError(
                f"{path}: layer name {name!r} does not fit a file; use letters, digits, space and _.+-"
            )
    motions = {"speech": record.speech, **{f"layer/{name}": layer for name, layer in record.layers.items()}}
    for name, motion in motions.items():
        _check_finite(path, name, motion.values)
    return {"channels": np.array(CHANNEL_NAMES), **{name: motion.values for name, motion in motions.items()}}


def _unpacked(path: Path) -> tuple[_Header, dict[str, NDArray[Any]]]:
    """Both entries of the zip; what they claim is looked at before they are read."""
    with zipfile.ZipFile(path) as archive:
        entries = checked_entries(archive, path)
        for name in (HEADER, MOTION):
            if name not in entries:
                raise FileError(f"{path}: is a zip but no take; it has no '{name}'.")
        if entries[HEADER].file_size > LARGEST_HEADER:
            raise FileError(
                f"{path}: its '{HEADER}' has over {LARGEST_HEADER} bytes, more than any take needs."
            )
        header = _header(path, archive.read(HEADER))
        return header, read_arrays(io.BytesIO(archive.read(MOTION)), path)


def _header(path: Path, text: bytes) -> _Header:
    check_head(path, text, KIND)
    header = msgspec.json.decode(text, type=_Header)
    check_schema(path, header.motion_schema, MOTION_SCHEMA)
    return header


def _columns(path: Path, arrays: dict[str, NDArray[Any]]) -> list[int]:
    """The column here of each column there; refuses channels from a newer Mien."""
    channels = arrays.get("channels", np.empty(0))
    if channels.dtype.kind != "U" or channels.ndim != 1:
        raise FileError(f"{path}: its '{MOTION}' does not name its 'channels'; make the take again.")
    names = channels.tolist()
    for name in names:
        if name not in CHANNEL_INDEX:
            raise FileError(f"{path}: has a channel {name[:60]!r} that this Mien does not know; update Mien.")
    if len(set(names)) < len(names):
        raise FileError(f"{path}: names a channel twice; make the take again.")
    return [CHANNEL_INDEX[name] for name in names]


def _motion(
    path: Path, arrays: dict[str, NDArray[Any]], name: str, columns: list[int], start: float
) -> Motion:
    """The array `name` with its columns where they belong now; channels that it lacks are 0."""
    if name not in arrays:
        raise FileError(f"{path}: its '{MOTION}' has no array '{name}'; make the take again.")
    array = arrays[name]
    if array.dtype.kind != "f" or array.ndim != 2 or array.shape[1] != len(columns):
        raise FileError(
            f"{path}: array '{name}' is {array.dtype} {array.shape}, not (rows, {len(columns)}) floats."
        )
    _check_finite(path, name, array)
    if columns == list(range(len(CHANNELS))):
        return Motion(array, start)
    values = np.zeros((len(array), len(CHANNELS)), np.float32)
    values[:, columns] = array
    return Motion(values, start)


def _check_finite(path: Path, name: str, values: NDArray[Any]) -> None:
    finite = np.isfinite(values.astype(np.float32, copy=False))
    if not finite.all():
        row = int(np.argwhere(~finite)[0][0])
        raise FileError(f"{path}: motion '{name}' is not finite in row {row}; make the take again.")


def _record(header: _Header, speech: Motion, layers: dict[str, Motion]) -> TakeRecord:
    return TakeRecord(
        speech=speech,
        layers=layers,
        duration=Fraction(header.duration),
        tail=header.tail,
        rate=Fraction(header.rate),
        model=header.model,
        audio_sha256=header.audio_sha256,
        timecode=header.timecode,
        settings=header.settings,
        seeds=header.seeds,
        emotion=header.emotion,
        alignment=tuple(Phone(*phone) for phone in header.alignment),
    )


def _check_times(record: TakeRecord, path: Path) -> None:
    """Refuses times that would make no frames, or more than anybody has room for."""
    if not SLOWEST_RATE <= record.rate <= FASTEST_RATE:
        raise FileError(
            f"{path}: {float(record.rate):g} frames a second is outside {SLOWEST_RATE}..{FASTEST_RATE}; "
            "make the take again."
        )
    try:
        tail = tail_seconds(record.tail)
    except OptionError as error:
        raise FileError(f"{path}: {error}") from None
    seconds = record.duration + Fraction(str(tail))
    rows, wanted = len(record.speech.values), seconds_to_rows_ceil(seconds) + 1
    if record.duration < 0 or rows != wanted:
        raise FileError(
            f"{path}: has {rows} rows of motion, and {float(record.duration):g} s of sound with a tail of "
            f"{tail:g} s make {wanted}; make the take again."
        )
    for name, motion in {"speech": record.speech, **record.layers}.items():
        row = motion.start * MOTION_RATE
        if not (0 <= row <= wanted and abs(row - round(row)) < 1e-6):
            raise FileError(
                f"{path}: motion '{name}' starts at {motion.start:g} s, which is no row of it; "
                "make the take again."
            )
