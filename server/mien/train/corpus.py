"""What training learns from, as rows: synthetic lines with known phones, and aligned real speech.

A `Rows` is many utterances end to end, on disk as one `.npz`: what the model hears (two log-mel rows per
motion row), what the mouth does (`targets.draw`) and which sound it is. Made once, kept in the work folder.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from mien.clock import SAMPLE_RATE, SAMPLES_PER_ROW
from mien.evaluation import Recording
from mien.features import BANDS, log_mel
from mien.score import Phoneset, read_phones
from mien.train import lines, voices
from mien.train.phones import sounds
from mien.train.targets import draw, phone_rows
from mien.values import Phone

QUIET = 10 ** (-70 / 20)
"""Noise floor under synthetic voices: their pauses are digital zeros, which no microphone hears."""

SHARD_SECONDS = 450
"""Synthetic speech per shard; shards are made in parallel."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Utterances end to end, 50 rows a second."""

    heard: NDArray[np.float16]
    """Shape (rows, 2 * BANDS): the two log-mel rows that end with this motion row's 20 ms."""

    motion: NDArray[np.float16]
    """Shape (rows, moving channels), 0..1."""

    phone: NDArray[np.int16]
    """Shape (rows,): index into `phones.SYMBOLS`, -1 unknown."""

    starts: NDArray[np.int64]
    """First row of each utterance, and the end."""

    @property
    def seconds(self) -> float:
        """Length of all utterances."""
        return len(self.phone) * SAMPLES_PER_ROW / SAMPLE_RATE

    def save(self, path: Path) -> None:
        """Write as `.npz`, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part.npz")
        np.savez(beside, heard=self.heard, motion=self.motion, phone=self.phone, starts=self.starts)
        beside.replace(path)

    @staticmethod
    def load(path: Path) -> Rows:
        """Read back what `save` wrote."""
        with np.load(path) as file:
            return Rows(file["heard"], file["motion"], file["phone"], file["starts"])


def join(parts: list[Rows]) -> Rows:
    """All utterances of all parts."""
    ends = np.cumsum([0] + [len(p.phone) for p in parts])
    starts = np.concatenate([p.starts[:-1] + e for p, e in zip(parts, ends, strict=False)] + [ends[-1:]])
    return Rows(
        np.concatenate([p.heard for p in parts]),
        np.concatenate([p.motion for p in parts]),
        np.concatenate([p.phone for p in parts]),
        starts,
    )


def rows_of(samples: NDArray[np.float32], phones: list[Phone], alphabet: Phoneset) -> Rows:
    """One utterance as rows; `samples` at 16 kHz."""
    rows = len(samples) // SAMPLES_PER_ROW
    parts = sounds(phones, alphabet)
    heard = log_mel(samples[: rows * SAMPLES_PER_ROW]).reshape(rows, 2 * BANDS)
    return Rows(
        heard.astype("f2"),
        draw(parts, rows).astype("f2"),
        phone_rows(parts, rows),
        np.array([0, rows], np.int64),
    )


def _padded(said: voices.Said, alphabet: Phoneset, rng: random.Random) -> Rows:
    """A synthetic line at speech level between two pauses, in a quiet room."""
    samples, rate, phones = said
    samples = soxr.resample(samples, rate, SAMPLE_RATE).astype("f4")
    loud = np.abs(samples) > 0.01 * np.abs(samples).max(initial=1e-6)
    samples = samples * (0.1 / max(1e-4, float(np.sqrt(np.mean(samples[loud] ** 2)))))
    before, after = rng.uniform(0.25, 0.7), rng.uniform(0.3, 0.7)
    silence = [np.zeros(int(SAMPLE_RATE * s), "f4") for s in (before, after)]
    samples = np.concatenate([silence[0], samples, silence[1]])
    samples += np.random.default_rng(rng.getrandbits(32)).standard_normal(len(samples)).astype("f4") * QUIET
    moved = [Phone(p.start + before, p.end + before, p.label) for p in phones]
    return rows_of(samples, moved, alphabet)


FLITE = {"slt": 170.0, "rms": 105.0, "awb": 120.0, "kal16": 105.0}
"""Flite's voices and their usual pitch in Hz."""

FESTIVAL = ("voice_cmu_us_slt_arctic_hts", "voice_kal_diphone", "voice_ked_diphone")
VARIANTS = ("", "+f1", "+f2", "+f3", "+f4", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f5", "+m8")
ESPEAK_ENGLISH = ("en-us", "en", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us")


def _flite(rng: random.Random) -> Iterator[Rows]:
    voice = rng.choice(tuple(FLITE))
    pitch = FLITE[voice] * rng.uniform(0.85, 1.2)
    yield _padded(voices.flite(lines.english(rng), voice, rng.uniform(0.75, 1.3), pitch), "arpabet", rng)


def _festival(rng: random.Random) -> Iterator[Rows]:
    texts = [lines.english(rng) for _ in range(16)]
    for said in voices.festival(texts, rng.choice(FESTIVAL), rng.uniform(0.8, 1.25)):
        yield _padded(said, "arpabet", rng)


def _espeak(rng: random.Random) -> Iterator[Rows]:
    if rng.random() < 0.45:
        voice, text = rng.choice(ESPEAK_ENGLISH), lines.english(rng)
    else:
        voice = rng.choice(lines.LANGUAGES)
        text = lines.made_up(voice, rng)
    said = voices.espeak().say(text, voice + rng.choice(VARIANTS), rng.randint(130, 215), rng.randint(25, 75))
    yield _padded(said, "ipa", rng)


SPEAKERS: tuple[tuple[float, Callable[[random.Random], Iterator[Rows]]], ...] = (
    (0.42, _flite),
    (0.05, _festival),  # sixteen lines at a time
    (0.53, _espeak),
)


def synthetic_shard(seed: int, seconds: float = SHARD_SECONDS) -> Rows:
    """Synthetic speech by all voices; the same seed gives the same lines."""
    rng = random.Random(seed)
    parts: list[Rows] = []
    total = 0.0
    weights, speakers = zip(*SPEAKERS, strict=True)
    while total < seconds:
        for rows in rng.choices(speakers, weights)[0](rng):
            parts.append(rows)
            total += rows.seconds
    return join(parts)


def _make_shard(folder: Path, seed: int) -> Path:
    path = folder / f"synthetic-{seed:03d}.npz"
    if not path.exists():
        synthetic_shard(seed).save(path)
    return path


def synthetic(folder: Path, hours: float, jobs: int) -> Iterator[Path]:
    """Shards of synthetic speech in `folder`, made in `jobs` processes where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    count = max(1, round(hours * 3600 / SHARD_SECONDS))
    # New interpreters, with one thread of matrix products each: the processes themselves fill the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(partial(_make_shard, folder), range(count))


def read_16k(path: Path) -> NDArray[np.float32]:
    """A short recording, mono at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(1), rate, SAMPLE_RATE), np.float32)


def real(recordings: list[Recording], speeds: tuple[float, ...]) -> Rows:
    """Recordings as rows, each also at other `speeds` with its pitch moved along: cheap new speakers."""
    parts = []
    for recording in recordings:
        samples, phones = read_16k(recording.audio), read_phones(recording.phones)
        for speed in speeds:
            heard = soxr.resample(samples, speed, 1.0).astype("f4") if speed != 1 else samples
            timed = [Phone(p.start / speed, p.end / speed, p.label) for p in phones]
            parts.append(rows_of(heard, timed, "arpabet"))
    return join(parts)
