"""The flow on one page: sound in, motion, curves of a rig out.

    samples --Resampler--> 16 kHz --MotionStream--> rows --settle--> motion --fit--> curves
              audio                  motion                            rig

`Voice` is that way for one voice up to the motion. A file is one `Voice` from beginning to end (`bake`), a
stream is the same `Voice` fed bit by bit and followed by the rig (`Stream`). There is no second path, so
a stream gives the bake's curves to the bit. What a bake leaves is a `Take`; every later step reads takes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import lru_cache
from math import gcd
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.audio import PcmDecoder, Resampler, open_audio
from mien.clock import (
    MOTION_RATE,
    SAMPLE_RATE,
    frame_rate,
    frame_to_row_floor,
    seconds_to_frames_ceil,
    seconds_to_rows_ceil,
    tail_seconds,
)
from mien.errors import InputError
from mien.files import read_take, write_take
from mien.motion import MotionModel, MotionStream, find_model, load_model
from mien.rig import Rig, drive, find_rig, fit, frames_ready, load_rig, resample_rows
from mien.values import CHANNELS, Curves, Motion, TakeRecord

Floats = NDArray[np.float32]
Named = str | os.PathLike[str]
Rate = str | float | Fraction

DEFAULT_MODEL, DEFAULT_RIG, DEFAULT_RATE, DEFAULT_TAIL = "mien-live", "arkit", 60, 0.3
BLOCK = 60
"""Seconds of a file read at once. That makes many lanes for the model, which takes twice the time at 10 s."""


def bake(
    source: Named,
    *,
    model: Named | MotionModel = DEFAULT_MODEL,
    rate: Rate = DEFAULT_RATE,
    tail: float = DEFAULT_TAIL,
    progress: Callable[[float], None] | None = None,
) -> Take:
    """A take of the speech in an audio file.

    Args:
        source: Any file that libsndfile reads: any rate, channels (mixed to one) and width. Read in blocks.
        model: A model's name, a model's folder, or a loaded model.
        rate: Frames a second, 1..120, that curves of the take have unless asked otherwise.
        tail: Seconds after the end in which the mouth comes to rest, 0..60.
        progress: Called with the share done, 0..1.
    Raises:
        AudioError: The file is missing, empty, broken or no audio.
        ModelError: There is no such model.
        OptionError: A rate or tail outside its range.
    """
    exact = frame_rate(rate)
    with open_audio(Path(source)) as audio:
        voice = Voice(_model(model), audio.rate, tail)
        rows = []
        for block in audio.blocks(BLOCK):
            rows.append(voice.push(block))
            if progress and audio.frames:
                progress(min(1.0, voice.heard / audio.frames))
        rows.append(voice.flush())
    return Take(
        speech=_motion(rows),
        layers={},
        duration=voice.duration,
        tail=voice.tail,
        rate=exact,
        model=voice.model.name,
        audio_sha256=voice.sha256,
    )


def open_stream(
    sample_rate: int = SAMPLE_RATE,
    *,
    rig: Named | Rig = DEFAULT_RIG,
    model: Named | MotionModel = DEFAULT_MODEL,
    rate: Rate = DEFAULT_RATE,
    tail: float = DEFAULT_TAIL,
    encoding: str = "f32le",
    channels: int = 1,
) -> Stream:
    """A stream: push sound as it comes, get frames as soon as they are settled.

    Args:
        sample_rate: Of the sound that will be pushed, Hz.
        rig: A rig's name, a rig's folder, or a loaded rig.
        model, rate, tail: As in `bake`.
        encoding: Of pushed bytes: s16le, s24le, s32le, f32le, f64le, u8, mulaw. Arrays go by their own type.
        channels: Interleaved in pushed bytes; mixed to one.
    """
    voice = Voice(_model(model), sample_rate, tail)
    return Stream(voice, _rig(rig), frame_rate(rate), PcmDecoder(encoding, channels))


class Voice:
    """One voice's way from sound to motion; belongs to one thread."""

    def __init__(self, model: MotionModel, sample_rate: int, tail: float) -> None:
        self.model = model
        self.tail = tail_seconds(tail)
        """Seconds after the end of the sound in which the mouth comes to rest."""
        self.heard = 0
        """Samples pushed so far, at their own rate."""
        self._resampler = Resampler(sample_rate)
        self._sample_rate, self._tail = int(sample_rate), Fraction(str(self.tail))
        self._stream = MotionStream(model)
        self._hash = hashlib.sha256()

    def push(self, samples: Floats) -> Floats:
        """Motion rows that `samples` settle: shape (rows, channels)."""
        self.heard += len(samples)
        return self._listen(self._resampler.push(samples))

    def flush(self) -> Floats:
        """The last rows; the mouth is at rest in the last one."""
        rest = self._listen(self._resampler.flush())
        end = seconds_to_rows_ceil(self.duration + self._tail) + 1
        return np.concatenate([rest, self._settled(self._stream.rows, self._stream.flush(end))])

    def _listen(self, samples: Floats) -> Floats:
        self._hash.update(samples.astype("<f4").tobytes())
        return self._stream.push(samples)

    def _settled(self, first: int, rows: Floats) -> Floats:
        """Rows after the end of the sound, led to rest along a smooth step over the tail."""
        after = (first + np.arange(len(rows))) / MOTION_RATE - float(self.duration)
        way = np.clip(1 - after / max(float(self._tail), 1e-9), 0, 1)
        way = np.where(after > 0, way, 1)
        way[-2:] = 0  # the last frame may lie before the last row
        weight = (way * way * (3 - 2 * way)).astype(np.float32)
        return np.asarray(rows * weight[:, None], np.float32)

    @property
    def duration(self) -> Fraction:
        """Seconds heard so far."""
        return Fraction(self.heard, self._sample_rate)

    @property
    def sha256(self) -> str:
        """Hash of the sound as the model hears it: 16 kHz float32, little endian."""
        return self._hash.hexdigest()

    @property
    def look_ahead(self) -> float:
        """Seconds of sound that a motion row needs beyond its own time, at worst."""
        return float(self._resampler.look_ahead) + self.model.card.look_ahead

    def frames(self, rate: Fraction) -> int:
        """How many frames the whole has: k = 0 .. ceil((duration + tail) x rate)."""
        return seconds_to_frames_ceil(self.duration + self._tail, rate) + 1


class Stream:
    """Sound in any chunks in, frames of one rig out; a context manager; belongs to one thread."""

    def __init__(self, voice: Voice, rig: Rig, rate: Fraction, decoder: PcmDecoder) -> None:
        self.rig, self.rate = rig, rate
        self._voice, self._decoder = voice, decoder
        self._rows = np.zeros((0, len(CHANNELS)), "f4")
        self._first_row = self._frame = 0
        self._open = True

    @property
    def look_ahead(self) -> float:
        """Seconds of sound a frame needs beyond its own time, with resampler, model and interpolation."""
        step, unit = MOTION_RATE * self.rate.denominator, self.rate.numerator
        # The longest way from a frame to the next row, in rows:
        between = Fraction(unit - gcd(step, unit), unit)
        return self._voice.look_ahead + float(between / MOTION_RATE)

    def push(self, sound: Floats | bytes) -> Curves:
        """Frames that `sound` settles, none perhaps; together they are the bake's, to the bit.

        Args:
            sound: Shape (samples,), or bytes in the stream's encoding (a sample may be cut anywhere).
        Raises:
            InputError: The stream was flushed.
            AudioError: NaN or infinity in the sound.
        """
        self._check_open()
        return self._give(self._voice.push(self._decoder.push(sound)))

    def flush(self) -> Curves:
        """The last frames: to the end of the sound, and the tail."""
        self._check_open()
        self._open = False
        return self._give(self._voice.flush(), self._voice.frames(self.rate))

    def _check_open(self) -> None:
        if not self._open:
            raise InputError("This stream was flushed; open a new one for the next line.")

    def _give(self, rows: Floats, frames: int | None = None) -> Curves:
        self._rows = np.concatenate([self._rows, rows])
        end = frames_ready(self._first_row + len(self._rows), self.rate) if frames is None else frames
        start, self._frame = self._frame, max(end, self._frame)
        channels = resample_rows(self._rows, self.rate, self._frame - start, start, self._first_row)
        self._forget()
        return Curves(self.rig.names, drive(channels, self.rig), self.rate, float(start / self.rate))

    def _forget(self) -> None:
        """Drop rows that no later frame lies between."""
        needed, _ = frame_to_row_floor(self._frame, self.rate)
        old = min(max(0, needed - self._first_row), len(self._rows) - 1)
        if old > 0:
            self._rows, self._first_row = self._rows[old:], self._first_row + old

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False


@dataclass(frozen=True, slots=True, eq=False)
class Take(TakeRecord):
    """What a bake makes: motion of speech and of each layer, to be had as curves of any rig at any rate."""

    @property
    def frames(self) -> int:
        """Frames at the take's own rate, tail and both ends included."""
        return self._frames(self.rate)

    def curves(self, rig: Named | Rig = DEFAULT_RIG, rate: Rate | None = None) -> Curves:
        """Curves of `rig`, frames k = 0 .. ceil((duration + tail) x rate) at k/rate.

        Raises:
            RigError: There is no such rig, or its folder has a mistake in it.
        """
        exact = self.rate if rate is None else frame_rate(rate)
        return fit(self.motion, _rig(rig), exact, self._frames(exact))

    def save(self, path: Named) -> None:
        """Write as a `.mien` file, whole or not at all."""
        write_take(self, Path(path))

    def _frames(self, rate: Fraction) -> int:
        return seconds_to_frames_ceil(self.duration + Fraction(str(self.tail)), rate) + 1


def open_take(path: Named) -> Take:
    """The take in a `.mien` file.

    Raises:
        FileError: Missing, broken, or from a newer Mien.
    """
    record = read_take(Path(path))
    return Take(**{field.name: getattr(record, field.name) for field in fields(record)})


def _motion(blocks: list[Floats]) -> Motion:
    """All rows as one; emptied as it goes, so that hours of motion are not held twice."""
    rows = np.empty((sum(map(len, blocks)), len(CHANNELS)), "f4")
    end = len(rows)
    while blocks:
        block = blocks.pop()
        rows[end - len(block) : end] = block
        end -= len(block)
    rows.flags.writeable = False
    return Motion(rows)


def _model(given: Named | MotionModel) -> MotionModel:
    return given if isinstance(given, MotionModel) else _load_model(find_model(given))


def _rig(given: Named | Rig) -> Rig:
    return given if isinstance(given, Rig) else load_rig(find_rig(given))


@lru_cache(maxsize=8)
def _load_model(folder: Path) -> MotionModel:
    return load_model(folder)
