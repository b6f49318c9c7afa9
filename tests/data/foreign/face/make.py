"""Makes the files of this folder that Blender writes: `python make.py`, with `pip install bpy==4.5.15`.

A head of 26 vertices and two materials with three shapes, teeth with one of them, a hat without any; skinned
to an armature under a turned, scaled and moved empty. `truth.json` holds where Blender itself puts the
vertices, in glTF's axes.
"""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
from mathutils import Euler, Vector

HERE = Path(__file__).parent
SHAPES = {"jawOpen": 0.02, "mouthSmileLeft": 0.01, "eyeBlinkLeft": 0.005}


def main() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    head, teeth = _head(), _teeth()
    root, armature = _root(), _armature()
    armature.parent = root
    bpy.ops.mesh.primitive_cone_add(vertices=5, radius1=0.12, depth=0.1, location=(0, 0, 0.1))
    bpy.context.object.name, bpy.context.object.parent = "Hat", root
    for piece, bone in ((head, "HeadBone"), (teeth, "Jaw")):
        _bind(piece, armature, bone)
    _write("blender")
    _write("blender_draco", export_draco_mesh_compression_enable=True)
    poses = {"neutral": _pose((head, teeth), "")} | {shape: _pose((head, teeth), shape) for shape in SHAPES}
    text = ",\n".join(f'"{name}": {json.dumps(np.round(pose, 7).tolist())}' for name, pose in poses.items())
    (HERE / "truth.json").write_text("{\n" + text + "\n}\n", encoding="utf-8")
    for name in ("neutral", *SHAPES):
        _pose((head,), name)
        head.modifiers.clear()
        bpy.ops.object.select_all(action="DESELECT")
        head.select_set(True)
        (HERE / "obj").mkdir(exist_ok=True)
        path = str(HERE / "obj" / f"{name}.obj")
        bpy.ops.wm.obj_export(filepath=path, export_selected_objects=True, export_materials=False)


def _head() -> bpy.types.Object:
    bpy.ops.mesh.primitive_uv_sphere_add(segments=6, ring_count=5, radius=0.1)
    head = bpy.context.object
    head.name, head.data.name = "Head", "HeadMesh"
    for name in ("Skin", "Lips"):
        head.data.materials.append(bpy.data.materials.new(name))
    for index, polygon in enumerate(head.data.polygons):
        polygon.material_index = index % 2
    for name, size in SHAPES.items():
        _shape(head, name, size)
    return head


def _teeth() -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=0.03, location=(0, -0.05, -0.04))
    teeth = bpy.context.object
    teeth.name = "Teeth"
    _shape(teeth, "jawOpen", 0.02)
    return teeth


def _shape(piece: bpy.types.Object, name: str, size: float) -> None:
    if not piece.data.shape_keys:
        piece.shape_key_add(name="Basis")
    moves = np.random.default_rng(len(name)).normal(size=(len(piece.data.vertices), 3)) * size
    for point, move in zip(piece.shape_key_add(name=name).data, moves, strict=True):
        if point.co.z < 0.02:
            point.co = point.co + Vector(move)


def _root() -> bpy.types.Object:
    root = bpy.data.objects.new("Root", None)
    bpy.context.collection.objects.link(root)
    root.rotation_euler, root.scale, root.location = Euler((0.3, 0.2, 0.1)), (2, 2, 2), (0, 0, 1.5)
    return root


def _armature() -> bpy.types.Object:
    bpy.ops.object.armature_add(location=(0, 0, -0.1))
    armature = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")
    bones = armature.data.edit_bones
    neck = bones[0]
    neck.name, neck.tail = "Neck", (0, 0, 0.08)
    for name, parent, at, to in (
        ("HeadBone", "Neck", (0, 0, 0.08), (0, 0, 0.3)),
        ("Jaw", "HeadBone", (0, 0, 0.08), (0, -0.1, 0.05)),
    ):
        bone = bones.new(name)
        bone.head, bone.tail, bone.parent = at, to, bones[parent]
    bpy.ops.object.mode_set(mode="OBJECT")
    return armature


def _bind(piece: bpy.types.Object, armature: bpy.types.Object, bone: str) -> None:
    everything = range(len(piece.data.vertices))
    for name, weight in ((bone, 0.75), ("Neck", 0.25)):
        piece.vertex_groups.new(name=name).add(everything, weight, "REPLACE")
    piece.modifiers.new("Armature", "ARMATURE").object = armature
    piece.parent = armature


def _write(name: str, **options: bool) -> None:
    plain = dict.fromkeys(("export_animations", "export_texcoords", "export_morph_normal"), False)
    bpy.ops.export_scene.gltf(filepath=str(HERE / f"{name}.glb"), **plain, **options)


def _pose(pieces: tuple[bpy.types.Object, ...], shape: str) -> np.ndarray:
    """Sets `shape` alone to 1; the vertices of `pieces` then, in glTF's axes."""
    for piece in pieces:
        for key in piece.data.shape_keys.key_blocks[1:]:
            key.value = float(key.name == shape)
    graph = bpy.context.evaluated_depsgraph_get()
    graph.update()
    found = []
    for piece in pieces:
        shown = piece.evaluated_get(graph)
        found += [tuple(shown.matrix_world @ vertex.co) for vertex in shown.to_mesh().vertices]
        shown.to_mesh_clear()
    x, y, z = np.array(found).T
    return np.stack([x, z, -y], axis=1)


if __name__ == "__main__":
    main()
