"""An engine that is run round by round, streams planned beforehand, and what each of them gives alone."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

import mien
from mien.engine import Ended, Engine, Failed, FramesReady, LiveStream, StreamOrder
from mien.engine.engine import Delivery
from mien.motion import MotionModel
from mien.values import Control
from tests.grpc_server import pcm
from tests.rig_motion import ARKIT


class Plan(NamedTuple):
    """One stream to be: what it is asked, and what it is told piece by piece."""

    model: int
    rate: int
    fps: Fraction
    tail: float
    strength: float
    pieces: tuple[int, ...]
    """Samples of each."""

    controls: tuple[tuple[int, float], ...]
    """After which piece, and to what strength."""

    seed: int

    @property
    def sound(self) -> bytes:
        return pcm(sum(self.pieces) / self.rate, self.rate, self.seed)


PLANS = st.builds(
    Plan,
    st.integers(0, 1),
    st.sampled_from([8_000, 16_000, 44_100, 48_000]),
    st.sampled_from([Fraction(1), Fraction(24_000, 1001), Fraction(60), Fraction(120)]),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([0.0, 1.0, 1.5]),
    st.lists(st.sampled_from([0, 1, 160, 319, 1_000, 4_800, 9_999]), max_size=8).map(tuple),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from([0.0, 0.5, 2.0])), max_size=3).map(tuple),
    st.integers(0, 5),
)


class Rounds:
    """An engine without a thread, and what came out of it by stream."""

    def __init__(self) -> None:
        self.engine = Engine(self._deliver)
        self.outputs: dict[LiveStream, list] = defaultdict(list)

    def _deliver(self, delivery: Delivery) -> None:
        for stream, output in delivery:
            self.outputs[stream].append(output)

    def open(self, order: StreamOrder) -> LiveStream:
        return self.engine.open(order.performance())

    def hear(self, stream: LiveStream, sound: bytes) -> None:
        stream.hear(sound)
        self.engine.wake(stream)

    def finish(self, stream: LiveStream) -> None:
        stream.finish()
        self.engine.wake(stream)

    def until_ended(self, *streams: LiveStream) -> None:
        for _ in range(10_000):
            if all(self.ended(stream) for stream in streams):
                return
            self.engine.round()
        raise AssertionError("a stream does not come to its end")

    def ended(self, stream: LiveStream) -> bool:
        return any(isinstance(each, Ended | Failed) for each in self.outputs[stream])

    def values(self, stream: LiveStream) -> np.ndarray:
        """All frames; they follow one another."""
        frames = [each for each in self.outputs[stream] if isinstance(each, FramesReady)]
        at = 0
        for each in frames:
            assert each.first == at
            at += len(each.values)
        return np.concatenate([each.values for each in frames])


def order_of(model: MotionModel, rate: int = 16_000, fps: Fraction = Fraction(60), **more) -> StreamOrder:
    return StreamOrder(model, ARKIT, fps, rate, "s16le", **more)


def planned(plan: Plan, models: list[MotionModel]) -> StreamOrder:
    layers = {"articulation": plan.strength}
    return order_of(models[plan.model], plan.rate, plan.fps, tail=plan.tail, layers=layers)


def alone(plan: Plan, models: list[MotionModel]) -> np.ndarray:
    """Frames of the same stream in the library, with the same controls after the same pieces."""
    stream = mien.open_stream(
        plan.rate, model=models[plan.model], rate=plan.fps, tail=plan.tail, encoding="s16le",
        layers={"articulation": plan.strength},
    )  # fmt: skip
    frames, sound = [], plan.sound
    for number, size in enumerate(plan.pieces):
        frames.append(stream.push(sound[: 2 * size]).values)
        sound = sound[2 * size :]
        for after, strength in plan.controls:
            if after == number:
                stream.control({"articulation": strength})
    return np.concatenate([*frames, stream.flush().values])


class Playing:
    """A plan on its way through an engine."""

    def __init__(self, plan: Plan, stream: LiveStream) -> None:
        self.plan, self.stream = plan, stream
        self._sound, self._next = plan.sound, 0

    def tell(self, rounds: Rounds) -> None:
        """The next piece and what goes with it, or the end."""
        if self._next == len(self.plan.pieces):
            rounds.finish(self.stream)
        elif self._next < len(self.plan.pieces):
            size = 2 * self.plan.pieces[self._next]
            rounds.hear(self.stream, self._sound[:size])
            self._sound = self._sound[size:]
            for after, strength in self.plan.controls:
                if after == self._next:
                    self.stream.control(Control({"articulation": strength}), after)
        self._next += 1

    @property
    def told(self) -> bool:
        return self._next > len(self.plan.pieces)
