"""Live over one HTTP request: chunks up and chunks down at the same time, as http.client can do it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from websockets.sync.client import connect

import mien
from mien.engine import Limits
from mien.rpc.gateway import server
from mien.rpc.gateway.messages import Unframer
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse
from mien.wire.v1.common_pb2 import Control, Layer
from tests.conftest import REPOSITORY
from tests.gateway_host import (
    END,
    PATIENCE,
    Gateway,
    framed,
    gateway,
    kinds,
    refusal,
    reset,
    settings,
    spoken,
    unframed,
    values_of,
    wait_until,
)

RECORDED = REPOSITORY / "proto" / "examples" / "animate_request.stream.bin"


@pytest.fixture(scope="module")
def live(model_folder: Path) -> Iterator[Gateway]:
    with gateway(model_folder) as running:
        yield running


@pytest.fixture(scope="module")
def baked(demo_line: Path, model_folder: Path) -> np.ndarray:
    return mien.bake(demo_line, model=model_folder).curves().values


@pytest.fixture(scope="module")
def line(demo_line: Path) -> list[AnimateRequest]:
    return spoken(demo_line)


class Duplex:
    """What a client does that has nothing but http.client: one thread sends, another reads."""

    def __init__(self, running: Gateway) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
        self.connection.putrequest("POST", "/v1/animate")
        self.connection.putheader("Content-Type", "application/x-mien")
        self.connection.putheader("Transfer-Encoding", "chunked")
        self.connection.endheaders()

    def send(self, data: bytes) -> None:
        self.connection.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def end(self) -> None:
        self.connection.send(b"0\r\n\r\n")

    def answer(self) -> http.client.HTTPResponse:
        return self.connection.getresponse()


def read_from(answer: http.client.HTTPResponse) -> Iterator[AnimateResponse]:
    """Message by message, to the end."""
    while length := answer.read(4):
        yield AnimateResponse.FromString(answer.read(int.from_bytes(length, "big")))


def test_http_client_sends_and_reads_at_the_same_time(live, line, baked) -> None:
    duplex = Duplex(live)
    duplex.send(framed(line[0]))
    answer = duplex.answer()  # before the body is finished
    assert (answer.status, answer.getheader("Content-Type")) == (200, "application/x-mien")
    assert answer.getheader("Transfer-Encoding") == "chunked"

    def send_the_rest() -> None:
        for message in line[1:]:
            duplex.send(framed(message))
        duplex.end()

    with ThreadPoolExecutor() as pool:
        sending = pool.submit(send_the_rest)
        responses = list(read_from(answer))
        sending.result()
    assert kinds(responses) == ["header", "frames", "end"]
    assert np.array_equal(values_of(responses), baked)


def test_frames_flow_while_the_request_is_still_open(live, line) -> None:
    duplex = Duplex(live)
    for message in line[:12]:
        duplex.send(framed(message))
    answer = duplex.answer()
    assert kinds(islice(read_from(answer), 3)) == ["header", "frames"]
    duplex.send(framed(END))
    duplex.end()
    assert kinds(read_from(answer))[-1] == "end"


def test_one_connection_carries_stream_after_stream(live, line, baked) -> None:
    duplex = Duplex(live)
    for number in range(3):
        if number:
            duplex.connection.putrequest("POST", "/v1/animate")
            duplex.connection.putheader("Transfer-Encoding", "chunked")
            duplex.connection.endheaders()
        for message in line:
            duplex.send(framed(message))
        answer = duplex.answer()
        responses = list(read_from(answer))
        duplex.end()  # after `end` the server needs no end of the body
        assert np.array_equal(values_of(responses), baked)


def test_messages_may_be_cut_anywhere(live, line, baked) -> None:
    body = framed(*line[:-1])  # without `end`: the end of the body is as good

    def slices() -> Iterator[bytes]:
        yield from (body[at : at + 1] for at in range(60))
        yield from (body[at : at + 8191] for at in range(60, len(body), 8191))

    with live.client() as client:
        answer = client.post("/v1/animate", content=slices())
    assert np.array_equal(values_of(unframed(answer.content, AnimateResponse)), baked)


@given(sizes=st.lists(st.integers(0, 300), max_size=6), data=st.data())
@examples(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_unframing_does_not_care_how_it_is_cut(sizes, data) -> None:
    wanted = [bytes(size) for size in sizes]
    body = b"".join(len(each).to_bytes(4, "big") + each for each in wanted)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=20)))
    unframer = Unframer(Limits())
    parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert [each for part in parts for each in unframer.push(part)] == wanted
    unframer.flush()


def test_the_recorded_conversation_is_understood(live) -> None:
    recorded = RECORDED.read_bytes()
    with live.client() as client:
        answer = client.post("/v1/animate", content=recorded)
    responses = unframed(answer.content, AnimateResponse)
    assert kinds(responses)[0] == "header"
    assert kinds(responses)[-1] == "end"


FRAMING = "Each message comes after its length in four bytes, big-endian."


@pytest.mark.parametrize(
    ("body", "status", "field", "sentence"),
    [
        (b"", 400, "settings", "The first message is the settings; this stream began without."),
        (bytes(4), 400, "settings", "The first message is the settings; this stream began without."),
        (b"\0\0", 400, "message", f"The request breaks off within the length of a message. {FRAMING}"),
        (b"\0\0\0\7ab", 400, "message", f"The request breaks off within a message of 7 bytes. {FRAMING}"),
        (b"\0\0\0\2\xff\xff", 400, "message", f"These 2 bytes are no mien.wire.v1.AnimateRequest. {FRAMING}"),
        (b"RIFF....", 413, "limits.message_bytes", "A message of 1380533830 bytes is too long, or this is no "
         f"length. {FRAMING} This server allows message_bytes = 4194304;"),
        (framed(settings(rig="arkti")), 400, "settings.rig", "There is no rig 'arkti'."),
        (framed(END), 400, "settings", "The first message is the settings; this stream began without."),
    ],
)  # fmt: skip
def test_what_is_wrong_from_the_start_is_a_status(live, body, status, field, sentence) -> None:
    with live.client() as client:
        answer = client.post("/v1/animate", content=body)
    assert refusal(answer)[:2] == (status, field)
    assert refusal(answer)[2].startswith(sentence)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"\0\0", "message"),
        (b"RIFF....", "limits.message_bytes"),
        (framed(settings()), "settings"),
        (bytes(4), "message"),
        (framed(AnimateRequest(control=Control(layers=[Layer(name="blink")]))), "control.layers"),
    ],
)
def test_what_is_wrong_later_is_the_last_message(live, line, body, field) -> None:
    duplex = Duplex(live)
    duplex.send(framed(*line[:3]))
    answer = duplex.answer()
    duplex.send(body)
    duplex.end()
    *_, last = read_from(answer)
    assert (last.error.code in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"), last.error.field) == (True, field)
    assert last.error.message


def test_who_goes_on_sending_still_hears_why_it_was_refused(live, line) -> None:
    duplex = Duplex(live)
    duplex.send(framed(settings(rig="arkti")))
    for message in line[1:]:
        duplex.send(framed(message))
    answer = duplex.answer()
    assert (answer.status, json.loads(answer.read())["field"]) == (400, "settings.rig")


def test_who_vanishes_from_a_request_leaves_no_stream(live, line) -> None:
    for leave in (lambda duplex: duplex.connection.close(), lambda duplex: reset(duplex.connection.sock)):
        duplex = Duplex(live)
        duplex.send(framed(*line[:12]))
        wait_until(lambda: live.host.streams == 1)
        answer = duplex.answer()
        assert next(read_from(answer))
        leave(duplex)
        answer.close()
        wait_until(live.is_empty)


def test_a_flood_of_small_messages_keeps_nobody_waiting(live, line, caplog) -> None:
    flood = framed(AnimateRequest(control=Control())) * 40_000
    duplex = Duplex(live)
    duplex.send(framed(line[0]))
    assert next(read_from(duplex.answer()))
    served = live.host.served
    pouring = threading.Thread(target=flooded, args=(duplex, flood))
    pouring.start()
    with live.client() as neighbour:
        assert max(neighbour.get("/healthz").elapsed.total_seconds() for _ in range(5)) < 2
    reset(duplex.connection.sock)
    pouring.join()
    wait_until(live.is_empty)
    assert live.host.served == served
    assert [each.name for each in caplog.records].count("asyncio") < 10


def flooded(duplex: Duplex, flood: bytes) -> None:
    """Send until the line is cut."""
    with suppress(OSError):
        while True:
            duplex.send(flood)


def test_a_stopping_server_says_why_a_stream_ends(model_folder, line) -> None:
    with gateway(model_folder) as running:
        duplex = Duplex(running)
        duplex.send(framed(line[0]))
        answer = duplex.answer()
        running.stop()
        *_, last = read_from(answer)
    assert last.error.code == "UNAVAILABLE"
    assert last.error.message.startswith("This server stops;")


def test_who_never_reads_is_let_go(model_folder, line) -> None:
    limits = Limits(idle_seconds=0.5, unread_bytes=1 << 18)
    with gateway(model_folder, limits=limits) as running:
        raw = socket.create_connection(("127.0.0.1", running.port), PATIENCE)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.sendall(b"POST /v1/animate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
        raw.settimeout(0.2)
        flood = threading.Thread(target=pour, args=(raw, framed(settings(rate={"numerator": 120})), line))
        flood.start()
        wait_until(lambda: running.host.served == 1)
        wait_until(lambda: running.host.streams == 0)
        raw.close()
        flood.join()


def pour(raw: socket.socket, first: bytes, line: list[AnimateRequest]) -> None:
    """Send and send, until nobody takes it."""
    try:
        raw.sendall(first)
        for _ in range(1000):
            raw.sendall(framed(*line[1:-1]))
    except OSError:
        return


def test_many_streams_side_by_side_do_not_mix(live, line, baked) -> None:
    def one(number: int) -> np.ndarray:
        if number % 2:
            with live.client() as client:
                answer = client.post("/v1/animate", content=framed(*line))
                return values_of(unframed(answer.content, AnimateResponse))
        with connect(f"ws://127.0.0.1:{live.port}/v1/animate") as ws:
            for message in line:
                ws.send(message.SerializeToString())
            return values_of([AnimateResponse.FromString(said) for said in ws])

    with ThreadPoolExecutor(8) as pool:
        assert all(np.array_equal(values, baked) for values in pool.map(one, range(16)))


def test_who_is_silent_too_long_is_let_go(model_folder, line) -> None:
    with gateway(model_folder, limits=Limits(idle_seconds=0.5)) as running, running.client() as client:
        answer = client.post("/v1/animate", content=slowly([framed(line[0])]))
        assert unframed(answer.content, AnimateResponse)[-1].error.field == "limits.idle_seconds"
        status, field, said = refusal(client.post("/v1/animate", content=slowly([b"\0"])))
        assert (status, field) == (408, "limits.idle_seconds")
        assert said.startswith("Nothing came for too long. This server allows idle_seconds = 0.5;")


def slowly(parts: list[bytes], pause: float = 1.0) -> Iterator[bytes]:
    """`parts`, and then nothing for a while."""
    yield from parts
    time.sleep(pause)


def test_too_many_streams_of_one_client_are_refused(model_folder, line) -> None:
    with gateway(model_folder, limits=Limits(streams_per_client=1)) as running, running.client() as client:
        duplex = Duplex(running)
        duplex.send(framed(line[0]))
        answer = duplex.answer()
        assert refusal(client.post("/v1/animate", content=framed(*line)))[:2] == (
            429,
            "limits.streams_per_client",
        )
        duplex.end()
        assert kinds(read_from(answer)) == ["header", "frames", "end"]


def test_a_connection_on_which_nothing_is_asked_is_closed(model_folder, monkeypatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.1)
    with gateway(model_folder) as running:
        for said in (b"", b"POST /v1/animate HTTP/1.1\r\nHost: loc"):
            with socket.create_connection(("127.0.0.1", running.port), PATIENCE) as raw:
                raw.sendall(said)
                assert raw.recv(1) == b""


def test_a_second_head_has_to_come_in_time_too(model_folder, monkeypatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 1.0)
    with gateway(model_folder) as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
        connection.connect()
        same = connection.sock
        for _ in range(3):  # who goes on asking may stay
            connection.request("GET", "/healthz")
            assert connection.getresponse().read()
            time.sleep(0.6)
        assert connection.sock is same
        same.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
        assert same.recv(1) == b""
        connection.close()
