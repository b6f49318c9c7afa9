"""What every reader shares: one sentence for each way in which a file can be unreadable."""

from __future__ import annotations

import contextlib
import csv
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from mien.errors import FileError, near

SCHEMA = 1
"""Schema of every file that these readers and writers know."""

RateText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,40}(/[1-9][0-9]{0,39})?$")]
"""A positive fraction as text, `30` or `24000/1001`; short, because a long exponent would take forever."""

BROKEN = (
    *(msgspec.MsgspecError, zipfile.BadZipFile, zlib.error, csv.Error, tokenize.TokenError),
    *(EOFError, LookupError, ValueError, ArithmeticError, RuntimeError, SyntaxError, TypeError),
)
"""What the readers of text, JSON, zip and npy raise over hostile bytes."""


class Head(msgspec.Struct):
    """What each of our files says of itself."""

    schema: int
    """Raised when the meaning of a field changes; an older Mien refuses a newer schema."""

    kind: str
    """`mien.curves` or `mien.take`."""


@contextlib.contextmanager
def reading(path: Path, wanted: str) -> Iterator[None]:
    """Turns whatever goes wrong inside into one sentence about `path`, which should hold `wanted`.

    Raises:
        FileError: In place of every error of the system or of a decoder.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise FileError(f"{path}: there is no such file.{_neighbour(path)}") from error
    except IsADirectoryError as error:
        raise FileError(f"{path}: is a folder; name one file in it.") from error
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: is not UTF-8 text; save it as UTF-8 and read it again.") from error
    except BROKEN as error:
        why = " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
        raise FileError(f"{path}: is not {wanted}, or is damaged ({why}); make it again.") from error


def _neighbour(path: Path) -> str:
    try:
        return near(path.name, (sibling.name for sibling in path.parent.iterdir()))
    except OSError:
        return ""


def check_schema(path: Path, schema: int, known: int = SCHEMA) -> None:
    """Refuses a file from a newer Mien, or from none."""
    if schema > known:
        raise FileError(
            f"{path}: is from a newer Mien (schema {schema}, this one knows {known}); update Mien."
        )
    if schema != known:
        raise FileError(f"{path}: has schema {schema}, which no Mien ever wrote; it should be {known}.")


def check_head(path: Path, text: bytes, kind: str) -> None:
    """Refuses JSON that is not `kind` of a schema known here, before anything else in it is read."""
    head = msgspec.json.decode(text, type=Head)
    if head.kind != kind:
        raise FileError(f"{path}: holds {head.kind[:60]!r}, not '{kind}'.")
    check_schema(path, head.schema)
