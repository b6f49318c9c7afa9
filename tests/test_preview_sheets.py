"""Contact sheets and strips: which frames they show, and that all of it can be read."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mien.errors import OptionError
from mien.preview.head import load_head
from mien.preview.labels import CLOSES, font, shortened, width
from mien.preview.sheet import Cell, cells_of, draw_sheet, frame_at, plain
from mien.preview.source import Line, house_head
from mien.preview.stage import Stage
from mien.preview.stage import sheet as write_sheet
from mien.preview.strip import NARROWEST, WIDEST, draw_strip, layout_of
from mien.preview.strip_rows import rows_of
from mien.values import Curves, Phone
from tests.films import pictures

PAPA = (Phone(0.0, 0.2, "sil"), Phone(0.2, 0.3, "P"), Phone(0.3, 0.5, "AA1"), Phone(0.5, 0.6, "P"))


def line(seconds: float = 1.0, rate: int = 30, **more: object) -> Line:
    """Curves that swing, each at a speed of its own."""
    names = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft")
    times = np.arange(round(seconds * rate))[:, np.newaxis] / rate
    values = 0.5 - 0.5 * np.cos(7 * times * [1, 2, 2, 0])
    return Line("papa.wav", Curves(names, values, Fraction(rate)), **more)  # type: ignore[arg-type]


def dots(image: object, colour: str) -> int:
    """Pixels of that colour, or hardly another: letters have soft edges."""
    wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return int((np.abs(np.asarray(image, int) - wanted) < 24).all(axis=-1).sum())


def test_a_sheet_shows_the_middle_of_each_phone() -> None:
    cells = cells_of(line(phones=PAPA))
    assert [(cell.frame, cell.phone) for cell in cells] == [(3, "pause"), (8, "P"), (12, "AA"), (17, "P")]
    assert [cell.closes for cell in cells] == [False, True, False, True]
    assert [cell.seconds for cell in cells] == pytest.approx([0.1, 8 / 30, 0.4, 17 / 30])


def test_phones_beyond_the_curves_are_left_out() -> None:
    assert len(cells_of(line(0.45, phones=PAPA))) == 3
    late = (Phone(8.0, 9.0, "P"),)
    with pytest.raises(OptionError, match=r"none of its phones lies within its frames"):
        cells_of(line(phones=late))


def test_a_sheet_by_time_says_what_is_spoken_there() -> None:
    cells = cells_of(line(phones=PAPA), every=0.25)
    assert [cell.seconds for cell in cells] == pytest.approx([0, 8 / 30, 0.5, 23 / 30])
    assert [cell.phone for cell in cells] == ["pause", "P", "P", ""]


def test_without_phones_a_sheet_has_as_many_frames_as_one_can_look_through() -> None:
    for seconds in (0.1, 1, 7, 59, 600):
        assert 1 <= len(cells_of(line(seconds))) <= 49


def test_the_emotion_of_the_take_is_the_strongest_of_its_last_key() -> None:
    keys = ({"at": 0.0, "emotion": {"joy": 0.2, "surprise": 0.6}}, {"at": 0.5, "emotion": {"anger": 1.0}})
    shown = [cell.emotion for cell in cells_of(line(emotion=keys), every=0.25)]
    assert shown == ["surprise", "surprise", "anger", "anger"]


def test_too_many_frames_are_refused_with_a_step_that_fits() -> None:
    with pytest.raises(OptionError, match=r"6000 frames are too many.*has room for 600; write --every 1,"):
        cells_of(line(600), every=0.1)


@pytest.mark.parametrize("every", [0.0, -1.0, float("nan"), float("inf")])
def test_a_step_that_is_no_time_is_refused(every: float) -> None:
    with pytest.raises(OptionError, match=r"a frame comes every so many seconds; write 0.1 or more"):
        cells_of(line(), every=every)


def test_frames_are_counted_from_where_the_curves_begin() -> None:
    late = Line("a", Curves(("jawOpen",), np.zeros((30, 1)), Fraction(30), start=1.0))
    assert [frame_at(late, at) for at in (0.9, 1.0, 1.01, 1.5)] == [-3, 0, 0, 15]


@pytest.mark.parametrize("count", [1, 3, 13, 48])
def test_a_sheet_has_room_for_every_frame_and_its_words(count: int) -> None:
    cells = [Cell(k, k / 10, "AA", "joy", closes=k % 2 == 0) for k in range(count)]
    sheet = draw_sheet(pictures(count, (96, 80), step=4), cells, "a.wav", "1 s")
    seen = np.asarray(sheet)
    for k in range(count):
        assert (seen == (20 + 4 * k) % 256).all(axis=-1).sum() > 0.9 * 96 * 80
    assert dots(sheet, CLOSES) > count // 2


def test_a_sheet_is_hardly_wider_than_a_screen() -> None:
    cells = [Cell(k, k / 10) for k in range(100)]
    assert draw_sheet(pictures(100, (256, 256)), cells, "a.wav").width < 2200


def test_phones_are_shown_without_marks_of_stress_and_pauses_by_name() -> None:
    assert [plain(label) for label in ("AA1", "p", "sil", "", "ɑː")] == ["AA", "p", "pause", "pause", "ɑː"]


def test_letters_of_phonetics_are_written_where_the_system_has_them() -> None:
    names = {font(20, text).getname()[0] for text in ("AA", "JH")}  # type: ignore[union-attr]
    assert names == {"Aileron"}
    assert width("ɑː", 20) > 0


def test_long_names_end_in_dots_and_never_run_over() -> None:
    name = "a very long name of a recording, take 12.wav"
    for room in range(0, 400, 7):
        shown = shortened(name, 14, room)
        assert shown == "" or width(shown, 14) <= room
        assert name.startswith(shown.removesuffix("…"))


def test_a_strip_shows_sound_phones_and_the_curves_that_move(tmp_path: Path) -> None:
    sound = tmp_path / "a.wav"
    soundfile.write(sound, np.sin(np.arange(16_000) * 0.2) * 0.5, 16_000)
    shown = line(sound=sound, phones=PAPA)
    layout = layout_of(shown, (96, 80))
    strip = draw_strip(pictures(len(layout.picks), (96, 80)), shown, layout, "papa.wav", "1 s")
    assert [row.title for row, _ in rows_of(shown.curves)] == ["Jaw", "Lips"]
    assert [curve.name for _, curves in rows_of(shown.curves) for curve in curves] == [
        "jawOpen",
        "mouthSmile",
    ]
    for colour in ("#e8590c", "#c2255c", "#46566a", CLOSES):
        assert dots(strip, colour) > 20
    bare = draw_strip(pictures(len(layout.picks), (96, 80)), line(), layout, "papa.wav")
    assert bare.height < strip.height


def test_frames_of_a_strip_stand_below_their_time() -> None:
    layout = layout_of(line(10.0), (100, 100))
    slots = len(layout.picks)
    for k, pick in enumerate(layout.picks):
        assert layout.x(pick / 30) == pytest.approx(
            (k + 0.5) / slots * layout.across, abs=layout.across / 300
        )


def test_strips_of_short_and_long_lines_can_be_opened() -> None:
    assert layout_of(line(0.1), (150, 150)).across == NARROWEST
    assert layout_of(line(599), (150, 150)).across == WIDEST
    with pytest.raises(OptionError, match=r"700 s are too long for a strip, which ends at 600 s"):
        layout_of(line(700), (150, 150))


def test_a_strip_of_a_line_that_never_moves_and_of_one_frame_can_be_drawn() -> None:
    still = Line("a", Curves(("jawOpen",), np.zeros((1, 1)), Fraction(30)))
    layout = layout_of(still, (64, 64))
    assert draw_strip(pictures(len(layout.picks), (64, 64)), still, layout, "a").height > 64


def test_a_line_of_one_frame_is_a_sheet_that_claims_no_step(tmp_path: Path) -> None:
    one = Line("a.csv", Curves(("jawOpen",), np.zeros((1, 1)), Fraction(30)))
    written = write_sheet(Stage(load_head(house_head()), one, size=(64, 64)), tmp_path / "a.png")
    assert (written.said, written.notes) == (f"{tmp_path / 'a.png'}: 1 frame of 64x64", ())


def test_a_strip_may_begin_at_any_time() -> None:
    late = Line("a.json", Curves(("jawOpen",), np.zeros((30, 1)), Fraction(30), 1e20))
    layout = layout_of(late, (150, 150))
    shown = pictures(len(layout.picks), (150, 150))
    assert draw_strip(shown, late, layout, "a").width > layout.across
