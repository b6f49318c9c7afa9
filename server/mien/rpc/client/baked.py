"""A bake over the wire: sound up in pieces, a take or curves down."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Generic, TypeVar

import numpy as np

from mien.audio import open_audio
from mien.errors import MienError
from mien.pipeline import Named, Sound, Take, open_take
from mien.rpc.client.asking import WHOLE_FILE, raw_sound
from mien.rpc.client.facts import header_in
from mien.values import Curves
from mien.wire.v1 import bake_pb2 as baking
from mien.wire.v1 import common_pb2 as common

T = TypeVar("T")
Progress = Callable[[float], None]

PIECE: Final = 64 << 10
"""Bytes of sound in one message."""

BLOCK: Final = 1.0
"""Seconds of sound read at once, where it comes in blocks."""


class Upload:
    """Everything that is sent for a bake: the settings, then the sound."""

    def __init__(self, settings: baking.BakeSettings, source: Named | Sound) -> None:
        self.problem: MienError | None = None
        """Why the sound ended early; gRPC itself only says that it did."""
        self._settings, self._source = settings, source

    def __iter__(self) -> Iterator[baking.BakeRequest]:
        yield baking.BakeRequest(settings=self._settings)
        try:
            for data in self._blocks():
                for start in range(0, len(data), PIECE):
                    yield baking.BakeRequest(audio=data[start : start + PIECE])
        except MienError as problem:
            self.problem = problem
            raise

    def _blocks(self) -> Iterator[bytes]:
        if not isinstance(self._source, str | os.PathLike):
            yield from (block.astype("<f4").tobytes() for block in self._source.blocks(BLOCK))
            return
        with Path(self._source).open("rb") as file:
            while data := file.read(PIECE):
                yield data


def audio_format(source: Named | Sound) -> common.AudioFormat:
    """How the sound of a bake is sent: a file as it lies, anything else as float32.

    Raises:
        AudioError: A file that `mien.bake` would refuse at once.
    """
    if not isinstance(source, str | os.PathLike):
        return raw_sound("f32le", source.rate, 1)
    open_audio(Path(source)).close()
    return WHOLE_FILE


class Receiver(ABC, Generic[T]):
    """Makes a result of what comes down."""

    wanted: baking.BakeResult

    def __init__(self, progress: Progress | None) -> None:
        self.ended = False
        """Whether everything came."""
        self._progress = progress

    def take(self, response: baking.BakeResponse) -> None:
        """Take in one message."""
        if response.HasField("progress") and self._progress:
            self._progress(response.progress.share)
        self.ended = self.ended or response.HasField("end")
        self._keep(response)

    @abstractmethod
    def _keep(self, response: baking.BakeResponse) -> None:
        """Keep what belongs to the result."""

    @abstractmethod
    def result(self) -> T:
        """All of it; only once it has `ended`."""


class TakeReceiver(Receiver[Take]):
    """A take, which comes as the pieces of its file."""

    wanted = baking.BAKE_RESULT_TAKE

    def __init__(self, folder: str, progress: Progress | None) -> None:
        super().__init__(progress)
        self._path = Path(folder, "take.mien")

    def _keep(self, response: baking.BakeResponse) -> None:
        if response.take:
            with self._path.open("ab") as file:
                file.write(response.take)

    def result(self) -> Take:
        """The take, as `mien.bake` makes it."""
        return open_take(self._path)


class CurvesReceiver(Receiver[Curves]):
    """Curves of the rig that was asked for."""

    wanted = baking.BAKE_RESULT_CURVES

    def __init__(self, progress: Progress | None) -> None:
        super().__init__(progress)
        self._header = header_in(common.Header())
        self._frames: list[np.ndarray] = []

    def _keep(self, response: baking.BakeResponse) -> None:
        if response.HasField("header"):
            self._header = header_in(response.header)
        elif response.HasField("frames"):
            self._frames.append(np.array(response.frames.values, np.float32))

    def result(self) -> Curves:
        """All frames."""
        names = self._header.names
        return Curves(names, np.concatenate(self._frames).reshape(-1, len(names)), self._header.rate)
