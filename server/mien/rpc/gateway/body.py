"""What comes from a client and goes to it, with an end to all waiting: for silence, and for who has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

from mien.engine import Limits
from mien.rpc.refused import RefusedError, field

T = TypeVar("T")


def gone() -> RefusedError:
    """The client has left; nobody will read this, but what publishes the stream says so."""
    return RefusedError("CANCELLED", "", "The client went away.", "ServerError")


async def in_time(limits: Limits, step: Awaitable[T], late: str) -> T:
    """What `step` gives; `late` is said of one that takes too long.

    Raises:
        RefusedError: It took longer than anybody may be idle.
    """
    try:
        async with asyncio.timeout(limits.idle_seconds):
            return await step
    except TimeoutError:
        with field("limits.idle_seconds"):
            raise limits.exceeded("idle_seconds", late) from None
        raise


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The body of a request as it comes.

    Raises:
        RefusedError: The client left before its end.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise gone()
        more = message.get("more_body", False)
        if piece := message.get("body", b""):
            yield piece


async def pieces_in_time(receive: Receive, limits: Limits) -> AsyncIterator[bytes]:
    """As `pieces`; each must come in time.

    Raises:
        RefusedError: The client left, or was silent too long.
    """
    body = pieces(receive)
    while (piece := await in_time(limits, anext(body, None), "Nothing came for too long.")) is not None:
        yield piece


async def while_there(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives; when the client leaves it is cancelled. The body must have been read.

    Raises:
        RefusedError: The client left.
    """
    task, left = asyncio.create_task(work), asyncio.create_task(_left(receive))
    left.add_done_callback(lambda _: task.cancel())
    try:
        return await task
    except asyncio.CancelledError:
        if left.done() and not left.cancelled():
            raise gone() from None
        raise
    finally:
        left.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
