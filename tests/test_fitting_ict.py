"""The fit on faces of people: over more than a minute of real speech lips and lids meet, and nothing crosses.

The ICT face (MIT, not ours to ship, so read from `../shared`) and three characters, each its neutral plus
forty random components of identity. What `mien.face` measures in upright cuts is measured a second time by
rays that know nothing of edges: shot from the front, they count how often they enter and leave the skin.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import mien
from mien.face import Edges, FaceMesh
from mien.fitting import Fitted, fit_to_mesh
from mien.fitting.closed import blinking
from mien.fitting.closeup import close_up
from mien.fitting.fit import _lids, _lips
from mien.fitting.worn import WornRig, wear
from mien.rig import Rig, drive
from mien.values import CHANNEL_INDEX, Motion
from tests.rig_motion import ARKIT

pytestmark = pytest.mark.heavy

FACES = ("ICT", "first", "second", "third")
COMPONENTS = 40
RECORDINGS = 4
"""Of each of two readers, whom no part of the fit has heard."""

STEP = 0.05
"""Between rays, mm."""

Doubles = NDArray[np.float64]


@pytest.fixture(scope="session")
def speech(shared: Path) -> Motion:
    """Two readers."""
    folder = shared / "data" / "librispeech"
    files = [path for who in ("8226", "5652") for path in sorted(folder.glob(f"{who}-*.ogg"))[:RECORDINGS]]
    values = np.concatenate([mien.bake(path).motion.values for path in files])
    assert len(values) >= 60 * 50
    return Motion(values)


@dataclass(frozen=True)
class Person:
    """A mesh, a rig that was fitted to it, and where its edges are."""

    fitted: Fitted
    worn: WornRig
    edges: Mapping[str, Edges]


@pytest.fixture(scope="session")
def person(shared: Path, speech: Motion) -> Callable[[str], Person]:
    """The faces by name, each fitted once."""

    @cache
    def made(name: str) -> Person:
        mesh = mesh_of(shared / "reference" / "ict_facekit", FACES.index(name))
        fitted = fit_to_mesh(ARKIT, mesh, speech)
        worn = wear(Rig(ARKIT.name, ARKIT.title, ARKIT.curves, ARKIT.groups, fitted.rig.drives), mesh)
        lids = {f"lids{side}": _lids(worn, {}, side) for side in ("Left", "Right")}
        return Person(fitted, worn, {"lips": _lips(worn, {}), **lids})

    return made


def mesh_of(folder: Path, number: int) -> FaceMesh:
    """The neutral face, or with some other identity, with its shapes by ARKit's names."""
    file = np.load(folder / "ict_facekit_light_expr.npz", allow_pickle=False)
    rows = dict(zip(file["expression_names"].tolist(), file["expression_deltas"], strict=True))
    shapes: dict[str, Doubles] = {}
    with (folder / "expressions_to_arkit.tsv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            shapes[row["arkit"]] = shapes.get(row["arkit"], 0) + rows[row["ict_shape"]]
    vertices = file["vertices"]
    if number:
        identity = np.load(folder / "ict_facekit_light_identity100.npz")["identity_deltas"][:COMPONENTS]
        weights = np.random.default_rng(number).normal(0, 1, COMPONENTS)
        vertices = vertices + np.tensordot(weights, identity.astype(np.float32), 1)
    return FaceMesh(FACES[number], vertices, file["tris"].astype(np.int32), shapes, {})


def between(edges: Edges, fitted: int) -> Doubles:
    """Cuts halfway between those that were fitted."""
    columns = edges.columns(fitted)
    return (columns[1:] + columns[:-1]) / 2


def gaps(person: Person, name: str, rows: NDArray[np.float32], rig: Rig | None = None) -> Doubles:
    """Gaps in cuts that no fit has seen, mm."""
    near = close_up(person.worn, person.edges[name])
    contact = next(contact for contact in person.fitted.rig.contacts if contact.name == name)
    curves = drive(rows, rig or person.fitted.rig).astype(np.float64)
    return near.gaps(curves, between(near.edges, len(contact.rest)))


def asked(values: NDArray[np.float32], demand: str, full: float) -> NDArray[np.float32]:
    return values[values[:, CHANNEL_INDEX[demand]] >= full]


@pytest.mark.parametrize("name", FACES)
def test_lips_close_in_speech(person: Callable[[str], Person], speech: Motion, name: str) -> None:
    closures = asked(speech.values, "lipClosure", 0.8)
    assert len(closures) > 80
    assert gaps(person(name), "lips", closures).max() <= 0.3


@pytest.mark.parametrize("name", FACES)
def test_lips_never_cross(person: Callable[[str], Person], speech: Motion, name: str) -> None:
    deepest = -np.nanmin(gaps(person(name), "lips", speech.values[::2]), axis=1)
    assert (deepest > 0.5).mean() <= 0.002
    assert deepest.max() <= (0.5 if name == "ICT" else 0.6)  # two frames in 89 s, half closed on a wide jaw
    assert -np.nanmin(gaps(person(name), "lips", speech.values[::9], ARKIT)) > 1.2  # so it was the fit


@pytest.mark.parametrize("side", ["Left", "Right"])
@pytest.mark.parametrize("name", FACES)
def test_lids_meet(person: Callable[[str], Person], speech: Motion, name: str, side: str) -> None:
    rows = blinking(f"eyeBlink{side}", speech).values
    shut = asked(rows, f"eyeBlink{side}", 0.95)[::2]
    assert gaps(person(name), f"lids{side}", shut).max() <= 0.3
    assert gaps(person(name), f"lids{side}", shut, ARKIT).max() > 0.8


@pytest.mark.parametrize("name", FACES)
def test_edges_lie_where_the_landmarks_are(person: Callable[[str], Person], shared: Path, name: str) -> None:
    file = np.load(shared / "reference" / "ict_facekit" / "ict_facekit_light_expr.npz")
    x, *_ = person(name).worn.points[file["landmarks68"]].T
    lips = person(name).edges["lips"]
    assert (lips.right, lips.left) == pytest.approx((x[60], x[64]), abs=1.1)
    for side, outer, inner in (("Left", 45, 42), ("Right", 36, 39)):
        lids = person(name).edges[f"lids{side}"]
        ends = sorted([lids.left, lids.right], key=abs)
        # The landmark is the tip of the skin; the opening begins 3 mm from it, beside the tear duct.
        assert ends[0] == pytest.approx(x[inner] * (1 + 3 / abs(x[inner])), abs=1.5)
        assert ends[1] == pytest.approx(x[outer], abs=2.5)


# Rays


def rays(
    points: Doubles, triangles: NDArray[np.int64], x: float, y: Doubles
) -> tuple[Doubles, Doubles, NDArray[np.int64]]:
    """Where rays from the front at `x` and each `y` meet triangles.

    Returns:
        Depth, (triangles, rays), NaN where one misses; 1 for triangles that face the front and -1 for others;
        their numbers.
    """
    corners = points[triangles]
    near = (corners[..., 0].min(axis=1) <= x) & (corners[..., 0].max(axis=1) > x)
    near &= (corners[..., 1].max(axis=1) > y[0]) & (corners[..., 1].min(axis=1) < y[-1])
    one, two, three = corners[near].transpose(1, 2, 0)[..., np.newaxis]
    way = np.cross(two - one, three - one, axis=0)
    facing = np.sign(way[2])
    inside = np.ones((near.sum(), len(y)), bool)
    for start, end in ((one, two), (two, three), (three, one)):
        inside &= ((end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0])) * facing >= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = one[2] - (way[0] * (x - one[0]) + way[1] * (y - one[1])) / way[2]
    return np.where(inside & (facing != 0), depth, np.nan), facing[:, 0], np.flatnonzero(near)


def slit(points: Doubles, skin: NDArray[np.int64], outer: NDArray[np.bool_], x: float, y: Doubles) -> float:
    """How tall a slit is, mm, through which rays see no `outer` skin."""
    depth, _, number = rays(points, skin, x, y)
    first = np.where(np.isnan(depth), -np.inf, depth).argmax(axis=0)
    seen = np.isfinite(depth).any(axis=0) & outer[number[first]]
    return STEP * max(map(len, "".join(" " if skin else "x" for skin in seen).split()), default=0)


def shared_flesh(points: Doubles, skin: NDArray[np.int64], x: float, y: Doubles) -> float:
    """How thick, mm, the flesh is that belongs to two: there rays have entered the skin twice and not
    left."""
    depth, facing, _ = rays(points, skin, x, y)
    places = np.arange(np.nanmax(depth) - 25, np.nanmax(depth), 0.1)
    triangle, ray = np.nonzero(np.isfinite(depth))
    passed = np.zeros((len(y), len(places) + 1))
    np.add.at(passed, (ray, np.searchsorted(places, depth[triangle, ray])), facing[triangle])
    entered = np.cumsum(passed[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return float((entered >= 2).sum(axis=0).max() * STEP)


def test_rays_see_a_slit_and_an_overlap_as_large_as_they_are() -> None:
    def block(low: float, high: float) -> tuple[Doubles, NDArray[np.int64]]:
        corners = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (low, high) for z in (0.0, 4.0)])
        faces = [(1, 5, 7, 3), (0, 2, 6, 4), (2, 3, 7, 6), (0, 4, 5, 1)]
        quads = np.array(faces)
        return corners, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])

    y = np.arange(-2, 2, STEP)
    for shift, tall, thick in ((0.7, 0.7, 0.0), (-0.4, 0.0, 0.4)):
        (lower, faces), (upper, more) = block(-3, 0), block(shift, 3)
        back = np.array([[-9.0, -9, -9], [9, -9, -9], [0, 9, -9]])
        triangles = np.concatenate([faces, more + 8, [[16, 17, 18]]])
        outer = np.arange(len(triangles)) < 16
        points = np.concatenate([lower, upper, back])
        assert slit(points, triangles, outer, 0.03, y) == pytest.approx(tall, abs=1.5 * STEP)
        assert shared_flesh(points, triangles, 0.03, y) == pytest.approx(thick, abs=1.5 * STEP)


@pytest.mark.parametrize("name", FACES)
def test_rays_find_no_light_between_closed_lips_and_little_shared_flesh(
    person: Callable[[str], Person], speech: Motion, shared: Path, name: str
) -> None:
    who = person(name)
    outer = (who.worn.skin < face_end(shared)).all(axis=1)
    closures = drive(asked(speech.values, "lipClosure", 0.8)[::7], who.fitted.rig).astype(np.float64)
    columns = between(who.edges["lips"], 11)
    for face in closures:
        points = who.worn.posed(face)
        for x, touch in zip(columns, who.edges["lips"].touches(points, columns), strict=True):
            assert touch is not None
            line = float(touch.lower[1] @ points[touch.lower[0], 1])
            y = np.arange(line - 6, line + 6, STEP)
            assert slit(points, who.worn.skin, outer, x, y) <= 0.3
            thick = shared_flesh(points, who.worn.skin, x, y)
            assert thick <= 0.5
            assert thick == pytest.approx(max(0, -touch.gap), abs=0.2)


@pytest.mark.parametrize("name", FACES)
def test_rays_find_no_eye_between_shut_lids(
    person: Callable[[str], Person], speech: Motion, shared: Path, name: str
) -> None:
    who = person(name)
    outer = (who.worn.skin < face_end(shared)).all(axis=1)
    edges = who.edges["lidsLeft"]
    rows = asked(blinking("eyeBlinkLeft", speech).values, "eyeBlinkLeft", 0.95)
    below = who.worn.points[np.unique(edges.lower), 1]
    height = np.arange(below.min(), below.max() + 8, STEP)

    def widest(rig: Rig, step: int) -> float:
        posed = [who.worn.posed(face) for face in drive(rows[::step], rig).astype(np.float64)]
        return max(
            slit(points, who.worn.skin, outer, x, height) for points in posed for x in between(edges, 9)
        )

    assert widest(who.fitted.rig, 101) <= 0.3
    assert widest(ARKIT, 101) > 0.5


def face_end(shared: Path) -> int:
    """Vertices of the outer face come first; after them neck, mouth and eye sockets."""
    file = np.load(shared / "reference" / "ict_facekit" / "ict_facekit_light_expr.npz")
    assert file["region_names"][0] == "face"
    return int(file["region_first_last"][0, 1]) + 1
