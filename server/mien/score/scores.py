"""Scores of a system and how they are shown: the columns, what they mean, and tables of several systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Final

COLUMNS: Final[Mapping[str, str]] = {
    "n": "utterances",
    "min": "minutes of audio",
    "closF1": "lips closed for p b m and only there: F1 at the system's own best threshold",
    "theta": "that threshold: lips are closed where the aperture is at most this",
    "closP": "share of closures shown that were said",
    "closR": "share of closures said that were shown",
    "lo": "closF1, lower end of 95 % over utterances",
    "hi": "closF1, upper end of 95 % over utterances",
    "F1@.02": "closF1 at the fixed aperture .02: lips closed as rendered",
    "F1null": "closF1 with another utterance's curves: chance",
    "closAUC": "how surely the aperture tells p b m from other speech",
    "fvAUC": "how surely lip under teeth tells f v from other speech",
    "fvF1": "lip under teeth for f v and only there: F1 at the best threshold",
    "rho": "rank correlation of aperture and openness, tick by tick",
    "rhoSeg": "rank correlation of aperture and openness, phone by phone",
    "roundAUC": "how surely rounding tells rounded phones from other voiced ones",
    "sprAUC": "how surely spreading tells spread phones from open and rounded ones",
    "lag": "ms by which the mouth trails the sound; negative: it leads",
    "rpeak": "correlation of aperture and openness at that lag",
    "closMAE": "ms by which closures miss their time, mean",
    "closBias": "ms by which closures are late, median",
    "closCov": "share of p b m with a dip of the aperture one can see",
    "silMot": "speed of the mouth in pauses, as a share of that in speech",
    "silOpen": "aperture in pauses, as a share of a wide one in speech",
    "jerk": "how jagged the aperture is at 30 frames a second",
    "pBil": "how surely all mouth curves together tell p b m, whatever they mean",
    "pFV": "the same for f v",
    "pRnd": "the same for rounded phones",
}
"""What is scored, in the order of a table, and what it means in one line."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores(Mapping[str, float]):
    """What one system scored, by the names in `COLUMNS`; `nan` where the utterances do not ask."""

    values_by_column: Mapping[str, float]
    """All of `COLUMNS`."""

    def __getitem__(self, column: str) -> float:
        return self.values_by_column[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_column)

    def __len__(self) -> int:
        return len(self.values_by_column)


def table(systems: Mapping[str, Scores], aligned: bool = True) -> str:
    """One line of names, then one line per system.

    Args:
        aligned: Columns padded with spaces for eyes, else separated by tabs for programs.
    """
    rows = [["system", *COLUMNS]]
    rows += [[name, *(_shown(scores[column]) for column in COLUMNS)] for name, scores in systems.items()]
    if not aligned:
        return "\n".join("\t".join(row) for row in rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_padded(row, widths) for row in rows)


def _padded(row: list[str], widths: list[int]) -> str:
    name, *cells = row
    return "  ".join([name.ljust(widths[0]), *map(str.rjust, cells, widths[1:])])


def _shown(value: float) -> str:
    """Whole numbers where digits after the point are noise, three digits elsewhere, `-` for nothing."""
    if isnan(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 20 or isinstance(value, int) else f"{value:.3f}"
