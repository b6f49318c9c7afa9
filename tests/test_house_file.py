"""The house head's file: glTF 2.0 to the letter, as the Khronos validator reads it."""

from __future__ import annotations

import itertools
import json
import struct
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pygltflib as gl
from numpy.typing import NDArray

from mien.rig import find_rig

FOLDER = find_rig("house")
NUMBERS = {gl.FLOAT: np.float32, gl.UNSIGNED_SHORT: np.uint16, gl.UNSIGNED_BYTE: np.uint8}
WIDE = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}

FOLDED = 0.02
"""Share of a mesh's corners whose normal may point against the face; thin double-sided lashes are let off."""


@cache
def file() -> Any:
    return gl.GLTF2().load(FOLDER / "head.glb")


@cache
def chunks() -> tuple[dict[str, Any], bytes]:
    """JSON as it stands in the file, without what the library fills in, and the binary chunk."""
    raw = (FOLDER / "head.glb").read_bytes()
    magic, version, whole, long, kind = struct.unpack("<4sIII4s", raw[:20])
    assert (magic, version, whole, kind) == (b"glTF", 2, len(raw), b"JSON")
    size, name = struct.unpack("<I4s", raw[20 + long : 28 + long])
    assert long % 4 == size % 4 == 0 and name == b"BIN\0" and 28 + long + size == len(raw)
    return json.loads(raw[20 : 20 + long]), raw[28 + long :]


def view(index: int, number: Any) -> NDArray[Any]:
    row = file().bufferViews[index]
    return np.frombuffer(chunks()[1][row.byteOffset : row.byteOffset + row.byteLength], number)


def numbers(index: int) -> NDArray[Any]:
    """An accessor's values as the file means them: shape (count, components)."""
    row = file().accessors[index]
    number, wide = NUMBERS[row.componentType], WIDE[row.type]
    if row.sparse is None:
        return view(row.bufferView, number).reshape(row.count, wide)
    values = np.zeros((row.count, wide), number)
    values[moving(row)] = view(row.sparse.values.bufferView, number).reshape(-1, wide)
    return values


def moving(row: Any) -> NDArray[Any]:
    """Indices of a sparse accessor."""
    return view(row.sparse.indices.bufferView, NUMBERS[row.sparse.indices.componentType])


def primitives() -> Iterator[tuple[Any, Any]]:
    return ((mesh, primitive) for mesh in file().meshes for primitive in mesh.primitives)


def triangles(primitive: Any) -> NDArray[np.int64]:
    return numbers(primitive.indices).astype(np.int64).reshape(-1, 3)


def test_the_file_says_what_it_is_and_needs_no_extension() -> None:
    asset = file().asset
    assert (asset.version, asset.generator) == ("2.0", "mien house") and "CC0" in asset.copyright
    assert not file().extensionsUsed and not file().extensionsRequired
    assert len(file().buffers) == 1 and file().buffers[0].uri is None
    assert 0 <= len(chunks()[1]) - file().buffers[0].byteLength < 4


def test_names_stand_once_and_a_node_is_called_as_its_mesh() -> None:
    for rows in (file().nodes, file().meshes, file().materials):
        names = [row.name for row in rows]
        assert all(names) and len(set(names)) == len(names)
    shown = [node for node in file().nodes if node.mesh is not None]
    assert [node.name for node in shown] == [file().meshes[node.mesh].name for node in shown]
    assert [node.name for node in file().nodes if node.mesh is None] == ["neck", "head_bone"]


def test_nothing_in_the_file_is_unused() -> None:
    nodes = file().scenes[file().scene].nodes
    below = [child for node in nodes for child in file().nodes[node].children or []]
    assert sorted([*nodes, *below]) == list(range(len(file().nodes)))
    meshes = [node.mesh for node in file().nodes if node.mesh is not None]
    assert sorted(meshes) == list(range(len(file().meshes)))
    assert {primitive.material for _, primitive in primitives()} == set(range(len(file().materials)))
    assert {row for row, _ in uses()} == set(range(len(file().accessors)))
    views = {view for row in file().accessors for view in views_of(row)}
    assert views == set(range(len(file().bufferViews)))


ATTRIBUTES = ("POSITION", "NORMAL", "COLOR_0", "JOINTS_0", "WEIGHTS_0")


def uses() -> Iterator[tuple[int, str]]:
    """Every accessor that a primitive names, and as what."""
    for _, primitive in primitives():
        yield primitive.indices, "indices"
        attributes = primitive.attributes
        yield from ((getattr(attributes, key), key) for key in ATTRIBUTES)
        yield from ((target["POSITION"], "shape") for target in primitive.targets)
        yield from ((target["NORMAL"], "turn") for target in primitive.targets)
    yield file().skins[0].inverseBindMatrices, "bind"


def views_of(row: Any) -> list[int]:
    if row.sparse is None:
        return [row.bufferView]
    return [row.sparse.indices.bufferView, row.sparse.values.bufferView]


def test_views_are_aligned_apart_and_within_the_buffer() -> None:
    rows = file().bufferViews
    assert all(row.buffer == 0 and row.byteOffset % 4 == 0 and row.byteLength > 0 for row in rows)
    for row, after in itertools.pairwise(rows):
        assert row.byteOffset + row.byteLength <= after.byteOffset
    assert rows[-1].byteOffset + rows[-1].byteLength <= file().buffers[0].byteLength


def test_a_view_says_whether_it_holds_vertices_or_indices_and_a_sparse_one_says_nothing() -> None:
    wanted = {"indices": gl.ELEMENT_ARRAY_BUFFER, "shape": None, "turn": None, "bind": None}
    for index, role in uses():
        for row in views_of(file().accessors[index]):
            assert file().bufferViews[row].target == wanted.get(role, gl.ARRAY_BUFFER), (index, role)


def test_accessors_fill_their_views() -> None:
    for row in file().accessors:
        size = NUMBERS[row.componentType]().itemsize * WIDE[row.type]
        if row.sparse is None:
            assert file().bufferViews[row.bufferView].byteLength == row.count * size
        else:
            assert len(moving(row)) == row.sparse.count
            assert file().bufferViews[row.sparse.values.bufferView].byteLength == row.sparse.count * size


def test_sparse_accessors_have_neither_view_nor_offset_and_indices_that_rise() -> None:
    sparse = [row for row in chunks()[0]["accessors"] if "sparse" in row]
    assert sparse
    assert not any(key in row for row in sparse for key in ("bufferView", "byteOffset"))
    for row in (row for row in file().accessors if row.sparse is not None):
        assert 0 < row.sparse.count <= row.count
        assert (np.diff(moving(row).astype(int)) > 0).all() and moving(row)[-1] < row.count


def test_bounds_of_places_and_shapes_are_those_of_their_values() -> None:
    for index, role in uses():
        if role in {"POSITION", "shape"}:
            row, values = file().accessors[index], numbers(index)
            assert np.isfinite(values).all()
            np.testing.assert_array_equal(np.float32(row.min), values.min(axis=0))
            np.testing.assert_array_equal(np.float32(row.max), values.max(axis=0))


def test_every_shape_has_a_weight_of_0_and_a_name() -> None:
    for mesh, primitive in primitives():
        names = mesh.extras.get("targetNames", [])
        assert len(primitive.targets) == len(mesh.weights or []) == len(names) == len(set(names))
        assert not any(mesh.weights or [])
        assert all(list(target) == ["POSITION", "NORMAL"] for target in primitive.targets)
        assert primitive.targets == mesh.primitives[0].targets, "materials of a mesh move together"


def test_attributes_are_of_the_kinds_that_every_reader_knows() -> None:
    kinds = {
        "indices": (gl.UNSIGNED_SHORT, False, "SCALAR"),
        "COLOR_0": (gl.UNSIGNED_BYTE, True, "VEC4"),
        "POSITION": (gl.FLOAT, False, "VEC3"),
    }
    kinds["NORMAL"] = kinds["shape"] = kinds["turn"] = kinds["POSITION"]
    kinds["WEIGHTS_0"] = kinds["COLOR_0"]
    kinds["JOINTS_0"], kinds["bind"] = (gl.UNSIGNED_BYTE, False, "VEC4"), (gl.FLOAT, False, "MAT4")
    for index, role in uses():
        row = file().accessors[index]
        assert (row.componentType, bool(row.normalized), row.type) == kinds[role]
    for _, primitive in primitives():
        roles = (*(getattr(primitive.attributes, key) for key in ATTRIBUTES), *shapes(primitive))
        count = file().accessors[primitive.attributes.POSITION].count
        assert all(file().accessors[index].count == count for index in roles)
        assert (numbers(primitive.attributes.COLOR_0)[:, 3] == 255).all()


def shapes(primitive: Any) -> list[int]:
    return [index for target in primitive.targets for index in target.values()]


def test_two_bones_hold_every_vertex_and_the_head_turns_about_its_own() -> None:
    (skin,) = file().skins
    neck, head = (file().nodes[joint] for joint in skin.joints)
    assert neck.children == [skin.joints[1]] and skin.skeleton == skin.joints[0]
    places = np.cumsum([neck.translation, head.translation], axis=0)
    for bind, place in zip(numbers(skin.inverseBindMatrices).reshape(2, 4, 4), places, strict=True):
        np.testing.assert_allclose(bind[3, :3], -place, atol=1e-6)
        np.testing.assert_array_equal(bind[:3, :3], np.eye(3))
    held = {}
    for mesh, primitive in primitives():
        weights = numbers(primitive.attributes.WEIGHTS_0).astype(int)
        joints = numbers(primitive.attributes.JOINTS_0)
        assert (weights.sum(axis=1) == 255).all() and (joints[weights == 0] == 0).all()
        held[mesh.name] = weights[:, 1].min(), weights[:, 1].max()
    assert {node.skin for node in file().nodes if node.mesh is not None} == {0}
    assert held["hair"][0] > 200 and held["eyeLeft"] == (255, 255) and held["tongue"] == (255, 255)
    assert held["body"][0] == 0 and held["body"][1] < 200 and held["head"][0] < 30 < 255 == held["head"][1]


def test_normals_of_a_shape_are_those_of_the_bent_mesh() -> None:
    for mesh, primitive in primitives():
        names = (mesh.extras or {}).get("targetNames", [])
        if "jawOpen" not in names:
            continue
        target = primitive.targets[names.index("jawOpen")]
        turned = numbers(primitive.attributes.NORMAL) + numbers(target["NORMAL"])
        assert np.abs(np.linalg.norm(turned, axis=1) - 1).max() < 1e-4


def test_triangles_name_vertices_that_are_there_have_an_area_and_use_them_all() -> None:
    for mesh in file().meshes:
        corners = np.concatenate([triangles(primitive) for primitive in mesh.primitives])
        places = numbers(mesh.primitives[0].attributes.POSITION)
        assert {p.attributes.POSITION for p in mesh.primitives} == {mesh.primitives[0].attributes.POSITION}
        np.testing.assert_array_equal(np.unique(corners), np.arange(len(places)))
        assert (np.linalg.norm(across(places, corners), axis=1) > 1e-8).all(), mesh.name


def across(places: NDArray[Any], corners: NDArray[np.int64]) -> NDArray[np.float64]:
    """Normals of faces, as long as twice their area, m²."""
    a, b, c = (places[corners[:, k]].astype(np.float64) for k in range(3))
    return np.cross(b - a, c - a)


def test_normals_are_1_long_and_on_the_side_from_which_faces_are_seen() -> None:
    for mesh, primitive in primitives():
        normals = numbers(primitive.attributes.NORMAL)
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=5e-4)
        corners = triangles(primitive)
        faces = across(numbers(primitive.attributes.POSITION), corners)
        agree = np.einsum("fk,fck->fc", faces, normals[corners]) > 0
        assert agree.any(axis=1).all(), mesh.name
        if not file().materials[primitive.material].doubleSided:
            assert np.mean(~agree) < FOLDED, mesh.name


def test_colours_and_roughness_are_within_their_ranges() -> None:
    for material in file().materials:
        surface = material.pbrMetallicRoughness
        assert all(0 <= value <= 1 for value in (*surface.baseColorFactor, surface.roughnessFactor))
        assert surface.metallicFactor == 0 and (material.alphaMode or "OPAQUE") == "OPAQUE"


def test_the_head_is_metres_high_upright_and_looks_ahead() -> None:
    ends = {mesh.name: span(mesh) for mesh in file().meshes}
    low, high = ends["head"]
    assert 0.22 < high[1] - low[1] < 0.32 and 0.13 < high[0] - low[0] < 0.18
    assert ends["hair"][1][1] > high[1] > ends["body"][1][1], "up is +Y"
    assert ends["eyeLeft"][0][0] > 0 > ends["eyeRight"][1][0], "the subject's left is +X"
    assert ends["teethLower"][1][1] < ends["eyeLeft"][0][1]
    assert ends["eyeLeft"][1][2] > ends["earLeft"][1][2], "the face looks to +Z"


def span(mesh: Any) -> tuple[list[float], list[float]]:
    row = file().accessors[mesh.primitives[0].attributes.POSITION]
    return row.min, row.max
