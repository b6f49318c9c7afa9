"""The pieces of a glTF face: which primitives it shows, under which names, with which vertices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face.gltf_arrays import Arrays, packed
from mien.face.gltf_file import GltfFile, Mesh, Primitive, pick
from mien.face.gltf_nodes import Nodes
from mien.face.mesh import check_size, checked_name
from mien.face.vrm import Names

DRACO = "KHR_draco_mesh_compression"

STRIP, FAN = 5, 6
"""Modes of a primitive whose triangles share corners; 4 has three corners each, the others make none."""

MOST = 10_000
"""Pieces of a file, and shapes of a mesh, that are looked at."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A primitive of a mesh, where a node shows it."""

    name: str
    node: int
    primitive: Primitive
    names: Sequence[str]
    """Of its mesh's shapes, in order."""

    shared: bool
    """Whether other pieces of its mesh draw from the same vertices, as UniVRM writes them."""

    where: str
    """The file and the piece, for messages."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece whose triangles and vertices are read."""

    piece: Piece
    rows: slice | NDArray[np.int64]
    """Which of the piece's vertices it keeps."""

    count: int
    """Vertices of the piece before that."""

    vertices: NDArray[np.float32]
    triangles: NDArray[np.int64]
    """Rows of `vertices`."""


def shown_pieces(file: GltfFile, nodes: Nodes, names: Names) -> Iterator[Piece]:
    """The primitives that the scene shows as triangles, in the order of the nodes."""
    for index in nodes.shown:
        node = file.gltf.nodes[index]
        if node.mesh is None:
            continue
        mesh = pick(file.gltf.meshes, node.mesh, "mesh", str(file.path))
        users = Counter(primitive.attributes.position for primitive in mesh.primitives)
        called = node.name or mesh.name or nodes.names[index] or f"mesh {node.mesh}"
        for number, primitive in enumerate(mesh.primitives):
            if not 4 <= primitive.mode <= 6 or primitive.attributes.position is None:
                continue
            name = called if len(mesh.primitives) == 1 else f"{called}/{_material(file, primitive, number)}"
            shared = users[primitive.attributes.position] > 1
            where = f"{file.path}: mesh {name[:60]!r}"
            yield Piece(name, index, primitive, names(node.mesh), shared, where)


def _material(file: GltfFile, primitive: Primitive, number: int) -> str:
    """What tells a primitive from the others of its mesh: its material, or else its number."""
    if primitive.material is None:
        return str(number)
    return pick(file.gltf.materials, primitive.material, "material", str(file.path)).name or str(number)


def target_names(mesh: Mesh, where: str) -> tuple[str, ...]:
    """The names of the shapes of `mesh`: its own list, its primitives', its targets', or `target_0`..."""
    targets = max((primitive.targets for primitive in mesh.primitives), key=len, default=[])
    extras = [mesh.extras, *(primitive.extras for primitive in mesh.primitives)]
    lists = [extra["targetNames"] for extra in extras if isinstance(extra, dict) and extra.get("targetNames")]
    old = [target.extra.get("name") if isinstance(target.extra, dict) else None for target in targets]
    names = lists[0] if lists else [name or f"target_{k}" for k, name in enumerate(old)]
    if not targets:
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MeshError(f"{where}: its targetNames are no list of texts; export it again.")
    if len(targets) > MOST:
        raise MeshError(f"{where}: has {len(targets)} shapes, and at most {MOST} are read.")
    if len(names) != len(targets):
        raise MeshError(f"{where}: has {len(targets)} shapes and names for {len(names)}; export it again.")
    again = [name for name, count in Counter(names).items() if count > 1]
    if again:
        raise MeshError(f"{where}: has two shapes named {again[0][:60]!r}; rename one and export it again.")
    return tuple(checked_name(name, where) for name in names)


def read_cuts(arrays: Arrays, found: Sequence[Piece], shapes: int, path: Path) -> Iterator[Cut]:
    """Those of `found` that have triangles, read one by one for as long as they make no more than a face."""
    vertices = triangles = 0
    for piece in found:
        cut = _cut(arrays, piece)
        vertices, triangles = vertices + len(cut.vertices), triangles + len(cut.triangles)
        check_size(path, vertices, shapes, triangles)
        if len(cut.triangles):
            yield cut


def _cut(arrays: Arrays, piece: Piece) -> Cut:
    position, indices = piece.primitive.attributes.position, piece.primitive.indices
    assert position is not None, "pieces without positions are passed over"
    if DRACO in piece.primitive.extensions and not arrays.is_stored(position):
        raise packed(piece.where, DRACO)
    vertices = arrays.floats(position, "VEC3", piece.where)
    if indices is None:
        corners = np.arange(len(vertices))
    else:
        corners = arrays.integers(indices, "SCALAR", piece.where)[:, 0]
    if len(corners) and corners.max() >= len(vertices):
        raise MeshError(
            f"{piece.where}: a triangle names vertex {corners.max()}, and there are {len(vertices)}; "
            "export it again."
        )
    triangles = _triangles(corners, piece)
    if not piece.shared:
        return Cut(piece, slice(None), len(vertices), vertices, triangles)
    rows, triangles = np.unique(triangles, return_inverse=True)
    return Cut(piece, rows, len(vertices), vertices[rows], triangles.reshape(-1, 3))


def _triangles(corners: NDArray[np.int64], piece: Piece) -> NDArray[np.int64]:
    """Shape (triangles, 3), each counterclockwise from outside."""
    mode = piece.primitive.mode
    if mode == FAN:
        middle = np.broadcast_to(corners[:1], corners[2:].shape)
        return np.stack([middle, corners[1:-1], corners[2:]], 1)
    if mode == STRIP:
        triangles = np.stack([corners[:-2], corners[1:-1], corners[2:]], 1)
        triangles[1::2] = triangles[1::2, [1, 0, 2]]
        return triangles
    if len(corners) % 3:
        raise MeshError(f"{piece.where}: {len(corners)} corners make no whole triangles; export it again.")
    return corners.reshape(-1, 3)
