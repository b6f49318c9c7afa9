"""Clients whose server is not there, says nothing, or dies: what they say, and that nothing waits on."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import mien
from mien.rpc.client import conversation as talking
from tests.servers import LOCAL, PATIENCE, Server, serving
from tests.sounds import noise


@pytest.fixture(scope="module")
def server(model_folder: Path) -> Iterator[Server]:
    with serving(model_folder) as running:
        yield running


def test_a_server_that_is_not_there_is_named_with_the_way_out(nobody, demo_line) -> None:
    said = f"No server answers at {nobody}.*Connection refused.* Is `mien serve` running there"
    with mien.Client(nobody) as client:
        for call in (client.rigs, client.stream, lambda: client.bake(demo_line)):
            with pytest.raises(mien.ServerError, match=said):
                call()


def test_a_server_that_says_nothing_is_waited_for_as_long_as_was_asked(demo_line) -> None:
    with socket.create_server((LOCAL, 0)) as door:
        address = f"{LOCAL}:{door.getsockname()[1]}"
        with mien.Client(address, timeout=0.5) as client:
            with pytest.raises(mien.ServerError, match=r"has not answered for 0\.5 s"):
                client.stream()
            with pytest.raises(mien.ServerError, match="took too long to answer"):
                client.rigs()
            with pytest.raises(mien.ServerError, match="took too long to answer"):
                client.bake(demo_line, timeout=0.5)


def _until_it_fails(stream: object) -> None:
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE:
        stream.push(noise(1600))
        time.sleep(0.01)


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("act", [_until_it_fails, lambda stream: stream.flush(), list])
def test_a_server_that_dies_for_good_ends_everything_that_waits(
    model_folder, monkeypatch, resume, act
) -> None:
    monkeypatch.setattr(talking, "PAUSES", (0.05, 0.1))
    with serving(model_folder) as server, mien.Client(server.address) as client:
        stream = client.stream(resume=resume)
        stream.push(noise(16_000))
        threading.Timer(0.2, server.close).start()
        with pytest.raises(mien.ServerError, match=f"at {server.address}"):
            if act is not list:
                time.sleep(0.5)
            act(stream)
        stream.close()


def test_the_async_client_ends_as_well_when_its_server_dies(model_folder, monkeypatch) -> None:
    monkeypatch.setattr(talking, "PAUSES", (0.05, 0.1))

    async def talk(server: Server) -> None:
        async with mien.AsyncClient(server.address) as client, client.stream() as stream:
            await stream.push(noise(16_000))
            threading.Timer(0.2, server.close).start()
            async for _ in stream:
                pass

    with serving(model_folder) as server, pytest.raises(mien.ServerError, match=f"at {server.address}"):
        asyncio.run(talk(server))


def test_closing_a_client_ends_its_streams(server) -> None:
    client = mien.Client(server.address)
    stream = client.stream()
    client.close()
    assert list(stream) == []
    with pytest.raises(mien.InputError, match="closed"):
        stream.push(noise(10))
