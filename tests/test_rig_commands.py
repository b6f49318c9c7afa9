"""`mien rig list`, `show` and `check` as a user types them, on rigs of ours, own ones and broken ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mien.rig import find_rig, load_rig, rig_names
from mien.rig.check import check
from mien.rig.reach import channels_of, reach_of, unread_channels
from mien.rig.write import json_text
from mien.values import CHANNEL_NAMES
from tests.face_files import gltf_of, small_face, vrm, write_obj_folder
from tests.rig_poses import pose_of
from tests.typed import mien

Run = Callable[..., tuple[int, str, str]]

CURVES = ("Jaw", "Seal", "Smile_L", "Smile_R", "Spare")
LINEAR = {"Jaw": {"jawOpen": 1}, "Seal": {"mouthClose": 1}} | {
    f"Smile_{side[0]}": {f"mouthSmile{side}": 1} for side in ("Left", "Right")
}
SIDES = {"left": ["Smile_L"], "right": ["Smile_R"]}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *words: mien(capsys, "rig", *words)


def own_rig(folder: Path, curves: Any = CURVES, groups: Any = SIDES, **tables: Any) -> Path:
    """A rig of the user's: names or rows of curves, and the tables of its map."""
    rows = [{"name": row} if isinstance(row, str) else row for row in curves]
    tables = {"base": "arkit", "linear": LINEAR} | tables
    folder.mkdir(parents=True, exist_ok=True)
    rig = {"schema": 1, "title": "Vera", "curves": rows, "groups": groups}
    map_ = {"schema": 1, "motion": 1} | {table: rows for table, rows in tables.items() if rows is not None}
    (folder / "rig.json").write_text(json_text(rig), encoding="utf-8")
    (folder / "map.json").write_text(json_text(map_), encoding="utf-8")
    return folder


def findings(folder: Path) -> dict[str, tuple[str, ...]]:
    """What is found about the rig, by kind."""
    return {finding.about: finding.names for finding in check(load_rig(folder))}


# list


def test_every_rig_is_listed_with_its_curves_and_base(run: Run) -> None:
    code, said, _ = run("list")
    assert code == 0
    rows = {
        line.split()[0]: line.split()[1:4]
        for line in said.splitlines()
        if line[0].strip() or line[1:2].strip()
    }
    assert rows["arkit"] == ["52", "52", "-"]
    assert rows["vrm1"] == ["18", "11", "arkit"]
    assert set(rig_names()) <= set(rows)


def test_the_list_marks_own_rigs_and_goes_on_when_one_is_broken(run: Run, tmp_path, monkeypatch) -> None:
    own_rig(tmp_path / "rigs" / "vera")
    own_rig(tmp_path / "rigs" / "my[bold]own")
    (tmp_path / "rigs" / "my[bold]own" / "rig.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    code, said, _ = run("list")
    rows = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    assert code == 0
    assert rows["vera"].split()[1:5] == ["*", "5", "4", "arkit"]
    assert "rig.json: not JSON" in rows["my[bold]own"]
    assert "*" not in rows["arkit"]
    assert "yours, in MIEN_HOME" in said


def test_the_list_for_programs_says_the_same(run: Run, tmp_path, monkeypatch) -> None:
    own_rig(tmp_path / "rigs" / "vera")
    (own_rig(tmp_path / "rigs" / "lost") / "map.json").unlink()
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    rows = {row["name"]: row for row in json.loads(run("list", "--json")[1])}
    assert rows["arkit"]["curves"] == rows["arkit"]["driven"] == 52
    assert (rows["arkit"]["yours"], rows["vera"]["yours"]) == (False, True)
    assert Path(rows["vera"]["folder"]) == tmp_path / "rigs" / "vera"
    assert "map.json: there is no such file" in rows["lost"]["error"]


def test_the_old_command_names_the_new_one(capsys) -> None:
    code, _, err = mien(capsys, "rigs")
    assert code == 2
    assert "Did you mean 'rig'?" in err


# show


def shown(said: str) -> dict[str, str]:
    """Formulas by name, as they are printed, on lines that were wide enough."""
    rows = [line.split("  ") for line in said.splitlines()]
    return {cells[0].strip(): cells[-1].strip() for cells in rows if len(cells) > 1 and cells[0].strip()}


def test_show_says_what_drives_each_curve(run: Run) -> None:
    code, said, _ = run("show", "arkit")
    assert code == 0
    formulas = shown(said)
    assert formulas["mouthClose"] == "lipClosure x [jawOpen], at most [jawOpen]"
    assert formulas["mouthFunnel"] == "mouthFunnel x (1 - lipClosure)"
    assert formulas["eyeLookDownLeft"] == "2.326 x max(0, -eyePitchLeft)"
    assert "Groups: eye 14, jaw 4, mouth 23" in said
    assert "[x] is a curve of this rig." in said


def test_show_says_what_is_not_driven_and_what_is_lost(run: Run, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "2000")
    said = run("show", "vrm1")[1].splitlines()
    (still,) = [line for line in said if line.startswith("Not driven")]
    assert still == "Not driven, always at rest (7): happy, angry, sad, relaxed, surprised, blink, neutral"
    (lost,) = [line for line in said if line.startswith("Lost")]
    named = lost.partition("): ")[2].split(", ")
    assert "headYaw" in named
    assert "jawOpen" not in named
    assert set(named) <= set(CHANNEL_NAMES)


def test_poses_are_shown_with_what_they_bring_left_and_right_as_one(run: Run, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    formulas = shown(run("show", "vrm1", "--group", "viseme")[1])
    assert list(formulas) == ["aa", "ih", "ou", "ee", "oh"]
    assert formulas["aa"] == (
        "pose(0.57 x arkit.jawOpen + 0.15 x (arkit.mouthLowerDownLeft + Right) + "
        "0.1 x (arkit.mouthUpperUpLeft + Right)) x (1 - lipClosure)"
    )


def test_curves_of_the_base_are_followed_down_to_the_channels(run: Run) -> None:
    assert shown(run("show", "arkit61", "--curve", "mouthClose")[1])["mouthClose"] == "arkit.mouthClose"
    formulas = shown(run("show", "arkit61", "--curve", "mouthClose", "--down")[1])
    assert formulas["mouthClose"] == "arkit.mouthClose"
    assert formulas["arkit.mouthClose"] == "lipClosure x jawOpen, at most jawOpen"


def test_show_by_channel_finds_all_that_it_moves_however_indirectly(run: Run) -> None:
    formulas = shown(run("show", "unified", "--channel", "lipClosure")[1])
    assert "v2/MouthClosed" in formulas  # through arkit
    assert "v2/MouthUpperUp" in formulas  # through the mean of two curves that fade in arkit
    assert "v2/JawOpen" not in formulas
    code, said, _ = run("show", "vrm1", "--channel", "headYaw")
    assert (code, "No curve reads the channel 'headYaw'." in said) == (0, True)


def test_bones_units_and_angles_can_be_read(run: Run, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    said = run("show", "reallusion", "--curve", "CC_Base_JawRoot.rotation.z")[1]
    assert "0..30.89 deg" in said
    assert "30.89 x arkit.jawOpen" in said
    assert "turns bone 'CC_Base_JawRoot' about z" in said


def test_an_angle_that_is_turned_into_degrees_says_so(run: Run, tmp_path) -> None:
    row = {"name": "Turn", "unit": "deg", "min": -40, "rest": 5, "max": 40}
    folder = own_rig(tmp_path / "vera", [row], {}, base=None, linear={"Turn": {"headYaw": 0.5}})
    said = run("show", folder)[1]
    assert "-40..40 deg, rest 5" in said
    assert shown(said)["Turn"] == "5 + 0.5 x deg(headYaw)"


def test_no_line_is_wider_than_the_terminal_and_no_name_is_cut(run: Run, monkeypatch) -> None:
    for width in (80, 140):
        monkeypatch.setenv("COLUMNS", str(width))
        for name in ("metahuman", "rigify", "oculus15", "unified"):
            said = run("show", name, "--down")[1]
            assert max(map(len, said.splitlines())) <= width
            for curve in load_rig(find_rig(name)).moving:
                assert curve in said


def test_show_for_programs_has_every_curve_with_its_terms(run: Run) -> None:
    said = json.loads(run("show", "arkit", "--json")[1])
    curves = {curve["name"]: curve for curve in said["curves"]}
    assert list(curves) == list(load_rig(find_rig("arkit")).names)
    close = curves["mouthClose"]
    assert close["terms"] == [{"kind": "channel", "name": "lipClosure", "gain": 1.0, "half": "both"}]
    assert (close["at_most"], close["channels"]) == ("jawOpen", ["jawOpen", "lipClosure"])
    assert said["unread_channels"] == list(unread_channels(load_rig(find_rig("arkit"))))
    bone = json.loads(run("show", "rigify", "--curve", "head.rotation_euler.x", "--json")[1])["curves"][0][
        "bone"
    ]
    assert bone == {"name": "head", "moves": "rotation", "axis": [1.0, 0.0, 0.0]}


def test_a_contact_is_told_with_what_gives_way(run: Run, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    said = run("show", own_rig(tmp_path / "vera", contact=LIPS))[1]
    assert (
        "Contact 'lips': closes as lipClosure goes from 0.3 to 0.8, measured in 2 cuts; Spare give way; "
        "pressed 0.1 mm, parted beyond 0.2 mm" in said
    )
    assert "moved by a contact alone" in said


LIPS = {
    "lips": {
        "demand": "lipClosure", "begin": 0.3, "full": 0.8, "rest": [0.5, 0.5],
        "gap": {"Jaw": [30, 31], "Spare": [-33, -34]}, "moves": {"Spare": 0.1}, "press": 0.1, "cross": 0.2,
    }
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "arkti"], "Did you mean 'arkit'?"),
        (
            ["show", "arkit", "--curve", "jawOpne"],
            "not one of the 52 curves that there are. Did you mean 'jawOpen'?",
        ),
        (["show", "metahuman", "--curve", "scrunch"], "'scrunch' is in CTRL_expressions_eyeFaceScrunchL, "),
        (["show", "arkit", "--channel", "mouthClose"], "not one of the 71 channels"),
        (
            ["show", "arkit", "--group", "moth"],
            "not one of the 9 groups that there are. Did you mean 'mouth'?",
        ),
        (["show", "arkit", "--group", "eye", "--curve", "jawOpen"], "--curve and --group both choose curves"),
        (["check", "OUT"], "rig.json: there is no such file"),
        (["check", "arkit", "--mesh", "OUT/none.glb"], "there is no such file"),
    ],
)
def test_a_mistake_is_one_line_with_exit_code_2(run: Run, tmp_path, words, said) -> None:
    code, out, err = run(*[word.replace("OUT", str(tmp_path)) for word in words])
    assert (code, out) == (2, "")
    assert err.startswith("mien: ")
    assert len(err.splitlines()) == 1
    assert said in err


# What is read, and how far it goes


@pytest.mark.parametrize("name", rig_names())
def test_what_a_curve_is_said_to_read_and_to_reach_is_true(name: str) -> None:
    """A channel moves no curve that is said not to read it, and no curve leaves its reach."""
    rig = load_rig(find_rig(name))
    read, reach, rest = channels_of(rig), reach_of(rig), pose_of(rig)
    for channel in CHANNEL_NAMES:
        for value in (1.0, -0.5):
            for curve, came in pose_of(
                rig, jawOpen=0.5, **{channel: value} if channel != "jawOpen" else {}
            ).items():
                low, high = reach[curve]
                assert low - 1e-5 <= came <= high + 1e-5, (channel, curve)
        for curve, came in pose_of(rig, **{channel: 1.0}).items():
            solved = (
                rig.poses is not None and curve in rig.poses.curves
            )  # poses share what they are solved for
            mixed = bool(rig.poses) and curve in rig.drives and bool(rig.drives[curve].reads)
            assert channel in read.get(curve, ()) or solved or mixed or came == pytest.approx(rest[curve]), (
                channel,
                curve,
            )


# check


@pytest.mark.parametrize("name", rig_names())
def test_every_rig_of_ours_loads_and_closes_its_lips(run: Run, name: str) -> None:
    code, said, err = run("check", name)
    assert (code, err) == (0, "")
    assert said.startswith(f"{name}: loads; ")
    about = {finding.about for finding in check(load_rig(find_rig(name))) if finding.grade == "warning"}
    assert about <= {"full early"}  # FACS has three action units for one jaw


def test_what_stays_at_rest_and_what_is_lost_is_noted(run: Run) -> None:
    code, said, _ = run("check", "arkit61")
    assert code == 0
    assert "61 curves, 59 driven; no warning" in said
    assert "Always at rest: leftEyeRoll, rightEyeRoll." in said
    assert "16 of the tongue" in said


def test_lips_that_nothing_closes_are_warned_of(tmp_path) -> None:
    assert "closure" not in findings(own_rig(tmp_path / "a"))
    linear = {name: row for name, row in LINEAR.items() if name != "Seal"}
    assert findings(own_rig(tmp_path / "b", linear=linear))["closure"] == ("lipClosure",)
    fading = linear | {"Spare": {"mouthLowerDownLeft": 1}}  # reads lipClosure too, and shuts nothing
    assert "closure" in findings(own_rig(tmp_path / "c", linear=fading))
    jaw = {"Jaw": [{"channel": "lipClosure", "at_zero": 1, "at_one": 0}]}
    assert "closure" not in findings(own_rig(tmp_path / "d", linear=linear, products=jaw))
    assert "closure" not in findings(own_rig(tmp_path / "e", linear=linear, contact=LIPS))
    brows = {"Spare": {"browInnerUp": 1}}  # opens no mouth
    assert "closure" not in findings(own_rig(tmp_path / "f", linear=brows))


def test_a_left_without_a_right_is_warned_of(tmp_path) -> None:
    linear = {name: row for name, row in LINEAR.items() if name != "Smile_R"}
    found = [f for f in check(load_rig(own_rig(tmp_path, linear=linear))) if f.about == "one side"]
    assert [f.names for f in found] == [("Smile_R",), ("mouthSmileRight",)]
    assert "'Smile_R' (as 'Smile_L' is)" in found[0].text
    assert "one side" not in findings(own_rig(tmp_path / "both"))


def test_a_gain_that_is_too_large_is_warned_of_with_where_it_ends(tmp_path) -> None:
    (finding,) = [
        f
        for f in check(load_rig(own_rig(tmp_path, linear=LINEAR | {"Jaw": {"jawOpen": 2.5}})))
        if f.about == "full early"
    ]
    assert (finding.grade, finding.names) == ("warning", ("Jaw",))
    assert "'Jaw' at 0.4 of jawOpen" in finding.text
    halved = {"Jaw": [{"channel": "mouthPucker", "at_zero": 0.4, "at_one": 0}]}
    assert "full early" not in findings(
        own_rig(tmp_path / "b", linear=LINEAR | {"Jaw": {"jawOpen": 2.5}}, products=halved)
    )


def test_a_curve_that_no_motion_brings_to_its_end_is_noted(tmp_path) -> None:
    curves = ("Jaw", "Seal", "Smile_L", "Smile_R", {"name": "Spare", "min": -1})
    found = findings(own_rig(tmp_path, curves, linear=LINEAR | {"Spare": {"cheekPuff": 0.5}}))
    assert (found["max not reached"], found["min not reached"]) == (("Spare",), ("Spare",))
    both = {"Spare": {"cheekPuff": 0.5, "jawForward": 0.5, "tongueOut": -1}}
    assert not {"max not reached", "min not reached"} & set(
        findings(own_rig(tmp_path / "b", curves, linear=LINEAR | both))
    )


def test_doubled_curves_are_noted_and_pairs_are_not(tmp_path) -> None:
    assert findings(own_rig(tmp_path, linear=LINEAR | {"Spare": {"jawOpen": 1}}))["doubled"] == (
        "Jaw",
        "Spare",
    )
    alike = LINEAR | {"Smile_L": {"cheekPuff": 1}, "Smile_R": {"cheekPuff": 1}}
    assert "doubled" not in findings(own_rig(tmp_path / "b", linear=alike))
    pose = {"jawOpen": 0.5}
    poses = {"linear": {"Seal": {"lipClosure": 1}}, "poses": {"Jaw": pose, "Spare": pose}}
    assert findings(own_rig(tmp_path / "c", groups={}, **poses))["doubled"] == ("Jaw", "Spare")


def test_limits_in_percent_and_a_rest_that_is_none_are_warned_of(tmp_path) -> None:
    curves = (*CURVES[:4], {"name": "Spare", "max": 100}, {"name": "Low", "rest": 0.2}, "High")
    linear = LINEAR | {"High": {"jawOpen": 1}}
    found = findings(own_rig(tmp_path, curves, linear=linear, at_least={"High": "Low"}))
    assert found["limits"] == ("Spare",)
    assert found["rest"] == ("High",)


def test_strict_leaves_with_1_for_a_warning_and_not_for_a_note(run: Run, tmp_path) -> None:
    assert run("check", own_rig(tmp_path / "a"), "--strict")[0] == 0
    bad = own_rig(tmp_path / "b", linear={"Jaw": {"jawOpen": 1}})
    assert run("check", bad)[0] == 0
    code, said, err = run("check", bad, "--strict")
    assert (code, err) == (1, "")
    assert "warning  closure" in said


def test_check_for_programs_has_all_names_and_says_an_error_too(run: Run, tmp_path) -> None:
    found = json.loads(run("check", "metahuman", "--json")[1])
    assert found["curves"] == 251
    (still,) = [finding for finding in found["findings"] if finding["about"] == "not driven"]
    assert len(still["names"]) == found["curves"] - found["driven"]
    folder = own_rig(tmp_path, linear={"Jaws": {"jawOpen": 1}})
    code, said, err = run("check", folder, "--json")
    assert code == 2
    assert "linear drives 'Jaws'" in json.loads(said)["error"]
    assert err.startswith("mien: ")


# check on a mesh


def test_a_mesh_that_fits_has_nothing_to_warn_of(run: Run, tmp_path) -> None:
    face = gltf_of(*small_face(names=CURVES)).save(tmp_path / "face.glb")
    code, said, _ = run("check", own_rig(tmp_path / "vera"), "--mesh", face, "--strict")
    assert code == 0
    assert "no warning" in said
    assert "Shapes of the mesh that nothing moves: Spare." in said


def test_curves_that_the_mesh_lacks_are_named_with_the_nearest_shape(run: Run, tmp_path) -> None:
    names = ("Jaw", "Seal", "smile_L", "Smile_R", "Extra")
    face = gltf_of(*small_face(names=names)).save(tmp_path / "face.glb")
    code, said, _ = run("check", own_rig(tmp_path / "vera"), "--mesh", face, "--strict")
    text = " ".join(said.split())
    assert code == 1
    assert "The mesh has no shape 'Smile_L' (Did you mean 'smile_L'?)." in text
    assert "The mesh has no shape Spare, which nothing drives." in text
    assert "Shapes of the mesh that nothing moves: smile_L, Extra." in text


def test_a_mesh_with_other_names_is_told_of_rig_new(run: Run, tmp_path) -> None:
    folder = write_obj_folder(tmp_path / "face", *small_face(names=("one", "two")))
    text = " ".join(run("check", "arkit", "--mesh", folder)[1].split())
    assert "`mien rig new --from` makes a rig of the mesh's own names." in text


def test_bones_are_looked_for_where_the_file_names_any(run: Run, tmp_path) -> None:
    bone = {"name": "jaw_root", "moves": "rotation", "axis": [1, 0, 0]}
    turn = {"name": "Turn", "unit": "deg", "min": 0, "max": 30, "bone": bone}
    loose = {"name": "Loose", "unit": "deg", "min": 0, "max": 30}
    linear = LINEAR | {"Turn": {"jawOpen": 30}, "Loose": {"jawOpen": 30}}
    folder = own_rig(tmp_path / "vera", (*CURVES, turn, loose), linear=linear)
    file = gltf_of(*small_face(names=CURVES))
    bare = " ".join(run("check", folder, "--mesh", file.save(tmp_path / "bare.glb"))[1].split())
    assert "The file names no bones, so jaw_root cannot be looked for" in bare
    assert "Angles and lengths without a bone, which a mesh cannot show: Loose." in bare
    file.node(name="Jaw_Root")
    other = " ".join(run("check", folder, "--mesh", file.save(tmp_path / "other.glb"))[1].split())
    assert "The file has no bone 'jaw_root' (Did you mean 'Jaw_Root'?)." in other
    file.node(name="jaw_root")
    assert "has no bone" not in run("check", folder, "--mesh", file.save(tmp_path / "right.glb"))[1]


def test_expressions_of_a_vrm_count_as_shapes_and_what_they_move_is_moved(run: Run, tmp_path) -> None:
    binds = {"aa": {"morphTargetBinds": [{"node": 0, "index": 0, "weight": 1}]}}
    face = vrm({"expressions": {"preset": binds}}, "VRMC_vrm").save(tmp_path / "face.vrm")
    text = " ".join(run("check", "vrm1", "--mesh", face)[1].split())
    assert "'aa'" not in text
    assert "Shapes of the mesh that nothing moves: blink, brows." in text
