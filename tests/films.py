"""Films and pictures that tests make, and what ffmpeg itself says is in a film."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.preview.labels import Picture
from mien.preview.mp4 import ffmpeg

Floats = NDArray[np.float32]


def pictures(count: int, size: tuple[int, int] = (64, 48), step: int = 2) -> Iterator[Picture]:
    """Grey pictures that tell their number: each is `step` brighter than the one before, from 20 on."""
    for k in range(count):
        yield np.full((size[1], size[0], 3), (20 + step * k) % 256, np.uint8)


class Film(NamedTuple):
    """What is in a film."""

    rate: Fraction
    """Frames a second: one over the steady step between the times of frames, which begin at 0."""

    frames: NDArray[np.uint8]
    """Shape (frames, height, width, 3)."""

    sound: Floats
    """Shape (samples,), at 48 kHz; empty where there is none."""


def read_film(path: Path) -> Film:
    """Read back by ffmpeg: the times of the frames as whole numbers of a time base, which must be steady."""
    lines = _asked(path, "-map", "0:v", "-f", "framecrc").decode().splitlines()
    base = next(Fraction(line.split(":")[1].strip()) for line in lines if line.startswith("#tb 0:"))
    times = [int(line.split(",")[2]) * base for line in lines if not line.startswith("#")]
    step = times[1] - times[0]
    assert times == [k * step for k in range(len(times))]
    width, height = next(line.split(":")[1] for line in lines if line.startswith("#dimensions")).split("x")
    raw = _asked(
        *(path, "-map", "0:v", "-vf", "scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int"),
        *("-f", "rawvideo", "-pix_fmt", "rgb24"),
    )
    seen = np.frombuffer(raw, np.uint8).reshape(-1, int(height), int(width), 3)
    heard = _asked(path, "-map", "0:a?", "-f", "f32le", "-ac", "1")
    return Film(1 / step, seen, np.frombuffer(heard, np.float32))


def _asked(path: Path, *words: str) -> bytes:
    command = [ffmpeg(), "-v", "error", "-i", str(path), *words, "-"]
    return subprocess.run(command, capture_output=True, check=False).stdout
