"""The studio: where light comes from, and what surfaces make of it.

A soft key from the upper left of the picture, a cool fill from the right, two rims from behind, and a dome
that is bright above and warm below. All of it stands with the camera, whose space is right, up, towards it.
Each lamp is a handful of directions, so that how many of them a point sees is a soft shadow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Lamp:
    """A round soft light."""

    towards: tuple[float, float, float]
    """Where it stands; any length."""

    wide: float
    """Its radius, rad."""

    color: Colour
    """What it adds to a white wall that faces it, linear RGB; of a box, what a mirror shows of it."""

    rays: int = 1
    """Directions that stand for it."""

    def axes(self) -> tuple[Floats, Floats, Floats]:
        """Unit vectors towards the lamp, across it and up along it."""
        towards = np.array(self.towards) / np.linalg.norm(self.towards)
        across = np.cross([0.0, 1.0, 0.0], towards)
        across /= np.linalg.norm(across)
        up = np.cross(towards, across)
        return towards.astype(np.float32), across.astype(np.float32), up.astype(np.float32)


KEY: Final = Lamp((-0.62, 0.66, 0.74), 0.42, (1.12, 1.04, 0.93), 12)
FILL: Final = Lamp((0.95, 0.12, 0.75), 0.55, (0.16, 0.19, 0.235), 7)
RIM: Final = Lamp((0.8, 0.55, -0.72), 0.3, (0.75, 0.86, 1.02), 4)
KICK: Final = Lamp((-0.95, 0.25, -0.6), 0.3, (0.24, 0.22, 0.2), 3)
LAMPS: Final = (KEY, FILL, RIM, KICK)

BOXES: Final = (
    Lamp((-0.42, 0.50, 0.90), 0.26, (46.0, 45.0, 43.0)),
    Lamp((0.55, -0.25, 0.95), 0.16, (4.0, 4.6, 5.6)),
)
"""What eyes and wet lips mirror: a window and a small light below it, nearer to the camera than the lamps, so
that they are seen on the iris and not on the white."""

DOME: Final = 22
"""Directions of the dome."""

SKY: Final = (0.22, 0.245, 0.28)
GROUND: Final = (0.15, 0.12, 0.10)
"""What the dome adds to a white wall that faces straight up, and straight down."""

BLEED: Final = (0.34, 0.13, 0.08)
"""How far light goes around flesh, by colour: red travels farthest in it, so shadows begin warm. At .6 a face
is wax."""

BOUNCE: Final = (0.27, 0.17, 0.14)
"""What comes back from where a lamp is hidden, by colour: folds of a face light each other, warmly. At 0 the
mouth is a hole, at .4 it glows."""

GLOSS: Final = 0.04
"""What surfaces of water, skin and enamel mirror when looked at straight."""

SHEENS: Final = ((KEY, 0.16), (FILL, 0.12), (RIM, 0.1))
"""Lamps that shine on skin, and how strongly. At .3 skin is oiled, at .05 it is powdered."""


def _disk(lamp: Lamp) -> Floats:
    """Directions (rays, 3) that fill the disk of `lamp` evenly."""
    towards, across, up = lamp.axes()
    k = np.arange(lamp.rays)
    radius, turn = lamp.wide * np.sqrt((k + 0.5) / lamp.rays), np.pi * (3 - 5**0.5) * k
    spread = towards + np.outer(radius * np.cos(turn), across) + np.outer(radius * np.sin(turn), up)
    return np.asarray(spread / np.linalg.norm(spread, axis=1, keepdims=True), np.float32)


def _dome() -> tuple[Floats, Floats]:
    """Directions (DOME, 3) all around, and the light from each."""
    k = np.arange(DOME)
    height, turn = 1 - (2 * k + 1) / DOME, np.pi * (3 - 5**0.5) * k
    flat = np.sqrt(1 - height**2)
    directions = np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], axis=1)
    share = (0.5 + 0.5 * height)[:, np.newaxis]
    light = share * np.array(SKY) + (1 - share) * np.array(GROUND)
    return directions.astype(np.float32), (light * 4 / DOME).astype(np.float32)


_AROUND, _SHINE = _dome()

DIRECTIONS: Final[Floats] = np.concatenate([*(_disk(lamp) for lamp in LAMPS), _AROUND])
"""Shape (directions, 3): unit vectors towards the light; those of the key come first."""

RADIANCE: Final[Floats] = np.concatenate(
    [*(np.tile(np.array(lamp.color) / lamp.rays, (lamp.rays, 1)) for lamp in LAMPS), _SHINE]
).astype(np.float32)
"""Shape (directions, 3): what each adds to a white wall that faces it, linear RGB."""


def received(normals: Floats, seen: Floats, soft: Floats) -> Floats:
    """Light on surfaces, shape (n, 3), linear RGB.

    Args:
        normals: Shape (n, 3), unit length.
        seen: Shape (n, directions): how much of each direction each point sees, 0..1.
        soft: Shape (n,): 1 for flesh, into which light goes, 0 for what is hard.
    """
    facing = np.einsum("nk,dk->nd", normals, DIRECTIONS)
    light = np.empty((len(normals), 3), np.float32)
    for channel, (bleed, bounce) in enumerate(zip(BLEED, BOUNCE, strict=True)):
        around = (np.float32(bleed) * soft)[:, np.newaxis]
        weight = np.maximum(facing + around, 0) / (1 + around)
        weight *= seen * np.float32(1 - bounce) + np.float32(bounce)
        light[:, channel] = np.einsum("nd,d->n", weight, RADIANCE[:, channel])
    return light


def mirrored(normals: Floats, views: Floats, roughness: Floats) -> Floats:
    """What smooth surfaces mirror, shape (n, 3), linear RGB.

    Args:
        normals: Shape (n, 3), unit length.
        views: Shape (n, 3), unit length, from the surface to the camera.
        roughness: Shape (n,), 0..1: blurs the edges of the lamps.
    """
    facing = np.einsum("nk,nk->n", normals, views)
    bounced = 2 * facing[:, np.newaxis] * normals - views
    shown = np.outer(0.5 + 0.5 * bounced[:, 1], np.array(SKY, np.float32))
    for box in BOXES:
        shown += np.outer(_window(bounced, box, roughness), np.array(box.color, np.float32))
    share = GLOSS + 0.4 * (1 - np.clip(facing, 0, 1)) ** 5 * (1 - roughness)
    return np.asarray(shown * share[:, np.newaxis], np.float32)


def _window(bounced: Floats, box: Lamp, roughness: Floats) -> Floats:
    """How much of `box`, a rounded window, each direction meets, 0..1; a blurred one is fainter."""
    towards, across, up = box.axes()
    ahead = np.einsum("nk,k->n", bounced, towards)
    blur = np.float32(0.05) + 2 * roughness**2
    share = (ahead > 0) * np.float32(0.02) / (blur * blur + np.float32(0.02))
    for axis, half in ((across, 0.85 * box.wide), (up, box.wide)):
        off = np.abs(np.einsum("nk,k->n", bounced, axis)) / np.maximum(ahead, np.float32(1e-3))
        share *= np.clip((np.float32(half) + blur / 2 - off) / blur, 0, 1)
    return np.asarray(share, np.float32)


def sheen(normals: Floats, views: Floats, roughness: Floats) -> Floats:
    """The soft shine of the lamps on surfaces like skin, shape (n, 3), linear RGB; arguments as there."""
    shine = np.zeros((len(normals), 3), np.float32)
    for lamp, gain in SHEENS:
        towards, _, _ = lamp.axes()
        half = views + towards
        half /= np.sqrt(np.einsum("nk,nk->n", half, half))[:, np.newaxis]
        cosine = np.maximum(np.einsum("nk,nk->n", normals, half), 0.05) ** 2
        wide = (roughness**2 + np.float32(lamp.wide / 2)) ** 2
        grazing = 1 + 8 * (1 - np.maximum(np.einsum("nk,k->n", half, towards), 0)) ** 4
        lit = np.clip(np.einsum("nk,k->n", normals, towards) * 4 + 0.5, 0, 1)
        amount = gain * grazing * lit * np.exp((1 - 1 / cosine) / wide)
        shine += np.outer(amount, np.array(lamp.color, np.float32))
    return shine
