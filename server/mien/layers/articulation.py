"""How far speech moves the mouth: mumbling below 1, over-pronouncing above."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.values import CHANNELS

Floats = NDArray[np.float32]

SCALED = np.array(
    [
        channel.unit == "weight" and channel.group in {"jaw", "mouth", "cheek", "tongue"}
        for channel in CHANNELS
    ]
)
"""Channels that speech moves, without `lipClosure`: who mumbles closes the lips all the same."""


def articulation(speech: Floats, strength: Floats) -> Floats:
    """What is to be added to `speech`, shape (rows, channels), for `strength`, shape (rows,), of 0..2."""
    return np.asarray(speech * SCALED * (strength - np.float32(1))[:, None], np.float32)
