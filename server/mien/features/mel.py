"""Log-mel energies, defined once.

Training computes them here; the shipped models carry the same arithmetic inside their ONNX graph (a window
times a cosine and sine basis, squared, times the mel weights), so that a stream hands over plain samples.
A row's window *ends* with the row: row r sees samples up to (r + 1) * 160, never beyond, and the time before
sample 0 is silence. That is what keeps the look-ahead of a model a matter of its own design.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.clock import HOP, SAMPLE_RATE

WINDOW = 400
"""Samples that one row looks at: 25 ms, Hann."""

BANDS = 64
"""Mel bands between `LOWEST` and `HIGHEST`."""

LOWEST, HIGHEST = 50.0, 7800.0
"""Hz. Below lies hum, above lies the codecs' cut."""

FLOOR = 1e-6
"""Added to every band's power before the log: about -60 dBFS, where the noise of rooms begins. Lower, and
models learn the noise of their recordings; higher, and quiet consonants drown."""


def _mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return 2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0)


def dft_basis() -> NDArray[np.float32]:
    """Windowed cosines, then sines: shape (400, 2 * 201).

    Scaled so that white noise of variance v gives every bin the power v.
    """
    n = np.arange(WINDOW)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * (n + 0.5) / WINDOW)
    hann /= np.sqrt(np.sum(hann**2))
    angle = 2 * np.pi * np.outer(n, np.arange(WINDOW // 2 + 1)) / WINDOW
    return np.concatenate([hann[:, None] * np.cos(angle), hann[:, None] * np.sin(angle)], axis=1).astype("f4")


def mel_weights() -> NDArray[np.float32]:
    """Triangles on the mel scale, each summing to 1: shape (201, 64).

    Source:
        Mel scale as in O'Shaughnessy, Speech Communication, 1987 (2595 log10(1 + f/700)).
    """
    bins = _mel(np.arange(WINDOW // 2 + 1) * SAMPLE_RATE / WINDOW)
    edges = np.linspace(_mel(LOWEST), _mel(HIGHEST), BANDS + 2)
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    rise = (bins[:, None] - left) / (middle - left)
    fall = (right - bins[:, None]) / (right - middle)
    triangles = np.maximum(0.0, np.minimum(rise, fall))
    # The lowest triangles are narrower than a bin: one that misses every bin takes the nearest one.
    empty = np.flatnonzero(triangles.sum(0) == 0)
    triangles[np.argmin(np.abs(bins[:, None] - middle[empty]), axis=0), empty] = 1.0
    return np.asarray(triangles / triangles.sum(0), np.float32)


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log energy per band of 16 kHz audio: shape (rows, 64), a row for every 160 whole samples.

    Natural logarithm of power, floored at -60 dBFS: about -14 (silence) to 0 (full scale).
    """
    rows = len(samples) // HOP
    padded = np.concatenate([np.zeros(WINDOW - HOP, "f4"), samples[: rows * HOP]]).astype("f4")
    if not rows:
        return np.zeros((0, BANDS), "f4")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectrum = windows @ dft_basis()
    bins = WINDOW // 2 + 1
    power = spectrum[:, :bins] ** 2 + spectrum[:, bins:] ** 2
    log: NDArray[np.float32] = np.log(power @ mel_weights() + np.float32(FLOOR))
    return log
