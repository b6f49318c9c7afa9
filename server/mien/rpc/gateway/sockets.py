"""`/v1/animate` as a WebSocket: a message of the wire in each message, as bytes or as JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final, NamedTuple

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from mien.errors import unknown
from mien.rpc.animating import animate
from mien.rpc.gateway.answer import error_of
from mien.rpc.gateway.body import gone, in_time
from mien.rpc.gateway.guard import TOKEN_PREFIX
from mien.rpc.gateway.live import client_of
from mien.rpc.gateway.messages import from_bytes, from_json, to_json, unreadable
from mien.rpc.gateway.refusals import refusal
from mien.rpc.host import Host
from mien.rpc.refused import RefusedError
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse
from mien.wire.v1.common_pb2 import Error

CLOSE: Final = {"INVALID_ARGUMENT": 1007, "RESOURCE_EXHAUSTED": 1013, "UNAVAILABLE": 1012, "INTERNAL": 1011}
"""WebSocket's codes for gRPC's: unreadable, try again later, restarting, our mistake."""

OTHERWISE: Final = 1008
"""Against the rules."""

LONGEST_REASON: Final = 123
"""Bytes that a close has room for."""


class Dialect(NamedTuple):
    """How messages are written."""

    name: str
    """The subprotocol."""

    key: str
    """`bytes` or `text`: which kind of WebSocket message."""

    read: Callable[[Message], AnimateRequest]
    write: Callable[[AnimateResponse], Message]


BYTES: Final = Dialect(
    "mien.v1",
    "bytes",
    lambda message: from_bytes(message["bytes"], AnimateRequest),
    lambda response: {"type": "websocket.send", "bytes": response.SerializeToString()},
)
JSON: Final = Dialect(
    "mien.v1.json",
    "text",
    lambda message: from_json(message["text"], AnimateRequest),
    lambda response: {"type": "websocket.send", "text": to_json(response)},
)
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
            await socket.send(dialect.write(response))

        host = self._host
        try:
            await animate(host, client_of(socket.scope), requests(socket, dialect), give)
            await socket.close()
        except WebSocketDisconnect:
            raise
        except Exception as problem:
            error = error_of(problem)
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
        if message.get(dialect.key) is None:
            other = next(each.name for each in DIALECTS.values() if each is not dialect)
            raise unreadable(
                f"Messages here are {dialect.key}; for the other kind ask for subprotocol {other}."
            )
        yield dialect.read(message)
    raise gone()


def reason(error: Error) -> str:
    """The reason for a close: the field and the sentence, as far as they go."""
    said = f"{error.field}: {error.message}" if error.field else error.message
    return said.encode()[:LONGEST_REASON].decode(errors="ignore")
