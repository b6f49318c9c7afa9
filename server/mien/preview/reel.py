"""A film before it is a file: its pictures, one by one, and its sound."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mien.preview.labels import Picture


@dataclass(frozen=True, slots=True, eq=False)
class Reel:
    """A film to be written: what is seen, and what is heard with it."""

    pictures: Iterable[Picture]
    """In order, each of `size`; frame k is at k/rate."""

    count: int
    """How many pictures there are."""

    size: tuple[int, int]
    """Width and height, px."""

    rate: Fraction
    """Frames a second, exact."""

    sound: Path | None = None
    """Heard from `start` on, cut or filled with silence to the length of the pictures."""

    start: float = 0.0
    """Seconds of the sound at which the first picture is seen; below 0 the sound begins later."""

    sample: Sequence[Picture] = ()
    """Pictures from all over the film, from which a GIF takes its colours; else the first ones."""

    @property
    def seconds(self) -> Fraction:
        """From the first picture to the end of the last."""
        return self.count / self.rate


@contextmanager
def closed(pictures: Iterable[Picture]) -> Iterator[Iterable[Picture]]:
    """`pictures`, and however the block ends, the processes that make them end with it."""
    try:
        yield pictures
    finally:
        if isinstance(pictures, Generator):
            pictures.close()
