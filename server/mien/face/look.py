"""What a face looks like: materials, and what each triangle and vertex is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.face.mesh import FaceMesh
from mien.values import frozen

Colour = tuple[float, float, float]
"""Linear RGB, 0..1."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """How one kind of surface takes light."""

    name: str
    """As the file has it: `skin`, `teeth`; may be empty."""

    color: Colour = (0.8, 0.8, 0.8)

    roughness: float = 0.6
    """0 is a mirror, 1 is chalk."""

    alpha: float = 1.0
    """0 is glass, 1 lets nothing through."""

    texture: NDArray[np.uint8] | None = None
    """Shape (height, width, 3 or 4), sRGB, read-only, the first row at v = 0; times `color`."""

    cutoff: float = 0.0
    """What is less opaque than this is not there, 0..1; 0 where the file says that nothing is cut out."""

    unlit: bool = False
    """Whether the file asks for the plain colour, as drawn characters do."""

    both_sides: bool = True
    """Whether triangles show from behind as well."""

    def __post_init__(self) -> None:
        if self.texture is not None:
            object.__setattr__(self, "texture", frozen(self.texture, np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the triangles and vertices of a mesh look like."""

    materials: tuple[Material, ...]
    """At least one."""

    material: NDArray[np.int32]
    """Shape (triangles,), read-only: rows of `materials`."""

    uv: NDArray[np.float32] | None
    """Shape (vertices, 2), read-only: where textures are read, 0..1 or beyond, where they repeat."""

    tint: NDArray[np.float32]
    """Shape (vertices, 3), read-only: linear RGB, mostly 0..1, times the material's colour."""

    normals: NDArray[np.int32]
    """Shape (vertices,), read-only: vertices with one number share their normal, as on the two sides of a
    seam of the texture; numbers run from 0."""

    def __post_init__(self) -> None:
        for name, dtype in (("material", np.int32), ("tint", np.float32), ("normals", np.int32)):
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        if self.uv is not None:
            object.__setattr__(self, "uv", frozen(self.uv))

    def named(self, *words: str) -> NDArray[np.bool_]:
        """Shape (triangles,): whose material has one of `words` in its name, whatever the case."""
        found = [any(word.lower() in material.name.lower() for word in words) for material in self.materials]
        return np.asarray(np.array(found)[self.material], bool)


def plain_look(mesh: FaceMesh, material: Material) -> Look:
    """All of `mesh` of one `material`."""
    return Look(
        (material,),
        np.zeros(len(mesh.triangles), np.int32),
        None,
        np.ones_like(mesh.vertices),
        shared_normals(mesh.vertices),
    )


def shared_normals(
    vertices: NDArray[np.float32], also: Sequence[NDArray[Any]] = (), smallest: float = 1e-3
) -> NDArray[np.int32]:
    """A number for each vertex, the same where place and `also` are the same.

    Args:
        also: Each of shape (vertices, n): what has to be equal as well, to within `smallest`.
    """
    rounded = [np.round(part / smallest).astype(np.float32) for part in also]
    _, number = np.unique(np.concatenate([vertices, *rounded], axis=1), axis=0, return_inverse=True)
    return np.asarray(number.ravel(), np.int32)
