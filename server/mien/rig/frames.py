"""Motion rows in a stream to channels at frame times."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mien.clock import frame_to_row_floor
from mien.rig.fit import frames_ready, resample_rows
from mien.rig.plan import Floats
from mien.values import CHANNELS


class FrameClock:
    """Rows come, frames at a steady rate go; remembers the rows that a later frame may lie between.

    Args:
        rate: Frames a second.
        first_row: Number of the first row that will come.
        first_frame: Number of the first frame that is wanted.
    """

    def __init__(self, rate: Fraction, first_row: int = 0, first_frame: int = 0) -> None:
        self.rate = rate
        self.frame = first_frame
        """Number of the next frame."""
        self._rows = np.zeros((0, len(CHANNELS)), "f4")
        self._first_row = first_row

    def push(self, rows: Floats, last_frame: int | None = None) -> Floats:
        """Channels of the frames that `rows` settle, shape (frames, channels), from `frame` on.

        Args:
            rows: Shape (rows, channels).
            last_frame: These are the last rows, and frames go up to this one; past them the last row holds.
        """
        self._rows = np.concatenate([self._rows, rows])
        ready = frames_ready(self._first_row + len(self._rows), self.rate)
        end = ready if last_frame is None else last_frame + 1
        start, self.frame = self.frame, max(end, self.frame)
        channels = resample_rows(self._rows, self.rate, self.frame - start, start, self._first_row)
        self._forget()
        return channels

    def _forget(self) -> None:
        """Drop rows that no later frame lies between."""
        needed, _ = frame_to_row_floor(self.frame, self.rate)
        old = min(max(0, needed - self._first_row), len(self._rows) - 1)
        if old > 0:
            self._rows, self._first_row = self._rows[old:], self._first_row + old
