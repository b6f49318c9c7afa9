"""A rig on a mesh: what its curves, and so the channels of the motion, do to the vertices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face import EYES_APART, FaceMesh, Pair, Space, every, face_space, skin_of
from mien.rig import Rig, drive
from mien.values import CHANNEL_INDEX, CHANNELS

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDES: Final = {"eyeBlink": EYES_APART, "browOuterUp": 97.0, "mouthSmile": 49.0}
"""Pairs of channels that tell left from right, and how far apart they act on a face whose eyes are 64 mm
apart (browOuterUp and mouthSmile: measured on the ICT face). The first that the mesh can do is taken."""

SKIN: Final = (
    "eyeBlink",
    "mouthSmile",
    "mouthUpperUp",
    "mouthLowerDown",
    "browOuterUp",
    "jawOpen",
    "mouthPucker",
)
"""What moves skin: teeth and tongue follow the jaw alone, lashes the lids alone."""


@dataclass(frozen=True, slots=True, eq=False)
class WornRig:
    """A rig and the mesh that its curves move, in the face's own space."""

    rig: Rig
    """As it was loaded."""

    space: Space
    """How the file's vectors get here."""

    points: Doubles
    """Vertices at rest, mm, shape (vertices, 3)."""

    triangles: Ints
    """All of the mesh."""

    skin: Ints
    """Those of the skin."""

    shapes: Mapping[str, NDArray[np.float32]]
    """By curve, what its weight 1 moves each vertex by, mm; only curves that the mesh has."""

    def with_rig(self, rig: Rig) -> WornRig:
        """The same mesh, driven by `rig`, whose curves have the same names."""
        return replace(self, rig=rig)

    def moved(self, curves: Doubles) -> Doubles:
        """What the values of all curves, shape (curves,), displace each vertex by, mm."""
        moved = np.zeros_like(self.points)
        for name, value in zip(self.rig.names, curves.tolist(), strict=True):
            if value and name in self.shapes:
                moved += value * self.shapes[name].astype(np.float64)
        return moved

    def posed(self, curves: Doubles) -> Doubles:
        """The vertices when the curves have these values, mm."""
        return self.points + self.moved(curves)

    def effort(self, curve: str) -> float:
        """How much of the skin the curve's weight 1 moves: the sum of squares over its vertices, mm^2."""
        return float(np.sum(self.shapes[curve][np.unique(self.skin)].astype(np.float64) ** 2))

    def farthest(self, moved: Doubles) -> float:
        """How far `moved` moves the vertex of the skin that it moves farthest, mm."""
        return float(np.linalg.norm(moved[np.unique(self.skin)], axis=1).max())

    def curves(self, **channels: float) -> Doubles:
        """What the rig makes of a motion that holds `channels` and nothing else; shape (curves,)."""
        return curves_of(self.rig, **channels)

    def displaced(self, **channels: float) -> Doubles:
        """How `channels` displace each vertex, against the face at rest, mm."""
        return self.moved(self.curves(**channels) - self.curves())


def wear(rig: Rig, mesh: FaceMesh) -> WornRig:
    """`rig` on `mesh`.

    Raises:
        MeshError: The mesh has none of the rig's curves, or they do not tell left from right or up from down.
    """
    shapes = {name: shape for name in rig.names if (shape := _shape(mesh, name)) is not None}
    if not shapes:
        some = ", ".join(f"'{name}'" for name in list(mesh.shapes)[:3])
        raise MeshError(
            f"{mesh.name}: none of its {len(mesh.shapes)} shapes ({some}, ...) is a curve of the rig "
            f"'{rig.name}'; `mien rig new --from` makes a rig of the mesh's own names."
        )
    try:
        by_shapes(rig, "opens the jaw", "jawOpen")
        space = _space(rig, mesh, shapes)
    except MeshError as problem:
        raise MeshError(f"{mesh.name}: {problem}") from None
    worn = WornRig(
        rig,
        space,
        space.into(mesh.vertices),
        mesh.triangles.astype(np.int64),
        np.empty((0, 3), np.int64),
        {name: space.into(shape).astype(np.float32) for name, shape in shapes.items()},
    )
    moving = every([worn.displaced(**dict.fromkeys(_both(stem), 1.0)) for stem in SKIN])
    return replace(worn, skin=skin_of(mesh.vertices, worn.triangles, moving))


def by_shapes(rig: Rig, does: str, channel: str) -> None:
    """Refuses a rig that does with bones what the fit has to see.

    Args:
        does: What it does at 1, for the message: `opens the jaw`.
        channel: That says so.
    Raises:
        MeshError: The channel moves a curve that is no weight.
    """
    changed = curves_of(rig, **{channel: 1.0}) != curves_of(rig)
    for curve, moved in zip(rig.curves, changed.tolist(), strict=True):
        if moved and curve.unit != "weight":
            raise MeshError(
                f"The rig '{rig.name}' {does} with '{curve.name}', which is no shape, so that a fit cannot "
                "see what it does; fit a rig that has a shape for it."
            )


def curves_of(rig: Rig, **channels: float) -> Doubles:
    """All curves of `rig` for one pose of the motion."""
    motion = np.zeros((1, len(CHANNELS)), np.float32)
    for name, value in channels.items():
        motion[0, CHANNEL_INDEX[name]] = value
    return np.asarray(drive(motion, rig)[0], np.float64)


def _both(stem: str) -> tuple[str, ...]:
    return (stem,) if stem in CHANNEL_INDEX else (stem + "Left", stem + "Right")


def _shape(mesh: FaceMesh, curve: str) -> NDArray[np.float32] | None:
    """The displacement of a curve: an expression of the file, else a shape of that name."""
    if curve not in mesh.expressions:
        return mesh.shapes.get(curve)
    moved = np.zeros_like(mesh.vertices)
    for name, weight in mesh.expressions[curve].items():
        moved += np.float32(weight) * mesh.shapes[name]
    return moved


def _space(rig: Rig, mesh: FaceMesh, shapes: Mapping[str, NDArray[np.float32]]) -> Space:
    def moved(channel: str) -> Doubles:
        changed = curves_of(rig, **{channel: 1.0}) - curves_of(rig)
        parts = [
            value * shapes[name]
            for name, value in zip(rig.names, changed.tolist(), strict=True)
            if name in shapes
        ]
        return np.asarray(sum(parts, np.zeros_like(mesh.vertices)), np.float64)

    pairs = [Pair(stem, moved(stem + "Left"), moved(stem + "Right"), apart) for stem, apart in SIDES.items()]
    return face_space(mesh.vertices, pairs, moved("jawOpen"))
