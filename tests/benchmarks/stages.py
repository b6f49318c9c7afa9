"""CPU seconds per second of sound, stage by stage, beside the cheapest thing there is: loudness to jaw."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

import mien
from mien.audio import Resampler, open_audio, read_audio
from mien.files import write_curves
from mien.motion import MotionStream, find_model, load_model
from mien.rig import find_rig, fit, load_rig
from mien.values import Curves, Motion
from tests.benchmarks.table import show

RATE = Fraction(60)


def report(sounds: list[Path], model: str, folder: Path, runs: int) -> None:
    """A row per stage, two columns per sound."""
    head, columns = ["CPU s per s of sound"], []
    for sound in sounds:
        costs = measure(sound, model, folder, runs)
        jaw = costs["loudness to jaw, whole"]
        head += [f"{soundfile.info(str(sound)).samplerate // 1000} kHz", "x jaw"]
        columns.append({name: (f"{cost:.5f}", f"{cost / jaw:.1f}") for name, cost in costs.items()})
    rows = [[name, *(cell for column in columns for cell in column[name])] for name in columns[0]]
    show(f"Stages, at {RATE} frames a second", head, rows)


def measure(sound: Path, model: str, folder: Path, runs: int) -> dict[str, float]:
    """Cost of each stage by name."""
    motion_model = load_model(find_model(model))
    rig = load_rig(find_rig("arkit"))
    audio = read_audio(sound)
    seconds = float(audio.duration)
    motion = Motion(MotionStream(motion_model).push(audio.samples))
    frames = int(seconds * RATE)
    curves = fit(motion, rig, RATE, frames)
    stages: dict[str, Callable[[], object]] = {
        "read": lambda: read(sound),
        "resample": lambda: resample(sound),
        "model": lambda: MotionStream(motion_model).push(audio.samples),
        "rig": lambda: fit(motion, rig, RATE, frames),
        "write CSV": lambda: write_curves(curves, folder / "stage.csv"),
        "mien, whole": lambda: write_curves(
            mien.bake(sound, model=motion_model, rate=RATE).curves(rig), folder / "whole.csv"
        ),
        "loudness to jaw, whole": lambda: loudness_to_jaw(sound, folder / "jaw.csv"),
    }
    costs = {name: least(stage, runs) / seconds for name, stage in stages.items()}
    costs["resample"] = max(0.0, costs["resample"] - costs["read"])  # it cannot be had without reading
    return costs


def least(stage: Callable[[], object], runs: int) -> float:
    """CPU seconds of the cheapest of `runs` runs, after one that only warms up."""
    stage()
    costs = []
    for _ in range(runs):
        start = time.process_time()
        stage()
        costs.append(time.process_time() - start)
    return min(costs)


def read(sound: Path) -> None:
    """Every block of the file, mono, at its own rate."""
    with open_audio(sound) as file:
        for _ in file.blocks():
            pass


def resample(sound: Path) -> None:
    """The same, and to 16 kHz."""
    with open_audio(sound) as file:
        resampler = Resampler(file.rate)
        for block in file.blocks():
            resampler.push(block)
        resampler.flush()


def loudness_to_jaw(sound: Path, out: Path) -> None:
    """What a first lip sync does: the jaw follows the loudness of each frame. The same writer writes it."""
    samples, rate = soundfile.read(str(sound), dtype="float32")
    per_frame = rate // int(RATE)
    frames = samples[: len(samples) // per_frame * per_frame].reshape(-1, per_frame)
    loudness = np.sqrt(np.mean(frames * frames, axis=1))
    jaw = np.clip(loudness / np.quantile(loudness, 0.95), 0, 1)
    write_curves(Curves(("jawOpen",), jaw[:, None], RATE), out)
