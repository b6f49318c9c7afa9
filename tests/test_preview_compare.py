"""Two lines side by side: who stands where, and that blind says nothing."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mien.errors import OptionError
from mien.preview.compare import band_high, interleaved, key_of, paired, side_by_side, size_of, write_key
from mien.preview.source import Line
from mien.values import Curves
from tests.films import pictures


def line(name: str, frames: int, rate: int = 30, curve: str = "jawOpen", start: float = 0) -> Line:
    values = np.arange(frames, dtype=np.float32)[:, np.newaxis] / 100
    return Line(name, Curves((curve,), values, Fraction(rate), start))


def both(one: Line, other: Line, **more: object) -> tuple[tuple[Path, Line], tuple[Path, Line]]:
    return (Path("x") / one.name, one), (Path("x") / other.name, other)


def test_the_first_stands_left_under_its_name() -> None:
    pair = paired(*both(line("a.mien", 5), line("b.mien", 5)))
    assert pair.names == ("a.mien", "b.mien")
    assert pair.note == ""


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    one = line("a.mien", 5)
    assert paired((Path("old/a.mien"), one), (Path("new/a.mien"), one)).names == ("old/a.mien", "new/a.mien")


def test_the_shorter_line_holds_its_last_frame_and_is_drawn_no_more() -> None:
    pair = paired(*both(line("a", 3), line("b", 5)))
    curves, rows = interleaved(pair, range(5))
    assert rows == [0, 3, 1, 4, 2, 5, 6, 7]
    assert len(curves.values) == 8
    shown = list(side_by_side(pair, pictures(8), range(5)))
    tops = band_high(48)
    left = [int(picture[tops, 0, 0]) for picture in shown]
    right = [int(picture[tops, 68, 0]) for picture in shown]
    assert left == [20, 24, 28, 28, 28]
    assert right == [22, 26, 30, 32, 34]
    assert all(picture.shape == (*size_of((64, 48))[::-1], 3) for picture in shown)
    assert pair.note == "a ends 0.07 s earlier and holds its last frame."


def test_lines_of_other_curves_and_rates_stand_beside_one_another() -> None:
    pair = paired(*both(line("a", 5), line("b", 9, rate=60, curve="jawLeft")))
    curves, rows = interleaved(pair, [0, 4])
    assert curves.names == ("jawOpen", "jawLeft")
    np.testing.assert_allclose(curves.values[rows], [[0, 0], [0, 0], [0.04, 0], [0, 0.08]], atol=1e-6)


def test_sizes_of_two_are_even_where_those_of_one_are() -> None:
    for height in range(64, 2000, 2):
        assert size_of((height, height))[1] % 2 == 0


def test_blind_depends_on_the_seed_and_not_on_who_is_named_first() -> None:
    one, other = both(line("good.mien", 5), line("bad.mien", 3))
    lefts = []
    for seed in range(200):
        pair = paired(one, other, blind=True, seed=seed)
        assert pair.files == paired(other, one, blind=True, seed=seed).files
        assert pair.names == ("A", "B")
        lefts.append(pair.files[0].name)
    assert min(Counter(lefts)["good.mien"], Counter(lefts)["bad.mien"]) > 70
    assert "mien" not in pair.note


def test_the_key_says_who_was_who(tmp_path: Path) -> None:
    pair = paired(*both(line("a.mien", 5), line("b.mien", 5)), blind=True, seed=7)
    out = tmp_path / "ab.mp4"
    assert write_key(pair, 7, out) == key_of(out) == tmp_path / "ab.mp4.key.json"
    key = json.loads(key_of(out).read_text(encoding="utf-8"))
    assert (key["kind"], key["seed"], key["left"]) == ("mien.blind", 7, "A")
    assert (Path(key["A"]), Path(key["B"])) == pair.files


def test_the_sound_comes_from_whoever_has_one() -> None:
    silent, heard = line("a", 9), Line("b", line("b", 3).curves, sound=Path("b.wav"))
    assert paired(*both(silent, heard)).longer.sound == Path("b.wav")
    assert paired(*both(silent, heard)).longer.frames == 9


def test_what_begins_later_holds_its_first_frame_until_then() -> None:
    pair = paired(*both(line("a", 5, start=0.5), line("b", 9, start=0.4)))
    assert [one.curves.start for one in pair.lines] == [0.4, 0.4]
    np.testing.assert_allclose(
        pair.lines[0].curves.column("jawOpen") * 100, [0, 0, 0, 0, 1, 2, 3, 4], atol=1e-5
    )
    np.testing.assert_allclose(pair.lines[1].curves.column("jawOpen") * 100, np.arange(9), atol=1e-5)
    with pytest.raises(OptionError, match="b begins at 1e\\+09 s, when the other is over"):
        paired(*both(line("a", 5), line("b", 9, start=1e9)))
