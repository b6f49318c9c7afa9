"""`mien preview` as a user types it: films, sheets, strips and frames of the house head, and refusals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from mien.files import write_curves
from mien.pipeline import bake, open_take
from mien.values import Curves
from tests.films import read_film
from tests.typed import mien as _mien

QUICK = ("--size", 64, "--workers", 1)
PHONES = Path(__file__).with_name("line.phones.tsv")


@pytest.fixture
def spoken(tmp_path: Path, demo_line: Path) -> Path:
    """The first 1.2 s of the demo's line."""
    samples, rate = soundfile.read(demo_line, dtype="float32")
    soundfile.write(tmp_path / "line.wav", samples[: round(1.2 * rate)], rate)
    return tmp_path / "line.wav"


@pytest.fixture
def take(spoken: Path) -> Path:
    bake(spoken).save(spoken.with_suffix(".mien"))
    return spoken.with_suffix(".mien")


def test_a_sound_becomes_a_film_with_its_sound(capsys, spoken: Path, tmp_path: Path) -> None:
    code, said, err = _mien(capsys, "preview", spoken, *QUICK)
    assert (code, err) == (0, "")
    assert said == f"{tmp_path / 'line.mp4'}: 46 frames of 64x64 at 30 fps\n"
    film = read_film(tmp_path / "line.mp4")
    assert film.frames.shape == (46, 64, 64, 3)
    assert film.rate == 30
    assert len(film.sound) == pytest.approx(46 / 30 * 48_000, abs=2)
    assert np.abs(film.sound).max() > 0.1
    assert np.abs(np.diff(film.frames.astype(float), axis=0)).max() > 40  # the mouth moves
    assert sorted(path.name for path in tmp_path.iterdir()) == ["line.mp4", "line.wav"]


def test_a_take_becomes_a_film_at_any_rate_silent_unless_it_is_given_its_sound(
    capsys, take: Path, spoken: Path, tmp_path: Path
) -> None:
    code, said, _ = _mien(capsys, "preview", take, *QUICK, "--fps", "23.976")
    assert code == 0
    assert "line.mien has no sound, so the film is silent; add it by --audio FILE." in said
    film = read_film(tmp_path / "line.mp4")
    assert film.rate == Fraction(24000, 1001)
    assert len(film.frames) == open_take(take).frames_at(film.rate)
    assert len(film.sound) == 0
    _, said, _ = _mien(capsys, "preview", take, *QUICK, "--audio", spoken, "--fps", 12)
    assert "silent" not in said
    assert len(read_film(tmp_path / "line.mp4").sound) > 0


def test_two_processes_make_the_film_that_one_makes(capsys, take: Path, tmp_path: Path) -> None:
    films = []
    for workers in (1, 2):
        out = tmp_path / f"{workers}.webp"
        assert (
            _mien(capsys, "preview", take, "-o", out, "--size", 64, "--workers", workers, "--fps", 10)[0] == 0
        )
        films.append(out.read_bytes())
    assert films[0] == films[1]


def test_curves_become_animated_pictures_and_a_gif_leaves_out_what_it_cannot_show(
    capsys, take: Path, tmp_path: Path
) -> None:
    write_curves(open_take(take).curves("arkit", 60), tmp_path / "a.csv")
    code, said, _ = _mien(capsys, "preview", tmp_path / "a.csv", "-o", tmp_path / "a.gif", *QUICK)
    assert code == 0
    assert "46 frames of 64x64 at 30 fps" in said
    assert "A GIF shows 50 frames a second at most, so this is 1 in 2 of a.csv's." in said
    with Image.open(tmp_path / "a.gif") as image:
        assert image.size == (64, 64)


def test_a_sheet_shows_a_frame_per_phone_or_one_every_so_often(capsys, spoken: Path, tmp_path: Path) -> None:
    shutil.copy(PHONES, tmp_path / "line.phones.tsv")
    out = tmp_path / "a.png"
    code, said, _ = _mien(capsys, "preview", spoken, "-o", out, *QUICK)
    assert (code, said) == (0, f"{out}: 16 frames of 64x64\n")
    code, said, _ = _mien(capsys, "preview", spoken, "-o", out, *QUICK, "--every", "0.5")
    assert (code, said) == (0, f"{out}: 4 frames of 64x64\n")
    (tmp_path / "line.phones.tsv").unlink()
    _, said, _ = _mien(capsys, "preview", spoken, "--sheet", *QUICK)
    assert "The phones are not known (--phones), so here is a frame every" in said
    assert (tmp_path / "line.sheet.png").is_file()


def test_a_strip_and_a_frame_are_pictures_too(capsys, spoken: Path, tmp_path: Path) -> None:
    code, said, _ = _mien(capsys, "preview", spoken, "--strip", "--phones", PHONES, *QUICK)
    assert code == 0
    assert said.startswith(f"{tmp_path / 'line.strip.png'}: ")
    code, said, _ = _mien(capsys, "preview", spoken, "--at", 0.4, "-o", tmp_path / "x.png", *QUICK)
    assert said == f"{tmp_path / 'x.png'}: frame 12 at 0.400 s, 64x64\n"
    with Image.open(tmp_path / "x.png") as image:
        assert image.size == (64, 64)


@pytest.mark.parametrize("view", ["mouth", "side", "three-quarter"])
def test_every_view_shows_something_else(capsys, take: Path, tmp_path: Path, view: str) -> None:
    for name in ("face", view):
        out = tmp_path / f"{name}.png"
        assert _mien(capsys, "preview", take, "--at", 0.4, "-o", out, *QUICK, "--view", name)[0] == 0
    one, other = (np.asarray(Image.open(tmp_path / f"{name}.png"), float) for name in ("face", view))
    assert np.abs(one - other).mean() > 5


def test_two_takes_stand_side_by_side_whichever_way_it_is_typed(capsys, take: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mien"
    shutil.copy(take, other)
    films = []
    for words in (("--compare", take, other), (take, "--compare", other)):
        assert _mien(capsys, "preview", *words, "-o", tmp_path / "ab.mp4", *QUICK, "--fps", 10)[0] == 0
        films.append(read_film(tmp_path / "ab.mp4").frames)
    np.testing.assert_array_equal(*films)
    assert films[0].shape[2] == 132


def test_blind_leaves_a_key_and_no_name(capsys, take: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mien"
    shutil.copy(take, other)
    out = tmp_path / "ab.png"
    words = ("--compare", take, other, "--blind", "--seed", 5, "--every", 0.5, "-o", out)
    code, said, _ = _mien(capsys, "preview", *words, *QUICK)
    assert code == 0
    assert "mien" not in said.replace(str(tmp_path), "")
    for ending, more in (
        (".mp4", ()),
        (".gif", ("--fps", 60)),
        (".mp4", ("--audio", PHONES.with_name("golden") / "bob.flac")),
    ):
        words = ("--compare", take, other, "--blind", "-o", out.with_suffix(ending), *more)
        assert "mien" not in _mien(capsys, "preview", *words, *QUICK)[1].replace(str(tmp_path), "")
    key = json.loads((tmp_path / "ab.png.key.json").read_text(encoding="utf-8"))
    assert {key["A"], key["B"]} == {str(take), str(other)}


def refusal(capsys, *words: object) -> str:
    """The one line of a refusal."""
    code, said, err = _mien(capsys, "preview", *words)
    assert (code, said) == (2, "")
    assert err.startswith("mien: ")
    assert len(err.splitlines()) == 1
    return err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["-o", "a.mov"], "ends in one of .mp4, .webp, .gif, .png, and this in .mov"),
        (["-o", "a"], "ends in one of .mp4, .webp, .gif, .png, and this in nothing"),
        (["-o", "none/a.mp4"], "there is no folder 'none'; make it, or choose another"),
        (["--sheet", "-o", "a.mp4"], "a.mp4 is a film, and a sheet is a picture; name it a.png"),
        (["--strip", "--at", "1"], "--strip and --at ask for different pictures"),
        (["--size", "32"], "--size 32: sides are 64..4096 px"),
        (["--size", "9000x64"], "--size 9000x64: sides are 64..4096 px"),
        (["--size", "big"], "--size big: write pixels, as in 640 or 1280x720"),
        (["--size", "65"], "H.264 wants even sizes, not 65x65; write --size 66x66"),
        (["--view", "fase"], "There is no view 'fase'; there is face, mouth, side, three-quarter."),
        (["--at", "99", "-o", "a.png"], "--at 99: line.wav has frames from 0.00 to 1.50 s"),
        (["--at", "nan", "-o", "a.png"], "--at nan: line.wav has frames from 0.00 to 1.50 s"),
        (["--size", "4000", "-o", "a.png", "--every", ".1"], "million pixels, and viewers open 120 million"),
        (["--size", "2000", "--strip"], "Frames of a strip have up to 1080 px a side, not 2000x2000."),
        (["--at", "1e308", "-o", "a.png"], "--at 1e+308: line.wav has frames from 0.00 to 1.50 s"),
        (["--every", "1e-320", "-o", "a.png"], "a frame comes every so many seconds"),
        (["--every", "0", "-o", "a.png"], "a frame comes every so many seconds"),
        (["--fps", "500"], "Frame rate 500 is outside 1..120"),
        (["--workers", "-1"], "--workers -1 is outside 0..61"),
        (["--blind"], "--blind hides which of two is which; add --compare"),
        (["--compare"], "--compare shows two files, and 1 came"),
        (["--head", "none.glb"], "none.glb"),
        (["--phones", "none.tsv"], "none.tsv: cannot be read"),
        (["--rig", "akrit"], "There is no rig 'akrit'"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_in_one_sentence(
    capsys, monkeypatch, spoken: Path, tmp_path: Path, words: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert reason in refusal(capsys, "line.wav", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["line.wav"]


def test_an_input_is_never_overwritten(capsys, take: Path) -> None:
    sound = take.with_suffix(".mp4")
    take.with_suffix(".wav").rename(sound)
    assert "is an input itself; choose another output" in refusal(capsys, sound, "-o", sound)
    whole = sound.read_bytes()
    for words in ((take, "--audio", sound), (take, "--phones", sound), (take, "--head", sound)):
        assert "line.mp4 is an input itself; choose another output" in refusal(capsys, *words)
    assert sound.read_bytes() == whole


def test_a_folder_is_no_line(capsys, tmp_path: Path) -> None:
    for folder in (tmp_path, Path(), Path("/")):
        assert "is a folder, and one line is shown; name a file in it." in refusal(capsys, folder)


def test_curves_that_move_nothing_on_the_head_are_refused(capsys, tmp_path: Path) -> None:
    write_curves(Curves(("CTRL_x", "CTRL_y"), np.zeros((9, 2)), Fraction(30)), tmp_path / "a.csv")
    assert "its 2 curves ('CTRL_x', 'CTRL_y' ...) are of no rig here" in refusal(capsys, tmp_path / "a.csv")


def filming(take: Path, out: Path) -> subprocess.Popen[str]:
    """A long film that was begun."""
    program = "from mien.cli.main import run; run()"
    words = ["preview", str(take), "-o", str(out), "--size", "640", "--fps", "120"]
    command = [sys.executable, "-c", program, *words, "--workers", "2"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(out.parent.glob(".mien-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    return running


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_stops_everything_and_leaves_nothing_half_written(take: Path, tmp_path: Path) -> None:
    running = filming(take, tmp_path / "a.mp4")
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err.splitlines() == ["mien: stopped; nothing half-written is left."]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["line.mien", "line.wav"]


def still_there(group: int) -> bool:
    """Whether a process of the group lives; it is gone when all have ended and were waited for."""
    stats = (path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists())
    rows = (stat.rpartition(")")[2].split() for stat in stats)
    return any(row[0] != "Z" and int(row[3]) == group for row in rows)


@pytest.mark.skipif(sys.platform != "linux", reason="signals, and /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_it_leaves_no_processes_behind(take: Path, tmp_path: Path, number: int) -> None:
    running = filming(take, tmp_path / "a.mp4")
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode == (-number if number == signal.SIGKILL else 128 + number)
    deadline = time.monotonic() + 20
    while still_there(running.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not still_there(running.pid)
    if number != signal.SIGKILL:
        assert sorted(path.name for path in tmp_path.iterdir()) == ["line.mien", "line.wav"]


def test_the_size_that_is_advised_for_two_is_the_one_to_write(capsys, take: Path, tmp_path: Path) -> None:
    said = refusal(capsys, "--compare", take, take, "-o", tmp_path / "a.mp4", "--size", "65")
    assert "write --size 66x66" in said


def test_two_sounds_are_not_heard_at_once(capsys, take: Path, spoken: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.wav"
    shutil.copy(spoken, other)
    words = ("--compare", spoken, other, "-o", tmp_path / "a.mp4")
    said = _mien(capsys, "preview", *words, *QUICK)[1]
    assert f"There are two sounds, and the film has that of {spoken}." in said
    said = _mien(capsys, "preview", *words, *QUICK, "--blind")[1]
    assert "There are two sounds, and the film has that of one of them." in said


@pytest.mark.skipif(sys.platform != "linux", reason="names of files that are no Unicode")
def test_a_name_that_is_no_unicode_is_compared_blind(capsys, take: Path, tmp_path: Path) -> None:
    other = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.mien"))
    shutil.copy(take, other)
    out = tmp_path / "a.png"
    assert (
        _mien(capsys, "preview", "--compare", take, other, "--blind", "--at", 0.2, "-o", out, *QUICK)[0] == 0
    )
    key = json.loads((tmp_path / "a.png.key.json").read_text(encoding="utf-8"))
    assert {key["A"], key["B"]} == {str(take), str(other)}
