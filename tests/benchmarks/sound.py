"""Sound to measure with: the spoken line that comes with Mien, over and over."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import soundfile

from mien.audio import Resampler, read_audio


def looped(path: Path, rate: int, seconds: int) -> Path:
    """Writes `seconds` of the line at `rate` Hz to `path`, 16 bit, and gives it back."""
    with as_file(files("mien").joinpath("demo", "line.flac")) as source:
        line = read_audio(source).samples
    if rate != 16_000:
        up = Resampler(16_000, rate)
        line = np.concatenate([up.push(line), up.flush()])
    with soundfile.SoundFile(str(path), "w", samplerate=rate, channels=1, subtype="PCM_16") as file:
        left = rate * seconds
        while left > 0:
            file.write(line[:left])
            left -= len(line)
    return path
