"""The arkit rig, and motion to try rigs on."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from mien.rig import find_rig, load_rig
from mien.values import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS, Motion

ARKIT = load_rig(find_rig("arkit"))
ANGLES = np.array([channel.unit == "rad" for channel in CHANNELS])


def motion(rows: int = 1, **channels: float) -> Motion:
    """`rows` equal rows with `channels` set and all else 0."""
    values = np.zeros((rows, len(CHANNELS)), np.float32)
    for name, value in channels.items():
        values[:, CHANNEL_INDEX[name]] = value
    return Motion(values)


def random_rows(seed: int, rows: int = 40) -> np.ndarray:
    """Rows all over the channels' ranges, now and then beyond them; in some most channels are 0."""
    random = np.random.default_rng(seed)
    values = random.uniform(-0.5, 1.5, (rows, len(CHANNELS))).astype(np.float32)
    values[:, ANGLES] *= 2
    values[random.random(values.shape) < random.random((rows, 1))] = 0
    return values


any_rows = st.integers(0, 2**32).map(random_rows)


def other_side(name: str) -> str:
    """`mouthLeft` of `mouthRight` and the other way round."""
    swap = {"Left": "Right", "Right": "Left"}
    for side, other in swap.items():
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


def mirrored(rows: np.ndarray) -> np.ndarray:
    """The motion of the face in a mirror."""
    swapped = rows[:, [CHANNEL_INDEX[other_side(name)] for name in CHANNEL_NAMES]]
    turns = ["headYaw", "headRoll", "eyeYawLeft", "eyeYawRight"]
    swapped[:, [CHANNEL_INDEX[name] for name in turns]] *= -1
    return swapped
