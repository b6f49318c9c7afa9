"""Where a glTF file shows its meshes: the tree of nodes, and skins.

A mesh goes where its node is, and all nodes above it. A skinned mesh goes where its joints are instead: each
vertex moves by its joint's place times the joint's inverse bind matrix. In a file that stands in its bind
pose that is one matrix for all joints, often no change at all; in files that count in centimetres, have Z up,
or are quantised, it is what sets the mesh upright and to size. So a skinned mesh is moved in one piece, with
the joint that carries most of what the shapes move; a pose is not taken over.
Source: glTF 2.0, sections 3.5 and 3.7.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face.gltf_arrays import Arrays
from mien.face.gltf_file import GltfFile, Node, Primitive, pick

Matrix = NDArray[np.float64]
"""Shape (4, 4), for columns: moved = matrix @ (x, y, z, 1)."""

NO_CHANGE = 1e-5
"""A matrix this near to none at all is none: inverse bind matrices are rounded to float32."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """The tree of nodes, unrolled."""

    worlds: Sequence[Matrix]
    """Each node's place in the world."""

    names: Sequence[str]
    """Each node's name, or that of the next node above it that has one; may be empty."""

    shown: Sequence[int]
    """The nodes of the default scene; all, where there are no scenes. In the file's order."""


def read_nodes(file: GltfFile) -> Nodes:
    """The nodes of `file`.

    Raises:
        MeshError: A node that is its own ancestor, or has two parents.
    """
    nodes, where = file.gltf.nodes, str(file.path)
    parents: dict[int, int] = {}
    for index, node in enumerate(nodes):
        for child in node.children:
            pick(nodes, child, "node", where)
            if parents.setdefault(child, index) != index:
                raise MeshError(f"{where}: node {child} has two parents; export it again.")
    roots = [index for index in range(len(nodes)) if index not in parents]
    order = _below(roots, nodes, where)
    if len(order) < len(nodes):
        raise MeshError(f"{where}: some nodes are their own ancestors; export it again.")
    worlds: list[Matrix] = [np.eye(4)] * len(nodes)
    names = [node.name or "" for node in nodes]
    with np.errstate(all="ignore"):  # what is not finite is refused with the vertices
        for index in order:
            local = _local(nodes[index])
            worlds[index] = worlds[parents[index]] @ local if index in parents else local
            names[index] = names[index] or (names[parents[index]] if index in parents else "")
    if not file.gltf.scenes:
        return Nodes(worlds, names, range(len(nodes)))
    scene = pick(file.gltf.scenes, file.gltf.scene, "scene", where)
    return Nodes(worlds, names, sorted(set(_below(scene.nodes, nodes, where))))


def _below(roots: Sequence[int], nodes: Sequence[Node], where: str) -> list[int]:
    """`roots` and all nodes below them, parents first."""
    order, waiting = [], list(reversed(roots))
    while waiting:
        order.append(waiting.pop())
        waiting += reversed(pick(nodes, order[-1], "node", where).children)
        if len(order) > len(nodes):
            raise MeshError(f"{where}: some nodes are their own ancestors; export it again.")
    return order


def _local(node: Node) -> Matrix:
    """The place of `node` in its parent: rotated, scaled and moved, or by its matrix."""
    if node.matrix is not None:
        return np.array(node.matrix).reshape(4, 4).T
    x, y, z, w = np.array(node.rotation) / np.linalg.norm(node.rotation)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= node.scale
    matrix[:3, 3] = node.translation
    return matrix


def hold(
    file: GltfFile, arrays: Arrays, skin: int, primitive: Primitive, counts: NDArray[np.float32], where: str
) -> NDArray[np.float64]:
    """How firmly each joint of `skin` holds `primitive`, shape (joints,); 0 for what is on no joint.

    Args:
        counts: Shape (vertices,): what each vertex counts.
    """
    joints, at = primitive.attributes.joints, primitive.attributes.weights
    held = pick(file.gltf.skins, skin, "skin", where)
    if joints is None or at is None:
        return np.zeros(len(held.joints))
    chosen, weights = arrays.integers(joints, "VEC4", where), arrays.floats(at, "VEC4", where)
    if chosen.shape != weights.shape or len(chosen) != len(counts):
        raise MeshError(
            f"{where}: has {len(counts)} vertices and {len(chosen)} of them on joints; export it again."
        )
    pick(held.joints, int(chosen.max()), "joint", where)
    with np.errstate(all="ignore"):
        pulls = (weights * counts[:, None]).astype(np.float64).ravel()
        return np.asarray(np.bincount(chosen.ravel(), pulls, len(held.joints)), np.float64)


def bound(file: GltfFile, arrays: Arrays, nodes: Nodes, skin: int, holds: NDArray[np.float64]) -> Matrix:
    """Where `skin` puts a mesh: the place of the joint that `holds` most, from where it was bound to it."""
    if not holds.any():
        return np.eye(4)
    found, joint, where = file.gltf.skins[skin], int(np.argmax(holds)), str(file.path)
    world = pick(nodes.worlds, found.joints[joint], "node", where)
    if found.inverse_bind_matrices is None:
        return world
    inverse = arrays.floats(found.inverse_bind_matrices, "MAT4", where)
    pick(range(len(inverse)), joint, "inverse bind matrix", where)
    with np.errstate(all="ignore"):
        matrix: Matrix = world @ inverse[joint].reshape(4, 4).T.astype(np.float64)
    return matrix


def place(points: NDArray[np.float32], matrix: Matrix, *, shift: bool) -> NDArray[np.float32]:
    """`points` of shape (n, 3) moved by `matrix`; displacements, without `shift`, are turned and scaled.

    Equal points stay equal to the bit wherever they stand, which a matrix product would not promise.
    """
    if np.allclose(matrix, np.eye(4), rtol=0, atol=NO_CHANGE):
        return points
    with np.errstate(all="ignore"):
        x, y, z = points.astype(np.float64).T[:, :, None]
        placed = x * matrix[:3, 0] + y * matrix[:3, 1] + z * matrix[:3, 2]
        moved: NDArray[np.float32] = (placed + matrix[:3, 3] if shift else placed).astype(np.float32)
    return moved
