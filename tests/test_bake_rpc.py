"""Bakes over real gRPC: what the library bakes, with progress, within limits, and no trace afterwards."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import soundfile

import mien
from mien.engine import Limits
from mien.values import Control
from mien.wire.v1 import common_pb2 as common
from mien.wire.v1.animate_pb2 import EndOfAudio
from mien.wire.v1.bake_pb2 import BAKE_RESULT_TAKE, BakeRequest, BakeResponse, BakeSettings
from mien.wire.v1.service_pb2_grpc import MienStub
from tests.grpc_server import (
    PATIENCE,
    Heard,
    Worker,
    baked,
    client,
    heard,
    layer,
    pcm,
    pieces,
    settings,
    sound,
    sound_format,
    speech,
    talk,
    worker,
)
from tests.published import until

INVALID, EXHAUSTED = "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"
FILE = common.AudioFormat(encoding=common.ENCODING_FILE)
END = BakeRequest(end=EndOfAudio())


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the server keeps sound that has come; a folder of this test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@contextmanager
def _serving(model: Path, **limits: Any) -> Iterator[tuple[Worker, MienStub]]:
    with worker(model, Limits(**limits)) as running, client(running.address) as stub:
        yield running, stub


@pytest.fixture
def stub(model_folder: Path, temporary: Path) -> Iterator[MienStub]:
    """Of a worker that must have left nothing behind."""
    with _serving(model_folder) as (_, connected):
        yield connected
    assert not list(temporary.iterdir())


def _settings(**changes: Any) -> BakeRequest:
    return BakeRequest(settings=BakeSettings(**{"audio": sound_format(), **changes}))


def _pieces(data: bytes, size: int = 32_000) -> list[BakeRequest]:
    return [BakeRequest(audio=data[start : start + size]) for start in range(0, len(data), size)]


def _bake(stub: MienStub, *requests: BakeRequest) -> Heard:
    return heard(stub.Bake(iter(requests), timeout=PATIENCE))


def _file(samples: np.ndarray, rate: int = 16_000, kind: str = "FLAC") -> bytes:
    whole = io.BytesIO()
    soundfile.write(whole, samples, rate, format=kind)
    return whole.getvalue()


LONG = _pieces(bytes(2 * 16_000 * 1_800), 1 << 20)
"""Half an hour: seconds of work."""


# A bake is the library's


@pytest.mark.parametrize("size", [1_001, 1 << 20])
@pytest.mark.parametrize("end", [[], [END]])
def test_raw_sound_bakes_as_a_file_of_it(stub, model_folder, tmp_path, size, end) -> None:
    data = pcm(2.5)
    said = _bake(stub, _settings(), *_pieces(data, size), *end)
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))
    assert said.end
    assert (said.end.duration, said.end.frames) == (2.5, len(said.values))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_a_whole_file_bakes_as_on_the_disk(stub, model_folder, tmp_path, kind) -> None:
    data = _file(speech(1.3, 44_100, 2), 44_100, kind)
    path = tmp_path / f"line.{kind.lower()}"
    path.write_bytes(data)
    said = _bake(stub, _settings(audio=FILE), *_pieces(data, 9_999))
    take = mien.bake(path, model=model_folder)
    np.testing.assert_array_equal(said.values, take.curves().values)
    assert said.end
    assert said.end.audio_sha256 == take.audio_sha256


def test_everything_that_can_be_set_is_set(stub, model_folder, tmp_path) -> None:
    data, change = pcm(2.0), common.Control(at=1.0, layers=[layer(0.25)], ease=0.5)
    rate = common.FrameRate(numerator=30_000, denominator=1001)
    asked = _settings(rate=rate, tail=1.0, layers=[layer(1.5)], controls=[change], seed=9)
    said = _bake(stub, asked, *_pieces(data))
    wanted = baked(
        tmp_path, data, model_folder, rate="29.97", tail=1.0, layers={"articulation": 1.5},
        controls=[Control({"articulation": 0.25}, 1.0, 0.5)],
    )  # fmt: skip
    np.testing.assert_array_equal(said.values, wanted)
    assert said.header
    assert (said.header.seed, said.header.tail, said.header.rate.denominator) == (9, 1.0, 1001)
    assert said.end
    assert said.end.controls == 1


def test_a_take_comes_as_the_file_it_is(stub, model_folder, tmp_path) -> None:
    data = _file(speech(3.0))
    said = _bake(stub, _settings(audio=FILE, result=BAKE_RESULT_TAKE), *_pieces(data))
    (tmp_path / "line.mien").write_bytes(said.take)
    (tmp_path / "line.flac").write_bytes(data)
    take = mien.open_take(tmp_path / "line.mien")
    wanted = mien.bake(tmp_path / "line.flac", model=model_folder)
    np.testing.assert_array_equal(take.speech.values, wanted.speech.values)
    for name in ("audio_sha256", "duration", "tail", "rate", "model", "settings"):
        assert getattr(take, name) == getattr(wanted, name)
    assert said.frames == []


def test_a_bake_is_a_stream(stub, model_folder) -> None:
    data = pcm(1.7)
    live = talk(stub, [settings(layers=[layer(0.5)]), sound(data)])
    said = _bake(stub, _settings(layers=[layer(0.5)]), *_pieces(data))
    np.testing.assert_array_equal(said.values, live.values)
    assert said.header
    assert live.header
    assert list(said.header.curves) == list(live.header.curves)
    assert said.end == live.end, "both count samples, frames, controls, and hash the sound"


def test_the_header_comes_before_the_frames_and_they_follow_one_another(stub) -> None:
    kinds, at = [], 0
    for response in stub.Bake(iter([_settings(), *_pieces(pcm(25.0))]), timeout=PATIENCE):
        kinds.append(response.WhichOneof("message"))
        if kinds[-1] == "frames":
            assert (response.frames.first, response.frames.time) == (at, at / 60)
            at += len(response.frames.values) // 52
    assert [kind for kind in kinds if kind != "progress"] == ["header", "frames", "frames", "frames", "end"]
    assert at == 25.3 * 60 + 1


def test_progress_grows_from_nothing_to_the_whole(stub) -> None:
    said = _bake(stub, _settings(), *_pieces(bytes(2 * 16_000 * 400), 1 << 20))
    shares, seconds = [p.share for p in said.progress], [p.seconds for p in said.progress]
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert seconds == sorted(seconds)
    assert 0 <= shares[0] < shares[-1] <= 1
    assert seconds[-1] <= 400


# Refused

BAD = {
    "nothing": ([], "settings", "this bake began without"),
    "sound first": (_pieces(pcm(0.1)), "settings", "this bake began without"),
    "settings twice": ([_settings(), _settings()], "settings", "After the settings of a bake comes sound"),
    "empty message": ([_settings(), BakeRequest()], "message", "After the settings of a bake comes sound"),
    "unknown rig": ([_settings(rig="arkti")], "settings.rig", "Did you mean 'arkit'?"),
    "unknown model": ([_settings(model="mien-love")], "settings.model", "Did you mean 'mien-live'?"),
    "no encoding": ([_settings(audio={})], "settings.audio.encoding", "got 0"),
    "no rate": ([_settings(audio={"encoding": 1})], "settings.audio.sample_rate", "0 Hz is outside"),
    "no frames": ([_settings(rate={})], "settings.rate", "outside 1..120"),
    "long tail": ([_settings(tail=61)], "settings.tail", "outside 0..60"),
    "unknown layer": ([_settings(layers=[layer(1, "brows")])], "settings.layers", "no layer 'brows'"),
    "no time": ([_settings(controls=[{}])], "settings.controls[0].at", "needs its time"),
    "unknown result": ([_settings(result=99), *_pieces(pcm(0.1))], "settings.result", "99"),
    "no sound": ([_settings()], "audio", "There is no sound: not one whole sample came"),
    "half a sample": ([_settings(), *_pieces(b"x")], "audio", "not one whole sample came"),
    "an empty file": ([_settings(audio=FILE)], "audio", "the file is empty (0 bytes)"),
    "text": ([_settings(audio=FILE), *_pieces(b"Hello there. " * 100)], "audio", "this is text, not audio"),
    "zeros": ([_settings(audio=FILE), *_pieces(bytes(5_000))], "audio", "no audio that can be read"),
    "cut off": ([_settings(audio=FILE), *_pieces(_file(speech(2.0))[:20_000])], "audio", "damaged"),
    "no numbers": (
        [_settings(audio=sound_format("f32le")), *_pieces(np.full(9, np.nan, "<f4").tobytes())],
        "audio", "Sample 0 of the stream is nan",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_its_place(stub, temporary, case) -> None:
    requests, field, words = BAD[case]
    said = _bake(stub, *requests)
    code, place, _ = said.refusal
    assert (code, place) == (INVALID, field)
    assert words in said.details
    assert str(temporary) not in said.details, "our folders are nobody's business"


def test_too_many_controls_are_refused_by_their_place(stub) -> None:
    many = [common.Control(at=number, layers=[layer(1)]) for number in range(2_100)]
    said = _bake(stub, _settings(controls=many), *_pieces(pcm(0.1)))
    code, place, kind = said.refusal
    assert (code, kind) == (EXHAUSTED, "LimitError")
    assert place.startswith("settings")


def test_bytes_that_are_no_message_are_refused(model_folder, temporary) -> None:
    with worker(model_folder) as running, grpc.insecure_channel(running.address) as channel:
        call = channel.stream_stream("/mien.wire.v1.Mien/Bake", None, BakeResponse.FromString)
        said = heard(call(iter([_settings().SerializeToString(), b"\xff\xff"]), timeout=PATIENCE))
    assert said.code == INVALID


# Limits


def test_more_bytes_than_allowed_are_refused_before_they_all_came(model_folder, temporary) -> None:
    with _serving(model_folder, bake_bytes=100_000) as (_, stub):
        said = _bake(stub, _settings(), *_pieces(pcm(60.0)))
    assert said.refusal == (EXHAUSTED, "limits.bake_bytes", "LimitError")
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("audio", [sound_format(), FILE])
def test_more_seconds_than_allowed_are_refused(model_folder, temporary, audio) -> None:
    data = pcm(5.0)
    sent = _file(np.frombuffer(data, "<i2")) if audio is FILE else data
    with _serving(model_folder, bake_seconds=4.0) as (_, stub):
        said = _bake(stub, _settings(audio=audio), *_pieces(sent))
    assert said.refusal == (EXHAUSTED, "limits.bake_seconds", "LimitError")
    assert "5 s of sound are too much. This server allows bake_seconds = 4" in said.details


def test_silence_in_the_middle_of_a_bake_is_not_waited_for(model_folder, temporary) -> None:
    with _serving(model_folder, idle_seconds=0.3) as (_, stub):
        never = threading.Event()
        said = heard(stub.Bake(_and_then(never, _settings(), *_pieces(pcm(0.1))), timeout=PATIENCE))
        never.set()
    assert said.refusal == (EXHAUSTED, "limits.idle_seconds", "LimitError")
    assert not list(temporary.iterdir())


def test_too_many_bakes_at_once_are_refused_before_their_sound_comes(model_folder, temporary) -> None:
    with _serving(model_folder, bakes=2) as (_, stub):
        go_on = threading.Event()
        waiting = [stub.Bake(_and_then(go_on, _settings(), *_pieces(pcm(0.5)))) for _ in range(2)]
        until(lambda: len(list(temporary.iterdir())) == 2)
        said = _bake(stub, _settings(), *_pieces(pcm(0.5)))
        go_on.set()
        assert [heard(call).code for call in waiting] == ["OK", "OK"]
        assert _bake(stub, _settings(), *_pieces(pcm(0.5))).code == "OK"
    assert said.refusal == (EXHAUSTED, "limits.bakes", "LimitError")


def test_a_result_that_nobody_takes_is_not_kept_for_ever(model_folder, temporary) -> None:
    with _serving(model_folder, idle_seconds=0.5) as (_, stub):
        fast = _settings(rate=common.FrameRate(numerator=120))
        call = stub.Bake(iter([fast, *LONG[:25]]), timeout=PATIENCE)  # 20 MB, more than connections hold
        until(lambda: bool(list(temporary.iterdir())))
        until(lambda: not list(temporary.iterdir()))
        assert heard(call).refusal == (EXHAUSTED, "limits.idle_seconds", "LimitError")


def _and_then(event: threading.Event, *requests: BakeRequest) -> Iterable[BakeRequest]:
    """`requests`, and their end when `event` has come."""
    yield from requests
    event.wait(PATIENCE)


# Who leaves


def test_who_cancels_ends_the_work_and_leaves_no_files(model_folder, temporary) -> None:
    with _serving(model_folder) as (running, stub):
        call = stub.Bake(iter([_settings(), *LONG]), timeout=PATIENCE)
        assert next(call).WhichOneof("message") == "progress"
        assert running.host.bakes == 1
        call.cancel()
        until(lambda: running.host.bakes == 0)
        until(lambda: not list(temporary.iterdir()))


def test_who_cancels_while_sending_leaves_no_files(model_folder, temporary) -> None:
    with _serving(model_folder) as (_, stub):
        never = threading.Event()
        call = stub.Bake(_and_then(never, _settings(), *_pieces(pcm(0.5))), timeout=PATIENCE)
        until(lambda: bool(list(temporary.iterdir())))
        call.cancel()
        never.set()
        until(lambda: not list(temporary.iterdir()))


def test_who_cancels_while_waiting_for_a_turn_takes_none(model_folder, temporary) -> None:
    with _serving(model_folder) as (running, stub):
        calls = [stub.Bake(iter([_settings(), *LONG]), timeout=PATIENCE) for _ in range(3)]
        until(lambda: running.host.bakes == 3, PATIENCE)
        for call in calls:
            call.cancel()
        until(lambda: running.host.bakes == 0)
        until(lambda: not list(temporary.iterdir()))


def test_a_stream_stays_in_time_beside_bakes(model_folder, temporary, tmp_path) -> None:
    data = pcm(1.0)
    with _serving(model_folder) as (running, stub):
        call = stub.Bake(iter([_settings(), *LONG]), timeout=PATIENCE)
        assert next(call).WhichOneof("message") == "progress"
        said = talk(stub, [settings(), *pieces(data, 3_200)])
        assert running.host.bakes == 1, "the bake has not even ended"
        call.cancel()
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))


def test_a_server_about_to_stop_ends_its_bakes_first(model_folder, temporary) -> None:
    with _serving(model_folder) as (running, stub):
        go_on = threading.Event()
        coming = stub.Bake(_and_then(go_on, _settings(), *_pieces(pcm(0.5))), timeout=PATIENCE)
        until(lambda: bool(list(temporary.iterdir())))
        drained = running.drain(20)
        until(lambda: running.host.draining)
        refused = _bake(stub, _settings(), *_pieces(pcm(0.1)))
        assert refused.refusal == ("UNAVAILABLE", "", "ServerError")
        assert not drained.done(), "a bake that is still on its way up counts too"
        go_on.set()
        assert heard(coming).code == "OK"
        drained.result(20)
