"""What lies on the skin moves with it: brows and lashes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from house.part import Part, Points
from house.skin import Skin

NEAR = 6
"""Vertices of the skin that one attached vertex follows; fewer let brows ripple."""


def attached(part: Part, skin: Skin, shapes: dict[str, Points]) -> Part:
    """`part` with the shapes of the skin beneath it."""
    outside = np.setdiff1d(np.arange(len(skin.vertices)), skin.bag)
    far, near = cKDTree(skin.vertices[outside]).query(part.vertices, k=NEAR)
    weights = 1 / (far + 0.3) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    rows = outside[near]
    moved = {name: np.einsum("vk,vkx->vx", weights, way[rows]) for name, way in shapes.items()}
    return replace(
        part, shapes={**part.shapes, **{name: way for name, way in moved.items() if np.abs(way).max() > 0.01}}
    )


def following(part: Part, rows: NDArray[np.int64], shapes: dict[str, Points]) -> Part:
    """`part`, each vertex of which goes exactly where one row of the skin goes."""
    return replace(
        part, shapes={name: way[rows] for name, way in shapes.items() if np.abs(way[rows]).max() > 0.01}
    )
