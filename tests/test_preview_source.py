"""What is shown comes from sounds, takes and curves of any rig, and is the same face."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mien.character import load_character
from mien.errors import FileError, MienError, OptionError, RigError
from mien.files import write_curves
from mien.pipeline import Take, bake
from mien.preview.source import Asked, at_rate, phones_beside, read_line, shown
from mien.rig import find_rig, load_rig
from mien.rig.write import write_rig
from mien.values import Curves, Phone

PHONES = Path(__file__).with_name("line.phones.tsv")


@pytest.fixture(scope="module")
def take(demo_line: Path) -> Take:
    return bake(demo_line)


def column(curves: Curves, name: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return curves.column(name)


def test_a_sound_is_baked_and_heard(demo_line: Path, take: Take) -> None:
    line = read_line(demo_line, Asked())
    wanted = take.curves("house", 30)
    assert (line.name, line.sound, line.curves.names) == ("line.flac", demo_line, wanted.names)
    np.testing.assert_array_equal(line.curves.values, wanted.values)


def test_a_take_is_shown_as_the_sound_it_was_baked_from(tmp_path: Path, take: Take, demo_line: Path) -> None:
    take.save(tmp_path / "a.mien")
    line = read_line(tmp_path / "a.mien", Asked(rate="23.976", sound=demo_line))
    assert line.curves.rate == Fraction(24000, 1001)
    assert line.frames == take.frames_at(line.curves.rate)
    assert line.sound == demo_line
    assert line.notes == ()


def test_another_sound_than_the_takes_is_noted(tmp_path: Path, take: Take, demo_line: Path) -> None:
    take.save(tmp_path / "a.mien")
    soundfile.write(tmp_path / "b.wav", np.zeros(16_000), 16_000)
    line = read_line(tmp_path / "a.mien", Asked(sound=tmp_path / "b.wav"))
    assert line.notes == ("b.wav lasts 1.00 s and the sound of a.mien 5.18 s: it may be another's.",)


@pytest.mark.parametrize("rig", ["arkit", "a2f", "arkit61", "readyplayerme"])
def test_curves_named_as_arkits_in_any_case_are_shown_as_they_are(
    tmp_path: Path, take: Take, rig: str
) -> None:
    curves = take.curves(rig, 30)
    write_curves(curves, tmp_path / "a.csv")
    line = read_line(tmp_path / "a.csv", Asked())
    jaw = next(name for name in curves.names if name.lower() == "jawopen")
    np.testing.assert_array_equal(column(line.curves, "jawOpen"), curves.column(jaw))
    assert line.frames == len(curves.values)


@pytest.mark.parametrize("rig", ["metahuman", "unified", "facs"])
def test_curves_of_other_rigs_are_found_by_their_names_and_go_back_through_motion(
    tmp_path: Path, take: Take, rig: str
) -> None:
    write_curves(take.curves(rig, 30), tmp_path / "a.csv")
    found, named = (read_line(tmp_path / "a.csv", Asked(rig=name)) for name in (None, rig))
    np.testing.assert_array_equal(found.curves.values, named.curves.values)
    wanted = take.curves("house", 30)
    jaw = column(found.curves, "jawOpen")
    assert np.corrcoef(jaw, column(wanted, "jawOpen"))[0, 1] > 0.97


def test_a_rig_that_shares_some_names_with_arkit_loses_nothing_by_it(tmp_path: Path) -> None:
    linear = {"jawOpen": {"jawOpen": 1}, "Grin": {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}}
    rig = {"schema": 1, "title": "Vera", "curves": [{"name": name} for name in linear]}
    write_rig(tmp_path / "vera", rig, {"schema": 1, "motion": 1, "linear": linear}, "Ours.\n")
    write_curves(Curves(tuple(linear), np.full((4, 2), 0.5), Fraction(30)), tmp_path / "a.csv")
    seen = read_line(tmp_path / "a.csv", Asked(rig=tmp_path / "vera")).curves
    assert column(seen, "jawOpen")[0] == pytest.approx(0.5, abs=0.01)
    smile = column(seen, "mouthSmileLeft")[0] + column(seen, "mouthSmileRight")[0]
    assert smile / 2 == pytest.approx(0.5, abs=0.01)


def test_going_back_through_motion_keeps_when_the_curves_begin(take: Take) -> None:
    rig = load_rig(find_rig("facs"))
    curves = take.curves(rig, 30)
    late = Curves(curves.names, curves.values[:20], curves.rate, 1.25)
    seen = shown(late, rig)
    assert (seen.start, len(seen.values), seen.rate) == (1.25, 20, 30)


def test_head_angles_that_are_not_radians_are_left_out() -> None:
    ones = np.ones((3, 2))
    seen = shown(Curves(("jawOpen", "headRoll"), ones, Fraction(30)), load_rig(find_rig("azure55")))
    assert seen.names == ("jawOpen",)
    seen = shown(Curves(("jawOpen", "headRoll"), ones, Fraction(30)), load_rig(find_rig("arkit61")))
    assert seen.names == ("jawOpen", "headRoll")


@pytest.mark.parametrize(("rate", "frames"), [(15, 15), (60, 60), ("29.97", 30), (7, 7)])
def test_another_rate_lies_on_straight_lines_between_the_frames(rate: str | int, frames: int) -> None:
    ramp = Curves(("jawOpen",), np.arange(30)[:, np.newaxis] / 100, Fraction(30), 2.0)
    seen = at_rate(ramp, rate)
    assert len(seen.values) == frames
    np.testing.assert_allclose(seen.values[:, 0], np.minimum((seen.times - 2.0) * 0.3, 0.29), atol=1e-6)


def test_phones_come_from_the_option_then_the_take_then_from_beside(
    tmp_path: Path, take: Take, demo_line: Path
) -> None:
    shutil.copy(demo_line, tmp_path / "line.flac")
    assert read_line(tmp_path / "line.flac", Asked()).phones == ()
    shutil.copy(PHONES, tmp_path / "line.PHONES.tsv")
    beside = read_line(tmp_path / "line.flac", Asked()).phones
    assert beside[1].label == "p"
    assert phones_beside(tmp_path / "other.flac") is None
    (tmp_path / "x.tsv").write_text("0\t1\tM\n", encoding="utf-8")
    assert read_line(tmp_path / "line.flac", Asked(phones=tmp_path / "x.tsv")).phones == (Phone(0, 1, "M"),)


# Refused


def test_names_of_no_rig_are_refused_with_the_way_out(tmp_path: Path) -> None:
    write_curves(Curves(("up", "down"), np.zeros((3, 2)), Fraction(30)), tmp_path / "a.csv")
    with pytest.raises(
        FileError, match=r"a.csv: its 2 curves \('up', 'down' ...\) are of no rig here; say which"
    ):
        read_line(tmp_path / "a.csv", Asked())
    with pytest.raises(RigError, match=r"a.csv: "):
        read_line(tmp_path / "a.csv", Asked(rig="facs"))


def test_curves_without_frames_are_refused(tmp_path: Path) -> None:
    write_curves(Curves(("jawOpen",), np.zeros((0, 1)), Fraction(30)), tmp_path / "a.csv")
    with pytest.raises(FileError, match=r"has no frames, so there is nothing to see"):
        read_line(tmp_path / "a.csv", Asked())


def test_options_that_make_no_sense_for_the_file_are_refused(tmp_path: Path, demo_line: Path) -> None:
    with pytest.raises(OptionError, match=r"is a sound itself; leave --audio out"):
        read_line(demo_line, Asked(sound=demo_line))
    (tmp_path / "vera.toml").write_text('schema = 1\nrig = "arkit"\n', encoding="utf-8")
    write_curves(Curves(("jawOpen",), np.zeros((3, 1)), Fraction(30)), tmp_path / "a.csv")
    vera = load_character(tmp_path / "vera.toml")
    with pytest.raises(OptionError, match=r"holds curves.*--character is for sounds and takes"):
        read_line(tmp_path / "a.csv", Asked(character=vera))


@pytest.mark.parametrize("name", ["a.wav", "a.mien", "a.csv"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MienError, match=r"no such file"):
        read_line(tmp_path / name, Asked())
    with pytest.raises(MienError, match=r"no such file"):
        read_line(tmp_path / "b.csv", Asked(sound=tmp_path / name))


def test_curves_that_are_not_the_rigs_that_was_named_are_refused(tmp_path: Path) -> None:
    write_curves(Curves(("sil", "PP"), np.zeros((3, 2)), Fraction(30)), tmp_path / "a.csv")
    with pytest.raises(RigError, match=r"none of its curves \('sil', 'PP' ...\) is ARKit's; say by --rig"):
        read_line(tmp_path / "a.csv", Asked(rig="arkit"))


def test_curves_in_per_cent_are_refused_as_such(tmp_path: Path) -> None:
    write_curves(Curves(("jawOpen",), np.array([[1.5], [80]]), Fraction(30)), tmp_path / "a.csv")
    with pytest.raises(RigError, match=r"a.csv: 'jawOpen' is 80 at frame 1, .* divide by 100"):
        read_line(tmp_path / "a.csv", Asked())
