"""The command line as a user types it: results, refusals on one line with exit code 2, and Ctrl-C."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mien.cli import main
from mien.files import read_curves, read_take
from tests.typed import mien as _mien

PHONES = Path(__file__).with_name("line.phones.tsv")
"""Of the demo line."""

STOPPED = "mien: stopped; nothing half-written is left."


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


def test_a_folder_of_results_may_have_a_point_in_its_name(capsys, lines, tmp_path) -> None:
    (lines / "._first.flac").write_bytes(b"what macOS leaves on foreign disks")
    (lines / "folder.wav").mkdir()
    code, _, _ = _mien(capsys, "bake", lines, "-o", tmp_path / "act.1")
    assert code == 0
    found = sorted(str(p.relative_to(tmp_path / "act.1")) for p in (tmp_path / "act.1").rglob("*.*"))
    assert found == [str(Path("act one") / "zweite Zeile.csv"), "first.csv"]


def test_one_bad_input_of_many_is_refused_before_the_first_is_baked(capsys, lines, tmp_path) -> None:
    (lines / "last.wav").write_text("Remember: record this one again.", encoding="utf-8")
    code, said, err = _mien(capsys, "bake", lines, "-o", tmp_path / "curves")
    assert (code, said) == (2, "")
    assert "last.wav: this is text, not audio" in err
    assert not (tmp_path / "curves").exists()


def test_a_take_renders_to_what_the_bake_gave(capsys, demo_line, tmp_path) -> None:
    _mien(capsys, "bake", demo_line, "-o", tmp_path / "line.csv", "--save-take", "--fps", "24")
    code, _, _ = _mien(capsys, "render", tmp_path / "line.mien", "-o", tmp_path / "again.csv")
    assert code == 0
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "line.csv").read_bytes()
    _mien(capsys, "render", tmp_path / "line.mien", "-o", tmp_path / "fast.csv", "--fps", "120")
    assert read_curves(tmp_path / "fast.csv").rate == 120


def test_the_demo_leaves_curves_a_picture_a_take_and_a_film(capsys, tmp_path) -> None:
    code, said, _ = _mien(capsys, "demo", "-o", tmp_path / "out")
    assert code == 0
    wanted = ["line.csv", "line.mien", "line.mp4", "line.png"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == wanted
    assert "the lips close" in said


@pytest.fixture
def spoken(tmp_path: Path, demo_line: Path) -> Path:
    """A folder with the same recording and its phones in two folders."""
    for place, ending in (("ann", ".phones.tsv"), ("bob", ".PHONES.TSV")):
        (tmp_path / "spoken" / place).mkdir(parents=True)
        shutil.copy(demo_line, tmp_path / "spoken" / place / "line-1.flac")
        shutil.copy(PHONES, tmp_path / "spoken" / place / f"line-1{ending}")
    return tmp_path / "spoken"


def test_eval_scores_recordings_and_draws_them(capsys, spoken, tmp_path) -> None:
    code, said, _ = _mien(capsys, "eval", spoken, "--plot", tmp_path / "plots", "--by-speaker")
    assert code == 0
    header, line, everything = map(str.split, said.splitlines())
    scores = dict(zip(header, everything, strict=True))
    assert (line[0], everything[0]) == ("mien-live/line", "mien-live/all")
    assert line[1:] == everything[1:]
    assert scores["n"] == "2"
    assert float(scores["closF1"]) > 0.7
    drawn = sorted(path.relative_to(tmp_path / "plots") for path in (tmp_path / "plots").rglob("*.png"))
    assert drawn == [Path("ann/line-1.png"), Path("bob/line-1.png")]


def _mien_without_extras(*words: object) -> tuple[int, str, str]:
    """Exit code and what was said, by a Python of its own in which no extra can be imported."""
    without = "import sys; sys.modules |= {'matplotlib': None, 'embreex': None}"
    program = f"{without}; from mien.cli.main import run; run()"
    command = [sys.executable, "-c", program, *map(str, words)]
    ran = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return ran.returncode, ran.stdout, ran.stderr


NO_PICTURES = "Pictures need matplotlib, which is not installed: pip install 'mien[plot]'"


def test_without_matplotlib_a_picture_is_refused_before_anything_is_baked(
    demo_line, spoken, tmp_path
) -> None:
    out = tmp_path / "out"
    refused = (2, "", f"mien: {NO_PICTURES}\n")
    assert _mien_without_extras("bake", demo_line, "-o", out / "line.csv", "--plot") == refused
    no_model = ("--model", "none")  # would be refused next, and no bake begins without one
    assert _mien_without_extras("eval", spoken, "--plot", out, *no_model) == refused
    assert not out.exists()


def test_without_extras_the_demo_says_what_picture_and_film_need(tmp_path) -> None:
    code, said, err = _mien_without_extras("demo", "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"line.csv", "line.mien"}
    assert [line for line in said.splitlines() if "picture" in line] == [f"  no picture: {NO_PICTURES}"]
    assert f"take: {tmp_path / 'out' / 'line.mien'}" in said
    assert said.splitlines()[-1].startswith("  no film: ")
    assert said.endswith("pip install 'mien[preview]'\n")


def test_without_matplotlib_all_but_pictures_works(demo_line, spoken, tmp_path) -> None:
    assert _mien_without_extras("bake", demo_line, "-o", tmp_path / "line.csv")[0] == 0
    assert _mien_without_extras("eval", spoken, "--limit", "1")[0] == 0


def test_eval_scores_curve_files_of_any_system(capsys, spoken, tmp_path) -> None:
    _mien(capsys, "bake", spoken, "-o", tmp_path / "theirs")
    ours = _mien(capsys, "eval", spoken, "--tsv")[1]
    theirs = _mien(capsys, "eval", spoken, "--tsv", "--curves", tmp_path / "theirs")[1]
    assert [line.split("\t")[0] for line in (ours + theirs).splitlines()] == [
        *("system", "mien-live"),
        *("system", "theirs"),
    ]
    assert ours.splitlines()[1].split("\t")[1:] == theirs.splitlines()[1].split("\t")[1:]


def test_eval_refuses_curves_that_are_missing_and_times_in_samples(capsys, spoken, tmp_path) -> None:
    (tmp_path / "theirs").mkdir()
    _, _, err = _mien(capsys, "eval", spoken, "--curves", tmp_path / "theirs")
    assert f"no curves of '{Path('ann/line-1')}' (csv, json, npz)" in err
    (spoken / "ann" / "line-1.phones.tsv").write_text("0\t82880\tM\n", encoding="utf-8")
    code, _, err = _mien(capsys, "eval", spoken)
    assert code == 2
    assert "the last phone ends at 82880 s, the sound lasts 5.18 s; times are in seconds" in err


def test_the_list_of_models_says_what_there_is(capsys) -> None:
    assert "mien-live" in _mien(capsys, "models")[1]


def test_the_list_of_models_goes_on_when_one_folder_is_broken(capsys, tmp_path, monkeypatch) -> None:
    (tmp_path / "models" / "my[bold]own").mkdir(parents=True)
    (tmp_path / "models" / "my[bold]own" / "card.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    code, said, _ = _mien(capsys, "models")
    assert code == 0
    rows = {line.split()[0]: line for line in said.splitlines()}
    assert "mien-live" in rows
    assert "card.json" in rows["my[bold]own"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["bake", "LINE", "-o", "OUT/a.csv", "--rig", "arkti"],
            "Did you mean 'arkit'?",
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
        (["bake", "LINE", "-o", "OUT/a.png", "--format", "csv", "--plot"], "would both become"),
        (["render", "OUT/none.mien", "-o", "OUT/a.csv"], "none.mien"),
        (["render", "OUT/none.mien", "-o", "OUT/b.mien"], "name a .csv, .json or .npz"),
        (["render", "OUT/none.mien", "-o", "OUT/b.csv", "--format", "npz"], "--format npz contradicts"),
        (["eval", "OUT"], "no recordings with phones beside them"),
        (["eval", "OUT/nowhere"], "nowhere is no folder"),
        (["eval", "OUT", "--curves", "OUT", "--model", "mien-live"], "leave one of them out"),
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


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["bake", "--fsp", "30"], "--fps"),
        (["bkae"], "bake"),
        (["eval", ".", "--limit", "-1"], "--limit"),
    ],
)
def test_an_unknown_option_or_command_is_met_with_the_nearest(capsys, words, near) -> None:
    code, _, err = _mien(capsys, *words)
    assert code == 2
    assert near in err


def test_ctrl_c_leaves_nothing_half_written(tmp_path, demo_line) -> None:
    samples, rate = soundfile.read(demo_line, dtype="float32")
    long = tmp_path / "long.wav"
    with soundfile.SoundFile(long, "w", rate, 1) as file:
        for _ in range(200):
            file.write(samples)
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "mien.cli.main", "bake", long, "-o", out / "long.csv", "--fps", "120"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        _wait_for(lambda: any(out.glob(".mien-*.part")) or process.poll() is not None)
        assert [path.suffix for path in out.iterdir()] == [".part"]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == STOPPED
    assert list(out.iterdir()) == []


def _wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), SystemExit(130)])
def test_ctrl_c_says_the_same_wherever_it_strikes(capsys, monkeypatch, ending) -> None:
    def struck(**_: object) -> None:
        raise ending

    monkeypatch.setattr(main, "app", struck)
    assert _mien(capsys, "version") == (130, "", STOPPED + "\n")
