"""Curves as numpy's `.npz`: arrays names, values, rate (numerator, denominator), start and schema."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import FileError
from mien.files.arrays import read_arrays, write_arrays
from mien.files.atomic import written_beside
from mien.files.reading import SCHEMA, check_schema
from mien.values import Curves

SHAPES = {
    "schema": ("iu", 0),
    "names": ("U", 1),
    "values": ("fiu", 2),
    "rate": ("iu", 1),
    "start": ("fiu", 0),
}
"""Each array's kinds (as in numpy's `dtype.kind`) and number of axes."""


def write_npz(curves: Curves, path: Path) -> None:
    """Writes `curves` for `numpy.load`, compressed."""
    arrays: dict[str, NDArray[Any]] = {
        "schema": np.array(SCHEMA),
        "names": np.array(curves.names, np.str_),
        "rate": np.array(curves.rate.as_integer_ratio(), np.int64),
        "start": np.array(curves.start, np.float64),
        "values": curves.values,
    }
    with written_beside(path) as beside, beside.open("wb") as file:
        write_arrays(file, arrays)


def read_npz(path: Path) -> Curves:
    """Reads `path`.

    Raises:
        FileError: From a newer Mien, or an array that is missing or of another shape.
    """
    with path.open("rb") as file:
        arrays = read_arrays(file, path)
    check_schema(path, int(_wanted(path, arrays, "schema")))
    names, values, rate, start = (
        _wanted(path, arrays, name) for name in ("names", "values", "rate", "start")
    )
    if len(rate) != 2 or min(rate) <= 0:
        raise FileError(
            f"{path}: array 'rate' is {rate.tolist()}, not a numerator and a denominator above 0."
        )
    with np.errstate(over="ignore"):  # becomes infinite, and is refused as such
        values = values.astype(np.float32)
    return Curves(tuple(names.tolist()), values, Fraction(*rate.tolist()), float(start))


def _wanted(path: Path, arrays: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """The array `name`, of the kind and axes that it should have."""
    if name not in arrays:
        raise FileError(f"{path}: has no array '{name}', which curves need.")
    array, (kinds, axes) = arrays[name], SHAPES[name]
    if array.dtype.kind not in kinds or array.ndim != axes:
        raise FileError(f"{path}: array '{name}' is {array.dtype} with {array.ndim} axes, and wants {axes}.")
    return array
