"""Face files: a mesh with its shapes comes out of what users have, whatever wrote it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.errors import MienError
from mien.face import FaceMesh, read_face
from tests.face_files import (
    FOREIGN,
    TURN,
    assert_face,
    assert_refused,
    gltf_of,
    npz_bytes,
    npz_face,
    obj_text,
    small_face,
    vrm,
    write_obj_folder,
)

# What foreign tools wrote.


def blender_truth() -> dict[str, np.ndarray]:
    """Blender's own vertices by pose, as `make.py` in the folder says."""
    poses = json.loads((FOREIGN / "truth.json").read_text(encoding="utf-8"))
    return {name: np.array(pose) for name, pose in poses.items()}


def farthest_from_blender(face: FaceMesh) -> float:
    """The largest distance of a vertex to Blender's nearest, over all poses at once and both ways round."""
    truth = blender_truth()
    theirs = np.concatenate(list(truth.values()), axis=1)
    shapes = [face.vertices + face.shapes[name] for name in list(truth)[1:]]
    ours = np.concatenate([face.vertices, *shapes], axis=1)
    apart = np.abs(ours[:, None] - theirs[None]).max(axis=2)
    return float(max(apart.min(axis=0).max(), apart.min(axis=1).max()))


@pytest.mark.parametrize(
    ("name", "near"), [("blender.glb", 1e-6), ("gltf_transform.glb", 1.5e-4), ("gltfpack.glb", 1.5e-4)]
)
def test_a_skinned_head_stands_where_blender_has_it(name: str, near: float) -> None:
    face = read_face(FOREIGN / name)
    assert list(face.shapes) == ["jawOpen", "mouthSmileLeft", "eyeBlinkLeft"]
    assert farthest_from_blender(face) < near, "quantised files keep 14 bits of 2 m"


def test_blenders_pieces_and_bones_keep_their_names() -> None:
    face = read_face(FOREIGN / "blender.glb")
    assert list(face.parts) == ["Head/Skin", "Head/Lips", "Teeth"], "the hat has no shapes"
    assert face.parts["Teeth"] == (108, 132)
    assert set(face.bones) == {"Neck", "HeadBone", "Jaw", "Armature", "Root"}
    first, end = face.parts["Teeth"]
    assert not face.shapes["mouthSmileLeft"][first:end].any()
    assert face.shapes["jawOpen"][first:end].any()


def test_pieces_without_a_name_have_that_of_the_node_above() -> None:
    assert list(read_face(FOREIGN / "gltfpack.glb").parts) == ["Head", "Teeth"]


def test_blenders_obj_files_are_the_same_head() -> None:
    face, truth = read_face(FOREIGN / "obj"), blender_truth()
    assert list(face.shapes) == ["eyeBlinkLeft", "jawOpen", "mouthSmileLeft"]
    assert face.parts == {"Head": (0, 26)}
    np.testing.assert_allclose(face.vertices, truth["neutral"][:26], atol=1e-6)
    for name, shape in face.shapes.items():
        np.testing.assert_allclose(face.vertices + shape, truth[name][:26], atol=2e-6)


def test_khronos_simple_morph_is_a_triangle_with_two_targets() -> None:
    face = read_face(FOREIGN / "SimpleMorph.gltf")
    assert face.triangles.tolist() == [[0, 1, 2]]
    assert face.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0.5, 0.5, 0]]
    assert {name: shape[2].tolist() for name, shape in face.shapes.items()} == {
        "target_0": [-1, 1, 0],
        "target_1": [1, 1, 0],
    }


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("blender_draco.glb", "KHR_draco_mesh_compression"),
        ("gltfpack_meshopt.glb", "EXT_meshopt_compression"),
    ],
)
def test_packed_geometry_is_refused_with_the_way_to_unpack_it(name: str, extension: str) -> None:
    words = f"is packed with {extension}, which is not read; export it without compression, or unpack it: npx"
    assert_refused(lambda: read_face(FOREIGN / name), words)


def test_the_ict_face_has_its_shapes_and_regions(shared: Path) -> None:
    path = shared / "reference" / "ict_facekit" / "ict_facekit_light_expr.npz"
    face, arrays = read_face(path), np.load(path)
    assert face.vertices.shape == (26719, 3)
    assert face.triangles.shape == (52220, 3)
    assert list(face.shapes) == [*arrays["expression_names"], *arrays["extra_names"]]
    assert face.parts["eyelashes_right"] == (26035, 26719)
    at = arrays["expression_names"].tolist().index("jawOpen")
    np.testing.assert_array_equal(face.shapes["jawOpen"], arrays["expression_deltas"][at].astype(np.float32))


def test_quads_of_the_ict_face_are_its_triangles(shared: Path, tmp_path: Path) -> None:
    path = shared / "reference" / "ict_facekit" / "ict_facekit_light_expr.npz"
    arrays = {name: array for name, array in np.load(path).items() if name != "tris"}
    (tmp_path / "quads.npz").write_bytes(npz_bytes(arrays))
    np.testing.assert_array_equal(read_face(tmp_path / "quads.npz").triangles, read_face(path).triangles)


@pytest.mark.filterwarnings("ignore:This file")  # it says that it writes a .bin
def test_what_pygltflib_writes_reads_back(tmp_path: Path) -> None:
    import pygltflib as lib

    vertices, triangles, shapes = small_face(40)
    blobs = [triangles.astype("<u2").tobytes(), *(array.tobytes() for array in (vertices, *shapes.values()))]
    starts = np.cumsum([0, *map(len, blobs)])
    views = [
        lib.BufferView(buffer=0, byteOffset=int(start), byteLength=len(blob))
        for start, blob in zip(starts, blobs, strict=False)
    ]
    counts = [triangles.size, *[len(vertices)] * 3]
    accessors = [
        lib.Accessor(
            bufferView=index,
            componentType=lib.FLOAT if index else lib.UNSIGNED_SHORT,
            count=count,
            type=lib.VEC3 if index else lib.SCALAR,
        )
        for index, count in enumerate(counts)
    ]
    primitive = lib.Primitive(
        attributes=lib.Attributes(POSITION=1), indices=0, targets=[{"POSITION": 2}, {"POSITION": 3}]
    )
    file = lib.GLTF2(
        scene=0,
        scenes=[lib.Scene(nodes=[0])],
        nodes=[lib.Node(mesh=0)],
        meshes=[lib.Mesh(primitives=[primitive], extras={"targetNames": list(shapes)})],
        accessors=accessors,
        bufferViews=views,
        buffers=[lib.Buffer(byteLength=int(starts[-1]))],
    )
    file.set_binary_blob(b"".join(blobs))
    for name in ("face.glb", "face.gltf"):  # the .gltf has its numbers in a .bin beside it
        file.save(str(tmp_path / name))
        assert_face(read_face(tmp_path / name), vertices, triangles, shapes)


def test_trimesh_puts_a_tree_of_nodes_in_the_same_place(tmp_path: Path) -> None:
    import trimesh

    rng = np.random.default_rng(5)
    scene, expected = trimesh.Scene(), []
    above = "world"
    for name in ("Face", "Teeth", "Tongue"):
        turn = trimesh.transformations.random_rotation_matrix(rng.random(3))
        turn[:3, 3] = rng.normal(size=3)
        turn[:3, :3] *= rng.uniform(0.5, 2)
        mesh = trimesh.creation.icosahedron()
        scene.add_geometry(mesh, node_name=name, geom_name=name, parent_node_name=above, transform=turn)
        above = name
        expected.append(trimesh.transform_points(mesh.vertices, scene.graph[name][0]))
    (tmp_path / "tree.glb").write_bytes(scene.export(file_type="glb"))
    face = read_face(tmp_path / "tree.glb", bare=True)
    assert set(face.parts) == {"Face", "Teeth", "Tongue"}
    for name, points in zip(("Face", "Teeth", "Tongue"), expected, strict=True):
        np.testing.assert_allclose(face.vertices[slice(*face.parts[name])], points, atol=1e-5)


# What is written reads back equal.


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    vertices=st.integers(3, 60), names=st.lists(st.text("abcXYZ _é笑", min_size=1), min_size=1, unique=True)
)
def test_any_face_comes_back_from_every_format(tmp_path: Path, vertices: int, names: list[str]) -> None:
    names = [f"s{name}.{k}" for k, name in enumerate(names)]
    face = small_face(vertices, tuple(names))
    gltf_of(*face).save(tmp_path / "face.glb")
    stack = {"vertices": face[0], "triangles": face[1], "shapes": np.stack(list(face[2].values()))}
    (tmp_path / "stacked.npz").write_bytes(npz_bytes(stack | {"names": np.array(names)}))
    alone = {"vertices": face[0], "faces": face[1]} | face[2]
    (tmp_path / "alone.npz").write_bytes(npz_bytes(alone))
    for name in ("face.glb", "stacked.npz", "alone.npz"):
        assert_face(read_face(tmp_path / name), *face)


def test_a_folder_of_obj_files_comes_back(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face(names=("blink", "jawOpen"))
    face = read_face(write_obj_folder(tmp_path / "vera", vertices, triangles, shapes))
    assert_face(face, vertices, triangles, shapes)
    assert (face.name, face.parts) == ("vera", {"Head": (0, 7)})


def test_arrays_and_tables_of_a_face_cannot_be_changed(tmp_path: Path) -> None:
    face = read_face(gltf_of(*small_face()).save(tmp_path / "face.glb"))
    for array in (face.vertices, face.triangles, *face.shapes.values()):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(TypeError):
        face.shapes["jawOpen"] = face.vertices  # type: ignore[index]


def test_arrays_given_to_a_face_may_change_afterwards() -> None:
    vertices, triangles, shapes = small_face()
    face = FaceMesh("face", vertices, triangles, shapes, {})
    vertices[:] = shapes["jawOpen"][:] = 7
    assert not (face.vertices == 7).any()
    assert not (face.shapes["jawOpen"] == 7).any()


def test_a_face_that_contradicts_itself_is_refused() -> None:
    vertices, triangles, shapes = small_face()
    few = shapes | {"blink": shapes["blink"][:5]}
    words = "vera: shape 'blink' has 5 vertices and the neutral face 7; export both from one mesh"
    assert_refused(lambda: FaceMesh("vera", vertices, triangles, few, {}), words)
    assert_refused(
        lambda: FaceMesh("vera", vertices[:, :2], triangles, {}, {}), "the neutral face has shape (7, 2)"
    )
    assert_refused(
        lambda: FaceMesh("vera", vertices, triangles * 1.0, {}, {}), "triangles are float64 (5, 3)"
    )
    assert_refused(lambda: FaceMesh("vera", vertices, triangles, {"": vertices}, {}), "a shape is named ''")
    for first, end in ((0, 8), (-1, 3), (4, 4)):
        words = f"vera: part 'Teeth' is vertices {first} to {end - 1}, and there are 7"
        assert_refused(lambda: FaceMesh("vera", vertices, triangles, {}, {"Teeth": (first, end)}), words)  # noqa: B023


# Damage of every kind.


def examples() -> dict[str, bytes]:
    """A whole file of each format, to be damaged."""
    face = small_face()
    loose = {"vertices": face[0], "faces": face[1]} | face[2]
    return {
        "plain.glb": gltf_of(*face, rotation=TURN).glb(),
        "blender.glb": (FOREIGN / "blender.glb").read_bytes(),
        "old.vrm": vrm(
            {"blendShapeMaster": {"blendShapeGroups": [{"binds": [{"mesh": 0, "index": 0, "weight": 9}]}]}},
            "VRM",
        ).glb(),
        "simple.gltf": (FOREIGN / "SimpleMorph.gltf").read_bytes(),
        "stacked.npz": npz_face(),
        "loose.npz": npz_bytes(loose),
        "obj/neutral.obj": obj_text(face[0], face[1]).encode(),
    }


EXAMPLES = examples()


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.filterwarnings("error")
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_reads_or_is_refused_and_never_more(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    whole = bytearray(EXAMPLES[name])
    for _ in range(data.draw(st.integers(0, 4), "flips")):
        whole[data.draw(st.integers(0, len(whole) - 1), "at")] = data.draw(st.integers(0, 255), "byte")
    if data.draw(st.booleans(), "cut"):
        first = data.draw(st.integers(0, len(whole)), "from")
        del whole[first : first + data.draw(st.integers(0, 64) | st.just(len(whole)), "bytes")]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(whole)
    try:
        face = read_face(path.parent if path.suffix == ".obj" else path, bare=True)
    except MienError as refusal:
        assert "\n" not in str(refusal), "one line"
    else:
        assert np.isfinite(face.vertices).all()
        assert face.triangles.max() < len(face.vertices)
