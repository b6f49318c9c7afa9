"""The head, put together: every part with every shape."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from house import jaw, mouth
from house.body import body
from house.brows import brows, lashes
from house.complexion import complexion
from house.ears import ear
from house.expressions import expressions
from house.eyes import eyeballs
from house.hair import hair
from house.part import Part, Points
from house.skin import Skin, skin
from house.teeth import teeth
from house.tongue import tongue
from mien.preview.neck import neck_of

NEARER = np.array([-0.22, 0.0, 0.0])
"""What ears lie closer to the head than they were made."""


@dataclass(frozen=True, eq=False)
class Neck:
    """The joint about which the head turns, where `mien preview` has it on any head."""

    joint: Points
    """Shape (3,), mm."""

    chin: Points
    level: Points
    """The lowest point of the jaw, and one between the eyes, mm."""

    crown: Points
    """Points above the eyes, which say where the skull ends, mm."""

    def turns(self, points: Points) -> NDArray[np.float64]:
        """How much of a turn each point makes, 0..1."""
        share = neck_of(np.concatenate([points, self.crown]), self.chin, self.level)[1]
        return np.asarray(share[: len(points)], np.float64)


@dataclass(frozen=True, eq=False)
class Head:
    """All parts; those of the skin share their vertices and differ in triangles and material."""

    skin: tuple[Part, ...]
    others: tuple[Part, ...]
    neck: Neck

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every mesh of the file once."""
        return (self.skin[0], *self.others)


def head() -> Head:
    """The house head."""
    face = skin()
    shapes = expressions(face)
    left = ear()
    left = replace(left, vertices=left.vertices + (left.vertices - left.vertices.min(axis=0)) * NEARER)
    inside = [*teeth(), *tongue(), *eyeballs()]
    outside = [*brows(face, shapes), *lashes(face, shapes), left, left.mirrored("earRight"), *hair(), *body()]
    return Head(
        tuple(_materials(face, shapes)),
        tuple(_with_jaw(part) for part in (*inside, *outside)),
        _neck(face),
    )


def _neck(face: Skin) -> Neck:
    points = face.vertices
    rides = np.flatnonzero(np.abs(points[:, 0]) < 12)
    chin = points[rides[np.argmin(np.where(points[rides, 2] > 0, points[rides, 1], 0))]]
    level, crown = np.zeros(3), points[points[:, 1] > 0]
    return Neck(neck_of(crown, chin, level)[0], chin, level, crown)


def _materials(face: Skin, shapes: dict[str, Points]) -> list[Part]:
    """The skin's triangles by material: within the mouth, the red of the lips, all else."""
    bag = np.concatenate([face.mouth[mouth.MEETING + 2 :].ravel(), face.bag[-1:]])
    behind = np.asarray(np.isin(face.triangles, bag).all(axis=1))
    lips = np.isin(face.triangles, face.mouth[mouth.RED : mouth.MEETING + 3]).all(axis=1)
    red = np.asarray(lips & ~behind)
    whole = Part("head", "skin", face.vertices, face.triangles, complexion(face), shapes=shapes)
    rows = {"skin": ~(red | behind), "lips": red, "mouth": behind}
    return [replace(whole, material=name, triangles=face.triangles[some]) for name, some in rows.items()]


def _with_jaw(part: Part) -> Part:
    share = np.broadcast_to(part.jaw, (len(part.vertices),))[:, None]
    if not share.any():
        return part
    points = part.vertices
    ways = {
        "jawOpen": jaw.opened(points),
        "jawForward": jaw.forward(points),
        "jawLeft": jaw.aside(points, 1.0),
        "jawRight": jaw.aside(points, -1.0),
    }
    return replace(part, shapes={**part.shapes, **{name: share * way for name, way in ways.items()}})
