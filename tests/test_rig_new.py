"""`mien rig new`: names in, a rig folder out; and how rig folders are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mien.errors import RigError
from mien.files import read_curves
from mien.rig import Rig, find_rig, load_rig, rig_names
from mien.rig.guess import guess
from mien.rig.guess_rig import map_of
from mien.rig.write import json_text, write_rig
from tests.conftest import REPOSITORY
from tests.face_files import gltf_of, npz_face, small_face, vrm, write_obj_folder
from tests.rig_poses import moved, pose_of
from tests.typed import mien

New = Callable[..., tuple[int, str, str]]

LISTS = REPOSITORY / "tests" / "data" / "names"
NAMES = (
    "JawOpen",
    "mouth_smile_L",
    "mouth_smile_R",
    "MouthClose",
    "Blink_L",
    "Blink_R",
    "Nostril Wobble",
    "Hat",
)
"""Six that any face has, one that is hardly known, and one that nobody moves by speaking."""


@pytest.fixture
def new(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> New:
    """`mien rig new --from FILE -o tmp_path/vera ...`; a text is written to names.txt first."""

    def typed(source: str | bytes | Path, *words: object) -> tuple[int, str, str]:
        if not isinstance(source, Path):
            data = source if isinstance(source, bytes) else source.encode()
            source, _ = tmp_path / "names.txt", (tmp_path / "names.txt").write_bytes(data)
        return mien(capsys, "rig", "new", "--from", source, "-o", tmp_path / "vera", *words)

    return typed


def lines(names: tuple[str, ...] = NAMES) -> str:
    return "\n".join(names) + "\n"


# What comes of names


def test_names_become_a_rig_that_moves_as_they_say(new: New, tmp_path) -> None:
    code, said, _ = new(lines(), "--title", "Vera of ours")
    assert code == 0
    rig = load_rig(tmp_path / "vera")
    assert (rig.names, rig.title) == (NAMES, "Vera of ours")
    assert set(moved(rig, mouthSmileLeft=1)) == {"mouth_smile_L"}
    assert pose_of(rig, jawOpen=0.6, lipClosure=1)["MouthClose"] == pytest.approx(0.6)
    assert (rig.groups["left"], rig.groups["right"]) == (
        ("mouth_smile_L", "Blink_L"),
        ("mouth_smile_R", "Blink_R"),
    )
    assert "8 curves, by the names of names.txt" in said
    assert {path.name for path in (tmp_path / "vera").iterdir()} == {
        "rig.json",
        "map.json",
        "SOURCE.md",
        "GUESSES.tsv",
    }


def test_the_rig_that_came_of_names_can_be_baked(new: New, capsys, tmp_path, demo_line) -> None:
    new(lines())
    words = ("bake", demo_line, "-o", tmp_path / "line.csv", "--rig", tmp_path / "vera")
    assert mien(capsys, *words)[0] == 0
    curves = read_curves(tmp_path / "line.csv")
    assert curves.names == NAMES
    assert curves.values[:, 0].max() > 0.1


def test_every_row_says_how_sure_it_is_and_what_to_look_at_first_comes_first(new: New, tmp_path) -> None:
    names = tuple((LISTS / "mery.tsv").read_text(encoding="utf-8").splitlines())
    names = tuple(line.partition("\t")[0] for line in names if not line.startswith("# "))[1:]
    code, said, _ = new(lines(names))
    assert code == 0
    guesses = {one.name: one for one in guess(names)}
    rows = [
        row.split("\t")
        for row in (tmp_path / "vera" / "GUESSES.tsv").read_text(encoding="utf-8").splitlines()
    ]
    assert rows[0] == ["name", "state", "confidence", "why", "table", "row"]
    assert sorted(row[0] for row in rows[1:]) == sorted(names)
    states = [row[1] for row in rows[1:]]
    assert list(dict.fromkeys(states)) == ["unsure", "left out", "sure", "unknown"]
    for name, state, confidence, why, *_ in rows[1:]:
        assert (float(confidence), why) == (guesses[name].confidence, guesses[name].why)
        assert (state in ("sure", "unsure")) == (name in load_rig(tmp_path / "vera").drives)
    unsure = [float(row[2]) for row in rows[1:] if row[1] == "unsure"]
    assert unsure == sorted(unsure)
    table = (
        (tmp_path / "vera" / "SOURCE.md").read_text(encoding="utf-8").split("| curve |")[1].splitlines()[2:]
    )
    assert table[0].startswith(f"| `{rows[1][0]}` | ")
    assert f"{states.count('unsure')} of them unsure, look at these first: {rows[1][0]}" in said
    assert f"{states.count('left out')} guessed but left out, below 0.6" in said


def test_a_row_that_was_left_out_can_be_copied_into_the_map(new: New, tmp_path) -> None:
    assert new(LISTS / "cc3_standard.tsv")[0] == 0
    text = (tmp_path / "vera" / "GUESSES.tsv").read_text(encoding="utf-8")
    left = [row.split("\t") for row in text.splitlines() if row.split("\t")[1] == "left out"]
    path = tmp_path / "vera" / "map.json"
    map_ = json.loads(path.read_text(encoding="utf-8"))
    for name, *_, table, row in left:
        assert name not in map_.get(table, {})
        map_.setdefault(table, {}).update(json.loads(f"{{{row}}}"))
    path.write_text(json_text(map_), encoding="utf-8")
    assert {row[0] for row in left} <= set(load_rig(tmp_path / "vera").drives)


def test_the_least_confidence_and_the_base_can_be_chosen(new: New, capsys, tmp_path) -> None:
    new(LISTS / "cc3_standard.tsv", "--least", "0", "--base", "arkit61")
    bold = load_rig(tmp_path / "vera")
    assert bold.base is not None
    assert bold.base.name == "arkit61"
    words = ("rig", "new", "--from", LISTS / "cc3_standard.tsv", "-o", tmp_path / "shy", "--least", "0.9")
    assert mien(capsys, *words)[0] == 0
    assert set(load_rig(tmp_path / "shy").drives) < set(bold.drives)


@pytest.mark.parametrize("path", sorted(LISTS.glob("*.tsv")), ids=lambda path: path.stem)
def test_real_lists_of_names_become_rigs_that_load_or_are_refused(new: New, tmp_path, path) -> None:
    code, said, err = new(path)
    if code:
        assert (code, "None of the" in err, (tmp_path / "vera").exists()) == (2, True, False)
    else:
        rig = load_rig(tmp_path / "vera")
        assert f"{len(rig.names)} curves" in said
        assert pose_of(rig) == {curve.name: curve.rest for curve in rig.curves}


def test_a_rig_of_ours_with_these_names_is_offered(new: New) -> None:
    assert "The rig 'arkit' has these names" in new(lines(load_rig(find_rig("arkit")).names))[1]


def test_what_check_would_warn_of_is_said_at_once(new: New) -> None:
    assert "warning: Channels of one side alone are read" in new("JawOpen\nMouth_Smile_L\n")[1]


def test_the_jaw_fades_where_lips_must_touch_if_no_shape_closes_them() -> None:
    names = ["Jaw_Open", "Mouth_Smile_L", "Mouth_Smile_R"]
    fade = {"Jaw_Open": [{"channel": "lipClosure", "at_zero": 1, "at_one": 0}]}
    assert map_of(guess(names))["products"] == fade
    assert "products" not in map_of(guess([*names, "Mouth_Close"]))


# Where names come from


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("names.txt", "\ufeff# of the head\n\n  JawOpen \r\nBlink_L\r\nBlink_R"),
        ("names", '"JawOpen",\n"Blink_L",\n"Blink_R",\n'),
        ("one line.txt", "JawOpen, Blink_L, Blink_R"),
        ("names.csv", "JawOpen;Blink_L;Blink_R\n"),
        ("column.csv", "JawOpen\nBlink_L\nBlink_R\n"),
        ("table.csv", 'group,name,"a note"\nmouth,JawOpen,"wide, wider"\neye,Blink_L,\neye,Blink_R\n'),
        ("table.tsv", "# from my head\nname\tuse\nJawOpen\t1\nBlink_L\t2\nBlink_R\t3\n"),
        ("names.json", '["JawOpen", "Blink_L", "Blink_R"]'),
        ("list.txt", '[\n  "JawOpen", "Blink_L", "Blink_R"\n]'),
        ("three.json", '{"JawOpen": 0, "Blink_L": 1, "Blink_R": 2}'),
    ],
)
def test_a_list_may_have_any_common_form(new: New, tmp_path, file, text) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8", newline="")
    assert new(tmp_path / file)[0] == 0
    assert load_rig(tmp_path / "vera").names == ("JawOpen", "Blink_L", "Blink_R")


def test_a_list_as_windows_powershell_writes_it_is_read(new: New, tmp_path) -> None:
    assert new("JawOpen\r\nまばたき\r\n".encode("utf-16"))[0] == 0
    assert load_rig(tmp_path / "vera").names == ("JawOpen", "まばたき")


def _shapes(names: tuple[str, ...] = NAMES[:4]) -> tuple[Any, ...]:
    return small_face(names=names)


@pytest.mark.parametrize("kind", ["glb", "npz", "obj"])
def test_shapes_of_a_mesh_become_curves(new: New, tmp_path, kind) -> None:
    path = tmp_path / f"face.{kind}"
    if kind == "glb":
        gltf_of(*_shapes()).save(path)
    elif kind == "npz":
        path.write_bytes(npz_face(names=["JawOpen", "Blink"]))
    else:
        write_obj_folder(path, *_shapes())
    code, said, _ = new(path)
    assert code == 0
    wanted = {"glb": list(NAMES[:4]), "npz": ["JawOpen", "Blink"], "obj": sorted(NAMES[:4])}[kind]
    assert list(load_rig(tmp_path / "vera").names) == wanted
    assert f"{len(wanted)} curves, by the shapes of face.{kind}" in said


def _avatar(path: Path, *, bound: bool = True) -> Path:
    bind = [{"node": 0, "index": 0, "weight": 1}] if bound else []
    presets = {name: {"morphTargetBinds": bind} for name in ("aa", "ih", "ou", "ee", "oh", "blink")}
    return vrm({"expressions": {"preset": presets}}, "VRMC_vrm").save(path)


def test_a_vrm_goes_by_its_expressions_or_by_its_shapes_as_asked(new: New, capsys, tmp_path) -> None:
    path = _avatar(tmp_path / "face.vrm")
    assert "6 curves, by the expressions of face.vrm" in new(path)[1]
    rig = load_rig(tmp_path / "vera")
    assert rig.names == ("aa", "ih", "ou", "ee", "oh", "blink")
    assert rig.poses is not None
    words = ("rig", "new", "--from", path, "-o", tmp_path / "shapes", "--shapes")
    assert "by the shapes of face.vrm" in mien(capsys, *words)[1]
    assert "jawOpen" in load_rig(tmp_path / "shapes").names


def test_a_vrm_whose_expressions_move_nothing_goes_by_its_shapes(new: New, tmp_path) -> None:
    assert "by the shapes of face.vrm" in new(_avatar(tmp_path / "face.vrm", bound=False))[1]


# What is refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names.txt: There are no names to guess from"),
        ("\n# nothing yet\n", "There are no names"),
        ("JawOpen\nBlink\nJawOpen\n", "'JawOpen' stands twice"),
        ("JawOpen\t0.5\nBlink\t0.1\n", r'name 0 is "JawOpen\t0.5"'),
        (b"BLENDER-v400\x00\xff\xfe\x80 not text", "neither text in UTF-8 nor a face that is read"),
        (b"\x00\x01\x02", "holds bytes, not text; wanted names one per line"),
        ("Hat\nHair\nShoe\n", "None of the 3 names is known by at least 0.6"),
        ('["JawOpen", 1]', 'holds something else than names; wanted ["jawOpen"'),
        ('["JawOpen", "Blink"', "not JSON"),
        ("JawOpen, 0.5, 0.1", "holds '0.5', which is a number; wanted names alone, or a column 'name'"),
    ],
)
def test_a_list_that_is_none_is_refused_in_one_sentence_and_nothing_is_written(
    new: New, tmp_path, text, said
) -> None:
    code, out, err = new(text)
    assert (code, out) == (2, "")
    assert err.startswith("mien: ")
    assert len(err.splitlines()) == 1
    assert said in err
    assert [path.name for path in tmp_path.iterdir()] == ["names.txt"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "OUT/nmes.txt", "-o", "OUT/vera"], "no such file or folder. Did you mean 'names.txt'?"),
        (["--from", "OUT/face.glb", "-o", "OUT/vera"], "face.glb"),
        (["--from", "OUT/names.txt", "-o", "OUT/names.txt"], "names.txt: is a file; name a folder"),
        (["--from", "OUT/names.txt", "-o", "OUT"], "is not empty, and nothing is overwritten"),
        (["--from", "OUT/names.txt", "-o", "OUT/names.txt/vera"], "cannot be written (Not a directory)"),
        (["--from", "OUT/names.txt", "-o", "OUT/vera", "--least", "60"], "--least 60 is outside 0..1"),
        (["--from", "OUT/names.txt", "-o", "OUT/a/b", "--base", "arkti"], "base: There is no rig 'arkti'"),
        (
            ["--from", "OUT/names.txt", "-o", "OUT/a/b", "--base", "vrm1"],
            "b/map.json: linear 'MouthClose' reads",
        ),
        (["--from", "OUT/names.txt", "-o", "OUT/vera", "--title", " "], "the title is"),
        (["--from", "OUT/names.txt", "-o", "OUT/vera", "--shapes"], "is a list; --shapes and --expressions"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(capsys, tmp_path, words, said) -> None:
    (tmp_path / "names.txt").write_text(lines(), encoding="utf-8")
    (tmp_path / "face.glb").write_bytes(b"glTF\x02\0\0\0 cut off")
    code, out, err = mien(capsys, "rig", "new", *[word.replace("OUT", str(tmp_path)) for word in words])
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert said in err
    assert ".part" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["face.glb", "names.txt"]


def test_expressions_of_a_mesh_that_has_none_are_refused(new: New, tmp_path) -> None:
    path = gltf_of(*_shapes()).save(tmp_path / "face.glb")
    code, _, err = new(path, "--expressions")
    assert (code, "has no expressions, only a .vrm does" in err) == (2, True)


# Writing


@pytest.mark.parametrize("name", rig_names())
def test_what_is_written_loads_as_what_was_read(tmp_path, name) -> None:
    folder = find_rig(name)
    rig, map_ = (json.loads((folder / f"{part}.json").read_text(encoding="utf-8")) for part in ("rig", "map"))
    write_rig(tmp_path / name, rig, map_, "A copy.\n")
    one, other = load_rig(folder), load_rig(tmp_path / name)
    assert (one.says, one.groups, one.title) == (other.says, other.groups, other.title)
    assert json.loads((tmp_path / name / "map.json").read_text(encoding="utf-8")) == map_


def a_rig(*names: str, **tables: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    linear = {name: {"jawOpen": 1} for name in names}
    rig = {"schema": 1, "title": "Vera", "curves": [{"name": name} for name in names], "groups": {}}
    return rig, {"schema": 1, "motion": 1, "linear": linear} | tables


def test_json_has_a_line_for_every_curve_and_row_and_no_long_ones() -> None:
    text = (find_rig("arkit") / "map.json").read_text(encoding="utf-8")
    assert json_text(json.loads(text)) == text
    gaps = [round(0.37 * count, 3) for count in range(60)]
    contact = {
        "lips": {"demand": "lipClosure", "rest": gaps, "gap": {"Jaw": gaps, "Low": [1]}, "moves": {"Jaw": 1}}
    }
    _, map_ = a_rig(
        "Jaw", "Low", contact=contact, poses={"Jaw": {f"source{count}": 0.25 for count in range(40)}}
    )
    written = json_text(map_)
    assert json.loads(written) == map_
    assert max(map(len, written.splitlines())) <= 120
    assert '        "Low": [1]\n' in written
    bone = {"name": "a bone with a long name", "moves": "rotation", "axis": [0.6, 0.8, 0]}
    row = {"name": "a curve with a long name", "unit": "deg", "min": -10, "rest": 0, "max": 10, "bone": bone}
    assert f"    {json.dumps(row)}\n" in json_text({"schema": 1, "title": "Vera", "curves": [row]})


def test_a_rig_that_does_not_load_is_not_written_and_the_message_names_its_place(tmp_path) -> None:
    rig, map_ = a_rig("Jaw")
    place = str(tmp_path / "new" / "vera" / "map.json").replace("\\", "\\\\")
    with pytest.raises(RigError, match=rf"^{place}: linear drives 'Jow', which is not one"):
        write_rig(tmp_path / "new" / "vera", rig, map_ | {"linear": {"Jow": {"jawOpen": 1}}}, "")
    assert list(tmp_path.iterdir()) == []


def test_a_base_beside_the_new_folder_is_found(tmp_path) -> None:
    write_rig(tmp_path / "mother", *a_rig("Jaw"), "")
    write_rig(tmp_path / "child", *a_rig("Child", base="mother", linear={"Child": {"Jaw": 0.5}}), "")
    child: Rig = load_rig(tmp_path / "child")
    assert pose_of(child, jawOpen=1) == {"Child": 0.5}


def test_an_empty_folder_is_filled_and_stays_the_folder_it_was(tmp_path) -> None:
    (tmp_path / "vera").mkdir()
    before = (tmp_path / "vera").stat().st_ino
    write_rig(tmp_path / "vera", *a_rig("Jaw"), "Where from.\n", {"NOTES.txt": "More.\n"})
    assert (tmp_path / "vera").stat().st_ino == before
    assert {path.name for path in (tmp_path / "vera").iterdir()} == {
        "rig.json",
        "map.json",
        "SOURCE.md",
        "NOTES.txt",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["vera"]


@pytest.mark.parametrize("there", [False, True])
def test_what_stops_the_writing_leaves_nothing_behind(tmp_path, monkeypatch, there) -> None:
    if there:
        (tmp_path / "vera").mkdir()

    def struck(self: Path, _: object) -> None:
        if there and self.name != "rig.json":
            self.replace(tmp_path / "vera" / self.name)
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", struck)
    with pytest.raises(KeyboardInterrupt):
        write_rig(tmp_path / "vera", *a_rig("Jaw"), "")
    assert list(tmp_path.rglob("*")) == ([tmp_path / "vera"] if there else [])


def test_a_folder_that_the_disk_refuses_is_refused_in_our_words(tmp_path) -> None:
    with pytest.raises(RigError, match=r"cannot be written .*; choose a folder that you may write to"):
        write_rig(tmp_path / ("v" * 300), *a_rig("Jaw"), "")
    assert list(tmp_path.iterdir()) == []
