"""What `mien watch` prints: a line where a subject begins and ends, and one a second in between."""

from __future__ import annotations

import os
import sys

import numpy as np
from numpy.typing import NDArray

from mien.rpc.watching import Began, Ended, Event, Floats, Moved, Stray, Stream

SHOWN = 3
"""Curves named in a line."""

STILL = 0.01
"""Share of its range by which a curve has to move to be named; less is breath and noise."""


class Lines:
    """Prints what happens to all subjects."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self._odd: dict[Stray, bool] = {}
        """What came out of place, and whether that was said."""
        self._last: float | None = None

    def take(self, event: Event) -> None:
        """Print what begins and ends; add up what moves."""
        match event:
            case Began(stream):
                self._tallies[stream.subject] = _Tally(stream)
                self._odd = {odd: said for odd, said in self._odd.items() if odd.subject != stream.subject}
                say(began(stream))
            case Moved(stream):
                self._tallies[stream.subject].add(event)
            case Ended(stream):
                tally = self._tallies.pop(stream.subject)
                say(ended(event, tally.frames, tally.missed))
            case Stray():
                self._odd.setdefault(event, False)

    def note(self, line: str) -> None:
        """Print a line of others."""
        say(line)

    def tick(self, now: float, waiting: str) -> None:
        """Once a second of `now`, which rises, print how it goes; `waiting` at once, unless it is empty."""
        if waiting:
            say(f"waiting: {waiting}")
        self._last = now if self._last is None else self._last
        passed = now - self._last
        if passed >= 1:
            self._last = now
            self._say_all(passed)

    def _say_all(self, seconds: float) -> None:
        for tally in self._tallies.values():
            if tally.news:
                say(tally.line(seconds))
        for stray in [stray for stray, said in self._odd.items() if not said]:
            self._odd[stray] = True
            say(f"{stray.subject}: {stray.problem}")


class _Tally:
    """What one stream has shown so far."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.frames = 0
        """That came."""
        self.missed = 0
        """That did not."""
        self.news: list[Floats] = []
        """Frames since the last line."""
        self._next = 0

    def add(self, moved: Moved) -> None:
        if not self.frames and moved.first:
            say(f"{self.stream.subject}: joined at frame {moved.first}, {_seconds(self.stream, moved.first)}")
        self.frames += len(moved.values)
        self.missed += moved.missed
        self._next = moved.first + len(moved.values)
        self.news.append(moved.values)

    def line(self, seconds: float) -> str:
        """How it went in the last `seconds`; the next line begins anew."""
        values = np.concatenate(self.news)
        self.news.clear()
        return (
            f"{self.stream.subject}: {_seconds(self.stream, self._next - 1)}, {self.frames} frames, "
            f"{len(values) / seconds:.1f}/s{_missed(self.missed)}; {_busiest(self.stream, values)}"
        )


def say(line: str) -> None:
    """Print `line` at once, without what could steer a terminal: names come from the network.

    Raises:
        BrokenPipeError: Nobody reads any more (`| head`); what is said from then on is lost, without a word.
    """
    try:
        print(plain(line), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def plain(line: str) -> str:
    """`line` without control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def began(stream: Stream) -> str:
    """What the header says, on one line."""
    return (
        f"{stream.subject}: begins; {stream.rig}, {float(stream.rate):.6g} fps, {len(stream.curves)} curves, "
        f"look-ahead {stream.look_ahead * 1000:.0f} ms, {stream.model}"
    )


def ended(event: Ended, came: int, missed: int) -> str:
    """How a stream ended of which so many frames `came` and were `missed` before, on one line."""
    frames = f"{came} frames{_missed(missed + event.missed)}"
    if event.duration is None:
        return f"{event.stream.subject}: breaks off: {event.problem}; {frames}"
    return f"{event.stream.subject}: ends; {event.duration:.2f} s of sound, {frames}"


def activity(stream: Stream, values: Floats) -> NDArray[np.float64]:
    """How far each curve moves within `values`, shape (frames, curves), as shares of its range."""
    low, _, high = stream.limits.astype(np.float64)
    span = np.where(high > low, high - low, 1)
    return np.asarray(np.ptp(values, axis=0) / span, np.float64)


def _busiest(stream: Stream, values: Floats) -> str:
    """The curves that move most, each with the value farthest from its rest."""
    moved = activity(stream, values)
    shown = [int(at) for at in np.argsort(-moved, kind="stable")[:SHOWN] if moved[at] > STILL]
    rest = stream.limits[1]
    peaks = values[np.argmax(np.abs(values - rest), axis=0), np.arange(len(rest))]
    return ", ".join(f"{stream.curves[at]} {peaks[at]:.2f}" for at in shown) or "still"


def _seconds(stream: Stream, frame: int) -> str:
    return f"{float(frame / stream.rate):.2f} s"


def _missed(count: int) -> str:
    return f", {count} missed" if count else ""
