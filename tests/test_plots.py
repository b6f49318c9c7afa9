"""Pictures: they are written whole or not at all, and show what moves."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from mien.errors import FileError, RigError
from mien.plots import ROWS, plot_bake, plot_score, waveform
from mien.score import Truth, truth
from mien.values import Audio, Curves, Phone


def tone(seconds: float = 2.0) -> Audio:
    return Audio(np.sin(np.arange(int(16000 * seconds)) * 0.2).astype(np.float32) * 0.3)


def waves(*names: str, seconds: float = 2.0) -> Curves:
    """Curves that each swing 0..1 at a speed of their own."""
    times = np.arange(int(30 * seconds)) / 30
    speeds = 1 + np.arange(len(names))
    return Curves(names, 0.5 - 0.5 * np.cos(6 * times[:, None] * speeds), Fraction(30))


def spoken() -> Truth:
    return truth("x", [Phone(0.5, 0.7, "P"), Phone(0.7, 1.2, "AA1"), Phone(1.2, 1.3, "M")], 2.0)


def ink(path: Path, colour: str) -> int:
    """Dots in `path` of `colour`, close enough to be told from the others."""
    wanted = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return int((np.abs(imread(path)[..., :3] - wanted).max(axis=-1) < 0.03).sum())


def test_a_bake_shows_a_row_for_what_moves_and_none_for_what_does_not(tmp_path: Path) -> None:
    plot_bake(tone(), waves("jawOpen", "mouthSmileLeft", "mouthSmileRight"), tmp_path / "a.png", "Hello")
    assert ink(tmp_path / "a.png", ROWS[0].colour) > 500
    assert ink(tmp_path / "a.png", ROWS[3].colour) > 500
    assert ink(tmp_path / "a.png", ROWS[2].colour) == 0


def test_a_bake_for_a_rig_with_its_own_names_still_shows_its_curves(tmp_path: Path) -> None:
    plot_bake(tone(), waves("CTRL_a", "CTRL_b"), tmp_path / "a.png")
    assert imread(tmp_path / "a.png").shape[0] > 200


def test_a_bake_of_silence_and_of_nothing_can_be_drawn(tmp_path: Path) -> None:
    plot_bake(
        Audio(np.zeros(16000)), Curves(("jawOpen",), np.zeros((30, 1)), Fraction(30)), tmp_path / "a.png"
    )
    plot_bake(Audio(np.zeros(0)), Curves(("jawOpen",), np.zeros((1, 1)), Fraction(30)), tmp_path / "b.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_a_score_shows_hits_and_misses(tmp_path: Path) -> None:
    values = np.ones((60, 1))
    values[16:20] = 0  # P is closed, M is not
    plot_score(tone(), Curves(("jawOpen",), values, Fraction(30)), spoken(), tmp_path / "a.png", theta=0.1)
    green, red = ink(tmp_path / "a.png", "#d1ead9"), ink(tmp_path / "a.png", "#f6d6d6")
    assert green > red > 1000


def test_the_score_of_another_rig_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RigError, match="none of these 1 curves"):
        plot_score(tone(), waves("CTRL_a"), spoken(), tmp_path / "a.png")


def test_a_picture_that_cannot_be_written_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(FileError, match="is a folder; give the name of a file in it"):
        plot_bake(tone(), waves("jawOpen"), tmp_path / "a.png")
    assert [path.name for path in tmp_path.rglob("*")] == ["a.png"]


def test_the_folders_of_a_picture_are_made(tmp_path: Path) -> None:
    plot_bake(tone(), waves("jawOpen"), tmp_path / "act" / "one" / "a.png")
    assert (tmp_path / "act" / "one" / "a.png").is_file()


def test_without_matplotlib_a_picture_is_refused_with_the_command_that_installs_it(tmp_path: Path) -> None:
    program = """
import sys
sys.modules["matplotlib"] = None  # as if it were not installed
from fractions import Fraction
from mien.errors import MissingExtraError
from mien.plots import plot_bake, plot_score
from mien.score import truth
from mien.values import Audio, Curves, Phone

sound, curves = Audio([0.0] * 16000), Curves(("jawOpen",), [[0.5]] * 30, Fraction(30))
meant = truth("x", [Phone(0.2, 0.4, "P"), Phone(0.4, 0.9, "AA1")], 1.0)
for draw, values in ((plot_bake, (sound, curves)), (plot_score, (sound, curves, meant))):
    try:
        draw(*values, sys.argv[1])
    except MissingExtraError as problem:
        print(problem)
"""
    command = [sys.executable, "-c", program, tmp_path / "a.png"]
    root = Path(__file__).resolve().parents[1]
    ran = subprocess.run(command, cwd=root / "server", capture_output=True, text=True, check=False)
    refusal = "Pictures need matplotlib, which is not installed: pip install 'mien[plot]'"
    assert (ran.stdout.splitlines(), ran.stderr) == ([refusal] * 2, "")
    assert list(tmp_path.iterdir()) == []


def test_names_are_shown_as_they_are_and_not_set_as_formulas(tmp_path: Path) -> None:
    plot_bake(tone(), waves("jaw$\\frac$", "jaw_$x$"), tmp_path / "a.png", r"the $\frac{ line$.wav")
    labelled = truth("$\\frac{$", [Phone(0.5, 1.5, "P"), Phone(1.5, 1.9, "AA1")], 2.0)
    plot_score(tone(), waves("jawOpen"), labelled, tmp_path / "b.png")
    assert len(list(tmp_path.iterdir())) == 2


@given(samples=st.integers(1, 5000), rate=st.sampled_from([8000, 44100]), cuts=st.lists(st.integers(1, 4999)))
def test_a_waveform_is_the_same_in_any_blocks(samples: int, rate: int, cuts: list[int]) -> None:
    sound = np.random.default_rng(samples).normal(size=samples).astype(np.float32)
    blocks = np.split(sound, sorted({cut for cut in cuts if cut < samples}))
    whole, cut = waveform([sound], samples, rate), waveform(blocks, samples, rate)
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (whole.low.min(), whole.high.max()) == (sound.min(), sound.max())
    assert whole.duration == samples / rate


def test_pictures_need_no_pyplot_and_matplotlib_is_loaded_only_to_draw() -> None:
    program = "import sys, mien.plots; sys.exit('matplotlib' in sys.modules)"
    root = Path(__file__).resolve().parents[1]
    assert subprocess.run([sys.executable, "-c", program], cwd=root / "server", check=False).returncode == 0
