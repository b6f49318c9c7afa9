"""A rig fitted to a mesh: lips and lids that meet, all else left alone, and one sentence where it cannot be.

On the toy face, of which all is known; `test_fitting_ict.py` does the same on faces of people.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mien
from mien.face import FaceMesh
from mien.fitting import Fitted, fit_to_mesh
from mien.fitting.closed import blinking, spoken_lips
from mien.fitting.closeup import close_up
from mien.fitting.contacts import _mirrored
from mien.fitting.fit import _lids, _lips
from mien.fitting.gains import gains, with_gains
from mien.fitting.movable import inherited, with_limits
from mien.fitting.worn import WornRig, curves_of, wear
from mien.fitting.written import map_with_fit, said, source_of
from mien.rig import Drive, Source, Term, drive, find_rig, load_rig
from mien.rig.read import read_object
from mien.rig.write import write_rig
from mien.values import CHANNEL_INDEX, Motion
from tests.rig_motion import ARKIT, any_rows, motion
from tests.toy_face import toy_face
from tests.toy_fits import FULL, changed, gaps


@pytest.fixture(scope="session")
def line(demo_line: Path) -> Motion:
    """What the mouth does in the demo line."""
    return mien.bake(demo_line).motion


@pytest.fixture(scope="session")
def fitted(line: Motion) -> Fitted:
    """ARKit's curves on the toy, gains left at 1."""
    return fit_to_mesh(ARKIT, toy_face(), line, scale=False)


@pytest.fixture(scope="session")
def worn(fitted: Fitted) -> WornRig:
    """The toy that wears the fitted rig."""
    return wear(fitted.rig, toy_face())


def face(**channels: float) -> np.ndarray:
    return motion(**channels).values


def both(**channels: float) -> np.ndarray:
    """One row, channels set on both sides."""
    return face(**{name + side: value for name, value in channels.items() for side in ("Left", "Right")})


# Edges meet


def test_lips_are_closed_in_every_frame_that_asks_for_it(worn: WornRig, line: Motion) -> None:
    asked = line.values[:, CHANNEL_INDEX["lipClosure"]]
    assert (asked >= FULL["lips"]).sum() >= 10
    closed = gaps(worn, "lips", line.values[asked >= FULL["lips"]])
    assert closed.max() <= 0.3
    assert gaps(worn, "lips", line.values[asked >= FULL["lips"]], ARKIT).max() > 0.4  # so it was the fit


def test_lips_never_go_deep_into_each_other(worn: WornRig, line: Motion) -> None:
    assert gaps(worn, "lips", line.values).min() >= -0.5
    assert gaps(worn, "lips", line.values, ARKIT).min() < -0.55


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_lids_meet_in_every_blink_wherever_the_eye_looks(worn: WornRig, line: Motion, side: str) -> None:
    rows = blinking(f"eyeBlink{side}", line).values
    shut = rows[rows[:, CHANNEL_INDEX[f"eyeBlink{side}"]] >= FULL[f"lids{side}"]]
    assert gaps(worn, f"lids{side}", shut).max() <= 0.3
    assert gaps(worn, f"lids{side}", shut, ARKIT).max() > 0.8


def test_the_report_says_what_is_measured_here(fitted: Fitted, worn: WornRig, line: Motion) -> None:
    seal = fitted.report.seals["lips"]
    asked = line.values[:, CHANNEL_INDEX["lipClosure"]] >= FULL["lips"]
    assert seal.frames == asked.sum()
    assert seal.widest == pytest.approx(
        max(0, gaps(worn, "lips", line.values[asked], cuts=19).max()), abs=0.01
    )
    assert seal.deepest == pytest.approx(-gaps(worn, "lips", line.values, cuts=19).min(), abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_closures_that_were_not_fitted_are_closed_as_well(worn: WornRig, seed: int) -> None:
    rows = spoken_lips(60, np.random.default_rng(1000 + seed))
    found = gaps(worn, "lips", rows)
    assert found.max() <= 0.3
    assert found.min() >= -0.5


def test_a_half_demand_leaves_half_the_gap(worn: WornRig) -> None:
    contact = worn.rig.contacts[0]
    half = (contact.begin + contact.full) / 2
    free = gaps(worn, "lips", face(jawOpen=0.2, lipClosure=half), ARKIT)
    left = gaps(worn, "lips", face(jawOpen=0.2, lipClosure=half))
    assert left == pytest.approx(0.5 * free - 0.5 * contact.press, abs=0.6)


@pytest.mark.parametrize("demand", ["lipClosure", "eyeBlinkLeft"])
def test_edges_meet_smoothly_as_the_demand_grows(worn: WornRig, demand: str) -> None:
    def steepest(steps: int) -> float:
        rows = np.repeat(both(mouthSmile=0.3, eyeSquint=0.3), steps + 1, axis=0)
        rows[:, CHANNEL_INDEX["jawOpen"]] = 0.3
        rows[:, CHANNEL_INDEX[demand]] = np.linspace(0, 1, steps + 1)
        return float(np.abs(np.diff(drive(rows, worn.rig), axis=0)).max())

    assert steepest(400) < 0.03
    assert steepest(4000) < 0.15 * steepest(400)


# All else is left alone


def test_frames_that_need_nothing_are_the_same_to_the_bit(fitted: Fitted, line: Motion) -> None:
    plain, after = drive(line.values, ARKIT), drive(line.values, fitted.rig)
    contact = fitted.rig.contacts[0]
    known = [ARKIT.names.index(name) for name in contact.gaps]
    sums = np.array(contact.rest) + plain[:, known].astype(float) @ np.array(list(contact.gaps.values()))
    asked = line.values[:, CHANNEL_INDEX["lipClosure"]] > contact.begin
    free = ~asked & (sums.min(axis=1) > -contact.cross)
    assert free.sum() > 50
    assert plain[free].tobytes() == after[free].tobytes()
    assert (plain[asked] != after[asked]).any()


@given(any_rows)
def test_curves_that_may_not_give_way_never_do_and_all_stay_within_limits(
    fitted: Fitted, rows: np.ndarray
) -> None:
    plain, after = drive(rows, ARKIT), drive(rows, fitted.rig)
    moving = {name for contact in fitted.rig.contacts for name in contact.moves}
    still = [row for row, name in enumerate(ARKIT.names) if name not in moving]
    assert {"jawOpen", "eyeLookDownLeft", "eyeLookUpRight"} <= {ARKIT.names[row] for row in still}
    assert plain[:, still].tobytes() == after[:, still].tobytes()
    assert after.min() >= 0
    assert after.max() <= 1
    names = list(ARKIT.names)
    assert (after[:, names.index("mouthClose")] <= after[:, names.index("jawOpen")]).all()


@given(any_rows, st.integers(1, 39))
@settings(max_examples=25)
def test_any_chunking_gives_the_same_bits(fitted: Fitted, rows: np.ndarray, size: int) -> None:
    whole = drive(rows, fitted.rig)
    parts = [drive(rows[start : start + size], fitted.rig) for start in range(0, len(rows), size)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_a_stream_of_a_fitted_rig_equals_the_bake(fitted: Fitted, demo_line: Path) -> None:
    import soundfile

    samples, rate = soundfile.read(demo_line, dtype="float32")
    with mien.open_stream(rate, rig=fitted.rig, rate=30) as stream:
        live = [stream.push(samples[start : start + 1777]) for start in range(0, len(samples), 1777)]
        live.append(stream.flush())
    values = np.concatenate([curves.values for curves in live])
    assert values.tobytes() == mien.bake(demo_line).curves(fitted.rig, rate=30).values.tobytes()


@pytest.mark.parametrize(
    ("channel", "meant", "jaw"),
    [
        ("mouthPucker", 0.5, 0.0),
        ("mouthPucker", 0.5, 0.1),
        ("mouthSmile", 0.6, 0.0),
        ("mouthSmile", 0.6, 0.15),
    ],
)
def test_an_expression_survives_closed_lips(worn: WornRig, channel: str, meant: float, jaw: float) -> None:
    names = [channel] if channel in CHANNEL_INDEX else [channel + "Left", channel + "Right"]
    rows = face(lipClosure=1.0, jawOpen=jaw, **dict.fromkeys(names, meant))
    kept = drive(rows, worn.rig)[0, [ARKIT.names.index(name) for name in names]]
    assert kept.min() >= 0.6 * meant
    assert gaps(worn, "lips", rows).max() <= 0.5


@given(any_rows)
def test_closed_lips_never_take_more_than_the_jaw_gives_on_a_rig_built_on_another(
    fitted: Fitted, rows: np.ndarray
) -> None:
    rig = load_rig(find_rig("arkit61"))
    assert inherited(rig) == {"mouthClose": "jawOpen"}
    assert inherited(ARKIT) == {}
    lips = fitted.rig.contacts[0]
    limited = replace(with_limits(rig, inherited(rig)), contacts=(lips,))
    curves = dict(zip(rig.names, drive(rows, limited).T, strict=True))
    assert (curves["mouthClose"] <= curves["jawOpen"]).all()


def test_shut_lids_leave_the_brows_alone(fitted: Fitted) -> None:
    for contact in fitted.rig.contacts[1:]:
        assert not [name for name in contact.moves if "brow" in name or "mouth" in name]


# One mesh, one fit


def test_both_sides_of_a_symmetric_face_are_treated_alike(fitted: Fitted) -> None:
    lips, *lids = fitted.rig.contacts
    other = dict(zip(ARKIT.groups["left"], ARKIT.groups["right"], strict=True))
    other |= {right: left for left, right in other.items()}
    assert lips.rest == pytest.approx(lips.rest[::-1], abs=1e-6)
    for name, shares in lips.gaps.items():
        assert shares == pytest.approx(lips.gaps[other.get(name, name)][::-1], abs=1e-6)
    for name, price in lips.moves.items():
        assert price == pytest.approx(lips.moves[other.get(name, name)], rel=1e-3)
    left, right = (sorted(contact.moves.items()) for contact in lids)
    assert [(other[name], price) for name, price in left] == [
        (name, pytest.approx(price, rel=1e-2)) for name, price in right
    ]


@pytest.mark.parametrize(
    ("groups", "more", "alike"),
    [(ARKIT.groups, {}, True), (ARKIT.groups, {"mouthPressLeft": 2.0}, False), ({}, {}, False)],
    ids=["symmetric", "crooked", "a rig that says nothing of sides"],
)
def test_only_what_is_symmetric_is_taken_for_it(
    groups: dict[str, tuple[str, ...]], more: dict[str, float], alike: bool
) -> None:
    mesh = wear(replace(ARKIT, groups=groups), toy_face(**more))
    edges = _lips(mesh, {})
    sides = _mirrored(mesh.rig, close_up(mesh, edges), edges.columns(11))
    assert (sides is not None) == alike


@pytest.mark.heavy
def test_a_fit_is_reproducible_to_the_bit(fitted: Fitted, line: Motion) -> None:
    again = fit_to_mesh(ARKIT, toy_face(), line, scale=False)
    assert repr(again.rig.says) == repr(fitted.rig.says)
    assert again.report == fitted.report


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("unit", "axes", "mirrored"), [(10.0, "z up, -y front", False), (1000.0, "y up, -z front", True)]
)
def test_the_fit_is_the_same_in_any_file(
    fitted: Fitted, line: Motion, unit: float, axes: str, mirrored: bool
) -> None:
    found = fit_to_mesh(ARKIT, toy_face(unit, axes, mirrored, seams=True), line, scale=False)
    assert found.report.mm == pytest.approx(unit)
    assert not found.report.notes
    for mine, first in zip(found.rig.contacts, fitted.rig.contacts, strict=True):
        assert mine.rest == pytest.approx(first.rest, abs=0.25)
        assert set(mine.moves) == set(first.moves)
    assert all(seal.widest <= 0.3 for seal in found.report.seals.values())


@pytest.mark.heavy
def test_given_edges_give_what_found_ones_do(fitted: Fitted, worn: WornRig, line: Motion) -> None:
    plain = worn.with_rig(replace(worn.rig, contacts=()))
    found = {"lips": _lips(plain, {}), "lidsLeft": _lids(plain, {}, "Left")}
    given_ = {name: (np.unique(part.upper), np.unique(part.lower)) for name, part in found.items()}
    other = fit_to_mesh(ARKIT, toy_face(), line, given=given_, scale=False)
    assert [contact.name for contact in other.rig.contacts] == ["lips", "lidsLeft", "lidsRight"]
    asked = line.values[line.values[:, CHANNEL_INDEX["lipClosure"]] >= FULL["lips"]]
    mine, theirs = gaps(worn, "lips", asked, other.rig), gaps(worn, "lips", asked)
    assert np.abs(mine - theirs).max() <= 0.1


def test_contacts_that_a_rig_has_are_replaced(fitted: Fitted, line: Motion) -> None:
    old = replace(fitted.rig, contacts=(replace(fitted.rig.contacts[0], rest=(9.0,) * 11),))
    assert wear(replace(old, contacts=()), toy_face()).rig.contacts == ()
    again = fit_to_mesh(old, toy_face(leave_out=lambda name: name.startswith("eyeBlink")), line, scale=False)
    assert [contact.name for contact in again.rig.contacts] == ["lips"]
    assert again.rig.contacts[0].rest == pytest.approx(fitted.rig.contacts[0].rest, abs=0.15)


# Gains


def test_a_shape_twice_as_large_gets_half_the_gain_and_moves_the_mesh_alike() -> None:
    small, large = (
        wear(ARKIT, toy_face()),
        wear(ARKIT, toy_face(jawOpen=2.0, mouthSmileLeft=1.8, browInnerUp=4.0)),
    )
    first, second = gains(small), gains(large)
    assert second["jawOpen"] == pytest.approx(first["jawOpen"] / 2, abs=0.01)
    assert second["mouthSmileLeft"] == pytest.approx(first["mouthSmileLeft"] / 1.8, abs=0.01)
    assert second["browInnerUp"] == 0.5  # a cartoon is left to be one
    assert second["mouthSmileRight"] == first["mouthSmileRight"]
    for channel in ("jawOpen", "mouthSmileLeft"):
        near = small.with_rig(with_gains(ARKIT, first)).displaced(**{channel: 0.4})
        far = large.with_rig(with_gains(ARKIT, second)).displaced(**{channel: 0.4})
        assert far == pytest.approx(near, abs=0.02 * np.abs(near).max())


def test_curves_that_read_curves_do_not_get_the_gain_twice() -> None:
    mesh = toy_face(mouthSmileLeft=1.8)
    own = {**mesh.shapes, "smile": mesh.shapes["mouthSmileLeft"]}
    mesh = FaceMesh("toy", mesh.vertices, mesh.triangles, own, mesh.parts)
    smile = replace(ARKIT.curves[0], name="smile")
    reads = Drive((Term(Source("curve", "mouthSmileLeft")),))
    rig = replace(ARKIT, curves=(*ARKIT.curves, smile), drives={**ARKIT.drives, "smile": reads})
    by_curve = gains(wear(rig, mesh))
    assert "smile" not in by_curve
    after = dict(
        zip(rig.names, curves_of(with_gains(rig, by_curve), mouthSmileLeft=0.5).tolist(), strict=True)
    )
    assert after["smile"] == after["mouthSmileLeft"] == pytest.approx(0.5 * by_curve["mouthSmileLeft"])


def test_weights_of_poses_get_no_gain() -> None:
    rig = load_rig(find_rig("vrm1"))
    mesh = toy_face()
    shapes = {"aa": mesh.shapes["jawOpen"] * 3, "blinkLeft": mesh.shapes["eyeBlinkLeft"]}
    shapes["blinkRight"] = mesh.shapes["eyeBlinkRight"]
    assert not gains(wear(rig, FaceMesh("toy", mesh.vertices, mesh.triangles, shapes, mesh.parts)))


# What is wrong with shapes


def test_shapes_that_are_missing_unused_dead_or_twice_are_listed(fitted: Fitted, line: Motion) -> None:
    looking = tuple(f"eyeLook{way}{side}" for side in ("Left", "Right") for way in ("In", "Out"))
    assert fitted.report.absent == (*looking, "tongueOut")
    assert fitted.report.unused == fitted.report.dead == ()

    def change(shapes: dict[str, np.ndarray]) -> None:
        shapes["mouthDimpleLeft"] = shapes["mouthDimpleLeft"] * np.float32(1e-4)
        shapes["browDownRight"] = shapes["browDownLeft"] * np.float32(0.7)
        shapes["myOwn"] = shapes.pop("cheekPuff")
        del shapes["eyeBlinkLeft"], shapes["eyeBlinkRight"]  # saves fitting lids

    report = fit_to_mesh(ARKIT, changed(change), line, scale=False).report
    assert report.dead == ("mouthDimpleLeft",)
    assert ("browDownLeft", "browDownRight") in report.doubled
    assert report.unused == ("myOwn",)
    assert "cheekPuff" in report.absent
    assert len(report.notes) == 2
    assert report.notes[0].startswith("lidsLeft: No shape of the mesh closes the left eye; map one to it")
    text = "\n".join(said(report))
    assert "* Dead, their shape moves nothing: mouthDimpleLeft." in text
    assert "browDownLeft and browDownRight" in text
    assert "* Not fitted: lidsRight: No shape of the mesh closes the right eye" in text


def test_shapes_that_push_the_lips_into_each_other_are_listed(fitted: Fitted, worn: WornRig) -> None:
    found = {name: (edges, deep) for name, edges, deep in fitted.report.collisions}
    assert next(iter(found)) == "mouthShrugLower"
    edges, deep = found["mouthShrugLower"]
    assert edges == "lips"
    assert deep == pytest.approx(
        -gaps(worn, "lips", face(mouthShrugLower=1.0), ARKIT, cuts=19).min(), abs=0.01
    )
    assert "mouthClose" not in found  # is never without the jaw
    assert not {"jawOpen", "mouthUpperUpLeft", "eyeBlinkLeft"} & set(found)


# As files


def test_what_is_written_reads_back_as_the_fitted_rig(line: Motion, fitted: Fitted, tmp_path: Path) -> None:
    folder = find_rig("arkit")
    scaled = {"jawOpen": 1.37, "eyeLookUpLeft": 0.61}
    rig = replace(with_gains(ARKIT, scaled), contacts=fitted.rig.contacts)
    content = map_with_fit(read_object(folder / "map.json"), Fitted(rig, scaled, {}, fitted.report))
    text = source_of(fitted.report, "arkit", "Apple's.")
    write_rig(tmp_path / "mine", read_object(folder / "rig.json"), content, text)
    read = load_rig(tmp_path / "mine")
    assert [contact.name for contact in read.contacts] == ["lips", "lidsLeft", "lidsRight"]
    assert drive(line.values, read) == pytest.approx(drive(line.values, rig), abs=1e-5)
    assert content["linear"]["jawOpen"] == {"jawOpen": 1.37}
    assert content["linear"]["eyeLookUpLeft"] == {
        "eyePitchLeft": {"half": "positive", "per": 0.43, "gain": 0.61}
    }
    assert content["linear"]["browInnerUp"] == {"browInnerUp": 1}
    source = (tmp_path / "mine" / "SOURCE.md").read_text(encoding="utf-8")
    assert "Made by `mien rig fit` from the rig `arkit` and the mesh `toy`" in source
    assert source.endswith("Apple's.\n")


def test_speech_without_a_closure_is_said_so(fitted: Fitted) -> None:
    report = replace(fitted.report, seals={"lips": replace(fitted.report.seals["lips"], frames=0)})
    assert "* lips: nothing asked them to meet in what was heard" in "\n".join(said(report))
