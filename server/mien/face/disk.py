"""Bytes from the disk, and one sentence for each way in which they cannot be had."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mien.errors import MeshError, near

LARGEST_FILE = 4 << 30
"""Bytes of one file. A character with its textures has up to a tenth."""


def bytes_of(path: Path, most: int = LARGEST_FILE) -> bytes:
    """All of the file `path`, which has `most` bytes at most.

    Raises:
        MeshError: No such file, no file at all, unreadable, or larger than any face.
    """
    with from_disk(path):
        if not path.is_file():
            raise MeshError(f"{path}: there is no such file.{neighbour(path)}")
        size = path.stat().st_size
        if size > most:
            raise MeshError(f"{path}: has {size} bytes, and at most {most} are read; export the head alone.")
        return path.read_bytes()


@contextlib.contextmanager
def from_disk(path: Path) -> Iterator[None]:
    """Turns what the system says against `path` into one sentence."""
    try:
        yield
    except OSError as problem:
        raise MeshError(f"{path}: cannot be read ({problem.strerror or problem}).") from None
    except MemoryError:
        raise MeshError(f"{path}: does not fit into memory; export the head alone.") from None


def neighbour(path: Path) -> str:
    """` Did you mean 'x'?` for the file beside `path` that is named most like it."""
    try:
        return near(path.name, filter(str.isprintable, (sibling.name for sibling in path.parent.iterdir())))
    except OSError:
        return ""
