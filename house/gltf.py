"""The head as a GLB: metres, one mesh a part, shapes as sparse morph targets, colours of vertices."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pygltflib as gl
from numpy.typing import NDArray

from house.head import Head
from house.materials import MATERIALS
from house.part import Part, Points

METRE: Final = 1000.0
UNMOVED: Final = 0.02
"""Mm below which a vertex is not written into a shape."""

FLOAT, USHORT, UBYTE = gl.FLOAT, gl.UNSIGNED_SHORT, gl.UNSIGNED_BYTE


def write_glb(head: Head, path: Path) -> None:
    """Write `head`; the same head gives the same bytes."""
    book = _Book()
    for material, made in MATERIALS.items():
        book.file.materials.append(_material(material, made))
    for part in head.parts:
        same = head.skin if part is head.skin[0] else (part,)
        book.mesh(part, same)
    book.file.scenes = [gl.Scene(nodes=list(range(len(book.file.nodes))))]
    book.file.scene = 0
    book.file.asset = gl.Asset(version="2.0", generator="mien house", copyright="CC0 1.0, the makers of Mien")
    book.file.buffers = [gl.Buffer(byteLength=len(book.blob))]
    book.file.set_binary_blob(bytes(book.blob))
    path.write_bytes(b"".join(book.file.save_to_bytes()))


def _material(name: str, made: Any) -> gl.Material:
    surface = gl.PbrMetallicRoughness(
        baseColorFactor=[*made.color, 1.0], metallicFactor=0.0, roughnessFactor=made.roughness
    )
    return gl.Material(name=name, pbrMetallicRoughness=surface, doubleSided=made.double)


class _Book:
    """The file while it grows."""

    def __init__(self) -> None:
        self.file, self.blob = gl.GLTF2(), bytearray()

    def mesh(self, part: Part, pieces: tuple[Part, ...]) -> None:
        """One node with one mesh: the vertices of `part`, the triangles of each piece."""
        every = np.concatenate([piece.triangles for piece in pieces])
        attributes = gl.Attributes(
            POSITION=self.floats(part.vertices / METRE, bounds=True),
            NORMAL=self.floats(normals(part.vertices, every)),
            COLOR_0=self.colors(part),
        )
        names = [name for name, way in part.shapes.items() if _rows(way).size]
        targets = [{"POSITION": self.sparse(part.shapes[name])} for name in names]
        primitives = [
            gl.Primitive(
                attributes=attributes,
                indices=self.indices(piece.triangles),
                material=list(MATERIALS).index(piece.material),
                targets=targets,
            )
            for piece in pieces
        ]
        self.file.meshes.append(
            gl.Mesh(
                name=part.name,
                primitives=primitives,
                weights=[0.0] * len(names),
                extras={"targetNames": names},
            )
        )
        self.file.nodes.append(gl.Node(name=part.name, mesh=len(self.file.meshes) - 1))

    def view(self, data: NDArray[Any], target: int | None = None) -> int:
        """A buffer view of `data`, aligned to 4 bytes."""
        self.blob += b"\0" * (-len(self.blob) % 4)
        raw = data.tobytes()
        self.file.bufferViews.append(
            gl.BufferView(buffer=0, byteOffset=len(self.blob), byteLength=len(raw), target=target)
        )
        self.blob += raw
        return len(self.file.bufferViews) - 1

    def accessor(self, **fields: Any) -> int:
        self.file.accessors.append(gl.Accessor(**fields))
        return len(self.file.accessors) - 1

    def floats(self, values: Points, bounds: bool = False) -> int:
        data = np.ascontiguousarray(values, np.float32)
        limits = {"min": data.min(axis=0).tolist(), "max": data.max(axis=0).tolist()} if bounds else {}
        return self.accessor(
            bufferView=self.view(data, gl.ARRAY_BUFFER),
            componentType=FLOAT,
            count=len(data),
            type="VEC3",
            **limits,
        )

    def colors(self, part: Part) -> int:
        tint = np.ones_like(part.vertices) if part.tint is None else part.tint
        data = np.full((len(tint), 4), 255, np.uint8)
        data[:, :3] = np.round(np.clip(tint, 0, 1) * 255)
        view = self.view(data, gl.ARRAY_BUFFER)
        return self.accessor(
            bufferView=view, componentType=UBYTE, normalized=True, count=len(data), type="VEC4"
        )

    def indices(self, triangles: NDArray[np.int64]) -> int:
        data = np.ascontiguousarray(triangles.ravel(), np.uint16)
        return self.accessor(
            bufferView=self.view(data, gl.ELEMENT_ARRAY_BUFFER),
            componentType=USHORT,
            count=data.size,
            type="SCALAR",
        )

    def sparse(self, way: Points) -> int:
        """Displacements of the vertices that move, all others 0; an offset is forbidden where no view is."""
        rows = _rows(way)
        moved = np.ascontiguousarray(way[rows] / METRE, np.float32)
        zero = np.zeros(3, np.float32)
        sparse = gl.Sparse(
            count=len(rows),
            indices=gl.AccessorSparseIndices(
                bufferView=self.view(rows.astype(np.uint16)), componentType=USHORT
            ),
            values=gl.AccessorSparseValues(bufferView=self.view(moved)),
        )
        whole = len(rows) == len(way)
        return self.accessor(
            byteOffset=None, componentType=FLOAT, count=len(way), type="VEC3", sparse=sparse,
            min=np.minimum(moved.min(axis=0), moved.min(axis=0) if whole else zero).tolist(),
            max=np.maximum(moved.max(axis=0), moved.max(axis=0) if whole else zero).tolist(),
        )  # fmt: skip


def _rows(way: Points) -> NDArray[np.int64]:
    return np.flatnonzero(np.linalg.norm(way, axis=1) > UNMOVED)


def normals(vertices: Points, triangles: NDArray[np.int64]) -> Points:
    """Unit normals of the vertices, faces by their area."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    total = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(face[:, k], 3), len(vertices)) for k in range(3)], axis=1
    )
    long = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(long > 0, total / np.maximum(long, 1e-12), [0.0, 0.0, 1.0])
