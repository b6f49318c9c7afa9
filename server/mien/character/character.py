"""A character as the program knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from mien.rig import Rig

MOST_SEED: Final = 2**64 - 1
"""What the wire and takes have room for."""

Mood = str | Mapping[str, float]
"""An emotion by its name, or how much of several."""


@dataclass(frozen=True, slots=True, eq=False)
class Character:
    """Who speaks. Any thread may hold it."""

    name: str
    """The name of its file, without `.toml`."""

    rig: Rig = field(repr=False)
    """With the character's gains, limits and asymmetry: a rig like any other."""

    model: str | Path | None = None
    """A model's name or folder; None: the usual one."""

    seed: int | None = None
    """What random layers draw from, 0..`MOST_SEED`; None: 0."""

    style: Mapping[str, float] = field(default_factory=dict)
    """Strength of layers that shall not act as designed, 0..2."""

    mood: Mood = field(default_factory=dict)
    """Kept with takes; no layer shows it yet."""

    manner: str = ""
    """Kept with takes; no layer shows it yet."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "style", MappingProxyType(dict(self.style)))
        if not isinstance(self.mood, str):
            object.__setattr__(self, "mood", MappingProxyType(dict(self.mood)))

    @property
    def settings(self) -> dict[str, Any]:
        """What a take keeps of it, as JSON values. Style and seed it keeps with what else was asked for."""
        mood = self.mood if isinstance(self.mood, str) else dict(self.mood)
        given = {"character": self.name, "mood": mood, "manner": self.manner}
        return {name: value for name, value in given.items() if value}

    @property
    def says(self) -> tuple[object, ...]:
        """All of it but the rig and what a stream's settings may override, in plain values."""
        mood = self.mood if isinstance(self.mood, str) else sorted(self.mood.items())
        return (self.name, mood, self.manner)
