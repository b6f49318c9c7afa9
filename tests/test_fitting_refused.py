"""Fits that cannot be, each refused in one sentence, and the command `mien rig fit`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mien
from mien.errors import MeshError
from mien.face import FaceMesh
from mien.fitting import fit_to_mesh
from mien.fitting.fit import _lids
from mien.fitting.worn import wear
from mien.rig import Curve, Drive, Rig, Source, Term, find_rig, load_rig
from mien.values import CHANNEL_INDEX
from tests.rig_motion import ARKIT, motion
from tests.toy_face import toy_face
from tests.toy_fits import FULL, changed, gaps
from tests.typed import mien as mien_command

# Refusals


def refused(mesh: FaceMesh, rig: Rig = ARKIT, **more: Any) -> str:
    """The one sentence with which a fit is refused."""
    with pytest.raises(MeshError) as problem:
        fit_to_mesh(rig, mesh, motion(1), **more)
    assert "\n" not in str(problem.value)
    return str(problem.value)


def test_a_mesh_without_a_mouth_is_refused() -> None:
    mouth = ("mouthUpperUp", "mouthLowerDown")
    text = refused(toy_face(leave_out=lambda name: name.startswith(mouth)))
    assert text.startswith(
        "toy: lips: No shape of the mesh raises the upper lip; map one to it, or give the indices"
    )


def test_mouth_shapes_that_open_no_slit_are_refused() -> None:
    def change(shapes: dict[str, np.ndarray]) -> None:
        for side in ("Left", "Right"):
            shapes[f"mouthUpperUp{side}"] = shapes[f"browOuterUp{side}"]
            shapes[f"mouthLowerDown{side}"] = shapes[f"browDown{side}"]

    assert refused(changed(change)).startswith(
        "toy: lips: The mesh has no mouth that opens: where its shapes move"
    )


def test_a_mesh_of_other_names_is_refused() -> None:
    mesh = toy_face()
    shapes = {f"s{number}": moved for number, moved in enumerate(mesh.shapes.values())}
    text = refused(FaceMesh("toy", mesh.vertices, mesh.triangles, shapes, mesh.parts))
    assert text.startswith(
        "toy: none of its 47 shapes ('s0', 's1', 's2', ...) is a curve of the rig 'arkit'; `mien rig"
    )


def test_shapes_on_the_wrong_side_are_refused() -> None:
    def change(shapes: dict[str, np.ndarray]) -> None:
        shapes["eyeBlinkLeft"], shapes["eyeBlinkRight"] = shapes["eyeBlinkRight"], shapes["eyeBlinkLeft"]

    text = refused(changed(change))
    assert text.startswith(
        "toy: 'eyeBlink' and 'browOuterUp' do not agree where the left side is; is one of them"
    )


def test_a_mesh_without_a_jaw_is_refused() -> None:
    text = refused(toy_face(leave_out=lambda name: name == "jawOpen"))
    assert text == "toy: No shape of the mesh opens the jaw; map one to it."


def test_a_jaw_that_is_a_bone_is_refused() -> None:
    rig = load_rig(find_rig("reallusion"))
    mesh = toy_face()
    shapes = {"Jaw_Open": mesh.shapes["jawOpen"], "Eye_Blink_L": mesh.shapes["eyeBlinkLeft"]}
    text = refused(FaceMesh("toy", mesh.vertices, mesh.triangles, shapes, mesh.parts), rig)
    assert text.startswith(
        "toy: The rig 'reallusion' opens the jaw with 'CC_Base_JawRoot.rotation.z', which is no"
    )


def test_lids_that_are_bones_are_not_fitted() -> None:
    def bone(curve: Curve) -> Curve:
        return replace(curve, unit="deg") if curve.name == "eyeBlinkLeft" else curve

    rig = replace(ARKIT, curves=tuple(bone(curve) for curve in ARKIT.curves))
    with pytest.raises(
        MeshError, match="The rig 'arkit' closes the left eye with 'eyeBlinkLeft', which is no"
    ):
        _lids(wear(rig, toy_face()), {}, "Left")


@pytest.mark.parametrize("rounding", [0.0, 1e-6])
def test_a_mesh_whose_shapes_are_all_dead_is_refused(rounding: float) -> None:
    def change(shapes: dict[str, np.ndarray]) -> None:
        for name in shapes:
            shapes[name] = shapes[name] * np.float32(rounding)

    assert refused(changed(change)) == "toy: No shape of the mesh opens the jaw; map one to it."


def test_two_triangles_are_refused() -> None:
    corners = np.array([[-1.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, -1, 0]])
    moved = {name: np.zeros((4, 3)) for name in ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight")}
    moved["jawOpen"][3, 1] = -1
    moved["eyeBlinkLeft"][1, 1] = moved["eyeBlinkRight"][0, 1] = -1
    text = refused(FaceMesh("two", corners, np.array([[0, 1, 2], [0, 3, 1]]), moved, {}))
    assert text.startswith("two: lips: No shape of the mesh raises the upper lip; map one to it, or give the")


def test_lips_that_no_curve_may_close_are_refused() -> None:
    loose = {
        name: Drive((Term(Source("channel", name)),)) for name in ("jawOpen", "eyeBlinkLeft", "eyeBlinkRight")
    }
    read = {
        f"{stem}{side}": Drive((Term(Source("channel", f"{stem}{side}")),))
        for stem in ("mouthUpperUp", "mouthLowerDown")
        for side in ("Left", "Right")
    }
    # All that could close them is read by another curve.
    reader = Drive(tuple(Term(Source("curve", name)) for name in ("jawOpen", *read)))
    rig = replace(ARKIT, drives={**loose, **read, "tongueOut": reader})
    text = refused(toy_face(), rig)
    assert text.startswith(
        "toy: lips: no curve that may give way opens or closes them by 0.5 mm; wanted a weight of"
    )


def test_given_lips_that_are_none_are_refused() -> None:
    same = np.arange(1000)
    text = refused(toy_face(), given={"lips": (same, same)})
    assert text.startswith(
        "toy: lips: The vertices given as the upper edge have no triangles, or none that are"
    )


def test_given_lids_that_are_none_are_refused_not_noted() -> None:
    teeth = np.arange(*toy_face().parts["teeth"])
    text = refused(toy_face(), given={"lidsLeft": (teeth[:42], teeth[42:])})
    assert text.startswith("toy: lidsLeft: ")


# The command


@pytest.fixture(scope="session")
def toy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy as a file, in metres."""
    mesh = toy_face(unit=1000.0)
    path = tmp_path_factory.mktemp("toy") / "toy.npz"
    np.savez(path, vertices=mesh.vertices, triangles=mesh.triangles, **dict(mesh.shapes))
    return path


def test_the_command_writes_a_rig_that_is_used_like_any_other(
    capsys: pytest.CaptureFixture[str], toy_file: Path, demo_line: Path, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "mine"
    code, told, err = mien_command(capsys, "rig", "fit", "arkit", toy_file, "-o", out)
    assert (code, err) == (0, "")
    assert told.splitlines()[0].startswith(
        "The face: 1000 mm in a unit of the file; the jaw opens the lips by 30"
    )
    assert told.splitlines()[-1] == f"{out}: 52 curves, 3 contacts"
    rig = load_rig(out)
    assert rig.title.endswith(", fitted to toy")
    assert rig.groups == ARKIT.groups
    mesh = wear(rig, toy_face())
    take = mien.bake(demo_line)
    asked = take.motion.values[:, CHANNEL_INDEX["lipClosure"]] >= FULL["lips"]
    assert gaps(mesh, "lips", take.motion.values[asked]).max() <= 0.3
    assert take.curves(out).names == ARKIT.names


EDGES = {
    "text": ("hello", "not JSON."),
    "deep": ("[" * 100_000, "not JSON."),
    "list": ("[]", "wanted an object with one of lips, lidsLeft, lidsRight."),
    "empty": ("{}", "wanted an object with one of lips, lidsLeft, lidsRight."),
    "other name": ('{"lip": {}}', "'lip' is none of lips, lidsLeft, lidsRight. Did you mean 'lips'?"),
    "one edge": (
        '{"lips": {"upper": [1, 2, 3]}}',
        "'lips' wants two lists of whole numbers, 'upper' and 'lower'.",
    ),
    "texts": ('{"lips": {"upper": ["a"], "lower": []}}', "'lips': 'upper' is no list of whole numbers."),
    "truths": (
        '{"lips": {"upper": [1, 2, true], "lower": []}}',
        "'lips': 'upper' is no list of whole numbers.",
    ),
    "too few": (
        '{"lips": {"upper": [1, 2], "lower": [1, 2, 3]}}',
        "'upper' names 2 vertices; wanted three or more",
    ),
    "negative": (
        '{"lips": {"upper": [1, 2, -1], "lower": [1, 2, 3]}}',
        "'upper' names vertex -1; wanted three or",
    ),
    "beyond": (
        '{"lips": {"upper": [1, 2, 3], "lower": [1, 2, 99999]}}',
        "'lower' names vertex 99999; wanted three",
    ),
    "huge": ('{"lips": {"upper": [1, 2, 1%s], "lower": [1, 2, 3]}}' % ("0" * 99), "names vertex 1000000"),
}


@pytest.mark.parametrize("content", EDGES.values(), ids=EDGES)
def test_edges_that_make_no_sense_are_refused_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], toy_file: Path, tmp_path: Path, content: tuple[str, str]
) -> None:
    (tmp_path / "edges.json").write_text(content[0], encoding="utf-8")
    out = tmp_path / "out"
    code, told, err = mien_command(
        capsys, "rig", "fit", "arkit", toy_file, "-o", out, "--edges", tmp_path / "edges.json"
    )
    assert (code, told) == (2, "")
    assert content[1] in err
    assert err.count("\n") == 1
    assert not out.exists()


def test_a_bad_mesh_is_refused_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mesh = toy_face()
    vertices = np.array(mesh.vertices)
    vertices[7, 1] = np.nan
    np.savez(tmp_path / "nan.npz", vertices=vertices, triangles=mesh.triangles, **dict(mesh.shapes))
    cut = toy_face(leave_out=lambda name: name.startswith("mouth"))
    np.savez(tmp_path / "mute.npz", vertices=cut.vertices, triangles=cut.triangles, **dict(cut.shapes))
    for name, sentence in (
        ("nan.npz", "at vertex 7; wanted finite numbers"),
        ("mute.npz", "mute: lips: No shape of the mesh raises the upper lip"),
        ("none.npz", "there is no such file"),
    ):
        code, told, err = mien_command(capsys, "rig", "fit", "arkit", tmp_path / name, "-o", tmp_path / "out")
        assert (code, told) == (2, "")
        assert sentence in err
        assert err.count("\n") == 1
        assert not (tmp_path / "out").exists()
