"""Faces with closed lips or lids, drawn at random: what speech does, and what acting adds to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.values import CHANNEL_INDEX, CHANNELS, Motion

ACTED: Final[Mapping[str, float]] = {
    "jawOpen": 0.3,
    "jawForward": 0.2,
    "mouthFunnel": 0.3,
    "mouthPucker": 0.5,
    "mouthLeft": 0.1,
    "mouthRight": 0.1,
    "mouthSmile": 0.7,
    "mouthFrown": 0.5,
    "mouthStretch": 0.3,
    "mouthDimple": 0.4,
    "mouthRollLower": 0.4,
    "mouthRollUpper": 0.3,
    "mouthShrugLower": 0.4,
    "mouthShrugUpper": 0.3,
    "mouthPress": 0.6,
    "mouthLowerDown": 0.3,
    "mouthUpperUp": 0.3,
    "cheekPuff": 0.3,
    "noseSneer": 0.4,
    "cheekSquint": 0.5,
}
"""How far channels go when an actor smiles, sulks or sneers on closed lips; small values are frequent."""

BLINKED: Final[Mapping[str, float]] = {
    "eyeSquint": 0.6,
    "eyeWide": 0.5,
    "cheekSquint": 0.6,
    "browDown": 0.6,
    "browOuterUp": 0.5,
    "browInnerUp": 0.5,
    "mouthSmile": 0.7,
    "noseSneer": 0.4,
}
"""The same while an eye is shut; the eyes themselves turn by half a radian."""

BLINK_ROWS: Final = 25
"""Motion rows from one blink to the next where blinks are measured."""

MILD: Final = 0.4
"""What a speaker's eyes do between blinks, as a share of what an actor's do: glances of .2 rad, a narrowed
lid."""

SHARE_HALF: Final = 0.3
"""Of the faces with closed lips, those that are only on their way: there lips cross as well."""

SHARE_SPOKEN: Final = 0.6
"""Of the faces with closed lips, those of speech."""


@cache
def _closures() -> NDArray[np.float32]:
    """Faces at moments at which lips closed in real speech, shape (faces, channels)."""
    table = json.loads(files("mien.fitting").joinpath("closures.json").read_text(encoding="utf-8"))
    faces = np.zeros((len(table["closures"]), len(CHANNELS)), np.float32)
    faces[:, [CHANNEL_INDEX[name] for name in table["channels"]]] = table["closures"]
    faces[:, CHANNEL_INDEX["lipClosure"]] = 1
    return faces


def spoken_lips(count: int, chance: np.random.Generator) -> NDArray[np.float32]:
    """Faces whose lips are to touch as in plain speech, shape (count, channels)."""
    faces = _closures()
    return faces[chance.integers(len(faces), size=count)]


def closed_lips(count: int, chance: np.random.Generator) -> NDArray[np.float32]:
    """Faces whose lips are to touch, shape (count, channels)."""
    faces = np.zeros((count, len(CHANNELS)), np.float32)
    spoken = round(count * SHARE_SPOKEN)
    faces[:spoken] = spoken_lips(spoken, chance) * chance.uniform(0.5, 1.5, (spoken, len(CHANNELS)))
    for stem, most in ACTED.items():
        _put(faces[spoken:], stem, most * chance.beta(0.7, 1.8, count - spoken), chance)
    half = chance.random(count) < SHARE_HALF
    faces[:, CHANNEL_INDEX["lipClosure"]] = np.where(half, chance.uniform(0.2, 0.9, count), 1)
    return np.clip(faces, 0, 1)


def closed_lids(side: str, count: int, chance: np.random.Generator) -> NDArray[np.float32]:
    """Faces whose eye on `side` is to be shut, shape (count, channels)."""
    faces = np.zeros((count, len(CHANNELS)), np.float32)
    for stem, most in BLINKED.items():
        _put(faces, stem, most * chance.beta(0.7, 1.8, count), chance)
    for angle in ("eyeYaw", "eyePitch"):
        faces[:, CHANNEL_INDEX[angle + side]] = chance.uniform(-0.5, 0.5, count)
    faces[:, CHANNEL_INDEX["eyeBlink" + side]] = 1
    return faces


def mild_lids(side: str, count: int, chance: np.random.Generator) -> NDArray[np.float32]:
    """Faces whose eye on `side` is to be shut as in plain speech, shape (count, channels)."""
    faces = np.float32(MILD) * closed_lids(side, count, chance)
    faces[:, CHANNEL_INDEX["eyeBlink" + side]] = 1
    return faces


def blinking(blink: str, heard: Motion) -> Motion:
    """`heard` with the channel `blink` going to 1 and back every half second, while the eye looks about.

    Args:
        blink: `eyeBlinkLeft`, say.
        heard: Speech; what it does with the mouth stays.
    """
    rows = np.arange(len(heard.values))
    side = blink.removeprefix("eyeBlink")
    values = np.array(heard.values)
    faces = mild_lids(side, len(rows) // BLINK_ROWS + 1, np.random.default_rng(1))
    acted = [CHANNEL_INDEX[name] for name in _names(BLINKED, side)]
    values[:, acted] = np.maximum(values[:, acted], faces[rows // BLINK_ROWS][:, acted])
    values[:, CHANNEL_INDEX["eyePitch" + side]] = faces[rows // BLINK_ROWS, CHANNEL_INDEX["eyePitch" + side]]
    values[:, CHANNEL_INDEX[blink]] = np.clip(1.2 * np.sin(np.pi * (rows % BLINK_ROWS) / BLINK_ROWS), 0, 1)
    return Motion(values, heard.start)


def _names(table: Mapping[str, float], side: str) -> list[str]:
    return [stem if stem in CHANNEL_INDEX else stem + side for stem in table]


def _put(
    faces: NDArray[np.float32], stem: str, values: NDArray[np.float64], chance: np.random.Generator
) -> None:
    """Sets a channel, or a pair whose sides differ a little."""
    if stem in CHANNEL_INDEX:
        faces[:, CHANNEL_INDEX[stem]] = np.clip(values, 0, 1)
        return
    for side in ("Left", "Right"):
        faces[:, CHANNEL_INDEX[stem + side]] = np.clip(values * chance.uniform(0.8, 1.2, len(values)), 0, 1)
