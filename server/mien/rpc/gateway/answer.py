"""A response that begins with its first piece: until then whatever is refused may still be a status."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import Send

from mien.engine import Limits
from mien.rpc.gateway.body import in_time
from mien.rpc.refused import RefusedError
from mien.wire.v1.common_pb2 import Error

AT_ONCE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Asks what stands between to pass each piece on at once."""

log = logging.getLogger("mien.rpc")


class Answer:
    """One response of status 200; without a length it is chunked."""

    def __init__(self, send: Send, media_type: str, headers: Mapping[str, str] = AT_ONCE) -> None:
        self._send = send
        self._headers = MutableHeaders({"Content-Type": media_type, **headers})
        self.started = False

    async def write(self, piece: bytes) -> None:
        """Send `piece`; waits while the client is slow to take what it has."""
        await self._start()
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def finish(self) -> None:
        """There is no more."""
        await self._start()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _start(self) -> None:
        if not self.started:
            await self._send({"type": "http.response.start", "status": 200, "headers": self._headers.raw})
            self.started = True  # not before: who ran out of patience meanwhile has sent nothing


async def concluded(
    answer: Answer, limits: Limits, work: Awaitable[None], tell: Callable[[Error], Awaitable[None]]
) -> None:
    """Wait for `work`, which writes to `answer`, and finish it; a problem on the way is its last word.

    Args:
        tell: Writes an error to `answer`.
    Raises:
        Exception: A problem before the answer began: it can still be a status.
    """
    try:
        await work
    except Exception as problem:
        if not answer.started:
            raise
        await in_time(limits, tell(told_of(problem)), "Nobody reads why this ended.")
    await answer.finish()


def told_of(problem: Exception) -> Error:
    """What a client is told; a mistake of ours goes to the log."""
    if isinstance(problem, RefusedError):
        return problem.error
    log.error("an answer broke off", exc_info=problem)
    return RefusedError.of(problem).error
