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
    """Rows of one voice; belongs to one thread.

    `push` and `flush` run the model by themselves. Who runs it for many streams side by side uses what they
    are made of: `feed` sound, `take` steps, and `give` back what the model drew from them.
    """

    def __init__(self, model: MotionModel, first_row: int = 0) -> None:
        self._model = model
        self._memory: Memory | None = None
        self._waiting = np.zeros(0, "f4")
        self._late = model.card.delay_rows
        self.rows = first_row
        """Number of the next row."""

    @property
    def steps(self) -> int:
        """Steps of the model for which there is sound."""
        return len(self._waiting) // SAMPLES_PER_ROW

    @property
    def due(self) -> int:
        """Number of the first row that the sound fed so far does not settle."""
        return self.rows + max(0, self.steps - self._late)

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Take in sound: 16 kHz, any number of samples."""
        self._waiting = np.concatenate([self._waiting, samples]) if len(self._waiting) else samples

    def feed_silence(self, rows: int) -> None:
        """Take in as much silence as it takes until row `rows` is the next."""
        missing = (rows - self.rows + self._late) * SAMPLES_PER_ROW - len(self._waiting)
        self.feed(np.zeros(max(0, missing), "f4"))

    def take(self, steps: int) -> NDArray[np.float32]:
        """Sound of the next `steps` steps, shape (steps, 320); every step taken is to be given."""
        end = steps * SAMPLES_PER_ROW
        taken, self._waiting = self._waiting[:end], self._waiting[end:]
        return taken.reshape(steps, SAMPLES_PER_ROW)

    def give(self, drawn: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows among those that the model drew, shape (rows, channels)."""
        dropped = min(self._late, len(drawn))  # the first steps draw rows from before the first sample
        self._late -= dropped
        self.rows += len(drawn) - dropped
        return drawn[dropped:]

    def draw(self) -> NDArray[np.float32]:
        """Rows of all steps for which there is sound."""
        memory = self._model.silence() if self._memory is None else self._memory
        drawn, self._memory = run(self._model, self.take(self.steps), memory)
        return self.give(drawn)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows that `samples` (16 kHz, any number) complete: shape (rows, channels)."""
        self.feed(samples)
        return self.draw()

    def flush(self, rows: int) -> NDArray[np.float32]:
        """The rest, as if silence followed, until `rows` rows have been given in all."""
        self.feed_silence(rows)
        return self.draw()


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
