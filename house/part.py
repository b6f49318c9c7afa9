"""A piece of the head while it is being made: millimetres, and 64-bit so that nothing is lost between steps.

The origin lies midway between the centres of the eyes; +X is the subject's left, +Y up, +Z front.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Shape (points, 3), mm."""

MIRROR = np.array([-1.0, 1.0, 1.0])
"""From the subject's left to the right."""


@dataclass(frozen=True, eq=False)
class Part:
    """One mesh of one material."""

    name: str
    """As the file names it: `teethUpper`."""

    material: str
    """Key of `MATERIALS` in `house/materials.py`."""

    vertices: Points
    """At rest."""

    triangles: NDArray[np.int64]
    """Shape (triangles, 3), counterclockwise from outside."""

    tint: Points | None = None
    """Shape (vertices, 3), linear RGB 0..1 times the material's colour; None: the material's own."""

    jaw: NDArray[np.float64] | float = 0.0
    """How far each vertex rides with the jaw, 0..1; shape (vertices,) or one number for all."""

    shapes: dict[str, Points] = field(default_factory=dict)
    """Displacements at weight 1, by curve; those of the jaw are added for all parts alike."""

    def mirrored(self, name: str) -> Part:
        """The same on the other side; shapes change sides with it."""
        swapped = {_other(key): moved * MIRROR for key, moved in self.shapes.items()}
        return replace(
            self,
            name=name,
            vertices=self.vertices * MIRROR,
            triangles=self.triangles[:, ::-1],
            shapes=swapped,
        )


def _other(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name
