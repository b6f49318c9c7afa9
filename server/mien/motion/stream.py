"""Any chunks of sound in, rows of motion out: one voice's way through a model.

Many steps at once (a file, or a long chunk) run as lanes side by side: the past is cut into pieces, each lane
starts `reach_rows` steps early from silence, and by the time its piece begins its memory is what it would
have been. Same steps, same bits, several times faster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.clock import SAMPLES_PER_ROW
from mien.motion.model import Memory, MotionModel
from mien.values import CHANNELS

LANES = 24
"""Most lanes side by side. More gain little: by then the weights are read often from the nearest cache."""


class MotionStream:
    """Rows of one voice; belongs to one thread."""

    def __init__(self, model: MotionModel) -> None:
        self._model = model
        self._memory = model.silence()
        self._waiting = np.zeros(0, "f4")
        self._late = model.card.delay_rows
        self.rows = 0
        """Rows given so far."""

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows that `samples` (16 kHz, any number) complete: shape (rows, channels)."""
        self._waiting = np.concatenate([self._waiting, samples]) if len(self._waiting) else samples
        steps = len(self._waiting) // SAMPLES_PER_ROW
        ready = self._waiting[: steps * SAMPLES_PER_ROW].reshape(steps, SAMPLES_PER_ROW)
        self._waiting = self._waiting[steps * SAMPLES_PER_ROW :]
        rows, self._memory = run(self._model, ready, self._memory)
        dropped = min(self._late, len(rows))  # the first steps draw rows from before sample 0
        self._late -= dropped
        self.rows += len(rows) - dropped
        return rows[dropped:]

    def flush(self, rows: int) -> NDArray[np.float32]:
        """The rest, as if silence followed, until `rows` rows have been given in all."""
        missing = (rows - self.rows + self._late) * SAMPLES_PER_ROW - len(self._waiting)
        return self.push(np.zeros(max(0, missing), "f4"))


def run(model: MotionModel, ready: NDArray[np.float32], memory: Memory) -> tuple[NDArray[np.float32], Memory]:
    """Rows (steps, channels) for the steps in `ready`, shape (steps, 320), of one stream."""
    reach = model.card.reach_rows
    lanes = min(LANES, (len(ready) - reach) // reach)
    if lanes < 2:
        return _one_by_one(model, ready, memory)
    piece = (len(ready) - reach) // lanes
    rows, memory = _side_by_side(model, ready[: reach + lanes * piece], memory, lanes, piece)
    rest, memory = _one_by_one(model, ready[reach + lanes * piece :], memory)
    return np.concatenate([rows, rest]), memory


def _one_by_one(
    model: MotionModel, ready: NDArray[np.float32], memory: Memory
) -> tuple[NDArray[np.float32], Memory]:
    rows = np.zeros((len(ready), len(CHANNELS)), "f4")
    for step in range(len(ready)):
        rows[step : step + 1], memory = model.step(ready[step : step + 1], memory)
    return rows, memory


def _side_by_side(
    model: MotionModel, ready: NDArray[np.float32], memory: Memory, lanes: int, piece: int
) -> tuple[NDArray[np.float32], Memory]:
    """Lane l takes steps l * piece onward; lane 0 has the true memory, others earn it in `reach` steps."""
    length = len(ready) - (lanes - 1) * piece
    start = model.silence(lanes)
    state: Memory = {name: np.concatenate([memory[name], start[name][1:]]) for name in start}
    drawn = np.zeros((lanes, length, len(CHANNELS)), "f4")
    first = np.arange(lanes) * piece
    for step in range(length):
        drawn[:, step], state = model.step(ready[first + step], state)
    rows = np.concatenate([drawn[0], drawn[1:, length - piece :].reshape(-1, len(CHANNELS))])
    return rows, {name: value[-1:] for name, value in state.items()}
