"""The shapes of the skin, bent: the table (`shapes.py`) played on the sheet (`bend.py`)."""

from __future__ import annotations

import numpy as np

from house import mouth
from house.bend import Pin, Sheet
from house.part import MIRROR, Points
from house.pull import Region, Shape, lip_rows, pins
from house.shapes import LEFT, WHOLE
from house.skin import Skin

GIVES = 0.36
"""How much of the way the upper lip comes down when lips close over an open jaw; the lower lip does the
rest."""

RETREATS = 0.05
"""How much of the jaw's way back closed lips take; with more the teeth come through."""


def expressions(skin: Skin) -> dict[str, Points]:
    """Displacement of every row of the skin at weight 1, by curve, mm."""
    sheet = Sheet(skin.vertices, skin.triangles)
    found = {shape.name: sheet.bent(pins(shape, skin)) for shape in (*LEFT, *WHOLE)}
    found["mouthClose"] = sheet.bent(_closing(skin, found["jawOpen"]))
    for name in list(found):
        if "Left" in name:
            found[name.replace("Left", "Right")] = found[name][skin.twin] * MIRROR
        else:
            found[name] = (found[name] + found[name][skin.twin] * MIRROR) / 2
    return {name: np.where(np.abs(moved) < 2e-3, 0, moved) for name, moved in found.items()}


def _closing(skin: Skin, opened: Points) -> list[Pin]:
    """Lips as they are at rest, brought to a line between those that the open jaw has parted."""
    meeting = skin.mouth[mouth.MEETING]
    other = meeting[-np.arange(mouth.COLUMNS) % mouth.COLUMNS]
    up = (mouth.LIFT >= 0)[:, None]
    upper, lower = np.where(up, opened[meeting], opened[other]), np.where(up, opened[other], opened[meeting])
    line = upper + (lower - upper) * [GIVES, GIVES, RETREATS]
    rows = lip_rows(skin)
    moved = line[None] - opened[rows]
    shape = Shape("mouthClose", region=Region((0.0, -70.0, 10.0), (56.0, 44.0, 60.0)))
    return [*pins(shape, skin), Pin(rows.ravel(), moved.reshape(-1, 3))]
