"""One voice's way from sound to frame times: what streams, bakes and the server have in common.

`Voice` goes from sound to rows of motion, `Performance` on to the channels of a rig's frames. Both leave two
steps to whoever holds them, the model and the rig, which cost less for many voices at once.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.audio import PcmDecoder, Resampler
from mien.clock import MOTION_RATE, seconds_to_frames_ceil, seconds_to_rows_ceil, tail_seconds
from mien.layers import LayerStack, check_control
from mien.motion import MotionModel, MotionStream
from mien.rig import FrameClock, Rig
from mien.values import Control

Floats = NDArray[np.float32]


class Voice:
    """One voice's way from sound to motion; belongs to one thread.

    `push` and `flush` run the model by themselves; the engine, which runs it for many voices side by side,
    uses what they are made of: `feed` and `finish`, `take` steps, and `give` back what the model drew.

    Args:
        first_second: The sound begins so many seconds after that of the line it belongs to. Rows are right
            from `warm_up` seconds later on.
        mute: The voice is heard, not spoken: its rows are at rest.
    """

    def __init__(
        self, model: MotionModel, sample_rate: int, tail: float, first_second: int = 0, mute: bool = False
    ) -> None:
        self.model = model
        self.tail = tail_seconds(tail)
        """Seconds after the end of the sound in which the mouth comes to rest."""
        self._resampler = Resampler(sample_rate)
        self.sample_rate = int(sample_rate)
        self.heard = first_second * self.sample_rate
        """Samples heard so far, at their own rate, from the start of the line."""
        self._tail = Fraction(str(self.tail))
        self._stream = MotionStream(model, first_second * MOTION_RATE)
        self._end: int | None = None
        self._mute = mute
        self._hash = hashlib.sha256()
        self._whole = first_second == 0

    def push(self, samples: Floats) -> Floats:
        """Motion rows that `samples` settle: shape (rows, channels)."""
        self.feed(samples)
        return self._settled(self._stream.rows, self._stream.draw())

    def flush(self) -> Floats:
        """The last rows; the mouth is at rest in the last one."""
        self.finish()
        return self._settled(self._stream.rows, self._stream.draw())

    def feed(self, samples: Floats) -> None:
        """Take in sound."""
        self.heard += len(samples)
        self._listen(self._resampler.push(samples))

    def finish(self) -> None:
        """The sound is over: take in the silence that leads the mouth to rest."""
        self._listen(self._resampler.flush())
        self._end = seconds_to_rows_ceil(self.duration + self._tail) + 1
        self._stream.feed_silence(self._end)

    def take(self, steps: int) -> Floats:
        """Sound of the next steps of the model, shape (steps, 320)."""
        return self._stream.take(steps)

    def give(self, drawn: Floats) -> Floats:
        """Motion rows among what the model drew from the steps taken: shape (rows, channels)."""
        return self._settled(self._stream.rows, self._stream.give(drawn))

    def _listen(self, samples: Floats) -> None:
        self._hash.update(samples.astype("<f4").tobytes())
        self._stream.feed(samples)

    def _settled(self, first: int, rows: Floats) -> Floats:
        """Rows after the end of the sound are led to rest along a smooth step over the tail."""
        if self._mute:
            return np.zeros_like(rows)
        if self._end is None:
            return rows
        number = first + np.arange(len(rows))
        after = number / MOTION_RATE - float(self.duration)
        way = np.clip(1 - after / max(float(self._tail), 1e-9), 0, 1)
        way = np.where(after > 0, way, 1)
        way[number >= self._end - 2] = 0  # the last frame may lie before the last row
        weight = (way * way * (3 - 2 * way)).astype(np.float32)
        return np.asarray(rows * weight[:, None], np.float32)

    @property
    def steps(self) -> int:
        """Steps of the model for which there is sound."""
        return self._stream.steps

    @property
    def next_row(self) -> int:
        """Number of the row that will be given next."""
        return self._stream.rows

    @property
    def due(self) -> int:
        """Number of the first row that the sound heard so far does not settle."""
        return self._stream.due

    @property
    def done(self) -> bool:
        """Whether the sound is over and every row was given."""
        return self._end is not None and self._stream.rows >= self._end

    @property
    def duration(self) -> Fraction:
        """Seconds heard so far."""
        return Fraction(self.heard, self.sample_rate)

    @property
    def sha256(self) -> str:
        """Hash of the sound as the model hears it: 16 kHz float32, little endian.

        Empty where the beginning was not heard.
        """
        return self._hash.hexdigest() if self._whole else ""

    @property
    def look_ahead(self) -> float:
        """Seconds of sound that a motion row needs beyond its own time, at worst."""
        return float(self._resampler.look_ahead) + self.model.card.look_ahead

    @property
    def warm_up(self) -> float:
        """Seconds of sound before a row on which the row depends."""
        return (self.model.card.reach_rows + 1) / MOTION_RATE  # one more for the resampler's kernel

    def frames(self, rate: Fraction) -> int:
        """How many frames the whole has: k = 0 .. ceil((duration + tail) x rate)."""
        return seconds_to_frames_ceil(self.duration + self._tail, rate) + 1


class Performance:
    """A voice, the layers on it, and a rig's frame times: all of a stream but the model and the rig.

    Those two cost less for many streams at once, so they are run by whoever has the streams: `Stream` for
    one, the engine for many. Belongs to one thread.
    """

    def __init__(
        self,
        voice: Voice,
        layers: LayerStack,
        rig: Rig,
        rate: Fraction,
        decoder: PcmDecoder,
        first_frame: int = 0,
    ) -> None:
        self.voice, self.rig, self.rate = voice, rig, rate
        self._layers, self._decoder = layers, decoder
        self._clock = FrameClock(rate, voice.next_row, first_frame)

    @property
    def look_ahead(self) -> float:
        """Seconds of sound a frame needs beyond its own time, with resampler, model and interpolation."""
        step, unit = MOTION_RATE * self.rate.denominator, self.rate.numerator
        # The longest way from a frame to the next row, in rows:
        between = Fraction(unit - gcd(step, unit), unit)
        return self.voice.look_ahead + float(between / MOTION_RATE)

    @property
    def frame(self) -> int:
        """Number of the next frame."""
        return self._clock.frame

    def decode(self, sound: Floats | bytes) -> Floats:
        """Samples in `sound`; nothing changes if it is refused."""
        return self._decoder.push(sound)

    def end_decoding(self) -> None:
        """Refuse bytes that end within a sample.

        Raises:
            AudioError: They do.
        """
        self._decoder.finish()

    def control(self, control: Control) -> Applied:
        """Apply `control` at its time, or at once if that is past."""
        check_control(control)
        soonest = self.voice.due / MOTION_RATE
        wanted = float(self.voice.duration) if control.at is None else control.at
        at = max(wanted, soonest)
        self._layers.control(control, at)
        return Applied(at, late=wanted < soonest)

    def frames(self, rows: Floats) -> Floats:
        """Channels at the frame times that the voice's next `rows` settle, shape (frames, channels)."""
        first = self.voice.next_row - len(rows)
        total = rows.astype(np.float32, copy=True)
        for added in self._layers.add(rows, first).values():
            total += added
        last = self.voice.frames(self.rate) - 1 if self.voice.done else None
        return self._clock.push(total, last)


class Applied(NamedTuple):
    """What became of a control."""

    at: float
    """Seconds of sound at which it takes effect."""

    late: bool
    """Its time was past, so it took effect at once."""
