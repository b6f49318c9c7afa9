"""What `mien watch --plot` draws: each subject's busiest curves as bars, its jaw over the last seconds."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from types import TracebackType

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from mien.cli.watch_lines import STILL, activity, began, ended, plain, say
from mien.rpc.watching import Began, Ended, Event, Floats, Moved, Stray, Stream

RECENT = 6
"""Seconds that the curve over time shows, and in which a curve has to move to get a bar."""

REDRAW = 0.1
"""Seconds from one picture to the next: fluent enough for eyes, and cheap."""

FAVOURITE = "jawOpen"
"""The curve over time, where a rig has it; else the one that moves most."""

LEAVING = 5
"""Seconds for which a subject that has ended stays."""

NAME, VALUE = 20, 7
"""Columns of a curve's name and number."""

KEPT = 100
"""Notes that are printed once the view is gone."""

RISING = " ▁▂▃▄▅▆▇█"
GROWING = " ▏▎▍▌▋▊▉█"
TALL, LEAST = 3, 4
"""Lines of the curve over time where there is room, and lines below which a subject is only named."""


class View:
    """Draws all subjects on the whole terminal, ten times a second, while it is entered."""

    def __init__(self, address: str, console: Console) -> None:
        self._address = address
        self._faces: dict[str, Face] = {}
        self._notes: deque[str] = deque(maxlen=KEPT)
        self._odd: set[Stray] = set()
        self._waiting = ""
        self._last = 0.0
        self._live = Live(console=console, screen=True, auto_refresh=False)

    def take(self, event: Event) -> None:
        """Remember what `event` changes in the picture."""
        match event:
            case Began(stream):
                self._faces[stream.subject] = Face(stream)
                self.note(began(stream))
            case Moved(stream):
                self._faces[stream.subject].move(event)
                self._waiting = ""
            case Ended(stream):
                self.note(self._faces[stream.subject].end(event))
            case Stray() if event not in self._odd:
                self._odd.add(event)
                self.note(f"{event.subject}: {event.problem}")

    def note(self, line: str) -> None:
        """Show `line` at the foot, and print it once the view is gone."""
        self._notes.append(plain(line))

    def tick(self, now: float, waiting: str) -> None:
        """Draw, if it is time; `waiting` stays to be seen until something moves."""
        self._waiting = waiting or self._waiting
        if now - self._last >= REDRAW:
            self._faces = {subject: face for subject, face in self._faces.items() if face.stays(now)}
            self._last = now
            self._live.update(Group(*self.picture(*self._live.console.size)), refresh=True)

    def picture(self, width: int, height: int) -> list[Text]:
        """The whole, line by line; no more than `height` lines of `width` columns."""
        head = Text(f"mien watch {self._address}", "bold")
        if self._waiting:
            head.append(f"   waiting: {self._waiting}", "yellow")
        body = _shared(list(self._faces.values()), width, height - 2)
        foot = Text(self._notes[-1] if self._notes else "Ctrl-C ends it", "bright_black")
        lines = [head, *body, *[Text()] * (height - 2 - len(body)), foot]
        for line in lines:
            line.no_wrap = True
            line.truncate(width, overflow="ellipsis")
        return lines

    def __enter__(self) -> View:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        for note in self._notes:
            say(note)


class Face:
    """What is drawn of one subject."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._state = ""
        """How it ended; empty while it has not."""
        self._since: float | None = None
        """When it was seen to have ended."""
        self._recent: deque[Floats] = deque(maxlen=int(RECENT * stream.rate))
        self._frames = self._missed = self._newest = 0
        self._pace: deque[tuple[float, int]] = deque(maxlen=round(2 / REDRAW))
        """When it was drawn, and how many frames had come by then."""

    def move(self, moved: Moved) -> None:
        """Take in new frames."""
        self._recent.extend(moved.values)
        self._frames += len(moved.values)
        self._missed += moved.missed
        self._newest = moved.first + len(moved.values) - 1

    def end(self, event: Ended) -> str:
        """Take in that it is over; says so, for humans."""
        self._state = event.problem or "ended"
        return ended(event, self._frames, self._missed)

    def stays(self, now: float) -> bool:
        """Whether it is still to be drawn at `now`; to be asked before every picture."""
        self._pace.append((now, self._frames))
        if self._state and self._since is None:
            self._since = now
        return self._since is None or now - self._since < LEAVING

    def lines(self, width: int, height: int) -> list[Text]:
        """A title, the jaw over time, bars: as much as `height` lines of `width` columns hold."""
        values = np.array(self._recent, np.float32).reshape(-1, len(self.stream.curves))
        if height < LEAST or not len(values):
            return [self._title()]
        lines = [self._title(), *self._over_time(values, width, TALL if height > 2 * TALL + 1 else 1)]
        moving = activity(self.stream, values)
        busiest = np.argsort(-moving, kind="stable")[: height - len(lines)]
        return [*lines, *(self._bar(at, values[-1], width) for at in np.sort(busiest) if moving[at] > STILL)]

    def _title(self) -> Text:
        stream = self.stream
        title = Text(plain(stream.subject), "bold" if self._state else "bold green")
        title.append(plain(f"  {stream.rig} at {float(stream.rate):.6g} fps, {stream.model}"), "default")
        title.append(f"; {float(self._newest / stream.rate):.2f} s, {self._frames} frames", "default")
        title.append(f", {self._per_second():.1f}/s", "default")
        if self._missed:
            title.append(f"  {self._missed} missed", "red")
        return title.append(f"  {plain(self._state)}", "yellow")

    def _per_second(self) -> float:
        if len(self._pace) < 2:
            return 0.0
        (since, before), (now, frames) = self._pace[0], self._pace[-1]
        return (frames - before) / (now - since)

    def _over_time(self, values: Floats, width: int, height: int) -> list[Text]:
        stream = self.stream
        known = FAVOURITE in stream.curves
        at = stream.curves.index(FAVOURITE) if known else int(np.argmax(activity(stream, values)))
        drawn = sparkline(self._shares(values)[:, at], self._recent.maxlen or 1, width - NAME, height)
        names = [f"last {RECENT} s", *[""] * (height - 2), plain(stream.curves[at])][-height:]
        return [_name(name).append(line, "cyan") for name, line in zip(names, drawn, strict=True)]

    def _bar(self, at: int, values: Floats, width: int) -> Text:
        share, rest = self._shares(np.stack([values, self.stream.limits[1]]))[:, at].tolist()
        line = _name(plain(self.stream.curves[at])).append(f"{values[at]:{VALUE - 1}.2f} ", "default")
        return line.append(bar(rest, share, width - NAME - VALUE), "magenta")

    def _shares(self, values: Floats) -> Floats:
        """Where in its range each curve stands, 0..1: shape (frames, curves)."""
        low, _, high = self.stream.limits
        shares = (values - low) / np.where(high > low, high - low, 1)
        return np.asarray(np.clip(shares, 0, 1), np.float32)


def bar(rest: float, share: float, width: int) -> str:
    """A bar from `rest` to `share`, both 0..1 of `width` columns; to the right it ends on an eighth."""
    start, end = round(rest * width), share * width
    if end < start:
        return " " * round(end) + GROWING[-1] * (start - round(end))
    whole, eighths = divmod(round((end - start) * 8), 8)
    return (" " * start + GROWING[-1] * whole + GROWING[eighths]).rstrip()


def sparkline(shares: Floats, full: int, width: int, height: int) -> list[str]:
    """A curve over time, drawn with its newest frame at the right.

    Args:
        shares: 0..1, shape (frames,), at least one and at most `full`.
        full: Frames that the whole width is for.
        width: Columns; where many frames share one, the highest counts.
        height: Lines.
    """
    edges = np.linspace(0, full, width + 1).astype(int) - (full - len(shares))
    spans = [slice(max(a, 0), max(b, a + 1)) for a, b in pairwise(edges.tolist())]
    tops = [float(shares[span].max()) for span in spans if span.stop > 0]
    eighths = np.round(np.array(tops) * height * 8)
    rows = [np.clip(eighths - 8 * row, 0, 8).astype(int) for row in reversed(range(height))]
    return ["".join(RISING[level] for level in row).rjust(width) for row in rows]


def _name(name: str) -> Text:
    return Text(f"{name[: NAME - 1]:<{NAME}}", "default")


def _shared(faces: list[Face], width: int, height: int) -> list[Text]:
    """All `faces` on `height` lines, alike; those that found no room are counted."""
    room = max(1, height // max(1, len(faces)))
    shown = faces if len(faces) <= height else faces[: height - 1]
    lines = [line for face in shown for line in face.lines(width, room)]
    return lines if len(shown) == len(faces) else [*lines, Text(f"and {len(faces) - len(shown)} more", "dim")]
