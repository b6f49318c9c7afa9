"""How far curves of a mesh move it, against how far a face does: gains that bring the one to the other.

Shapes are sculpted to taste: full `jawOpen` may part the lips by 20 mm on one head and by 50 on the next.
Motion is meant in millimetres of a face, so each curve gets the gain that makes its channel go as far as on
the face that Mien is judged on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from mien.fitting.worn import WornRig
from mien.rig import Rig
from mien.values import CHANNELS

LEAST: Final = 0.5
MOST: Final = 2.0
"""Gains stay within: a head that needs more is a cartoon, and its sculptor meant it."""

ALIKE: Final = 0.03
"""A gain that is off 1 by less is left at 1."""

STILL: Final = 0.1
"""A channel that moves the skin by less, mm, is not on this mesh."""

OUTER: Final = ("channel", "base")
"""Sources whose terms a gain is for: the table `linear`. What reads a curve of its own rig goes farther with
it, and poses share what the motion asks for."""


@cache
def reach() -> Mapping[str, float]:
    """How far each channel at 1 moves the skin of a face at most, mm of a face whose eyes are 64 mm apart."""
    table = json.loads(files("mien.fitting").joinpath("reach.json").read_text(encoding="utf-8"))
    return dict(table["farthest_mm"])


def gains(worn: WornRig) -> dict[str, float]:
    """The gain of each curve that has a shape on the mesh and a channel that mainly moves it."""
    rest = worn.curves()
    most = np.zeros(len(rest))
    found: dict[str, float] = {}
    for channel in CHANNELS:
        if channel.unit != "weight" or channel.name not in reach():
            continue
        changed = np.abs(worn.curves(**{channel.name: 1.0}) - rest)
        far = worn.farthest(worn.displaced(**{channel.name: 1.0}))
        gain = float(np.clip(reach()[channel.name] / far, LEAST, MOST)) if far > STILL else 1.0
        gain = gain if abs(gain - 1) > ALIKE else 1.0
        for row in np.flatnonzero(changed > np.maximum(most, 0.01)).tolist():
            most[row], found[worn.rig.names[row]] = changed[row], round(gain, 2)
    return {name: gain for name, gain in found.items() if name in worn.shapes and _outer(worn.rig, name)}


def _outer(rig: Rig, curve: str) -> bool:
    """Whether the curve reads the motion or the base itself, and not only what other curves make of it."""
    return curve in rig.drives and any(term.source.kind in OUTER for term in rig.drives[curve].terms)


def with_gains(rig: Rig, by_curve: Mapping[str, float]) -> Rig:
    """`rig` whose curves move by so much more from rest."""
    drives = dict(rig.drives)
    for name, gain in by_curve.items():
        terms = tuple(
            replace(term, gain=term.gain * gain) if term.source.kind in OUTER else term
            for term in drives[name].terms
        )
        drives[name] = replace(drives[name], terms=terms)
    return replace(rig, drives=drives)
