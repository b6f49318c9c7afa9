"""The gums: one skin from the fold behind the lips over the margin between the teeth to palate or floor.

Its sections stand along the arch, close enough for the margin to be scalloped about the teeth: it retreats at
the middle of each tooth and fills the gap between two.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from house.arch import Row
from house.grid import Triangles, flipped, skin
from house.part import MIRROR, Part, Points

PAPILLA = 0.46
"""How far gum reaches down between two teeth, as a share of the crown; less leaves dark triangles there."""


BEHIND = 0.45
"""Share of that behind the incisors; with more, side teeth look like fangs in a smile."""


class Bead(NamedTuple):
    """A point of a section, beside the gum's margin."""

    rise: float
    """Above the margin (below, in the lower jaw), mm."""

    out: float
    """Before the crown's face on the lips' side, mm."""

    sunk: float
    """How much further in it lies between two teeth, mm."""

    tongue: bool
    """Whether it is measured from the crown's face on the tongue's side instead."""

    tint: tuple[float, float, float]
    """Times the colour of gums."""


BEADS = (
    Bead(13.0, -2.6, 0.0, False, (0.78, 0.68, 0.68)),
    Bead(5.0, 0.1, 0.4, False, (0.92, 0.89, 0.89)),
    Bead(1.1, 0.40, 0.35, False, (1.0, 1.0, 1.0)),
    Bead(-0.2, -0.7, 0.35, False, (1.0, 1.0, 1.0)),
    Bead(-0.2, 0.9, 0.0, True, (0.97, 0.96, 0.96)),
    Bead(1.4, -0.4, 0.0, True, (0.97, 0.96, 0.96)),
)
"""From the fold to the tongue's side of the margin."""

VAULT = ((0.5, 0.80), (1.0, 1.0))
"""From there to the middle of palate or floor: share of the way, and of the height."""

PALE = (1.0, 0.98, 0.96)


class Station(NamedTuple):
    """A section of the gum."""

    distance: float
    """From the middle along the arch, mm."""

    share: float
    """How far the margin reaches down the crown: 0 in the middle of a tooth, `PAPILLA` between two."""


def gums(row: Row) -> Part:
    """The gum of one jaw with its palate or floor."""
    left = np.stack([_section(row, station) for station in _stations(row)])
    rows, columns = left.shape[:2]
    half = skin(rows, columns, around=False)
    points = np.concatenate([left.reshape(-1, 3), left.reshape(-1, 3) * MIRROR])
    kept, triangles = _welded(points, np.concatenate([half, flipped(half) + rows * columns]))
    tint = np.tile([*(bead.tint for bead in BEADS), *[PALE] * len(VAULT)], (2 * rows, 1))
    outside = triangles if row.up > 0 else flipped(triangles)
    return Part(f"gums{row.name}", "gums", points[kept], outside, tint=tint[kept], jaw=row.jaw)


def _stations(row: Row) -> list[Station]:
    """From the middle to behind the last tooth."""
    ends = np.cumsum([0.0, *(tooth.width for tooth in row.teeth)])
    found = [Station(0.0, PAPILLA)]
    for number, (start, end) in enumerate(pairwise(ends)):
        reach = PAPILLA if number < 2 else PAPILLA * BEHIND
        for part in (0.25, 0.5, 0.75):
            found.append(Station(start + part * (end - start), reach * (2 * part - 1) ** 2))
        found.append(Station(end, reach))
    return [*found, Station(ends[-1] + 3, -0.2), Station(ends[-1] + 13, -0.4)]


def _section(row: Row, station: Station) -> Points:
    """Shape (beads and vault, 3)."""
    place = row.place(station.distance)
    edge, height, neck = _crown_at(row, station.distance)
    margin, between = height * (1 - station.share), max(station.share, 0) / PAPILLA
    beads = []
    for bead in BEADS:
        rise = margin + bead.rise + (height - margin if bead.rise > 4 else 0)
        out = bead.out - bead.sunk * between - row.lean_at(place) * rise / 10 - (neck if bead.tongue else 0)
        beads.append(place.at(0.0, out, edge + row.up * rise))
    top = _roof_at(row, place.z, station.distance)
    vault = [beads[-1] + (top - beads[-1]) * [share, lift, share] for share, lift in VAULT]
    return np.stack([*beads, *vault])


def _crown_at(row: Row, distance: float) -> tuple[float, float, float]:
    """Edge, height and neck of the crowns there, as if teeth went over into one another; mm."""
    middles = np.cumsum([tooth.width for tooth in row.teeth]) - [tooth.width / 2 for tooth in row.teeth]
    edge, height, neck = (
        float(np.interp(distance, middles, [getattr(tooth, name) for tooth in row.teeth]))
        for name in ("edge", "height", "neck")
    )
    return edge, height, neck


def _roof_at(row: Row, z: float, distance: float) -> Points:
    """The middle of palate or floor that belongs to a section."""
    end = _stations(row)[-1].distance
    share = 0.75 * (row.front - z) / (row.front - row.place(end).z) + 0.25 * distance / end
    profile = np.array(row.roof)
    depth = profile[0, 0] + share * (profile[-1, 0] - profile[0, 0])
    return np.array([0.0, np.interp(-depth, -profile[:, 0], profile[:, 1]), depth])


def _welded(points: Points, triangles: Triangles) -> tuple[NDArray[np.int64], Triangles]:
    """Both halves as one: which points to keep, and the triangles between those."""
    _, first, same = np.unique(points.round(6), axis=0, return_index=True, return_inverse=True)
    triangles = first[same.reshape(-1)[triangles]]
    triangles = triangles[(triangles != np.roll(triangles, 1, axis=1)).all(axis=1)]
    # Both halves bring the triangles that stand in the plane between them; nothing needs those.
    triangles = triangles[np.abs(points[triangles][..., 0]).max(axis=1) > 0]
    kept, new = np.unique(triangles, return_inverse=True)
    return kept, new.reshape(-1, 3).astype(np.int64)
