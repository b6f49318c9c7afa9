"""Sizes of the network: what training, export and the card agree on."""

from __future__ import annotations

from dataclasses import dataclass

QUIET_FROM, QUIET_AT = 0.3, 0.8
"""Between these posteriors of silence the mouth comes to rest: a pause is then exactly still. A later start
lets the mouth fidget in breaths (measured: pause motion .16 of speech motion without, .10 with); an earlier
one swallows quiet sounds."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the network of `mien-live`."""

    width: int = 192
    taps: int = 5
    """Of each block's convolution."""

    dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2)
    """One block each."""

    delay: int = 3
    """Rows between what it hears and what it draws: 60 ms."""

    smooth: tuple[float, ...] = (0.25, 0.5, 0.25)
    """Fixed last step over time: lips are flesh. Its delay is part of `delay`; training sees through it."""

    @property
    def reach(self) -> int:
        """Earlier rows that one row depends on: blocks, smoothing, and the row before that windows see."""
        return (self.taps - 1) * sum(self.dilations) + (len(self.smooth) - 1) + 1
