"""Pictures of a bake and of its score, as PNG.

Drawn with matplotlib's figure objects alone, never pyplot: no window, no state of the process, any thread.
matplotlib is the extra `plot`; it is imported where something is drawn, after `need_matplotlib`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import MissingExtraError
from mien.files import written_beside
from mien.score import Closures, Truth, closures_shown, is_pause
from mien.values import Audio, Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
Colour = str | tuple[float, float, float]

INK, FAINT, GRID, PAPER = "#1f2933", "#8492a2", "#e6eaef", "#ffffff"
SOUND = "#46566a"
HIT, MISSED, FALSE = "#2f9e5b", "#d64545", "#e08a00"

DOTS_PER_INCH = 160
BAKE_WIDTH = 11.0
"""Inches. At `DOTS_PER_INCH` that is sharp at the width of a README, twice over."""

INCHES_PER_SECOND, NARROWEST, WIDEST = 2.6, 9.0, 60.0
"""Of a score's picture: room for a label on each phone, within what viewers open."""

LETTER = 0.08
"""Inches a letter of a phone's label takes; a label wider than its phone is left away."""

BINS = 1400
"""Columns of a waveform."""

LINES = 3
"""Curves in one row, the ones that move most; more cannot be told apart."""

VISIBLE = 0.02
"""Range below which a curve draws as a flat line and stays away."""

LEAST_TOP = 0.1
"""Height of a row whose curves are all smaller: noise should look like noise."""

TITLE_POINTS = 10.0
"""From one name at the left of a panel to the next."""

HEADING_LETTER = 0.115
"""Inches a letter of the heading takes."""

HEADING_ROOM = 3.8
"""Inches of the heading's line that its note takes."""

ROOM_ABOVE = 1.12
"""Height of a row as a multiple of its largest value."""


class Row(NamedTuple):
    """A row of a bake's picture: curves that work together."""

    title: str
    """What an animator would call it."""

    colour: str
    """Of the curve that moves most; the others have paler ones."""

    names: tuple[str, ...]
    """How its curves' names begin, without regard to case."""


ROWS: Final = (
    Row("Jaw and lips", "#e8590c", ("jaw", "mouthLowerDown", "mouthUpperUp")),
    Row("Lips closed", "#c2255c", ("mouthClose", "lipClosure", "mouthPress", "mouthRoll")),
    Row("Rounded", "#7048e8", ("mouthFunnel", "mouthPucker")),
    Row("Spread", "#0b8a8f", ("mouthSmile", "mouthStretch", "mouthDimple")),
    Row("Tongue", "#a8452f", ("tongue",)),
    Row("Eyes and brows", "#1971c2", ("eye", "brow")),
    Row("Head", "#5c6773", ("head",)),
)
"""Top to bottom; a row in which nothing moves is left away."""

REST = Row("Curves", "#2b6cb0", ("",))
"""For rigs that use none of these names."""

STYLES: Final = ((0.0, 1.6, "-"), (0.35, 1.2, "-"), (0.35, 1.2, (0, (3, 1.5))))
"""Share of white in the row's colour, width and dashes of a row's first, second and third curve."""


class Line(NamedTuple):
    """One or two curves of a row: a left and a right one are drawn as their mean."""

    name: str
    """The curve's; without its side if there are two."""

    values: Floats
    """One per frame."""

    @property
    def range(self) -> float:
        """From the lowest value to the highest."""
        return float(np.ptp(self.values))


class Waveform(NamedTuple):
    """A sound as it is drawn: the lowest and the highest sample of at most `BINS` stretches."""

    starts: Floats
    """Seconds at which the stretches begin."""

    low: Floats
    high: Floats

    duration: float
    """Seconds."""


def waveform(blocks: Iterable[NDArray[np.float32]], samples: int, rate: int) -> Waveform:
    """The picture of a sound that comes in blocks, so that hours of it are never held at once.

    Args:
        blocks: Mono, together `samples` samples at `rate` Hz; none of them empty.
    """
    edges = np.unique(np.linspace(0, samples, BINS + 1).astype(np.int64))[:-1]
    low, high = np.full(len(edges), np.inf), np.full(len(edges), -np.inf)
    done = 0
    for block in blocks:
        first, after = np.searchsorted(edges, [done, done + len(block) - 1], side="right") - [1, 0]
        cuts = np.maximum(edges[first:after] - done, 0)
        low[first:after] = np.minimum(low[first:after], np.minimum.reduceat(block, cuts))
        high[first:after] = np.maximum(high[first:after], np.maximum.reduceat(block, cuts))
        done += len(block)
    return Waveform(edges / rate, low, high, samples / rate)


def need_matplotlib() -> None:
    """Refuse a picture now, before the work that comes ahead of it.

    Raises:
        MissingExtraError: matplotlib, or something it needs, is not installed.
    """
    try:
        import_module("matplotlib")
    except ModuleNotFoundError as problem:
        raise MissingExtraError(
            f"Pictures need {problem.name}, which is not installed: pip install 'mien[plot]'"
        ) from None


def plot_bake(sound: Audio | Waveform, curves: Curves, path: str | os.PathLike[str], title: str = "") -> None:
    """A picture of `curves` under the waveform they were made of: the ones that move most, in rows.

    Raises:
        FileError: The picture cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    rows = _rows_of(curves)
    heights = [0.9, *[1.0] * len(rows)]
    heard = _heard(sound)
    figure, (top, *axes) = _figure(BAKE_WIDTH, 1.0 + 0.78 * sum(heights), heights)
    _draw_sound(top, heard)
    for axis, (row, lines) in zip(axes, rows, strict=True):
        _draw_row(axis, curves, row, lines)
    _finish(figure, [top, *axes], title, _summary(heard, curves))
    _write(figure, Path(path))


def plot_score(
    sound: Audio | Waveform,
    curves: Curves,
    truth: Truth,
    path: str | os.PathLike[str],
    theta: float | None = None,
) -> None:
    """A picture of where the lips of `curves` close and where the phones of `truth` ask for it.

    Args:
        theta: Aperture at which lips count as closed; the one with the best F1 if not given.
    Raises:
        FileError: The picture cannot be written.
        RigError: None of the curves is one of ARKit's mouth.
        MissingExtraError: matplotlib is not installed.
    """
    shown = closures_shown(truth, curves, theta)
    heard = _heard(sound)
    width = float(np.clip(INCHES_PER_SECOND * heard.duration, NARROWEST, WIDEST))
    figure, axes = _figure(width, 4.6, [1.0, 0.34, 2.4])
    top, labels, aperture = axes
    _draw_sound(top, heard)
    _draw_phones(labels, truth, width / heard.duration)
    _draw_closures(aperture, shown)
    _finish(figure, axes, truth.name, _verdict(shown))
    _write(figure, Path(path))


# What is drawn


def _rows_of(curves: Curves) -> list[tuple[Row, list[Line]]]:
    """Rows in which something moves, each with the lines that move most; `REST` if there is none."""
    lines = [line for line in _lines(curves) if line.range >= VISIBLE]
    lines.sort(key=lambda line: -line.range)
    rows = [(row, [line for line in lines if _belongs(line.name, row)][:LINES]) for row in ROWS]
    return [(row, found) for row, found in rows if found] or [(REST, lines[:LINES])]


def _belongs(name: str, row: Row) -> bool:
    return name.lower().startswith(tuple(prefix.lower() for prefix in row.names))


def _lines(curves: Curves) -> list[Line]:
    """Every curve once, in the rig's order, sides that come in pairs as their mean."""
    sides: dict[str, list[str]] = {}
    for name in curves.names:
        sides.setdefault(name.removesuffix("Left").removesuffix("Right"), []).append(name)
    return [Line(stem if len(names) > 1 else names[0], _mean(curves, names)) for stem, names in sides.items()]


def _mean(curves: Curves, names: Sequence[str]) -> Floats:
    mean: Floats = np.stack([curves.column(name) for name in names]).mean(axis=0, dtype=np.float64)
    return mean


def _heard(sound: Audio | Waveform) -> Waveform:
    if isinstance(sound, Waveform):
        return sound
    return waveform([sound.samples] if len(sound.samples) else [], len(sound.samples), sound.rate)


def _summary(sound: Waveform, curves: Curves) -> str:
    return f"{sound.duration:.1f} s   ·   {float(curves.rate):.5g} fps   ·   {len(curves.names)} curves"


def _verdict(shown: Closures) -> str:
    asked = len(shown.hits) + len(shown.missed)
    return f"{len(shown.hits)} of {asked} closures seen, {len(shown.false)} where nobody asked"


# How it is drawn


def _figure(width: float, height: float, heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """Panels one above the other on one time axis."""
    need_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, facecolor=PAPER)
    axes = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    left, right = 1.72 / width, 1 - 0.3 / width
    figure.subplots_adjust(left, 0.42 / height, right, 1 - 0.62 / height, hspace=0.16)
    return figure, list(axes[:, 0])


def _draw_sound(axis: Axes, sound: Waveform) -> None:
    _draw_names(axis, "Sound", SOUND)
    if not len(sound.starts):
        return
    loudest = max(float(np.abs([sound.low, sound.high]).max()), 1e-3)
    axis.fill_between(sound.starts, sound.low / loudest, sound.high / loudest, color=SOUND, linewidth=0.4)
    axis.set_ylim(-1.1, 1.1)
    axis.set_xlim(0, sound.duration)


def _draw_row(axis: Axes, curves: Curves, row: Row, lines: Sequence[Line]) -> None:
    """The curve that moves most as a filled area, the others as lines over it, named at the left."""
    times = curves.times
    colours = [_paler(row.colour, white) for white, _, _ in STYLES]
    _draw_names(
        axis, row.title, row.colour, [(line.name, c) for line, c in zip(lines, colours, strict=False)]
    )
    for line, colour, (_, width, dashes) in zip(lines, colours, STYLES, strict=False):
        axis.plot(times, line.values, color=colour, linewidth=width, linestyle=dashes)
    if lines:
        axis.fill_between(times, 0, lines[0].values, color=row.colour, alpha=0.15, linewidth=0)
        axis.set_xlim(right=max(axis.get_xlim()[1], float(times[-1])))
    top = max((float(line.values.max()) for line in lines), default=1.0)
    bottom = min((float(line.values.min()) for line in lines), default=0.0)
    axis.set_ylim(min(0.0, bottom * ROOM_ABOVE), max(top, LEAST_TOP) * ROOM_ABOVE)


def _paler(colour: str, white: float) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    red, green, blue = (part + (1 - part) * white for part in to_rgb(colour))
    return red, green, blue


def _draw_names(axis: Axes, title: str, colour: str, names: Sequence[tuple[str, Colour]] = ()) -> None:
    """At the left of a panel, around its middle: a title and what is in it."""
    top = 0.5 * TITLE_POINTS * len(names)
    _name(axis, top, title, colour, 10.5, "bold")
    for index, (name, paint) in enumerate(names):
        _name(axis, top - 1.25 * TITLE_POINTS - TITLE_POINTS * index, name, paint, 7.5, "normal")


def _name(axis: Axes, points: float, text: str, colour: Colour, size: float, weight: str) -> None:
    axis.annotate(
        text, (0, 0.5), (-12, points), "axes fraction", "offset points",
        ha="right", va="center", color=colour, fontsize=size, fontweight=weight, annotation_clip=False,
        parse_math=False,
    )  # fmt: skip


def _draw_phones(axis: Axes, truth: Truth, inches_per_second: float) -> None:
    """Each phone's label in its time, where it fits; those that ask for a closure stand out."""
    closures = [(span.start, span.end) for span in truth.closures]
    for phone in truth.phones:
        if is_pause(phone.label):
            continue
        middle, seconds = (phone.start + phone.end) / 2, phone.end - phone.start
        closes = any(start <= middle <= end for start, end in closures)
        axis.axvspan(phone.start, phone.end, color="#dbe4ee" if closes else "#f3f5f8", linewidth=0)
        axis.axvline(phone.start, color=PAPER, linewidth=1)
        label = phone.label.rstrip("0123456789")
        if len(label) * LETTER <= seconds * inches_per_second:
            axis.text(
                middle, 0.5, label, ha="center", va="center", clip_on=True, color=INK,
                fontsize=7.5, fontweight="bold" if closes else "normal", parse_math=False,
            )  # fmt: skip
    axis.set_ylim(0, 1)


def _draw_closures(axis: Axes, shown: Closures) -> None:
    """The aperture with its threshold over the closures asked for, and marks where none was."""
    for spans, colour in ((shown.hits, HIT), (shown.missed, MISSED)):
        for span in spans:
            axis.axvspan(span.start, span.end, color=colour, alpha=0.22, linewidth=0)
    axis.plot(shown.times, shown.aperture, color=INK, linewidth=1.5)
    axis.axhline(shown.theta, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    below = shown.aperture <= shown.theta
    axis.fill_between(shown.times, shown.theta, shown.aperture, where=below.tolist(), color=INK, alpha=0.25)
    middles = [(start + end) / 2 for start, end in shown.false]
    axis.plot(middles, [shown.theta] * len(middles), "v", color=FALSE, markersize=8, zorder=5)
    closed = f"closed: at most {shown.theta:.3f}"
    legend = (("closure seen", HIT), ("closure missed", MISSED), ("▼ nobody asked", FALSE), (closed, FAINT))
    _draw_names(axis, "Aperture", INK, legend)


def _finish(figure: Figure, axes: Sequence[Axes], title: str, note: str) -> None:
    """Quiet axes, a time scale below the last one, and the title line."""
    for axis in axes:
        axis.set_facecolor(PAPER)
        axis.tick_params(length=0, labelleft=False, labelbottom=axis is axes[-1], colors=FAINT, labelsize=8.5)
        axis.grid(axis="x", color=GRID, linewidth=0.8)
        axis.set_yticks([])
        axis.set_axisbelow(True)
        for side, spine in axis.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(GRID)
    axes[-1].xaxis.set_major_formatter("{x:g} s")
    _draw_heading(figure, axes[0], title, note)


def _draw_heading(figure: Figure, axis: Axes, title: str, note: str) -> None:
    box = axis.get_position()
    height = 1 - 0.34 / figure.get_figheight()
    left = 0.3 / figure.get_figwidth()
    room = int((figure.get_figwidth() - HEADING_ROOM) / HEADING_LETTER)
    title = title if len(title) <= room else title[: room - 1] + "…"
    figure.text(
        left,
        height,
        title,
        ha="left",
        va="center",
        color=INK,
        fontsize=14,
        fontweight="bold",
        parse_math=False,
    )
    figure.text(box.x1, height, note, ha="right", va="center", color=FAINT, fontsize=9)


def _write(figure: Figure, path: Path) -> None:
    with written_beside(path) as beside:
        figure.savefig(beside, format="png")
