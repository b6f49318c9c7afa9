"""A live conversation, whatever carries it: requests come, answers go, and nothing waits for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from itertools import count
from typing import Final

from mien.engine import Ended
from mien.rpc.answers import header, response_of
from mien.rpc.host import Host
from mien.rpc.orders import control_of, stream_order, subject_of
from mien.rpc.receiving import next_message, out_of_order, received
from mien.rpc.refused import RefusedError
from mien.rpc.session import Session
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse
from mien.wire.v1.common_pb2 import Header

Requests = AsyncIterable[AnimateRequest]
Send = Callable[[AnimateResponse], Awaitable[None]]


TURNS: Final = 8
"""Messages in a row, a millisecond or less. More delay the others, fewer cost more than they are worth."""


async def animate(host: Host, client: str, requests: Requests, send: Send) -> None:
    """Answer `requests` until the stream has come to its end.

    Args:
        host: Of this worker.
        client: Whose streams are counted together: an address without the port.
        requests: Ends when the client says no more; that ends the sound, as `end` does.
        send: Gives an answer to the transport; may wait while that is full.
    Raises:
        RefusedError: What the client is to be told instead of an end.
    """
    host.check_open()
    messages = aiter(requests)
    first = await next_message(messages, host.limits)
    if first is None or first.WhichOneof("message") != "settings":
        raise out_of_order("settings", "The first message is the settings; this stream began without.")
    # In a thread: a model or a resampler that nobody used before takes a while to be made.
    order = await asyncio.to_thread(stream_order, first.settings, host.catalogue)
    session = await host.open(order, client, subject_of(first.settings))
    reader = asyncio.create_task(_read(host, session, messages))
    problem = RefusedError("CANCELLED", "", "The client broke off.", "ServerError")
    top = header(order, session.stream.performance, session.name, session.subject)
    try:
        await _within(session, _answer(host, session, send, top))
        session.ended = True
    except RefusedError as refused:
        problem = refused
        raise
    finally:
        reader.cancel()
        if not session.ended:
            host.publish(session, AnimateResponse(error=problem.error))
        host.close(session)


async def _within(session: Session, answers: Awaitable[None]) -> None:
    """Wait for `answers`; if the session fails meanwhile, they end wherever they are.

    Raises:
        RefusedError: Why it failed.
    """
    try:
        async with asyncio.timeout(None) as session.scope:
            await answers
    except TimeoutError:
        session.check()
        raise


async def _read(host: Host, session: Session, messages: AsyncIterator[AnimateRequest]) -> None:
    """Hand in what comes, to the end; what is wrong ends the session."""
    try:
        for turn in count(1):
            session.expects = time.monotonic()
            request = await received(messages)
            session.expects = None
            if request is None or not await _take(session, request):
                break
            await _give_way(turn)
        session.finish()
    except RefusedError as problem:
        session.fail(problem)
    except Exception as problem:
        session.fail(RefusedError.of(problem))
        raise


async def _take(session: Session, request: AnimateRequest) -> bool:
    """Hand in one request; False when it was the last."""
    kind = request.WhichOneof("message")
    if kind == "audio":
        await session.hear(request.audio)
    elif kind == "control":
        session.control(control_of(request.control), request.control.id)
    elif kind == "settings":
        raise out_of_order(
            "settings", "Settings come once, at the beginning; for others open another stream."
        )
    elif kind is None:
        raise out_of_order("message", "The message is empty, or of a kind that this server does not know.")
    return bool(kind != "end")


async def _answer(host: Host, session: Session, send: Send, top: Header) -> None:
    """Give out what comes, to the end."""
    await _send(host, session, send, AnimateResponse(header=top))
    for turn in count(1):
        output = await session.next()
        await _send(host, session, send, response_of(output))
        if isinstance(output, Ended):
            return
        await _give_way(turn)


async def _send(host: Host, session: Session, send: Send, response: AnimateResponse) -> None:
    host.publish(session, response)
    session.gives = time.monotonic()
    await send(response)
    session.gives = None


async def _give_way(turn: int) -> None:
    """Now and then let others have a turn, or a flood of messages that lie ready would keep the loop."""
    if turn % TURNS == 0:
        await asyncio.sleep(0)
