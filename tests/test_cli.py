"""The command line as a user types it: results, refusals on one line with exit code 2, and Ctrl-C."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mien.cli.main import run
from mien.files import read_curves, read_take


def _mien(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `mien WORDS...`."""
    typed = sys.argv
    sys.argv = ["mien", *map(str, words)]
    try:
        run()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = typed
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def lines(tmp_path: Path, demo_line: Path) -> Path:
    """A folder with two spoken lines, one of them in a folder below."""
    folder = tmp_path / "lines"
    (folder / "act one").mkdir(parents=True)
    shutil.copy(demo_line, folder / "first.flac")
    samples, rate = soundfile.read(demo_line, dtype="float32")
    soundfile.write(folder / "act one" / "zweite Zeile.wav", samples[:rate], rate)
    return folder


def test_a_line_becomes_curves_a_take_and_a_picture(capsys, demo_line, tmp_path) -> None:
    out = tmp_path / "new folder" / "line.csv"
    code, said, _ = _mien(capsys, "bake", demo_line, "-o", out, "--save-take", "--plot", "--fps", "29.97")
    assert code == 0
    assert len(said.splitlines()) == 2
    assert "52 curves at 29.97 fps" in said
    curves = read_curves(out)
    assert curves.rate.denominator == 1001
    assert read_take(out.with_suffix(".mien")).rate == curves.rate
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert sorted(p.name for p in out.parent.iterdir()) == ["line.csv", "line.mien", "line.png"]


@pytest.mark.parametrize("suffix", ["csv", "json", "npz"])
def test_every_format_holds_the_same_curves(capsys, demo_line, tmp_path, suffix) -> None:
    for ending in ("csv", suffix):
        assert _mien(capsys, "bake", demo_line, "-o", tmp_path / f"line.{ending}")[0] == 0
    one, other = read_curves(tmp_path / "line.csv"), read_curves(tmp_path / f"line.{suffix}")
    np.testing.assert_array_equal(one.values, other.values)
    assert one.names == other.names


def test_a_folder_of_lines_becomes_a_folder_of_curves(capsys, lines, tmp_path) -> None:
    code, said, _ = _mien(capsys, "bake", lines, "-o", tmp_path / "curves", "--format", "json")
    assert code == 0
    assert (tmp_path / "curves" / "first.json").is_file()
    assert (tmp_path / "curves" / "act one" / "zweite Zeile.json").is_file()
    assert said.count("frames of 52 curves") == 2


def test_a_take_renders_to_what_the_bake_gave(capsys, demo_line, tmp_path) -> None:
    _mien(capsys, "bake", demo_line, "-o", tmp_path / "line.csv", "--save-take", "--fps", "24")
    code, _, _ = _mien(capsys, "render", tmp_path / "line.mien", "-o", tmp_path / "again.csv")
    assert code == 0
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "line.csv").read_bytes()
    _mien(capsys, "render", tmp_path / "line.mien", "-o", tmp_path / "fast.csv", "--fps", "120")
    assert read_curves(tmp_path / "fast.csv").rate == 120


def test_the_demo_leaves_curves_a_picture_and_a_take(capsys, tmp_path) -> None:
    code, said, _ = _mien(capsys, "demo", "-o", tmp_path / "out")
    assert code == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"line.csv", "line.png", "line.mien"}
    assert "the lips close" in said


def test_eval_scores_recordings_and_draws_them(capsys, demo_line, tmp_path) -> None:
    shutil.copy(demo_line, tmp_path / "line.flac")
    shutil.copy(Path(__file__).with_name("line.phones.tsv"), tmp_path / "line.phones.tsv")
    code, said, _ = _mien(capsys, "eval", tmp_path, "--plot", tmp_path / "plots")
    assert code == 0
    header, row = said.splitlines()
    scores = dict(zip(header.split(), ["", *row.split()[1:]], strict=True))
    assert float(scores["closF1"]) > 0.7
    assert (tmp_path / "plots" / "line.png").is_file()


def test_eval_scores_curve_files_of_any_system(capsys, demo_line, tmp_path) -> None:
    shutil.copy(demo_line, tmp_path / "line.flac")
    shutil.copy(Path(__file__).with_name("line.phones.tsv"), tmp_path / "line.phones.tsv")
    _mien(capsys, "bake", demo_line, "-o", tmp_path / "theirs" / "line.csv")
    both = [_mien(capsys, "eval", tmp_path, *more)[1] for more in ([], ["--curves", tmp_path / "theirs"])]
    assert both[0].splitlines()[1].split()[1:] == both[1].splitlines()[1].split()[1:]


def test_lists_say_what_there_is(capsys) -> None:
    assert "mien-live" in _mien(capsys, "models")[1]
    assert "arkit" in _mien(capsys, "rigs")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["bake", "LINE", "-o", "OUT/a.csv", "--rig", "arkti"],
            "no rig 'arkti'; there is arkit. Did you mean 'arkit'?",
        ),
        (["bake", "LINE", "-o", "OUT/a.csv", "--model", "mien-life"], "Did you mean 'mien-live'?"),
        (["bake", "LINE", "-o", "OUT/a.csv", "--fps", "600"], "outside 1..120 frames a second"),
        (["bake", "LINE", "-o", "OUT/a.cvs"], "Did you mean '.csv'?"),
        (["bake", "LINE", "-o", "OUT/a.csv", "--format", "jsn"], "Did you mean 'json'?"),
        (
            ["bake", "LINE", "-o", "OUT/a.csv", "--format", "json"],
            "--format json contradicts the name 'a.csv'",
        ),
        (["bake", "LINE", "-o", "OUT/a.mien", "--save-take"], "is a take"),
        (["bake", "LINE", "LINE", "-o", "OUT/a.csv"], "Many inputs go into a folder"),
        (["bake", "LINE", "LINE", "-o", "OUT/curves"], "would both become"),
        (["bake", "OUT/missing.wav", "-o", "OUT/a.csv"], "missing.wav"),
        (["bake", "OUT", "-o", "OUT/curves"], "no sounds in this folder"),
        (["bake", "LINE", "-o", "OUT/a.csv", "--tail", "-1"], "outside 0..60"),
        (["render", "OUT/none.mien", "-o", "OUT/a.csv"], "none.mien"),
        (["eval", "OUT"], "no recordings with phones beside them"),
    ],
)
def test_a_mistake_is_one_line_with_the_way_out_and_exit_code_2(
    capsys, demo_line, tmp_path, words, said
) -> None:
    places = {"LINE": str(demo_line)}
    typed = [places.get(word, word.replace("OUT", str(tmp_path), 1)) for word in words]
    code, out, err = _mien(capsys, *typed)
    assert code == 2
    assert out == ""
    assert err.startswith("mien: ")
    assert len(err.splitlines()) == 1
    assert said in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("words", "near"), [(["bake", "--fsp", "30"], "--fps"), (["bkae"], "bake")])
def test_an_unknown_option_or_command_is_met_with_the_nearest(capsys, words, near) -> None:
    code, _, err = _mien(capsys, *words)
    assert code == 2
    assert near in err


def test_ctrl_c_leaves_nothing_half_written(tmp_path, demo_line) -> None:
    samples, rate = soundfile.read(demo_line, dtype="float32")
    long = tmp_path / "long.wav"
    with soundfile.SoundFile(long, "w", rate, 1) as file:
        for _ in range(240):
            file.write(samples)
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "mien.cli.main", "bake", str(long), "-o", str(out / "long.csv")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == "mien: stopped; nothing half-written is left."
    assert list(out.iterdir()) == []
