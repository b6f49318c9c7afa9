"""Motion that a mouth would make for known phones: what the models learn to draw from sound alone.

The idea: every sound asks for a pose, some more strongly than others (`dominance`), and asks early and late
as well as in its own time. A channel is the average of what is asked, weighted by dominance, each request
smeared in time by a bell. A sound with no opinion on the lips (t, k, h) therefore takes the lips of its
neighbours, which is coarticulation. Rounding is smeared further ahead than behind: lips round before the
vowel is heard. Touching lips and lip to teeth are not averages but duties, laid over the rest at the end.

Source:
    Dominance blending after Cohen & Massaro, "Modeling coarticulation in synthetic visual speech", 1993.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.clock import MOTION_RATE
from mien.train.phones import POSES, SYMBOLS
from mien.values import CHANNELS, Phone

FINE = 4
"""Steps of the drawing grid in one motion row: 5 ms, finer than any label."""

RATE = MOTION_RATE * FINE

LABIAL, DENTAL = ("p", "b", "m"), ("f", "v")


@dataclass(frozen=True)
class Timing:
    """When a sound asks: how far its request reaches ahead of it and behind it, in seconds.

    These are standard deviations of the bell by which a request is smeared.
    """

    jaw: tuple[float, float] = (0.034, 0.034)
    lips: tuple[float, float] = (0.034, 0.030)
    rounding: tuple[float, float] = (0.070, 0.040)
    tongue: tuple[float, float] = (0.026, 0.024)
    lead: float = 0.008
    """The whole face runs so much ahead of the labels: seen before heard never disturbs, the reverse does."""

    edge: float = 0.016
    """Softness of touching lips. Sharper looks like a click, softer lets short closures leak."""

    least: float = 0.064
    """Shortest closure: at 30 frames a second less than two frames cannot be seen."""


def moving_channels() -> tuple[str, ...]:
    """Channels that speech moves, in the order of motion schema 1."""
    stems = {stem for pose in POSES.values() for stem in pose.targets}
    return tuple(
        c.name
        for c in CHANNELS
        if c.name in stems or c.name.removesuffix("Left").removesuffix("Right") in stems
    )


def _group(channel: str) -> int:
    if channel.startswith("jaw"):
        return 0
    if channel in ("mouthFunnel", "mouthPucker"):
        return 2
    return 3 if channel.startswith("tongue") else 1


MOVING = moving_channels()
GROUPS = np.array([_group(channel) for channel in MOVING])


def _table() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Targets (symbols, moving channels) and dominance (symbols, 4)."""
    targets = np.zeros((len(SYMBOLS), len(MOVING)), "f4")
    for row, symbol in enumerate(SYMBOLS):
        for stem, value in POSES[symbol].targets.items():
            for column, channel in enumerate(MOVING):
                if channel == stem or channel in (stem + "Left", stem + "Right"):
                    targets[row, column] = value
    return targets, np.array([POSES[s].dominance for s in SYMBOLS], "f4")


TARGETS, DOMINANCE = _table()
CLOSURE = MOVING.index("lipClosure")


def _bell(before: float, after: float) -> NDArray[np.float64]:
    """A bell that reaches `before` seconds ahead of its sound and `after` seconds behind it, sum 1."""
    reach = int(np.ceil(3 * max(before, after) * RATE))
    lag = np.arange(-reach, reach + 1) / RATE
    width = np.where(lag < 0, before, after)
    bell: NDArray[np.float64] = np.exp(-0.5 * (lag / width) ** 2)
    return bell / bell.sum()


def _smear(columns: NDArray[np.float32], bell: NDArray[np.float64]) -> NDArray[np.float32]:
    reach = len(bell) // 2
    padded = np.pad(columns, ((reach, reach), (0, 0)), mode="edge")
    size = len(padded) + len(bell) - 1
    spectrum = np.fft.rfft(padded, size, axis=0) * np.fft.rfft(bell, size)[:, None]
    smeared = np.fft.irfft(spectrum, size, axis=0)[2 * reach : 2 * reach + len(columns)]
    return smeared.astype("f4")


def _steps(sounds: list[Phone], steps: int) -> NDArray[np.int64]:
    """Index into `SYMBOLS` for every step of the drawing grid; -1 where nobody knows."""
    index = np.zeros(steps, np.int64)
    for sound in sounds:
        a, b = round(sound.start * RATE), round(sound.end * RATE)
        index[a:b] = SYMBOLS.index(sound.label) if sound.label in POSES else -1
    return index


def _duty(sounds: list[Phone], labels: tuple[str, ...], steps: int, timing: Timing) -> NDArray[np.float32]:
    """How much the duty of `labels` holds at each step, 0..1; neighbours that touch are one duty."""
    spans: list[list[float]] = []
    for sound in sounds:
        if sound.label in labels:
            if spans and sound.start - spans[-1][1] < 0.002:
                spans[-1][1] = sound.end
            else:
                spans.append([sound.start, sound.end])
    t = np.arange(steps) / RATE
    duty = np.zeros(steps)
    for start, end in spans:
        middle, half = (start + end) / 2, max(end - start, timing.least) / 2
        inside = 1 / (1 + np.exp(-np.clip((half - np.abs(t - middle)) / timing.edge * 4, -40, 40)))
        duty = np.maximum(duty, inside)
    return duty.astype("f4")


def draw(sounds: list[Phone], rows: int, timing: Timing = Timing()) -> NDArray[np.float32]:
    """Motion of the `MOVING` channels for `sounds`: shape (rows, len(MOVING)), 50 rows a second, 0..1."""
    shifted = [Phone(s.start - timing.lead, s.end - timing.lead, s.label) for s in sounds]
    steps = rows * FINE
    index = _steps([Phone(max(0, s.start), max(0, s.end), s.label) for s in shifted], steps)
    known = (index >= 0)[:, None]
    out = np.zeros((steps, len(MOVING)), "f4")
    for group, (before, after) in enumerate((timing.jaw, timing.lips, timing.rounding, timing.tongue)):
        columns = np.flatnonzero(group == GROUPS)
        weight = DOMINANCE[index, group][:, None] * known + 1e-4
        asked = _smear(np.hstack([TARGETS[index][:, columns] * weight, weight]), _bell(before, after))
        out[:, columns] = asked[:, :-1] / np.maximum(asked[:, -1:], 1e-6)
    return _with_duties(out, shifted, timing)[::FINE]


def _with_duties(out: NDArray[np.float32], sounds: list[Phone], timing: Timing) -> NDArray[np.float32]:
    lips = (GROUPS == 1) | np.array([c == "jawOpen" for c in MOVING])
    out[:, CLOSURE] = 0
    for labels in (DENTAL, LABIAL):
        duty = _duty(sounds, labels, len(out), timing)[:, None]
        pose = TARGETS[SYMBOLS.index(labels[0])]
        out[:, lips] = out[:, lips] * (1 - duty) + pose[lips] * duty
    return np.clip(out, 0, 1)


def phone_rows(sounds: list[Phone], rows: int) -> NDArray[np.int16]:
    """Index into `SYMBOLS` at the middle of each motion row's 20 ms; -1 where nobody knows."""
    return _steps(sounds, rows * FINE)[FINE // 2 :: FINE].astype(np.int16)
