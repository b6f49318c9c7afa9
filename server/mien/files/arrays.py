"""Arrays in zip files, as numpy's `.npz` has them, read as if by an enemy.

Same arrays, same bytes: entries carry no date. Nothing is unpickled, and nothing is allocated that the zip
does not declare or that is larger than any take.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from mien.errors import FileError

LARGEST = 4 << 30
"""Bytes that a file may unpack to. A three-hour take with eight layers has 1.4 GB; a zip bomb wants more."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of compression that are read."""


def entry(name: str, *, packed: bool) -> zipfile.ZipInfo:
    """A zip entry without a date, the same from every system."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def checked_entries(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The entries of `archive` by name, after a look at what they claim to unpack to."""
    entries = archive.infolist()
    size = sum(info.file_size for info in entries)
    if size > LARGEST:
        raise FileError(f"{path}: would unpack to {size} bytes, and no file of ours has over {LARGEST}.")
    if any(info.compress_type not in METHODS for info in entries):
        raise FileError(f"{path}: is packed in a way that Mien does not read; zip it with deflate.")
    return {info.filename: info for info in entries}


def write_arrays(stream: IO[bytes], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes `arrays` to `stream` as an `.npz`, in their order."""
    with zipfile.ZipFile(stream, "w") as archive:
        for name, array in arrays.items():
            with archive.open(entry(f"{name}.npy", packed=True), "w", force_zip64=True) as member:
                npy.write_array(member, array, version=(1, 0), allow_pickle=False)


def read_arrays(stream: IO[bytes], path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of the `.npz` in `stream`, by name; `path` is what errors name.

    Raises:
        FileError: Too large, pickled, or not what its header says. Other damage raises what `zipfile` raises.
    """
    arrays = {}
    with zipfile.ZipFile(stream) as archive:
        for name, info in checked_entries(archive, path).items():
            with archive.open(info) as member:
                arrays[name.removesuffix(".npy")] = _array(member, info.file_size, f"{path}: array '{name}'")
    return arrays


def _array(member: IO[bytes], size: int, what: str) -> NDArray[Any]:
    """One array of plain numbers or text; its header must agree with `size`, the bytes of the entry."""
    if npy.read_magic(member) == (1, 0):
        shape, fortran, dtype = npy.read_array_header_1_0(member)
    else:
        shape, fortran, dtype = npy.read_array_header_2_0(member)
    if dtype.kind not in "fiuU":
        raise FileError(f"{what} holds {dtype}, and only numbers and text are read.")
    length = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or length != size - member.tell():
        raise FileError(f"{what} is damaged: its shape {shape} does not fit its size.")
    return np.frombuffer(member.read(length), dtype).reshape(shape, order="F" if fortran else "C")
