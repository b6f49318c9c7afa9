"""The expressions of a VRM, old (0.x, extension `VRM`) and new (1.0, extension `VRMC_vrm`).

Sources: vrm-c/vrm-specification, specification/0.0 (blendShapeMaster) and specification/VRMC_vrm-1.0
(expressions).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from mien.face.gltf_file import GltfFile, Mesh, typed

Names = Callable[[int], Sequence[str]]
"""The names of the shapes of a mesh, by the mesh's index."""


CLIPS: Final = {
    name.lower(): name
    for name in (
        "Neutral", "A", "I", "U", "E", "O", "Blink", "Joy", "Angry", "Sorrow", "Fun",
        "LookUp", "LookDown", "LookLeft", "LookRight", "Blink_L", "Blink_R",
    )
}  # fmt: skip
"""Presets of an old file, written in small letters there, as UniVRM and so every VMC receiver calls them."""


class _OldBind(msgspec.Struct):
    mesh: int
    index: int
    weight: float
    """In percent."""


class _OldGroup(msgspec.Struct, rename="camel"):
    name: str = ""
    preset_name: str | None = None
    """In small letters; `unknown` where it has only a name."""
    binds: list[_OldBind] | None = None


class _OldMaster(msgspec.Struct, rename="camel"):
    blend_shape_groups: list[_OldGroup] = []


class _Old(msgspec.Struct, rename="camel"):
    blend_shape_master: _OldMaster | None = None


class _NewBind(msgspec.Struct):
    node: int
    index: int
    weight: float


class _NewExpression(msgspec.Struct, rename="camel"):
    morph_target_binds: list[_NewBind] | None = None


class _NewExpressions(msgspec.Struct):
    preset: dict[str, _NewExpression | None] | None = None
    custom: dict[str, _NewExpression | None] | None = None


class _New(msgspec.Struct):
    expressions: _NewExpressions | None = None


def expressions(file: GltfFile, names: Names) -> dict[str, dict[str, float]]:
    """Each expression's shapes with their weights, 0..1; none for a file that is no VRM.

    Presets of a new file go by the name of the preset (`aa`), those of an old one by the name that receivers
    know (`A`, `Blink_L`), others by their own. A bind of a mesh or shape that is not there does nothing in
    any viewer, and is left out.
    """
    if "VRMC_vrm" in file.gltf.extensions:
        return _of_new(typed(file.gltf.extensions["VRMC_vrm"], _New, f"{file.path}: VRMC_vrm"), file, names)
    if "VRM" in file.gltf.extensions:
        return _of_old(typed(file.gltf.extensions["VRM"], _Old, f"{file.path}: VRM"), file, names)
    return {}


def _of_new(vrm: _New, file: GltfFile, names: Names) -> dict[str, dict[str, float]]:
    tables = vrm.expressions or _NewExpressions()
    listed = (tables.custom or {}) | (tables.preset or {})
    nodes = file.gltf.nodes
    found = {}
    for name, expression in listed.items():
        binds = (expression.morph_target_binds if expression else None) or []
        meshes = [nodes[bind.node].mesh if 0 <= bind.node < len(nodes) else None for bind in binds]
        shapes = [
            (mesh, bind.index, bind.weight)
            for mesh, bind in zip(meshes, binds, strict=True)
            if mesh is not None
        ]
        found[name] = _weights(shapes, file.gltf.meshes, names)
    return found


def _of_old(vrm: _Old, file: GltfFile, names: Names) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for group in vrm.blend_shape_master.blend_shape_groups if vrm.blend_shape_master else []:
        preset = (group.preset_name or "unknown").lower()
        name = CLIPS.get(preset, group.name)
        binds = [(bind.mesh, bind.index, bind.weight / 100) for bind in group.binds or []]
        found.setdefault(name, _weights(binds, file.gltf.meshes, names))
    return found


def _weights(
    binds: Iterable[tuple[int, int, float]], meshes: Sequence[Mesh], names: Names
) -> dict[str, float]:
    """Weights by shape name, of (mesh, index, weight); a shape of two meshes has the larger."""
    weights: dict[str, float] = {}
    for mesh, index, weight in binds:
        shapes = names(mesh) if 0 <= mesh < len(meshes) else ()
        if 0 <= index < len(shapes):
            weights[shapes[index]] = max(weight, weights.get(shapes[index], weight))
    return weights
