"""A head that can be posed: a mesh with ARKit's shapes, what it looks like, and where its neck is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face import EYES_APART, FaceMesh, Look, Pair, Space, face_space, read_head
from mien.preview.neck import Neck, neck_of
from mien.rig import find_rig, load_rig

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

TURNS: Final = ("headYaw", "headPitch", "headRoll")
"""Curves that turn the head, rad."""

LIPS: Final = (
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthUpperUpLeft",
    "mouthLowerDownLeft",
    "mouthSmileLeft",
)
"""Shapes of which a head needs one at least, beside `jawOpen`."""

APART: Final = {"eyeBlink": EYES_APART, "browOuterUp": 97.0, "mouthSmile": 49.0, "mouthLowerDown": 24.0}
"""Pairs that tell left from right, and how far apart they act on a face whose eyes are 64 mm apart."""

EYE_TO_MOUTH, MOUTH_TO_CHIN = 66.0, 45.0
"""Heights of a face, mm, for heads whose shapes do not tell."""

BESIDE: Final = 15.0
"""How far from the middle the chin is looked for, mm."""

BEHIND: Final = 40.0
"""How far behind the lips, mm: farther back is the throat."""

HIGHEST: Final = 2.4
"""How far above the eyes the crown may be, in distances from eyes to mouth: above that are hats."""

METRES: Final = Space(np.eye(3), 1000.0)
"""What glTF prescribes, for heads whose shapes do not tell left from right."""


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Places on a head at rest, mm in its own space, each of shape (3,)."""

    eyes: Doubles
    """Midway between the eyes."""

    mouth: Doubles
    """Middle of the mouth."""

    chin: Doubles
    """Lowest point of the jaw, in the middle."""

    crown: Doubles
    """Highest point of the head, or of a hat that is not too high."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A head to show. Anything that holds one can be sent to another process."""

    name: str
    """The file's, without suffix."""

    look: Look
    rest: Floats
    """Shape (vertices, 3), read-only: the neutral head in the file's own unit and axes."""

    triangles: NDArray[np.int32]
    """Shape (triangles, 3), read-only: rows of `rest`, counterclockwise from outside."""

    moves: Mapping[str, tuple[NDArray[np.int32], Floats]]
    """By curve, the rows that its shape moves, and their displacements at weight 1."""

    space: Space
    """How to get from the file's space to mm, X to the head's left, Y up, Z to the front."""

    places: Landmarks
    neck: Neck

    def pose(self, names: Sequence[str], row: Sequence[float] | NDArray[np.floating]) -> Floats:
        """The vertices, shape (vertices, 3), with the curves `names` at the values `row`.

        A curve that is no shape of the head changes nothing; `headYaw`, `headPitch` and `headRoll` turn it.
        """
        weights = dict(zip(names, np.asarray(row, np.float64).tolist(), strict=True))
        points = self.rest.copy()
        for name, weight in weights.items():
            if weight and name in self.moves:
                rows, moved = self.moves[name]
                points[rows] += np.float32(weight) * moved
        yaw, pitch, roll = (weights.get(turn, 0.0) for turn in TURNS)
        return self.neck.turned(points, yaw, pitch, roll)

    def can(self, names: Sequence[str]) -> list[str]:
        """Those of `names` that do something to this head."""
        return [name for name in names if name in self.moves or name in TURNS]


def load_head(path: Path) -> Head:
    """The head in `path`: .glb, .gltf, .vrm, .npz or a folder of .obj files, with ARKit's shapes.

    Names in other letters (`JawOpen`, `jaw_open`, `eyeBlink_L`, `Face.jawOpen`) are taken for ARKit's.

    Raises:
        MeshError: As `read_head`, or without the shapes that a speaking head needs.
    """
    mesh, look = read_head(path)
    shapes = _by_curve(mesh)
    _check_shapes(shapes, path)
    space = _space(mesh, shapes)
    points = space.into(mesh.vertices)
    places = _places(points, {name: space.into(moved) for name, moved in shapes.items() if name in _TELLING})
    joint, share = neck_of(points, places.chin, places.eyes)
    neck = Neck(joint / space.scale @ space.axes, share, space.axes)
    moves = {name: _sparse(moved) for name, moved in shapes.items()}
    return Head(mesh.name, look, mesh.vertices, mesh.triangles, moves, space, places, neck)


_TELLING: Final = {"jawOpen", "eyeBlinkLeft", "eyeBlinkRight", *LIPS}
"""Shapes that places are found by."""


def _by_curve(mesh: FaceMesh) -> dict[str, Floats]:
    """The shapes of `mesh` that move it, by the curves that drive them: ARKit's where they are that."""
    known = {_plain(name): name for name in load_rig(find_rig("arkit")).names}
    shapes: dict[str, Floats] = {name: moved for name, moved in mesh.shapes.items() if moved.any()}
    for name, moved in list(shapes.items()):
        shapes.setdefault(known.get(_plain(name), name), moved)
    return shapes


def _plain(name: str) -> str:
    """`name` without what tools add: `Face.eyeBlink_L` is eyeblinkleft."""
    stem = name.rsplit(".", 1)[-1]
    for short, side in (("_L", "Left"), ("_R", "Right")):
        stem = stem.removesuffix(short) + side if stem.endswith(short) else stem
    return stem.replace("_", "").replace(" ", "").lower()


def _check_shapes(shapes: Mapping[str, Floats], path: Path) -> None:
    missing = [] if "jawOpen" in shapes else ["jawOpen"]
    if not any(name in shapes for name in LIPS):
        missing.append(f"one of {', '.join(LIPS)}")
    if missing:
        raise MeshError(
            f"{path}: has {len(shapes)} shapes that move it and lacks {' and '.join(missing)}, without which "
            "it cannot speak; export it with ARKit's 52 shapes, or make a rig for its own: mien rig new NAME "
            f"--from {path.name}"
        )


def _space(mesh: FaceMesh, shapes: Mapping[str, Floats]) -> Space:
    def moved(curve: str) -> Doubles:
        return np.asarray(shapes.get(curve, np.zeros_like(mesh.vertices)), np.float64)

    pairs = [Pair(stem, moved(stem + "Left"), moved(stem + "Right"), apart) for stem, apart in APART.items()]
    try:
        return face_space(mesh.vertices, pairs, moved("jawOpen"))
    except MeshError:  # lids on bones, say: still a head that can be shown
        return METRES


def _places(points: Doubles, shapes: Mapping[str, Doubles]) -> Landmarks:
    mouth = _middle(points, [shapes[name] for name in LIPS if name in shapes][:1])
    lids = [shapes[name] for name in ("eyeBlinkLeft", "eyeBlinkRight") if name in shapes]
    eyes = _middle(points, lids) if lids else mouth + np.array([0.0, EYE_TO_MOUTH, 0.0])
    eyes[0] = mouth[0] = (eyes[0] + mouth[0]) / 2
    far = np.linalg.norm(shapes["jawOpen"], axis=1)
    near = (np.abs(points[:, 0] - mouth[0]) < BESIDE) & (points[:, 2] > mouth[2] - BEHIND)
    jaw = points[(far > 0.5 * far.max()) & near]
    chin = jaw[np.argmin(jaw[:, 1])] if len(jaw) else mouth - np.array([0.0, MOUTH_TO_CHIN, 0.0])
    reach = eyes[1] - mouth[1]
    above = points[(np.abs(points[:, 0] - eyes[0]) < 60) & (points[:, 1] < eyes[1] + HIGHEST * reach)]
    return Landmarks(eyes, mouth, chin, above[np.argmax(above[:, 1])])


def _middle(points: Doubles, shapes: Sequence[Doubles]) -> Doubles:
    """Where `shapes` act together: the mean place, vertices counting with the square of how far they move."""
    weights = sum(np.square(moved).sum(axis=1) for moved in shapes)
    return np.asarray(np.average(points, axis=0, weights=weights), np.float64)


def _sparse(moved: Floats) -> tuple[NDArray[np.int32], Floats]:
    rows = np.flatnonzero(moved.any(axis=1)).astype(np.int32)
    return rows, np.ascontiguousarray(moved[rows])
