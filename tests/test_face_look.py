"""What heads look like: materials, pictures and colours of glTF files, and all that they show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.errors import MissingExtraError
from mien.face import Look, Material, read_face, read_head
from mien.face.look import shared_normals
from tests.face_files import GltfFile, assert_refused, gltf_of, npz_face, small_face
from tests.head_files import add_mesh, card, head_file, material, texture

UNLIT: dict[str, Any] = {"KHR_materials_unlit": {}}


def square(**changes: Any) -> tuple[GltfFile, dict[str, Any]]:
    """A small face and a square with a material of its own, changed; the file and the square's primitive."""
    file = gltf_of(*small_face())
    file.document["materials"] = []
    corners, triangles, uv = card((0, 0, 0), 2)
    primitive = add_mesh(file, corners, triangles)
    primitive["attributes"]["TEXCOORD_0"] = file.accessor(uv)
    file.document["materials"][0] = material("square", [0.5, 0.25, 0.125, 0.5]) | changes
    return file, primitive


def read(file: GltfFile, path: Path) -> Look:
    return read_head(file.save(path / "a.glb"))[1]


def painted(path: Path, pixels: np.ndarray, **info: Any) -> tuple[Look, Material]:
    """The square with a texture."""
    file, _ = square()
    surface = file.document["materials"][0]["pbrMetallicRoughness"]
    surface["baseColorTexture"] = {"index": texture(file, pixels)} | info
    look = read(file, path)
    return look, look.materials[1]


def test_all_meshes_that_are_shown_belong_to_a_head(tmp_path: Path) -> None:
    file, _ = square()
    path = file.save(tmp_path / "a.glb")
    mesh, look = read_head(path)
    assert list(mesh.parts) == ["Head", "more"]
    assert len(read_face(path).vertices) == 7, "a face is what has shapes"
    assert [one.name for one in look.materials] == ["", "square"]
    assert look.material.tolist() == [0] * 5 + [1] * 2
    assert not mesh.shapes["jawOpen"][7:].any()


def test_materials_come_as_the_file_has_them(tmp_path: Path) -> None:
    mask = {"alphaMode": "MASK", "alphaCutoff": 0.7, "doubleSided": False}
    for changes, alpha, cutoff in (({}, 1.0, 0.0), (mask, 0.5, 0.7), ({"alphaMode": "BLEND"}, 0.5, 0.5)):
        found = read(square(**changes)[0], tmp_path).materials[1]
        assert found.color == (0.5, 0.25, 0.125)
        assert (found.roughness, found.alpha, found.cutoff) == (0.6, alpha, cutoff)
        assert found.both_sides is changes.get("doubleSided", True)
        assert found.texture is None


@pytest.mark.parametrize("extension", ["KHR_materials_unlit", "VRMC_materials_mtoon"])
def test_drawn_characters_are_known_as_such(tmp_path: Path, extension: str) -> None:
    assert read(square(extensions={extension: {}})[0], tmp_path).materials[1].unlit
    assert not read(square()[0], tmp_path).materials[1].unlit


def test_colours_of_vertices_are_floats_or_fractions_with_or_without_alpha(tmp_path: Path) -> None:
    tint = np.random.default_rng(0).random((4, 4)).astype(np.float32)
    for values, changes in (
        (tint, {}),
        (tint[:, :3], {}),
        ((tint * 255).astype("<u1"), {"normalized": True}),
    ):
        file, primitive = square()
        primitive["attributes"]["COLOR_0"] = file.accessor(values, **changes)
        look = read(file, tmp_path)
        np.testing.assert_allclose(look.tint[7:], tint[:, :3], atol=1 / 255)
        assert (look.tint[:7] == 1).all()


def test_pictures_are_read_with_their_alpha_and_made_no_larger_than_needed(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (4, 6, 4))
    look, found = painted(tmp_path, pixels)
    np.testing.assert_array_equal(found.texture, pixels)
    assert look.uv is not None
    np.testing.assert_allclose(look.uv[7:], [[0, 1], [1, 1], [1, 0], [0, 0]])
    _, found = painted(tmp_path, np.zeros((8, 3000, 3)))
    assert found.texture is not None
    assert found.texture.shape == (3, 1024, 3)


def test_a_picture_may_be_moved_scaled_and_turned(tmp_path: Path) -> None:
    change = {"offset": [0.5, 0.25], "scale": [2, 4], "rotation": np.pi / 2}
    look, _ = painted(tmp_path, np.zeros((2, 2, 3)), extensions={"KHR_texture_transform": change})
    assert look.uv is not None
    wanted = [[4.5, 0.25], [4.5, -1.75], [0.5, -1.75], [0.5, 0.25]]
    np.testing.assert_allclose(look.uv[7:], wanted, atol=1e-6)


def test_a_second_set_of_uvs_is_read_where_the_picture_asks_for_it(tmp_path: Path) -> None:
    file, primitive = square()
    primitive["attributes"]["TEXCOORD_1"] = file.accessor(np.full((4, 2), 0.75, np.float32))
    info = {"index": texture(file, np.zeros((2, 2, 3))), "texCoord": 1}
    file.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = info
    look = read(file, tmp_path)
    assert look.uv is not None
    assert (look.uv[7:] == 0.75).all()


def test_pieces_that_share_their_vertices_keep_the_colours_of_those_that_they_use(tmp_path: Path) -> None:
    file, primitive = square()
    tint = np.random.default_rng(0).random((4, 3)).astype(np.float32)
    primitive["attributes"]["COLOR_0"] = file.accessor(tint)
    half = primitive | {"indices": file.accessor(np.array([0, 2, 3], "<u2"))}
    mesh = file.document["nodes"][1]["mesh"]
    file.document["meshes"][mesh]["primitives"] = [half, half]
    look = read(file, tmp_path)
    np.testing.assert_allclose(look.tint[7:], np.tile(tint[[0, 2, 3]], (2, 1)))


def test_normals_are_shared_across_seams_of_a_texture_but_not_across_hard_edges() -> None:
    places = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 0, 0]], np.float32)
    normals = np.array([[0, 0, 1], [0, 0, 0.9999], [0, 1, 0], [0, 0, 1]], np.float32)
    one, seam, edge, other = shared_normals(places, [normals], 0.02).tolist()
    assert one == seam
    assert len({one, edge, other}) == 3
    assert len(set(shared_normals(places).tolist())) == 2


def test_other_files_are_one_skin(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(npz_face())
    mesh, look = read_head(tmp_path / "a.npz")
    assert [one.name for one in look.materials] == ["skin"]
    assert look.material.shape == (len(mesh.triangles),)
    assert look.named("SKIN", "teeth").all()


def test_a_look_cannot_be_changed(tmp_path: Path) -> None:
    look, found = painted(tmp_path, np.zeros((2, 2, 3)))
    for array in (look.material, look.tint, look.uv, look.normals, found.texture):
        assert array is not None
        assert not array.flags.writeable


# Refused


def test_a_picture_that_is_none_is_refused(tmp_path: Path) -> None:
    file, _ = square()
    index = texture(file, np.zeros((2, 2, 3)))
    file.document["images"][0] = {"bufferView": file.view(b"not a picture"), "mimeType": "image/png"}
    file.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": index}
    path = file.save(tmp_path / "a.glb")
    assert_refused(
        lambda: read_head(path), "image 0: is no picture that can be read; export it as PNG or JPEG."
    )
    assert len(read_face(path).vertices) == 7, "whoever wants shapes alone is not stopped by it"


def test_pictures_that_are_programs_are_not_run(tmp_path: Path) -> None:
    file, _ = square()
    index = texture(file, np.zeros((2, 2, 3)))
    program = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    file.document["images"][0] = {"bufferView": file.view(program), "mimeType": "image/png"}
    file.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": index}
    assert_refused(lambda: read(file, tmp_path), "image 0: is no picture that can be read")


def test_colour_and_roughness_stay_within_what_gltf_allows(tmp_path: Path) -> None:
    file, _ = square()
    surface = file.document["materials"][0]["pbrMetallicRoughness"]
    surface |= {"baseColorFactor": [1e300, -5, 0.5, 1], "roughnessFactor": 1e300}
    found = read(file, tmp_path).materials[1]
    assert (found.color, found.roughness) == ((1, 0, 0.5), 1)


def test_a_texture_of_another_format_is_refused_by_its_name(tmp_path: Path) -> None:
    file, _ = square()
    index = texture(file, np.zeros((2, 2, 3)))
    file.document["textures"] = [{"extensions": {"KHR_texture_basisu": {"source": 0}}}]
    file.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": index}
    assert_refused(
        lambda: read(file, tmp_path),
        "texture 0 is KHR_texture_basisu; export its picture as PNG or JPEG.",
    )


def test_a_picture_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for image, words in (({}, "image 0 is empty"), ({"uri": "skin.png"}, "there is no such file")):
        file, _ = square()
        index = texture(file, np.zeros((2, 2, 3)))
        file.document["images"] = [image]
        file.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": index}
        assert_refused(lambda file=file: read(file, tmp_path), words)


@pytest.mark.parametrize(
    ("key", "what"), [("TEXCOORD_0", "UVs"), ("COLOR_0", "colours"), ("NORMAL", "normals")]
)
def test_too_few_numbers_for_the_vertices_are_refused(tmp_path: Path, key: str, what: str) -> None:
    file, primitive = square()
    index = texture(file, np.zeros((2, 2, 3)))
    file.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": index}
    primitive["attributes"][key] = file.accessor(np.zeros((3, 2 if key == "TEXCOORD_0" else 3), np.float32))
    assert_refused(lambda: read(file, tmp_path), f"has 4 vertices and 3 {what}; export it again.")


def test_without_pillow_the_way_to_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, _ = square()
    index = texture(file, np.zeros((2, 2, 3)))
    plain = head_file().save(tmp_path / "plain.glb")
    file.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": index}
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mien\[preview\]'"):
        read(file, tmp_path)
    read_head(plain)  # what has no pictures needs no Pillow
