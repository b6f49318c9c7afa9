"""Oculus' fifteen visemes and VRM's five vowels, solved from motion: measured meshes, tables, a line."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mien
from mien.rig import Rig, find_rig, load_rig
from mien.values import CHANNEL_INDEX
from tests.conftest import unavailable
from tests.rig_poses import pose_of

HERE = Path(__file__).parent
FOREIGN = HERE / "data" / "foreign"
TABLES = HERE.parent.parent / "shared" / "reference" / "visemes" / "viseme_to_arkit.tsv"
LINE = Path(mien.__file__).parent / "demo" / "line.flac"
OCULUS, VRM1 = (load_rig(find_rig(name)) for name in ("oculus15", "vrm1"))
SPOKEN = OCULUS.names[1:]
VOWELS = VRM1.groups["viseme"]
VRM_OF = {"aa": "aa", "ih": "ih", "ou": "ou", "oh": "oh", "E": "ee"}
Weights = dict[str, float]


def foreign(name: str) -> Any:
    """The facts in tests/data/foreign/`name`; its `where` says whose they are."""
    return json.loads((FOREIGN / name).read_text("utf-8"))


def table(source: str) -> dict[str, Weights]:
    """Visemes in arkit's shapes by `source` of the reference, which is not ours to copy and may be absent."""
    if not TABLES.exists():
        unavailable("the reference tables are not here")
    visemes: dict[str, Weights] = {}
    with TABLES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["source_id"] == source and row["viseme"] != "sil":
                visemes.setdefault(row["viseme"], {})[row["arkit"]] = float(row["weight"] or 0)
    return visemes


def as_motion(shapes: Mapping[str, float]) -> Weights:
    """Channels that give arkit's `shapes`: lips are closed as far as mouthClose makes up for the jaw."""
    channels = {name: min(1.0, value) for name, value in shapes.items() if name in CHANNEL_INDEX}
    closed, jaw = shapes.get("mouthClose", 0.0), shapes.get("jawOpen", 0.0)
    if closed:
        channels["lipClosure"] = min(1.0, closed / jaw if jaw else closed)
    return channels


def ranked(rig: Rig, names: Iterable[str], channels: Weights) -> list[tuple[str, float]]:
    """The `names` of `rig`, strongest first, and their weights."""
    frame = pose_of(rig, **channels)
    return sorted(((name, frame[name]) for name in names), key=lambda item: -item[1])


def margins(visemes: Mapping[str, Weights]) -> Weights:
    """Of each viseme that wins for its own mesh pose: by how much."""
    won = {}
    for viseme, shapes in visemes.items():
        (first, weight), (_, second) = ranked(OCULUS, SPOKEN, as_motion(shapes))[:2]
        if first == viseme:
            won[viseme] = weight - second
    return won


def vowels_won(visemes: Mapping[str, Weights], names: Mapping[str, str]) -> set[str]:
    """The VRM vowels that win for their own pose; `names`: VRM's name of each."""
    return {
        names[viseme]
        for viseme, shapes in visemes.items()
        if viseme in names and ranked(VRM1, VOWELS, as_motion(shapes))[0][0] == names[viseme]
    }


# Measured meshes, tables of others


def test_the_visemes_are_in_the_order_of_the_oculus_enum() -> None:
    assert " ".join(OCULUS.names) == "sil PP FF TH DD kk CH SS nn RR aa E ih oh ou"


def test_a_measured_mesh_is_named_by_the_viseme_that_it_shows() -> None:
    """DD, TH, kk, nn and RR are told by the tongue, of which a mesh in ARKit's shapes knows nothing."""
    won = margins(foreign("oculus_mpfb_measured.json")["visemes"])
    assert set(won) == {"PP", "FF", "CH", "SS", "aa", "ih", "ou"}
    assert min(won.values()) > 0.35, won


def test_a_second_measured_mesh_is_named_by_the_viseme_that_it_shows() -> None:
    won = margins(table("rpm_nnls_b"))
    assert set(won) == {"PP", "FF", "aa", "ih", "oh", "ou"}
    assert won.pop("oh") > 0  # narrowly: this mesh's oh is as round as ou and open by .2
    assert min(won.values()) > 0.1, won


@pytest.mark.parametrize("source", ["mpfb", "rpm_nnls_b"])
def test_measured_vowels_are_vrms_vowels(source: str) -> None:
    mpfb = source == "mpfb"
    visemes = foreign("oculus_mpfb_measured.json")["visemes"] if mpfb else table(source)
    assert vowels_won(visemes, VRM_OF) >= {"aa", "ih", "ou"}


@pytest.mark.parametrize("source", ["arkavo", "studio"])
def test_open_and_round_vowels_are_those_of_other_projects(source: str) -> None:
    visemes = foreign("vrm_vowels_by_others.json")[source]
    assert vowels_won(visemes, {name: name for name in visemes}) >= {"aa", "ou", "oh"}


@pytest.mark.parametrize("source", ["talkinghead_a", "guide_c"])
def test_hand_made_tables_name_their_vowels_as_we_do(source: str) -> None:
    assert vowels_won(table(source), VRM_OF) >= {"aa", "ih", "ou"}


# Lips that touch, silence


@pytest.mark.parametrize("viseme", SPOKEN)
def test_closed_lips_are_pp_and_nothing_else_whatever_the_rest_says(viseme: str) -> None:
    pose = json.loads((find_rig("oculus15") / "map.json").read_text("utf-8"))["poses"][viseme]
    frame = pose_of(OCULUS, **(pose | {"lipClosure": 1}))
    assert {name for name, weight in frame.items() if weight > 0} - {"sil"} == {"PP"}
    assert frame["PP"] > 0.6


def test_lips_that_touch_are_enough_for_pp() -> None:
    assert pose_of(OCULUS, lipClosure=1)["PP"] > 0.7
    assert pose_of(OCULUS, lipClosure=1, jawOpen=0.3)["PP"] > 0.7


def test_closing_lips_fade_every_opener_evenly() -> None:
    weights = [pose_of(VRM1, jawOpen=0.5, mouthPucker=0.3, lipClosure=k / 10) for k in range(11)]
    for name in VOWELS:
        fall = [frame[name] for frame in weights]
        assert fall == pytest.approx([fall[0] * (1 - k / 10) for k in range(11)], abs=1e-6)


def test_silence_is_what_the_visemes_leave() -> None:
    assert {name: weight for name, weight in pose_of(OCULUS).items() if weight} == {"sil": 1}
    for channels in ({"jawOpen": 0.3}, {"mouthPucker": 0.4, "jawOpen": 0.1}, {"lipClosure": 1.0}):
        frame = pose_of(OCULUS, **channels)
        assert frame["sil"] == pytest.approx(max(0.0, 1 - sum(frame[name] for name in SPOKEN)), abs=1e-6)


@pytest.mark.parametrize("rig", [OCULUS, VRM1], ids=["oculus15", "vrm1"])
def test_a_pose_at_its_full_shape_wins_and_with_its_neighbour_says_nearly_all(rig: Rig) -> None:
    """DD and nn share their tongue, E and ee lie between their neighbours."""
    for name, pose in json.loads((find_rig(rig.name) / "map.json").read_text("utf-8"))["poses"].items():
        (first, weight), (_, second) = ranked(rig, rig.groups["viseme"], pose)[:2]
        assert first == name
        assert weight + second > 0.7, (name, weight, second)


@pytest.mark.parametrize(
    "channel", ["mouthSmileLeft", "mouthFrownLeft", "browInnerUp", "eyeBlinkLeft", "headYaw"]
)
def test_what_is_not_speech_leaves_the_visemes_alone(channel: str) -> None:
    for rig, names in ((OCULUS, SPOKEN), (VRM1, VOWELS)):
        frame = pose_of(rig, **{channel: 0.8})
        assert not any(frame[name] for name in names)


# Speech


Spoken = tuple[list[tuple[float, float, str]], dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def spoken() -> Spoken:
    """The demo line: its phones (start, end, label) and its visemes on both rigs, 50 a second."""
    rows = [line.split("\t") for line in (HERE / "line.phones.tsv").read_text("utf-8").splitlines()[1:]]
    take = mien.bake(LINE)
    curves = {"lipClosure": take.motion.column("lipClosure")}
    for rig, names in ((OCULUS, OCULUS.names), (VRM1, VOWELS)):
        driven = take.curves(rig, 50)
        curves |= {f"{rig.name}.{name}": driven.column(name) for name in names}
    return [(float(start), float(end), label) for start, end, label in rows], curves


def during(spoken: Spoken, pattern: str, *names: str) -> list[np.ndarray]:
    """Curves `names` through each phone whose label matches `pattern`, each (names, frames)."""
    phones, curves = spoken
    rows = np.stack([curves[name] for name in names])
    return [
        rows[:, round(start * 50) : round(end * 50) + 1]
        for start, end, label in phones
        if re.fullmatch(pattern, label)
    ]


def test_lips_that_the_motion_closes_are_pp_and_shut_on_vrm(spoken: Spoken) -> None:
    _, curves = spoken
    shut = np.flatnonzero(curves["lipClosure"] > 0.95)
    assert len(shut) >= 10
    assert curves["oculus15.PP"][shut].min() > 0.85
    assert max(curves[f"vrm1.{name}"][shut].max() for name in VOWELS) < 0.05


def test_lips_come_together_in_p_b_and_m(spoken: Spoken) -> None:
    peaks = [each.max() for each in during(spoken, "p|b|m", "oculus15.PP")]
    assert len(peaks) == 8
    assert np.median(peaks) > 0.9, peaks


def test_teeth_meet_the_lip_in_f_and_v(spoken: Spoken) -> None:
    peaks = [each.max() for each in during(spoken, "f|v", "oculus15.FF")]
    assert len(peaks) == 7
    assert np.mean(peaks) > 0.45, peaks


def test_rounded_and_open_vowels_are_seen(spoken: Spoken) -> None:
    assert np.mean([each.max() for each in during(spoken, "uw|w", "vrm1.ou")]) > 0.4
    assert np.mean([each.max() for each in during(spoken, "aa|ae|ay|aw", "vrm1.aa")]) > 0.3


def test_visemes_of_speech_do_not_flicker(spoken: Spoken) -> None:
    """Turns of more than .05 in one frame and back in the next, per second, over all visemes together."""
    _, curves = spoken
    for rig, most in (("oculus15", 4.0), ("vrm1", 2.5)):
        rows = np.stack(
            [curve for name, curve in curves.items() if name.startswith(rig) and "sil" not in name]
        )
        steps = np.diff(rows, axis=1)
        turns = (steps[:, 1:] * steps[:, :-1] < 0) & (
            np.minimum(abs(steps[:, 1:]), abs(steps[:, :-1])) > 0.05
        )
        assert turns.sum() / (rows.shape[1] / 50) < most
        assert abs(steps).max() < 0.6


def test_silence_before_the_line_is_silence(spoken: Spoken) -> None:
    phones, curves = spoken
    still = slice(0, int(phones[0][1] * 50) // 2)
    assert curves["oculus15.sil"][still].min() > 0.9
    assert max(curves[f"vrm1.{name}"][still].max() for name in VOWELS) < 0.05
