"""Files: what is written reads back equal, nothing is half-written, and bad files are refused in words."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mien.errors import FileError, OptionError
from mien.files import (
    FORMAT_NAMES,
    format_of,
    read_curves,
    read_take,
    write_curves,
    write_take,
    written_beside,
)
from mien.files.decimals import BLOCK, frame_texts
from mien.files.steady import steady_rate
from mien.values import CHANNEL_NAMES, CHANNELS, Curves, Motion, Phone, TakeRecord

RATES = [
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 60)),
    *(Fraction(rate) for rate in (25, 30, 48, 60, 90, 120)),
    Fraction(37, 3),
]
STARTS = [0.0, 1.5, -0.3, 0.1 + 0.2, 86_399.96]


def random_curves(
    frames: int = 7, rate: Fraction = Fraction(30), start: float = 0.0, seed: int = 0
) -> Curves:
    values = np.random.default_rng(seed).random((frames, 3), dtype=np.float32)
    values[values < 0.3] = 0
    return Curves(("jawOpen", "mouthPucker", "headYaw"), values, rate, start)


ROWS = 44
"""Motion rows of `a_take`: at 0, 20 ms, ... to the first at or after the end of its tail."""


def random_motion(seed: int, rows: int = ROWS) -> Motion:
    values = np.random.default_rng(seed).random((rows, len(CHANNELS)), dtype=np.float32)
    return Motion(np.where(values > 0.7, values, 0), start=seed / 50)


def a_take() -> TakeRecord:
    return TakeRecord(
        speech=random_motion(0),
        layers={"head": random_motion(1), "blink": random_motion(2), "a + b": random_motion(3)},
        duration=Fraction(8_821, 16_000),
        tail=0.3,
        rate=Fraction(24_000, 1001),
        model="mien-live 1",
        audio_sha256="ab" * 32,
        timecode="01:00:00;02",
        settings={"tail": 0.1 + 0.2, "life": True, "script": 'Grüße, "you"', "nested": {"b": [1, None]}},
        seeds={"blink": 2**63 - 1, "head": 0},
        emotion=({"at": 0.5, "joy": 0.8}, {"at": 1, "joy": 0}),
        alignment=(Phone(0.0, 0.1, "sil"), Phone(0.1, 0.25, "ɑː")),
    )


def assert_equal(came: Curves, wanted: Curves) -> None:
    assert came.names == wanted.names
    assert came.rate == wanted.rate
    assert came.start == wanted.start
    assert came.values.shape == wanted.values.shape
    assert came.values.tobytes() == wanted.values.tobytes(), "the same bits"


def assert_refused(
    read: Callable[[], object], words: str, kind: type[FileError | OptionError] = FileError
) -> None:
    with pytest.raises(kind, match=re.escape(words)) as refusal:
        read()
    assert "\n" not in str(refusal.value), "one line"


# What is written reads back equal.


@pytest.mark.parametrize("form", FORMAT_NAMES)
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("frames", [2, 3, 200])
def test_every_format_gives_back_rate_and_start(
    tmp_path: Path, form: str, start: float, rate: Fraction, frames: int
) -> None:
    curves = random_curves(frames, rate, start)
    write_curves(curves, tmp_path / f"line.{form}")
    assert_equal(read_curves(tmp_path / f"line.{form}"), curves)


@pytest.mark.parametrize("form", FORMAT_NAMES)
@settings(max_examples=60, deadline=None)
@given(
    values=hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    ),
    rate=st.one_of(st.sampled_from(RATES), st.fractions(1, 120, max_denominator=1001)),
    start=st.floats(-1000, 1000, allow_subnormal=False),
)
def test_any_finite_value_comes_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, form: str, values: np.ndarray, rate: Fraction, start: float
) -> None:
    names = tuple(f"curve {index}" for index in range(values.shape[1]))
    curves = Curves(names, values, rate, start)
    path = tmp_path_factory.mktemp("any") / f"line.{form}"
    write_curves(curves, path)
    assert_equal(read_curves(path), curves)


@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_frames_beyond_one_block_come_back(tmp_path: Path, form: str) -> None:
    curves = random_curves(2 * BLOCK + 1, Fraction(60_000, 1001))
    write_curves(curves, tmp_path / f"line.{form}")
    assert_equal(read_curves(tmp_path / f"line.{form}"), curves)


@pytest.mark.parametrize("form", FORMAT_NAMES)
@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (4, 0), (0, 0)], ids=str)
def test_files_without_frames_or_curves_come_back(tmp_path: Path, form: str, shape: tuple[int, int]) -> None:
    curves = Curves(("a", "b", "c")[: shape[1]], np.ones(shape, np.float32), Fraction(30), 0.0)
    write_curves(curves, tmp_path / f"line.{form}")
    assert_equal(read_curves(tmp_path / f"line.{form}"), curves)


@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_names_of_any_language_and_punctuation_come_back(tmp_path: Path, form: str) -> None:
    names = ('say "a, b"', "口_あ", "Mund auf", "#jaw", "key's; x")
    curves = Curves(names, np.ones((2, 5), np.float32), Fraction(30))
    write_curves(curves, tmp_path / f"line.{form}")
    assert_equal(read_curves(tmp_path / f"line.{form}"), curves)


def test_the_one_float_whose_shortest_text_misleads_a_double_comes_back() -> None:
    stray = np.array([0x15AE43FD, 0x95AE43FD], np.uint32).view(np.float32)[:, None]
    texts = [float(text) for (text,) in frame_texts(stray)]
    assert np.array(texts, np.float32).tobytes() == stray.tobytes()


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_three_hours_of_times_tell_their_rate(rate: Fraction) -> None:
    frames = np.zeros((int(3 * 3600 * rate), 0), np.float32)
    assert steady_rate(Curves((), frames, rate, 3_600.04).times) == rate


# CSV: plain for everybody else.


def test_csv_is_read_by_the_csv_module_and_by_numpy(tmp_path: Path) -> None:
    curves, path = random_curves(start=0.5), tmp_path / "line.csv"
    write_curves(curves, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["time"]) for row in rows] == curves.times.tolist()
    table = np.genfromtxt(path, delimiter=",", names=True)
    assert np.array_equal(table["jawOpen"].astype(np.float32), curves.column("jawOpen"))


def test_csv_has_plain_newlines_and_short_numbers(tmp_path: Path) -> None:
    curves = Curves(("a", "b"), np.array([[0, 0.1], [1, 1 / 3]], np.float32), Fraction(25))
    write_curves(curves, tmp_path / "line.csv")
    assert (tmp_path / "line.csv").read_bytes() == b"time,a,b\n0.0,0,0.1\n0.04,1.0,0.33333334\n"


def test_csv_of_other_programs_is_read(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    path.write_bytes(
        b'\xef\xbb\xbf jawOpen , "Time", x\r\n.5, 1.000, "-1"\r\n\r\n 0.25 ,1.033, 2e-1\r\n1,1.067,0\r\n'
    )
    curves = read_curves(path)
    assert curves.names == ("jawOpen", "x")
    assert (curves.rate, curves.start) == (Fraction(30), 1.0)
    assert curves.column("jawOpen").tolist() == [0.5, 0.25, 1.0]


@pytest.mark.parametrize("digits", [3, 6])
@pytest.mark.parametrize("rate", RATES, ids=str)
def test_rounded_times_still_tell_the_rate(rate: Fraction, digits: int) -> None:
    times = np.round(Curves((), np.zeros((600, 0), np.float32), rate, 12.5).times, digits)
    assert steady_rate(times) == rate


def test_csv_of_one_frame_reads_as_a_pose_at_30(tmp_path: Path) -> None:
    write_curves(random_curves(1, Fraction(24), 2.5), tmp_path / "pose.csv")
    pose = read_curves(tmp_path / "pose.csv")
    assert (pose.rate, pose.start, len(pose.values)) == (Fraction(30), 2.5, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line.csv: is empty; curves begin with a line 'time,<curve>,...'."),
        ("t,a\n0,1\n", "line 1 has no column 'time', the seconds of each frame; it begins with 't'."),
        ("time;a\n0;1\n", "it begins with 'time;a'; separate columns by commas."),
        ("time,a,Time\n0,1,2\n", "line 1 has more than one column 'time'; rename all but the seconds"),
        ("time,a,a\n0,1,2\n", "line 1, column 3: 'a' stands there a second time."),
        ("time,a,\n0,1,2\n", "line 1, column 3 has no name; name it or remove the column."),
        ("time,a\n0,1\n\n.1,1,2\n", "line 4 has another number of cells, 3 where the header has 2."),
        ("time,a\n0,1\n.1\n", "line 3 has another number of cells, 1 where the header has 2."),
        ("time,a\n0,1\n.1,abc\n", "line 3, column 2 ('a') is 'abc', not a number."),
        ("time,a\n0,1\n.1,\n", "line 3, column 2 ('a') is empty, and wants a number."),
        ("time,a\n0,nan\n.1,1\n", "line 2, column 2 ('a') is 'nan', which no curve can be"),
        ("time,a\n0,1e39\n.1,1\n", "line 2, column 2 ('a') is beyond what a float32 can hold."),
        ("time,a\n0,1\n.1,2\n.3,3\n", "line 4: time 0.3 after 0.1 breaks the steady step"),
        ("time,a\n0,1\n.1,2\n.1,3\n", "line 4: time 0.1 after 0.1 breaks the steady step"),
        ("time,a\n0,1\n33,2\n67,3\n", "line 4: time 67.0 after 33.0 breaks the steady step"),
        ("time,a\n0,1\n40,2\n80,3\n", "0.025 frames a second is outside 1..120; times are in seconds."),
        ('time,a\n0,1\n.1,"2"3\n', "line 3 is not CSV"),
    ],
)
def test_a_bad_csv_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "line.csv"
    path.write_text(text, encoding="utf-8")
    assert_refused(lambda: read_curves(path), words)


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    path.write_bytes("time,a\n0,1\n".encode("utf-16"))
    assert_refused(lambda: read_curves(path), "is not UTF-8 text; save it as UTF-8 and read it again.")


def test_a_curve_called_time_is_refused_in_csv_and_kept_in_json(tmp_path: Path) -> None:
    curves = Curves(("Time",), np.ones((2, 1), np.float32), Fraction(30))
    assert_refused(
        lambda: write_curves(curves, tmp_path / "line.csv"), "'Time' would pass for the column of times"
    )
    write_curves(curves, tmp_path / "line.json")
    assert_equal(read_curves(tmp_path / "line.json"), curves)


# JSON and npz.


def test_json_has_one_frame_a_line(tmp_path: Path) -> None:
    curves = Curves(("a", "b"), np.array([[0, 0.1], [1, 1 / 3]], np.float32), Fraction(24_000, 1001), 0.5)
    write_curves(curves, tmp_path / "line.json")
    text = (tmp_path / "line.json").read_text(encoding="utf-8")
    assert text == (
        '{"schema":1,"kind":"mien.curves","rate":"24000/1001","start":0.5,\n'
        '"names":["a","b"],\n"frames":[\n[0,0.1],\n[1.0,0.33333334]\n]}\n'
    )
    assert json.loads(text)["frames"][0] == [0, 0.1]


GOOD_JSON: dict[str, Any] = {
    "schema": 1,
    "kind": "mien.curves",
    "rate": "30",
    "start": 0,
    "names": ["a", "b"],
    "frames": [[0, 1], [1, 0.5]],
}


def test_json_from_elsewhere_is_read_with_a_mark_and_unknown_fields(tmp_path: Path) -> None:
    path = tmp_path / "line.json"
    path.write_text(json.dumps(GOOD_JSON | {"author": "me"}, indent=2), encoding="utf-8-sig")
    assert read_curves(path).values.tolist() == [[0, 1], [1, 0.5]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 2, "names": 7}, "is from a newer Mien (schema 2, this one knows 1); update Mien."),
        ({"schema": 0}, "has schema 0, which no Mien ever wrote; it should be 1."),
        ({"kind": "mien.take"}, "holds 'mien.take', not 'mien.curves'."),
        ({"frames": [[0, 1], [1]]}, "frame 1 has 1 values, and there are 2 names."),
        (
            {"frames": [[0, 1], [1, "x"]]},
            "frame 1 is not a list of numbers (Expected `float`, got `str` - at `$[1]`)",
        ),
        ({"frames": [[0, 1], [1, 1e39]]}, "curve 'b' is inf in frame 1, not a finite number."),
        ({"names": ["a", "a"]}, "or is damaged (curve names are unique)"),
        ({"names": ["a", " "]}, "curve name ' ' is empty or has spaces around it or control characters."),
        ({"rate": "1/0"}, "is not curves as json, or is damaged (Expected `str` matching regex"),
        ({"rate": "1e999999999"}, "is not curves as json, or is damaged (Expected `str` matching regex"),
        ({"rate": "0"}, "is damaged (a frame rate is positive; got 0)"),
        ({"rate": "1/2"}, "0.5 frames a second is outside 1..120"),
        ({"start": None}, "Expected `float`, got `null` - at `$.start`"),
    ],
)
def test_a_bad_json_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = tmp_path / "line.json"
    path.write_text(json.dumps(GOOD_JSON | change), encoding="utf-8")
    assert_refused(lambda: read_curves(path), words)


def test_npz_is_read_by_numpy_without_pickles(tmp_path: Path) -> None:
    curves = random_curves(rate=Fraction(24_000, 1001))
    write_curves(curves, tmp_path / "line.npz")
    with np.load(tmp_path / "line.npz", allow_pickle=False) as arrays:
        assert arrays["names"].tolist() == list(curves.names)
        assert arrays["rate"].tolist() == [24_000, 1001]
        assert np.array_equal(arrays["values"], curves.values)


GOOD_NPZ: dict[str, Any] = {
    "schema": np.array(1),
    "names": np.array(["a", "b"]),
    "rate": np.array([30, 1]),
    "start": np.array(0.0),
    "values": np.zeros((4, 2), np.float32),
}


def test_npz_from_numpy_is_read_in_doubles_and_any_order(tmp_path: Path) -> None:
    values = np.asfortranarray(np.arange(8).reshape(4, 2) / 8)
    np.savez(tmp_path / "line.npz", **GOOD_NPZ | {"values": values})
    assert read_curves(tmp_path / "line.npz").values.tolist() == values.tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": np.array(2)}, "is from a newer Mien (schema 2, this one knows 1); update Mien."),
        ({"values": np.zeros((4, 3))}, "curves have shape (frames, 2 names); got (4, 3)"),
        ({"values": np.zeros(4)}, "array 'values' is float64 with 1 axes, and wants 2."),
        ({"values": np.full((4, 2), np.nan)}, "curve 'a' is nan in frame 0, not a finite number."),
        ({"values": np.full((4, 2), 1e300)}, "curve 'a' is inf in frame 0, not a finite number."),
        (
            {"values": np.full((4, 2), None)},
            "array 'values.npy' holds object, and only numbers and text are read.",
        ),
        ({"rate": np.array([30, 0])}, "array 'rate' is [30, 0], not a numerator and a denominator above 0."),
        ({"rate": np.array([240, 1])}, "240 frames a second is outside 1..120"),
        ({"start": np.array(np.inf)}, "starts at inf; a start is a finite number of seconds."),
        ({"names": None}, "has no array 'names', which curves need."),
    ],
)
def test_a_bad_npz_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    arrays = {name: array for name, array in (GOOD_NPZ | change).items() if array is not None}
    np.savez(tmp_path / "line.npz", **arrays)
    assert_refused(lambda: read_curves(tmp_path / "line.npz"), words)


# Formats and paths.


def test_the_format_comes_from_the_suffix_in_any_case_or_from_its_name(tmp_path: Path) -> None:
    write_curves(random_curves(), tmp_path / "line.CSV")
    assert (tmp_path / "line.CSV").read_text(encoding="utf-8").startswith("time,")
    write_curves(random_curves(), tmp_path / "line.txt", format="csv")
    assert_equal(read_curves(tmp_path / "line.txt", format="csv"), random_curves())
    write_curves(random_curves(), tmp_path / "a.v2", format="JSON")
    assert_equal(read_curves(tmp_path / "a.v2", format="Json"), random_curves())
    assert (format_of(tmp_path / "a.v2", "CSV"), format_of(tmp_path / "a.Csv", "Csv")) == ("csv", "csv")


@pytest.mark.parametrize("name", ["a.csv", "a.CSV"])
def test_a_format_that_contradicts_the_suffix_is_refused(tmp_path: Path, name: str) -> None:
    words = f"--format json contradicts the name '{name}'; leave one of them out."
    assert_refused(lambda: format_of(tmp_path / name, "json"), words, OptionError)
    assert_refused(lambda: write_curves(random_curves(), tmp_path / name, "json"), words, OptionError)
    assert not list(tmp_path.iterdir())


def test_curves_never_go_into_a_file_that_is_named_like_a_take(tmp_path: Path) -> None:
    assert_refused(lambda: format_of(tmp_path / "line.mien", "csv"), "line.mien: is a take, not curves;")


@pytest.mark.parametrize("form", [None, "csv"])
@pytest.mark.parametrize("name", ["out", "out.csv", "out.v2"])
def test_a_folder_is_called_a_folder_whatever_its_name(tmp_path: Path, name: str, form: str | None) -> None:
    folder = tmp_path / name
    folder.mkdir()
    words = f"{folder}: is a folder; give the name of a file in it, such as {folder / 'line.csv'}."
    assert_refused(lambda: format_of(folder, form), words)
    assert_refused(lambda: write_curves(random_curves(), folder, form), words)
    assert_refused(lambda: read_curves(folder, form), words)


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        (
            "line.cvs",
            None,
            "There is no curve format '.cvs'; there is .csv, .json, .npz. Did you mean '.csv'?",
        ),
        ("line.csv", "jsn", "There is no curve format 'jsn'; there is csv, json, npz. Did you mean 'json'?"),
        ("line", None, "line: has no suffix to tell the format by; end it in .csv or .json or .npz."),
        ("line.mien", None, "is a take, not curves; `mien render"),
    ],
)
def test_an_unknown_format_is_refused_with_the_nearest(
    tmp_path: Path, name: str, form: str | None, words: str
) -> None:
    assert_refused(lambda: write_curves(random_curves(), tmp_path / name, form), words)
    assert_refused(lambda: read_curves(tmp_path / name, form), words)


@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_broken_curves_are_refused_before_anything_is_written(tmp_path: Path, form: str) -> None:
    values = np.ones((3, 2), np.float32)
    values[2, 1] = np.nan
    broken = Curves(("a", "b"), values, Fraction(30))
    assert_refused(
        lambda: write_curves(broken, tmp_path / f"line.{form}"),
        "curve 'b' is nan in frame 2, not a finite number.",
    )
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_refused_with_its_neighbour(tmp_path: Path) -> None:
    write_curves(random_curves(), tmp_path / "line_01.csv")
    assert_refused(
        lambda: read_curves(tmp_path / "line_1.csv"), "there is no such file. Did you mean 'line_01.csv'?"
    )
    assert_refused(lambda: read_take(tmp_path / "no" / "a.mien"), "a.mien: there is no such file.")


# Whole or not at all.


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_curves(random_curves(), tmp_path / "out" / "day 1" / "line.csv")
    assert [path.name for path in (tmp_path / "out" / "day 1").iterdir()] == ["line.csv"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
def test_what_stops_a_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    path = tmp_path / "line.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(stop), written_beside(path) as beside, beside.open("w", encoding="utf-8") as file:
        file.write("new")
        raise stop
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_until_the_block_ends_the_old_file_stands(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    path.write_text("old", encoding="utf-8")
    with written_beside(path) as beside:
        beside.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
        assert beside.parent == path.parent
    assert path.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_with_the_way_out(tmp_path: Path) -> None:
    def fill() -> None:
        with written_beside(tmp_path / "line.csv"):
            raise OSError(28, "No space left on device")

    assert_refused(
        fill, "cannot be written (No space left on device); free some space or choose another disk."
    )
    assert not list(tmp_path.iterdir())


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.csv").mkdir()
    assert_refused(
        lambda: write_curves(random_curves(), tmp_path / "folder.csv"),
        "is a folder; give the name of a file in it",
    )
    assert_refused(
        lambda: write_curves(random_curves(), tmp_path / "file" / "line.csv"),
        "one of its folders is a file; choose another folder.",
    )
    assert_refused(lambda: read_take(tmp_path / "folder.csv"), "is a folder; name one file in it.")


@pytest.mark.skipif(os.name != "posix", reason="links, modes and devices of POSIX")
def test_links_modes_and_devices_are_left_as_they_are(tmp_path: Path) -> None:
    path, link = tmp_path / "line.csv", tmp_path / "link.csv"
    write_curves(random_curves(), path)
    path.chmod(0o640)
    link.symlink_to(path)
    write_curves(random_curves(3), link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert len(read_curves(path).values) == 3
    assert_refused(lambda: write_curves(random_curves(), Path("/dev/null"), "csv"), "is a device or a pipe")


# Takes.


def test_a_take_comes_back_with_all_its_fields(tmp_path: Path) -> None:
    take = a_take()
    write_take(take, tmp_path / "line.mien")
    back = read_take(tmp_path / "line.mien")
    plain = [name for name in TakeRecord.__dataclass_fields__ if name not in {"speech", "layers"}]
    assert {name: getattr(back, name) for name in plain} == {name: getattr(take, name) for name in plain}
    assert list(back.layers) == list(take.layers), "in the order in which they are summed"
    for came, wanted in zip(
        [back.speech, *back.layers.values()], [take.speech, *take.layers.values()], strict=True
    ):
        assert came.start == wanted.start
        assert came.values.tobytes() == wanted.values.tobytes()
    assert back.motion.values.tobytes() == take.motion.values.tobytes()


def test_a_take_of_no_sound_and_no_layers_comes_back(tmp_path: Path) -> None:
    one_row = random_motion(0, rows=1)
    take = replace(
        a_take(), duration=Fraction(0), tail=0.0, layers={}, speech=one_row, settings={}, alignment=()
    )
    write_take(take, tmp_path / "line.mien")
    back = read_take(tmp_path / "line.mien")
    assert back.speech.values.tobytes() == one_row.values.tobytes()
    assert dict(back.layers) == {}


def test_the_same_record_makes_the_same_bytes(tmp_path: Path) -> None:
    take = a_take()
    write_take(take, tmp_path / "a.mien")
    turned = replace(
        take, settings=dict(reversed(take.settings.items())), seeds=dict(reversed(take.seeds.items()))
    )
    write_take(turned, tmp_path / "b.mien")
    assert (tmp_path / "a.mien").read_bytes() == (tmp_path / "b.mien").read_bytes()
    assert {info.date_time[0] for info in zipfile.ZipFile(tmp_path / "a.mien").infolist()} == {1980}


@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_the_same_curves_make_the_same_bytes(tmp_path: Path, form: str) -> None:
    for folder in "ab":
        write_curves(random_curves(), tmp_path / folder / f"line.{form}")
    assert (tmp_path / "a" / f"line.{form}").read_bytes() == (tmp_path / "b" / f"line.{form}").read_bytes()


def test_a_take_opens_with_unzip_and_numpy(tmp_path: Path) -> None:
    write_take(a_take(), tmp_path / "line.mien")
    with zipfile.ZipFile(tmp_path / "line.mien") as archive:
        assert json.loads(archive.read("take.json"))["schema"] == 1
        arrays = np.load(io.BytesIO(archive.read("motion.npz")), allow_pickle=False)
    assert set(arrays) == {"channels", "speech", "layer/head", "layer/blink", "layer/a + b"}
    assert np.array_equal(arrays["speech"], a_take().speech.values)


def rewritten(path: Path, header: dict[str, Any] | None = None, **arrays: Any) -> Path:
    """The take in `path` with some of its fields and arrays changed, as somebody else might write it."""
    with zipfile.ZipFile(path) as archive:
        fields = json.loads(archive.read("take.json")) | (header or {})
        motion = dict(np.load(io.BytesIO(archive.read("motion.npz")))) | arrays
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("take.json", json.dumps(fields))
        with archive.open("motion.npz", "w") as stream:
            np.savez(stream, **{name: array for name, array in motion.items() if array is not None})
    return path


def test_a_take_with_fewer_channels_reads_with_zeros_in_the_others(tmp_path: Path) -> None:
    take, path = replace(a_take(), layers={}), tmp_path / "line.mien"
    write_take(take, path)
    back = read_take(
        rewritten(path, channels=np.array(CHANNEL_NAMES[4:1:-1]), speech=take.speech.values[:, 4:1:-1])
    )
    assert np.array_equal(back.speech.values[:, 2:5], take.speech.values[:, 2:5])
    assert not back.speech.values[:, :2].any()
    assert not back.speech.values[:, 5:].any()


OTHER_NAMES = np.array(["earWiggle", *CHANNEL_NAMES[1:]])


@pytest.mark.parametrize(
    ("header", "arrays", "words"),
    [
        ({"schema": 2}, {}, "is from a newer Mien (schema 2, this one knows 1); update Mien."),
        ({"motion_schema": 2}, {}, "is from a newer Mien (schema 2, this one knows 1); update Mien."),
        ({"kind": "mien.curves"}, {}, "holds 'mien.curves', not 'mien.take'."),
        ({"rate": "fast"}, {}, "is not a take, or is damaged (Expected `str` matching regex"),
        ({"rate": "1e99999999"}, {}, "is not a take, or is damaged (Expected `str` matching regex"),
        ({"seeds": {"blink": "x"}}, {}, "Expected `int`, got `str`"),
        (
            {},
            {"channels": OTHER_NAMES},
            "has a channel 'earWiggle' that this Mien does not know; update Mien.",
        ),
        ({}, {"channels": None}, "its 'motion.npz' does not name its 'channels'; make the take again."),
        (
            {},
            {"channels": np.array(["jawOpen"] * len(CHANNELS))},
            "names a channel twice; make the take again.",
        ),
        ({}, {"speech": None}, "its 'motion.npz' has no array 'speech'; make the take again."),
        ({}, {"layer/head": None}, "its 'motion.npz' has no array 'layer/head'; make the take again."),
        (
            {},
            {"speech": np.zeros((30, 3))},
            f"array 'speech' is float64 (30, 3), not (rows, {len(CHANNELS)}) floats.",
        ),
        ({}, {"speech": np.full((ROWS, len(CHANNELS)), np.nan)}, "motion 'speech' is not finite in row 0;"),
        ({}, {"layer/head": np.zeros((29, len(CHANNELS)))}, f"layer 'head' has 29 rows, speech has {ROWS}"),
        ({"duration": "9" * 40}, {}, f"has {ROWS} rows of motion, and 1e+40 s of sound with a tail of 0.3 s"),
        ({"duration": "0"}, {}, "0 s of sound with a tail of 0.3 s make 16; make the take again."),
        ({"duration": "1/0"}, {}, "is not a take, or is damaged (Expected `str` matching regex"),
        ({"tail": -100}, {}, "line.mien: A tail of -100.0 s is outside 0..60 s."),
        ({"tail": 1e300}, {}, "line.mien: A tail of 1e+300 s is outside 0..60 s."),
        ({"rate": "0"}, {}, "line.mien: 0 frames a second is outside 1..120; make the take again."),
        ({"rate": "5000"}, {}, "line.mien: 5000 frames a second is outside 1..120; make the take again."),
        (
            {"layers": []},
            {"speech": np.zeros((0, len(CHANNELS)), np.float32)},
            f"has 0 rows of motion, and 0.551312 s of sound with a tail of 0.3 s make {ROWS}; make the take",
        ),
        (
            {"layers": []},
            {"speech": np.zeros((ROWS + 1, len(CHANNELS)), np.float32)},
            f"has {ROWS + 1} rows of motion, and 0.551312 s of sound with a tail of 0.3 s make {ROWS}; make",
        ),
        ({"speech_start": 1e300}, {}, "motion 'speech' starts at 1e+300 s, which is no row of it; make"),
        ({"speech_start": 0.013}, {}, "motion 'speech' starts at 0.013 s, which is no row of it; make"),
        (
            {"layers": [{"name": "head", "start": -1}]},
            {},
            "motion 'head' starts at -1 s, which is no row of it; make the take again.",
        ),
        (
            {},
            {"speech": np.full((ROWS, len(CHANNELS)), {})},
            "holds object, and only numbers and text are read.",
        ),
    ],
)
def test_a_bad_take_is_refused(
    tmp_path: Path, header: dict[str, Any], arrays: dict[str, Any], words: str
) -> None:
    path = tmp_path / "line.mien"
    write_take(a_take(), path)
    assert_refused(lambda: read_take(rewritten(path, header, **arrays)), words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"settings": {"out": Path("x")}}, "the take holds something that JSON does not know"),
        ({"settings": {"gain": float("nan")}}, "the take holds something that JSON does not know"),
        ({"layers": {"../up": random_motion(1)}}, "layer name '../up' does not fit a file"),
        (
            {"speech": Motion(np.full((ROWS, len(CHANNELS)), np.inf))},
            "motion 'speech' is not finite in row 0",
        ),
        ({"duration": Fraction(10)}, f"has {ROWS} rows of motion, and 10 s of sound"),
        ({"tail": 61}, "A tail of 61 s is outside 0..60 s."),
        ({"rate": Fraction(1, 2)}, "0.5 frames a second is outside 1..120; make the take again."),
    ],
)
def test_a_take_that_would_not_read_is_not_written(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    assert_refused(lambda: write_take(replace(a_take(), **change), tmp_path / "line.mien"), words)
    assert not list(tmp_path.iterdir())


def test_what_is_no_take_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.mien"
    path.write_text("hello", encoding="utf-8")
    assert_refused(
        lambda: read_take(path), "is not a take, or is damaged (File is not a zip file); make it again."
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert_refused(lambda: read_take(path), "is a zip but no take; it has no 'take.json'.")


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "bomb.mien"
    write_take(a_take(), path)
    whole = bytearray(path.read_bytes())
    declared = whole.rindex(b"PK\x01\x02") + 24  # the unpacked size of the last entry in the directory
    whole[declared : declared + 4] = (0xFFFF_FFF0).to_bytes(4, "little")
    path.write_bytes(whole)
    assert_refused(lambda: read_take(path), "and no file of ours has over 4294967296.")


def test_an_array_that_claims_more_than_it_has_is_refused_before_it_is_allocated(tmp_path: Path) -> None:
    path = tmp_path / "line.npz"
    liar = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        liar, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 10**6)}
    )
    np.savez(path, **GOOD_NPZ)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()} | {"values.npy": liar.getvalue()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert_refused(
        lambda: read_curves(path), "is damaged: its shape (1000000000, 1000000) does not fit its size."
    )


@pytest.mark.parametrize("suffix", [*FORMAT_NAMES, "mien"])
def test_any_damage_is_refused_in_one_line_or_does_no_harm(tmp_path: Path, suffix: str) -> None:
    path, random = tmp_path / f"line.{suffix}", np.random.default_rng(0)
    read: Callable[[Path], object] = read_take if suffix == "mien" else read_curves
    if suffix == "mien":
        write_take(a_take(), path)
    else:
        write_curves(random_curves(), path)
    whole = path.read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[random.integers(len(whole))] = random.integers(256)
        cut = len(whole) if random.random() < 0.7 else int(random.integers(len(whole)))
        path.write_bytes(damaged[:cut])
        try:
            read(path)
        except FileError as refusal:
            assert "\n" not in str(refusal)
