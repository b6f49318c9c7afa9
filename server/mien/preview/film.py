"""Moving pictures: MP4 with sound, animated WebP, GIF.

Pictures are made, written and forgotten one by one, so a film of an hour takes no more memory than one of a
second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from mien.errors import OptionError
from mien.files import written_beside
from mien.preview.labels import Picture
from mien.preview.mp4 import ffmpeg, write_mp4
from mien.preview.pillow import Image
from mien.preview.reel import Reel, closed

LONGEST_PICTURE: Final = 60
"""Seconds of an animated picture. A GIF is held in memory while it is written, .7 GB for this at 640
px; and what is longer wants sound, and a bar to move in."""

FASTEST_GIF: Final = 50
"""Frames a second: a GIF counts hundredths of a second, and players slow down what is shown for only one."""


def write_film(reel: Reel, path: Path) -> None:
    """Write `reel` in the format that the suffix of `path` names, whole or not at all.

    Raises:
        FileError: `path` cannot be written, or ffmpeg failed.
        OptionError: A size or a length that the format cannot have.
        MissingExtraError: imageio-ffmpeg is not installed, or has no ffmpeg for this machine.
    """
    check_film(reel.size, reel.seconds, path)
    write = FILMS[path.suffix.lower()]
    with closed(reel.pictures):
        write(reel, path)


def every_nth(rate: Fraction, path: Path) -> int:
    """Which of the frames the format of `path` can show: 1 is all of them, 2 every second one."""
    return math.ceil(rate / FASTEST_GIF) if path.suffix.lower() == ".gif" else 1


def check_film(size: tuple[int, int], seconds: Fraction, path: Path) -> None:
    """Refuse now what could not be written later.

    Raises:
        OptionError, MissingExtraError: As from `write_film`.
    """
    kind = path.suffix.lower()
    if kind == ".mp4":
        ffmpeg()
        if any(length % 2 for length in size):
            even = "x".join(str(length + length % 2) for length in size)
            raise OptionError(
                f"{path.name}: H.264 wants even sizes, not {size[0]}x{size[1]}; write --size {even}."
            )
    elif seconds > LONGEST_PICTURE:
        raise OptionError(
            f"{path.name}: {float(seconds):.0f} s are too long for an animated picture, which ends at "
            f"{LONGEST_PICTURE} s; write an .mp4, or cut the line."
        )


# Animated pictures


class _Frames:
    """Pictures one after another as what Pillow takes for one image of many frames: made when asked for."""

    def __init__(self, images: Iterator[Image.Image], count: int) -> None:
        self.n_frames = count
        self._images, self._at = images, -1
        self._image: Image.Image | None = None

    def seek(self, frame: int) -> None:
        if frame >= self.n_frames:
            raise EOFError
        while self._at < frame:
            self._image = next(self._images)
            self._at += 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._image, name)


def _save(images: Iterator[Image.Image], lasting: Sequence[int], path: Path, **options: Any) -> None:
    first = next(images)
    rest = [_Frames(images, len(lasting) - 1)] if len(lasting) > 1 else []
    with written_beside(path) as beside:
        first.save(beside, save_all=True, append_images=rest, duration=list(lasting), loop=0, **options)


def _write_webp(reel: Reel, path: Path) -> None:
    images = (Image.fromarray(picture) for picture in islice(reel.pictures, reel.count))
    _save(images, _lasting(reel, 1000), path, format="WEBP", quality=82, method=3)


def _write_gif(reel: Reel, path: Path) -> None:
    """In 255 colours for the whole film, so that nothing flickers."""
    images = map(Image.fromarray, islice(reel.pictures, reel.count))
    first = next(images)
    colours = _colours(reel.sample or [np.asarray(first)])
    indexed = (image.quantize(palette=colours, dither=DITHER) for image in chain([first], images))
    _save(indexed, [10 * length for length in _lasting(reel, 100)], path, format="GIF")


def _lasting(reel: Reel, ticks: int) -> list[int]:
    """How long each frame lasts, in ticks of which a second has `ticks`; they add up to the film's length."""
    ends = [round(ticks * (frame + 1) / reel.rate) for frame in range(reel.count)]
    return [end - start for start, end in pairwise([0, *ends])]


def _colours(sample: Sequence[Picture]) -> Image.Image:
    """A palette for pictures like these; one place is left for what does not change.

    The usual way, median cut, spends its colours on the background, and lips turn brown.
    """
    return Image.fromarray(np.vstack(sample)).quantize(255, Image.Quantize.MAXCOVERAGE, kmeans=3)


DITHER: Final = Image.Dither.FLOYDSTEINBERG

FILMS: Final = {".mp4": write_mp4, ".webp": _write_webp, ".gif": _write_gif}
"""What writes a film, by suffix."""
