"""The batcher: all streams that have sound take their steps of the model together, round after round.

A round takes what has come, at most `MOST_STEPS` steps of each stream. Streams that keep time come first; of
those that have sent much at once only some take part, in turn, so they do not keep the others waiting. While
a round runs the next one gathers, and rounds keep some distance, so that batches grow under load; a lone
stream waits for nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from time import monotonic, sleep
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.clock import MOTION_RATE
from mien.engine.bank import Bank, Share
from mien.engine.live import Failed, FramesReady, LiveStream, Output
from mien.motion import MotionModel
from mien.rig import Rig, drive
from mien.voice import Performance

Floats = NDArray[np.float32]
Delivery = list[tuple[LiveStream, Output]]

MOST_STEPS: Final = 16
"""Steps of one stream in a round. More lets a stream with a backlog delay the others (a step of many takes a
millisecond or two), fewer spends more on the way in and out."""

MOST_LATE: Final = 16
"""Streams with a backlog in a round. More make rounds long (these take 10 ms), fewer batch badly."""

PACE: Final = 1 / MOTION_RATE
"""Seconds from the beginning of a round to that of the next, at least. A step of ten streams costs less than
twice that of one, so gathering saves most of the work under load. Longer adds delay, half of it on average;
shorter fills the processor with small steps (at half of this, 100 streams cost a fifth more)."""

log = logging.getLogger("mien.engine")


class Engine:
    """Holds streams and works them off, in a thread of its own or round by round.

    Args:
        deliver: Called at the end of each round, in the thread that runs it, with everything that came out.
    """

    def __init__(self, deliver: Callable[[Delivery], None]) -> None:
        self._deliver = deliver
        self._banks: dict[MotionModel, Bank] = {}
        self._ready: dict[LiveStream, None] = {}
        """In the order in which they became ready."""
        self._changed = Condition()
        self._thread: Thread | None = None
        self._stopping = False
        self._behind = False
        """Whether the last round left work over, so that there is nothing to gather for."""

    # Called from any thread

    def open(self, performance: Performance) -> LiveStream:
        """A stream for `performance`; to be closed."""
        return LiveStream(performance)

    def wake(self, stream: LiveStream) -> None:
        """There is something new in `stream`."""
        with self._changed:
            if not self._ready:
                self._changed.notify()
            self._ready[stream] = None

    def close(self, stream: LiveStream) -> None:
        """Nothing more comes out of `stream`, and its memory is given back."""
        stream.closed = True
        self.wake(stream)

    def start(self) -> None:
        """Work in a thread of its own until `stop`."""
        self._stopping = False
        self._thread = Thread(target=self._run, name="mien-engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the round it is in."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread:
            self._thread.join()

    @property
    def places(self) -> int:
        """Memories that are taken; 0 when every stream is closed."""
        return sum(bank.taken for bank in self._banks.values())

    # The engine's thread

    def _run(self) -> None:
        began = -PACE
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ready or self._stopping)
                if self._stopping:
                    return
            if not self._behind:
                sleep(max(0.0, began + PACE - monotonic()))
            began = monotonic()
            self.round()

    def round(self) -> None:
        """Take in what has come, run the model once over all of it, and deliver."""
        timely, late = self._chosen()
        self._work_off(timely)
        self._work_off(late)
        self._again([*timely, *late])

    def _chosen(self) -> tuple[list[LiveStream], list[LiveStream]]:
        """Who takes part: all that keep time, and those with a backlog whose turn it is."""
        with self._changed:
            ready, self._ready = self._ready, {}
            late = [stream for stream in ready if stream.late and not stream.closed]
            self._ready |= dict.fromkeys(late[MOST_LATE:])
        behind = set(late)
        return [stream for stream in ready if stream not in behind], late[:MOST_LATE]

    def _work_off(self, streams: list[LiveStream]) -> None:
        delivery: Delivery = []
        try:
            self._step(streams, delivery)
        except Exception as problem:  # nothing may end this thread: all streams would hang
            delivery.extend((stream, _failed(stream, problem)) for stream in streams if not stream.closed)
        if delivery:
            self._deliver(delivery)

    def _step(self, streams: list[LiveStream], delivery: Delivery) -> None:
        runs: dict[Bank, list[LiveStream]] = {}
        for stream in streams:
            self._prepare(stream, delivery)
            if not stream.closed and stream.performance.voice.steps:
                runs.setdefault(self._bank(stream), []).append(stream)
        for bank, together in runs.items():
            self._guarded(bank, together, delivery)

    def _prepare(self, stream: LiveStream, delivery: Delivery) -> None:
        if stream.closed:
            if stream.bank:
                stream.bank.close(stream.place)
                stream.bank = None
            return
        try:
            delivery.extend((stream, output) for output in stream.take_in())
        except Exception as problem:  # ours, and this stream's alone
            delivery.append((stream, _failed(stream, problem)))

    def _guarded(self, bank: Bank, streams: list[LiveStream], delivery: Delivery) -> None:
        try:
            delivery.extend(_perform(bank, streams))
        except Exception as problem:  # the model's: streams with other models go on
            delivery.extend((stream, _failed(stream, problem)) for stream in streams)

    def _bank(self, stream: LiveStream) -> Bank:
        if stream.bank is None:
            model = stream.performance.voice.model
            if model not in self._banks:
                self._banks[model] = Bank(model)
            stream.bank = self._banks[model]
            stream.place = stream.bank.open()
        return stream.bank

    def _again(self, streams: Sequence[LiveStream]) -> None:
        """Streams with more to do stay ready; those that failed come once more, to be cleaned up."""
        left = [stream for stream in streams if stream.bank and (stream.closed or stream.waiting)]
        with self._changed:
            self._behind = bool(self._ready) and any(stream.late for stream in self._ready)
            self._behind |= any(stream.late for stream in left)
            self._ready |= dict.fromkeys(left)


def _perform(bank: Bank, streams: list[LiveStream]) -> Delivery:
    """One run of the model over `streams`, then their frames."""
    shares = [Share(stream.place, stream.take(MOST_STEPS)) for stream in streams]
    starts = [stream.performance.frame for stream in streams]
    delivery: Delivery = []
    performed: list[tuple[LiveStream, int, Floats]] = []
    for stream, start, drawn in zip(streams, starts, bank.run(shares), strict=True):
        try:
            performed.append((stream, start, stream.give(drawn)))
        except Exception as problem:  # ours, and this stream's alone
            delivery.append((stream, _failed(stream, problem)))
    for (stream, start, _), values in zip(performed, _driven(performed), strict=True):
        if len(values):
            time = float(start / stream.performance.rate)
            delivery.append((stream, FramesReady(start, time, values)))
        if stream.performance.voice.done:
            delivery.append((stream, stream.ended()))
    return delivery


def _failed(stream: LiveStream, problem: Exception) -> Failed:
    log.error("a stream failed: %s", type(problem).__name__, exc_info=problem)
    stream.closed = True
    return Failed(problem)


def _driven(performed: Sequence[tuple[LiveStream, int, Floats]]) -> list[Floats]:
    """Curves for each stream's channels; streams with the same rig are driven as one."""
    channels = [values for _, _, values in performed]
    driven = list(channels)
    by_rig: dict[Rig, list[int]] = {}
    for index, (stream, _, _) in enumerate(performed):
        by_rig.setdefault(stream.performance.rig, []).append(index)
    for rig, indices in by_rig.items():
        curves = drive(np.concatenate([channels[index] for index in indices]), rig)
        ends = np.cumsum([len(channels[index]) for index in indices])
        for index, part in zip(indices, np.split(curves, ends[:-1]), strict=True):
            driven[index] = part.copy()  # a view would keep everybody's frames while this one's wait
    return driven
