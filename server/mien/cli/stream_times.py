"""How long the frames of a stream took.

A frame at time t needs sound up to t + look-ahead. Its latency beyond look-ahead is its arrival minus the
time at which the message with the last of that sound was sent, or the last message where the sound ends
before. A player delays its sound by look-ahead, by one message, in which sound waits for the rest of it, and
by `MARGIN`; a frame is late if it came after the player wanted it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.rpc.client import ClientStream

MARGIN: Final = 0.05
"""Seconds that a player waits beyond what it must, before a frame counts as late."""

SHARES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
"""Shares of all frames, whose latency stays below what is printed."""

Times = NDArray[np.float64]


class Message(NamedTuple):
    """Sound that was sent."""

    end: int
    """Sample that follows its last."""

    time: float
    """When it was sent, seconds."""


class Arrival(NamedTuple):
    """Frames that came."""

    frames: int
    time: float
    """When they came, seconds on the clock of `Message.time`."""


def beyond_look_ahead(
    times: Times, arrived: Times, sent: Sequence[Message], sample_rate: int, look_ahead: float
) -> Times:
    """Seconds by which each frame came after all it needs was sent.

    Args:
        times, arrived: Of each frame, in the sound and on the clock.
        sent: In order.
    """
    needed = np.round((times + look_ahead) * sample_rate, 6)
    message = np.searchsorted([each.end for each in sent], needed)
    at: Times = np.array([each.time for each in sent])[np.minimum(message, len(sent) - 1)]
    return arrived - at


def late_ones(times: Times, arrived: Times, sent: Sequence[Message], look_ahead: float) -> int:
    """Frames that came after a player wanted them."""
    return int(np.sum(arrived > sent[0].time + times + look_ahead + MARGIN))


def report(
    stream: ClientStream, sent: Sequence[Message], arrivals: Sequence[Arrival], sample_rate: int, fast: bool
) -> Iterator[str]:
    """How the stream went, in lines; of one that ran as fast as it could only the throughput."""
    arrived = np.repeat([each.time for each in arrivals], [each.frames for each in arrivals])
    seconds, header = sent[-1].end / sample_rate, stream.header
    yield f"{seconds:.2f} s of sound, {header.model}, {header.rig} at {float(stream.rate):.6g} fps"
    if fast:
        took = max(arrived[-1] - sent[0].time, 1e-9)
        pace = f"{took:.2f} s, {seconds / took:.1f} x real time"
        yield f"  {len(arrived)} frames in {pace}; {stream.reconnects} reconnects"
    else:
        yield from _in_time(stream, sent, arrived, sample_rate)


def _in_time(
    stream: ClientStream, sent: Sequence[Message], arrived: Times, sample_rate: int
) -> Iterator[str]:
    times = np.arange(len(arrived)) / float(stream.rate)
    latency = beyond_look_ahead(times, arrived, sent, sample_rate, stream.look_ahead)
    shown = ", ".join(f"{name} {_ms(np.quantile(latency, share))}" for name, share in SHARES.items())
    late = late_ones(times, arrived, sent, stream.look_ahead)
    first = _ms(arrived[0] - sent[0].time)
    yield f"  look-ahead {_ms(stream.look_ahead)}; first frame {first} after the first sound was sent"
    yield f"  latency beyond look-ahead: {shown}"
    yield f"  {len(times)} frames, {late} late, {stream.reconnects} reconnects"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
