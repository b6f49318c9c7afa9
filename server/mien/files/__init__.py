"""Curves and takes as files, both ways."""

from mien.files.atomic import written_beside
from mien.files.formats import (
    FORMAT_NAMES,
    FORMATS,
    TAKE_SUFFIX,
    Format,
    format_of,
    read_curves,
    write_curves,
)
from mien.files.take import read_take, write_take

__all__ = [
    "FORMATS",
    "FORMAT_NAMES",
    "TAKE_SUFFIX",
    "Format",
    "format_of",
    "read_curves",
    "read_take",
    "write_curves",
    "write_take",
    "written_beside",
]
