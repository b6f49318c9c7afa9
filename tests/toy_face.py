"""A face that numpy makes on the spot: 4,000 vertices of which all is known, in any unit, axes and spelling.

One sheet with a mouth slit and two eyes, as a grid whose rows are cut open: rows above and below a slit
have their own vertices there, and a few rows more roll in. Lips are 0.7 mm apart in the middle, and touch in
the corners. Loose pieces are what faces have: teeth, the lower ones on the jaw, and lashes that grow from the
very edge of the lids, so that three triangles share it.

Millimetres: x to the subject's left, y up, z to the front.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.face import FaceMesh

Doubles = NDArray[np.float64]

MOUTH = -34.0
"""Height of the line of the lips."""

MOUTH_CORNER = 24.0
"""The left corner of the mouth; the right one is its mirror image."""

APART = 0.7
"""Gap of the lips in the middle, at rest; it goes down to 0 as a parabola."""

EYE, EYE_LINE, EYE_CORNER = 32.0, 32.0, 12.0
"""Middle of the left eye, height of its corners, and how far they are from its middle."""

OPENING = 10.0
"""Height of the open eye in its middle; it goes down to 0 as a parabola."""

MOUTH_ROLLS, LID_ROLLS = 4, 2

AXES: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "y up, z front": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "z up, -y front": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "y up, -z front": ((-1, 0, 0), (0, 1, 0), (0, 0, -1)),
    "x up, y front": ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
}
"""The face's left, up and front in the file's axes: glTF and ours; Blender; VRM 0; one that nobody uses."""


class Sheet(NamedTuple):
    """Every vertex as a place on the grid, from which all else follows."""

    x: Doubles
    y: Doubles
    lip: Doubles
    """1 above the line of the lips, -1 below, on the slit by the edge that it belongs to."""

    lid: Doubles
    """The same for the line of the eyes."""

    roll: Doubles
    """How many rows inside a slit."""

    at_mouth: NDArray[np.bool_]
    """Whether it is the mouth that it rolls into."""


# Shape of the sheet


def _rows() -> Doubles:
    """Heights of the rows: close together at lips and lids; 0 is the line itself."""
    steps = np.array([0, 0.4, 1, 1.8, 3, 4.5, 6.5, 9, 12, 16, 21])
    lips = MOUTH + np.concatenate([-steps[::-1], steps[1:]])
    eyes = EYE_LINE + np.concatenate([-steps[::-1], steps[1:]])
    return np.unique(np.concatenate([lips, [-75, -65, 0], eyes[eyes > 12], [60, 70]]))


def _columns() -> Doubles:
    left = np.concatenate([np.arange(2, 60, 2), [1, 21, 23, 41, 43, 66, 75]])
    return np.unique(np.concatenate([-left, [0], left]))


def _parabola(x: Doubles, middle: float, half: float) -> Doubles:
    return np.maximum(0, 1 - ((x - middle) / half) ** 2)


def _in_mouth(x: Doubles) -> Doubles:
    return _parabola(x, 0, MOUTH_CORNER)


def _in_eye(x: Doubles) -> Doubles:
    return _parabola(np.abs(x), EYE, EYE_CORNER)


def _sheet() -> tuple[Sheet, NDArray[np.int64], list[tuple[int, int]]]:
    """Places, triangles, and the pairs of vertices on the edges of the upper lids."""
    columns, rows = _columns(), _rows()
    places: list[tuple[float, float, float, float, float, bool]] = []
    known: dict[tuple[float, ...], int] = {}

    def vertex(x: float, y: float, lip: float, lid: float, roll: int = 0, mouth: bool = False) -> int:
        slit = _in_mouth(np.array([x]))[0] if y == MOUTH else _in_eye(np.array([x]))[0] * (y == EYE_LINE)
        if slit < 1e-9:  # a corner, or no slit at all: both edges are one, and nothing rolls in
            roll, mouth = 0, False
            lip, lid = (0.0 if y == MOUTH else lip), (0.0 if y == EYE_LINE else lid)
        key = (x, y, lip, lid, roll)
        if key not in known:
            known[key] = len(places)
            places.append((x, y, lip, lid, float(roll), mouth))
        return known[key]

    quads, lashes = [], []
    for right, left in pairwise(columns.tolist()):
        for low, high in pairwise(rows.tolist()):
            lip, lid = (1.0 if low >= MOUTH else -1.0), (1.0 if low >= EYE_LINE else -1.0)
            corners = [(right, low), (left, low), (left, high), (right, high)]
            quads.append([vertex(x, y, lip, lid) for x, y in corners])
        for line, rolls, mouth in ((MOUTH, MOUTH_ROLLS, True), (EYE_LINE, LID_ROLLS, False)):
            for edge in (1.0, -1.0):
                sides = (edge, -1.0) if mouth else (1.0, edge)
                for row in range(rolls):
                    ring = [(right, row), (left, row), (left, row + 1), (right, row + 1)]
                    made = [vertex(x, line, *sides, k, mouth and k > 0) for x, k in ring]
                    quads.append(made if edge < 0 else made[::-1])
                if not mouth and edge > 0 and _in_eye(np.array([(right + left) / 2]))[0] > 0:
                    lashes.append((vertex(right, line, *sides), vertex(left, line, *sides)))
    corners = np.array(quads)
    triangles = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
    whole = [len(set(row)) == 3 for row in triangles.tolist()]
    return Sheet(*(np.array(part) for part in zip(*places, strict=True))), triangles[whole], lashes


def _points(sheet: Sheet) -> Doubles:
    x, below = sheet.x, sheet.y - MOUTH
    mouth, eye = _in_mouth(x), _in_eye(x)
    y = sheet.y + sheet.lip * APART / 2 * mouth * np.exp(-np.abs(below) / 3)
    share = np.where(sheet.lid > 0, 0.6, -0.4) * (sheet.lid != 0)
    y = y + share * OPENING * eye * np.exp(-np.abs(sheet.y - EYE_LINE) / 14)
    z = 95 - x**2 / 130 - sheet.y**2 / 300
    z = z + 2 * np.sqrt(mouth) * (np.exp(-(((np.abs(below) - 3) / 3) ** 2)) - 0.5 * np.exp(-np.abs(below)))
    inward = np.where(sheet.at_mouth, np.sqrt(mouth), np.sqrt(eye)) * sheet.roll
    up = np.where(sheet.at_mouth, sheet.lip, sheet.lid)
    return np.stack([x, y + up * 0.1 * inward**2, z - 1.5 * inward], axis=1)


# What shapes do


def _shapes(sheet: Sheet) -> dict[str, Doubles]:
    """Displacement of every vertex of the sheet, by ARKit's names."""
    x, y = sheet.x, sheet.y
    depth = np.abs(y - MOUTH)
    upper, lower = (sheet.lip > 0).astype(float), (sheet.lip < 0).astype(float)
    over, under = (sheet.lid > 0) * 1.0, (sheet.lid < 0) * 1.0
    mouth, eye, height = _in_mouth(x), _in_eye(x), np.abs(y - EYE_LINE)
    lips = np.sqrt(mouth) * np.exp(-depth / 8)
    edges = np.sqrt(mouth) * np.exp(-depth / 3)

    def moved(dx: Doubles | float = 0.0, dy: Doubles | float = 0.0, dz: Doubles | float = 0.0) -> Doubles:
        return np.stack([np.broadcast_to(part, x.shape) for part in (dx, dy, dz)], axis=1).astype(float)

    def bump(middle: float, line: float, wide: float, tall: float) -> Doubles:
        return np.exp(-(((x - middle) / wide) ** 2) - ((y - line) / tall) ** 2)

    jaw = lower * (1 - (1 - mouth**0.7) * np.exp(-depth / 15))
    shapes = {
        "jawOpen": moved(0, -30 * jaw, -8 * jaw),
        "jawForward": moved(0, 0, 6 * jaw),
        "jawLeft": moved(7 * jaw),
        "jawRight": moved(-7 * jaw),
        "mouthClose": moved(
            0, (20 * lower - 5 * upper) * mouth**0.7 * np.exp(-depth / 12), 6.5 * lower * lips
        ),
        "mouthFunnel": moved(-0.15 * x * lips, (2.5 * upper - 2.5 * lower) * lips, 5 * lips),
        "mouthPucker": moved(-0.3 * x * bump(0, MOUTH, 40, 15), 0, 5 * lips),
        "mouthLeft": moved(8 * bump(0, MOUTH, 35, 15)),
        "mouthRight": moved(-8 * bump(0, MOUTH, 35, 15)),
        "mouthRollUpper": moved(0, -1.5 * upper * edges, -2.5 * upper * edges),
        "mouthRollLower": moved(0, 1.2 * lower * edges, -2.5 * lower * edges),
        "mouthShrugUpper": moved(0, 2 * upper * lips, 0.5 * upper * lips),
        "mouthShrugLower": moved(0, 3.5 * lower * lips, 1.5 * lower * lips),
        "browInnerUp": moved(0, 6 * bump(0, 56, 18, 10), 0),
        "cheekPuff": moved(0, 0, 5 * (bump(38, -25, 14, 14) + bump(-38, -25, 14, 14))),
    }
    for side, left in (("Left", 1.0), ("Right", -1.0)):
        here = 1 / (1 + np.exp(-left * x / 4))
        corner = bump(left * MOUTH_CORNER, MOUTH, 12, 12)
        shut = eye * (left * x > 0)
        lid = over * np.exp(-height / 7) * shut
        low_lid = under * np.exp(-height / 6) * shut
        shapes |= {
            f"mouthSmile{side}": moved(left * 6 * corner, 8 * corner, -3 * corner),
            f"mouthFrown{side}": moved(left * 1 * corner, -5 * corner),
            f"mouthStretch{side}": moved(left * 6 * corner, -1 * corner, -2 * corner),
            f"mouthDimple{side}": moved(left * 3 * corner, 1 * corner, -4 * corner),
            f"mouthPress{side}": moved(0, (0.8 * lower - 0.8 * upper) * lips * here, -0.8 * lips * here),
            f"mouthUpperUp{side}": moved(0, 7 * upper * lips * here, 1 * upper * lips * here),
            f"mouthLowerDown{side}": moved(0, -7 * lower * lips * here, 1 * lower * lips * here),
            f"eyeBlink{side}": moved(0, -9.2 * lid + 0.2 * low_lid, 0.8 * lid),
            f"eyeSquint{side}": moved(0, 2.5 * low_lid - 1 * lid, 0.5 * low_lid),
            f"eyeWide{side}": moved(0, 2.5 * lid),
            f"eyeLookDown{side}": moved(0, -3 * lid - 0.5 * low_lid),
            f"eyeLookUp{side}": moved(0, 1.5 * lid),
            f"browDown{side}": moved(0, -5 * bump(left * 28, 54, 20, 9)),
            f"browOuterUp{side}": moved(0, 6 * bump(left * 48.5, 54, 10, 9)),
            f"cheekSquint{side}": moved(0, 4 * bump(left * 34, 14, 16, 9), 1.5 * bump(left * 34, 14, 16, 9)),
            f"noseSneer{side}": moved(0, 3 * bump(left * 9, -10, 7, 12)),
        }
    return shapes


# Loose pieces


def _strip(x: Doubles, top: float, bottom: float, depth: float) -> tuple[Doubles, NDArray[np.int64]]:
    """A row of teeth."""
    points = np.concatenate(
        [np.stack([x, np.full_like(x, y), np.full_like(x, depth)], axis=1) for y in (top, bottom)]
    )
    first = np.arange(len(x) - 1)
    quads = np.stack([first, first + len(x), first + len(x) + 1, first + 1], axis=1)
    return points, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def toy_face(
    unit: float = 1.0,
    axes: str = "y up, z front",
    mirrored: bool = False,
    seams: bool = False,
    leave_out: Callable[[str], bool] = lambda name: False,
    name: str = "toy",
    **changed: float,
) -> FaceMesh:
    """The face.

    Args:
        unit: Of the file, in mm: 1000 for metres, 10 for centimetres.
        axes: One of `AXES`.
        mirrored: Whether the names of left and right are exchanged.
        seams: Whether the vertices of the middle column are doubled, as where a texture is cut.
        leave_out: Shapes that the file does not have.
        changed: Shapes that go so many times as far.
    """
    sheet, triangles, lid_edges = _sheet()
    points, shapes = _points(sheet), _shapes(sheet)
    count, pieces = len(points), [triangles]
    lashes = points[np.unique(lid_edges)] + [0, 1.5, 5]
    growing = {vertex: count + row for row, vertex in enumerate(np.unique(lid_edges).tolist())}
    pieces.append(np.array([[right, left, growing[left]] for right, left in lid_edges]))
    across = np.arange(-20.0, 21.0, 2.0)
    parts = [points, lashes]
    for top, bottom in ((MOUTH + 9, MOUTH + 1), (MOUTH - 1, MOUTH - 9)):
        made, faces = _strip(across, top, bottom, 78.0)
        pieces.append(faces + sum(map(len, parts)))
        parts.append(made)
    jaw = np.zeros((len(across) * 4, 3))
    jaw[len(across) * 2 :] = 1
    whole = {
        key: np.concatenate(
            [moved, moved[np.unique(lid_edges)], jaw * ([0, -30, -8] if key == "jawOpen" else 0)]
        )
        for key, moved in shapes.items()
        if not leave_out(key)
    }
    ends = np.cumsum([0, *map(len, parts)]).tolist()
    points, triangles = np.concatenate(parts), np.concatenate(pieces)
    whole = {_named(key, mirrored): moved * changed.get(key, 1.0) for key, moved in whole.items()}
    if seams:
        points, triangles, whole = _cut(points, triangles, whole)
    turn = np.array(AXES[axes], float) / unit
    return FaceMesh(
        name,
        points @ turn,
        triangles.astype(np.int32),
        {key: moved @ turn for key, moved in whole.items()},
        {"skin": (ends[0], ends[1]), "lashes": (ends[1], ends[2]), "teeth": (ends[2], ends[4])},
    )


def _named(name: str, mirrored: bool) -> str:
    left, right = name.removesuffix("Left"), name.removesuffix("Right")
    if not mirrored or left == right:
        return name
    return left + "Right" if name.endswith("Left") else right + "Left"


def _cut(
    points: Doubles, triangles: NDArray[np.int64], shapes: Mapping[str, Doubles]
) -> tuple[Doubles, NDArray[np.int64], dict[str, Doubles]]:
    """The same with its middle column twice: once for each side."""
    middle = np.flatnonzero(points[:, 0] == 0)
    twin = np.arange(len(points))
    twin[middle] = len(points) + np.arange(len(middle))
    left = points[triangles, 0].min(axis=1) >= 0
    cut = np.where(left[:, None], twin[triangles], triangles)
    return (
        np.concatenate([points, points[middle]]),
        cut,
        {name: np.concatenate([moved, moved[middle]]) for name, moved in shapes.items()},
    )


# What is known of it


def lip_gap(x: Doubles) -> Doubles:
    """Gap of the lips at rest, mm."""
    return APART * _in_mouth(x)


def lid_gap(x: Doubles) -> Doubles:
    """Gap of the lids at rest, mm."""
    return OPENING * _in_eye(x)
