"""Sound from files, block by block, so that three hours take no more memory than ten seconds.

libsndfile decodes (through soundfile): WAV of every width, FLAC, Ogg Vorbis and Opus, MP3, AIFF, CAF, W64,
RF64, AU and more. What it cannot read is refused with what the file seems to be and the command that converts
it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from mien.audio.mono import first_unusable, mix_down, wrong_with
from mien.audio.resample import Resampler, check_rate
from mien.clock import SAMPLE_RATE
from mien.errors import AudioError, near
from mien.values import Audio

Floats = NDArray[np.float32]

SOUND_SUFFIXES: Final = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".caf", ".w64",
                         ".rf64", ".au", ".snd")  # fmt: skip
"""What a folder is searched for, lower case. A file that is named by itself may end in anything."""

MOST_VALUES: Final = 8_000_000
"""Samples times channels decoded at once: 32 MB. Ten seconds of four channels at 192 kHz fit."""

UNKNOWN_LENGTH: Final = 1 << 62
"""libsndfile gives files of unknown length (FLAC from a pipe) more samples than this."""

UNREADABLE: Final = (
    (4, b"ftyp", "an MP4, M4A or MOV file"),
    (0, b"\x1a\x45\xdf\xa3", "a WebM or Matroska file"),
    (0, b"\x30\x26\xb2\x75", "a WMA or WMV file"),
    (0, b"#!AMR", "an AMR recording"),
    (0, b"\xff\xf1", "a bare AAC stream"),
    (0, b"\xff\xf9", "a bare AAC stream"),
    (8, b"AVI ", "an AVI video"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"PK\x03\x04", "a zip archive"),
)
"""Where which bytes stand, and what that makes the file: kinds that libsndfile does not read."""

READABLE: Final = {b"RIFF", b"RF64", b"RIFX", b"FORM", b"fLaC", b"OggS", b"caff", b".snd"}
"""How files begin that libsndfile reads, if they are whole."""

WAV_CODECS: Final = {0x50: "MPEG", 0x92: "AC-3", 0xFF: "AAC", 0x160: "WMA", 0x161: "WMA", 0x162: "WMA",
                     0x163: "WMA", 0x2000: "AC-3", 0x674F: "Vorbis"}  # fmt: skip
"""Codecs that a WAV file may name and libsndfile does not decode."""


class _Forward(sf.SoundFile):  # type: ignore[misc]  # soundfile is not typed for mypy's settings here
    """Read from the first sample to the last.

    A seekable SoundFile seeks after every read, to where it already is: an MP3 then decodes to other last
    bits for other blocks, and a FLAC without a length fails. One that says it cannot seek is left alone.
    """

    def seekable(self) -> bool:
        return False


class AudioFile:
    """An open audio file: what its header says, and its sound in blocks. A context manager."""

    def __init__(self, path: Path, sound: sf.SoundFile) -> None:
        self.path = path
        self.rate = int(sound.samplerate)
        """Samples a second."""
        self.channels = int(sound.channels)
        """As in the file; `blocks` mixes them to one."""
        self.frames = None if sound.frames > UNKNOWN_LENGTH else int(sound.frames)
        """Samples per channel; None where the header does not know."""
        self._sound = sound

    @property
    def duration(self) -> Fraction | None:
        """Length in seconds, exact; None where the header does not know."""
        return None if self.frames is None else Fraction(self.frames, self.rate)

    def blocks(self, seconds: float = 10.0) -> Iterator[Floats]:
        """All sound from the beginning, mono, at the file's own rate.

        Channels are mixed by `mix_down`: their mean, in which phase-inverted stereo cancels.

        Args:
            seconds: Length of a block; the last is shorter, and so are all of a file with very many channels.
        Yields:
            Shape (samples,), never empty; together `frames` samples where that is known.
        Raises:
            AudioError: A sample that is NaN, infinite or beyond 1e6, no sample at all, or a damaged file:
                decoding fails or stops early.
        """
        most = max(1, min(round(seconds * self.rate), MOST_VALUES // self.channels))
        done = 0
        self._sound.seek(0)
        while len(block := self._decode(most, done)):
            yield self._checked(mix_down(block), done)
            done += len(block)
        self._check_complete(done)

    def _decode(self, most: int, done: int) -> Floats:
        try:
            block: Floats = self._sound.read(most, dtype="float32", always_2d=True)
        except sf.SoundFileError as problem:
            raise AudioError(
                f"{self.path}: the file is damaged after {done / self.rate:.3f} s ({_said(problem)}). "
                f"Export it again, or keep what can be read: {_convert(self.path)}"
            ) from None
        return block

    def _checked(self, block: Floats, done: int) -> Floats:
        bad = first_unusable(block)
        if bad is not None:
            raise AudioError(
                f"{self.path}: the sample at {(done + bad) / self.rate:.3f} s {wrong_with(block[bad])}. "
                "Export the file again, as 16-bit PCM for example."
            )
        return block

    def _check_complete(self, done: int) -> None:
        if done == 0:
            raise _no_samples(self.path)
        if self.frames is not None and done < self.frames:
            wanted = self.frames / self.rate
            raise AudioError(
                f"{self.path}: decoding stops at {done / self.rate:.3f} s of {wanted:.3f} s; the file is "
                f"damaged or cut off. Get it again, or keep what is left: {_convert(self.path)}"
            )

    def close(self) -> None:
        """Close the file."""
        self._sound.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_audio(path: Path) -> AudioFile:
    """The audio file at `path`, opened: header read, sound not yet.

    A WAV that ends before its header says is taken for as long as it is, and one from a pipe (length
    0xFFFFFFFF) for as long as the file is.

    Raises:
        AudioError: Missing, a folder, not allowed, empty, no audio, of a kind that cannot be read, or of a
            sample rate outside 8000..192000 Hz.
    """
    path = Path(path)
    head = _head(path)
    try:
        # As bytes: soundfile cannot encode names that are not UTF-8. On Windows names are text.
        sound = _Forward(os.fsencode(path) if os.name == "posix" else str(path))
    except sf.SoundFileError as problem:
        raise AudioError(f"{path}: {_why(path, head, _said(problem))}") from None
    try:
        return _checked(path, sound)
    except AudioError:
        sound.close()
        raise


def read_audio(path: Path) -> Audio:
    """All of a file at 16 kHz, mono: for lines, not for hours.

    Raises:
        AudioError: As in `open_audio` and `AudioFile.blocks`.
    """
    with open_audio(path) as file:
        resampler = Resampler(file.rate)
        parts = [resampler.push(block) for block in file.blocks()]
        samples = np.concatenate([*parts, resampler.flush()])
    samples.flags.writeable = False  # so that Audio keeps it and makes no copy
    return Audio(samples, SAMPLE_RATE)


def _checked(path: Path, sound: sf.SoundFile) -> AudioFile:
    if sound.frames == 0:
        raise _no_samples(path)
    check_rate(sound.samplerate, str(path))
    return AudioFile(path, sound)


def _head(path: Path) -> bytes:
    """The first bytes, and with them the certainty that there is a file we may read."""
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no regular file"
            raise AudioError(f"{path}: this is {what}; one audio file is wanted, so name one.")
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise AudioError(f"{path}: there is no such file.{near(path.name, _neighbours(path))}") from None
    except OSError as problem:
        raise AudioError(f"{path}: cannot be opened ({problem.strerror}). Check who may read it.") from None
    if not head:
        raise AudioError(f"{path}: the file is empty (0 bytes); record or export it again.")
    if path.suffix.lower() == ".raw":
        raise AudioError(
            f"{path}: a raw file does not say its rate, width or channels; give them to ffmpeg, as in "
            f'ffmpeg -f s16le -ar 16000 -ac 1 -i "{path}" "{path.with_suffix(".wav")}"'
        )
    return head


def _neighbours(path: Path) -> list[str]:
    try:
        return [other.name for other in path.parent.iterdir()]
    except OSError:
        return []


def _why(path: Path, head: bytes, said: str) -> str:
    """Why libsndfile could not open a file that begins with `head`, and the way out."""
    for offset, mark, what in UNREADABLE:
        if head[offset : offset + len(mark)] == mark:
            return f"this is {what}, which libsndfile does not read. Convert it: {_convert(path)}"
    if (codec := _wav_codec(head)) is not None:
        return (
            f"a WAV file with {codec} inside, which libsndfile does not decode. Convert it: {_convert(path)}"
        )
    if (text := _as_text(head)) is not None:
        return f"this is text, not audio: it begins with '{text}'. Name the recording itself."
    return f"no audio that can be read ({said}): damaged, cut off or unknown. Convert it: {_convert(path)}"


def _wav_codec(head: bytes) -> str | None:
    """The codec that a WAV header names, if it is one that cannot be read."""
    if head[:4] != b"RIFF" or head[12:16] != b"fmt " or len(head) < 22:
        return None
    (tag,) = struct.unpack_from("<H", head, 20)
    return WAV_CODECS.get(tag)


def _as_text(head: bytes) -> str | None:
    """The first words, if these bytes are text."""
    if head[:4] in READABLE:
        return None  # a header of a few letters, cut off
    text = head.decode("utf-8", errors="ignore")
    if len(text.encode()) < len(head) - 3 or not all(c.isprintable() or c.isspace() for c in text):
        return None  # up to 3 bytes of a character may be cut at the end
    return " ".join(text.split())[:30]


def _said(problem: sf.SoundFileError) -> str:
    """What libsndfile said, without its full stop."""
    return str(getattr(problem, "error_string", problem)).strip().rstrip(".")


def _convert(path: Path) -> str:
    return f'ffmpeg -i "{path}" -c:a pcm_s16le "{path.with_name(path.stem + "-pcm.wav")}"'


def _no_samples(path: Path) -> AudioError:
    return AudioError(f"{path}: the file holds no samples; record or export it again.")
