"""Clients that leave, fall silent, want too much or do not read, and servers that stop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mien.engine import Catalogue, Engine, Limits, StreamOrder
from mien.rpc.refused import RefusedError
from mien.rpc.session import Session
from mien.wire.v1 import common_pb2 as common
from mien.wire.v1.service_pb2_grpc import MienStub
from tests.bad_streams import BAD
from tests.grpc_server import (
    END,
    Line,
    Worker,
    baked,
    client,
    control,
    heard,
    pcm,
    pieces,
    settings,
    sound,
    talk,
    worker,
)
from tests.published import until

INVALID, EXHAUSTED = "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"
FAST = settings(rate=common.FrameRate(numerator=120))


@pytest.fixture(scope="module")
def tiny(model_folder: Path) -> Iterator[Worker]:
    with worker(model_folder) as running:
        yield running


@pytest.fixture(scope="module")
def stub(tiny: Worker) -> Iterator[MienStub]:
    with client(tiny.address) as connected:
        yield connected


# Clients that leave


def test_a_client_that_cancels_leaves_nothing_behind(tiny, stub) -> None:
    for enough in (0, 1, 3):
        line = Line(stub, settings(), *pieces(pcm(2.0), 3_200))
        line.hear_until(lambda so_far, enough=enough: len(so_far.frames) >= enough)
        line.hang_up()
    tiny.wait_empty()


def test_a_deadline_that_passes_leaves_nothing_behind(tiny, stub) -> None:
    line = Line(stub, settings(), sound(pcm(0.5)), timeout=0.3)
    assert heard(line.call).code == "DEADLINE_EXCEEDED"
    tiny.wait_empty()


def test_a_connection_that_closes_leaves_nothing_behind(tiny) -> None:
    with client(tiny.address) as stub:
        line = Line(stub, settings(), sound(pcm(0.5)))
        line.hear_until(lambda so_far: so_far.frames)
        assert tiny.host.streams == 1
    tiny.wait_empty()


LEAVING = """
import sys, time
from tests.grpc_server import Line, client, pcm, settings, sound
with client(sys.argv[1]) as stub:
    line = Line(stub, settings(), sound(pcm(0.5)))
    line.hear_until(lambda so_far: so_far.frames)
    print("here", flush=True)
    time.sleep(60)
"""


def test_a_process_that_is_killed_leaves_nothing_behind(tiny) -> None:
    with subprocess.Popen([sys.executable, "-c", LEAVING, tiny.address], stdout=subprocess.PIPE) as leaving:
        assert leaving.stdout
        assert leaving.stdout.readline() == b"here\n"
        assert tiny.host.streams == 1
        leaving.kill()
    tiny.wait_empty()


# Limits


@contextmanager
def _limited(model: Path, **limits) -> Iterator[tuple[Worker, MienStub]]:
    with worker(model, Limits(**limits)) as running, client(running.address) as connected:
        yield running, connected


def test_a_client_that_falls_silent_is_let_go(model_folder) -> None:
    with _limited(model_folder, idle_seconds=0.2) as (_, stub):
        for requests in ([], [settings()], [settings(), sound(pcm(0.1))]):
            said = Line(stub, *requests)
            end = heard(said.call)
            assert end.refusal == (EXHAUSTED, "limits.idle_seconds", "LimitError")
            assert "Nothing came for too long. This server allows idle_seconds = 0.2" in end.details


def test_a_client_that_keeps_talking_is_not_let_go(model_folder) -> None:
    with _limited(model_folder, idle_seconds=0.5) as (_, stub):
        line = Line(stub, settings())
        for piece in pieces(pcm(0.8), 3_200):
            line.say(piece)
            time.sleep(0.1)
        assert line.finish().code == "OK"


@pytest.mark.parametrize("requests", [pieces(pcm(3.0), 3_200), [sound(pcm(3.0))]])
def test_a_line_that_is_too_long_is_refused(model_folder, requests) -> None:
    with _limited(model_folder, stream_seconds=2.0) as (_, stub):
        said = talk(stub, [settings(), *requests])
    assert said.refusal == (EXHAUSTED, "limits.stream_seconds", "LimitError")
    assert "open a new one. This server allows stream_seconds = 2" in said.details


@pytest.mark.parametrize("again", [sound(b""), control(0.5)])
def test_a_stream_that_stays_too_long_is_refused(model_folder, again) -> None:
    with _limited(model_folder, stream_seconds=0.3) as (_, stub):
        line = Line(stub, settings())
        line.open()
        for _ in range(5):
            line.say(again)
            time.sleep(0.1)
        said = line.finish()
    assert said.refusal == (EXHAUSTED, "limits.stream_seconds", "LimitError")


def test_a_full_worker_takes_no_more_streams_until_one_ends(model_folder) -> None:
    with _limited(model_folder, streams=3) as (_, stub):
        lines = [Line(stub, settings()) for _ in range(3)]
        for line in lines:
            line.open()
        refused = talk(stub, [settings(), END])
        assert refused.refusal == (EXHAUSTED, "limits.streams", "LimitError")
        assert "This worker is full. This server allows streams = 3" in refused.details
        lines[0].say(END)
        assert lines[0].finish().code == "OK"
        assert talk(stub, [settings(), END]).code == "OK"
        for line in lines[1:]:
            line.hang_up()


def test_one_client_takes_no_more_than_its_share(model_folder) -> None:
    with _limited(model_folder, streams_per_client=2) as (_, stub):
        lines = [Line(stub, settings()) for _ in range(2)]
        for line in lines:
            line.open()
        refused = talk(stub, [settings(), END])
        assert refused.refusal == (EXHAUSTED, "limits.streams_per_client", "LimitError")
        assert "127.0.0.1 has many streams open" in refused.details
        for line in lines:
            line.say(END)
            assert line.finish().code == "OK"
        assert talk(stub, [settings(), END]).code == "OK"


def test_streams_that_are_refused_use_up_nothing(model_folder) -> None:
    with _limited(model_folder, streams=2, streams_per_client=2) as (_, stub):
        for case in ("unknown rig", "sound that is no number", "settings twice", "strong control"):
            assert talk(stub, BAD[case].requests).code == INVALID
        lines = [Line(stub, settings()) for _ in range(2)]
        for line in lines:
            line.open()
            line.hang_up()


def test_a_client_may_write_a_whole_line_before_it_reads(tiny, stub, model_folder, tmp_path) -> None:
    data = pcm(20.0)
    line = Line(stub, settings(), *pieces(data, 32_000), END)
    until(lambda: tiny.host.streams == 1)
    time.sleep(1.5)  # the engine is done by now, and gRPC holds back what nobody reads
    np.testing.assert_array_equal(line.finish().values, baked(tmp_path, data, model_folder))


@pytest.mark.heavy
def test_a_client_may_write_six_minutes_before_it_reads(tmp_path) -> None:
    """With the real model and the limits that are the default."""
    data = pcm(360.0)
    with worker("mien-live") as running, client(running.address) as stub:
        line = Line(stub, settings(), *pieces(data, 1 << 20), END, timeout=300)
        time.sleep(15)
        said = line.finish()
    assert said.code == "OK"
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, "mien-live"))


def test_a_client_that_does_not_read_is_told_so(model_folder) -> None:
    with _limited(model_folder, unread_bytes=20_000, idle_seconds=3.0) as (running, stub):
        line = Line(stub, FAST, *[sound(bytes(320_000))] * 40)  # frames for more than connections hold
        until(lambda: running.host.served == 1)
        until(lambda: running.host.streams == 0)
        said = line.finish()
    assert said.refusal == (EXHAUSTED, "limits.unread_bytes", "LimitError")
    assert "read while you write, or use Bake" in said.details


def test_a_client_that_does_not_read_fills_no_memory(model_folder) -> None:
    """Once it was refused nothing more is taken in, however much it writes."""
    with _limited(model_folder, unread_bytes=20_000, idle_seconds=3.0) as (running, stub):
        line = Line(stub, FAST, *[sound(bytes(320_000))] * 300)
        until(lambda: running.host.streams == 1)
        (session,) = running.host._sessions.values()
        until(lambda: running.host.streams == 0)
        assert session.stream.handed < 600, "seconds, most of them on the way; fifty minutes were sent"
        line.hang_up()


def test_a_stream_may_fail_at_the_very_moment_its_client_was_waited_for_too_long(model_folder) -> None:
    """Both end the wait for the client; whichever comes second must not be a mistake."""
    mistakes: list[object] = []

    async def both_at_once() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, mistake: mistakes.append(mistake))
        session = _session(model_folder, Limits(idle_seconds=0.001))
        problem = RefusedError("INVALID_ARGUMENT", "audio", "Broken.", "AudioError")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(None) as session.scope:
                session.gives = 0.0
                loop.call_soon(session.check_patience, 1.0)
                loop.call_soon(loop.call_soon, session.fail, problem)  # in the round after
                await asyncio.Event().wait()
        with pytest.raises(RefusedError, match="An answer waited too long"):
            session.check()

    asyncio.run(both_at_once())
    assert not mistakes


def _session(model_folder: Path, limits: Limits) -> Session:
    """One that nobody works on."""
    catalogue, engine = Catalogue(str(model_folder)), Engine(lambda _: None)
    order = StreamOrder(catalogue.model(), catalogue.rig(), Fraction(60), 16_000, "s16le")
    return Session(engine.open(order.performance()), engine, limits, "", "name", "")


def test_a_client_that_reads_slowly_gets_everything(stub, model_folder, tmp_path) -> None:
    data = pcm(5.0)
    line = Line(stub, settings(), *pieces(data, 16_000), END)
    for count in range(5):
        line.hear_until(lambda so_far, count=count: len(so_far.frames) > count)
        time.sleep(0.1)
    np.testing.assert_array_equal(line.finish().values, baked(tmp_path, data, model_folder))


# The end of a server


def test_a_server_about_to_stop_refuses_new_streams_and_ends_old_ones(model_folder, tmp_path) -> None:
    data = pcm(1.0)
    with worker(model_folder) as running, client(running.address) as stub:
        line = Line(stub, settings(), sound(data[:9_000]))
        line.hear_until(lambda so_far: so_far.frames)
        drained = running.drain(20)
        until(lambda: running.host.draining)
        refused = talk(stub, [settings(), END])
        assert refused.refusal == ("UNAVAILABLE", "", "ServerError")
        assert "about to stop; connect again in a moment" in refused.details
        line.say(sound(data[9_000:]), END)
        said = line.finish()
        assert drained.result(20) is None
    assert said.code == "OK"
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))


def test_a_stream_in_the_middle_hears_of_a_server_that_stops(model_folder) -> None:
    running = Worker(Catalogue(str(model_folder)))
    with client(running.address) as stub:
        line = Line(stub, settings(), sound(pcm(0.3)))
        line.hear_until(lambda so_far: so_far.frames)
        running.close()
        assert heard(line.call).code in {"UNAVAILABLE", "CANCELLED"}
