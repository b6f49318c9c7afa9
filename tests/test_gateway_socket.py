"""Live over a WebSocket, in bytes and in JSON."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import json_format
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

import mien
from mien.engine import Limits
from mien.rpc.gateway import server
from mien.rpc.gateway.sockets import LONGEST_REASON
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse
from mien.wire.v1.common_pb2 import Control, Layer
from tests.gateway_host import (
    END,
    PATIENCE,
    Gateway,
    gateway,
    kinds,
    reset,
    settings,
    spoken,
    values_of,
    wait_until,
)


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


def socket_to(running: Gateway, *subprotocols: str, **options) -> ClientConnection:
    """A WebSocket; no subprotocol is asked for where none is named."""
    url = f"ws://127.0.0.1:{running.port}/v1/animate"
    return connect(url, subprotocols=subprotocols or None, compression=None, **options)  # type: ignore[arg-type]


def heard(ws: ClientConnection) -> list[AnimateResponse]:
    """All that comes, to the close."""
    responses = []
    with suppress(ConnectionClosed):
        while True:
            said = ws.recv(PATIENCE)
            text = isinstance(said, str)
            responses.append(
                json_format.Parse(said, AnimateResponse()) if text else AnimateResponse.FromString(said)
            )
    return responses


@pytest.mark.parametrize("subprotocols", [(), ("mien.v1",), ("mien.v9", "mien.v1", "mien.v1.json")])
def test_a_websocket_gives_the_bakes_frames_to_the_bit(live, line, baked, subprotocols) -> None:
    with socket_to(live, *subprotocols) as ws:
        assert ws.subprotocol == ("mien.v1" if subprotocols else None)
        for message in line:
            ws.send(message.SerializeToString())
        responses = heard(ws)
        assert (ws.close_code, ws.close_reason) == (1000, "")
    assert kinds(responses) == ["header", "frames", "end"]
    assert np.array_equal(values_of(responses), baked)
    assert responses[-1].end.frames == len(baked)


def test_json_gives_the_same_frames_as_text(live, line, baked) -> None:
    with socket_to(live, "mien.v1.json") as ws:
        assert ws.subprotocol == "mien.v1.json"
        for message in line:
            ws.send(json_format.MessageToJson(message, preserving_proto_field_name=True))
        texts = list(ws)
    responses = [json_format.Parse(text, AnimateResponse()) for text in texts]
    assert np.array_equal(values_of(responses), baked)  # decimals of float32 read back equal
    header = json.loads(texts[0])["header"]
    assert header["rate"] == {"numerator": 60, "denominator": 1}
    assert base64.b64decode(header["resume_token"]) == responses[0].header.resume_token


def test_frames_come_while_sound_is_still_to_come(live, line) -> None:
    with socket_to(live) as ws:
        for message in line[:12]:
            ws.send(message.SerializeToString())
        first = [AnimateResponse.FromString(ws.recv(PATIENCE)) for _ in range(3)]
        assert kinds(first) == ["header", "frames"]
        ws.send(END.SerializeToString())
        assert kinds(heard(ws))[-1] == "end"


def test_controls_are_answered(live, line) -> None:
    control = Control(id=7, at=0.5, layers=[Layer(name="articulation", strength=0.5)])
    with socket_to(live) as ws:
        for message in [line[0], AnimateRequest(control=control), *line[1:]]:
            ws.send(message.SerializeToString())
        (event,) = [each.event for each in heard(ws) if each.HasField("event")]
    assert (event.control.id, event.control.at, event.control.late) == (7, 0.5, False)


def error_and_close(ws: ClientConnection) -> tuple[str, str, str, int | None, str | None]:
    """Code, field and sentence of the last message, and how it was closed."""
    error = heard(ws)[-1].error
    return error.code, error.field, error.message, ws.close_code, ws.close_reason


def test_settings_that_make_no_sense_are_an_error_and_a_close(live) -> None:
    with socket_to(live) as ws:
        ws.send(settings(rig="arkti").SerializeToString())
        code, field, said, closed, why = error_and_close(ws)
    assert (code, field, closed) == ("INVALID_ARGUMENT", "settings.rig", 1007)
    assert said == "There is no rig 'arkti'. Did you mean 'arkit'?"
    assert why == f"settings.rig: {said}"


def test_what_is_no_message_is_refused(live) -> None:
    with socket_to(live) as ws:
        ws.send(b"\xff\xff")
        assert error_and_close(ws)[:4] == (
            "INVALID_ARGUMENT",
            "message",
            "These 2 bytes are no mien.wire.v1.AnimateRequest.",
            1007,
        )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "This is no AnimateRequest in JSON: Failed to load JSON"),
        ("1", "This is no AnimateRequest in JSON: "),
        ('{"setings": {}}', "This is no AnimateRequest in JSON: "),
        ('{"audio": "abcde"}', "This is no AnimateRequest in JSON: "),
        ("[" * 60_000, "This is no AnimateRequest in JSON: "),
        ("[" * 100_000, "JSON of 100000 letters is too long for what is not sound: 65536 at most."),
        ('{"audio":""' + "," * 100_000, "This is no AnimateRequest in JSON: "),
        ("{}", "The first message is the settings; this stream began without."),
    ],
)
def test_json_that_is_no_message_is_refused(live, text, sentence) -> None:
    with socket_to(live, "mien.v1.json") as ws:
        ws.send(text)
        code, _, said, closed, why = error_and_close(ws)
    assert (code, closed) == ("INVALID_ARGUMENT", 1007)
    assert said.startswith(sentence)
    assert "\n" not in said
    assert len((why or "").encode()) <= LONGEST_REASON


def test_long_json_is_sound_or_nothing(live, demo_line) -> None:
    long = json.dumps({"audio": base64.b64encode(bytes(1 << 20)).decode()})
    dear = json.dumps({"control": {"layers": [{}] * 100_000}, "audio": ""})
    with socket_to(live, "mien.v1.json") as ws:
        for text in (json_format.MessageToJson(settings()), long, dear):
            ws.send(text)
        code, field, said, closed, _ = error_and_close(ws)
    assert (code, field, closed) == ("INVALID_ARGUMENT", "message", 1007)
    assert said == f"JSON of {len(dear)} letters is too long for what is not sound: 65536 at most."


def test_the_other_kind_of_message_is_refused_by_name(live, line) -> None:
    with socket_to(live) as ws:
        ws.send("{}")
        assert error_and_close(ws)[2] == (
            "Messages here are bytes; for the other kind ask for subprotocol mien.v1.json."
        )
    with socket_to(live, "mien.v1.json") as ws:
        ws.send(line[0].SerializeToString())
        assert (
            error_and_close(ws)[2]
            == "Messages here are text; for the other kind ask for subprotocol mien.v1."
        )


def test_a_subprotocol_that_nobody_speaks_is_refused_with_those_there_are(live) -> None:
    with pytest.raises(InvalidStatus) as caught, socket_to(live, "mien.v2"):
        pass
    assert caught.value.response.status_code == 400
    said = json.loads(caught.value.response.body)["message"]
    assert (
        said == "There is no subprotocol 'mien.v2'; there is mien.v1, mien.v1.json. Did you mean 'mien.v1'?"
    )


def test_a_websocket_message_that_is_too_long_closes_with_1009(model_folder) -> None:
    with gateway(model_folder, limits=Limits(message_bytes=1000)) as running, socket_to(running) as ws:
        ws.send(settings().SerializeToString())
        ws.send(bytes(1001))
        heard(ws)
        assert ws.close_code == 1009


def test_who_vanishes_from_a_websocket_leaves_no_stream(live, line) -> None:
    for leave in (ClientConnection.close, lambda ws: reset(ws.socket)):
        with socket_to(live) as ws:
            for message in line[:12]:
                ws.send(message.SerializeToString())
            ws.recv(PATIENCE)
            assert live.host.streams == 1
            leave(ws)
            wait_until(live.is_empty)


def test_who_is_silent_too_long_is_let_go(model_folder, line) -> None:
    with gateway(model_folder, limits=Limits(idle_seconds=0.3)) as running:
        with socket_to(running) as ws:
            ws.send(line[0].SerializeToString())
            code, field, said, closed, _ = error_and_close(ws)
        assert (code, field, closed) == ("RESOURCE_EXHAUSTED", "limits.idle_seconds", 1013)
        assert said.startswith("Nothing came for too long. This server allows idle_seconds = 0.3;")


def test_too_many_streams_of_one_client_are_refused(model_folder) -> None:
    with gateway(model_folder, limits=Limits(streams_per_client=1)) as running, socket_to(running) as first:
        first.send(settings().SerializeToString())
        first.recv(PATIENCE)
        with socket_to(running) as second:
            second.send(settings().SerializeToString())
            code, field, said, closed, _ = error_and_close(second)
        assert (code, field, closed) == ("RESOURCE_EXHAUSTED", "limits.streams_per_client", 1013)
        assert said.startswith("127.0.0.1 has many streams open.")


def test_a_stopping_server_lets_streams_end_and_takes_no_new_ones(model_folder, line, baked) -> None:
    with gateway(model_folder) as running, socket_to(running) as ws:
        ws.send(line[0].SerializeToString())
        ws.recv(PATIENCE)
        running.host.draining = True
        with socket_to(running) as late:
            assert error_and_close(late)[3] == 1012
        for message in line[1:]:
            ws.send(message.SerializeToString())
        assert kinds(heard(ws)) == ["frames", "end"]


def test_a_stopped_server_cuts_off_what_has_not_ended(model_folder, line) -> None:
    with gateway(model_folder) as running, socket_to(running) as ws:
        ws.send(line[0].SerializeToString())
        ws.recv(PATIENCE)
        asyncio.run_coroutine_threadsafe(running.server.stop(0.1), running.loop).result(PATIENCE)
        assert heard(ws) == []
        assert ws.close_code == 1012


def test_a_stopping_server_says_why_a_stream_ends(model_folder, line) -> None:
    with gateway(model_folder) as running, socket_to(running) as ws:
        ws.send(line[0].SerializeToString())
        ws.recv(PATIENCE)
        running.stop()
        code, _, said, closed, why = error_and_close(ws)
    assert (code, closed, why) == ("UNAVAILABLE", 1012, said)
    assert said.startswith("This server stops;")


def test_a_websocket_outlives_the_time_for_asking(model_folder, line, monkeypatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    with gateway(model_folder) as running, socket_to(running) as ws:
        time.sleep(0.7)
        for message in line:
            ws.send(message.SerializeToString())
        assert kinds(heard(ws)) == ["header", "frames", "end"]
