"""A stage to publish on, and messages as a server publishes them, made of curves."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from mien.rpc.publish import Publisher
from mien.rpc.relay import Relay
from mien.rpc.subscribe import Subscriber
from mien.values import Curves
from mien.wire.v1.animate_pb2 import AnimateResponse, EndOfFrames
from mien.wire.v1.common_pb2 import Curve, Error, FrameRate, Frames, Header
from tests.file_checks import random_curves


class Stage:
    """A relay, and what is connected to it; closes all."""

    def __init__(self, high_water: int = 1000) -> None:
        self.relay = Relay(port=0, high_water=high_water)
        self.address = f"tcp://127.0.0.1:{self.relay.port}"
        self._open = ExitStack()
        self._open.callback(self.relay.close)

    def publisher(self) -> Publisher:
        """As a worker has one."""
        publisher = Publisher(self.relay.inner)
        self._open.callback(publisher.close)
        return publisher

    def subscriber(self, *subjects: str) -> Subscriber:
        """One that has only begun to connect."""
        return self._open.enter_context(Subscriber(self.address, subjects))

    def close(self) -> None:
        """Twice is once."""
        self._open.close()


def wanted(publisher: Publisher, subject: str) -> bool:
    """Whether somebody subscribed to `subject` by now."""
    publisher.poll()
    return publisher.wanted(subject)


def header(curves: Curves | None = None, stream: str = "one") -> AnimateResponse:
    """Announces `curves`, as `stream`."""
    shown = curves or random_curves()
    rate = FrameRate(numerator=shown.rate.numerator, denominator=shown.rate.denominator)
    columns = [Curve(name=name, unit="weight", low=0, rest=0, high=1) for name in shown.names]
    return AnimateResponse(
        header=Header(
            stream=stream, model="mien-live 1", rig="arkit", curves=columns, rate=rate, look_ahead=0.097
        )
    )


def frames(values: NDArray[np.float32], first: int = 0) -> AnimateResponse:
    """`values`, shape (frames, curves), the first of them frame number `first`."""
    return AnimateResponse(frames=Frames(first=first, time=first / 30, values=values.ravel()))


def end(count: int, duration: float = 1.0) -> AnimateResponse:
    """The end of a stream of `count` frames."""
    return AnimateResponse(end=EndOfFrames(frames=count, duration=duration))


def error(message: str) -> AnimateResponse:
    """The end of a stream that broke off."""
    return AnimateResponse(error=Error(code="RESOURCE_EXHAUSTED", kind="LimitError", message=message))


def until(happened: Callable[[], bool], seconds: float = 20) -> None:
    """Waits until something `happened`, asking again and again."""
    over = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < over, "it did not happen"
        time.sleep(0.005)
