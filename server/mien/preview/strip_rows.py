"""Which curves a strip shows: those that move most, together with those they work with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.values import Curves

Floats = NDArray[np.float64]

LINES: Final = 3
"""Curves in one row, those that move most; more cannot be told apart."""

VISIBLE: Final = 0.02
"""Range below which a curve is a flat line, and stays away."""


class Row(NamedTuple):
    """Curves that work together."""

    title: str
    """What an animator would call it."""

    colour: str
    """Of the curve that moves most; the others have paler ones."""

    names: tuple[str, ...]
    """How its curves' names begin."""


ROWS: Final = (
    Row("Jaw", "#e8590c", ("jaw",)),
    Row("Lips", "#c2255c", ("mouth",)),
    Row("Tongue", "#a8452f", ("tongue",)),
    Row("Eyes", "#1971c2", ("eye",)),
    Row("Brows", "#7048e8", ("brow",)),
    Row("Head", "#5c6773", ("head",)),
)
"""Top to bottom; a row in which nothing moves is left away."""


class Drawn(NamedTuple):
    """A curve of a row; a left and a right one are drawn as their mean."""

    name: str
    """Without its side if there are two."""

    values: Floats
    """One per frame."""


def rows_of(curves: Curves) -> list[tuple[Row, list[Drawn]]]:
    """Rows in which something moves, each with the curves that move most."""
    drawn = [curve for curve in _pairs(curves) if np.ptp(curve.values) >= VISIBLE]
    drawn.sort(key=lambda curve: -float(np.ptp(curve.values)))
    rows = [(row, [curve for curve in drawn if curve.name.startswith(row.names)][:LINES]) for row in ROWS]
    return [(row, found) for row, found in rows if found]


def _pairs(curves: Curves) -> list[Drawn]:
    """Every curve once, sides that come in pairs as their mean."""
    sides: dict[str, list[int]] = {}
    for column, name in enumerate(curves.names):
        sides.setdefault(name.removesuffix("Left").removesuffix("Right"), []).append(column)
    return [
        Drawn(stem if len(columns) > 1 else curves.names[columns[0]], _mean(curves, columns))
        for stem, columns in sides.items()
    ]


def _mean(curves: Curves, columns: Sequence[int]) -> Floats:
    mean: Floats = curves.values[:, list(columns)].mean(axis=1, dtype=np.float64)
    return mean if len(mean) else np.zeros(1)
