"""The golden lines on the house head: shut in p, b, m, open in vowels; and a face that is not is caught."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from mien.errors import MissingExtraError
from mien.preview.head import Head, load_head
from mien.preview.rays import need_rays
from mien.preview.source import house_head
from mien.score import read_phones
from tests import sheets
from tests.conftest import unavailable
from tests.golden_lines import TEXTS, sounds


@pytest.fixture(scope="module")
def head() -> Head:
    """The house head."""
    try:
        need_rays()
    except MissingExtraError as missing:
        unavailable(str(missing))
    return load_head(house_head())


def without(head: Head, *shapes: str) -> Head:
    """`head` on which some shapes do nothing."""
    return replace(head, moves={name: moved for name, moved in head.moves.items() if name not in shapes})


def test_each_line_has_phones_from_end_to_end() -> None:
    assert [sound.stem for sound in sounds()] == list(TEXTS)
    for sound in sounds():
        phones = read_phones(sound.with_suffix(".phones.tsv"))
        assert phones[0].start == 0
        assert [phone.label for phone in phones[:: len(phones) - 1]] == ["pau", "pau"]
        assert all(one.end == other.start for one, other in pairwise(phones))


@pytest.mark.parametrize("sound", sounds(), ids=lambda sound: sound.stem)
def test_the_mouth_is_shut_in_closures_and_open_in_open_vowels(sound: Path, head: Head) -> None:
    seen = sheets.look(sound, head)
    assert sum(one.shut for one in seen) >= 3
    assert sum(not one.shut for one in seen) >= 1
    assert [str(one) for one in sheets.faults(seen)] == []
    assert [str(one) for one in sheets.misses(seen)] == []


def test_a_head_whose_lips_do_not_close_is_caught(head: Head) -> None:
    found = sheets.faults(sheets.look(sounds()[0], without(head, "mouthClose")))
    assert len(found) >= 4
    assert all(one.shut and one.mm2 > sheets.SHUT_MM2 for one in found)
    assert str(found[0]).startswith("papa: m at 0.3")
    assert "wanted shut, at most 4 mm²; motion asked for 0." in str(found[0])


def test_a_head_whose_jaw_does_not_open_is_caught(head: Head) -> None:
    found = [one for one in sheets.faults(sheets.look(sounds()[2], without(head, "jawOpen"))) if not one.shut]
    assert {one.phone for one in found} == {"aa", "ao", "ae"}


def test_a_closure_that_nobody_asked_for_is_the_models_miss() -> None:
    asked = sheets.Seen("bob", "b", 1.4, True, 0.9, 60.0)
    unasked = replace(asked, asked=0.3)
    shut = replace(unasked, mm2=0.0)
    assert sheets.faults([asked, unasked, shut]) == [asked]
    assert sheets.misses([asked, unasked, shut]) == [unasked]
    told = list(sheets.said([asked, unasked, replace(asked, shut=False, mm2=500.0)]))
    wanted = "60 mm², wanted shut, at most 4 mm²; motion asked for 0.90: rig or head do not obey"
    assert told[1] == f"FAULT bob: b at 1.40 s: {wanted}"
    assert told[2].startswith("MISS  bob: b at 1.40 s: 60 mm²")
    assert told[2].endswith("motion asked for 0.30: the model did not ask")


def test_the_command_writes_sheets_of_each_line(
    head: Head, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sheets", "-o", str(tmp_path / "sheets")])
    assert sheets.main() == 0
    assert {path.name for path in (tmp_path / "sheets").iterdir()} == {
        f"{name}-{view}.png" for name in TEXTS for view in sheets.SHOWN
    }
    assert "closures, at most" in capsys.readouterr().out


def test_the_command_fails_over_a_face_that_does_not_obey(
    head: Head, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = without(head, "mouthClose")
    monkeypatch.setattr(sheets, "load_head", lambda _: broken)
    monkeypatch.setattr(sheets, "draw", lambda sound, head, out, view: out / sound.stem)
    monkeypatch.setattr(sys, "argv", ["sheets", "-o", str(tmp_path)])
    assert sheets.main() == 1
    assert "FAULT papa: m at" in capsys.readouterr().out
