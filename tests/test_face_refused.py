"""Face files that are refused: one sentence each, with the thing and the way out."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.face import read_face
from tests.face_files import (
    assert_face,
    assert_refused,
    gltf_of,
    npz_bytes,
    npz_face,
    obj_text,
    refuse,
    skinned_face,
    small_face,
    write_obj_folder,
    zip_bytes,
)

# What is refused: paths.


def test_a_path_that_leads_nowhere_is_refused_with_a_near_one(tmp_path: Path) -> None:
    (tmp_path / "vera.glb").touch()
    words = "vara.glb: there is no such file or folder. Did you mean 'vera.glb'?"
    assert_refused(lambda: read_face(tmp_path / "vara.glb"), words)
    assert_refused(lambda: read_face(tmp_path / "obj"), "obj: there is no such file or folder.")
    assert_refused(lambda: read_face(tmp_path / ("x" * 300 + ".glb")), "cannot be read (File name too long)")


@pytest.mark.parametrize("suffix", [".fbx", ".blend", ".txt", ""])
def test_other_formats_are_refused_with_those_that_are_read(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"face{suffix}").touch()
    words = (
        f"a '{suffix}' is not read; export it as .glb, or as one of .glb, .gltf, .npz, .vrm, or as a folder"
    )
    assert_refused(lambda: read_face(tmp_path / f"face{suffix}"), words)


def test_a_single_obj_is_refused_with_the_folder_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "head.obj").write_text(obj_text(*small_face()[:2]), encoding="utf-8")
    words = "head.obj: one .obj holds no shapes; put one per shape and a neutral.obj into a folder"
    assert_refused(lambda: read_face(tmp_path / "head.obj"), words)


def test_a_pipe_is_no_face(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "face.glb")
    assert_refused(lambda: read_face(tmp_path / "face.glb"), "face.glb: there is no such file.")


def test_a_file_larger_than_any_face_is_not_read(tmp_path: Path) -> None:
    for name in ("face.glb", "face.npz"):
        with (tmp_path / name).open("wb") as file:
            file.truncate((4 << 30) + 1)
    assert_refused(lambda: read_face(tmp_path / "face.glb"), "has 4294967297 bytes, and at most 4294967296")
    assert_refused(lambda: read_face(tmp_path / "face.npz"), "is no .npz, or is cut off")


# What is refused: glTF.


def test_a_glb_that_is_cut_off_says_so(tmp_path: Path) -> None:
    whole, path = gltf_of(*small_face()).glb(), tmp_path / "a.glb"
    refuse(path, b"", "does not begin as a GLB does")
    refuse(path, whole[:10], "is cut off after 10 bytes; copy or export it again.")
    refuse(path, whole[:-1], f"is cut off: {len(whole)} bytes were written, {len(whole) - 1} are there")
    short = struct.pack("<4sII", b"glTF", 2, 18) + whole[12:18]
    refuse(path, short, "is cut off")
    chunk = whole[:12] + struct.pack("<I", len(whole)) + whole[16:]
    refuse(path, chunk, f"is cut off: a part of {len(whole)} bytes begins at 12; copy or export it again.")


def test_a_file_that_is_no_gltf_2_says_so(tmp_path: Path) -> None:
    whole = gltf_of(*small_face()).glb()
    refuse(tmp_path / "a.glb", b"{}", "does not begin as a GLB does, with the letters glTF")
    refuse(tmp_path / "a.vrm", whole[:4] + b"\1" + whole[5:], "is a GLB of version 1, and version 2 is read")
    refuse(tmp_path / "a.vrm", whole[:16] + b"BIN\0" + whole[20:], "does not begin with its JSON")
    refuse(tmp_path / "a.gltf", b'{"asset": ', "its JSON cannot be read (Input data was truncated)")
    refuse(tmp_path / "a.gltf", b"[" * 200_000, "its JSON")
    refuse(tmp_path / "a.gltf", b'{"extras": ' + b"[" * 200_000, "its JSON cannot be read")
    refuse(tmp_path / "a.gltf", b'{"asset": {"version": "1.0"}}', "is glTF '1.0', and 2.0 is read")
    refuse(tmp_path / "a.gltf", b"{}", "not that of glTF 2.0 (Object missing required field `asset`)")
    refuse(tmp_path / "a.gltf", b'{"asset": {"version": "2.0"}}', "shows no mesh of triangles")


BROKEN: list[tuple[str, Any, str]] = [
    (
        "accessors/1/bufferView",
        99,
        "mesh 'Head': accessor 1: names buffer view 99, and there are 4; export it again.",
    ),
    ("accessors/0/count", 8, "accessor 0 ends at byte 96 of buffer view 0, which has 84, in steps of 12"),
    (
        "accessors/0/byteOffset",
        12,
        "accessor 0 ends at byte 96 of buffer view 0, which has 84, in steps of 12",
    ),
    ("accessors/0/componentType", 5130, "accessor 0 has component type 5130; wanted one of 5120, 5121,"),
    ("accessors/0/type", "VEC2", "accessor 0 is 'VEC2'; wanted VEC3."),
    (
        "accessors/0/count",
        -1,
        "its JSON is not that of glTF 2.0 (Expected `int` >= 0 - at `$.accessors[0].count`)",
    ),
    ("accessors/0/count", "7", "(Expected `int`, got `str` - at `$.accessors[0].count`)"),
    ("accessors/0/count", 1 << 35, "accessor 0 has 34359738368 elements; no face has over"),
    ("accessors/2/count", 6, "shape 'jawOpen' has 6 vertices and the mesh 7; export it again."),
    ("accessors/1/componentType", 5122, "accessor 1 holds int16; wanted whole numbers from 0."),
    ("accessors/1/count", 14, "14 corners make no whole triangles"),
    ("bufferViews/0/byteLength", 4000, "buffer view 0 ends at byte 4000, and its buffer has"),
    ("bufferViews/0/buffer", 3, "names buffer 3, and there are 1"),
    ("bufferViews/0/byteStride", 4, "in steps of 4; export it again."),
    ("buffers/0/uri", "no.bin", "no.bin: there is no such file."),
    ("buffers/0/uri", "../a.glb", "wants '../a.glb', which is not in its folder; export it as .glb"),
    ("buffers/0/uri", "/etc/passwd", "wants '/etc/passwd', which is not in its folder"),
    ("buffers/0/uri", "%2e%2e/a.glb", "wants '%2e%2e/a.glb', which is not in its folder"),
    ("buffers/0/uri", "file:///etc/passwd", "wants 'file:///etc/passwd', which is not in its folder"),
    ("buffers/0/uri", "https://example.com/a", "wants 'https://example.com/a', which is not in its folder"),
    ("buffers/0/uri", "..\\a.glb", "which is not in its folder"),
    ("buffers/0/uri", "a\0", "which is not in its folder"),
    ("buffers/0/uri", "data:;base64,A", "a buffer's data URI is damaged"),
    ("buffers/0/uri", "data:;base64", "a buffer's data URI is damaged (no comma)"),
    ("buffers/0/uri", "data:;base64,AAAA", "buffer view 0 ends at byte 84, and its buffer has 3"),
    ("meshes/0/extras/targetNames", ["a"], "mesh 0: has 2 shapes and names for 1; export it again."),
    ("meshes/0/extras/targetNames", ["a", "a"], "mesh 0: has two shapes named 'a'; rename one"),
    ("meshes/0/extras/targetNames", ["a", 1], "mesh 0: its targetNames are no list of texts"),
    ("meshes/0/extras/targetNames", ["a", " "], "mesh 0: a shape is named ' '; wanted printable text"),
    ("meshes/0/extras/targetNames", ["a", "b\n"], "mesh 0: a shape is named 'b\\n'; wanted printable text"),
    ("meshes/0/primitives/0/attributes/POSITION", 44, "names accessor 44, and there are 4"),
    ("meshes/0/primitives/0/targets/0/POSITION", 1, "accessor 1 is 'SCALAR'; wanted VEC3."),
    ("meshes", [], "names mesh 0, and there are 0"),
    ("nodes/0/children", [0], "some nodes are their own ancestors"),
    ("nodes/0/children", [5], "names node 5, and there are 1"),
    (
        "nodes/0/rotation",
        [0, 0, 0, 0],
        "the neutral face is [nan, nan, nan] at vertex 0; wanted finite numbers",
    ),
    ("nodes/0/scale", [1e38, 1, 1], "the neutral face is ["),
    ("nodes/0/matrix", [1, 2], "(Expected `array` of length >= 16 - at `$.nodes[0].matrix`)"),
    ("nodes/0/skin", 0, "names skin 0, and there are 0"),
    ("scenes/0/nodes", [], "shows no mesh of triangles; export the face itself, within the scene."),
    ("scenes/0/nodes", [1], "names node 1, and there are 1"),
    ("scene", 3, "names scene 3, and there are 1"),
    ("nodes", [{"children": [2]}, {"children": [2]}, {"mesh": 0}], "node 2 has two parents"),
    ("nodes", [{"mesh": 0}, {"children": [2]}, {"children": [1]}], "some nodes are their own ancestors"),
    ("nodes", [{"mesh": 0}] * 10_001, "shows over 10000 pieces"),
]


@pytest.mark.parametrize(("place", "value", "words"), BROKEN)
def test_a_gltf_against_its_specification_is_refused(
    tmp_path: Path, place: str, value: Any, words: str
) -> None:
    file = gltf_of(*small_face())
    *way, last = [int(step) if step.isdigit() else step for step in place.split("/")]
    at: Any = file.document
    for step in way:
        at = at[step]
    at[last] = value
    if place == "nodes":
        file.document["scenes"][0]["nodes"] = list(range(len(value)))
    refuse(tmp_path / "a.glb", file.glb(), words)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2e9])
def test_numbers_that_are_none_are_refused_with_their_shape(tmp_path: Path, bad: float) -> None:
    vertices, triangles, shapes = small_face()
    shapes["blink"][3, 1] = bad
    path = gltf_of(vertices, triangles, shapes).save(tmp_path / "a.glb")
    assert_refused(lambda: read_face(path), "a: shape 'blink' is [")
    assert_refused(lambda: read_face(path), "at vertex 3; wanted finite numbers")
    vertices[2, 0] = bad
    path = gltf_of(vertices, triangles, shapes).save(tmp_path / "a.glb")
    assert_refused(lambda: read_face(path), "a: the neutral face is [")


def test_triangles_beyond_the_vertices_are_refused(tmp_path: Path) -> None:
    vertices, triangles, shapes = small_face()
    triangles[2, 1] = 7
    path = gltf_of(vertices, triangles, shapes).save(tmp_path / "a.glb")
    assert_refused(lambda: read_face(path), "mesh 'Head': a triangle names vertex 7, and there are 7")
    (tmp_path / "a.npz").write_bytes(npz_bytes({"vertices": vertices, "faces": triangles} | shapes))
    assert_refused(
        lambda: read_face(tmp_path / "a.npz"), "a: a triangle names vertex 7, and there are 0 to 6."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": 9}, "changes 9 of its 7 elements"),
        ({"indices": {"componentType": 5122}}, "changes elements beyond its 7"),
        ({"indices": {"componentType": 5125}}, "ends at byte"),
        ({"indices": {"byteOffset": 9}}, "ends at byte"),
        ({"values": {"bufferView": 99}}, "names buffer view 99"),
    ],
)
def test_sparse_numbers_that_do_not_fit_are_refused(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    vertices, triangles, shapes = small_face()
    file = gltf_of(vertices, triangles, shapes)
    at = file.sparse(shapes["blink"])
    file.document["meshes"][0]["primitives"][0]["targets"][1]["POSITION"] = at
    sparse = file.document["accessors"][at]["sparse"]
    for key, value in change.items():
        sparse[key] = sparse[key] | value if isinstance(value, dict) else value
    refuse(tmp_path / "a.glb", file.glb(), words)


def test_counts_that_a_small_file_only_claims_cost_nothing(tmp_path: Path) -> None:
    file = gltf_of(*small_face())
    for accessor in (0, 2, 3):
        file.document["accessors"][accessor] |= {"count": 4_000_000, "bufferView": None}
        del file.document["accessors"][accessor]["bufferView"]
    names = [f"s{k}" for k in range(60)]
    primitive = file.document["meshes"][0]["primitives"][0]
    primitive["targets"] = [{"POSITION": 2}] * 60
    file.document["meshes"][0]["extras"]["targetNames"] = names
    words = "60 shapes of 4000000 vertices would take 2880000000 bytes, and 2147483648 are allowed"
    refuse(tmp_path / "a.glb", file.glb(), words)
    file.document["accessors"][0]["count"] = 6_000_000
    refuse(
        tmp_path / "a.glb", file.glb(), "has 6000000 vertices and 5 triangles, and a face has at most 5000000"
    )


def test_joints_that_do_not_fit_the_mesh_are_refused(tmp_path: Path) -> None:
    inverses = np.tile(np.eye(4), (2, 1, 1))
    file = skinned_face(inverses, [1, 0], [[0, 0, 0]] * 2)
    attributes = file.document["meshes"][0]["primitives"][0]["attributes"]
    good = attributes["JOINTS_0"]
    attributes["JOINTS_0"] = file.accessor(np.full((7, 4), 2, "<u1"))
    refuse(tmp_path / "a.glb", file.glb(), "names joint 2, and there are 2")
    attributes["JOINTS_0"] = file.accessor(np.zeros((6, 4), "<u1"))
    refuse(tmp_path / "a.glb", file.glb(), "has 7 vertices and 6 of them on joints")
    attributes["JOINTS_0"] = good
    file.document["accessors"][file.document["skins"][0]["inverseBindMatrices"]]["count"] = 1
    refuse(tmp_path / "a.glb", file.glb(), "names inverse bind matrix 1, and there are 1")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(10_000))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.bin").symlink_to(tmp_path / "secret")
    file = gltf_of(*small_face())
    file.document["buffers"][0]["uri"] = "link.bin"
    refuse(tmp_path / "in" / "a.glb", file.glb(), "wants 'link.bin', which is not in its folder")


# What is refused: folders of .obj files.


@pytest.mark.parametrize(
    "name",
    ["neutral", "Neutral", "BASE", "default", "rest", "Vera_Neutral", "vera.basis", "generic_neutral_mesh"],
)
def test_the_neutral_face_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    face = small_face(names=("blink", "jawOpen"))
    write_obj_folder(tmp_path, *face)
    (tmp_path / "neutral.obj").rename(tmp_path / f"{name}.OBJ")
    (tmp_path / "._blink.obj").write_bytes(b"\0\5\x16\7")  # what macOS leaves on foreign disks
    assert_face(read_face(tmp_path), *face)


def test_without_one_neutral_face_a_folder_is_refused(tmp_path: Path) -> None:
    assert_refused(
        lambda: read_face(tmp_path), "has no .obj file; wanted neutral.obj and one .obj per shape."
    )
    write_obj_folder(tmp_path, *small_face())
    (tmp_path / "neutral.obj").rename(tmp_path / "a_rest.obj")
    (tmp_path / "jawOpen.obj").rename(tmp_path / "b_rest.obj")
    words = "a_rest and b_rest could each be the face at rest; name it neutral.obj, and the others after"
    assert_refused(lambda: read_face(tmp_path), words)
    (tmp_path / "a_rest.obj").unlink()
    (tmp_path / "b_rest.obj").unlink()
    assert_refused(lambda: read_face(tmp_path), "no .obj is the face at rest; name it neutral.obj")
    (tmp_path / "blink.obj").rename(tmp_path / "neutral.obj")
    assert_refused(lambda: read_face(tmp_path), "has no shapes (blendshapes, morph targets, shape keys)")


def test_two_files_for_one_shape_are_refused(tmp_path: Path) -> None:
    write_obj_folder(tmp_path, *small_face())
    (tmp_path / "blink.OBJ").touch()
    assert_refused(lambda: read_face(tmp_path), "both blink.OBJ and blink.obj are there; keep one.")


def test_shapes_of_other_vertex_counts_are_refused_with_both(tmp_path: Path) -> None:
    write_obj_folder(tmp_path, *small_face())
    (tmp_path / "blink.obj").write_text(obj_text(*small_face(9)[:2]), encoding="utf-8")
    assert_refused(
        lambda: read_face(tmp_path), "blink.obj: has 9 vertices and neutral.obj 7; export both from"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "neutral.obj: has no vertices, no line 'v x y z'"),
        ("f 1 2 3", "neutral.obj: has no vertices, no line 'v x y z'; export the mesh again."),
        ("v 1 2", "line 1 is 'v 1 2'; wanted 'v x y z' of numbers or 'f a b c' of vertices."),
        ("v 1 2 x", "line 1 is 'v 1 2 x'; wanted"),
        ("v 1 2 3", "neutral.obj: has no faces; export it with its polygons."),
        ("v 1 2 3\n\nf 1 1", "line 3 is 'f 1 1'; wanted"),
        ("v 1 2 3\nf 1 1 0", "line 2 is 'f 1 1 0'; wanted"),
        ("v 1 2 3\nf 1 1 1.5", "line 2 is 'f 1 1 1.5'; wanted"),
        ("v 1 2 3\nf 1 1 " + "9" * 5000, "line 2 is 'f 1 1 99999"),
        ("v 1 2 3\nf 1 1 -2", "line 2 is 'f 1 1 -2'; wanted"),
        ("v 1 2 3\nf 1 1 2", "a triangle names vertex 1, and there are 0 to 0."),
        ("v 1 2 nan\nf 1 1 1", "the neutral face is [1.0, 2.0, nan] at vertex 0"),
        ("v 1 2 1e99\nf 1 1 1", "the neutral face is [1.0, 2.0, inf] at vertex 0"),
    ],
)
def test_an_obj_that_makes_no_sense_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "neutral.obj").write_text(text, encoding="utf-8")
    assert_refused(lambda: read_face(tmp_path), words)


def test_polygons_of_an_obj_are_cut_into_triangles(tmp_path: Path) -> None:
    lines = [
        "v 0 0 0 1 1 1",
        "\tv 1 0 0\r",
        "v 1 \\\n 1 0",
        "o Eyes",
        "v 0 1 0",
        "g x",
        "f 1//1 2//2 -2 4/7/9",
    ]
    for name in ("neutral", "blink"):
        (tmp_path / f"{name}.obj").write_text("\n".join(lines), encoding="utf-8")
    face = read_face(tmp_path)
    assert face.triangles.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert face.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert face.parts == {tmp_path.name: (0, 3), "Eyes": (3, 4)}


# What is refused: npz.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vertices": None}, "a.npz: has no array 'vertices'."),
        ({"vertices": np.ones((7, 2))}, "array 'vertices' is float64 (7, 2); wanted floats (any, 3)."),
        ({"vertices": np.array([None])}, "array 'vertices' holds object, and only numbers and text are read"),
        (
            {"vertices": np.ones((0, 3)), "shapes": None},
            "the neutral face has shape (0, 3); wanted (vertices, 3), at least one.",
        ),
        ({"triangles": None}, "has none of the arrays triangles, tris, faces, quads; a mesh needs one."),
        (
            {"triangles": np.ones((4, 3))},
            "array 'triangles' is float64 (4, 3); wanted whole numbers (any, any).",
        ),
        ({"triangles": np.ones((4, 5), int)}, "has shape (4, 5); wanted 3 or 4 vertices a row."),
        ({"triangles": np.ones((0, 3), int)}, "triangles are int64 (0, 3); wanted whole numbers"),
        ({"triangles": -np.ones((1, 3), int)}, "a triangle names vertex -1, and there are 0 to 6."),
        ({"names": None}, "has 'shapes' without 'names'; wanted one name per shape."),
        ({"names": ["a"]}, "array 'shapes' is float32 (2, 7, 3); wanted floats (1, 7, 3)."),
        ({"names": [1, 2]}, "array 'names' is int64 (2,); wanted a list of texts."),
        ({"names": ["a", "a"]}, "shape 'a' is named twice; name each once."),
        ({"names": ["a", "\t"]}, "a shape is named '\\t'; wanted printable text"),
        ({"names": np.array(["a", "b"], object)}, "array 'names' holds object"),
        ({"shapes": np.ones((2, 8, 3))}, "array 'shapes' is float64 (2, 8, 3); wanted floats (2, 7, 3)."),
        ({"shapes": np.full((2, 7, 3), 1e300)}, "shape 'jawOpen' is [inf, inf, inf] at vertex 0"),
        (
            {"shapes": None, "smile": np.ones((8, 3))},
            "array 'smile' is float64 (8, 3); wanted floats (7, 3).",
        ),
        ({"shapes": None, "smile": np.array([None])}, "array 'smile' holds object"),
        ({"shapes": None, "smi\nle": np.ones((8, 3))}, "array 'smi\\nle' is float64 (8, 3)"),
        ({"shapes": None}, "a.npz: has no shapes"),
        (
            {"region_names": ["a"], "region_first_last": np.array([[3, 7]])},
            "part 'a' is vertices 3 to 7, and",
        ),
        (
            {"region_names": ["a"], "region_first_last": np.array([[3, 4, 5]])},
            "'region_first_last' is int64 (1, 3)",
        ),
    ],
)
def test_an_npz_that_is_no_face_is_refused_with_its_array(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    refuse(tmp_path / "a.npz", npz_face(**changes), words)


def test_arrays_that_claim_more_than_there_is_are_refused(tmp_path: Path) -> None:
    header = b"\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 3), }"
    for count in (5, 10**9, -5):
        data = (header % count).ljust(127) + b"\n" + bytes(48)
        words = f"array 'vertices' is damaged (its shape ({count}, 3) does not fit its size); save it again."
        refuse(tmp_path / "a.npz", zip_bytes({"vertices.npy": data}), words)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = bytearray(zip_bytes({"vertices.npy": bytes(1000)}))
    claimed = struct.pack("<I", 0xFFFFFFFE)
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = bomb.index(signature) + offset
        bomb[at : at + 4] = claimed
    refuse(tmp_path / "a.npz", bytes(bomb), "array 'vertices' is damaged")
    both = zip_bytes({"vertices.npy": bytes(1000), "b.npy": bytes(1000)}).replace(
        struct.pack("<I", 1000), claimed
    )
    refuse(tmp_path / "a.npz", both, "would unpack to 8589934588 bytes, and at most 4294967296 are read.")


def test_two_arrays_of_one_name_are_refused(tmp_path: Path) -> None:
    whole = npz_face()
    with pytest.warns(UserWarning, match="Duplicate name"):
        stream = io.BytesIO(whole)
        with zipfile.ZipFile(stream, "a") as archive:
            archive.writestr("vertices.npy", b"")
    refuse(tmp_path / "a.npz", stream.getvalue(), "has two arrays of one name; save each once.")


def test_what_is_no_zip_is_no_npz(tmp_path: Path) -> None:
    refuse(tmp_path / "a.npz", b"", "is no .npz, or is cut off")
    refuse(tmp_path / "a.npz", npz_face()[:-30], "is no .npz, or is cut off")
    refuse(tmp_path / "a.npz", b"\x93NUMPY", "is no .npz, or is cut off (File is not a zip file)")
