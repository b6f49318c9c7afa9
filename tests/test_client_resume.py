"""A connection that breaks: the stream goes on, and its curves are the same to the bit."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mien
from mien.audio import read_audio
from mien.engine import Catalogue, Engine, Limits
from mien.engine.engine import Delivery
from mien.errors import ServerError
from mien.rpc.answers import header, response_of
from mien.rpc.client import conversation as talking
from mien.rpc.client.asking import control_message, raw_sound, stream_settings
from mien.rpc.client.conversation import Broken, Conversation
from mien.rpc.client.script import still_felt
from mien.rpc.client.sound import SoundWriter
from mien.rpc.orders import control_of, stream_order
from mien.values import Control
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse
from tests.servers import Server, broken_way, serving
from tests.sounds import noise
from tests.tiny_model import write_tiny_model

Floats = np.ndarray


class Change(NamedTuple):
    """A control among the sound."""

    strength: float
    at: float | None
    ease: float


Step = Floats | Change
BREAK = Broken(ServerError("the cable was pulled out"), passing=True)


class Desk:
    """The engine of a server and the messages of one connection, without sockets."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._engine = Engine(self._deliver)
        self.answers: deque[AnimateResponse] = deque()
        self._stream: Any = None

    def hear(self, request: AnimateRequest) -> None:
        match request.WhichOneof("message"):
            case "settings":
                order = stream_order(request.settings, self._catalogue)
                self._stream = self._engine.open(order.performance())
                top = header(order, self._stream.performance, "one", request.settings.subject or "made up")
                self.answers.append(AnimateResponse(header=top))
            case "audio":
                self._stream.hear(request.audio)
            case "control":
                self._stream.control(control_of(request.control), request.control.id)
            case "end":
                self._stream.finish()
        self._engine.wake(self._stream)

    def work(self) -> None:
        """As many rounds as there is work for."""
        while self._engine._ready:
            self._engine.round()

    def _deliver(self, delivery: Delivery) -> None:
        self.answers.extend(response_of(output) for _, output in delivery)


class Talk:
    """A conversation over connections that break when `lucky` says no."""

    def __init__(self, catalogue: Catalogue, conversation: Conversation, lucky: Callable[[], bool]) -> None:
        self._catalogue, self._conversation, self._lucky = catalogue, conversation, lucky
        self._desk = Desk(catalogue)
        self.cuts = 0

    def go_on(self) -> None:
        """Say and hear what there is."""
        conversation = self._conversation
        while True:
            if conversation.waiting:
                self._desk.hear(conversation.next())
            elif self._desk.answers:
                conversation.take(self._desk.answers.popleft())
            else:
                self._desk.work()
                if not self._desk.answers:
                    return
            if conversation.header and not self._lucky():
                self._break()

    def _break(self) -> None:
        """What was said and not yet worked off is lost, and what was answered and not yet heard."""
        self._conversation.cut(BREAK)
        self._desk = Desk(self._catalogue)
        self.cuts += 1


@pytest.fixture(scope="module")
def catalogue(model_folder: Path) -> Catalogue:
    return Catalogue(model=str(model_folder))


def _conversation(hertz: int, encoding: str = "f32le", **asked: Any) -> tuple[SoundWriter, Conversation]:
    writer = SoundWriter(encoding, 1)
    return writer, Conversation(stream_settings(raw_sound(encoding, hertz, 1), **asked), writer.width)


def _in_process(model: Path, steps: list[Step], hertz: int, **asked: Any) -> tuple[Floats, list[Any]]:
    """Frames and what became of the controls, without any server."""
    frames, events = [], []
    with mien.open_stream(hertz, model=model, **asked) as stream:
        for step in steps:
            if isinstance(step, Change):
                events.append(tuple(stream.control({"articulation": step.strength}, step.at, step.ease)))
            else:
                frames.append(stream.push(step).values)
        frames.append(stream.flush().values)
    return np.concatenate(frames), events


def _steps(rate: int, seconds: float, seed: int, changes: bool = True) -> list[Step]:
    """Noise in pieces of random size, and changes among it: now, in the future, in the past."""
    random = np.random.default_rng(seed)
    sound, steps, at = noise(round(rate * seconds), seed=seed), [], 0
    while at < len(sound):
        size = int(random.integers(1, rate // 3))
        steps.append(sound[at : at + size])
        at += size
        if changes and random.random() < 0.3:
            when = random.choice([np.nan, at / rate + random.uniform(-1, 1)])
            time = None if np.isnan(when) else max(0.0, float(when))
            steps.append(Change(round(random.uniform(0, 2), 2), time, round(random.uniform(0.01, 1), 2)))
    return steps


# Without sockets


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    hertz=st.sampled_from([16_000, 48_000, 44_100]),
    fps=st.sampled_from(["60", "24000/1001", "25", "37/3"]),
    luck=st.sampled_from([0.8, 0.95, 0.99]),
)
def test_however_often_connections_break_the_curves_are_the_same(
    catalogue, model_folder, seed, hertz, fps, luck
) -> None:
    steps = _steps(hertz, 3.3, seed)
    known = [Control({"articulation": 0.4}, 0.9, 0.3), Control({"articulation": 1.7}, 2.1)]
    whole, events = _in_process(model_folder, steps, hertz, rate=fps, controls=known)
    writer, conversation = _conversation(hertz, rate=fps, controls=known)
    random = np.random.default_rng(seed)
    talk = Talk(catalogue, conversation, lambda: talk.cuts > 40 or random.random() < luck)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(talking, "PAUSES", (0.0,) * 1000)
        for step in steps:
            if isinstance(step, Change):
                conversation.control(Control({"articulation": step.strength}, step.at, step.ease))
            else:
                conversation.hear(writer.write(step))
            if random.random() < 0.7:
                talk.go_on()
        conversation.finish()
        talk.go_on()
    assert conversation.end
    np.testing.assert_array_equal(conversation.joined().values, whole)
    assert [(event.at, event.late) for event in conversation.events] == events
    assert conversation.end.controls == len(events)


def test_a_stream_that_goes_on_says_so_and_keeps_its_name(catalogue) -> None:
    writer, conversation = _conversation(16_000)
    talk = Talk(catalogue, conversation, lambda: True)
    for _ in range(40):
        conversation.hear(writer.write(noise(1600)))
        talk.go_on()
    conversation.cut(BREAK)
    again = conversation.next().settings
    assert again.resume_token
    assert again.resume_frame == conversation.frame
    assert again.resume_sample == 3 * 16_000
    assert again.subject == "made up"


def test_sound_is_forgotten_once_no_frame_depends_on_it(catalogue) -> None:
    writer, conversation = _conversation(16_000)
    talk = Talk(catalogue, conversation, lambda: True)
    for _ in range(300):
        conversation.hear(writer.write(noise(1600)))
        talk.go_on()
    kept = len(conversation._script._sound) / writer.width / 16_000
    assert kept < conversation.header.resume_history + 1 + 0.2


def test_changes_that_eased_in_are_told_again_as_the_last_of_each_layer() -> None:
    changes = [Control({"articulation": n / 10}, float(n), 0.5) for n in range(8)]
    told = still_felt([control_message(change) for change in changes], before=4.7)
    assert [each.at for each in told] == [4.0, 5.0, 6.0, 7.0]


def test_a_long_glide_keeps_what_came_after_it() -> None:
    glide = Control({"articulation": 2.0}, 0.0, 60.0)
    changes = [glide, *(Control({"articulation": n / 10}, float(n), 0.1) for n in range(1, 4))]
    told = still_felt([control_message(change) for change in changes], before=10.0)
    assert len(told) == 4


def test_a_refusal_is_no_break(catalogue) -> None:
    _, conversation = _conversation(16_000)
    Talk(catalogue, conversation, lambda: True).go_on()
    with pytest.raises(mien.LimitError, match="too long"):
        conversation.cut(Broken(mien.LimitError("too long"), passing=False))


def test_after_as_many_tries_as_there_are_pauses_it_gives_up(catalogue) -> None:
    _, conversation = _conversation(16_000)
    Talk(catalogue, conversation, lambda: True).go_on()
    pauses = [conversation.cut(BREAK) for _ in talking.PAUSES]
    assert pauses == list(talking.PAUSES)
    with pytest.raises(ServerError, match="the cable"):
        conversation.cut(BREAK)


def test_frames_out_of_order_are_no_stream_of_ours(catalogue) -> None:
    _, conversation = _conversation(16_000)
    Talk(catalogue, conversation, lambda: True).go_on()
    response = AnimateResponse()
    response.frames.first = 7
    response.frames.values.extend([0.0] * 52)
    with pytest.raises(ServerError, match="frame 7 came where 0 was next"):
        conversation.take(response)


# With them


@pytest.fixture(scope="module")
def server(model_folder: Path) -> Iterator[Server]:
    with serving(model_folder) as running:
        yield running


def _sync(address: str, steps: Iterable[Step], hertz: int) -> tuple[Floats, list[Any], int]:
    frames = []
    with mien.Client(address) as client, client.stream(hertz) as stream:
        for step in steps:
            if isinstance(step, Change):
                stream.control({"articulation": step.strength}, step.at, step.ease)
            else:
                frames.append(stream.push(step).values)
        frames.append(stream.flush().values)
        return np.concatenate(frames), [(e.at, e.late) for e in stream.events], stream.reconnects


def _async(address: str, steps: Iterable[Step], hertz: int) -> tuple[Floats, list[Any], int]:
    async def talk() -> tuple[Floats, list[Any], int]:
        frames = []
        async with mien.AsyncClient(address) as client, client.stream(hertz) as stream:
            for step in steps:
                if isinstance(step, Change):
                    await stream.control({"articulation": step.strength}, step.at, step.ease)
                else:
                    frames.append((await stream.push(step)).values)
            frames.append((await stream.flush()).values)
            return np.concatenate(frames), [(e.at, e.late) for e in stream.events], stream.reconnects

    return asyncio.run(talk())


@pytest.mark.parametrize("run", [_sync, _async])
@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize("seed", range(2))
def test_a_way_that_breaks_at_random_places_changes_nothing(server, model_folder, run, rate, seed) -> None:
    steps = _steps(rate, 8, seed)
    whole, events = _in_process(model_folder, steps, rate)
    budgets = np.random.default_rng(seed).integers(20_000, 300_000, 5).tolist()
    with broken_way(server.port, budgets) as way:
        frames, happened, reconnects = run(way.address, steps, rate)
        assert reconnects > 0
    np.testing.assert_array_equal(frames, whole)
    assert happened == events


@pytest.mark.parametrize("run", [_sync, _async])
def test_a_server_that_is_killed_and_started_anew_changes_nothing(model_folder, run) -> None:
    steps = _steps(16_000, 6, seed=3)
    whole, _ = _in_process(model_folder, steps, 16_000)
    first = Server(Catalogue(model=str(model_folder)))
    later: list[Server] = []

    def killing() -> Iterator[Step]:
        for number, step in enumerate(steps):
            if number == len(steps) // 2:
                first.close()
                later.append(Server(Catalogue(model=str(model_folder)), port=first.port))
            yield step

    frames, _, reconnects = run(first.address, killing(), 16_000)
    later[0].close()
    assert reconnects == 1
    np.testing.assert_array_equal(frames, whole)


def test_a_server_with_another_model_is_no_way_to_go_on(model_folder, tmp_path) -> None:
    other = write_tiny_model(tmp_path, seed=1)
    with serving(model_folder) as first, mien.Client(first.address) as client, client.stream() as stream:
        stream.push(noise(16_000))
        first.close()
        with (
            serving(other, port=first.port),
            pytest.raises(ServerError, match=r"no way on: settings\.resume_token: It is from"),
        ):
            stream.flush()


def test_a_server_that_is_full_for_a_moment_is_tried_again(model_folder) -> None:
    """Of one that allows a single stream, while it has not noticed that the old connection is gone."""
    limits, sound = Limits(streams=1), noise(32_000)
    with (
        serving(model_folder, limits=limits) as server,
        broken_way(server.port) as way,
        mien.Client(way.address) as client,
        client.stream() as stream,
    ):
        frames = [stream.push(sound[:16_000]).values]
        threading.Timer(0.5, way.leave()).start()
        frames += [stream.push(sound[16_000:]).values, stream.flush().values]
        assert stream.reconnects == 1
    np.testing.assert_array_equal(np.concatenate(frames), _in_process(model_folder, [sound], 16_000)[0])


def test_the_model_that_ships_goes_on_as_well(demo_line) -> None:
    sound = read_audio(demo_line).samples
    with serving() as server, broken_way(server.port, [150_000, 250_000]) as way:
        frames, _, reconnects = _sync(way.address, np.array_split(sound, 50), 16_000)
    assert reconnects > 0
    np.testing.assert_array_equal(frames, mien.bake(demo_line).curves().values)
