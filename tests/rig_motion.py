"""The arkit rig, and motion to try rigs on."""

from __future__ import annotations

import numpy as np

from mien.rig import find_rig, load_rig
from mien.values import CHANNEL_INDEX, CHANNELS, Motion

ARKIT = load_rig(find_rig("arkit"))


def motion(rows: int = 1, **channels: float) -> Motion:
    """`rows` equal rows with `channels` set and all else 0."""
    values = np.zeros((rows, len(CHANNELS)), np.float32)
    for name, value in channels.items():
        values[:, CHANNEL_INDEX[name]] = value
    return Motion(values)
