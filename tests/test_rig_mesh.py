"""The head that wears a rig: the field `mesh` of `rig.json`, and what becomes of it in a fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.errors import RigError
from mien.rig import find_rig, load_rig, mesh_of, rig_names
from mien.rig.write import write_rig
from tests.rig_written import folder_of, refusal
from tests.toy_face import toy_face
from tests.typed import mien as mien_command

MAP = {"schema": 1, "motion": 1, "linear": {"Jaw": {"jawOpen": 1}}}


def with_mesh(folder: Path, mesh: Any) -> Path:
    """A rig of one curve whose `rig.json` says `mesh`."""
    return folder_of(folder, {"schema": 1, "title": "Vera", "curves": [{"name": "Jaw"}], "mesh": mesh}, MAP)


def test_a_rig_without_the_field_has_no_mesh() -> None:
    assert mesh_of(find_rig("arkit")) is None


def test_every_mesh_of_a_shipped_rig_is_there() -> None:
    for name in rig_names():
        mesh = mesh_of(find_rig(name))
        assert mesh is None or mesh.parent == find_rig(name)


def test_the_mesh_lies_in_the_folder_of_the_rig(tmp_path: Path) -> None:
    folder = with_mesh(tmp_path / "vera", "head.glb")
    (folder / "head.glb").touch()
    assert mesh_of(folder) == folder / "head.glb"
    assert load_rig(folder).names == ("Jaw",)


def test_a_rig_whose_mesh_is_gone_gives_curves_but_no_mesh(tmp_path: Path, monkeypatch: Any) -> None:
    folder = with_mesh(tmp_path / "vera", "head.glb")
    assert load_rig(folder).names == ("Jaw",)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RigError) as refused:
        mesh_of(folder.resolve())
    wanted = "the mesh 'head.glb' is not in the rig's folder; put it there, or take 'mesh' out."
    assert str(refused.value) == f"vera/rig.json: {wanted}"


def test_a_folder_is_no_mesh(tmp_path: Path) -> None:
    folder = with_mesh(tmp_path / "vera", "head")
    (folder / "head").mkdir()
    with pytest.raises(RigError, match="the mesh 'head' is not in the rig's folder"):
        mesh_of(folder)


@pytest.mark.parametrize(
    "name",
    ["../head.glb", "/etc/passwd", "..", ".", "in/head.glb", "in\\head.glb", "C:head.glb", "x/", "C:\\x"],
)
def test_a_mesh_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    folder = with_mesh(tmp_path / "vera", name)
    wanted = f"the mesh is '{name}'; wanted the plain name of a file in the rig's folder, such as head.glb."
    assert refusal(folder) == f"rig.json: {wanted}"
    with pytest.raises(RigError, match="wanted the plain name of a file in the rig's folder"):
        mesh_of(folder)


def test_a_mesh_that_is_no_text_is_refused(tmp_path: Path) -> None:
    assert refusal(with_mesh(tmp_path / "vera", 3)) == "rig.json: 'mesh' is 3; wanted text."
    empty = refusal(with_mesh(tmp_path / "anna", ""))
    assert empty == 'rig.json: the mesh is ""; wanted printable text, not empty, no blanks around it.'


def test_a_mesh_is_copied_into_a_rig_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "face.glb").write_bytes(b"glTF\r\n\0")
    rig = json.loads((with_mesh(tmp_path / "old", "head.glb") / "rig.json").read_text(encoding="utf-8"))
    write_rig(tmp_path / "new", rig, MAP, "Mine.\n", {"head.glb": tmp_path / "face.glb"})
    mesh = mesh_of(tmp_path / "new")
    assert mesh is not None
    assert mesh.read_bytes() == b"glTF\r\n\0"


# Fits and checks


@pytest.fixture(scope="module")
def own_rig(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ARKit's rig with a toy face of its own."""
    folder = tmp_path_factory.mktemp("rigs") / "toy"
    given = find_rig("arkit")
    rig = json.loads((given / "rig.json").read_text(encoding="utf-8")) | {"mesh": "toy.npz"}
    folder_of(folder, rig, (given / "map.json").read_text(encoding="utf-8"))
    save(folder / "toy.npz")
    return folder


def save(path: Path) -> Path:
    """The toy face as a file, in metres."""
    mesh = toy_face(unit=1000.0)
    np.savez(path, vertices=mesh.vertices, triangles=mesh.triangles, **dict(mesh.shapes))
    return path


def test_a_fit_to_the_rigs_own_mesh_keeps_it(
    capsys: pytest.CaptureFixture[str], own_rig: Path, tmp_path: Path
) -> None:
    out = tmp_path / "fitted"
    code, _, err = mien_command(capsys, "rig", "fit", own_rig, own_rig / "toy.npz", "-o", out)
    assert (code, err) == (0, "")
    mesh = mesh_of(out)
    assert mesh == out / "toy.npz"
    assert mesh.read_bytes() == (own_rig / "toy.npz").read_bytes()
    assert len(load_rig(out).contacts) == 3


def test_a_fit_to_another_mesh_drops_the_own_one(
    capsys: pytest.CaptureFixture[str], own_rig: Path, tmp_path: Path
) -> None:
    other = save(tmp_path / "other.npz")
    assert mien_command(capsys, "rig", "fit", own_rig, other, "-o", tmp_path / "fitted")[0] == 0
    assert mesh_of(tmp_path / "fitted") is None


def test_a_check_looks_at_the_rigs_own_mesh(capsys: pytest.CaptureFixture[str], own_rig: Path) -> None:
    code, out, _ = mien_command(capsys, "rig", "check", own_rig)
    assert code == 0
    assert "The mesh has no shape 'eyeLookInLeft'" in " ".join(out.split())
    code, _, err = mien_command(capsys, "rig", "check", "arkit")
    assert (code, err) == (0, "")
