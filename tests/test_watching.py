"""What a subscriber makes of messages: events, recordings, lines and a picture; no sockets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mien.cli.watch import Silence
from mien.cli.watch_lines import Lines
from mien.cli.watch_view import View, bar, sparkline
from mien.errors import FileError, MienError, OptionError, ServerError
from mien.files import read_curves
from mien.rpc.recording import Recorder, file_name
from mien.rpc.subscribe import endpoint
from mien.rpc.watching import Began, Ended, Event, Moved, Stray, Watch
from mien.values import Curves
from mien.wire.v1.animate_pb2 import AnimateResponse
from mien.wire.v1.common_pb2 import FrameRate
from tests.file_checks import assert_equal, random_curves
from tests.published import end, error, frames, header


def _events(messages: Iterable[AnimateResponse], subject: str = "vera") -> list[Event]:
    """What they mean; each belongs to the stream that the last header names."""
    watch, stream, events = Watch(), "one", list[Event]()
    for message in messages:
        stream = message.header.stream or stream
        events += watch.push(subject, message, stream)
    return events


def _recorded(out: Path, messages: Iterable[AnimateResponse], subject: str = "vera") -> list[str]:
    """What the recorder says of them, from beginning to end."""
    recorder = Recorder(out)
    said = [line for event in _events(messages, subject) for line in recorder.take(event)]
    return [*said, *recorder.close()]


def test_a_header_that_is_told_again_for_newcomers_says_nothing_new() -> None:
    values = random_curves(4).values
    came = _events([header(), frames(values[:2]), header(), frames(values[2:], 2), header(), end(4)])
    assert [type(event) for event in came] == [Began, Moved, Moved, Ended]
    assert [event.missed for event in came if isinstance(event, Moved | Ended)] == [0, 0, 0]


def test_frames_that_never_came_are_counted_where_they_are_missing() -> None:
    values = random_curves(3).values
    came = _events([header(), frames(values, 10), frames(values, 15), end(20)])
    assert [event.missed for event in came if isinstance(event, Moved | Ended)] == [0, 2, 2]


def test_frames_that_came_before_are_left_out() -> None:
    values = random_curves(6).values
    events = _events([header(), frames(values[:4]), frames(values[2:], 2), frames(values)])
    moved = [event for event in events if isinstance(event, Moved)]
    assert [(event.first, len(event.values), event.missed) for event in moved] == [(0, 4, 0), (4, 2, 0)]
    assert events[-1] == Stray("vera", "frames that came before")


def test_frames_before_a_header_are_left_out_with_a_word() -> None:
    assert _events([frames(random_curves().values)]) == [Stray("vera", "frames without a header")]
    assert _events([end(3)]) == []


def _told(*messages: tuple[str, AnimateResponse]) -> list[tuple[str, str]]:
    """What messages of two streams of one subject mean: kinds of events, and whose they are."""
    watch = Watch()
    events = [event for stream, message in messages for event in watch.push("vera", message, stream)]
    return [(type(event).__name__, event.stream.id) for event in events if not isinstance(event, Stray)]


FRAMES = frames(random_curves(3).values)
LATER = frames(random_curves(3).values, 3)
OLD, NEW = ("old", header(stream="old")), ("new", header(stream="new"))
TAKEN = [("Ended", "old"), ("Began", "new"), ("Moved", "new")]


def test_a_stream_takes_the_name_of_another_with_its_first_frames() -> None:
    begun = [OLD, ("old", FRAMES), NEW, ("old", LATER)]
    assert _told(*begun, ("new", FRAMES)) == [("Began", "old"), ("Moved", "old"), ("Moved", "old"), *TAKEN]
    came = _events([header(stream="old"), header(stream="new"), FRAMES])
    assert isinstance(came[1], Ended)
    assert (came[1].duration, came[1].problem) == (None, "another stream took its name")


@pytest.mark.parametrize("last", [FRAMES, header(stream="old"), end(3), error("The client broke off.")])
def test_what_a_stream_says_that_lost_its_name_is_no_news(last) -> None:
    told = _told(OLD, NEW, ("new", FRAMES), ("old", last), ("new", LATER), ("new", end(6)))
    assert told == [("Began", "old"), *TAKEN, ("Moved", "new"), ("Ended", "new")]


@pytest.mark.parametrize("headers", [[OLD, NEW], [NEW, OLD]])
def test_a_newcomer_who_is_told_of_both_streams_follows_the_one_that_moves(headers) -> None:
    told = _told(*headers, ("new", FRAMES), ("old", error("The client broke off.")), ("new", LATER))
    assert told == [("Began", "old"), *TAKEN, ("Moved", "new")][2 * (headers[0] == NEW) :]


def test_a_stream_left_behind_does_not_begin_again_when_the_newer_one_has_ended() -> None:
    told = _told(OLD, NEW, ("new", FRAMES), ("new", end(3)), OLD, ("old", error("The client broke off.")))
    assert told == [("Began", "old"), *TAKEN, ("Ended", "new")]


def test_a_stream_that_still_moves_gets_its_name_back_when_the_other_has_ended() -> None:
    told = _told(OLD, NEW, ("new", FRAMES), ("new", end(3)), ("old", LATER))
    assert told[-2:] == [("Began", "old"), ("Moved", "old")]


def test_nothing_is_kept_of_streams_that_have_ended() -> None:
    watch = Watch()
    for stream, message in [OLD, NEW, ("new", FRAMES), ("new", end(3)), ("old", end(0)), ("old", FRAMES)]:
        watch.push("vera", message, stream)
    assert watch._stages == {}


def test_an_error_ends_a_stream_and_says_why() -> None:
    ended = _events([header(), error("Too long.")])[-1]
    assert isinstance(ended, Ended)
    assert (ended.duration, ended.problem) == (None, "Too long. (LimitError)")


def test_only_the_subject_that_was_named_counts_and_not_what_begins_like_it() -> None:
    watch = Watch(["vera"])
    assert watch.push("vera2", header(), "one") == watch.push("ver", header(), "one") == []
    assert watch.live == []
    assert len(watch.push("vera", header(), "one")) == 1
    assert watch.live == ["vera"]


def _with_rate(numerator: int) -> AnimateResponse:
    message = header()
    message.header.rate.CopyFrom(FrameRate(numerator=numerator))
    return message


def _with_a_curve_twice() -> AnimateResponse:
    message = header()
    message.header.curves.add(name="jawOpen")
    return message


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([_with_a_curve_twice()], "no curves, or one of them twice"),
        ([_with_rate(0)], "0 frames a second"),
        ([_with_rate(121)], "121 frames a second"),
        ([header(), frames(np.zeros(4, np.float32))], "4 numbers do not make frames of 3 curves"),
        ([header(), frames(np.zeros(0, np.float32))], "0 numbers do not make frames of 3 curves"),
        ([header(), frames(np.full(3, np.nan, np.float32), 7)], "of the frames from 7 on is not finite"),
    ],
)
def test_what_breaks_the_wires_rules_is_refused(messages, said) -> None:
    with pytest.raises(ServerError, match=re.escape(said)):
        _events(messages)


@pytest.mark.parametrize("suffix", ["csv", "json", "npz"])
def test_a_recording_holds_what_was_sent_to_the_bit(tmp_path, suffix) -> None:
    sent = random_curves(90, Fraction(24000, 1001))
    said = _recorded(tmp_path / f"line.{suffix}", [header(sent), frames(sent.values), end(90)])
    assert_equal(read_curves(tmp_path / f"line.{suffix}"), sent)
    assert said == [f"{tmp_path / f'line.{suffix}'}: 90 frames of 3 curves at 23.976 fps, from 0.00 s"]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_a_recording_is_the_same_however_the_frames_are_cut(tmp_path_factory, cuts) -> None:
    sent = random_curves(sum(cuts))
    starts = np.cumsum([0, *cuts[:-1]]).tolist()
    parts = [frames(sent.values[at : at + n], at) for at, n in zip(starts, cuts, strict=True)]
    out = tmp_path_factory.mktemp("cut") / "line.npz"
    _recorded(out, [header(), *parts])
    assert_equal(read_curves(out), sent)


def test_who_joins_late_records_from_there_in_time_with_the_sound(tmp_path) -> None:
    sent = random_curves(20)
    _recorded(tmp_path / "line.csv", [header(), frames(sent.values[12:], 12)])
    came = read_curves(tmp_path / "line.csv")
    assert_equal(came, Curves(sent.names, sent.values[12:], sent.rate, 12 / 30))


def test_up_to_a_second_of_lost_frames_is_held_and_said(tmp_path) -> None:
    sent = random_curves(70)
    parts = [frames(sent.values[:20]), frames(sent.values[50:], 50)]
    said = _recorded(tmp_path / "line.csv", [header(), *parts])
    came = read_curves(tmp_path / "line.csv")
    assert len(came.values) == 70
    assert (came.values[20:50] == sent.values[19]).all()
    np.testing.assert_array_equal(came.values[50:], sent.values[50:])
    assert said[0].endswith("; 30 that were lost repeat the one before")


def test_more_lost_frames_than_that_begin_a_new_file(tmp_path) -> None:
    sent = random_curves(60)
    late = 1 << 60
    said = _recorded(tmp_path / "line.csv", [header(), frames(sent.values[:20]), frames(sent.values, late)])
    assert [line.split(":")[0] for line in said] == [str(tmp_path / "line.csv"), str(tmp_path / "line-2.csv")]
    np.testing.assert_array_equal(read_curves(tmp_path / "line.csv").values, sent.values[:20])


def test_a_subject_that_begins_again_gets_the_next_file_and_none_is_written_over(tmp_path) -> None:
    one, two = random_curves(5, seed=1), random_curves(6, seed=2)
    (tmp_path / "vera.csv").write_text("of yesterday", encoding="utf-8")
    _recorded(tmp_path, [header(), frames(one.values), end(5), header(stream="two"), frames(two.values)])
    assert (tmp_path / "vera.csv").read_text(encoding="utf-8") == "of yesterday"
    assert_equal(read_curves(tmp_path / "vera-2.csv"), one)
    assert_equal(read_curves(tmp_path / "vera-3.csv"), two)


def test_a_file_that_was_named_is_written_over_and_belongs_to_one_subject(tmp_path) -> None:
    out = tmp_path / "line.csv"
    out.write_text("of yesterday", encoding="utf-8")
    recorder, watch = Recorder(out), Watch()
    said = []
    for subject in ("vera", "hugo", "hugo"):
        for message in (header(stream=subject), frames(random_curves(5).values)):
            said += [line for event in watch.push(subject, message, subject) for line in recorder.take(event)]
    assert said == [f"hugo: is not recorded, {out} is for vera; -o FOLDER takes all."]
    assert len(list(recorder.close())) == 1
    assert_equal(read_curves(out), random_curves(5))


def test_a_recording_that_cannot_be_written_takes_no_other_with_it(tmp_path) -> None:
    recorder, watch = Recorder(tmp_path), Watch()
    for subject, curve in (("ann", "two\nlines"), ("bob", "jawOpen")):
        curves = Curves((curve,), np.zeros((3, 1), np.float32), Fraction(30))
        for message in (header(curves, subject), frames(curves.values)):
            for event in watch.push(subject, message, subject):
                recorder.take(event)
    with pytest.raises(FileError, match="control characters"):
        list(recorder.close())
    assert len(read_curves(tmp_path / "bob.csv").values) == 3


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("vera", "vera"),
        ("Véra Ño 2.1", "Véra Ño 2.1"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a:b*c?\n", "a_b_c_"),
        ("", "subject"),
        ("...", "subject"),
        ("NUL", "_NUL"),
        ("com1.x", "_com1.x"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_subject_becomes_a_name_that_every_system_takes(subject, name) -> None:
    assert file_name(subject) == name


@pytest.mark.parametrize(
    ("name", "format_", "said"),
    [
        ("line.cvs", None, "Did you mean '.csv'?"),
        ("line.mien", None, "neither a folder nor a file of curves"),
        ("notes.txt", None, "neither a folder nor a file of curves"),
        ("line.csv", "json", "contradicts"),
        ("folder", "jsn", "Did you mean 'json'?"),
    ],
)
def test_a_place_for_recordings_that_makes_no_sense_is_refused_before_anything_comes(
    tmp_path, name, format_, said
) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(MienError, match=re.escape(said)):
        Recorder(tmp_path / name, format_)


@pytest.mark.parametrize(
    ("address", "full"),
    [
        ("tcp://10.0.0.7:4000", "tcp://10.0.0.7:4000"),
        ("10.0.0.7", "tcp://10.0.0.7:52190"),
        ("studio:4000", "tcp://studio:4000"),
        ("tcp://[::1]", "tcp://[::1]:52190"),
    ],
)
def test_what_an_address_leaves_out_is_filled_in(address, full) -> None:
    assert endpoint(address) == full


@pytest.mark.parametrize("address", ["", "tcp://", "http://studio", "studio:port", "studio:99999", "a/b"])
def test_what_is_no_address_is_refused_with_one_that_is(address) -> None:
    with pytest.raises(OptionError, match=re.escape("such as tcp://127.0.0.1:52190")):
        endpoint(address)


def _lines(messages: Iterable[AnimateResponse], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is printed of them, and a second later."""
    lines = Lines()
    lines.tick(0, "")
    for event in _events(messages):
        lines.take(event)
    lines.tick(1, "")
    return capsys.readouterr().out.splitlines()


def test_lines_tell_the_beginning_the_going_and_the_end(capsys) -> None:
    sent = Curves(("a", "b", "c"), np.array([[0, 0.2, 0.5], [0.5, 0.1, 0.5]], np.float32), Fraction(30))
    assert _lines([header(sent), frames(sent.values, 30), frames(sent.values, 33)], capsys) == [
        "vera: begins; arkit, 30 fps, 3 curves, look-ahead 97 ms, mien-live 1",
        "vera: joined at frame 30, 1.00 s",
        "vera: 1.13 s, 4 frames, 4.0/s, 1 missed; a 0.50, b 0.20",
    ]
    assert _lines([header(sent), frames(sent.values), end(3, 0.5)], capsys)[1:] == [
        "vera: ends; 0.50 s of sound, 2 frames, 1 missed"
    ]
    assert _lines([header(sent), error("Too long.")], capsys)[1:] == [
        "vera: breaks off: Too long. (LimitError); 0 frames"
    ]


def test_lines_say_once_what_comes_without_a_header_and_not_when_it_follows(capsys) -> None:
    early = frames(random_curves().values)
    assert _lines([early, early], capsys) == ["vera: frames without a header"]
    assert len(_lines([early, header()], capsys)) == 1


def test_nothing_from_the_network_steers_the_terminal(capsys) -> None:
    message = header()
    message.header.rig = "arkit\x1b[2J\nvera: ends"
    assert _lines([message], capsys) == [
        "vera: begins; arkit?[2J?vera: ends, 30 fps, 3 curves, look-ahead 97 ms, mien-live 1"
    ]


def test_silence_is_broken_after_three_seconds_and_again_after_thirty() -> None:
    silence = Silence(0)
    assert [at for at in range(80) if silence.breaks(at, heard=at == 5)] == [3, 8, 38, 68]


@pytest.mark.parametrize("subjects", [0, 1, 2, 3, 7, 40])
@pytest.mark.parametrize("size", [(80, 24), (40, 8), (200, 60)])
def test_the_picture_fits_the_terminal(subjects, size) -> None:
    width, height = size
    view, watch = View("tcp://127.0.0.1:52190", Console(width=width, height=height)), Watch()
    for number in range(subjects):
        for message in (header(stream=f"{number}"), frames(random_curves(200, seed=number).values)):
            for event in watch.push(f"subject {number}", message, f"{number}"):
                view.take(event)
    picture = view.picture(*size)
    assert len(picture) == height
    assert max(line.cell_len for line in picture) <= width
    shown = "\n".join(line.plain for line in picture)
    assert ("more" in shown) == (subjects > height - 2)
    if 0 < subjects < 4 and height >= 24:
        assert shown.count("jawOpen") == 2 * subjects, "over time, and as a bar"


def test_bars_run_from_rest_to_value() -> None:
    assert bar(0, 0.5, 8) == "████"
    assert bar(0, 0.5625, 8) == "████▌"
    assert bar(0.5, 0.25, 8) == "  ██"
    assert bar(0.5, 1, 8) == "    ████"
    assert bar(0, 0, 8) == ""


def test_a_curve_over_time_fills_from_the_right_and_shows_its_peaks() -> None:
    assert sparkline(np.array([0, 1, 0.5, 0], np.float32), 8, 4, 1) == ["  █▄"]
    assert sparkline(np.array([0.25, 1], np.float32), 2, 2, 2) == [" █", "▄█"]
    assert sparkline(np.array([0.5, 1], np.float32), 2, 4, 1) == ["▄▄██"]
