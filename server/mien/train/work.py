"""The work folder: speech as rows, made once and taken up again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from mien.evaluation import Recording
from mien.train.corpus import Rows, join, real, synthetic

SPEEDS = (1.0, 0.84, 0.92, 1.1, 1.2)
"""Every recording is also heard slower and faster, pitch moved along: four cheap new speakers."""


def synthetic_speech(work: Path, hours: float, jobs: int, say: Callable[[str], None]) -> list[Rows]:
    """Synthetic speech with known phones."""
    rows = join([Rows.load(path) for path in synthetic(work, hours, jobs)])
    say(f"synthetic speech: {rows.seconds / 3600:.2f} h, {len(rows.starts) - 1} lines")
    return [rows]


def real_speech(work: Path, recordings: list[Recording], say: Callable[[str], None]) -> list[Rows]:
    """Recordings as rows, a speaker at a time."""
    all_rows = []
    for speaker, own in groupby(sorted(recordings, key=lambda r: r.name), key=lambda r: r.speaker):
        path = work / f"real-{speaker}.npz"
        if not path.exists():
            real(list(own), SPEEDS).save(path)
        rows = Rows.load(path)
        say(f"speaker {speaker}: {rows.seconds / 60:.0f} min at {len(SPEEDS)} speeds")
        all_rows.append(rows)
    return all_rows
