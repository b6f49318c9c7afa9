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
NECK: Final = (0.0, -160.0, -82.0)
"""Where the neck stands on the shoulders, mm."""

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
        book.mesh(part, same, head.neck.turns(part.vertices))
    book.bones(head)
    inner = [child for node in book.file.nodes for child in node.children or []]
    book.file.scenes = [gl.Scene(nodes=[n for n in range(len(book.file.nodes)) if n not in inner])]
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

    def mesh(self, part: Part, pieces: tuple[Part, ...], turns: NDArray[np.float64]) -> None:
        """One node with one mesh: the vertices of `part`, the triangles of each piece.

        Args:
            turns: Shape (vertices,), 0..1: how much of the head's turns each vertex makes.
        """
        every = np.concatenate([piece.triangles for piece in pieces])
        facing, shares = normals(part.vertices, every), _shares(turns)
        attributes = gl.Attributes(
            POSITION=self.floats(part.vertices / METRE, bounds=True),
            NORMAL=self.floats(facing),
            COLOR_0=self.colors(part),
            JOINTS_0=self.quads((shares > 0) * [0, 1, 0, 0]),
            WEIGHTS_0=self.quads(shares, normalized=True),
        )
        names = [name for name, way in part.shapes.items() if _rows(way).size]
        targets = [self.target(part, every, facing, part.shapes[name]) for name in names]
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
        self.file.nodes.append(gl.Node(name=part.name, mesh=len(self.file.meshes) - 1, skin=0))

    def bones(self, head: Head) -> None:
        """The neck, which stays, and the head on it, which turns; one skin for all meshes."""
        first, root, joint = len(self.file.nodes), np.array(NECK) / METRE, head.neck.joint / METRE
        self.file.nodes += [
            gl.Node(name="neck", translation=root.tolist(), children=[first + 1]),
            gl.Node(name="head_bone", translation=(joint - root).tolist()),
        ]
        back = np.tile(np.eye(4, dtype=np.float32), (2, 1, 1))
        back[0, 3, :3], back[1, 3, :3] = -root, -joint  # by columns, as glTF has matrices
        matrices = self.accessor(bufferView=self.view(back), componentType=FLOAT, count=2, type="MAT4")
        self.file.skins = [
            gl.Skin(name="house", joints=[first, first + 1], skeleton=first, inverseBindMatrices=matrices)
        ]

    def target(self, part: Part, every: NDArray[np.int64], facing: Points, way: Points) -> dict[str, int]:
        """One shape: where vertices go, and how the normals of those that go turn."""
        rows = _rows(way)
        indices = self.view(rows.astype(np.uint16))
        turned = normals(part.vertices + way, every) - facing
        return {
            "POSITION": self.sparse(len(way), rows, way[rows] / METRE, indices, bounds=True),
            "NORMAL": self.sparse(len(way), rows, turned[rows], indices),
        }

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
        data = np.full((len(tint), 4), 255)
        data[:, :3] = np.round(np.clip(tint, 0, 1) * 255)
        return self.quads(data, normalized=True)

    def quads(self, values: NDArray[Any], normalized: bool | None = None) -> int:
        """Four bytes a vertex."""
        data = np.ascontiguousarray(values, np.uint8)
        view = self.view(data, gl.ARRAY_BUFFER)
        return self.accessor(
            bufferView=view, componentType=UBYTE, normalized=normalized, count=len(data), type="VEC4"
        )

    def indices(self, triangles: NDArray[np.int64]) -> int:
        data = np.ascontiguousarray(triangles.ravel(), np.uint16)
        return self.accessor(
            bufferView=self.view(data, gl.ELEMENT_ARRAY_BUFFER),
            componentType=USHORT,
            count=data.size,
            type="SCALAR",
        )

    def sparse(
        self, count: int, rows: NDArray[np.int64], values: Points, indices: int, bounds: bool = False
    ) -> int:
        """`values` at `rows`, 0 at all others of `count`; an offset is forbidden where no view is."""
        data = np.ascontiguousarray(values, np.float32)
        sparse = gl.Sparse(
            count=len(rows),
            indices=gl.AccessorSparseIndices(bufferView=indices, componentType=USHORT),
            values=gl.AccessorSparseValues(bufferView=self.view(data)),
        )
        limits = {}
        if bounds:
            whole = data if len(rows) == count else np.concatenate([data, np.zeros((1, 3), np.float32)])
            limits = {"min": whole.min(axis=0).tolist(), "max": whole.max(axis=0).tolist()}
        return self.accessor(
            byteOffset=None, componentType=FLOAT, count=count, type="VEC3", sparse=sparse, **limits
        )


def _shares(turns: NDArray[np.float64]) -> NDArray[np.int64]:
    """Weights of neck, head and two bones that are not, shape (vertices, 4), of 255."""
    head = np.round(turns * 255).astype(np.int64)
    return np.stack([255 - head, head, 0 * head, 0 * head], axis=1)


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
