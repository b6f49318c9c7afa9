"""Faces as glTF and VRM: numbers in all their forms, nodes, skins, names, expressions."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from mien.face import read_face
from tests.face_files import (
    TURN,
    assert_face,
    assert_refused,
    gltf_of,
    skinned_face,
    small_face,
    vrm,
)

# glTF: numbers in all their forms.


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2"])
def test_normalised_integers_are_fractions(tmp_path: Path, kind: str) -> None:
    vertices, triangles, shapes = small_face()
    limits = np.iinfo(kind)
    whole = np.random.default_rng(1).integers(limits.min, limits.max, (7, 3), kind, endpoint=True)
    whole[0] = limits.min, limits.max, limits.max
    file = gltf_of(vertices, triangles, shapes)
    place = file.accessor(whole, normalized=True)
    file.document["meshes"][0]["primitives"][0]["attributes"]["POSITION"] = place
    wanted = np.maximum(whole / limits.max, -1)
    np.testing.assert_allclose(read_face(file.save(tmp_path / "a.glb")).vertices, wanted, atol=1e-6)
    del file.document["accessors"][place]["normalized"]
    np.testing.assert_array_equal(read_face(file.save(tmp_path / "b.glb")).vertices, whole)


def test_sparse_shapes_are_zero_elsewhere(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    shapes["blink"][2:6] = 0
    file = gltf_of(vertices, triangles, shapes)
    file.document["meshes"][0]["primitives"][0]["targets"][1]["POSITION"] = file.sparse(shapes["blink"])
    assert_face(read_face(file.save(tmp_path / "a.glb")), vertices, triangles, shapes)


def test_sparse_vertices_change_those_that_are_stored(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    file = gltf_of(vertices, triangles, shapes)
    base = file.document["accessors"][0]
    new = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    rows = {"bufferView": file.view(bytes([1, 5])), "componentType": 5121}
    base["sparse"] = {"count": 2, "indices": rows, "values": {"bufferView": file.view(new.tobytes())}}
    vertices[[1, 5]] = new
    assert_face(read_face(file.save(tmp_path / "a.glb")), vertices, triangles, shapes)


def test_interleaved_numbers_are_told_apart(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    file = gltf_of(vertices, triangles, shapes)
    mixed = np.concatenate([vertices, shapes["blink"]], axis=1)
    view = file.view(mixed.tobytes(), byteStride=24)
    primitive = file.document["meshes"][0]["primitives"][0]
    for index, offset in (
        (primitive["attributes"]["POSITION"], 0),
        (primitive["targets"][1]["POSITION"], 12),
    ):
        file.document["accessors"][index] |= {"bufferView": view, "byteOffset": offset}
    assert_face(read_face(file.save(tmp_path / "a.glb")), vertices, triangles, shapes)


def test_numbers_may_come_from_files_beside_or_from_the_text(tmp_path: Path) -> None:
    face = small_face()
    file = gltf_of(*face)
    (tmp_path / "numbers of it.bin").write_bytes(file.chunk)
    inside = "data:application/octet-stream;base64," + base64.b64encode(file.chunk).decode()
    for uri in ("numbers%20of%20it.bin", "./numbers of it.bin", inside):
        file.document["buffers"][0]["uri"] = uri
        text = json.dumps(file.document, ensure_ascii=False)
        (tmp_path / "face.gltf").write_text("\ufeff" + text, encoding="utf-8")
        assert_face(read_face(tmp_path / "face.gltf"), *face)


@pytest.mark.parametrize(
    ("mode", "corners", "wanted"),
    [
        (4, None, [[0, 1, 2], [3, 4, 5]]),
        (5, [0, 1, 2, 3, 4], [[0, 1, 2], [2, 1, 3], [2, 3, 4]]),
        (6, [0, 1, 2, 3, 4], [[0, 1, 2], [0, 2, 3], [0, 3, 4]]),
        (5, [0, 1], []),
        (6, [], []),
    ],
)
def test_strips_and_fans_become_triangles(
    tmp_path: Path, mode: int, corners: list[int] | None, wanted: list[list[int]]
) -> None:
    vertices, triangles, shapes = small_face(6)
    file = gltf_of(vertices, triangles, shapes)
    primitive = file.document["meshes"][0]["primitives"][0]
    primitive["mode"] = mode
    if corners is None:
        del primitive["indices"]
    else:
        primitive["indices"] = file.accessor(np.array(corners, "<u1"))
    path = file.save(tmp_path / "a.glb")
    if wanted:
        assert read_face(path).triangles.tolist() == wanted
    else:
        assert_refused(lambda: read_face(path), "shows no mesh of triangles")


# glTF: which meshes, where, and under which names.


def test_nodes_turn_scale_and_move_a_mesh_and_its_shapes(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    file = gltf_of(vertices, triangles, shapes, translation=[1, 2, 3], scale=[2, 3, 4])
    file.document["scenes"][0]["nodes"] = []
    file.node(rotation=TURN, translation=[10, 0, 0], children=[0])
    moved = (vertices * [2, 3, 4] + [1, 2, 3])[:, [2, 0, 1]] + [10, 0, 0]
    turned = {name: (shape * [2, 3, 4])[:, [2, 0, 1]] for name, shape in shapes.items()}
    assert_face(read_face(file.save(tmp_path / "a.glb")), moved, triangles, turned)


def test_a_matrix_is_read_column_by_column(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    matrix = [0, 2, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 5, 6, 7, 1]
    file = gltf_of(vertices, triangles, shapes, matrix=matrix)
    turned = {name: 2 * shape[:, [2, 0, 1]] for name, shape in shapes.items()}
    moved = 2 * vertices[:, [2, 0, 1]] + [5, 6, 7]
    assert_face(read_face(file.save(tmp_path / "a.glb")), moved, triangles, turned)


def test_a_mirrored_mesh_keeps_its_outside_outside(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    file = gltf_of(vertices, triangles, shapes, scale=[-1, 1, 1])
    assert read_face(file.save(tmp_path / "a.glb")).triangles.tolist() == triangles[:, ::-1].tolist()


def test_a_skinned_mesh_stays_where_it_was_bound(tmp_path: Path) -> None:
    inverses = np.tile(np.eye(4), (2, 1, 1))
    inverses[:, 3, :3] = [[-1, 0, 0], [-1, -2, 0]]  # the last column, as glTF stores it
    file = skinned_face(inverses, [0.9, 0.1], [[1, 0, 0], [1, 2, 0]])
    assert_face(read_face(file.save(tmp_path / "a.glb")), *small_face())


def test_a_skin_in_other_units_is_brought_to_those_of_the_scene(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    inverses = np.tile(np.diag([0.01, 0.01, 0.01, 1]), (2, 1, 1))
    file = skinned_face(inverses, [0.9, 0.1], [[0, 1, 0], [0, 2, 0]])
    small = {name: shape / 100 for name, shape in shapes.items()}
    face = read_face(file.save(tmp_path / "a.glb"))
    assert_face(face, vertices / 100 + [0, 2, 0], triangles, small)
    assert face.bones == ("a", "b")


def test_pieces_of_one_skinned_mesh_do_not_come_apart(tmp_path: Path) -> None:
    vertices, triangles, _ = small_face()
    inverses = np.stack([np.diag([0.01, 0.02, 0.03, 1]), np.diag([0.0100001, 0.02, 0.03, 1])])
    file = skinned_face(inverses, [1, 0], [[0.1, 0.2, 0.3]] * 2)
    first = file.document["meshes"][0]["primitives"][0]
    second = first | {"indices": file.accessor(triangles[2:].astype("<u2").ravel())}
    first["indices"] = file.accessor(triangles[:2].astype("<u2").ravel())
    weights = np.zeros((7, 4), np.float32)
    weights[:2, 0], weights[2:, 1] = 1, 1
    for primitive in (first, second):
        primitive["attributes"] |= {
            "JOINTS_0": file.accessor(np.tile(np.array([0, 1, 0, 0], "<u1"), (7, 1))),
            "WEIGHTS_0": file.accessor(weights),
        }
    file.document["meshes"][0]["primitives"].append(second)
    face = read_face(file.save(tmp_path / "a.glb"))
    kept = [0, 1, 2, 3, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(
        face.vertices, vertices[kept] * [0.01, 0.02, 0.03] + [0.1, 0.2, 0.3], atol=1e-6
    )
    assert face.vertices[[2, 3]].tobytes() == face.vertices[[4, 5]].tobytes(), (
        "to the bit, so they can be welded"
    )
    for shape in face.shapes.values():
        assert shape[[2, 3]].tobytes() == shape[[4, 5]].tobytes()


def test_one_name_on_several_meshes_is_one_shape(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    others = small_face(5, ("jawOpen", "tongueOut"), seed=1)
    file = gltf_of(vertices, triangles, shapes)
    teeth = file.mesh(file.primitive(*others), names=tuple(others[2]), name="TeethMesh")
    hair = file.mesh(file.primitive(*small_face(9)[:2], {}))
    file.node(mesh=teeth, name="Teeth")
    file.node(mesh=hair, name="Hair")
    face = read_face(file.save(tmp_path / "a.glb"))
    assert face.parts == {"Head": (0, 7), "Teeth": (7, 12)}
    assert_face(
        face,
        np.concatenate([vertices, others[0]]),
        np.concatenate([triangles, others[1] + 7]),
        {
            "jawOpen": np.concatenate([shapes["jawOpen"], others[2]["jawOpen"]]),
            "blink": np.concatenate([shapes["blink"], np.zeros((5, 3))]),
            "tongueOut": np.concatenate([np.zeros((7, 3)), others[2]["tongueOut"]]),
        },
    )


def test_pieces_that_share_their_vertices_get_those_they_use(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    file = gltf_of(vertices, triangles, shapes)
    primitives = file.document["meshes"][0]["primitives"]
    primitives.append(primitives[0] | {"indices": file.accessor(np.array([6, 4, 2], "<u4"))})
    primitives[0]["indices"] = file.accessor(np.array([0, 1, 3], "<u1"))
    primitives[0]["material"], file.document["materials"] = 0, [{"name": "Skin"}]
    face = read_face(file.save(tmp_path / "a.glb"))
    kept = [0, 1, 3, 2, 4, 6]
    wanted = {name: shape[kept] for name, shape in shapes.items()}
    assert_face(face, vertices[kept], np.array([[0, 1, 2], [5, 4, 3]]), wanted)
    assert face.parts == {"Head/Skin": (0, 3), "Head/1": (3, 6)}


@pytest.mark.parametrize("place", ["mesh", "primitive", "target", "nowhere"])
def test_names_of_shapes_are_found_where_tools_put_them(tmp_path: Path, place: str) -> None:
    file = gltf_of(*small_face())
    mesh = file.document["meshes"][0]
    extras = mesh.pop("extras")
    if place == "mesh":
        mesh["extras"] = extras
    elif place == "primitive":
        mesh["primitives"][0]["extras"] = extras
    elif place == "target":  # UniVRM before 0.36
        for target, name in zip(mesh["primitives"][0]["targets"], extras["targetNames"], strict=True):
            target["extra"] = {"name": name}
    wanted = ["target_0", "target_1"] if place == "nowhere" else ["jawOpen", "blink"]
    assert list(read_face(file.save(tmp_path / "a.glb")).shapes) == wanted


def test_meshes_of_other_scenes_are_not_read(tmp_path: Path) -> None:
    file = gltf_of(*small_face())
    file.node(mesh=0, name="Old", root=False)
    assert list(read_face(file.save(tmp_path / "a.glb")).parts) == ["Head"]
    del file.document["scenes"], file.document["scene"]
    assert list(read_face(file.save(tmp_path / "b.glb")).parts) == ["Head", "Old"]


def test_a_mesh_without_shapes_will_do_for_its_bones(tmp_path: Path) -> None:
    vertices, triangles, _ = small_face()
    file = gltf_of(vertices, triangles, {})
    file.node(name="jaw_bone")
    path = file.save(tmp_path / "a.glb")
    assert_face(read_face(path, bare=True), vertices, triangles, {})
    assert read_face(path, bare=True).bones == ("jaw_bone",)
    assert_refused(lambda: read_face(path), "a.glb: has no shapes (blendshapes, morph targets, shape keys)")


# VRM.


def test_old_vrm_groups_are_expressions_in_percent(tmp_path: Path) -> None:
    groups = [
        {"name": "A", "presetName": "a", "binds": [{"mesh": 0, "index": 0, "weight": 80}]},
        {
            "name": "Blink_L",
            "presetName": "Blink_L",
            "binds": [{"mesh": 0, "index": 1, "weight": 50}, {"mesh": 1, "index": 1, "weight": 100}],
        },
        {"name": "Wink", "presetName": "unknown", "binds": [{"mesh": 1, "index": 0, "weight": 25}]},
        {"name": "Empty", "presetName": "neutral"},
        {
            "name": "Dead",
            "binds": [{"mesh": -1, "index": 0, "weight": 1}, {"mesh": 0, "index": 9, "weight": 1}],
        },
    ]
    face = read_face(vrm({"blendShapeMaster": {"blendShapeGroups": groups}}, "VRM").save(tmp_path / "a.vrm"))
    assert face.expressions == {
        "A": {"jawOpen": 0.8},
        "Blink_L": {"blink": 1.0},
        "Wink": {"brows": 0.25},
        "Neutral": {},
        "Dead": {},
    }


def test_new_vrm_expressions_are_presets_and_custom_ones(tmp_path: Path) -> None:
    tables = {
        "preset": {
            "aa": {"morphTargetBinds": [{"node": 0, "index": 0, "weight": 0.75}], "isBinary": False},
            "neutral": {},
            "happy": {"morphTargetBinds": [{"node": 7, "index": 0, "weight": 1}]},
        },
        "custom": {"frown": {"morphTargetBinds": [{"node": 1, "index": 0, "weight": 1.0}]}},
    }
    face = read_face(vrm({"specVersion": "1.0", "expressions": tables}, "VRMC_vrm").save(tmp_path / "a.VRM"))
    assert face.expressions == {"frown": {"brows": 1.0}, "aa": {"jawOpen": 0.75}, "neutral": {}, "happy": {}}


def test_an_expression_of_the_wrong_type_is_refused_with_its_place(tmp_path: Path) -> None:
    tables = {"preset": {"aa": {"morphTargetBinds": [{"node": 0, "index": 0, "weight": "much"}]}}}
    path = vrm({"expressions": tables}, "VRMC_vrm").save(tmp_path / "a.vrm")
    assert_refused(
        lambda: read_face(path), "a.vrm: VRMC_vrm: its JSON is not that of glTF 2.0 (Expected `float`"
    )
