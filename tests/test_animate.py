"""Live over real gRPC: a stream gives what a bake gives, to the bit, and says all that there is to know."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
import soundfile

import mien
from mien.audio import read_audio
from mien.rig import rig_names
from mien.wire.v1 import common_pb2 as common
from mien.wire.v1.animate_pb2 import AnimateRequest
from mien.wire.v1.service_pb2_grpc import MienStub
from tests.grpc_server import (
    END,
    Heard,
    Line,
    Worker,
    baked,
    client,
    control,
    controlled,
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


@pytest.fixture(scope="module")
def tiny(model_folder: Path) -> Iterator[Worker]:
    with worker(model_folder) as running:
        yield running


@pytest.fixture(scope="module")
def live() -> Iterator[Worker]:
    """With the model that ships."""
    with worker("mien-live") as running:
        yield running


@pytest.fixture(scope="module")
def stub(tiny: Worker) -> Iterator[MienStub]:
    with client(tiny.address) as connected:
        yield connected


# A stream is the bake

SUBTYPES = {
    "s16le": "PCM_16", "s24le": "PCM_24", "s32le": "PCM_32", "f32le": "FLOAT", "f64le": "DOUBLE",
    "u8": "PCM_U8", "mulaw": "ULAW",
}  # fmt: skip


def _raw(samples: np.ndarray, rate: int, subtype: str, folder: Path) -> tuple[bytes, Path]:
    """The same sound as bare bytes and as a file, both written by libsndfile."""
    bare, wav = folder / "sound.raw", folder / "sound.wav"
    soundfile.write(bare, samples, rate, subtype, endian="LITTLE", format="RAW")
    soundfile.write(wav, samples, rate, subtype)
    return bare.read_bytes(), wav


@pytest.mark.parametrize("size", [4_999, 50_000])
@pytest.mark.parametrize("encoding", SUBTYPES)
def test_every_encoding_gives_the_bake_of_such_a_file(stub, model_folder, tmp_path, encoding, size) -> None:
    data, wav = _raw(speech(0.5, 48_000, 2), 48_000, SUBTYPES[encoding], tmp_path)
    first = settings(audio=sound_format(encoding, 48_000, 2))
    said = talk(stub, [first, *pieces(data, size), END])
    np.testing.assert_array_equal(said.values, mien.bake(wav, model=model_folder).curves().values)


@pytest.mark.parametrize("channels", [1, 3, 7])
@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 96_000, 192_000])
def test_every_rate_gives_the_bake_of_such_a_file(stub, model_folder, tmp_path, rate, channels) -> None:
    data, wav = _raw(speech(0.4, rate, channels), rate, "PCM_16", tmp_path)
    said = talk(stub, [settings(audio=sound_format("s16le", rate, channels)), *pieces(data, 7_777)])
    np.testing.assert_array_equal(said.values, mien.bake(wav, model=model_folder).curves().values)
    assert said.end
    assert said.end.samples == round(0.4 * rate)


@pytest.mark.parametrize("fps", [(1, 1), (24_000, 1001), (30, 0), (37, 3), (60, 1), (240, 2)])
@pytest.mark.parametrize("tail", [0.0, 0.3, 2.0])
def test_every_frame_rate_and_tail_gives_that_bake(stub, model_folder, tmp_path, fps, tail) -> None:
    data, rate = pcm(0.61), common.FrameRate(numerator=fps[0], denominator=fps[1])
    said = talk(stub, [settings(rate=rate, tail=tail), *pieces(data, 5_000), END])
    exact = f"{fps[0]}/{fps[1] or 1}"
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder, rate=exact, tail=tail))


JAWS = {
    "rig.json": '{"schema": 1, "title": "Jaws", "curves":'
    ' [{"name": "open", "unit": "deg", "min": 0, "rest": 3, "max": 40}]}',
    "map.json": '{"schema": 1, "motion": 1, "linear": {"open": {"jawOpen": 37}}}',
}


@pytest.fixture
def jaws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A rig of the user's, with one curve that rests at 3."""
    folder = tmp_path / "rigs" / "jaws"
    folder.mkdir(parents=True)
    for name, text in JAWS.items():
        (folder / name).write_text(text)
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    return folder.name


def test_a_rig_of_the_users_is_driven_as_in_the_bake(model_folder, tmp_path, jaws) -> None:
    with worker(model_folder) as running, client(running.address) as stub:
        said = talk(stub, [settings(rig=jaws), sound(pcm(0.5))])
        still = talk(stub, [settings(rig=jaws, track=common.TRACK_PARTNER), sound(pcm(0.5))])
    assert said.header
    (curve,) = said.header.curves
    assert (curve.name, curve.unit, curve.low, curve.rest, curve.high) == ("open", "deg", 0, 3, 40)
    soundfile.write(tmp_path / "line.wav", np.frombuffer(pcm(0.5), "<i2"), 16_000)
    wanted = mien.bake(tmp_path / "line.wav", model=model_folder).curves(jaws).values
    np.testing.assert_array_equal(said.values, wanted)
    assert (still.values == 3).all(), "who only listens is at rest, wherever that is"


@pytest.mark.parametrize(("rate", "size"), [(16_000, 640), (16_000, 1 << 20), (48_000, 5_001)])
def test_the_shipped_model_says_live_what_it_bakes(live, demo_line, tmp_path, rate, size) -> None:
    samples = read_audio(demo_line).samples
    wanted = np.interp(
        np.arange(len(samples) * rate // 16_000) * 16_000 / rate, np.arange(len(samples)), samples
    )
    data, wav = _raw(wanted, rate, "PCM_16", tmp_path)
    with client(live.address) as stub:
        said = talk(stub, [settings(audio=sound_format("s16le", rate)), *pieces(data, size), END])
    np.testing.assert_array_equal(said.values, mien.bake(wav).curves().values)
    assert said.values.max() > 0.3


def test_twenty_streams_at_once_give_their_bakes(tiny, model_folder, tmp_path) -> None:
    sounds = [pcm(0.3 + 0.05 * n, seed=n) for n in range(20)]
    said: list[Heard | None] = [None] * len(sounds)

    def one(number: int) -> None:
        with client(tiny.address) as stub:
            said[number] = talk(stub, [settings(), *pieces(sounds[number], 777 * (number + 1)), END])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(sounds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for got, data in zip(said, sounds, strict=True):
        assert got
        np.testing.assert_array_equal(got.values, baked(tmp_path, data, model_folder))


def test_frames_come_while_the_line_is_still_spoken(stub) -> None:
    line = Line(stub, settings())
    header, data = line.open(), pcm(2.0)
    for number, piece in enumerate(pieces(data, 3_200), 1):
        line.say(piece)
        settled = int((number * 0.1 - header.look_ahead) * 60) + 1
        line.hear_until(lambda so_far, due=settled: sum(map(_count, so_far.frames)) >= due)
    line.say(END)
    assert line.finish().code == "OK"


def _count(frames: common.Frames) -> int:
    return len(frames.values) // 52


def test_who_is_only_heard_leaves_the_face_at_rest(stub) -> None:
    said = talk(stub, [settings(track=common.TRACK_PARTNER), sound(pcm(1.0)), END])
    assert said.values.shape == (79, 52)
    assert not said.values.any(), "the rest of every curve of arkit is 0"


# The header, the frames' clock, the end


def test_the_header_says_all_there_is_to_know(stub, model_folder) -> None:
    header = talk(stub, [settings(seed=7, subject="vera", tail=0.5), END]).header
    assert header
    assert (header.version, header.rig, header.subject) == (mien.__version__, "arkit", "vera")
    assert header.model == f"{model_folder.name} 0"
    assert (header.seed, header.tail, header.rate.numerator, header.rate.denominator) == (7, 0.5, 60, 1)
    assert len(header.curves) == 52
    assert {(each.unit, each.low, each.rest, each.high) for each in header.curves} == {("weight", 0, 0, 1)}
    assert header.look_ahead == mien.open_stream(model=model_folder).look_ahead
    assert header.capabilities.layers == ["articulation"]
    assert len(header.capabilities.encodings) == 7
    assert header.capabilities.tracks == [common.TRACK_SELF, common.TRACK_PARTNER]
    assert len(header.resume_token) == 16


def test_a_stream_without_a_subject_is_given_its_own_name(stub) -> None:
    first, second = (talk(stub, [settings(), END]).header for _ in range(2))
    assert first
    assert second
    assert first.subject == first.stream != second.stream


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_the_header_declares_the_look_ahead_of_its_sample_rate(stub, model_folder, rate) -> None:
    header = talk(stub, [settings(audio=sound_format("s16le", rate)), END]).header
    assert header
    assert header.look_ahead == mien.open_stream(rate, model=model_folder).look_ahead


def test_frames_follow_one_another_on_the_clock_of_the_sound(stub) -> None:
    rate = common.FrameRate(numerator=24_000, denominator=1001)
    said, at = talk(stub, [settings(rate=rate), *pieces(pcm(2.0), 2_000), END]), 0
    for each in said.frames:
        assert each.first == at
        assert each.time == pytest.approx(at * 1001 / 24_000, abs=1e-12)
        at += _count(each)
    assert said.end
    assert said.end.frames == at


def test_the_end_counts_the_whole(stub) -> None:
    data = pcm(1.25)
    said = talk(stub, [settings(), *pieces(data, 3_000), control(), control(), END])
    heard_as = (np.frombuffer(data, "<i2").astype("<f4") / 32768).astype("<f4")
    assert said.end
    assert (said.end.samples, said.end.duration, said.end.controls) == (20_000, 1.25, 2)
    assert said.end.frames == len(said.values) == 60 * 1.25 + 18 + 1
    assert said.end.audio_sha256 == hashlib.sha256(heard_as.tobytes()).hexdigest()


def test_half_closing_ends_the_sound_as_saying_so_does(stub) -> None:
    data = pcm(0.7)
    said, closed = (talk(stub, [settings(), sound(data), *last]) for last in ([END], []))
    np.testing.assert_array_equal(said.values, closed.values)
    assert said.end == closed.end


def test_a_stream_without_sound_is_the_tail_alone(stub) -> None:
    said = talk(stub, [settings(tail=1.0), END])
    assert said.values.shape == (61, 52)
    assert said.end
    assert said.end.samples == 0


# Controls


def test_controls_known_beforehand_are_those_of_the_bake(stub, model_folder, tmp_path) -> None:
    data, planned = pcm(2.0), [control(0.2, at=0.5, ease=0.25), control(1.75, at=1.0)]
    first = settings(controls=[each.control for each in planned], layers=[layer(1.5)])
    said = talk(stub, [first, *pieces(data, 1_234), END])
    options = {"controls": [controlled(each) for each in planned], "layers": {"articulation": 1.5}}
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder, **options))
    assert said.applied == [], "only controls of the stream are answered"


def test_a_control_of_the_stream_is_that_of_the_bake_at_its_time(stub, model_folder, tmp_path) -> None:
    data, change = pcm(2.0), control(0.25, 42, at=1.5)
    said = talk(stub, [settings(), sound(data[:9_000]), change, sound(data[9_000:]), END])
    assert [(each.id, each.at, each.late) for each in said.applied] == [(42, 1.5, False)]
    wanted = baked(tmp_path, data, model_folder, controls=[controlled(change)])
    np.testing.assert_array_equal(said.values, wanted)


def test_a_control_without_a_time_begins_where_the_sound_before_it_ends(stub, model_folder, tmp_path) -> None:
    data, change = pcm(2.0), control(0.0, 1)
    said = talk(stub, [settings(), sound(data[:9_000]), change, sound(data[9_000:]), END])
    assert [(each.at, each.late) for each in said.applied] == [(4_500 / 16_000, False)]
    wanted = baked(tmp_path, data, model_folder, controls=[controlled(change, 4_500 / 16_000)])
    np.testing.assert_array_equal(said.values, wanted)


@pytest.mark.parametrize("ease", [0.0, 0.25])
def test_a_control_that_comes_late_acts_at_once_and_says_so(stub, model_folder, tmp_path, ease) -> None:
    data, change = pcm(2.0), control(0.0, 5, at=0.25, ease=ease)
    said = talk(stub, [settings(), *pieces(data[:48_000], 3_200), change, sound(data[48_000:]), END])
    (applied,) = said.applied
    assert applied.id == 5
    assert applied.late
    assert 1.3 < applied.at < 1.5, "with the first row that the sound had not settled"
    wanted = baked(tmp_path, data, model_folder, controls=[controlled(change, applied.at)])
    np.testing.assert_array_equal(said.values, wanted)


def test_layers_that_a_control_does_not_name_stay_as_they_are(stub, model_folder, tmp_path) -> None:
    data, nothing = pcm(1.0), AnimateRequest(control=common.Control(id=3))
    said = talk(stub, [settings(layers=[layer(0.5)]), sound(data), nothing, END])
    assert [each.id for each in said.applied] == [3]
    wanted = baked(tmp_path, data, model_folder, layers={"articulation": 0.5})
    np.testing.assert_array_equal(said.values, wanted)


def test_a_layer_without_a_strength_acts_as_designed(stub, model_folder, tmp_path) -> None:
    data = pcm(0.5)
    said = talk(stub, [settings(layers=[layer()]), sound(data), END])
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))


# Bytes


def test_samples_may_be_cut_anywhere_between_messages(stub, model_folder, tmp_path) -> None:
    data = pcm(0.5)
    said = talk(stub, [settings(), *pieces(data, 1)[:1_001], *pieces(data[1_001:], 777), END])
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))


def test_empty_messages_of_sound_change_nothing(stub, model_folder, tmp_path) -> None:
    data = pcm(0.5)
    said = talk(stub, [settings(), sound(b""), *pieces(data, 4_000), sound(b""), END])
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))


# Going on after a cut


def _cut_off(stub: MienStub, data: bytes, **changes) -> Heard:
    """What was heard of a stream until it broke off after `data`."""
    line = Line(stub, settings(**changes), *pieces(data, 3_200))
    line.hear_until(lambda so_far: len(so_far.frames) > 5)
    line.hang_up()
    return line.heard


def test_a_stream_that_was_cut_off_goes_on_to_the_bit(stub, model_folder, tmp_path) -> None:
    data = pcm(4.0)
    header = _cut_off(stub, data[:64_000]).header
    assert header
    frame = 100
    second = int(frame / 60 - header.resume_history)
    again = settings(resume_token=header.resume_token, resume_sample=second * 16_000, resume_frame=frame)
    said = talk(stub, [again, *pieces(data[second * 32_000 :], 5_000), END])
    whole = baked(tmp_path, data, model_folder)
    assert said.frames[0].first == frame
    assert said.frames[0].time == frame / 60
    np.testing.assert_array_equal(said.values, whole[frame:])
    assert said.end
    assert (said.end.samples, said.end.frames) == (64_000, len(whole))
    assert second == 0 or said.end.audio_sha256 == "", "the hash of a part would name another sound"


def test_a_frame_that_lies_far_ahead_is_waited_for(stub) -> None:
    """Nothing comes out for longer than the server lets sound wait; it must go on all the same."""
    header = talk(stub, [settings(), END]).header
    assert header
    later = settings(resume_token=header.resume_token, resume_frame=60 * 25)
    said = talk(stub, [later, *pieces(pcm(26.0), 320_000), END])
    assert said.code == "OK"
    assert said.frames[0].first == 60 * 25


# One server, many kinds of messages


def test_lists_say_what_there_is(stub, model_folder) -> None:
    from mien.wire.v1 import lists_pb2 as lists

    rigs = stub.ListRigs(lists.ListRigsRequest()).rigs
    assert ("arkit", 52) in [(rig.name, rig.curves) for rig in rigs]
    assert [rig.name for rig in rigs] == list(rig_names())
    models = stub.ListModels(lists.ListModelsRequest()).models
    assert [(model.name, model.is_default) for model in models] == [
        (model_folder.name, True),
        ("mien-live", False),
    ]
    assert list(stub.ListEmotions(lists.ListEmotionsRequest()).emotions) == []
    rig = stub.GetRig(lists.GetRigRequest(name="arkit"))
    assert len(rig.curves) == 52
    assert "jawOpen" in rig.driven
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetRig(lists.GetRigRequest(name="arkti"))
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
    assert "Did you mean 'arkit'?" in refused.value.details()


def test_a_stream_may_name_a_model_that_is_not_the_default(stub, demo_line) -> None:
    samples, rate = soundfile.read(demo_line, dtype="int16")
    first = settings(model="mien-live", audio=sound_format("s16le", rate))
    said = talk(stub, [first, *pieces(samples.tobytes(), 32_000), END])
    np.testing.assert_array_equal(said.values, mien.bake(demo_line).curves().values)
