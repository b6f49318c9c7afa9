"""A face: one mesh, and its shapes as displacements of that mesh."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.errors import MeshError
from mien.values import frozen

MOST_VERTICES = 5_000_000
"""Vertices that one mesh may have. Film faces have 100,000; a damaged count wants billions."""

MOST_TRIANGLES = 2 * MOST_VERTICES
"""A closed mesh has about two triangles a vertex."""

MOST_BYTES = 2 << 30
"""Bytes that all shapes of a mesh may take as float32: 100,000 vertices have room for 1,700 shapes."""

FARTHEST = 1e9
"""No coordinate is larger, in whatever unit: squares of it still fit float32."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceMesh:
    """The neutral face and what each shape adds to it, units and axes as in the file it came from."""

    name: str
    """The file's or folder's, without suffix."""

    vertices: NDArray[np.float32]
    """Shape (vertices, 3), read-only: the neutral face."""

    triangles: NDArray[np.int32]
    """Shape (triangles, 3), read-only: rows of `vertices`, counterclockwise from outside."""

    shapes: Mapping[str, NDArray[np.float32]]
    """Each of shape (vertices, 3), read-only: the displacement at weight 1. In the file's order."""

    parts: Mapping[str, tuple[int, int]]
    """First row of `vertices` and the row after the last, of each piece that the file names."""

    bones: tuple[str, ...] = ()
    """Names of the nodes that show no mesh: joints, empties. In the file's order."""

    expressions: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """A VRM's expressions: name to shapes with weights, mostly 0..1."""

    def __post_init__(self) -> None:
        vertices = _vectors(self.vertices, f"{self.name}: the neutral face", None)
        shapes = {
            name: _vectors(values, f"{self.name}: shape '{checked_name(name, self.name)}'", len(vertices))
            for name, values in self.shapes.items()
        }
        expressions = {name: MappingProxyType(dict(binds)) for name, binds in self.expressions.items()}
        _set(self, vertices=vertices, triangles=_triangles(self.triangles, len(vertices), self.name))
        _set(self, shapes=MappingProxyType(shapes), parts=MappingProxyType(dict(self.parts)))
        _set(self, bones=tuple(self.bones), expressions=MappingProxyType(expressions))
        for name, (first, end) in self.parts.items():
            if not 0 <= first < end <= len(vertices):
                raise MeshError(
                    f"{self.name}: part {name[:60]!r} is vertices {first} to {end - 1}, and there are "
                    f"{len(vertices)}; the first is 0 and no part is empty."
                )


def check_size(where: str | Path, vertices: int, shapes: int = 0, triangles: int = 0) -> None:
    """Refuses a mesh larger than any face, before memory is taken for it."""
    if vertices > MOST_VERTICES or triangles > MOST_TRIANGLES:
        raise MeshError(
            f"{where}: has {vertices} vertices and {triangles} triangles, and a face has at most "
            f"{MOST_VERTICES} and {MOST_TRIANGLES}; export the head alone."
        )
    if vertices * shapes * 12 > MOST_BYTES:
        raise MeshError(
            f"{where}: {shapes} shapes of {vertices} vertices would take {vertices * shapes * 12} bytes, and "
            f"{MOST_BYTES} are allowed; export the head alone."
        )


def checked_name(name: str, where: str | Path) -> str:
    """`name` of a shape, refused unless it can be shown and typed."""
    if not name.strip() or not name.isprintable():
        raise MeshError(f"{where}: a shape is named {name[:60]!a}; wanted printable text, not empty.")
    return name


def unique(name: str, taken: Collection[str]) -> str:
    """`name`, or where that is `taken`, the first free of `name 7`, `name 8`, ... if six names are taken."""
    count, free = len(taken), name
    while free in taken:
        count += 1
        free = f"{name} {count}"
    return free


def _set(mesh: FaceMesh, **fields: object) -> None:
    for name, value in fields.items():
        object.__setattr__(mesh, name, value)


def _vectors(values: ArrayLike, what: str, count: int | None) -> NDArray[np.float32]:
    """`values` as read-only float32 of shape (count, 3), every one a number."""
    with np.errstate(over="ignore"):  # becomes infinite, and is refused as such
        array = frozen(np.asarray(values))
    if array.ndim != 2 or array.shape[1] != 3 or not len(array):
        raise MeshError(f"{what} has shape {array.shape}; wanted (vertices, 3), at least one.")
    if count is not None and len(array) != count:
        raise MeshError(
            f"{what} has {len(array)} vertices and the neutral face {count}; "
            "export both from one mesh, without modifiers that add or merge vertices."
        )
    near = np.abs(array) <= FARTHEST
    if not near.all():
        row = int(np.argmin(near.all(axis=1)))
        raise MeshError(f"{what} is {array[row].tolist()} at vertex {row}; wanted finite numbers up to 1e9.")
    return array


def _triangles(values: ArrayLike, count: int, name: str) -> NDArray[np.int32]:
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "iu" or not len(array):
        raise MeshError(
            f"{name}: triangles are {array.dtype} {array.shape}; wanted whole numbers (triangles, 3)."
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= count:
        wrong = low if low < 0 else high
        raise MeshError(f"{name}: a triangle names vertex {wrong}, and there are 0 to {count - 1}.")
    return frozen(array, np.int32)
