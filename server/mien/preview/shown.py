"""What a posed head shows from the front, measured: how far the mouth and the eyes are open, in mm² as seen.

Rays go straight back from the face, half a millimetre apart, as in a picture taken from far away. The inside
of the mouth is what they meet between the lips once teeth and tongue are taken away; so a tongue that sticks
out hides nothing. The head is measured as it is posed: leave its turns out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.preview.balls import EYES, eyeballs
from mien.preview.head import Head
from mien.preview.rays import Scene

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

STEP: Final = 0.5
"""Between rays, mm: a slit of 1 mm over half a mouth is some 100 of them."""

FILLING: Final = ("teeth", "tooth", "gum", "tongue")
"""Words in the names of materials of what is in a mouth."""

BAG: Final = ("mouth", "oral", "cavity")
"""Words in the names of materials of its lining."""

ASIDE: Final = 0.5
"""From how far aside a face at rest is looked at as well, rad, to know what is not inside its mouth."""

AJAR: Final = 0.7
"""`jawOpen` at which a mouth shows its inside."""

BEFORE: Final = 200.0
"""How far before the mouth rays begin, mm."""

WIDE, ABOVE, BELOW = 45.0, 35.0, 75.0
"""Around the middle of the mouth, mm: what its opening stays within."""

LEAST: Final = 20.0
"""Less than this that the jaw uncovers, mm², is no mouth."""


def mouth_opening(head: Head, vertices: Floats) -> float:
    """How much of the mouth's inside is seen from the front between the lips, mm²; 0 when they are closed.

    Millimetres are those of a face whose eyes are 64 mm apart. A slit is some 20; a spoken `ah` 300 to 900.

    Args:
        vertices: Shape (vertices, 3), as `head.pose` gives them, without turns of the head.
    Raises:
        MeshError: The head does not tell what is the inside of its mouth.
    """
    mouth = _mouth(head)
    return mouth.area(_met(head, vertices, mouth.skin))


def lid_opening(head: Head, vertices: Floats) -> tuple[float, float]:
    """How much of the left and of the right eyeball is seen from the front, mm²; 0 behind closed lids.

    Raises:
        MeshError: The head has no material for its eyes.
    """
    eyes = eyeballs(head)
    if not eyes.any():
        raise MeshError(
            f"{head.name}: has no material with one of {', '.join(EYES)} in its name; name that of the "
            "eyeballs so, and export it again."
        )
    points = head.space.into(vertices)
    balls = points[head.triangles[eyes]].reshape(-1, 3)
    low, high = balls.min(axis=0), balls.max(axis=0)
    met, across = _rays(points, head.triangles, (low[0], high[0]), (low[1], high[1]), float(high[2]) + BEFORE)
    seen = (met >= 0) & eyes[met]
    left = across > head.places.eyes[0]
    return float(np.count_nonzero(seen & left)) * STEP**2, float(np.count_nonzero(seen & ~left)) * STEP**2


class _Mouth(NamedTuple):
    """What is seen of one head around its mouth."""

    skin: Bools
    """Shape (triangles,): which are looked at: all without teeth and tongue."""

    inside: Bools
    """Shape (triangles,): which are the inside of the mouth."""

    covered: Bools
    """Shape (rays,): which rays meet something at rest; those that meet nothing later go into a mouth without
    a back."""

    def area(self, met: NDArray[np.int64]) -> float:
        """How much of the inside is among what the rays `met`, mm²."""
        return float(np.count_nonzero(np.where(met < 0, self.covered, self.inside[met]))) * STEP**2


@lru_cache(maxsize=8)
def _mouth(head: Head) -> _Mouth:
    """The mouth of `head`, by the names of materials or else by what the jaw uncovers."""
    skin = ~head.look.named(*FILLING)
    covered = _met(head, head.rest, skin) >= 0
    named = head.look.named(*BAG) & ~head.look.named("lip")
    if named.any() and not skin.all():
        return _Mouth(skin, named, covered)
    opened = _met(head, head.pose(("jawOpen",), [AJAR]), skin)
    inside = np.zeros(len(head.triangles), bool)
    inside[opened[opened >= 0]] = True
    for turn in (-ASIDE, 0.0, ASIDE):
        shown = _met(head, head.rest, skin, turn)
        inside[shown[shown >= 0]] = False
    mouth = _Mouth(skin, inside, covered)
    if mouth.area(opened) < LEAST:
        raise MeshError(
            f"{head.name}: shows nothing behind its lips when the jaw opens, so how far its mouth is open "
            "cannot be measured; name the material of the inside 'mouth' and that of the teeth 'teeth'."
        )
    return mouth


def _met(head: Head, vertices: Floats, chosen: Bools, turn: float = 0.0) -> NDArray[np.int64]:
    """Which of the head's triangles rays into the mouth meet first of those `chosen`; -1 for none."""
    points, rows = head.space.into(vertices), np.flatnonzero(chosen)
    middle = head.places.mouth
    near = points[head.triangles[rows]]
    rows = rows[(np.abs(near[..., 0].min(axis=1) - middle[0]) < 3 * WIDE)]
    sides, heights = (middle[0] - WIDE, middle[0] + WIDE), (middle[1] - BELOW, middle[1] + ABOVE)
    front = float(middle[2]) + BEFORE
    met, _ = _rays(points, head.triangles[rows], sides, heights, front, turn)
    return np.where(met >= 0, rows[met], -1)


def _rays(
    points: NDArray[np.float64],
    triangles: NDArray[np.int32],
    sides: tuple[float, float],
    heights: tuple[float, float],
    front: float,
    turn: float = 0.0,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What rays backwards meet in a window of the face, and how far to the left each of them goes.

    Args:
        front: Where they begin, mm.
        turn: Their direction, rad from straight back; those of a turn still aim at the window.
    """
    across, up = np.meshgrid(np.arange(*sides, STEP), np.arange(*heights, STEP))
    middle = (sides[0] + sides[1]) / 2
    origins = np.stack([across.ravel(), up.ravel(), np.full(across.size, front)], axis=1)
    origins[:, 0] += np.tan(turn) * BEFORE
    directions = np.broadcast_to(np.array([-np.sin(turn), 0, -np.cos(turn)], np.float32), origins.shape)
    shift = np.array([middle, (heights[0] + heights[1]) / 2, front])  # small numbers: float32 is enough
    hits = Scene((points - shift).astype(np.float32), triangles).hits(
        np.ascontiguousarray(origins - shift, np.float32), np.ascontiguousarray(directions)
    )
    return hits.triangle.astype(np.int64), across.ravel()
