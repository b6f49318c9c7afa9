"""A face as glTF: every piece of every mesh that has morph targets, joined into one mesh.

Read with msgspec and numpy: trimesh passes over morph targets, and pygltflib gives the same JSON unchecked,
without its numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face.gltf_arrays import Arrays
from mien.face.gltf_file import GltfFile, open_gltf
from mien.face.gltf_materials import Materials, directions, stacked, tints
from mien.face.gltf_nodes import Matrix, Nodes, bound, hold, place, read_nodes
from mien.face.gltf_pieces import MOST, Cut, read_cuts, shown_pieces, target_names
from mien.face.look import Look, shared_normals
from mien.face.mesh import FaceMesh, unique
from mien.face.vrm import expressions

UNMOVED = np.float32(1e-12)
"""What a vertex counts that no shape moves: next to nothing, and enough where nothing moves."""


def read_gltf(path: Path) -> FaceMesh:
    """The face in `path`; meshes without shapes are left out, unless none has any.

    Pieces that share their vertices get those that their triangles use. A shape that several pieces have
    under one name is one shape; it is 0 on the others.

    Raises:
        MeshError: Cut off, packed, not glTF 2.0, without a mesh, or against the specification.
    """
    return _read(path, every=False)[0]


def read_gltf_look(path: Path) -> tuple[FaceMesh, Look]:
    """The face in `path` and all that is shown with it: hair, eyes, the body; and what it looks like.

    Raises:
        MeshError: As `read_gltf`, or a picture that cannot be read.
        MissingExtraError: It has pictures, and Pillow is not installed.
    """
    mesh, file, cuts = _read(path, every=True)
    arrays, counts = Arrays(file), [len(cut.vertices) for cut in cuts]
    materials = Materials(file, arrays)
    rows = [materials.row(cut.piece.primitive.material) for cut in cuts]
    uvs = [materials.uv(cut) for cut in cuts]
    uv = None if all(part is None for part in uvs) else stacked(uvs, counts, 2, (0.0, 0.0))
    tint = stacked([tints(arrays, cut) for cut in cuts], counts, 3, (1.0, 1.0, 1.0))
    material = np.repeat(rows, [len(cut.triangles) for cut in cuts]).astype(np.int32)
    turned = stacked([directions(arrays, cut) for cut in cuts], counts, 3, (0.0, 0.0, 0.0))
    return mesh, Look(
        tuple(materials.made), material, uv, tint, shared_normals(mesh.vertices, [turned], 0.02)
    )


def _read(path: Path, *, every: bool) -> tuple[FaceMesh, GltfFile, list[Cut]]:
    """The mesh, and the file and the pieces that it is made of; `every`: also those without shapes."""
    file = open_gltf(path)
    names = cache(lambda mesh: target_names(file.gltf.meshes[mesh], f"{path}: mesh {mesh}"))
    nodes, arrays = read_nodes(file), Arrays(file)
    pieces = list(itertools.islice(shown_pieces(file, nodes, names), MOST + 1))
    if len(pieces) > MOST:
        raise MeshError(f"{path}: shows over {MOST} pieces of meshes; export the head alone.")
    if not every:
        pieces = [piece for piece in pieces if piece.primitive.targets] or pieces
    meshes = dict.fromkeys(file.gltf.nodes[piece.node].mesh for piece in pieces)
    shapes = list(dict.fromkeys(name for mesh in meshes if mesh is not None for name in names(mesh)))
    cuts = list(read_cuts(arrays, pieces, len(shapes), path))
    if not cuts:
        raise MeshError(f"{path}: shows no mesh of triangles; export the face itself, within the scene.")
    vertices, triangles, block = _joined(file, arrays, nodes, cuts, shapes)
    bones = tuple(node.name for node in file.gltf.nodes if node.name and node.mesh is None)
    known = {
        name: {shape: weight for shape, weight in binds.items() if shape in shapes}
        for name, binds in expressions(file, names).items()
    }
    shown = dict(zip(shapes, block, strict=True))
    mesh = FaceMesh(path.stem, vertices, triangles, shown, _parts(cuts), bones, known)
    return mesh, file, cuts


def _joined(
    file: GltfFile, arrays: Arrays, nodes: Nodes, cuts: Sequence[Cut], shapes: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """All vertices, all triangles, and the displacements of shape (shapes, vertices, 3)."""
    vertices = np.concatenate([cut.vertices for cut in cuts])
    block = np.zeros((len(shapes), len(vertices), 3), np.float32)
    column = {name: index for index, name in enumerate(shapes)}
    own = [[column[name] for name in cut.piece.names] for cut in cuts]
    views = [block[:, first:end] for first, end in _spans(cuts)]
    moved = [_fill(arrays, *each) for each in zip(cuts, views, own, strict=True)]
    matrices = _matrices(file, arrays, nodes, cuts, moved)
    triangles = []
    for cut, (first, end), view, columns in zip(cuts, _spans(cuts), views, own, strict=True):
        matrix = matrices[cut.piece.node]
        vertices[first:end] = place(cut.vertices, matrix, shift=True)
        for shape in columns:
            view[shape] = place(view[shape], matrix, shift=False)
        with np.errstate(all="ignore"):  # what is not finite is refused with the vertices
            mirrored = np.linalg.det(matrix[:3, :3]) < 0
        triangles.append(first + (cut.triangles[:, ::-1] if mirrored else cut.triangles))
    block.flags.writeable = vertices.flags.writeable = False
    return vertices, np.concatenate(triangles).astype(np.int32), block


def _fill(arrays: Arrays, cut: Cut, view: NDArray[np.float32], own: Sequence[int]) -> NDArray[np.float32]:
    """Writes the displacements of `cut` to the rows `own` of `view`; returns how far each vertex is moved."""
    moved = np.zeros(len(cut.vertices), np.float32)
    for shape, name, target in zip(own, cut.piece.names, cut.piece.primitive.targets, strict=False):
        if target.position is None:  # it turns normals alone
            continue
        where = f"{cut.piece.where}: shape '{name[:60]}'"
        values = arrays.floats(target.position, "VEC3", where)
        if len(values) != cut.count:
            raise MeshError(f"{where} has {len(values)} vertices and the mesh {cut.count}; export it again.")
        view[shape] = values[cut.rows]
        with np.errstate(all="ignore"):
            moved += np.abs(view[shape]).sum(axis=1)
    return moved


def _matrices(
    file: GltfFile, arrays: Arrays, nodes: Nodes, cuts: Sequence[Cut], moved: Sequence[NDArray[np.float32]]
) -> dict[int, Matrix]:
    """Where each node puts its mesh; all pieces of one mesh go by one joint."""
    holds: dict[int, NDArray[np.float64]] = {}
    for cut, far in zip(cuts, moved, strict=True):
        piece, counts = cut.piece, np.zeros(cut.count, np.float32)
        counts[cut.rows] = far + UNMOVED
        skin = file.gltf.nodes[piece.node].skin
        if skin is not None:
            more = hold(file, arrays, skin, piece.primitive, counts, piece.where)
            holds[piece.node] = holds.get(piece.node, 0.0) + more
    matrices = {cut.piece.node: nodes.worlds[cut.piece.node] for cut in cuts}
    for node, held in holds.items():
        skin = file.gltf.nodes[node].skin
        assert skin is not None, "only nodes with a skin are held"
        matrices[node] = bound(file, arrays, nodes, skin, held)
    return matrices


def _spans(cuts: Sequence[Cut]) -> list[tuple[int, int]]:
    """The first row of each cut among all vertices, and the row after its last."""
    ends = list(itertools.accumulate(len(cut.vertices) for cut in cuts))
    return list(zip([0, *ends], ends, strict=False))


def _parts(cuts: Sequence[Cut]) -> dict[str, tuple[int, int]]:
    parts: dict[str, tuple[int, int]] = {}
    for cut, span in zip(cuts, _spans(cuts), strict=True):
        parts[unique(cut.piece.name, parts)] = span
    return parts
