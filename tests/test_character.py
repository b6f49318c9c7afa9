"""Characters: what a file says, where it is found, and what bakes, streams and the commands make of it."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import mien
from mien.audio import read_audio
from mien.character import character_names, load_character
from mien.character import load as loading
from mien.cli import main
from mien.errors import CharacterError
from mien.files import read_curves, write_take
from tests.characters import VERA, written
from tests.rig_poses import moved, pose_of
from tests.test_rig_files import rig_folder


@pytest.fixture
def vera(tmp_path: Path) -> Path:
    return written(tmp_path, VERA)


# What a file says


def test_a_character_has_all_that_its_file_says(vera) -> None:
    who = load_character(vera)
    assert (who.name, who.model, who.seed, who.manner) == ("vera", "mien-live", 7, "reserved")
    assert (who.style, who.mood) == ({"articulation": 1.1}, {"joy": 0.2, "mild surprise": 0.1})
    assert who.rig.name == "arkit"
    assert {curve.name: (curve.low, curve.high) for curve in who.rig.curves}["mouthSmileLeft"] == (0, 0.6)
    asked = {"jawOpen": 0.5, "browInnerUp": 0.5, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}
    assert moved(who.rig, **asked) == {
        "jawOpen": 0.4,
        "browInnerUp": 0.65,
        "mouthSmileLeft": 0.55,
        "mouthSmileRight": 0.45,
    }
    assert moved(who.rig, mouthSmileLeft=1) == {"mouthSmileLeft": 0.6}


def test_the_file_in_the_documentation_loads(tmp_path) -> None:
    text = str(loading.__doc__).partition("\n\n")[2].partition("\n\nGains and limits")[0]
    lines = [line.removeprefix("    ").partition("   ")[0] for line in text.splitlines()]
    assert load_character(written(tmp_path, "\n".join(lines))).seed == 7


def test_a_rig_and_a_schema_are_enough(tmp_path) -> None:
    who = load_character(written(tmp_path, 'schema = 1\nrig = "metahuman"', "Ünnamed one.toml"))
    assert (who.name, who.model, who.seed, who.mood, who.manner) == ("Ünnamed one", None, None, {}, "")
    assert who.settings == {"character": "Ünnamed one"}


def test_a_mood_may_be_a_name(tmp_path) -> None:
    assert load_character(written(tmp_path, 'schema = 1\nrig = "arkit"\nmood = "calm"')).mood == "calm"


def test_a_character_cannot_be_changed(vera) -> None:
    who = load_character(vera)
    with pytest.raises(AttributeError):
        who.seed = 8  # type: ignore[misc]
    with pytest.raises(TypeError):
        who.style["articulation"] = 0  # type: ignore[index]
    assert len(repr(who)) < 300


def test_a_rig_and_a_model_are_seen_from_the_file(tmp_path, model_folder, monkeypatch) -> None:
    rig_folder(tmp_path / "cast" / "face")
    text = f'schema = 1\nrig = "face"\nmodel = "{model_folder}"\n[gains]\n"Mouth Open" = 0.5'
    file = written(tmp_path / "cast", text)
    monkeypatch.chdir(tmp_path)
    who = load_character(Path("cast/vera.toml"))
    assert who.rig.name == "face"
    assert pose_of(who.rig, jawOpen=0.5)["Mouth Open"] == 0.75
    assert who.model == model_folder.resolve()
    assert load_character(file).rig.name == "face"


def test_a_file_from_windows_is_read(tmp_path) -> None:
    (tmp_path / "vera.toml").write_bytes("\ufeff".encode() + VERA.replace("\n", "\r\n").encode())
    assert load_character(tmp_path / "vera.toml").seed == 7


# Where characters are


def test_a_character_is_found_by_its_path_and_by_its_name(tmp_path, monkeypatch) -> None:
    home = tmp_path / "home"
    written(home / "characters", VERA)
    written(home / "characters", "schema = 1", "broken.toml")
    (home / "characters" / "notes.txt").touch()
    (home / "characters" / "folder.toml").mkdir()
    monkeypatch.setenv("MIEN_HOME", str(home))
    assert character_names() == ("broken", "vera")
    assert load_character("vera").seed == 7
    monkeypatch.chdir(written(tmp_path / "here", VERA.replace("seed = 7", "seed = 8"), "vera").parent)
    assert load_character("vera").seed == 8, "what is typed is a path first, as in a shell"


def test_who_is_not_found_is_said_with_where_it_was_looked_for(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CharacterError, match=r"^There is no character 'vera': there is no such file, and no"):
        load_character("vera")
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    with pytest.raises(CharacterError, match=r"'vera\.toml': .* in .*characters there is none\.$"):
        load_character("vera.toml")
    written(tmp_path / "home" / "characters", VERA)
    for wrong in ("vea", "cast/Vera.toml", Path("veera")):
        with pytest.raises(CharacterError, match=r"there is vera\. Did you mean 'vera'\?$"):
            load_character(wrong)
    for wrong in ("x" * 5000, "", "/dev/null", "ve\0ra", tmp_path):
        with pytest.raises(CharacterError, match="There is no character '"):
            load_character(wrong)


# Bakes and streams


def test_live_is_the_bake_to_the_bit_however_the_sound_is_cut(vera, demo_line) -> None:
    who, sound = load_character(vera), read_audio(demo_line).samples
    baked = mien.bake(demo_line, character=who).curves(character=who)
    cuts = [0, *sorted(np.random.default_rng(2).integers(0, len(sound), 20)), len(sound)]
    with mien.open_stream(character=vera) as stream:
        parts = [stream.push(sound[start:end]).values for start, end in pairwise(cuts)]
        live = np.concatenate([*parts, stream.flush().values])
    np.testing.assert_array_equal(live, baked.values)
    assert baked.column("mouthSmileLeft").max() <= np.float32(0.6)


def test_a_take_keeps_what_the_character_asked_for(vera, demo_line, tmp_path) -> None:
    take = mien.bake(demo_line, character=vera)
    wanted = {
        "character": "vera",
        "layers": {"articulation": 1.1},
        "seed": 7,
        "mood": {"joy": 0.2, "mild surprise": 0.1},
        "manner": "reserved",
    }
    assert take.settings == wanted
    take.save(tmp_path / "line.mien")
    again = mien.open_take(tmp_path / "line.mien")
    assert again.settings == wanted
    np.testing.assert_array_equal(
        again.curves(character=vera).values, take.curves(character=load_character(vera)).values
    )
    assert again.curves().names == take.curves("arkit").names


def test_a_take_without_a_character_is_as_it_was(demo_line, tmp_path) -> None:
    take = mien.bake(demo_line)
    assert take.settings == {}
    write_take(take, tmp_path / "old.mien")
    assert mien.open_take(tmp_path / "old.mien").settings == {}


def test_what_is_asked_for_goes_before_what_the_character_has(vera, demo_line, model_folder) -> None:
    asked = {"layers": {"articulation": 0.5}, "seed": 3, "model": model_folder}
    take = mien.bake(demo_line, character=vera, **asked)
    other = mien.bake(demo_line, **asked)
    assert (take.settings["layers"], take.settings["seed"]) == ({"articulation": 0.5}, 3)
    assert take.model == other.model
    np.testing.assert_array_equal(take.motion.values, other.motion.values)
    assert "seed" not in mien.bake(demo_line, character=vera, model=model_folder, seed=0).settings


def test_a_characters_model_and_style_are_used(tmp_path, demo_line, model_folder) -> None:
    text = f'schema = 1\nrig = "vrm1"\nmodel = "{model_folder}"\nstyle = {{articulation = 0.5}}'
    who = load_character(written(tmp_path, text))
    wanted = mien.bake(demo_line, model=model_folder, layers={"articulation": 0.5})
    take = mien.bake(demo_line, character=who)
    assert take.model == wanted.model
    np.testing.assert_array_equal(take.curves(character=who).values, wanted.curves("vrm1").values)


def test_a_rig_beside_a_character_is_refused(vera, demo_line, model_folder) -> None:
    said = r"^A rig is given and the character 'vera', which brings its own, 'arkit'; leave one of the two"
    with pytest.raises(mien.OptionError, match=said):
        mien.open_stream(character=vera, rig="arkit")
    with pytest.raises(mien.OptionError, match=said):
        mien.bake(demo_line, model=model_folder).curves("vrm1", character=vera)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, True])
def test_a_seed_that_is_none_is_refused(demo_line, model_folder, seed) -> None:
    with pytest.raises(mien.OptionError, match=r"A seed is a whole number 0\.\.18446744073709551615; got"):
        mien.bake(demo_line, model=model_folder, seed=seed)


# On the command line


def _mien(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `mien WORDS...`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["mien", *map(str, words)])
        try:
            main.run()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return code, *capsys.readouterr()


def test_a_character_bakes_renders_and_shows_the_demo(capsys, vera, demo_line, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    written(tmp_path / "home" / "characters", VERA)
    wanted = mien.bake(demo_line, character=vera).curves(character=vera)
    baked = _mien(capsys, "bake", demo_line, "-o", tmp_path / "a.csv", "--character", vera, "--save-take")
    assert baked[0] == 0
    assert "mien-live 1, vera\n" in baked[1]
    assert (
        _mien(capsys, "render", tmp_path / "a.mien", "-o", tmp_path / "b.csv", "--character", "vera")[0] == 0
    )
    assert _mien(capsys, "demo", "-o", tmp_path / "out", "--character", "vera")[0] == 0
    for path in ("a.csv", "b.csv", "out/line.csv"):
        np.testing.assert_array_equal(read_curves(tmp_path / path).values, wanted.values)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--character", "nobody"],
            "mien: There is no character 'nobody': there is no such file, and no MIEN_HOME",
        ),
        (
            ["--character", "VERA", "--rig", "arkit"],
            "mien: A rig is given and the character 'vera', which brings",
        ),
    ],
)
def test_a_mistake_with_a_character_is_one_line_and_nothing_is_written(
    capsys, vera, demo_line, tmp_path, words, said
) -> None:
    words = [str(vera) if word == "VERA" else word for word in words]
    code, _, err = _mien(capsys, "bake", demo_line, "-o", tmp_path / "a.csv", *words)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith(said)
    assert not (tmp_path / "a.csv").exists()
