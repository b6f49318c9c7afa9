"""The real `mien serve`: what it says when it starts, what it refuses to start as, and who may come."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

import mien
from tests.grpc_server import (
    END,
    PATIENCE,
    answered,
    baked,
    client,
    heard,
    open_stream,
    pcm,
    pieces,
    settings,
    talk,
)
from tests.mien_serve import COMMAND, PLAIN, Served, at_home, mien_serve
from tests.published import until

TOKEN = "a-token-of-enough-letters"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def served(model_folder: Path, home: Path) -> Iterator[Served]:
    """Two workers."""
    with mien_serve("--model", model_folder, home=home, workers=2) as running:
        yield running


# It says where it is


def test_the_announcement_says_where_the_server_is(served) -> None:
    assert served.said["pid"] == served.process.pid
    assert re.fullmatch(r"127\.0\.0\.1:\d+", served.address)
    assert len(served.said["session"]) >= 24
    assert len(served.workers) == 2


def test_the_session_file_says_the_same_to_this_user_alone(served, home) -> None:
    (path,) = (home / "mien").iterdir()
    assert path.name == f"{served.address.rpartition(':')[2]}.json"
    assert json.loads(path.read_text("utf-8")) == served.said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_stream_of_the_real_server_is_the_bake(served, model_folder, tmp_path) -> None:
    data = pcm(1.0)
    with client(served.address) as stub:
        said = talk(stub, [settings(), *pieces(data, 3_200), END])
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))


def test_reflection_lists_the_service(served) -> None:
    with grpc.insecure_channel(served.address) as channel:
        found = ProtoReflectionDescriptorDatabase(channel)
        assert "mien.wire.v1.Mien" in found.get_services()
        file = found.FindFileContainingSymbol("mien.wire.v1.Mien")
    assert [method.name for method in file.service[0].method][:2] == ["Animate", "Bake"]


@pytest.mark.parametrize("name", ["", "mien.wire.v1.Mien"])
def test_a_server_at_work_is_healthy(served, name) -> None:
    with grpc.insecure_channel(served.address) as channel:
        said = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=name))
    assert said.status == health_pb2.HealthCheckResponse.SERVING


def test_clients_spread_over_the_workers(served) -> None:
    """The kernel deals out connections: that one worker of two gets none of twenty-four is a wonder."""
    with contextlib.ExitStack() as stack:
        lines = [open_stream(stack.enter_context(client(served.address))) for _ in range(24)]
        dealt = [len(_connections(pid, served.address)) for pid in served.workers]
        for line in lines:
            line.say(END)
            assert line.finish().code == "OK"
    assert sum(dealt) == 24
    assert min(dealt) > 0


ESTABLISHED = "01"
"""State of a connection, as Linux writes it."""


def _connections(pid: int, address: str) -> set[str]:
    """Connections to `address` that the process has, by their inodes."""
    port = f":{int(address.rpartition(':')[2]):04X}"
    texts = [Path(f"/proc/{pid}/net/{name}").read_text("ascii") for name in ("tcp", "tcp6")]
    rows = [line.split() for text in texts for line in text.splitlines()]
    open_ones = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(port) and row[3] == ESTABLISHED}
    return open_ones & {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}


# What it refuses to start as


def _refused(*options: str | Path, home: Path) -> str:
    """The one sentence that `mien serve` ends with."""
    given = [*COMMAND, *PLAIN, "--workers", "2", *map(str, options)]
    ended = subprocess.run(given, capture_output=True, text=True, timeout=PATIENCE, env=at_home(home))
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith("mien: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


def test_a_port_that_is_taken_is_refused_in_one_sentence(served, home) -> None:
    port = served.address.rpartition(":")[2]
    said = _refused("--port", port, home=home)
    assert f"127.0.0.1:{port} is taken, perhaps by another Mien; stop that, or choose another port" in said


def test_a_port_of_somebody_elses_is_refused_too(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"127.0.0.1:{port} is taken" in _refused("--port", str(port), home=tmp_path)


def test_a_model_that_nobody_has_is_refused_by_the_worker_in_one_sentence(tmp_path) -> None:
    said = _refused("--model", "mien-love", home=tmp_path)
    assert "There is no model 'mien-love'" in said
    assert "Did you mean 'mien-live'?" in said


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "0.0.0.0"), r"can be reached from other machines: give --token-file FILE"),
        (("--host", "::"), r"can be reached from other machines"),
        (
            ("--host", "203.0.113.7", "--token-file", "token"),
            r"203\.0\.113\.7.* is no address of this machine",
        ),
        (("--host", "nobody.invalid", "--token-file", "token"), r"nobody\.invalid is no address of this"),
        (("--port", "70000"), r"--port 70000: a port is a number 0\.\.65535"),
        (("--workers", "-1"), r"take no negative numbers"),
        (("--drain", "-1"), r"take no negative numbers"),
        (("--limit", "streems=5"), r"no limit 'streems'; .* Did you mean 'streams'\?"),
        (("--limit", "streams=0"), r"limit 'streams' takes a positive whole number; got '0'"),
        (("--limit", "streams=1.5"), r"takes a positive whole number; got '1\.5'"),
        (("--limit", "idle_seconds=nan"), r"takes a positive number; got 'nan'"),
        (("--limit", "idle_seconds"), r"takes a positive number; got ''"),
        (("--token-file", "nowhere"), r"nowhere cannot be read"),
        (("--token-file", "short"), r"a token is one word of at least 16 letters"),
        (("--tls-cert", "token"), r"TLS takes --tls-cert and --tls-key together"),
        (("--tls-cert", "nowhere", "--tls-key", "token"), r"nowhere cannot be read"),
        (("--tls-cert", "token", "--tls-key", "token"), r"token"),
        (("--ready-fd", "77"), r"--ready-fd 77 is no open file descriptor"),
        (("--log-level", "loud"), r"--log-level loud is none of debug, info, warning, error"),
        (("--model", "empty"), r"empty"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(tmp_path, monkeypatch, options, words) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "short").write_text("short")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, _import_path())))
    assert re.search(words, _refused(*options, home=tmp_path))
    assert not list(tmp_path.glob("mien/*.json"))


def _import_path() -> list[Path]:
    """Where the package is, from any folder."""
    return [Path(mien.__file__).parents[1]]


@pytest.mark.heavy
def test_of_two_servers_that_want_one_port_at_once_one_gets_it(model_folder, tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = [*COMMAND, *PLAIN, "--port", str(port), "--workers", "1", "--model", str(model_folder)]
    servers = [subprocess.Popen(given, stderr=subprocess.DEVNULL, env=at_home(tmp_path)) for _ in range(2)]
    try:
        until(lambda: any(server.poll() is not None for server in servers), 10)
        assert sorted(server.poll() or 0 for server in servers) == [0, 2]
    finally:
        for server in servers:
            server.terminate()
            server.wait()


# Who may come


@pytest.fixture(scope="module")
def guarded(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One that is open to the network, with a token."""
    home = tmp_path_factory.mktemp("guarded")
    (home / "token").write_text(f"  {TOKEN}\n")
    options = ("--host", "0.0.0.0", "--token-file", home / "token", "--model", model_folder)
    with mien_serve(*options, home=home) as running:
        yield running


@pytest.mark.heavy
def test_who_has_the_token_comes_in_and_nobody_else(guarded) -> None:
    address = f"127.0.0.1:{guarded.address.rpartition(':')[2]}"
    assert answered(address, token=TOKEN) == "OK"
    for wrong in ("", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper()):
        assert answered(address, token=wrong) == "UNAUTHENTICATED"


@pytest.mark.heavy
def test_a_stream_without_the_token_is_told_what_is_wanted(guarded) -> None:
    address = f"127.0.0.1:{guarded.address.rpartition(':')[2]}"
    with client(address) as stub:
        refused = talk(stub, [settings(), END])
        let_in = talk(stub, [settings(), END], metadata=[("authorization", f"Bearer {TOKEN}")])
    assert refused.code == "UNAUTHENTICATED"
    assert "This server wants a token: send metadata 'authorization: Bearer TOKEN'" in refused.details
    assert let_in.code == "OK"


@pytest.mark.heavy
def test_health_needs_no_token_and_reflection_does(guarded) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{guarded.address.rpartition(':')[2]}") as channel:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        with pytest.raises(grpc.RpcError) as refused:
            ProtoReflectionDescriptorDatabase(channel).get_services()
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


class Papers(NamedTuple):
    """Files of keys and certificates (PEM)."""

    authority: Path
    cert: Path
    key: Path
    stranger_cert: Path
    """Of another authority."""

    stranger_key: Path

    def client(self, cert: Path | None = None, key: Path | None = None) -> grpc.ChannelCredentials:
        """What a client shows, and whom it trusts."""
        pair = (key.read_bytes(), cert.read_bytes()) if cert and key else (None, None)
        return grpc.ssl_channel_credentials(self.authority.read_bytes(), *pair)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Made by openssl on the spot; one certificate serves server and client."""
    folder = tmp_path_factory.mktemp("papers")
    for name in ("authority", "stranger"):
        _openssl(folder, "req", "-x509", *_new_key(name), "-subj", f"/CN={name}", "-out", f"{name}.pem")
    _openssl(folder, "req", *_new_key("leaf"), "-subj", "/CN=leaf", "-out", "leaf.csr")
    (folder / "leaf.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    issue = ("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-extfile", "leaf.ext")
    _openssl(folder, "x509", "-req", "-in", "leaf.csr", *issue, "-out", "leaf.pem")
    names = ("authority.pem", "leaf.pem", "leaf.key", "stranger.pem", "stranger.key")
    return Papers(*(folder / name for name in names))


def _new_key(name: str) -> tuple[str, ...]:
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.heavy
def test_with_a_certificate_the_line_is_encrypted(model_folder, papers, tmp_path) -> None:
    options = ("--tls-cert", papers.cert, "--tls-key", papers.key, "--model", model_folder)
    with mien_serve(*options, home=tmp_path) as running:
        assert answered(running.address, papers.client()) == "OK"
        assert answered(running.address) == "UNAVAILABLE", "not in the clear"
        assert answered(running.address, grpc.ssl_channel_credentials()) == "UNAVAILABLE", "nobody we know"


@pytest.mark.heavy
def test_with_an_authority_clients_show_certificates_too(model_folder, papers, tmp_path) -> None:
    options = ("--tls-cert", papers.cert, "--tls-key", papers.key, "--tls-client-ca", papers.authority)
    with mien_serve(*options, "--host", "0.0.0.0", "--model", model_folder, home=tmp_path) as running:
        address = f"127.0.0.1:{running.address.rpartition(':')[2]}"
        assert answered(address, papers.client(papers.cert, papers.key)) == "OK"
        assert answered(address, papers.client()) == "UNAVAILABLE"
        stranger = papers.client(papers.stranger_cert, papers.stranger_key)
        assert answered(address, stranger) == "UNAVAILABLE"


@pytest.mark.heavy
def test_limits_of_the_command_line_hold(model_folder, tmp_path) -> None:
    limits = ("--limit", "idle_seconds=0.5", "--limit", "streams=1")
    with (
        mien_serve(*limits, "--model", model_folder, home=tmp_path) as running,
        client(running.address) as stub,
    ):
        line = open_stream(stub)
        assert talk(stub, [settings(), END]).refusal[1] == "limits.streams"
        assert heard(line.call).refusal[1] == "limits.idle_seconds"
