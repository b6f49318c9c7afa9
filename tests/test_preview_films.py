"""Films: every frame at its time, the sound with them, and nothing half-written."""

from __future__ import annotations

import subprocess
import sys
import weakref
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from mien.errors import FileError, MissingExtraError, OptionError
from mien.preview.film import write_film
from mien.preview.labels import Picture
from mien.preview.reel import Reel
from tests.films import pictures, read_film

SIZE = (64, 48)


def reel(count: int = 12, rate: Fraction | int = 30, **more: object) -> Reel:
    return Reel(pictures(count), count, SIZE, Fraction(rate), **more)  # type: ignore[arg-type]


def click(path: Path, at: float, seconds: float, rate: int = 16_000) -> Path:
    """A sound that is silent but for 20 ms of a tone from `at` on."""
    sound = np.zeros(round(seconds * rate))
    first = round(at * rate)
    sound[first : first + rate // 50] = 0.8 * np.sin(np.arange(rate // 50) * 2 * np.pi * 1000 / rate)
    soundfile.write(path, sound, rate)
    return path


def heard_at(sound: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    """Seconds at which the tone begins."""
    return float(np.flatnonzero(np.abs(sound) > 0.2)[0]) / 48_000


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(24000, 1001), Fraction(60), Fraction(25, 2)])
def test_a_film_has_every_frame_once_at_its_exact_time(tmp_path: Path, rate: Fraction) -> None:
    write_film(reel(50, rate), tmp_path / "a.mp4")
    film = read_film(tmp_path / "a.mp4")
    assert film.rate == rate
    levels = film.frames.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(levels, 20 + 2 * np.arange(50), atol=1)


def test_colours_come_out_as_they_went_in(tmp_path: Path) -> None:
    colours = np.array([[224, 172, 146], [40, 48, 60], [150, 60, 62], [235, 232, 225]], np.uint8)
    picture = np.repeat(np.repeat(colours.reshape(2, 2, 3), 32, axis=0), 32, axis=1)
    write_film(Reel([picture] * 5, 5, (64, 64), Fraction(30)), tmp_path / "a.mp4")
    seen = read_film(tmp_path / "a.mp4").frames[2][16::32, 16::32].reshape(4, 3)
    np.testing.assert_allclose(seen, colours, atol=2)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 192_000])
def test_sound_begins_with_the_first_frame_and_is_as_long_as_the_film(tmp_path: Path, rate: int) -> None:
    sound = click(tmp_path / "a.wav", at=0.5, seconds=1.4, rate=rate)
    write_film(reel(60, sound=sound), tmp_path / "a.mp4")
    film = read_film(tmp_path / "a.mp4")
    assert len(film.sound) == pytest.approx(96_000, abs=2)
    assert heard_at(film.sound) == pytest.approx(0.5, abs=0.002)


@pytest.mark.parametrize(("start", "expected"), [(0.3, 0.2), (-0.4, 0.9)])
def test_curves_that_begin_elsewhere_meet_their_sound(tmp_path: Path, start: float, expected: float) -> None:
    sound = click(tmp_path / "a.wav", at=0.5, seconds=3.0)
    write_film(reel(60, sound=sound, start=start), tmp_path / "a.mp4")
    heard = read_film(tmp_path / "a.mp4").sound
    assert len(heard) == pytest.approx(96_000, abs=2)
    assert heard_at(heard) == pytest.approx(expected, abs=0.002)


def test_a_film_can_be_played_while_it_loads(tmp_path: Path) -> None:
    write_film(reel(), tmp_path / "a.mp4")
    written = (tmp_path / "a.mp4").read_bytes()
    assert written.index(b"moov") < written.index(b"mdat")


def test_a_webp_shows_every_frame_and_lasts_as_long_as_the_film(tmp_path: Path) -> None:
    shown = pictures(25, SIZE, step=9)  # WebP joins pictures that hardly differ
    write_film(Reel(shown, 25, SIZE, Fraction(24000, 1001)), tmp_path / "a.webp")
    with Image.open(tmp_path / "a.webp") as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (25, SIZE, 0)
        lasting = []
        for k in range(25):
            image.seek(k)
            level = np.asarray(image.convert("RGB")).mean()
            lasting.append(image.info["duration"])
            assert level == pytest.approx(20 + 9 * k, abs=3)
    assert sum(lasting) == round(25 * 1001 / 24)


def test_a_gif_lasts_as_long_as_the_film_though_it_counts_hundredths(tmp_path: Path) -> None:
    write_film(reel(24, 30, sample=list(pictures(24))), tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        lasting = []
        for k in range(image.n_frames):
            image.seek(k)
            lasting.append(image.info["duration"])
    assert len(lasting) == 24
    assert set(lasting) == {30, 40}
    assert sum(lasting) == 800


def test_pictures_are_made_when_they_are_written_and_never_held(tmp_path: Path) -> None:
    alive: list[weakref.ref[Picture]] = []

    def made() -> Iterator[Picture]:
        for picture in pictures(200, (256, 256)):
            alive.append(weakref.ref(picture))
            assert sum(reference() is not None for reference in alive) < 5
            yield picture

    for name in ("a.mp4", "a.webp"):
        alive.clear()
        write_film(Reel(made(), 200, (256, 256), Fraction(30)), tmp_path / name)


# Refused


def test_odd_sizes_are_refused_with_even_ones(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"H.264 wants even sizes, not 65x48; write --size 66x48"):
        write_film(Reel([], 0, (65, 48), Fraction(30)), tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["a.webp", "a.gif"])
def test_long_animated_pictures_are_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match=r"61 s are too long for an animated picture.*write an \.mp4"):
        write_film(reel(61 * 30), tmp_path / name)


def program(folder: Path, text: str) -> Path:
    """A program that stands in for ffmpeg."""
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for ffmpeg")
def test_when_ffmpeg_dies_its_last_words_are_said_and_nothing_is_left(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "out").mkdir()
    dying = program(tmp_path, "head -c 5000 >/dev/null; echo 'Unknown encoder: libx264.' >&2; exit 1")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(dying))
    with pytest.raises(FileError, match=r"a\.mp4: ffmpeg gave up \(Unknown encoder: libx264\); try another"):
        write_film(reel(500), tmp_path / "out" / "a.mp4")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for ffmpeg")
def test_a_full_disk_is_called_that(tmp_path: Path, monkeypatch) -> None:
    full = program(tmp_path, "echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(full))
    with pytest.raises(FileError, match=r"no space is left on the disk; free some space"):
        write_film(reel(500), tmp_path / "a.mp4")


def test_an_ffmpeg_that_is_gone_is_refused_with_what_to_do(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "gone"))
    with pytest.raises(MissingExtraError, match=r"install ffmpeg, set IMAGEIO_FFMPEG_EXE to its path"):
        write_film(reel(), tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.mp4", "a.webp", "a.gif"])
def test_an_older_film_stays_when_a_picture_cannot_be_made(tmp_path: Path, name: str) -> None:
    def broken() -> Iterator[Picture]:
        yield from pictures(5)
        raise KeyboardInterrupt

    (tmp_path / name).write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt):
        write_film(Reel(broken(), 12, SIZE, Fraction(30)), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"older"


def test_whoever_makes_the_pictures_is_told_to_stop(tmp_path: Path) -> None:
    ended = []

    def endless() -> Iterator[Picture]:
        try:
            while True:
                yield from pictures(1)
        finally:
            ended.append(True)

    write_film(Reel(endless(), 3, SIZE, Fraction(30)), tmp_path / "a.mp4")
    assert ended == [True]
    assert len(read_film(tmp_path / "a.mp4").frames) == 3


def without(module: str, code: str) -> str:
    """What a Python says in which `module` is not installed."""
    block = f"import sys; sys.modules['{module}'] = None\nfrom mien.errors import MissingExtraError\n"
    text = f"{block}try:\n    {code}\nexcept MissingExtraError as problem:\n    print(problem)"
    root = Path(__file__).resolve().parents[1] / "server"
    command = [sys.executable, "-c", text]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def test_missing_extras_are_named_with_the_command_that_installs_them() -> None:
    assert without("PIL", "import mien.preview.sheet") == (
        "Sheets, strips and labels need PIL, which is not installed: pip install 'mien[preview]'"
    )
    said = without("imageio_ffmpeg", "from mien.preview.mp4 import ffmpeg; ffmpeg()")
    assert said.startswith("An MP4 needs imageio-ffmpeg, which is not installed: pip install 'mien[preview]'")


def test_a_sound_that_ends_long_before_its_film_is_filled_up_a_second_at_a_time(tmp_path: Path) -> None:
    sound = click(tmp_path / "a.wav", at=0.5, seconds=1.0)
    write_film(reel(120, rate=Fraction(30), sound=sound), tmp_path / "a.mp4")
    heard = read_film(tmp_path / "a.mp4").sound
    assert len(heard) == pytest.approx(4 * 48_000, abs=2)
    assert np.abs(heard[50_000:]).max() < 1e-3
