"""Bakes over HTTP that are refused or end early: no sound, too much, no right to a file, nobody left."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from mien.engine import Limits
from mien.rpc.access import Access
from mien.wire.v1.bake_pb2 import BakeResponse
from tests.gateway_host import (
    PATIENCE,
    SOUND,
    Gateway,
    gateway,
    posted,
    refusal,
    spooling,
    unframed,
    wait_until,
)

SESSION = "made-anew-at-each-start"
HOURS = 3


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with spooling(tmp_path_factory) as folder:
        yield folder


@pytest.fixture(scope="module")
def baker(model_folder: Path, own: Path) -> Iterator[Gateway]:
    with gateway(model_folder, Access(session_token=SESSION)) as running:
        yield running


@pytest.fixture
def client(baker: Gateway, own: Path) -> Iterator[httpx.Client]:
    """Whoever asks; afterwards the server has kept nothing."""
    with baker.client() as one:
        yield one
    wait_until(lambda: not any(own.iterdir()))


@pytest.fixture(scope="module")
def sound(demo_line: Path) -> bytes:
    return demo_line.read_bytes()


# Sound that cannot be used


def test_what_is_no_sound_by_its_type_is_refused_unread(client) -> None:
    answer = posted(client, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"})
    assert refusal(answer) == (
        415,
        "content-type",
        "'application/x-www-form-urlencoded' is no sound; send audio/*, application/octet-stream, "
        "multipart/form-data or application/json.",
    )


@pytest.mark.parametrize("way", ["json", "csv", "ndjson", "messages"])
def test_a_file_that_is_no_sound_is_refused_without_naming_our_folder(client, way) -> None:
    status, field, said = refusal(posted(client, b"....ftypM4A ....", format=way))
    assert (status, field) == (400, "audio")
    assert said.startswith(
        "this is an MP4, M4A or MOV file, which libsndfile does not read. Convert it: ffmpeg"
    )


def test_no_sound_at_all_is_refused(client) -> None:
    assert refusal(posted(client, b""))[2].startswith("the file is empty (0 bytes)")
    status, field, said = refusal(posted(client, b"", encoding="s16le", sample_rate=16000))
    assert (status, field) == (400, "audio")
    assert said == "There is no sound: not one whole sample came. Send it before the end."


def test_damage_that_shows_on_the_way_is_the_last_message(client) -> None:
    samples = np.zeros(70 * 8000, "<f4")
    samples[-1] = np.nan
    options = {"encoding": "f32le", "sample_rate": 8000, "format": "messages"}
    said = unframed(posted(client, samples.tobytes(), **options).content, BakeResponse)
    assert said[0].WhichOneof("message") == "progress"
    assert (said[-1].error.code, said[-1].error.field) == ("INVALID_ARGUMENT", "audio")
    assert "Sample 559999 of the stream is nan" in said[-1].error.message


PART = b"--x\r\nContent-Disposition: form-data; name="
NO_SOUND = PART + b'"rig"\r\n\r\na\r\n--x--\r\n'
BROKEN_FORMS = [
    ("", b"", "its Content-Type names no boundary of 1 to 70 letters"),
    ("; boundary=" + 71 * "x", b"", "its Content-Type names no boundary of 1 to 70 letters"),
    ("; boundary=x", b"--y\r\n", "Expected boundary character"),
    ("; boundary=x", b"", "it breaks off before its end"),
    ("; boundary=x", PART + b'"audio"\r\n\r\nRIFF', "it breaks off before its end"),
    ("; boundary=x", NO_SOUND, "one part 'audio' is wanted, the sound; it has none"),
    ("; boundary=x", b"--x\r\nA: b\r\n\r\n\r\n" * 200, "it has more than 100 parts"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "sentence"), BROKEN_FORMS, ids=lambda value: str(value)[:30])
def test_a_broken_form_is_refused(client, kind, body, sentence) -> None:
    status, field, said = refusal(posted(client, body, {"Content-Type": f"multipart/form-data{kind}"}))
    assert (status, field) == (400, "form")
    assert said.startswith(f"The form cannot be used: {sentence}")


def test_options_of_a_form_take_little_room(client, sound) -> None:
    answer = client.post("/v1/bake", files={"audio": sound}, data={"controls": " " * (2 << 20)})
    assert refusal(answer)[2] == "The form cannot be used: its options take more than 1048576 bytes."


def test_an_unknown_part_of_a_form_is_refused_by_its_name(client, sound) -> None:
    answer = client.post("/v1/bake", files={"audio": sound}, data={"rigg": "arkit"})
    assert refusal(answer)[1] == "rigg"


# By path


def test_without_the_session_token_no_path_is_opened(client, demo_line) -> None:
    for shown in ({}, {"Mien-Session": "wrong"}, {"Authorization": "Bearer wrong"}):
        answer = client.post("/v1/bake", json={"path": str(demo_line)}, headers=shown)
        status, field, said = refusal(answer)
        assert (status, field) == (403, "path")
        assert said.startswith(
            "Files are opened by their path for who knows the session token of this server"
        )


def test_a_server_for_others_opens_no_path(model_folder, own, demo_line) -> None:
    with (
        gateway(model_folder, Access(session_token=SESSION, loopback=False)) as running,
        running.client() as one,
    ):
        answer = one.post("/v1/bake", json={"path": str(demo_line)}, headers={"Mien-Session": SESSION})
    assert refusal(answer) == (
        403,
        "path",
        "Only a server that this machine alone can reach opens files by path; send the sound itself.",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"path": 1}',
        b'{"path": "line.wav"}',
        b'{"path": "/a\\u0000b"}',
        b"[" * 9000,
        b'{"path": "/tmp/\\ud800.wav"}',
        b'{"path": "/tmp/\\udce4.wav"}',
    ],
)
def test_json_without_an_absolute_path_is_refused(client, body) -> None:
    kind = {"Content-Type": "application/json", "Mien-Session": SESSION}
    status, field, said = refusal(posted(client, body, kind))
    assert (status, field) == (400, "path")
    assert said.startswith("JSON names the sound by an absolute path: ")


@pytest.mark.parametrize("name", ["rig", "rate", "layers", "controls", "result", "format", "\ud800"])
def test_half_a_letter_in_an_option_is_refused(client, demo_line, name) -> None:
    body = json.dumps({"path": str(demo_line), name: "\ud800"}).encode()
    kind = {"Content-Type": "application/json", "Mien-Session": SESSION}
    assert refusal(posted(client, body, kind))[0] == 400


def test_a_path_that_leads_nowhere_is_refused_with_a_near_name(client, demo_line) -> None:
    asked = {"path": str(demo_line.with_name("lime.flac"))}
    answer = client.post("/v1/bake", json=asked, headers={"Mien-Session": SESSION})
    assert refusal(answer) == (400, "audio", "there is no such file. Did you mean 'line.flac'?")


def test_raw_sound_has_no_path(client, demo_line) -> None:
    asked = {"path": str(demo_line), "encoding": "s16le"}
    answer = client.post("/v1/bake", json=asked, headers={"Mien-Session": SESSION})
    assert refusal(answer)[1:] == (
        "encoding",
        "A file named by its path is a whole one, and says its own encoding.",
    )


# Limits


@pytest.fixture(scope="module")
def small(model_folder: Path, own: Path) -> Iterator[Gateway]:
    """A server that allows little."""
    limits = Limits(bake_bytes=10_000, bake_seconds=1, bakes=1, idle_seconds=0.5, message_bytes=1000)
    with gateway(model_folder, Access(session_token=SESSION), limits) as running:
        yield running


def test_too_much_sound_is_refused_however_it_comes(small, own, sound) -> None:
    with small.client() as client:
        answers = [
            client.post("/v1/bake", content=sound, headers=SOUND),
            client.post("/v1/bake", content=iter([sound[:9000], sound[9000:]]), headers=SOUND),
            client.post("/v1/bake", files={"audio": sound}),
        ]
    for answer in answers:
        status, field, said = refusal(answer)
        assert (status, field) == (413, "limits.bake_bytes")
        assert said.startswith("The sound of this bake is too large. This server allows bake_bytes = 10000;")
    assert not any(own.iterdir())


def test_sound_that_lasts_too_long_is_refused(small, tmp_path) -> None:
    soundfile.write(tmp_path / "long.flac", np.zeros(8000 * 10, "i2"), 8000)
    sound = bytearray((tmp_path / "long.flac").read_bytes())
    with small.client() as client:
        answers = [posted(client, bytes(sound)), posted(client, bytes(sound), format="ndjson")]
        sound[21] &= 0xF0  # now its head no longer tells how many samples there are
        sound[22:26] = bytes(4)
        answers.append(posted(client, bytes(sound)))
    for answer in answers:
        status, field, said = refusal(answer)
        assert (status, field) == (413, "limits.bake_seconds")
        assert said.startswith("10 s of sound are too much. This server allows bake_seconds = 1;")


def test_json_that_is_too_long_is_refused(small) -> None:
    with small.client() as client:
        answer = client.post("/v1/bake", json={"path": "/" + "x" * 1000}, headers={"Mien-Session": SESSION})
    assert refusal(answer)[:2] == (413, "limits.message_bytes")


def test_an_upload_that_stops_halfway_is_given_up(small, own) -> None:
    with connected(small) as raw:
        raw.sendall(head("Content-Length: 5000") + b"half")
        assert raw.recv(1000).startswith(b"HTTP/1.1 408")
        wait_until(lambda: not any(own.iterdir()))


# Who leaves


def connected(running: Gateway) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), PATIENCE)


def head(*lines: str, query: str = "") -> bytes:
    first = (f"POST /v1/bake{query} HTTP/1.1", "Host: localhost", "Content-Type: audio/flac", *lines)
    return "\r\n".join([*first, "", ""]).encode()


def test_who_leaves_during_the_upload_leaves_nothing_behind(baker, own) -> None:
    with connected(baker) as raw:
        raw.sendall(head("Content-Length: 5000") + b"half")
        wait_until(lambda: any(own.iterdir()))
    wait_until(lambda: not any(own.iterdir()))


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three hours of silence: a small file, and half a minute of work for the model that ships."""
    path = tmp_path_factory.mktemp("long") / "hours.flac"
    with soundfile.SoundFile(path, "w", 8000, 1, "PCM_16") as file:
        for _ in range(HOURS * 60):
            file.write(np.zeros(8000 * 60, "i2"))
    return path.read_bytes()


@pytest.fixture(scope="module")
def slow(own: Path) -> Iterator[Gateway]:
    with gateway("mien-live") as running:
        yield running


def test_who_leaves_ends_the_bake(slow, own, hours) -> None:
    with connected(slow) as raw:
        raw.sendall(head(f"Content-Length: {len(hours)}", query="?format=csv") + hours)
        wait_until(lambda: slow.host.bakes == 1)
    wait_until(lambda: slow.host.bakes == 0)
    wait_until(lambda: not any(own.iterdir()))


def test_who_leaves_after_hearing_how_far_it_is_ends_the_bake(slow, own, hours) -> None:
    with connected(slow) as raw:
        raw.sendall(head(f"Content-Length: {len(hours)}", query="?format=ndjson") + hours)
        said = b""
        while b"share" not in said:
            said += raw.recv(10_000)
    share = json.loads(said[said.rindex(b'{"progress') :].split(b"\n")[0])["progress"]["share"]
    assert share < 0.5
    wait_until(lambda: slow.host.bakes == 0)
    wait_until(lambda: not any(own.iterdir()))


def test_too_many_bakes_at_once_are_refused_before_they_are_sent(model_folder, own) -> None:
    with gateway(model_folder, limits=Limits(bakes=1)) as running, running.client() as client:
        with connected(running) as raw:
            raw.sendall(head("Content-Length: 5000") + b"half")
            wait_until(lambda: any(own.iterdir()))
            status, field, said = refusal(posted(client, b"RIFF"))
            assert (status, field) == (429, "limits.bakes")
            assert said.startswith("Too many bakes are sent, run or wait; try again in a while.")
        wait_until(lambda: not any(own.iterdir()))
        assert posted(client, b"RIFF").status_code == 400  # there is room again


def test_sound_that_takes_too_long_to_come_is_refused(model_folder) -> None:
    with gateway(model_folder, limits=Limits(upload_seconds=0.3)) as running, connected(running) as raw:
        raw.sendall(head("Content-Length: 5000") + b"half")
        said = raw.recv(10_000)
        while b"limits.upload_seconds" not in said and (more := raw.recv(10_000)):
            said += more
    assert said.startswith(b"HTTP/1.1 429 ")
    assert b"limits.upload_seconds" in said
