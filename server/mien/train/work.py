"""The work folder: speech as rows, made once and taken up again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.resources import files
from itertools import groupby
from pathlib import Path

from mien.errors import FileError
from mien.evaluation import Recording
from mien.train.corpus import Rows, join, real, synthetic

SPEEDS = (1.0, 0.84, 0.92, 1.1, 1.2)
"""Every recording is also heard slower and faster, pitch moved along: four cheap new speakers."""

LEAST = 10
"""Seconds, at all speeds together, that a speaker must have; pieces of three seconds are drawn from them."""

RECIPE = ("corpus.py", "lines.py", "phones.py", "poses.tsv", "targets.py", "voices.py")
"""Files of this room that decide what rows are; when one changes, rows are made anew."""


def synthetic_speech(work: Path, hours: float, jobs: int, say: Callable[[str], None]) -> list[Rows]:
    """Synthetic speech with known phones."""
    rows = join([Rows.load(path) for path in synthetic(work / _recipe(), hours, jobs)])
    say(f"synthetic speech: {rows.seconds / 3600:.2f} h, {len(rows.starts) - 1} lines")
    return [rows]


def real_speech(work: Path, recordings: list[Recording], say: Callable[[str], None]) -> list[Rows]:
    """Recordings as rows, a speaker at a time.

    Raises:
        FileError: A speaker with less than `LEAST` seconds.
    """
    all_rows = []
    for speaker, own in groupby(sorted(recordings, key=lambda r: r.name), key=lambda r: r.speaker):
        chosen = list(own)
        known = [f"{r.name} {r.audio.stat().st_size} {r.phones.stat().st_size}" for r in chosen]
        path = work / _recipe() / f"real-{speaker}-{_digest(*known, str(SPEEDS))}.npz"
        if not path.exists():
            real(chosen, SPEEDS).save(path)
        rows = Rows.load(path)
        if rows.seconds < LEAST:
            raise FileError(
                f"Speaker '{speaker}' has {rows.seconds:.1f} s of speech; at least {LEAST} s are wanted."
            )
        say(f"speaker {speaker}: {rows.seconds / 60:.0f} min at {len(SPEEDS)} speeds")
        all_rows.append(rows)
    return all_rows


def _recipe() -> str:
    """A name that changes when the way to make rows does."""
    texts = [files("mien.train").joinpath(name).read_text("utf-8") for name in RECIPE]
    return _digest(*texts, files("mien.features").joinpath("mel.py").read_text("utf-8"))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:10]
