"""The next message of a conversation, with all that can go wrong on its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from mien.engine import Limits
from mien.rpc.refused import RefusedError

M = TypeVar("M", bound=Message)


async def next_message(messages: AsyncIterator[M], limits: Limits) -> M | None:
    """The next message; None when there are no more.

    Raises:
        RefusedError: The client says nothing for too long, or something that is no message.
    """
    try:
        async with asyncio.timeout(limits.idle_seconds):
            return await received(messages)
    except TimeoutError:
        raise silent_too_long(limits) from None


async def received(messages: AsyncIterator[M]) -> M | None:
    """The next message, however long it takes; None when there are no more.

    Raises:
        RefusedError: The client says something that is no message.
    """
    try:
        return await anext(messages, None)
    except DecodeError:
        said = "What came is no message of mien.wire.v1; send those that proto/ describes."
        raise RefusedError("INVALID_ARGUMENT", "message", said, "OptionError") from None


def silent_too_long(limits: Limits) -> RefusedError:
    """The client says nothing for too long."""
    said = limits.exceeded("idle_seconds", "Nothing came for too long.")
    return RefusedError.of(said, "limits.idle_seconds")


def untaken_too_long(limits: Limits) -> RefusedError:
    """The client does not take an answer."""
    said = limits.exceeded("idle_seconds", "An answer waited too long to be taken.")
    return RefusedError.of(said, "limits.idle_seconds")


def out_of_order(place: str, said: str) -> RefusedError:
    """A message came where another one belongs."""
    return RefusedError("INVALID_ARGUMENT", place, said, "OptionError")
