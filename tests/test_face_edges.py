"""Where a face is and how far its edges are apart, on surfaces and on a face of which both are known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face import Edges, Pair, Space, every, face_space, lids, lids_given, lips, lips_given, skin_of
from mien.face.cuts import cut
from tests.toy_face import AXES, EYE, EYE_CORNER, MOUTH_CORNER, lid_gap, lip_gap, toy_face

Doubles = NDArray[np.float64]


# Edges whose gap is known


def grid(x: Doubles, z: Doubles, first: int = 0) -> NDArray[np.int64]:
    """Triangles of a sheet whose vertices run over `x` first."""
    place = first + np.arange(len(z) * len(x)).reshape(len(z), len(x))
    a, b, c, d = (part.ravel() for part in (place[:-1, :-1], place[:-1, 1:], place[1:, 1:], place[1:, :-1]))
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def cushions(gap: float, tilt: float = 0.0, radius: float = 6.0) -> tuple[Edges, Doubles]:
    """Two round bars along x, one above the other; the upper one rises by `tilt` mm a mm to the left."""
    x, z = np.linspace(-20, 20, 9), np.linspace(-4, 4, 33)
    across, depth = np.meshgrid(x, z)
    round_ = radius - np.sqrt(radius**2 - depth**2)
    upper = np.stack([across, round_ + gap + tilt * across, depth], axis=-1).reshape(-1, 3)
    lower = np.stack([across, -round_, depth], axis=-1).reshape(-1, 3)
    return Edges(grid(x, z), grid(x, z, len(upper)), 20.0, -20.0), np.concatenate([upper, lower])


@given(st.floats(-3, 3), st.floats(-0.1, 0.1), st.lists(st.floats(-19, 19), min_size=1, max_size=5))
def test_the_gap_of_two_round_bars_is_the_one_between_them(gap: float, tilt: float, x: list[float]) -> None:
    edges, points = cushions(gap, tilt)
    columns = np.array(x)
    assert edges.gaps(points, columns) == pytest.approx(gap + tilt * columns, abs=1e-9)


@given(st.floats(-3, 3), st.floats(-2, 2))
def test_bars_that_are_shifted_in_depth_are_nearest_where_both_are_low(gap: float, shift: float) -> None:
    edges, points = cushions(gap)
    points[len(points) // 2 :, 2] += shift
    least = gap + 2 * (6 - np.sqrt(36 - (shift / 2) ** 2))
    assert edges.gaps(points, np.zeros(1)) == pytest.approx(least, abs=0.02)


def test_bars_that_pass_each_other_are_as_far_apart_as_they_look_from_the_front() -> None:
    edges, points = cushions(-2.0)
    points[len(points) // 2 :, 2] += 30
    assert edges.gaps(points, np.zeros(1)) == pytest.approx(-2.0)


def test_the_gap_of_lids_is_always_the_one_that_is_seen() -> None:
    edges, points = cushions(1.0)
    points[len(points) // 2 :, 2] += 3
    seen = Edges(edges.upper, edges.lower, edges.left, edges.right, seen=True)
    assert seen.gaps(points, np.zeros(1)) == pytest.approx(1.0)
    assert edges.gaps(points, np.zeros(1))[0] > 1.3


def test_a_cut_beside_a_surface_has_no_gap() -> None:
    edges, points = cushions(1.0)
    assert np.isnan(edges.gaps(points, np.array([-21.0, 0.0, 21.0]))).tolist() == [True, False, True]
    assert [touch is None for touch in edges.touches(points, np.array([-21.0, 0.0]))] == [True, False]


def test_cuts_lie_evenly_between_the_corners() -> None:
    edges, _ = cushions(1.0)
    assert edges.columns(5, margin=0.1) == pytest.approx([-16, -8, 0, 8, 16])


@given(st.integers(0, 10**6))
def test_the_nearest_points_are_sums_of_vertices_and_lie_as_far_apart_as_the_gap(seed: int) -> None:
    edges, points = cushions(1.0)
    points = points + np.random.default_rng(seed).normal(0, 0.3, points.shape)
    columns = edges.columns(7)
    gaps = edges.gaps(points, columns)
    for x, gap, touch in zip(columns, gaps, edges.touches(points, columns), strict=True):
        assert touch is not None
        assert touch.gap == gap
        ends = [shares @ points[vertices] for vertices, shares in (touch.upper, touch.lower)]
        assert [shares.sum() for _, shares in (touch.upper, touch.lower)] == pytest.approx([1, 1])
        assert [end[0] for end in ends] == pytest.approx([x, x])
        assert ends[0][1] - ends[1][1] == pytest.approx(gap)


@given(st.integers(0, 10**6))
def test_gaps_do_not_depend_on_the_order_of_triangles_and_mirror_with_the_face(seed: int) -> None:
    edges, points = cushions(0.5)
    chance = np.random.default_rng(seed)
    points = points + chance.normal(0, 0.3, points.shape)
    columns = edges.columns(7)
    gaps = edges.gaps(points, columns)
    mixed = Edges(chance.permutation(edges.upper), chance.permutation(edges.lower), edges.left, edges.right)
    assert np.array_equal(mixed.gaps(points, columns), gaps)
    assert edges.gaps(points * [-1, 1, 1], -columns) == pytest.approx(gaps)


def test_a_cut_goes_through_each_triangle_once_even_at_its_corners() -> None:
    points = np.array([[0.0, 0, 0], [2, 0, 0], [0, 2, 0], [2, 2, 0]])
    sections = cut(points, np.array([[0, 1, 2], [1, 3, 2]]), np.array([-1.0, 0, 1, 2, 3]))
    assert np.diff(sections.first).tolist() == [0, 2, 2, 0, 0]
    assert sections.ends(lowest=True).tolist() == [np.inf, 0, 0, np.inf, np.inf]
    assert sections.ends(lowest=False).tolist() == [-np.inf, 2, 2, -np.inf, -np.inf]


# A face of which all is known


@dataclass(frozen=True)
class Face:
    """The toy, as shapes move it, in its own space."""

    space: Space
    points: Doubles
    triangles: NDArray[np.int64]
    skin: NDArray[np.int64]
    shapes: dict[str, Doubles]

    def moved(self, *names: str) -> Doubles:
        return sum((self.shapes[name] for name in names), np.zeros_like(self.points))


@cache
def face(unit: float = 1.0, axes: str = "y up, z front", mirrored: bool = False, seams: bool = False) -> Face:
    mesh = toy_face(unit, axes, mirrored, seams)
    shapes = {name: np.asarray(moved, np.float64) for name, moved in mesh.shapes.items()}
    pair = Pair("eyeBlink", shapes["eyeBlinkLeft"], shapes["eyeBlinkRight"], 64.0)
    space = face_space(mesh.vertices, [pair], shapes["jawOpen"])
    triangles = mesh.triangles.astype(np.int64)
    skin = skin_of(mesh.vertices, triangles, every([shapes[name] for name in ("jawOpen", "mouthSmileLeft")]))
    into = {name: space.into(moved) for name, moved in shapes.items()}
    return Face(space, space.into(mesh.vertices), triangles, skin, into)


def lips_of(face: Face) -> Edges:
    raised = face.moved("mouthUpperUpLeft", "mouthUpperUpRight")
    lowered = face.moved("mouthLowerDownLeft", "mouthLowerDownRight")
    return lips(face.points, face.skin, raised, lowered, face.moved("jawOpen"))


def lids_of(face: Face, side: str) -> Edges:
    names = [f"{stem}{side}" for stem in ("eyeBlink", "eyeSquint", "eyeWide")]
    closed = face.moved(names[0])
    return lids(face.points, face.skin, closed, every([face.moved(name) for name in names]), side.lower())


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("unit", [1.0, 10.0, 1000.0, 1e-6, 1e6])
@pytest.mark.parametrize("axes", AXES)
def test_millimetres_and_the_way_up_are_found_in_any_file(axes: str, unit: float, mirrored: bool) -> None:
    space = face(unit, axes, mirrored).space
    left, up, front = np.array(AXES[axes])
    sides = [-left, up, -front] if mirrored else [left, up, front]
    assert np.array_equal(space.axes, sides)
    assert space.scale == pytest.approx(unit)


@pytest.mark.parametrize("seams", [False, True])
@pytest.mark.parametrize("axes", AXES)
def test_lips_and_lids_are_found_in_any_file(axes: str, seams: bool) -> None:
    found = face(10.0, axes, mirrored=axes == "x up, y front", seams=seams)
    mouth = lips_of(found)
    assert (mouth.right, mouth.left) == pytest.approx((-MOUTH_CORNER, MOUTH_CORNER), abs=1.1)
    columns = mouth.columns(9)
    assert mouth.gaps(found.points, columns) == pytest.approx(lip_gap(columns), abs=0.03)
    for side, middle in (("Left", EYE), ("Right", -EYE)):
        eye = lids_of(found, side)
        assert (eye.right, eye.left) == pytest.approx((middle - EYE_CORNER, middle + EYE_CORNER), abs=1.1)
        columns = eye.columns(9)
        assert eye.gaps(found.points, columns) == pytest.approx(lid_gap(columns), abs=0.1)


def test_edges_that_are_given_are_those_that_are_found() -> None:
    toy = face()
    found, eye = lips_of(toy), lids_of(toy, "Left")
    near = [np.unique(part) for part in (found.upper, found.lower)]
    given_ = lips_given(toy.points, toy.triangles, near[0], near[1], toy.moved("jawOpen"))
    assert (given_.left, given_.right) == pytest.approx((found.left, found.right), abs=1.1)
    columns = found.columns(9)
    assert given_.gaps(toy.points, columns) == pytest.approx(found.gaps(toy.points, columns), abs=0.05)
    near = [np.unique(part) for part in (eye.upper, eye.lower)]
    given_ = lids_given(toy.points, toy.triangles, near[0], near[1], "left")
    assert (given_.left, given_.right) == pytest.approx((eye.left, eye.right), abs=1.1)
    columns = eye.columns(9)
    assert given_.gaps(toy.points, columns) == pytest.approx(eye.gaps(toy.points, columns), abs=0.05)


def test_the_vertices_on_the_very_edges_will_do() -> None:
    toy = face()
    found = lips_of(toy)
    x, y, _ = toy.points.T
    on_edge = [
        np.flatnonzero(np.isclose(y, -34 + way * lip_gap(x) / 2) & (lip_gap(x) > 0)) for way in (1, -1)
    ]
    given_ = lips_given(toy.points, toy.triangles, on_edge[0], on_edge[1], toy.moved("jawOpen"))
    columns = found.columns(9)
    assert given_.gaps(toy.points, columns) == pytest.approx(lip_gap(columns), abs=0.05)


@pytest.mark.parametrize("seams", [False, True])
def test_teeth_and_lashes_are_no_skin(seams: bool) -> None:
    parts, used = toy_face(seams=seams).parts, np.unique(face(seams=seams).skin)
    inside = {name: np.isin(np.arange(*ends), used).mean() for name, ends in parts.items()}
    assert inside["lashes"] == inside["teeth"] == 0
    assert (
        inside["skin"] > 0.97
    )  # lashes grow between the lid and its inside, which therefore hang not together


def test_the_skin_does_not_depend_on_the_order_of_triangles_and_takes_none_without_area() -> None:
    toy = face()
    moved = every([toy.moved("jawOpen"), toy.moved("mouthSmileLeft")])
    vertices = toy.points.astype(np.float32)
    mixed = np.random.default_rng(0).permutation(toy.triangles)
    points = np.repeat(np.unique(toy.skin)[:50, np.newaxis], 3, axis=1)
    skin = skin_of(vertices, np.concatenate([mixed, points]), moved)
    assert sorted(map(tuple, skin.tolist())) == sorted(map(tuple, toy.skin.tolist()))


# Refusals


def test_a_jaw_that_nothing_opens_is_said() -> None:
    toy = face()
    pair = Pair("eyeBlink", toy.moved("eyeBlinkLeft"), toy.moved("eyeBlinkRight"), 64.0)
    with pytest.raises(MeshError, match="No shape of the mesh opens the jaw; map one to it"):
        face_space(toy.points.astype(np.float32), [pair], np.zeros_like(toy.points))


def test_sides_that_nothing_tells_apart_are_said() -> None:
    toy = face()
    both = toy.moved("eyeBlinkLeft", "eyeBlinkRight")
    still = Pair("browOuterUp", 1e-7 * both, 1e-7 * toy.moved("eyeBlinkRight"), 97.0)
    with pytest.raises(MeshError, match="No pair of shapes tells left from right: one that closes"):
        vertices = toy.points.astype(np.float32)
        face_space(vertices, [Pair("eyeBlink", both, 0.9 * both, 64.0), still], toy.moved("jawOpen"))


def test_shapes_on_the_wrong_side_are_said() -> None:
    toy = face()
    blink = Pair("eyeBlink", toy.moved("eyeBlinkLeft"), toy.moved("eyeBlinkRight"), 64.0)
    smile = Pair("mouthSmile", toy.moved("mouthSmileRight"), toy.moved("mouthSmileLeft"), 49.0)
    with pytest.raises(MeshError, match="'eyeBlink' and 'mouthSmile' do not agree where the left side is"):
        face_space(toy.points.astype(np.float32), [blink, smile], toy.moved("jawOpen"))


def test_a_jaw_that_opens_sideways_is_said() -> None:
    toy = face()
    blink = Pair("eyeBlink", toy.moved("eyeBlinkLeft"), toy.moved("eyeBlinkRight"), 64.0)
    with pytest.raises(
        MeshError, match="What opens the jaw moves the way that leads from the right 'eyeBlink'"
    ):
        face_space(toy.points.astype(np.float32), [blink], toy.moved("mouthLeft"))


def test_lips_that_part_nowhere_are_no_mouth() -> None:
    toy = face()
    with pytest.raises(
        MeshError, match="The mesh has no mouth that opens: where its shapes move the lips, no gap"
    ):
        lips(toy.points, toy.skin, toy.moved("browInnerUp"), toy.moved("browDownLeft"), toy.moved("jawOpen"))


def test_a_lip_that_nothing_raises_is_said() -> None:
    toy = face()
    with pytest.raises(
        MeshError, match="No shape of the mesh raises the upper lip; map one to it, or give the"
    ):
        lips(toy.points, toy.skin, toy.moved("mouthLeft"), toy.moved("jawOpen"), toy.moved("jawOpen"))


def test_an_eye_that_is_no_hole_is_said() -> None:
    toy = face()
    frown = toy.moved("browDownLeft")
    with pytest.raises(MeshError, match="The left eye has no opening between an upper and a lower lid"):
        lids(toy.points, toy.skin, frown, every([frown]), "left")


@pytest.mark.parametrize("upper", [[], [0, 1, 2]])
def test_given_vertices_without_triangles_of_their_own_are_said(upper: list[int]) -> None:
    toy = face()
    numbers = np.array(upper, np.int64)
    with pytest.raises(
        MeshError, match="The vertices given as the upper edge have no triangles, or none that"
    ):
        lips_given(toy.points, toy.triangles, numbers, np.arange(len(toy.points)), toy.moved("jawOpen"))


def test_given_edges_that_are_exchanged_are_said() -> None:
    toy = face()
    found = lips_of(toy)
    with pytest.raises(MeshError, match="or give the right indices of the lips"):
        lips_given(toy.points, toy.triangles, found.lower.ravel(), found.upper.ravel(), toy.moved("jawOpen"))
    eye = lids_of(toy, "Right")
    with pytest.raises(MeshError, match=r"The right eye has no opening .* give the right indices of both"):
        lids_given(toy.points, toy.triangles, eye.lower.ravel(), eye.upper.ravel(), "right")
