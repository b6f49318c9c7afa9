"""What models are taught: motion drawn from phones."""

from __future__ import annotations

import numpy as np
import pytest

from mien.train.phones import POSES, SYMBOLS, sounds, spell
from mien.train.targets import MOVING, draw, phone_rows
from mien.values import CHANNELS, Phone


def _said(*labels: str, each: float = 0.1) -> list[Phone]:
    return [Phone(n * each, (n + 1) * each, label) for n, label in enumerate(labels)]


def _column(motion: np.ndarray, channel: str) -> np.ndarray:
    return motion[:, MOVING.index(channel)]


def test_every_pose_names_channels_that_exist_within_their_limits() -> None:
    stems = {c.name for c in CHANNELS} | {c.name.removesuffix("Left").removesuffix("Right") for c in CHANNELS}
    for symbol, pose in POSES.items():
        assert set(pose.targets) <= stems, symbol
        assert all(0 <= value <= 1 for value in pose.targets.values()), symbol
    assert SYMBOLS[0] == "sil"


def test_all_mouth_jaw_and_tongue_channels_of_speech_are_taught() -> None:
    groups = ("jaw", "mouth", "tongue", "lips")
    wanted = {c.name for c in CHANNELS if c.group in groups and not c.name.startswith("au2")}
    assert wanted <= set(MOVING)


@pytest.mark.parametrize("stop", ["p", "b", "m"])
@pytest.mark.parametrize("vowel", ["ɑ", "i", "u"])
def test_lips_touch_in_the_middle_of_p_b_m_and_part_in_the_vowels(stop: str, vowel: str) -> None:
    motion = draw(_said("sil", vowel, stop, vowel, "sil"), 30)
    closure = _column(motion, "lipClosure")
    assert closure[12] > 0.95  # 0.24 s; the face runs 8 ms ahead
    assert closure[7] < 0.05
    assert closure[17] < 0.05


def test_a_consonant_of_the_tongue_takes_the_lips_of_its_neighbours() -> None:
    rounded, spread = (
        _column(draw(_said("sil", v, "t", v, "sil"), 30), "mouthPucker")[12] for v in ("u", "i")
    )
    assert rounded > 0.3 > 0.05 > spread


def test_rounding_begins_before_its_vowel_and_further_ahead_than_it_lasts() -> None:
    pucker = _column(draw(_said("sil", "s", "t", "u", "t", "s", "sil"), 40), "mouthPucker")
    before, after = pucker[13], pucker[22]  # 40 ms before and after the vowel
    assert before > after
    assert before > 0.2


def test_silence_is_rest_exactly() -> None:
    motion = draw(_said("sil", "sil", "sil", each=0.5), 70)
    assert np.abs(motion).max() < 1e-6


def test_motion_is_smooth_enough_for_flesh() -> None:
    motion = draw(_said("sil", *"pɑtisubɔkimɑ", "sil", each=0.08), 60)
    assert np.abs(np.diff(_column(motion, "jawOpen"))).max() < 0.35
    assert motion.min() >= 0
    assert motion.max() <= 1


@pytest.mark.parametrize(
    ("label", "alphabet", "symbols"),
    [
        ("AA1", "arpabet", ["ɑ"]),
        ("CH", "arpabet", ["t", "ʃ"]),
        ("OY2", "arpabet", ["ɔ", "ɪ"]),
        ("sp", "arpabet", ["sil"]),
        ("", "arpabet", ["sil"]),
        ("œː", "ipa", ["ø"]),
        ("ʁ", "ipa", ["x"]),
        ("t̪", "ipa", ["t"]),
        ("ɛ̃", "ipa", ["ɛ"]),
        ("??", "ipa", None),
    ],
)
def test_labels_of_any_source_are_spelled_in_one_alphabet(label, alphabet, symbols) -> None:
    assert spell(label, alphabet) == symbols


def test_a_diphthong_is_two_movements_that_fill_its_time() -> None:
    parts = sounds([Phone(1.0, 1.2, "AY1")], "arpabet")
    assert [p.label for p in parts] == ["a", "ɪ"]
    assert (parts[0].start, parts[1].end) == (1.0, pytest.approx(1.2))
    assert parts[0].end == parts[1].start == pytest.approx(1.12)


def test_rows_of_phones_say_which_sound_each_row_is_in() -> None:
    rows = phone_rows(_said("sil", "m", "?"), 15)
    assert rows.tolist() == [0] * 5 + [SYMBOLS.index("m")] * 5 + [-1] * 5
