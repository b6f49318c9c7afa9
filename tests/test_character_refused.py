"""Mistakes in a character's file: one sentence each, with file, key and the nearest name."""

from __future__ import annotations

import pytest

import mien
from mien.character import load_character
from mien.errors import CharacterError
from mien.values import CHANNELS
from tests.characters import written
from tests.rig_poses import pose_of
from tests.test_rig_files import rig_folder

# Mistakes


def with_line(line: str) -> str:
    """A good file with one more line."""
    return f'schema = 1\nrig = "arkit"\n{line}'


MISTAKES = {
    "empty": ("", "the key 'schema' is missing; begin with: schema = 1"),
    "not TOML": ("schema = 1\nrig = arkit", "not TOML: Invalid value (at line 2, column 7)."),
    "JSON": ('{"schema": 1}', "not TOML: Invalid statement (at line 1, column 1)."),
    "a key twice": (with_line("seed = 1\nseed = 2\n"), "not TOML: a key stands twice (at line 4, column 9)."),
    "a table twice": (with_line("[gains]\n[gains]"), "not TOML: Cannot declare ('gains',) twice (at line 4,"),
    "too deep": (
        with_line("mood = " + "[" * 5000),
        "not TOML that can be read: nested too deep, or a number",
    ),
    "a number too long": (
        with_line("seed = " + "9" * 5000),
        "not TOML that can be read: nested too deep, or a",
    ),
    "a date": (
        with_line("seed = 2024-01-01"),
        "'seed': 2024-01-01 is a date; wanted a number, text in quotes",
    ),
    "a date below": (with_line("gains = {brow = [07:32:00]}"), "'gains': 'brow': 07:32:00 is a date; wanted"),
    "a newer schema": ('schema = 2\nrig = "arkit"', "schema 2 is newer than 1, the newest this Mien reads"),
    "schema as text": ('schema = "1"', "'schema': came \"1\"; wanted a whole number."),
    "an unknown key": (with_line("gain = {}"), "'gain' is not a key here; wanted 'schema', 'rig', 'model', "),
    "a near key": (with_line("maner = 'shy'"), "Did you mean 'manner'?"),
    "no rig": ("schema = 1", "the key 'rig' is missing."),
    "rig as a number": ("schema = 1\nrig = 4", "'rig' is 4; wanted text."),
    "an unknown rig": ('schema = 1\nrig = "arkti"', "rig: There is no rig 'arkti'. Did you mean 'arkit'?"),
    "a near rig": ('schema = 1\nrig = "arkti"', "Did you mean 'arkit'?"),
    "a rig that is no folder": (
        'schema = 1\nrig = "../no/rig"',
        "no/rig is not a folder; paths are seen from",
    ),
    "an empty rig": ('schema = 1\nrig = ""', 'rig: the rig is ""; wanted printable text, not empty'),
    "an unknown model": (
        with_line('model = "mien-life"'),
        "model: There is no model 'mien-life'; there is mien-",
    ),
    "a negative seed": (
        with_line("seed = -1"),
        "'seed' is -1; wanted a whole number 0..18446744073709551615.",
    ),
    "a seed too large": (with_line("seed = 18446744073709551616"), "'seed' is 18446744073709551616; wanted"),
    "a seed of half": (with_line("seed = 0.5"), "'seed' is 0.5; wanted a whole number"),
    "a seed that is true": (with_line("seed = true"), "'seed' is true; wanted a whole number"),
    "an empty mood": (with_line('mood = ""'), 'mood: the mood is ""; wanted printable text'),
    "a mood as a number": (with_line("mood = 1"), "mood: came 1; wanted an object in { }."),
    "too much joy": (with_line("mood = {joy = 2.5}"), "mood: 'joy' is 2.5; wanted a number 0..2."),
    "joy that is no number": (with_line("mood = {joy = nan}"), "mood: 'joy' is nan; wanted a number 0..2."),
    "joy in words": (with_line("mood = {joy = 'much'}"), "mood: 'joy': came \"much\"; wanted a number."),
    "a manner of two lines": (with_line(r'manner = "a\nb"'), 'the manner is "a\\nb"; wanted printable text'),
    "an unknown layer": (
        with_line("style = {artikulation = 1}"),
        "style: There is no layer 'artikulation'; there is",
    ),
    "a near layer": (with_line("style = {artikulation = 1}"), "Did you mean 'articulation'?"),
    "a layer too strong": (
        with_line("style = {articulation = 3}"),
        "style: a strength of 3.0 of 'articulation' is outside 0..2.",
    ),
    "a layer in words": (
        with_line("style = {articulation = 'much'}"),
        "style: 'articulation': came \"much\"; wanted a number.",
    ),
    "gains that are no table": (with_line("gains = 1"), "'gains' is 1; wanted an object in { }."),
    "an unknown curve": (
        with_line("gains = {jawOpn = 1}"),
        "gains: 'jawOpn' is none of the 52 curves of 'arkit' nor of its groups (eye, jaw, mouth, ",
    ),
    "a near curve": (with_line("gains = {jawOpn = 1}"), "Did you mean 'jawOpen'?"),
    "a near group": (with_line("gains = {brows = 1}"), "Did you mean 'brow'?"),
    "a negative gain": (
        with_line("gains = {jawOpen = -1}"),
        "gains: 'jawOpen' is -1; wanted 0 or more, where 1 is as the rig has it.",
    ),
    "a gain that is no number": (
        with_line("gains = {jawOpen = nan}"),
        "gains: 'jawOpen': 'the gain' is nan; wanted a number from -1000000 to 1000000.",
    ),
    "an infinite gain": (
        with_line("gains = {jawOpen = inf}"),
        "gains: 'jawOpen': 'the gain' is inf; wanted a",
    ),
    "a gain in words": (
        with_line("gains = {jawOpen = 'less'}"),
        "gains: 'jawOpen': came \"less\"; wanted a number.",
    ),
    "a gain that is true": (
        with_line("gains = {jawOpen = true}"),
        "gains: 'jawOpen': came true; wanted a number.",
    ),
    "a name with a point": (
        with_line("[gains]\njaw_master.x = 1"),
        "gains: 'jaw_master' holds a table; a name with points in it is written in quotes: \"jaw_ma",
    ),
    "limits of one end": (
        with_line("limits = {jawOpen = [1]}"),
        "limits: 'jawOpen' holds [1]; wanted two numbers, [least, greatest].",
    ),
    "limits as a number": (
        with_line("limits = {jawOpen = 1}"),
        "limits: 'jawOpen': came 1; wanted a list in [ ].",
    ),
    "limits in words": (
        with_line("limits = {jawOpen = [0, 'a']}"),
        "limits: 'jawOpen': entry 1 is \"a\"; wanted a number.",
    ),
    "limits the wrong way": (
        with_line("limits = {jawOpen = [0.5, 0]}"),
        "limits: 'jawOpen' is [0.5, 0]; wanted the least first.",
    ),
    "limits beyond the rig's": (
        with_line("limits = {jawOpen = [0, 1.5]}"),
        "limits: 'jawOpen' is [0, 1.5], and the rig has 'jawOpen' from 0 to 1; wanted limits inside.",
    ),
    "limits without rest": (
        with_line("limits = {brow = [0.1, 1]}"),
        "limits: 'brow' is [0.1, 1], which leaves out 0, where 'browDownLeft' rests.",
    ),
    "limits that are no numbers": (
        with_line("limits = {jawOpen = [nan, 1]}"),
        "limits: 'jawOpen': 'a limit' is nan;",
    ),
    "limits that let nothing move": (
        with_line("limits = {jawOpen = [0, 0]}"),
        "limits: 'jawOpen' never leaves its rest within 0..0; widen the limits, or give it",
    ),
    "asymmetry too large": (
        with_line("asymmetry = 1.5"),
        "asymmetry is 1.5; wanted -1..1, where 0.1 makes the left side a tenth stronger.",
    ),
    "asymmetry of a group too large": (
        with_line("asymmetry = {mouth = -2}"),
        "asymmetry: 'mouth' is -2; wanted -1..1",
    ),
    "asymmetry in words": (with_line("asymmetry = 'left'"), 'asymmetry: came "left"; wanted a number.'),
    "asymmetry of no group": (
        with_line("asymmetry = {moth = 0}"),
        "asymmetry: 'moth' is none of the groups of 'arkit' (eye, jaw, mouth, ",
    ),
    "asymmetry of a near group": (with_line("asymmetry = {moth = 0}"), "Did you mean 'mouth'?"),
    "asymmetry of what has no sides": (
        with_line("asymmetry = {tongue = 0.1}"),
        "asymmetry: 'tongue': nothing there has sides, lids and gaze left aside; leave it out.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_said_in_one_sentence_with_file_and_key(tmp_path, mistake) -> None:
    text, said = MISTAKES[mistake]
    file = written(tmp_path, text)
    with pytest.raises(CharacterError) as caught:
        load_character(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def of_rig(name: str, line: str) -> str:
    return f'schema = 1\nrig = "{name}"\n{line}'


RIG_MISTAKES = {
    "asymmetry without sides": (
        of_rig("oculus15", "asymmetry = 0.1"),
        "asymmetry: the curves of 'oculus15' have no sides; leave it out.",
    ),
    "asymmetry of lids alone": (
        of_rig("vrm1", "asymmetry = 0.1"),
        "asymmetry: nothing there has sides, lids and gaze left aside; leave it out.",
    ),
    "a gain on what nothing drives": (
        of_rig("vrm1", "gains = {happy = 0.5}"),
        "gains: nothing drives 'happy' on the rig 'vrm1'; leave it out.",
    ),
    "limits of a group that nothing drives": (
        of_rig("vrm1", "limits = {emotion = [0, 0.5]}"),
        "limits: nothing drives 'emotion' on the rig 'vrm1'; leave it out.",
    ),
    "limits of unlike curves": (
        of_rig("reallusion", "limits = {jaw = [0, 0.5]}"),
        "limit such curves by their own names.",
    ),
    "a rig with a mistake": (of_rig("face", ""), "not JSON: "),
}


@pytest.mark.parametrize("mistake", RIG_MISTAKES)
def test_what_does_not_fit_the_rig_is_refused(tmp_path, mistake) -> None:
    text, said = RIG_MISTAKES[mistake]
    rig_folder(tmp_path / "face", rig="{")
    with pytest.raises(mien.InputError) as caught:
        load_character(written(tmp_path, text))
    assert said in str(caught.value)


CLOSED = {"eyes": ["shut"]}


def test_a_group_that_only_closes_is_to_be_named_curve_by_curve(tmp_path) -> None:
    rig = {"schema": 1, "title": "T", "curves": [{"name": "shut"}], "groups": CLOSED}
    rig_folder(tmp_path / "face", rig, {"schema": 1, "motion": 1, "linear": {"shut": {"eyeBlinkLeft": 1}}})
    with pytest.raises(
        CharacterError, match="gains: 'eyes' only closes lips and lids; name its curves one by one"
    ):
        load_character(written(tmp_path, of_rig("face", "gains = {eyes = 0.5}")))
    assert load_character(written(tmp_path, of_rig("face", "gains = {shut = 0.5}"))).rig.name == "face"


def test_limits_on_the_side_that_the_map_never_uses_are_refused(tmp_path) -> None:
    rig = {"schema": 1, "title": "T", "curves": [{"name": "way", "min": -1}], "groups": {}}
    rig_folder(tmp_path / "face", rig, {"schema": 1, "motion": 1, "linear": {"way": {"jawLeft": -1}}})
    with pytest.raises(
        CharacterError, match=r"limits: 'way' never leaves its rest within 0\.\.1; widen the limits"
    ):
        load_character(written(tmp_path, of_rig("face", "limits = {way = [0, 1]}")))
    still = of_rig("face", "limits = {way = [0, 1]}\ngains = {way = 0}")
    assert pose_of(load_character(written(tmp_path, still)).rig, jawLeft=1) == {"way": 0}


def test_limits_that_hold_a_curve_at_their_end_are_no_mistake(tmp_path) -> None:
    rig = {"schema": 1, "title": "T", "curves": [{"name": "all"}], "groups": {}}
    everything = {channel.name: 1 for channel in CHANNELS if channel.unit == "weight"}
    rig_folder(tmp_path / "face", rig, {"schema": 1, "motion": 1, "linear": {"all": everything}})
    own = load_character(written(tmp_path, of_rig("face", "limits = {all = [0, 0.5]}"))).rig
    assert (pose_of(own, jawOpen=0.25), pose_of(own, jawOpen=1)) == ({"all": 0.25}, {"all": 0.5})


def test_a_file_that_is_no_text_is_refused(tmp_path) -> None:
    (tmp_path / "vera.toml").write_bytes(b"schema = 1\nrig = '\xff'")
    with pytest.raises(CharacterError, match=r"vera\.toml: not text in UTF-8; save it as UTF-8\.$"):
        load_character(tmp_path / "vera.toml")


def test_a_key_that_would_break_the_line_is_shown_without_that(tmp_path) -> None:
    with pytest.raises(CharacterError, match=r"gains: 'a\?b' is none of the 52 curves"):
        load_character(written(tmp_path, with_line(r'gains = {"a\nb" = 1}')))
