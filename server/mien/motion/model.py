"""One step of a motion model: 20 ms of sound and a memory in, one row of motion and the next memory out.

The step has one fixed length, whatever chunks the sound comes in: the same network gives other last bits at
other lengths, but the same bits at one length for any number of streams side by side. So streams may be
batched at will and still give what a file gives, to the bit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import ModelError
from mien.motion.card import Card, read_card
from mien.motion.find import find_model
from mien.values import CHANNEL_INDEX, CHANNELS

Memory = Mapping[str, NDArray[np.float32]]
"""What a model remembers between steps, by input name; first axis: streams side by side."""

ROW_KERNEL = 2
"""Fewest streams in one step. Some processors multiply a lone row by another kernel, with other last bits."""


class MotionModel:
    """A loaded model; immutable, and safe to share between threads and streams."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime  # takes a quarter second, so only where a model is run

        self.card: Card = read_card(folder)
        path = folder / "model.onnx"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            data = path.read_bytes()
            self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except OSError as problem:
            raise ModelError(f"{path} cannot be read: {problem.strerror}.") from None
        except Exception as problem:  # ONNX Runtime has many kinds, none public
            raise ModelError(f"{path} is not a model that ONNX Runtime loads: {_first(problem)}") from None
        if hashlib.sha256(data).hexdigest() != self.card.sha256:
            raise ModelError(
                f"{path} is not the file its card describes (sha256 differs); export both together."
            )
        self._outputs = [output.name for output in self._session.get_outputs()]
        self._memory = {i.name: tuple(i.shape[1:]) for i in self._session.get_inputs() if i.name != "samples"}
        self._columns = np.array([CHANNEL_INDEX[name] for name in self.card.channels])
        self._try(path)

    def _try(self, path: Path) -> None:
        """One silent step: what a model promises and does not keep shows here, not in somebody's stream."""
        wanted = {"motion", "phones", *(name + "_next" for name in self._memory)}
        if set(self._outputs) != wanted:
            raise ModelError(f"{path} gives {sorted(self._outputs)}; its inputs call for {sorted(wanted)}.")
        try:
            self.step(np.zeros((1, self.card.step_samples), "f4"), self.silence())
        except Exception as problem:
            raise ModelError(f"{path} does not fit its card: {_first(problem)}") from None

    @property
    def name(self) -> str:
        """Name and version, as takes record it."""
        return f"{self.card.name} {self.card.version}"

    def silence(self, streams: int = 1) -> Memory:
        """The memory before sample 0."""
        return {name: np.zeros((streams, *shape), "f4") for name, shape in self._memory.items()}

    def step(self, samples: NDArray[np.float32], memory: Memory) -> tuple[NDArray[np.float32], Memory]:
        """One row per stream.

        Args:
            samples: Shape (streams, 320), 16 kHz.
            memory: From `silence` or the step before, as many streams.
        Returns:
            Rows of all motion channels, shape (streams, channels), and the next memory. The row is
            `card.delay_rows` rows older than the samples.
        """
        streams = len(samples)
        feed = {"samples": samples, **memory}
        if streams < ROW_KERNEL:
            feed = {name: np.repeat(value, ROW_KERNEL, axis=0) for name, value in feed.items()}
        result = dict(zip(self._outputs, self._session.run(self._outputs, feed), strict=True))
        rows = np.zeros((streams, len(CHANNELS)), "f4")
        rows[:, self._columns] = result["motion"][:streams, 0]
        return rows, {name: result[name + "_next"][:streams] for name in self._memory}


def _first(problem: Exception) -> str:
    """The first line of somebody else's message."""
    return str(problem).strip().partition("\n")[0]


def load_model(name: str | os.PathLike[str] = "mien-live") -> MotionModel:
    """The model called `name`, or in the folder `name`.

    Raises:
        ModelError: There is none, or it does not load.
    """
    return MotionModel(find_model(name))
