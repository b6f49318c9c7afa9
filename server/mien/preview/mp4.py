"""MP4: H.264 and AAC, made by the ffmpeg that imageio-ffmpeg brings along. Only this page knows of it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import wave
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from mien.audio import open_audio
from mien.errors import FileError, MissingExtraError
from mien.files import written_beside
from mien.preview.labels import Picture
from mien.preview.reel import Reel

QUALITY: Final = "17"
"""Constant rate factor of x264. At 23, its default, lips and lashes smear; at 12 files double for nothing."""

EXACT: Final = "bicubic+accurate_rnd+full_chroma_int"
"""How colours are converted. Without, all of them come out one step of 255 too dark."""

ENCODER: Final = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", QUALITY),
    *(
        "-vf",
        f"scale=out_color_matrix=bt709:out_range=tv:flags={EXACT},format=yuv420p",
        "-fps_mode",
        "passthrough",
    ),
    *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
)
"""What every player shows, browsers and phones included, in the colours that went in."""

SOUND_RATE: Final = "48000"
"""Samples a second of the sound in a film; what 8 kHz and 192 kHz recordings become, too."""

FULL_SCALE = 32767


def ffmpeg() -> str:
    """The program that makes films.

    Raises:
        MissingExtraError: imageio-ffmpeg is not installed, or has none for this machine.
    """
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except ModuleNotFoundError:
        raise MissingExtraError(
            "An MP4 needs imageio-ffmpeg, which is not installed: pip install 'mien[preview]'; "
            "a .webp needs it not."
        ) from None
    except RuntimeError:
        raise _no_ffmpeg() from None


def _no_ffmpeg() -> MissingExtraError:
    return MissingExtraError(
        "imageio-ffmpeg has no ffmpeg that runs here; install ffmpeg, set IMAGEIO_FFMPEG_EXE to its path, "
        "or write a .webp."
    )


def write_mp4(reel: Reel, path: Path) -> None:
    """Write `reel`, whole or not at all.

    Raises:
        FileError: `path` cannot be written, or ffmpeg failed.
        MissingExtraError: As from `ffmpeg`.
    """
    with (
        written_beside(path) as beside,
        _sound_of(reel) as sound,
        _encoder(_command(reel, sound, beside), path) as feed,
    ):
        for picture in islice(reel.pictures, reel.count):
            feed(picture)


@contextmanager
def _encoder(command: Sequence[str], path: Path) -> Iterator[Callable[[Picture], None]]:
    """What takes pictures and hands them to ffmpeg; whatever ends the block early ends ffmpeg, too."""
    with tempfile.TemporaryFile() as said:
        running = _started(command, said)
        assert running.stdin is not None
        try:
            yield lambda picture: _feed(running, said, path, picture)
            _finish(running, said, path)
        finally:
            running.kill()
            with suppress(OSError):
                running.stdin.close()
            running.wait()


def _started(command: Sequence[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    """ffmpeg at work, in a group of its own: Ctrl-C is for us, and we end it."""
    own: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, **own)
    except OSError:
        raise _no_ffmpeg() from None


def _feed(running: subprocess.Popen[bytes], said: IO[bytes], path: Path, picture: Picture) -> None:
    assert running.stdin is not None
    try:
        running.stdin.write(np.ascontiguousarray(picture).data)
    except OSError:  # it ended, and took nothing more
        _give_up(running, said, path)


def _finish(running: subprocess.Popen[bytes], said: IO[bytes], path: Path) -> None:
    assert running.stdin is not None
    try:
        running.stdin.close()
    except OSError:
        _give_up(running, said, path)
    if running.wait():
        _give_up(running, said, path)


def _give_up(running: subprocess.Popen[bytes], said: IO[bytes], path: Path) -> NoReturn:
    """Says why ffmpeg ended, in its own last words."""
    running.wait()
    said.seek(0)
    lines = [line.strip() for line in said.read().decode("utf-8", "replace").splitlines() if line.strip()]
    if any("No space left" in line for line in lines):
        raise FileError(f"{path}: no space is left on the disk; free some space or choose another disk.")
    why = lines[-1][:200].rstrip(".") if lines else f"exit code {running.returncode}, without a word"
    raise FileError(f"{path}: ffmpeg gave up ({why}); try another place, or write a .webp.")


def _command(reel: Reel, sound: Path | None, out: Path) -> list[str]:
    width, height = reel.size
    seen = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(reel.rate), "-i", "-"]
    heard = ["-i", str(sound), "-c:a", "aac", "-b:a", "160k", "-ar", SOUND_RATE] if sound else []
    if sound:  # both inputs before what is said of the output
        seen, heard = [*seen, *heard[:2]], heard[2:]
    end = ["-movflags", "+faststart", "-f", "mp4", str(out)]
    return [ffmpeg(), "-y", "-nostdin", "-hide_banner", "-loglevel", "error", *seen, *ENCODER, *heard, *end]


@contextmanager
def _sound_of(reel: Reel) -> Iterator[Path | None]:
    """The reel's sound as we hear it, mono and exactly as long as the pictures, as a WAV that is gone after.

    Decoded here and not by ffmpeg, which begins an MP3 some milliseconds elsewhere.
    """
    if reel.sound is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="mien-", ignore_cleanup_errors=True) as folder:
        track = Path(folder) / "sound.wav"
        with open_audio(reel.sound) as audio, wave.open(str(track), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(audio.rate)
            for block in _placed(audio.blocks(), reel, audio.rate):
                file.writeframes(np.rint(np.clip(block, -1, 1) * FULL_SCALE).astype("<i2").tobytes())
        yield track


def _placed(blocks: Iterable[NDArray[np.float32]], reel: Reel, rate: int) -> Iterator[NDArray[np.float32]]:
    """`blocks` from the reel's start on, in all as many samples as its pictures last."""
    skip, wanted = round(reel.start * rate), round(reel.seconds * rate)
    if skip < 0:
        silence = min(-skip, wanted)
        wanted, skip = wanted - silence, 0
        yield from _silent(silence, rate)
    for block in blocks:
        part = block[skip : skip + wanted]
        skip, wanted = max(0, skip - len(block)), wanted - len(part)
        yield part
    yield from _silent(wanted, rate)


def _silent(samples: int, rate: int) -> Iterator[NDArray[np.float32]]:
    """So many samples of silence, a second at a time."""
    for start in range(0, samples, rate):
        yield np.zeros(min(rate, samples - start), np.float32)
