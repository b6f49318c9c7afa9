"""What every rig that comes with Mien keeps, whatever its data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mien
from mien.audio import read_audio
from mien.rig import Curve, Rig, drive, find_rig, fit, load_rig, rig_names
from mien.values import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS, Motion
from tests.rig_motion import ANGLES, any_rows, mirrored, random_rows

SHIPPED = Path(__file__).resolve().parents[1] / "rigs"
RIGS = {folder.name: load_rig(folder) for folder in sorted(SHIPPED.iterdir())}
EVERY_RIG = pytest.mark.parametrize("rig", RIGS.values(), ids=RIGS)
FEW = settings(max_examples=25)


def column(rig: Rig, values: np.ndarray, name: str) -> np.ndarray:
    """The curve `name` in `values`, shape (frames,)."""
    return values[:, rig.names.index(name)]


def numbers(rig: Rig, field: str) -> np.ndarray:
    """`low`, `rest` or `high` of all curves, as the rig hands them out."""
    return np.array([getattr(curve, field) for curve in rig.curves], np.float32)


# The folder


def test_every_rig_is_found_by_the_name_of_its_folder() -> None:
    assert rig_names() == tuple(RIGS)
    for name, rig in RIGS.items():
        assert find_rig(name) == SHIPPED / name
        assert rig.name == name


def sources_of(rig: Rig | None) -> str:
    """SOURCE.md of the rig and of those it is built on."""
    return (SHIPPED / rig.name / "SOURCE.md").read_text("utf-8") + sources_of(rig.base) if rig else ""


@EVERY_RIG
def test_a_rig_says_where_it_comes_from_and_under_which_licence(rig: Rig) -> None:
    own = (SHIPPED / rig.name / "SOURCE.md").read_text("utf-8")
    assert own.startswith(f"# {rig.name}: where it comes from\n")
    assert re.search(r"\bours\b|Names only", own), "what of it is ours, what another's"
    assert re.search(r"\blicence\b|\bMIT\b|Apache", sources_of(rig)), "under which licence"


@EVERY_RIG
def test_a_rig_that_leaves_curves_at_rest_says_why(rig: Rig) -> None:
    if set(rig.drives) != set(rig.names):
        assert re.search("not driven", (SHIPPED / rig.name / "SOURCE.md").read_text("utf-8"), re.IGNORECASE)


@EVERY_RIG
def test_mirrored_curves_have_mirrored_limits(rig: Rig) -> None:
    curves = {curve.name: curve for curve in rig.curves}
    assert ("left" in rig.groups) == ("right" in rig.groups)
    for left, right in sides(rig):
        assert limits(curves[left]) in (limits(curves[right]), turned(curves[right])), (left, right)


def sides(rig: Rig) -> list[tuple[str, str]]:
    """Each curve of the left side with its mirror image."""
    return list(zip(rig.groups.get("left", ()), rig.groups.get("right", ()), strict=True))


def limits(curve: Curve) -> tuple[Any, ...]:
    return curve.unit, curve.low, curve.rest, curve.high


def turned(curve: Curve) -> tuple[Any, ...]:
    return curve.unit, -curve.high, -curve.rest, -curve.low


# Rest and limits


@EVERY_RIG
def test_a_face_that_does_nothing_is_at_rest(rig: Rig) -> None:
    np.testing.assert_array_equal(
        drive(np.zeros((3, len(CHANNELS)), np.float32), rig), [numbers(rig, "rest")] * 3
    )


@EVERY_RIG
@FEW
@given(any_rows)
def test_curves_stay_within_their_limits_whatever_the_motion(rig: Rig, rows: np.ndarray) -> None:
    values = drive(rows, rig)
    assert values.dtype == np.float32
    assert (numbers(rig, "low") <= values).all()
    assert (values <= numbers(rig, "high")).all()


@EVERY_RIG
@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf, 3e38, -3e38])
def test_a_broken_number_is_a_number_at_the_end_of_its_range_or_0(rig: Rig, broken: float) -> None:
    rows = np.repeat(random_rows(4, 1), len(CHANNELS), axis=0)
    mended = rows.copy()
    for row, (channel, angle) in enumerate(zip(CHANNELS, ANGLES, strict=True)):
        rows[row, CHANNEL_INDEX[channel.name]] = broken
        end = np.pi if angle else float(broken > 0)
        mended[row, CHANNEL_INDEX[channel.name]] = 0 if np.isnan(broken) else np.copysign(end, broken)
    np.testing.assert_array_equal(drive(rows, rig), drive(mended, rig))


# Any chunking


@EVERY_RIG
@FEW
@given(st.integers(0, 2**32), st.integers(0, 30))
def test_any_chunking_gives_the_same_bits(rig: Rig, seed: int, offset: int) -> None:
    rows = random_rows(seed, 80)
    whole = drive(rows, rig)
    for size in (1, 7):
        chunks = [drive(rows[start : start + size], rig) for start in range(offset, 80, size)]
        assert np.concatenate(chunks).tobytes() == whole[offset:].tobytes()


@EVERY_RIG
def test_rows_may_lie_in_memory_in_any_way(rig: Rig) -> None:
    rows = random_rows(6, 300)
    whole = drive(rows, rig)
    assert drive(np.asfortranarray(rows), rig).tobytes() == whole.tobytes()
    assert drive(rows[::-3], rig).tobytes() == whole[::-3].tobytes()
    assert drive(rows.astype(np.float64), rig).tobytes() == whole.tobytes()
    assert drive(rows[:0], rig).shape == (0, len(rig.curves))


@EVERY_RIG
def test_threads_and_a_second_reading_of_the_folder_give_the_same_bits(rig: Rig) -> None:
    rows = random_rows(7, 60)
    whole = drive(rows, rig).tobytes()
    again = load_rig(SHIPPED / rig.name)
    assert repr(again.says) == repr(rig.says)
    with ThreadPoolExecutor(4) as pool:
        assert {values.tobytes() for values in pool.map(lambda _: drive(rows, again), range(12))} == {whole}


@EVERY_RIG
@pytest.mark.parametrize(
    ("rate", "rows", "frames"), [(Fraction(25), 50, 25), (Fraction(30000, 1001), 1001, 600)]
)
def test_delayed_motion_gives_delayed_curves(rig: Rig, rate: Fraction, rows: int, frames: int) -> None:
    face = random_rows(8, 60)
    early = fit(Motion(face), rig, rate, 30).values
    late = fit(Motion(face, start=rows / 50), rig, rate, 30, first_frame=frames).values
    assert late.tobytes() == early.tobytes()


# Mirrors


@EVERY_RIG
def test_a_mirrored_motion_moves_the_mirrored_curves(rig: Rig) -> None:
    """To the same value, or for curves that go from side to side always to the opposite one; contacts know
    their gaps to .001 mm."""
    rows = np.concatenate([random_rows(seed) for seed in range(20)])
    place = {name: index for index, name in enumerate(rig.names)}
    mirror = np.arange(len(rig.names))
    for left, right in sides(rig):
        mirror[[place[left], place[right]]] = place[right], place[left]
    rest, size = numbers(rig, "rest"), numbers(rig, "high") - numbers(rig, "low")
    near = 2e-3 if rig.contacts else 1e-5
    ours = (drive(mirrored(rows), rig) - rest) / size
    theirs = ((drive(rows, rig) - rest) / size)[:, mirror]
    miss = np.minimum(abs(ours - theirs).max(axis=0), abs(ours + theirs).max(axis=0))
    assert [(name, miss[column]) for name, column in place.items() if miss[column] > near] == []


# Lips

CLOSERS: Mapping[str, tuple[str, str]] = {
    "a2f": ("MouthClose", "JawOpen"),
    "arkit": ("mouthClose", "jawOpen"),
    "arkit61": ("mouthClose", "jawOpen"),
    "azure55": ("mouthClose", "jawOpen"),
    "faceit": ("mouthClose", "jawOpen"),
    "openxr_fb": ("LIPS_TOWARD", "JAW_DROP"),
    "readyplayerme": ("mouthClose", "jawOpen"),
    "reallusion": ("Mouth_Close", "Jaw_Open"),
    "reallusion_hd": ("Mouth_Lips_Together_??", "Jaw_Open"),
    "reallusion_standard": ("Mouth_Close", "Jaw_Open"),
    "rocketbox": ("AK_27_MouthClose", "AK_25_JawOpen"),
    "unified": ("v2/MouthClosed", "v2/JawOpen"),
}
"""Curves that close the lips against an open jaw, and the jaw."""

SEALS: Mapping[str, str] = {
    "emoface174": "CTRL_?_mouth_lipsTogether?.ty",
    "metahuman": "CTRL_expressions_mouthLipsTogether??",
    "metahuman_board": "CTRL_?_mouth_lipsTogether?.ty",
}
"""Curves that close the lips however far the jaw is open: the host works out how far that is."""

FADERS: Mapping[str, str] = {
    "vrm0": "[AIUEO]",
    "vrm1": "??",
    "vroid": "Fcl_MTH_[AIUEO]",
    "oculus15": "??",
    "facs": "AU25",
}
"""Curves that part the lips and fade: all else that closes lips on these rigs is to leave them alone."""


def speaking(seed: int, **channels: float) -> np.ndarray:
    """Faces that speak, with `channels` held."""
    rows = np.clip(random_rows(seed, 200), 0, 1)
    for name, value in channels.items():
        rows[:, CHANNEL_INDEX[name]] = value
    return rows


@EVERY_RIG
def test_the_lips_of_every_rig_answer_to_lip_closure(rig: Rig) -> None:
    for jaw in (0.2, 1.0):
        parted, closed = (speaking(9, jawOpen=jaw, lipClosure=closure) for closure in (0, 1))
        moved = (drive(parted, rig) != drive(closed, rig)).any(axis=1)
        assert moved.all(), "on every single face"


@pytest.mark.parametrize("name", CLOSERS)
def test_what_closes_the_lips_goes_as_far_as_the_jaw_and_never_further(name: str) -> None:
    rig, (pattern, jaw) = RIGS[name], CLOSERS[name]
    closers = [curve for curve in rig.names if fnmatch(curve, pattern)]
    assert closers
    for closure in (0, 0.4, 1):
        values = drive(speaking(10, lipClosure=closure), rig)
        for closer in closers:
            closed, opened = column(rig, values, closer), column(rig, values, jaw)
            assert (closed <= opened + 1e-6).all()
            np.testing.assert_allclose(closed, closure * opened, atol=1e-6)


@pytest.mark.parametrize("name", SEALS)
def test_what_seals_the_lips_by_itself_is_the_closure(name: str) -> None:
    rig = RIGS[name]
    values = drive(speaking(12, lipClosure=0.4), rig)
    sealing = [curve for curve in rig.names if fnmatch(curve, SEALS[name])]
    assert len(sealing) == 4
    for curve in sealing:
        np.testing.assert_allclose(column(rig, values, curve), 0.4, atol=1e-6)


@pytest.mark.parametrize("name", FADERS)
def test_what_parts_the_lips_is_at_rest_where_they_touch(name: str) -> None:
    rig = RIGS[name]
    parting = [curve for curve in rig.names if fnmatch(curve, FADERS[name]) and curve in rig.drives]
    parting = [curve for curve in parting if curve != "PP"]
    values = {closure: drive(speaking(11, lipClosure=closure), rig) for closure in (0, 1)}
    for curve in parting:
        assert column(rig, values[0], curve).max() > 0.1
        assert not column(rig, values[1], curve).any()


# Reach

SHORT: Mapping[str, tuple[str, ...]] = {
    "emoface174": ("CTRL_?_mouth_towards?.ty",),
    "metahuman": ("CTRL_expressions_mouthLipsTowards??",),
    "metahuman_board": ("CTRL_?_mouth_towards?.ty",),
    "oculus15": ("nn", "ih"),
    "reallusion_hd": ("Mouth_Lips_Towards_??",),
    "rigify": ("lip.*.location.?", "cheek.B.*.location.?", "nose.?.001.location.y", "lid.?.?.002.location.?"),
    "unified": ("v2/BrowUp", "v2/MouthOpen"),
    "vroid": ("Fcl_EYE_Joy_?",),
}
"""Curves that one channel at its end, with jaw or tongue out or not, takes to less than half their range:
Epic's pucker asks .41 of the lips' way towards each other, and the others need two channels."""


def single_poses() -> np.ndarray:
    """Every channel at each end alone, with an open jaw, and with the tongue out."""
    alone = np.zeros((2 * len(CHANNELS), len(CHANNELS)), np.float32)
    for index, angle in enumerate(ANGLES):
        alone[2 * index, index] = np.pi if angle else 1
        alone[2 * index + 1, index] = -np.pi if angle else 1
    jaw, tongue = alone.copy(), alone.copy()
    jaw[:, CHANNEL_INDEX["jawOpen"]] = tongue[:, CHANNEL_INDEX["tongueOut"]] = 1
    return np.concatenate([alone, jaw, tongue])


@EVERY_RIG
def test_driven_curves_move_and_all_others_stay_at_rest(rig: Rig) -> None:
    poses = single_poses()
    values, driven = drive(poses, rig), np.array([name in rig.drives for name in rig.names])
    moves = (values != numbers(rig, "rest")).any(axis=0)
    assert [name for name, stuck in zip(rig.names, driven & ~moves, strict=True) if stuck] == []
    assert [name for name, loose in zip(rig.names, moves & ~driven, strict=True) if loose] == []


@EVERY_RIG
def test_driven_curves_reach_half_of_their_range_or_are_known_not_to(rig: Rig) -> None:
    rest = numbers(rig, "rest")
    room = np.maximum(numbers(rig, "high") - rest, rest - numbers(rig, "low"))
    reach = abs(drive(single_poses(), rig) - rest).max(axis=0) / room
    short = {name for name, share in zip(rig.names, reach, strict=True) if share < 0.5 and name in rig.drives}
    known = {name for name in rig.names for pattern in SHORT.get(rig.name, ()) if fnmatch(name, pattern)}
    assert short <= known
    assert all(any(fnmatch(name, pattern) for name in short) for pattern in SHORT.get(rig.name, ()))


@EVERY_RIG
def test_a_rig_reads_most_of_what_a_speaking_face_does(rig: Rig) -> None:
    """Lips, jaw and lids at least: without these nobody speaks and nobody blinks."""
    still = drive(np.zeros((1, len(CHANNELS)), np.float32), rig)
    for names in (["jawOpen"], ["mouthPucker", "mouthFunnel"], ["eyeBlinkLeft"], ["eyeBlinkRight"]):
        row = np.zeros((1, len(CHANNELS)), np.float32)
        row[0, [CHANNEL_NAMES.index(name) for name in names]] = 1
        if names[0].startswith("eye") and rig.name == "oculus15":
            continue  # visemes alone
        assert (drive(row, rig) != still).any(), names


# A stream is a bake


@pytest.fixture(scope="module")
def take(demo_line: Path) -> mien.Take:
    return mien.bake(demo_line, rate=30)


@pytest.mark.parametrize("name", ["vrm1", "emoface174", "reallusion"])
def test_a_live_stream_of_a_rig_is_its_bake(name: str, take: mien.Take, demo_line: Path) -> None:
    sound = read_audio(demo_line)
    with mien.open_stream(sound.rate, rig=name, rate=30) as stream:
        steps = range(0, len(sound.samples), 3001)
        live = [stream.push(sound.samples[start : start + 3001]).values for start in steps]
        live.append(stream.flush().values)
    baked = take.curves(name)
    assert baked.names == RIGS[name].names
    assert np.ptp(baked.values, axis=0).max() > 0.1, "the line moves the face"
    assert np.concatenate(live).tobytes() == baked.values.tobytes()
