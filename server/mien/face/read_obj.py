"""A face as a folder of Wavefront .obj files: the neutral one, and one for each shape, named after it.

Read here and not by trimesh, because only the `v` lines tell which vertex is which: a reader that makes a
vertex of each mix of position, texture and normal, as trimesh does, gives every shape its own count.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face.disk import bytes_of, from_disk
from mien.face.mesh import FaceMesh, check_size, checked_name, unique

NEUTRAL = ("neutral", "base", "basis", "default", "rest")
"""Names of the face at rest, best first, in any case: alone, or as the last word; `neutral` as any word."""

LARGEST_TEXT = 1 << 30
"""Bytes of one .obj; a million vertices take 0.1 of it."""

LINES_BETWEEN_CHECKS = 100_000
"""How often a file is asked whether it is still a face."""

LARGEST_INDEX = 1 << 40
"""No index needs more digits; sums of such still fit 64 bits."""


@dataclass(slots=True)
class _Obj:
    vertices: list[tuple[float, float, float]] = field(default_factory=list)
    triangles: list[tuple[int, int, int]] = field(default_factory=list)
    objects: dict[str, int] = field(default_factory=dict)
    """The first vertex of each `o`."""


def read_obj_folder(folder: Path) -> FaceMesh:
    """The face in `folder`; a shape is what its file's vertices have over the neutral file's.

    Raises:
        MeshError: No .obj, no neutral one or two, another number of vertices, a line that makes no sense.
    """
    paths = _obj_files(folder)
    neutral = paths.pop(_neutral(folder, list(paths)))
    base = _read(neutral, whole=True)
    check_size(folder, len(base.vertices), len(paths), len(base.triangles))
    if not base.triangles:
        raise MeshError(f"{neutral}: has no faces; export it with its polygons.")
    vertices = np.array(base.vertices)
    shapes = {name: _displacement(path, vertices, neutral) for name, path in paths.items()}
    name = folder.resolve().name or "face"
    return FaceMesh(name, vertices, np.array(base.triangles), shapes, _parts(base, name))


def _obj_files(folder: Path) -> dict[str, Path]:
    """The .obj files by stem, sorted; files whose names start with a dot are not the user's."""
    with from_disk(folder):
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".obj")
    paths: dict[str, Path] = {}
    for path in found:
        if path.name.startswith("."):
            continue
        if path.stem in paths:
            raise MeshError(f"{folder}: both {paths[path.stem].name} and {path.name} are there; keep one.")
        paths[checked_name(path.stem, folder)] = path
    if not paths:
        raise MeshError(f"{folder}: has no .obj file; wanted neutral.obj and one .obj per shape.")
    return paths


def _neutral(folder: Path, stems: Sequence[str]) -> str:
    """The stem of the face without any shape."""
    words = {stem: re.split(r"[\W_]+", stem.lower()) for stem in stems}
    ranks = [[stem for stem in stems if stem.lower() == name] for name in NEUTRAL]
    ranks += [[stem for stem in stems if words[stem][-1] == name] for name in NEUTRAL]
    ranks += [[stem for stem in stems if "neutral" in words[stem]]]
    best = next((rank for rank in ranks if rank), [])
    if len(best) == 1:
        return best[0]
    came = (
        f"{' and '.join(best[:3])} could each be the face at rest" if best else "no .obj is the face at rest"
    )
    raise MeshError(f"{folder}: {came}; name it neutral.obj, and the others after their shapes.")


def _displacement(path: Path, neutral: NDArray[np.float64], neutral_path: Path) -> NDArray[np.float32]:
    vertices = np.array(_read(path, whole=False).vertices)
    if vertices.shape != neutral.shape:
        raise MeshError(
            f"{path}: has {len(vertices)} vertices and {neutral_path.name} {len(neutral)}; "
            "export both from one mesh, without modifiers that add or merge vertices."
        )
    with np.errstate(all="ignore"):  # what is not finite is refused by the mesh, with the shape's name
        difference: NDArray[np.float32] = (vertices - neutral).astype(np.float32)
    return difference


def _parts(base: _Obj, name: str) -> dict[str, tuple[int, int]]:
    starts = dict(base.objects)
    if 0 not in starts.values():
        starts = {unique(name, starts): 0} | starts
    ends = [*list(starts.values())[1:], len(base.vertices)]
    return {
        part: (first, end) for (part, first), end in zip(starts.items(), ends, strict=True) if first < end
    }


def _read(path: Path, *, whole: bool) -> _Obj:
    """The vertices in `path`; with `whole`, its polygons and objects too."""
    text = bytes_of(path, LARGEST_TEXT).replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")
    obj, take = _Obj(), _take if whole else _take_vertex
    line = b""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            take(line.split(), obj)
        except ValueError:
            came = line[:60].decode(errors="replace")
            raise MeshError(
                f"{path}: line {number} is {came!r}; wanted 'v x y z' of numbers or 'f a b c' of vertices."
            ) from None
        if number % LINES_BETWEEN_CHECKS == 0:
            check_size(path, len(obj.vertices), triangles=len(obj.triangles))
    if not obj.vertices:
        raise MeshError(f"{path}: has no vertices, no line 'v x y z'; export the mesh again.")
    return obj


def _take_vertex(fields: list[bytes], obj: _Obj) -> None:
    if fields and fields[0] == b"v":
        x, y, z = fields[1:4]
        obj.vertices.append((float(x), float(y), float(z)))


def _take(fields: list[bytes], obj: _Obj) -> None:
    """One line: `v` is a vertex, `f` a polygon, `o` begins an object; all else is of no use here."""
    _take_vertex(fields, obj)
    if fields and fields[0] == b"f":
        first, *others = (_corner(corner, len(obj.vertices)) for corner in fields[1:])
        if len(others) < 2:
            raise ValueError(fields)
        obj.triangles += [(first, second, third) for second, third in itertools.pairwise(others)]
    elif fields and fields[0] == b"o":
        name = b" ".join(fields[1:]).decode(errors="replace") or "object"
        obj.objects[unique(name, obj.objects)] = len(obj.vertices)


def _corner(text: bytes, count: int) -> int:
    """The vertex of `7/2/5`, `7//5` or `-1`: counted from 1, or back from the newest of `count`."""
    index = int(text.split(b"/", 1)[0])
    if not 0 < abs(index) < LARGEST_INDEX:
        raise ValueError(index)
    if index < -count:
        raise ValueError(index)
    return index - 1 if index > 0 else count + index
