"""The real `mien serve` when it is asked to stop, and when parts of it die."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.grpc_server import (
    END,
    PATIENCE,
    Line,
    answered,
    baked,
    client,
    heard,
    open_stream,
    pcm,
    pieces,
    settings,
    sound,
    talk,
)
from tests.mien_serve import COMMAND, PLAIN, alive, at_home, children, mien_serve
from tests.published import until

pytestmark = pytest.mark.heavy


# How it ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_asked_to_stop_lets_streams_come_to_their_end(model_folder, tmp_path, number) -> None:
    data = pcm(1.0)
    with mien_serve("--model", model_folder, home=tmp_path, workers=2) as running:
        workers = running.workers
        with client(running.address) as stub, grpc.insecure_channel(running.address) as probe:
            watched = health_pb2_grpc.HealthStub(probe).Watch(health_pb2.HealthCheckRequest(service=""))
            assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
            line = Line(stub, settings(), sound(data[:9_000]))
            line.hear_until(lambda so_far: so_far.frames)
            running.process.send_signal(number)
            assert next(watched).status == health_pb2.HealthCheckResponse.NOT_SERVING
            refused = talk(stub, [settings(), END])
            assert refused.refusal == ("UNAVAILABLE", "", "ServerError")
            line.say(sound(data[9_000:]), END)
            said = line.finish()
        assert running.wait() == (0, "")
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))
    assert not any(map(alive, workers))
    assert not list((tmp_path / "mien").iterdir()), "the session file is gone"


def test_a_server_waits_for_streams_no_longer_than_it_was_told(model_folder, tmp_path) -> None:
    with (
        mien_serve("--model", model_folder, "--drain", "1", home=tmp_path) as running,
        client(running.address) as stub,
    ):
        line = open_stream(stub)
        running.process.send_signal(signal.SIGTERM)
        assert heard(line.call).code in {"UNAVAILABLE", "CANCELLED"}
        code, problems = running.wait()
    assert code == 0
    assert "Traceback" not in problems


def test_a_second_signal_ends_at_once(model_folder, tmp_path) -> None:
    with mien_serve("--model", model_folder, "--drain", "60", home=tmp_path, workers=2) as running:
        workers = running.workers
        with client(running.address) as stub:
            line = open_stream(stub)
            running.process.send_signal(signal.SIGTERM)
            until(lambda: talk(stub, [settings(), END]).code == "UNAVAILABLE")
            assert running.process.poll() is None, "it waits for the stream"
            code, problems = running.end(signal.SIGTERM)
            assert heard(line.call).code == "UNAVAILABLE"
    assert code == 0
    assert "Traceback" not in problems
    assert not any(map(alive, workers))


def test_ctrl_c_reaches_all_and_ends_in_order(model_folder, tmp_path) -> None:
    """In a terminal the signal goes to the parent and to every worker."""
    with mien_serve("--model", model_folder, home=tmp_path, workers=2) as running:
        for pid in (*running.workers, running.process.pid):
            os.kill(pid, signal.SIGINT)
        assert running.wait() == (0, "")


def test_a_signal_while_it_starts_ends_it(model_folder, tmp_path) -> None:
    given = [*COMMAND, *PLAIN, "--workers", "2", "--model", str(model_folder)]
    for pause in (0.3, 0.6, 0.9, 1.2, 1.6):
        with subprocess.Popen(
            given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=at_home(tmp_path)
        ) as server:
            time.sleep(pause)
            workers = children(server.pid)
            server.send_signal(signal.SIGTERM)
            _, problems = server.communicate(timeout=PATIENCE)
        assert server.returncode in {0, -signal.SIGTERM}
        assert "Traceback" not in problems
        until(lambda workers=workers: not any(map(alive, workers)))


# Parts that die


def test_a_worker_that_dies_is_replaced_and_the_others_go_on(model_folder, tmp_path) -> None:
    with mien_serve("--model", model_folder, home=tmp_path, workers=2) as running:
        with contextlib.ExitStack() as stack:
            stubs = [stack.enter_context(client(running.address)) for _ in range(16)]
            lines = [open_stream(stub) for stub in stubs]
            dying, staying = running.workers
            os.kill(dying, signal.SIGKILL)
            for line in lines:
                line.say(END)
            codes = {line.finish().code for line in lines}
        assert codes == {"OK", "UNAVAILABLE"}, "half of the streams were with the other one"
        until(lambda: len(running.workers) == 2)
        assert staying in running.workers
        assert dying not in running.workers
        for _ in range(16):
            until(lambda: answered(running.address) == "OK")
        code, problems = running.end(signal.SIGTERM)
    assert code == 0
    assert "a worker ended with -9; another one starts in" in problems


def test_a_worker_that_keeps_dying_is_replaced_ever_more_slowly(model_folder, tmp_path) -> None:
    with mien_serve("--model", model_folder, home=tmp_path) as running:
        for _ in range(3):
            until(lambda: len(running.workers) == 1 and answered(running.address) == "OK")
            os.kill(running.workers[0], signal.SIGKILL)
            until(lambda: not running.workers)
        code, problems = running.end(signal.SIGTERM)
    assert code == 0
    assert re.findall(r"another one starts in (\S+) s", problems) == ["0.5", "1", "2"]


@pytest.mark.parametrize("busy", [False, True])
def test_a_parent_that_is_killed_leaves_no_worker(model_folder, tmp_path, busy) -> None:
    with mien_serve("--model", model_folder, "--drain", "1", home=tmp_path, workers=2) as running:
        workers = running.workers
        with client(running.address) as stub:
            line = open_stream(stub) if busy else None
            running.process.kill()
            until(lambda: not any(map(alive, workers)))
            if line:
                line.hang_up()


def test_a_port_can_be_had_again_at_once(model_folder, tmp_path) -> None:
    with mien_serve("--model", model_folder, home=tmp_path) as first:
        port = first.address.rpartition(":")[2]
        with client(first.address) as stub:
            assert talk(stub, [settings(), sound(pcm(0.2)), END]).code == "OK"
        assert first.end(signal.SIGTERM)[0] == 0
    with mien_serve("--model", model_folder, "--port", port, home=tmp_path) as second:
        assert answered(second.address) == "OK"


def test_no_word_of_what_is_said_is_logged(model_folder, tmp_path) -> None:
    with mien_serve("--model", model_folder, "--log-level", "debug", home=tmp_path) as running:
        with client(running.address) as stub:
            secret = "Rumpelstilzchen"
            talk(stub, [settings(subject=secret), sound(secret.encode() * 100), END])
            talk(stub, [settings(rig=secret), END])
        code, problems = running.end(signal.SIGTERM)
    assert code == 0
    assert "Rumpelstilz" not in problems


def test_hundreds_of_clients_come_and_go_at_once(model_folder, tmp_path) -> None:
    codes: list[str] = []

    def come_and_go(number: int) -> None:
        with client(running.address) as stub:
            codes.append(talk(stub, [settings(), *pieces(pcm(0.5, seed=number % 5), 3_200), END]).code)

    with mien_serve("--model", model_folder, home=tmp_path, workers=2) as running:
        threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert codes == ["OK"] * 200
        assert running.end(signal.SIGTERM) == (0, "")
