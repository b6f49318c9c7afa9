"""Fits of the toy face: what their tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mien.face import FaceMesh
from mien.fitting.fit import _lids, _lips
from mien.fitting.worn import WornRig
from mien.rig import Rig, drive
from tests.toy_face import toy_face

FULL = {"lips": 0.8, "lidsLeft": 0.95, "lidsRight": 0.95}
"""Demand from which on edges touch."""


def gaps(worn: WornRig, name: str, rows: np.ndarray, rig: Rig | None = None, cuts: int = 23) -> np.ndarray:
    """Gaps of lips or lids in each of `rows` of motion, mm, in cuts that were not fitted."""
    plain = worn.with_rig(replace(worn.rig, contacts=()))
    edges = _lips(plain, {}) if name == "lips" else _lids(plain, {}, name.removeprefix("lids"))
    columns = edges.columns(cuts)
    curves = drive(rows, rig or worn.rig).astype(np.float64)
    return np.array([edges.gaps(worn.posed(face), columns) for face in curves])


def changed(change: Callable[[dict[str, np.ndarray]], None]) -> FaceMesh:
    """The toy with other shapes."""
    mesh = toy_face()
    shapes = dict(mesh.shapes)
    change(shapes)
    return FaceMesh("toy", mesh.vertices, mesh.triangles, shapes, mesh.parts)
