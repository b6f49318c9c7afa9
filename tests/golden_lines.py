"""The golden lines: three short sentences with the exact time of every phone, which everybody looks at.

python -m tests.golden_lines      speaks them anew (Debian's festival); SOURCE.md beside them says how
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from mien.values import Phone

FOLDER: Final = Path(__file__).parent / "golden"
"""Where each line is, as `NAME.flac` and `NAME.phones.tsv`."""

TEXTS: Final = {
    "papa": "My papa has fifty maps of the moon.",
    "boys": "Fifty boys saw the blue moon.",
    "bob": "Bob thought Vera saw both maps.",
}
"""By name, what is said."""

VOICE: Final = "voice_cmu_us_slt_arctic_hts"
RATE: Final = 16_000
LOUDNESS: Final = 0.1
"""Root mean square while she speaks: -20 dBFS."""

QUIET: Final = 0.3
"""Seconds of silence before and after."""


def sounds() -> list[Path]:
    """The sound of every line; its phones lie beside it."""
    return [FOLDER / f"{name}.flac" for name in TEXTS]


def speak() -> None:
    """Writes all lines anew."""
    from mien.train.voices import festival

    for name, (samples, rate, phones) in zip(TEXTS, festival([*TEXTS.values()], VOICE), strict=True):
        write(name, samples, rate, phones)


def write(name: str, samples: np.ndarray, rate: int, phones: list[Phone]) -> None:
    """One line as files: as loud as the others, silent at both ends, as the phones say."""
    import soundfile
    import soxr

    spoken = [phone for phone in phones if phone.label != "pau"]
    begin, end = spoken[0].start, spoken[-1].end
    sound = samples[round(begin * rate) : round(end * rate)].astype(np.float64)
    blocks = np.sqrt(np.square(sound[: len(sound) // 320 * 320]).reshape(-1, 320).mean(axis=1))
    loud = blocks[blocks > blocks.max() / 30]  # within 30 dB of the loudest
    quiet = np.zeros(round(QUIET * rate))
    whole = np.concatenate([quiet, sound * LOUDNESS / np.sqrt(np.square(loud).mean()), quiet])
    soundfile.write(FOLDER / f"{name}.flac", soxr.resample(whole, rate, RATE), RATE, subtype="PCM_16")
    rows = [(phone.start, phone.end, phone.label) for phone in spoken]
    rows = [(begin - QUIET, begin, "pau"), *rows, (end, end + QUIET, "pau")]
    lines = [f"{start - begin + QUIET:.3f}\t{end - begin + QUIET:.3f}\t{label}" for start, end, label in rows]
    text = "\n".join(["# phoneset: arpabet", *lines]) + "\n"
    (FOLDER / f"{name}.phones.tsv").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    speak()
