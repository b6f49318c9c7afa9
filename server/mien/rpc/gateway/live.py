"""`POST /v1/animate`: live over one HTTP request, for clients with nothing but a standard library.

Requests come up in the body and answers go down in the response, at the same time: the response begins once
the settings have come, not when the body ends. So this stands on bare ASGI, where nothing gathers pieces.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from starlette.types import Receive, Scope, Send

from mien.engine import Limits
from mien.rpc.animating import animate
from mien.rpc.gateway.answer import Answer, concluded
from mien.rpc.gateway.body import pieces
from mien.rpc.gateway.messages import FRAMING, Unframer, framed, from_bytes
from mien.rpc.host import Host
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse

MESSAGES: Final = "application/x-mien"
"""Media type of messages that each come after their length in four bytes, big-endian."""


class Live:
    """Answers one request a stream."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        answer = Answer(send, MESSAGES)

        async def give(response: AnimateResponse) -> None:
            await answer.write(framed(response))

        limits = self._host.limits
        work = animate(self._host, client_of(scope), requests(receive, limits), give)
        await concluded(answer, limits, work, lambda error: give(AnimateResponse(error=error)))


def client_of(scope: Scope) -> str:
    """The address of who connected, without the port."""
    return str(scope["client"][0]) if scope.get("client") else ""


async def requests(receive: Receive, limits: Limits) -> AsyncIterator[AnimateRequest]:
    """The requests in a body.

    Raises:
        RefusedError: One is too long, broken off or none; or the client left.
    """
    unframer = Unframer(limits)
    async for piece in pieces(receive):
        for data in unframer.push(piece):
            yield from_bytes(data, AnimateRequest, FRAMING)
    unframer.flush()
