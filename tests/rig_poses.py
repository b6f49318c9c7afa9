"""One pose through a rig: channels in, curves out."""

from __future__ import annotations

import numpy as np

from mien.rig import Rig, drive, find_rig, load_rig
from mien.values import CHANNEL_INDEX, CHANNELS


def pose_of(rig: str | Rig, **channels: float) -> dict[str, float]:
    """Every curve of `rig` when the motion holds `channels` and nothing else."""
    loaded = load_rig(find_rig(rig)) if isinstance(rig, str) else rig
    motion = np.zeros((1, len(CHANNELS)), np.float32)
    for name, value in channels.items():
        motion[0, CHANNEL_INDEX[name]] = value
    return dict(zip(loaded.names, drive(motion, loaded)[0].tolist(), strict=True))


def moved(rig: str | Rig, **channels: float) -> dict[str, float]:
    """The curves that `channels` take away from rest, and where to."""
    rest = pose_of(rig)
    return {
        name: round(value, 6)
        for name, value in pose_of(rig, **channels).items()
        if abs(value - rest[name]) > 1e-6
    }
