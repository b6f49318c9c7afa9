"""`mien.Client` and `mien.AsyncClient` against a real server: what they give, and what they refuse."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
import soundfile

import mien
from mien.audio import open_audio, read_audio
from mien.engine import Limits
from mien.rpc.client import astream, script, stream
from mien.rpc.client import conversation as talking
from mien.values import Control
from tests.conftest import unavailable
from tests.servers import PATIENCE, Server, serving
from tests.sounds import noise

MUMBLE = {"articulation": 0.7}
TOKEN = "a-token-of-many-letters"


@pytest.fixture(scope="module")
def server(model_folder: Path) -> Iterator[Server]:
    with serving(model_folder) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[mien.Client]:
    with mien.Client(server.address) as opened:
        yield opened


# What there is


def test_lists_come_as_values_of_ours(client, model_folder) -> None:
    assert "arkit" in [rig.name for rig in client.rigs()]
    arkit = client.rig("arkit")
    assert len(arkit.curves) == len(arkit.names) == 52
    assert "jawOpen" in arkit.driven
    assert "jawOpen" in arkit.groups["jaw"]
    tiny, *others = client.models()
    assert tiny.default and not any(model.default for model in others)
    assert tiny.name == model_folder.name
    assert client.emotions() == ()


def test_the_async_client_has_the_same_lists(client, server) -> None:
    async def ask() -> tuple[object, ...]:
        async with mien.AsyncClient(server.address) as other:
            return await other.rigs(), await other.rig("arkit"), await other.models(), await other.emotions()

    same = (client.rigs(), client.rig("arkit"), client.models(), client.emotions())
    assert asyncio.run(ask()) == same


# Whole lines


def test_a_bake_is_that_of_mien_bake_to_the_bit(client, demo_line, model_folder) -> None:
    shares: list[float] = []
    controls = [Control({"articulation": 1.3}, 2.0, 0.3)]
    asked = {"rate": "29.97", "tail": 0.5, "layers": MUMBLE, "controls": controls}
    theirs = client.bake(demo_line, progress=shares.append, **asked)
    ours = mien.bake(demo_line, model=model_folder, **asked)
    np.testing.assert_array_equal(theirs.speech.values, ours.speech.values)
    np.testing.assert_array_equal(theirs.curves().values, ours.curves().values)
    for name in ("rate", "tail", "duration", "model", "audio_sha256", "settings"):
        assert getattr(theirs, name) == getattr(ours, name), name
    assert shares[-1] == 1.0


def test_curves_of_a_bake_come_without_the_take(client, demo_line, model_folder) -> None:
    curves = client.bake_curves(demo_line, rig="arkit", rate=25)
    ours = mien.bake(demo_line, model=model_folder, rate=25).curves("arkit")
    np.testing.assert_array_equal(curves.values, ours.values)
    assert (curves.names, curves.rate) == (ours.names, ours.rate)


def test_sound_that_is_no_file_is_baked_as_well(client, demo_line, model_folder) -> None:
    with open_audio(demo_line) as sound:
        theirs = client.bake(sound)
    np.testing.assert_array_equal(
        theirs.curves().values, mien.bake(demo_line, model=model_folder).curves().values
    )


def test_the_async_client_bakes_the_same(server, demo_line, model_folder) -> None:
    async def ask() -> tuple[mien.Take, mien.Curves]:
        async with mien.AsyncClient(server.address) as other:
            return await asyncio.gather(
                other.bake(demo_line, layers=MUMBLE), other.bake_curves(demo_line, layers=MUMBLE)
            )

    take, curves = asyncio.run(ask())
    ours = mien.bake(demo_line, model=model_folder, layers=MUMBLE)
    np.testing.assert_array_equal(curves.values, ours.curves().values)
    np.testing.assert_array_equal(take.curves().values, ours.curves().values)


def test_what_progress_raises_ends_the_bake(client, demo_line) -> None:
    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.bake(demo_line, progress=stop)
    assert client.rigs()


# Live


@pytest.mark.parametrize(
    ("encoding", "channels", "kind"),
    [("f32le", 1, "<f4"), ("s16le", 1, "<i2"), ("s16le", 2, "<i2"), ("f64le", 3, "<f8")],
)
def test_bytes_and_arrays_give_the_frames_of_open_stream(
    client, model_folder, encoding, channels, kind
) -> None:
    sound = noise(30_000, channels)
    sound = (sound * 2**15).astype(kind) if kind == "<i2" else sound.astype(kind)
    asked = {"encoding": encoding, "channels": channels, "rate": "29.97", "layers": MUMBLE}
    data = sound.tobytes()
    pieces = [data[at : at + 3001] for at in range(0, 40_001, 3001)]  # samples are cut in two
    pieces += np.array_split(sound, 5)
    with mien.open_stream(48_000, model=model_folder, **asked) as stream:
        ours = np.concatenate([*(stream.push(piece).values for piece in pieces), stream.flush().values])
    with client.stream(48_000, **asked) as stream:
        theirs = np.concatenate([*(stream.push(piece).values for piece in pieces), stream.flush().values])
    np.testing.assert_array_equal(theirs, ours)


def test_mono_arrays_fit_a_stream_of_two_channels(client, model_folder) -> None:
    sound = noise(20_000)
    with mien.open_stream(model=model_folder) as stream:
        ours = np.concatenate([stream.push(sound).values, stream.flush().values])
    with client.stream(channels=2) as stream:
        theirs = np.concatenate([stream.push(sound).values, stream.flush().values])
    np.testing.assert_array_equal(theirs, ours)


def test_sixteen_bits_round_and_clip(client, model_folder) -> None:
    sound = noise(20_000) * 4
    rounded = np.clip(np.rint(sound * 2.0**15), -(2**15), 2**15 - 1).astype("<i2")
    with mien.open_stream(model=model_folder) as stream:
        ours = np.concatenate([stream.push(rounded).values, stream.flush().values])
    with client.stream(encoding="s16le") as stream:
        theirs = np.concatenate([stream.push(sound).values, stream.flush().values])
    np.testing.assert_array_equal(theirs, ours)


def test_arrays_that_cannot_be_sent_are_refused_with_the_way_out(client) -> None:
    with client.stream(8000, encoding="mulaw") as stream:
        with pytest.raises(mien.OptionError, match="this stream is mulaw: push bytes, or open it with"):
            stream.push(noise(100))
        stream.push(bytes(100))
        assert len(stream.flush().values)


def test_a_stream_says_what_it_is_before_the_first_frame(client, model_folder) -> None:
    with client.stream(48_000, rate="23.976", tail=0.5, seed=7, subject="Vera") as stream:
        header = stream.header
        ours = mien.open_stream(48_000, model=model_folder, rate="23.976")
        assert (stream.rate, stream.look_ahead, stream.names) == (ours.rate, ours.look_ahead, ours.rig.names)
        assert (header.rig, header.tail, header.seed, header.subject) == ("arkit", 0.5, 7, "Vera")
        assert header.curves == ours.rig.curves
        assert "articulation" in header.layers


def test_a_thread_shows_frames_while_another_speaks(client, demo_line, model_folder) -> None:
    sound = read_audio(demo_line).samples
    shown: list[mien.Curves] = []
    with client.stream() as stream:
        reader = threading.Thread(target=lambda: shown.extend(stream))
        reader.start()
        for piece in np.array_split(sound, 50):
            stream.send(piece)
        stream.finish()
        reader.join(PATIENCE)
        end = stream.end
    whole = mien.bake(demo_line, model=model_folder)
    np.testing.assert_array_equal(np.concatenate([each.values for each in shown]), whole.curves().values)
    assert [each.start for each in shown] == [
        float(at / shown[0].rate)
        for at in np.cumsum([0, *(len(each.values) for each in shown[:-1])]).tolist()
    ]
    assert (end.samples, end.frames, end.audio_sha256) == (len(sound), whole.frames, whole.audio_sha256)


def test_frames_can_be_awaited_while_sound_is_sent(server, demo_line, model_folder) -> None:
    sound = read_audio(demo_line).samples

    async def talk() -> np.ndarray:
        async with mien.AsyncClient(server.address) as client, client.stream() as stream:

            async def speak() -> None:
                for piece in np.array_split(sound, 50):
                    await stream.send(piece)
                await stream.finish()

            speaking = asyncio.create_task(speak())
            frames = [curves.values async for curves in stream]
            await speaking
            return np.concatenate(frames)

    np.testing.assert_array_equal(
        asyncio.run(talk()), mien.bake(demo_line, model=model_folder).curves().values
    )


def test_pushing_waits_for_no_answer(client) -> None:
    with client.stream() as stream:
        curves = stream.push(noise(160))
        assert curves.values.shape == (0, 52)
        assert curves.start == 0


def test_a_long_line_may_be_pushed_at_once(client, model_folder) -> None:
    """More than may wait to be sent."""
    sound = noise(3_000_000)
    with client.stream(48_000) as stream:
        theirs = np.concatenate([stream.push(sound).values, stream.flush().values])
    with mien.open_stream(48_000, model=model_folder) as stream:
        ours = np.concatenate([stream.push(sound).values, stream.flush().values])
    np.testing.assert_array_equal(theirs, ours)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A way to the server that takes 4 KiB of sound in 20 ms, none of which may wait when a push is over."""
    say = talking.Conversation.next

    def say_slowly(conversation: talking.Conversation) -> object:
        time.sleep(0.02)
        return say(conversation)

    monkeypatch.setattr(talking.Conversation, "next", say_slowly)
    monkeypatch.setattr(script, "PIECE", 4096)
    for module in (stream, astream):
        monkeypatch.setattr(module, "MOST_UNSENT", 1)


@pytest.mark.usefixtures("slow")
def test_a_server_that_moves_on_is_waited_for_longer_than_one_that_is_silent(server) -> None:
    sound = noise(150_000)  # 3 s on its way

    async def push() -> int:
        async with mien.AsyncClient(server.address, timeout=1) as client, client.stream() as line:
            return len((await line.push(sound)).values) + len((await line.flush()).values)

    began = time.monotonic()
    with mien.Client(server.address, timeout=1) as client, client.stream() as line:
        count = len(line.push(sound).values) + len(line.flush().values)
    assert time.monotonic() - began > 2
    assert count == asyncio.run(push()) > 0


def test_events_tell_what_became_of_controls(client) -> None:
    with client.stream() as stream:
        stream.push(noise(32_000))
        now = stream.control({"articulation": 0.5})
        past = stream.control({"articulation": 0.6}, at=0.1)
        ahead = stream.control({"articulation": 0.7}, at=2.5)
        stream.push(noise(16_000))
        stream.flush()
        assert [event.number for event in stream.events] == [now, past, ahead]
        assert [event.late for event in stream.events] == [False, True, False]
        assert [event.at for event in stream.events][::2] == [2.0, 2.5]
        assert stream.end.controls == 3


def test_a_partner_is_heard_with_lips_shut(client) -> None:
    with client.stream(partner=True) as stream:
        stream.push(noise(16_000))
        values = stream.flush().values
    assert np.ptp(values, axis=0).max() == 0


def test_streams_of_one_client_run_side_by_side(client, model_folder) -> None:
    sounds = [noise(40_000, seed=seed) for seed in range(8)]
    frames: dict[int, np.ndarray] = {}

    def talk(number: int) -> None:
        with client.stream() as stream:
            parts = [stream.push(piece).values for piece in np.array_split(sounds[number], 20)]
            frames[number] = np.concatenate([*parts, stream.flush().values])

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    for number, sound in enumerate(sounds):
        with mien.open_stream(model=model_folder) as stream:
            ours = np.concatenate([stream.push(sound).values, stream.flush().values])
        np.testing.assert_array_equal(frames[number], ours)


# What is refused


def test_the_server_refuses_as_mien_does(client, server) -> None:
    with pytest.raises(mien.RigError, match=r"There is no rig 'arkti'.* Did you mean 'arkit'"):
        client.rig("arkti")
    with pytest.raises(mien.RigError, match=r"settings\.rig: There is no rig 'arkti'"):
        client.stream(rig="arkti")
    with pytest.raises(mien.ModelError, match="There is no model 'mein-live'"):
        client.stream(model="mein-live")
    assert server.host.streams == 0


def test_the_async_client_refuses_alike(server) -> None:
    async def ask() -> None:
        async with mien.AsyncClient(server.address) as client:
            with pytest.raises(mien.RigError, match="Did you mean 'arkit'"):
                await client.rig("arkti")
            with pytest.raises(mien.RigError, match=r"settings\.rig: There is no rig 'arkti'"):
                async with client.stream(rig="arkti"):
                    pass

    asyncio.run(ask())


def test_options_are_refused_before_anything_is_sent(nobody) -> None:
    with mien.Client(nobody) as client:
        refused = [
            (mien.OptionError, "outside 1..120", {"rate": 500}),
            (mien.OptionError, "A tail of -1", {"tail": -1}),
            (mien.OptionError, "There is no layer 'mumble'", {"layers": {"mumble": 1}}),
            (mien.OptionError, "needs its time", {"controls": [Control(MUMBLE)]}),
            (mien.OptionError, "There is no raw encoding 's16'", {"encoding": "s16"}),
            (mien.OptionError, "A seed is a whole number", {"seed": -1}),
            (mien.AudioError, "a sample rate of 4000 Hz", {"sample_rate": 4000}),
        ]
        for kind, said, given in refused:
            with pytest.raises(kind, match=said):
                client.stream(**given)


def test_sound_that_is_refused_leaves_the_stream_as_it_was(client, model_folder) -> None:
    broken = np.full(100, np.nan, "f4")
    with client.stream() as stream:
        stream.push(noise(1600))
        with pytest.raises(mien.AudioError, match="Sample 1600 of the stream is nan"):
            stream.push(broken)
        with pytest.raises(mien.OptionError, match="strength of 3"):
            stream.control({"articulation": 3})
        assert len(stream.flush().values) == 25
        with pytest.raises(mien.InputError, match="This stream was flushed"):
            stream.push(noise(10))
    with pytest.raises(mien.InputError, match="This stream was closed"):
        stream.push(noise(10))


def test_files_that_are_no_sound_are_refused_here(client, tmp_path) -> None:
    (tmp_path / "notes.wav").write_text("these are notes")
    with pytest.raises(mien.AudioError, match=r"notes\.wav: this is text"):
        client.bake(tmp_path / "notes.wav")
    with pytest.raises(mien.AudioError, match=r"none\.wav"):
        client.bake(tmp_path / "none.wav")


def test_sound_that_breaks_off_on_the_way_says_why(client, server, tmp_path) -> None:
    sound = noise(200_000)
    sound[150_000] = np.nan
    soundfile.write(tmp_path / "broken.wav", sound, 16_000, subtype="FLOAT")

    async def ask() -> None:
        async with mien.AsyncClient(server.address) as other:
            with open_audio(tmp_path / "broken.wav") as opened:
                await other.bake(opened)

    said = r"broken\.wav: the sample at 9\.375 s is nan"
    with pytest.raises(mien.AudioError, match=said), open_audio(tmp_path / "broken.wav") as opened:
        client.bake(opened)
    with pytest.raises(mien.AudioError, match=said):
        asyncio.run(ask())
    with pytest.raises(mien.AudioError, match=r"audio: the sample at 9\.375 s is nan"):
        client.bake(tmp_path / "broken.wav")


def test_limits_are_told_by_their_names(model_folder, demo_line) -> None:
    limits = Limits(stream_seconds=2, bake_seconds=2)
    with serving(model_folder, limits=limits) as server, mien.Client(server.address) as client:
        with pytest.raises(mien.LimitError, match="allows stream_seconds = 2"), client.stream() as stream:
            stream.push(noise(50_000))
            stream.flush()
        with pytest.raises(mien.LimitError, match="allows bake_seconds = 2"):
            client.bake(demo_line)


def test_a_server_with_a_token_wants_it(model_folder) -> None:
    with serving(model_folder, token=TOKEN) as server:
        with mien.Client(server.address, token=TOKEN) as client, client.stream() as stream:
            assert client.rigs()
            assert len(stream.flush().values)
        with (
            mien.Client(server.address) as client,
            pytest.raises(mien.ServerError, match="wants a token: token=, --token-file"),
        ):
            client.stream()
        with (
            mien.Client(server.address, token="wrong") as client,
            pytest.raises(mien.ServerError, match="wants another token"),
        ):
            client.rigs()


def test_a_connection_may_be_encrypted(model_folder, tmp_path) -> None:
    if not shutil.which("openssl"):
        unavailable("openssl, which makes a certificate, is not installed.")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert]
    subprocess.run([*make.split(), *map(str, names)], check=True, capture_output=True)
    credentials = grpc.ssl_server_credentials([(key.read_bytes(), cert.read_bytes())])
    with serving(model_folder, credentials=credentials) as server:
        with mien.Client(server.address, tls=mien.Tls(ca=cert)) as client, client.stream() as stream:
            assert len(stream.flush().values)
        with (
            mien.Client(server.address) as client,
            pytest.raises(mien.ServerError, match=r"Is `mien serve` running there, and without TLS\?"),
        ):
            client.rigs()
        with (
            mien.Client(server.address, tls=mien.Tls()) as client,
            pytest.raises(mien.ServerError, match="a certificate of the authority that was given"),
        ):
            client.rigs()
    with pytest.raises(mien.FileError, match=r"nobody\.pem cannot be read: No such file"):
        mien.Client(tls=mien.Tls(ca=tmp_path / "nobody.pem"))
    with pytest.raises(mien.OptionError, match="its key together"):
        mien.Tls(cert=cert)


@pytest.mark.parametrize("address", ["", ":52100", "http://localhost:52100", "localhost:x", "a/b", "a:99999"])
def test_what_is_no_address_is_refused(address) -> None:
    with pytest.raises(mien.OptionError, match="is no server's address; write HOST:PORT"):
        mien.Client(address)


def test_naming_mien_does_not_load_grpc() -> None:
    check = "import sys, mien; assert 'grpc' not in sys.modules; mien.Client; assert 'grpc' in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_what_mien_does_not_have_it_does_not_have() -> None:
    with pytest.raises(AttributeError, match="module 'mien' has no attribute 'Cleint'"):
        mien.Cleint  # noqa: B018
