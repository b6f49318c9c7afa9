"""`mien watch`: what a server publishes, printed, drawn and recorded."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from types import FrameType
from typing import Protocol

from mien.cli.watch_lines import Lines, say
from mien.errors import OptionError
from mien.rpc.recording import Recorder, is_file
from mien.rpc.subscribe import Subscriber
from mien.rpc.watching import Event, Watch

PATIENCE, AGAIN = 3.0, 30.0
"""Seconds without a message after which it is said that nothing comes, and after which it is said again."""

BEAT = 0.1
"""Seconds after which a loop that hears nothing looks around: for Ctrl-C, the time, the connection."""


Record = Callable[[Event], list[str]]
"""Keeps an event; says what it wrote, in lines."""


@dataclass(frozen=True)
class Order:
    """What was asked of `mien watch`."""

    subjects: tuple[str, ...] = ()
    out: Path | None = None
    format: str | None = None
    plot: bool = False
    seconds: float | None = None


class Screen(Protocol):
    """Where events are shown: lines, or a picture."""

    def take(self, event: Event) -> None:
        """Show what happened."""

    def note(self, line: str) -> None:
        """Show a line."""

    def tick(self, now: float, waiting: str) -> None:
        """Show how time goes; `waiting` says what for, once, when nothing comes."""


def watch(address: str, order: Order) -> None:
    """Follow what is published at `address`, and keep what was asked for.

    It ends by Ctrl-C, after `order.seconds`, or when nobody reads its lines any more (`| head`).

    Raises:
        OptionError: Options that contradict one another, or no address.
        FileError: A recording cannot be written.
        ServerError: What is published there is not Mien's.
    """
    _check(order)
    with (
        suppress(BrokenPipeError),
        _recording(order) as record,
        Subscriber(address, order.subjects) as subscriber,
        _until_stopped() as stopped,
    ):
        say(f"watching {', '.join(order.subjects) or 'all subjects'} at {subscriber.address}; Ctrl-C ends it")
        over = _deadline(order.seconds, stopped)
        with _screen(subscriber.address, order) as screen:
            _follow(subscriber, Watch(order.subjects), screen, record, over)


def _check(order: Order) -> None:
    if order.format and not order.out:
        raise OptionError("--format is for recordings; name a file or a folder with -o.")
    if order.out and len(set(order.subjects)) > 1 and is_file(order.out):
        raise OptionError(
            f"Many subjects go into a folder, and '{order.out}' is named like a file; write -o FOLDER."
        )


@contextmanager
def _recording(order: Order) -> Iterator[Record]:
    """What keeps events, where that was asked for; in the end it writes what still runs."""
    if order.out is None:
        yield lambda event: []
        return
    recorder = Recorder(order.out, order.format)
    try:
        yield recorder.take
    finally:
        for line in recorder.close():
            say(line)


def _follow(
    subscriber: Subscriber, watched: Watch, screen: Screen, record: Record, over: Callable[[], bool]
) -> None:
    """From message to screen and recorder, until it is `over`."""
    silence = Silence(time.monotonic())
    while not over():
        messages = subscriber.receive(BEAT)
        for event in (event for message in messages for event in watched.push(*message)):
            screen.take(event)
            for line in record(event):
                screen.note(line)
        now = time.monotonic()
        waits = silence.breaks(now, heard=bool(messages))
        screen.tick(now, _waiting(subscriber, watched) if waits else "")


class Silence:
    """Says when it is time to say that nothing comes."""

    def __init__(self, now: float) -> None:
        self._next = now + PATIENCE

    def breaks(self, now: float, heard: bool) -> bool:
        """Whether so much time has passed without anything `heard`."""
        if heard:
            self._next = now + PATIENCE
        elif now >= self._next:
            self._next = now + AGAIN
            return True
        return False


def _waiting(subscriber: Subscriber, watched: Watch) -> str:
    """What for, in words."""
    if subscriber.trouble:
        return f"{subscriber.trouble} ({subscriber.address})"
    if watched.live:
        return f"no frames from {', '.join(watched.live)}"
    return "connected, and nobody performs"


@contextmanager
def _screen(address: str, order: Order) -> Iterator[Screen]:
    """A picture if that was asked for and there is a terminal, else lines."""
    if not order.plot:
        yield Lines()
        return
    from rich.console import Console

    from mien.cli.watch_view import View

    console = Console()
    if console.is_terminal and not console.is_dumb_terminal:
        with View(address, console) as view:
            yield view
    else:
        print("mien: --plot draws on a terminal, and this is none; lines follow.", file=sys.stderr)
        yield Lines()


def _deadline(seconds: float | None, stopped: Flag) -> Callable[[], bool]:
    """Whether `seconds` from now have passed, or it was `stopped`."""
    end = None if seconds is None else time.monotonic() + seconds
    return lambda: stopped.is_set() or (end is not None and time.monotonic() >= end)


@contextmanager
def _until_stopped() -> Iterator[Flag]:
    """A flag that Ctrl-C or SIGTERM raises, once; the next one strikes as it would have."""
    stopped = Flag()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()
        signal.signal(number, before[number])

    before = {int(number): signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
