"""Any sample rate to 16 kHz, in a stream, bit for bit the same however the sound is cut.

Each output sample is one dot product: the source around its instant, times a low-pass kernel (a sinc under a
Kaiser window) that is placed at exactly that instant. Rates are whole numbers, so only `target / gcd` places
between two source samples ever occur, and their kernels are made once. The look-ahead is half a kernel, known
exactly; the bits depend on no chunk, because every product has the same length.

Why not soxr: measured at 48 kHz it holds back 37 ms (HQ) or 20 ms (LQ, and that is 13 dB down at 7 kHz, where
F and S are told apart), at 8 kHz 118 and 63 ms. These kernels hold back 2 ms (4 at 8 kHz), are flat
to 7.2 kHz and 80 dB down from 8.5 kHz on, for 0.001 CPU seconds a second (soxr: 0.0003).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, gcd
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mien.clock import SAMPLE_RATE
from mien.errors import AudioError

Floats = NDArray[np.float32]

LOWEST, HIGHEST = 8_000, 192_000
"""Hz. Below there is no voice to see F and S in; above there are no recorders."""

CROSSINGS: Final = 32
"""Samples of the lower rate on each side of an instant: 2 ms at 16 kHz. Fewer round off the highs of S or
let what lies above 8 kHz fold back; more cost time and look-ahead, for nothing that a mouth shows."""

BETA: Final = 8.0
"""Of the Kaiser window: 80 dB of stop band. Less lets hiss fold back, more makes the slope less steep."""

CUT: Final = 0.975
"""Where the slope is half way down (-6 dB), as a share of the lower rate's half. Higher folds back more at
the very top, lower loses treble."""

LEAST_PERIOD: Final = 160
"""Outputs that one product may make at once, at least; where fewer places occur their kernels are repeated.
Smaller costs calls, larger leaves the near cache."""

BITE: Final = 0.02
"""Seconds of source taken in at a time: as much as stays in the near cache."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kernels:
    """What it takes to go from one rate to another; the same for all streams."""

    half: int
    """Source samples that a kernel needs after its instant; it has one less before, and the one at it."""

    weights: Floats
    """Shape (period, 2 * half), read-only: one row per output."""

    starts: NDArray[np.int64]
    """Source sample that each row's kernel starts at, counted from the first row's."""

    advance: int
    """Source samples from one period to the next."""

    step: int | None
    """Source samples from one row to the next, where that is the same for all."""


@lru_cache(maxsize=8)
def _kernels(source: int, target: int) -> _Kernels:
    places, step = target // gcd(source, target), source // gcd(source, target)
    half = 8 * ceil(CROSSINGS * source / min(source, target) / 8)  # whole vector registers: aligned rows
    repeats = ceil(LEAST_PERIOD / places)
    weights = np.tile(_weights(source, target, half, places), (repeats, 1))
    starts = np.arange(places * repeats, dtype=np.int64) * step // places
    weights.flags.writeable = starts.flags.writeable = False
    return _Kernels(half, weights, starts, step * repeats, step if places == 1 else None)


def _weights(source: int, target: int, half: int, places: int) -> Floats:
    """Kernels at every place an output can have between two source samples: shape (places, 2 * half)."""
    step = source // gcd(source, target)
    place = (np.arange(places) * step % places / places)[:, None]
    weights = np.empty((places, 2 * half), np.float32)
    for start in range(0, places, 1000):  # odd rates have 16,000 places: in parts, for memory's sake
        part = _sinc(np.arange(1 - half, half + 1) - place[start : start + 1000], source, target, half)
        weights[start : start + 1000] = part / part.sum(1, keepdims=True)  # a constant stays that constant
    return weights


def _sinc(at: NDArray[Any], source: int, target: int, half: int) -> NDArray[np.float64]:
    """A low-pass kernel, `at` samples of the source away from its middle."""
    cut = CUT * min(source, target) / source
    window = np.i0(BETA * np.sqrt(np.clip(1 - (at / half) ** 2, 0, 1)))
    return np.asarray(np.sinc(cut * at) * window, np.float64)


def check_rate(rate: int, name: str = "the stream") -> int:
    """`rate`, unless no speech is kept at it.

    Raises:
        AudioError: Not a whole number (float, text, bool), or outside 8000..192000 Hz.
    """
    if isinstance(rate, bool) or not isinstance(rate, int | np.integer):
        raise AudioError(f"{name}: a sample rate is a whole number of Hz, such as 16000; got {rate!r}.")
    if not LOWEST <= rate <= HIGHEST:
        raise AudioError(
            f"{name}: a sample rate of {rate} Hz is outside {LOWEST}..{HIGHEST} Hz; "
            "convert the sound to 16000 or 48000 Hz first."
        )
    return int(rate)


class Resampler:
    """Sound at one rate in, at another out.

    Output k is the sound at k / target seconds: nothing is shifted. `n` samples give exactly
    ceil(n * target / source), one for every instant before the end. Outside, the sound is taken for silent.
    At equal rates samples pass untouched.

    Raises:
        AudioError: A rate that is no whole number, or outside 8000..192000 Hz.
    """

    def __init__(self, source_rate: int, target_rate: int = SAMPLE_RATE) -> None:
        source_rate, target_rate = check_rate(source_rate), check_rate(target_rate)
        self.look_ahead = Fraction(0)
        """Seconds from an output to the newest source sample it needs, at most; exact."""
        self._kernels: _Kernels | None = None
        if source_rate != target_rate:
            self._kernels = _kernels(source_rate, target_rate)
            self.look_ahead = Fraction(self._kernels.half, source_rate)
            self._bite = ceil(BITE * source_rate)
            self._near = np.zeros(2 * self._kernels.half + self._bite, np.float32)
            self._windows = sliding_window_view(self._near, 2 * self._kernels.half)
        self.reset()

    def reset(self) -> None:
        """Forget all sound, as if new."""
        self._row = 0
        """Row of the kernels that makes the next output."""
        self._start = 0
        """Where that row's period starts, as an index of `_near`; negative once part of it has gone."""
        self._filled = 0
        """How much of `_near` is sound."""
        if self._kernels:
            self._near[:] = 0
            self._filled = self._kernels.half - 1  # the silence before the first sample

    def push(self, samples: Floats) -> Floats:
        """Output that `samples`, shape (samples,), settle; the samples themselves at equal rates."""
        if self._kernels is None:
            return samples
        parts = [np.zeros(0, np.float32)]
        for start in range(0, len(samples), self._bite):
            self._take_in(samples[start : start + self._bite])
            parts += self._settled(self._kernels)
        return np.concatenate(parts)

    def flush(self) -> Floats:
        """The last output; afterwards the resampler is as new."""
        if self._kernels is None:
            return np.zeros(0, np.float32)
        # So much silence settles exactly the outputs that lie before the end.
        rest = self.push(np.zeros(self._kernels.half, np.float32))
        self.reset()
        return rest

    def _take_in(self, samples: Floats) -> None:
        end = self._filled + len(samples)
        self._near[self._filled : end] = samples
        self._filled = end

    def _settled(self, kernels: _Kernels) -> list[Floats]:
        """All outputs whose kernels are covered, period by period."""
        parts = []
        while (end := self._covered(kernels)) > self._row:
            parts.append(np.vecdot(self._around(kernels, end), kernels.weights[self._row : end]))
            self._row = end % len(kernels.starts)
            self._start += kernels.advance if self._row == 0 else 0
        self._forget(int(kernels.starts[self._row]) + self._start)
        return parts

    def _around(self, kernels: _Kernels, end: int) -> Floats:
        """The sound under each kernel up to row `end`: a view where they are evenly spaced, else a copy."""
        starts = kernels.starts[self._row : end] + self._start
        if kernels.step is None:
            return self._windows[starts]
        return self._windows[starts[0] : starts[-1] + 1 : kernels.step]

    def _covered(self, kernels: _Kernels) -> int:
        """The first row of this period whose kernel reaches beyond the sound that is there."""
        last = self._filled - 2 * kernels.half - self._start
        return int(np.searchsorted(kernels.starts, last, side="right"))

    def _forget(self, used: int) -> None:
        """Drop sound before the next kernel. There is always less than a kernel left."""
        self._near[: self._filled - used] = self._near[used : self._filled]
        self._filled -= used
        self._start -= used
