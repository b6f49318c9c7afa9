"""`/v1/animate` as a WebSocket: a message of the wire in each message, as bytes or as JSON."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect

from mien.errors import unknown
from mien.rpc.animating import animate
from mien.rpc.gateway.answer import told_of
from mien.rpc.gateway.body import gone, in_time
from mien.rpc.gateway.guard import TOKEN_PREFIX
from mien.rpc.gateway.live import client_of
from mien.rpc.gateway.messages import from_bytes, from_json, to_json, unreadable
from mien.rpc.gateway.refusals import refusal
from mien.rpc.host import Host
from mien.rpc.refused import RefusedError
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse
from mien.wire.v1.common_pb2 import Error

T = TypeVar("T")

CLOSE: Final = {"INVALID_ARGUMENT": 1007, "RESOURCE_EXHAUSTED": 1013, "UNAVAILABLE": 1012, "INTERNAL": 1011}
"""WebSocket's codes for gRPC's: unreadable, try again later, restarting, our mistake."""

OTHERWISE: Final = 1008
"""Against the rules."""

LONGEST_REASON: Final = 123
"""Bytes that a close has room for."""

LONGEST_JSON: Final = 64 << 10
"""Letters of a message in JSON that is not sound; so many take 80 ms to read. Sound reads fast."""

QUICK: Final = 8 << 10
"""Letters of JSON to read, or bytes of a message to write as JSON, that take the loop less than 10 ms; more
goes to a thread. With less the way there costs more than it spares the others."""

SOUND: Final = re.compile(r'\s*\{\s*"audio"\s*:\s*"')
"""How a message begins that is sound."""


class Dialect(NamedTuple):
    """How messages are written."""

    name: str
    """The subprotocol."""

    key: str
    """`bytes` or `text`: which kind of WebSocket message."""

    read: Callable[[Any], Awaitable[AnimateRequest]]
    write: Callable[[AnimateResponse], Awaitable[Any]]


async def _read_bytes(data: bytes) -> AnimateRequest:
    return from_bytes(data, AnimateRequest)


async def _write_bytes(response: AnimateResponse) -> bytes:
    return response.SerializeToString()


async def _read_json(text: str) -> AnimateRequest:
    if len(text) > LONGEST_JSON and not is_sound(text):
        raise unreadable(
            f"JSON of {len(text)} letters is too long for what is not sound: {LONGEST_JSON} at most."
        )
    return await _aside(len(text), lambda: from_json(text, AnimateRequest))


async def _write_json(response: AnimateResponse) -> str:
    return await _aside(response.ByteSize(), lambda: to_json(response))


async def _aside(size: int, work: Callable[[], T]) -> T:
    """What `work` gives; where there is much of it the loop goes on meanwhile."""
    return await asyncio.to_thread(work) if size > QUICK else work()


def is_sound(text: str) -> bool:
    """Whether `text` is `{"audio": "..."}` or no JSON: after those two strings no other key can come."""
    return SOUND.match(text) is not None and text.count('"') == 4


BYTES: Final = Dialect("mien.v1", "bytes", _read_bytes, _write_bytes)
JSON: Final = Dialect("mien.v1.json", "text", _read_json, _write_json)
DIALECTS: Final = {dialect.name: dialect for dialect in (BYTES, JSON)}


class LiveSocket:
    """Answers one WebSocket a stream."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def answer(self, socket: WebSocket) -> None:
        """From the handshake to the close."""
        try:
            dialect, subprotocol = dialect_of(socket.scope["subprotocols"])
        except RefusedError as problem:
            await socket.send_denial_response(refusal(problem))
            return
        await socket.accept(subprotocol)
        with suppress(WebSocketDisconnect, RefusedError):  # nobody is there to be told anything, or reads it
            await self._converse(socket, dialect)

    async def _converse(self, socket: WebSocket, dialect: Dialect) -> None:
        async def give(response: AnimateResponse) -> None:
            await socket.send({"type": "websocket.send", dialect.key: await dialect.write(response)})

        host = self._host
        try:
            await animate(host, client_of(socket.scope), requests(socket, dialect), give)
            await socket.close()
        except WebSocketDisconnect:
            raise
        except Exception as problem:
            error = told_of(problem)
            last_word = give(AnimateResponse(error=error))
            await in_time(host.limits, last_word, "Nobody reads why this ended.")
            await socket.close(CLOSE.get(error.code, OTHERWISE), reason(error))


def dialect_of(offered: list[str]) -> tuple[Dialect, str | None]:
    """How to write, and the subprotocol to agree to: the first one offered that we know.

    Raises:
        RefusedError: None of them.
    """
    wishes = [name for name in offered if not name.startswith(TOKEN_PREFIX)]
    if not wishes:
        return BYTES, None
    for name in wishes:
        if name in DIALECTS:
            return DIALECTS[name], name
    said = unknown("subprotocol", wishes[0], DIALECTS)
    raise RefusedError("INVALID_ARGUMENT", "sec-websocket-protocol", said, "OptionError")


async def requests(socket: WebSocket, dialect: Dialect) -> AsyncIterator[AnimateRequest]:
    """What comes.

    Raises:
        RefusedError: It cannot be read, or the client left.
    """
    while (message := await socket.receive())["type"] == "websocket.receive":
        if (said := message.get(dialect.key)) is None:
            other = next(each.name for each in DIALECTS.values() if each is not dialect)
            raise unreadable(
                f"Messages here are {dialect.key}; for the other kind ask for subprotocol {other}."
            )
        yield await dialect.read(said)
    raise gone()


def reason(error: Error) -> str:
    """The reason for a close: the field and the sentence, as far as they go."""
    said = f"{error.field}: {error.message}" if error.field else error.message
    return said.encode()[:LONGEST_REASON].decode(errors="ignore")
