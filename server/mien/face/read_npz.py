"""A face as numpy's `.npz`: `vertices`, `triangles` (or `tris`, `faces`, `quads`), and the shapes in one of
three layouts:

- `shapes` of shape (shapes, vertices, 3) and their `names`;
- pairs `<kind>_deltas` and `<kind>_names` of the same form, as the ICT face has them (`expression_deltas`);
- one array of shape (vertices, 3) for each shape, under its name.

All are displacements from `vertices`. `<kind>_names` with `<kind>_first_last` name parts: rows of first and
last vertex. Other arrays are left alone. The zip is read as if from an enemy: nothing is unpickled, and
nothing is allocated that the entries do not declare.
"""

from __future__ import annotations

import contextlib
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from mien.errors import MeshError, near
from mien.face.disk import LARGEST_FILE, from_disk
from mien.face.mesh import FaceMesh, check_size, checked_name

POLYGONS = ("triangles", "tris", "faces", "quads")
"""Arrays that may hold the polygons, best first; rows of three or four vertices."""

NO_SHAPES = {"vertices", "normals", "vertex_normals", "colors", "vertex_colors", "tangents", *POLYGONS}
"""Arrays that may look like a shape and are none."""

BROKEN = (
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError, EOFError, LookupError, ValueError),
    *(ArithmeticError, RuntimeError, SyntaxError, TypeError, MemoryError),
)
"""What zipfile and numpy raise over hostile bytes."""


def read_npz(path: Path) -> FaceMesh:
    """The face in `path`.

    Raises:
        MeshError: Damaged, pickled, an array that is missing or of another shape, or too large.
    """
    with from_disk(path), _opened(path) as archive:
        file = _Npz(archive, path)
        vertices = file.numbers("vertices", "f", (None, 3))
        check_size(path, len(vertices))
        triangles = _triangles(file)
        check_size(path, len(vertices), triangles=len(triangles))
        shapes = _paired(file, len(vertices)) or _alone(file, len(vertices))
        parts = _parts(file) or {path.stem: (0, len(vertices))}
    return FaceMesh(path.stem, vertices, triangles, shapes, parts)


def _triangles(file: _Npz) -> NDArray[Any]:
    """Shape (triangles, 3); a quad is cut from its first corner to its third; a fourth of -1 is none."""
    name = next((name for name in POLYGONS if name in file.entries), None)
    if name is None:
        raise MeshError(f"{file.path}: has none of the arrays {', '.join(POLYGONS)}; a mesh needs one.")
    rows = file.numbers(name, "iu", (None, None))
    if rows.shape[1] not in (3, 4):
        raise MeshError(
            f"{file.path}: array {name[:60]!r} has shape {rows.shape}; wanted 3 or 4 vertices a row."
        )
    if rows.shape[1] == 3:
        return rows
    halves = rows[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    return np.delete(halves, 2 * np.flatnonzero(rows[:, 3] == -1) + 1, axis=0)


def _paired(file: _Npz, count: int) -> dict[str, NDArray[Any]]:
    """Shapes that come stacked, with their names in a second array."""
    if "shapes" in file.entries and "names" not in file.entries:
        raise MeshError(f"{file.path}: has 'shapes' without 'names'; wanted one name per shape.")
    pairs = [("shapes", "names")] if "shapes" in file.entries else []
    pairs += [
        (name, f"{kind}_names")
        for name in file.entries
        if name.endswith("_deltas") and f"{(kind := name.removesuffix('_deltas'))}_names" in file.entries
    ]
    shapes: dict[str, NDArray[Any]] = {}
    for stack, listing in pairs:
        names = file.texts(listing)
        check_size(file.path, count, len(shapes) + len(names))
        again = next((name for k, name in enumerate(names) if name in shapes or name in names[:k]), None)
        if again is not None:
            raise MeshError(f"{file.path}: shape '{again}' is named twice; name each once.")
        values = file.numbers(stack, "f", (len(names), count, 3))
        shapes |= zip(names, values, strict=True)
    return shapes


def _alone(file: _Npz, count: int) -> dict[str, NDArray[Any]]:
    """Shapes that are arrays of their own."""
    kinds = {name: file.kind(name) for name in file.entries if name not in NO_SHAPES}
    names = [
        name for name, (shape, kind) in kinds.items() if len(shape) == 2 and shape[1] == 3 and kind == "f"
    ]
    check_size(file.path, count, len(names))
    return {name: file.numbers(name, "f", (count, 3)) for name in names}


def _parts(file: _Npz) -> dict[str, tuple[int, int]]:
    parts: dict[str, tuple[int, int]] = {}
    for name in file.entries:
        kind = name.removesuffix("_first_last")
        if kind == name or f"{kind}_names" not in file.entries:
            continue
        names = file.texts(f"{kind}_names")
        rows = file.numbers(name, "iu", (len(names), 2)).tolist()
        parts |= {part: (first, last + 1) for part, (first, last) in zip(names, rows, strict=True)}
    return parts


class _Npz:
    """The arrays of one file, each read when it is asked for."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        infos = archive.infolist()
        size = sum(info.file_size for info in infos)
        if size > LARGEST_FILE:
            raise MeshError(f"{path}: would unpack to {size} bytes, and at most {LARGEST_FILE} are read.")
        self.path, self._archive = path, archive
        self.entries = {info.filename.removesuffix(".npy"): info for info in infos}
        if len(self.entries) < len(infos):
            raise MeshError(f"{path}: has two arrays of one name; save each once.")

    def kind(self, name: str) -> tuple[tuple[int, ...], str]:
        """The shape of array `name`, and its kind as in numpy's `dtype.kind`."""
        with self._member(name) as member:
            shape, _, dtype = self._header(member, name)
        return shape, dtype.kind

    def numbers(self, name: str, kinds: str, wanted: tuple[int | None, ...]) -> NDArray[Any]:
        """Array `name`, of one of `kinds`, with as many rows and columns as `wanted` says; None is any."""
        array = self._array(name)
        fits = len(array.shape) == len(wanted) and all(
            want in (None, came) for came, want in zip(array.shape, wanted, strict=True)
        )
        if array.dtype.kind not in kinds or not fits:
            form = ", ".join("any" if want is None else str(want) for want in wanted)
            numbers = "floats" if "f" in kinds else "whole numbers"
            raise MeshError(
                f"{self.path}: array {name[:60]!r} is {array.dtype} {array.shape}; wanted {numbers} ({form})."
            )
        return array

    def texts(self, name: str) -> tuple[str, ...]:
        """Array `name`, a list of texts."""
        array = self._array(name)
        if array.dtype.kind != "U" or array.ndim != 1:
            raise MeshError(
                f"{self.path}: array {name[:60]!r} is {array.dtype} {array.shape}; wanted a list of texts."
            )
        return tuple(checked_name(text, self.path) for text in array.tolist())

    def _array(self, name: str) -> NDArray[Any]:
        if name not in self.entries:
            raise MeshError(
                f"{self.path}: has no array {name[:60]!r}.{near(name, filter(str.isprintable, self.entries))}"
            )
        with self._member(name) as member:
            shape, fortran, dtype = self._header(member, name)
            length = math.prod(shape) * dtype.itemsize
            if min(shape, default=0) < 0 or length != self.entries[name].file_size - member.tell():
                raise ValueError(f"its shape {shape} does not fit its size")
            return np.frombuffer(member.read(length), dtype).reshape(shape, order="F" if fortran else "C")

    @contextlib.contextmanager
    def _member(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with self._archive.open(self.entries[name]) as member:
                yield member
        except BROKEN as problem:
            raise MeshError(
                f"{self.path}: array {name[:60]!r} is damaged ({brief(problem)}); save it again."
            ) from None

    def _header(self, member: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
        first = npy.read_magic(member) == (1, 0)
        read = npy.read_array_header_1_0 if first else npy.read_array_header_2_0
        shape, fortran, dtype = read(member)
        if dtype.kind not in "fiubU":
            raise MeshError(
                f"{self.path}: array {name[:60]!r} holds {dtype}, and only numbers and text are read; "
                "save plain arrays, texts with dtype=str."
            )
        return shape, fortran, dtype


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as problem:
        raise MeshError(f"{path}: is no .npz, or is cut off ({brief(problem)}); save it again.") from None
    with archive:
        yield archive


def brief(problem: Exception) -> str:
    """What `problem` says, on one short line."""
    return " ".join(str(problem).split())[:120].rstrip(".") or type(problem).__name__
