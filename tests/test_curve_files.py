"""Curve files: what is written as CSV, JSON or npz reads back equal, and bad files are refused in words."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mien.files import FORMAT_NAMES, read_curves, write_curves
from mien.files.decimals import BLOCK, frame_texts
from mien.files.steady import steady_rate
from mien.values import Curves
from tests.file_checks import assert_equal, assert_refused, random_curves

RATES = [
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 60)),
    *(Fraction(rate) for rate in (25, 30, 48, 60, 90, 120)),
    Fraction(37, 3),
]
STARTS = [0.0, 1.5, -0.3, 0.1 + 0.2, 86_399.96]


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


@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_the_same_curves_make_the_same_bytes(tmp_path: Path, form: str) -> None:
    for folder in "ab":
        write_curves(random_curves(), tmp_path / folder / f"line.{form}")
    assert (tmp_path / "a" / f"line.{form}").read_bytes() == (tmp_path / "b" / f"line.{form}").read_bytes()


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
