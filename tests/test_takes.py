"""Takes: a take comes back with all its fields, and what is no take, or damaged, is refused in words."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.errors import FileError
from mien.files import FORMAT_NAMES, read_curves, read_take, write_curves, write_take
from mien.values import CHANNEL_NAMES, CHANNELS, Motion, Phone, TakeRecord
from tests.file_checks import assert_refused, random_curves

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
