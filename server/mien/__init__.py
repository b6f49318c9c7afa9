"""Mien: speech in, a performance on any face rig out.

import mien
take = mien.bake("line.wav")
curves = take.curves("arkit")            # names, values (frames, names), rate

vera = mien.load_character("vera.toml")  # a rig of hers, and how she moves on it
curves = mien.bake("line.wav", character=vera).curves(character=vera)

with mien.open_stream(48_000) as stream:
    frames = stream.push(samples)        # as sound comes
    frames = stream.flush()              # at the end of the line

with mien.Client("localhost") as client: # the same from a server, `mien serve`
    take = client.bake("line.wav")
"""

from typing import TYPE_CHECKING

from mien.character import Character, load_character
from mien.errors import (
    AudioError,
    CharacterError,
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
from mien.version import __version__

if TYPE_CHECKING:
    from mien.rpc.client import AsyncClient, Client, Tls

__all__ = [
    "AsyncClient",
    "AudioError",
    "Character",
    "CharacterError",
    "Client",
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
    "Tls",
    "__version__",
    "bake",
    "load_character",
    "open_stream",
    "open_take",
]


def __getattr__(name: str) -> object:
    """Clients are loaded when they are first named: gRPC takes a while, and many programs need none."""
    if name in ("AsyncClient", "Client", "Tls"):
        from mien.rpc import client

        return getattr(client, name)
    raise AttributeError(f"module 'mien' has no attribute '{name}'")
