"""Mien: speech in, a performance on any face rig out.

import mien
take = mien.bake("line.wav")
curves = take.curves("arkit")            # names, values (frames, names), rate

with mien.open_stream(48_000) as stream:
    frames = stream.push(samples)        # as sound comes
    frames = stream.flush()              # at the end of the line
"""

from mien.errors import (
    AudioError,
    FileError,
    InputError,
    LimitError,
    MienError,
    MissingExtraError,
    ModelError,
    OptionError,
    RigError,
    ServerError,
)
from mien.pipeline import Stream, Take, bake, open_stream, open_take
from mien.values import Control, Curves, Motion

__version__ = "0.1.0"

__all__ = [
    "AudioError",
    "Control",
    "Curves",
    "FileError",
    "InputError",
    "LimitError",
    "MienError",
    "MissingExtraError",
    "ModelError",
    "Motion",
    "OptionError",
    "RigError",
    "ServerError",
    "Stream",
    "Take",
    "bake",
    "open_stream",
    "open_take",
]
