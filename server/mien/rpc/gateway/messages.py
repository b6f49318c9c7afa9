"""Messages of the wire as HTTP carries them: bytes, bytes with their length before them, or JSON.

JSON is protobuf's own mapping with the names of the `.proto` files: bytes are base64, enums their names.
Fields that are 0 or empty are written too, so that a script may rely on them; 64-bit numbers are numbers as
far as JavaScript can hold them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from mien.engine import Limits
from mien.rpc.refused import RefusedError, field

M = TypeVar("M", bound=Message)

LENGTH: Final = 4
"""Bytes, big-endian, before each message of a body that holds several."""

NO_JSON: Final = (json_format.ParseError, ValueError, TypeError, RecursionError)
"""What parsers raise; the last two for a number where an object should be, and for too deep a nest."""

LONGEST_QUOTE: Final = 300
"""Letters of what a parser says: it repeats what it read, and that may be long."""

FRAMING: Final = "Each message comes after its length in four bytes, big-endian."


def to_json(message: Message) -> str:
    """On one line."""
    return json_format.MessageToJson(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        unquote_int64_if_possible=True,
        indent=None,
        ensure_ascii=False,
    )


def from_json(text: str, kind: type[M]) -> M:
    """The message that `text` is.

    Raises:
        RefusedError: It is none; says where.
    """
    try:
        return json_format.Parse(text, kind())
    except NO_JSON as problem:
        said = f"This is no {kind.DESCRIPTOR.name} in JSON: {quoted(problem)}."
    raise unreadable(said)


def quoted(problem: Exception) -> str:
    """What a parser said, as a part of a sentence."""
    return " ".join(str(problem).split())[:LONGEST_QUOTE].rstrip(".")


def from_bytes(data: bytes, kind: type[M], hint: str = "") -> M:
    """The message that `data` is.

    Raises:
        RefusedError: It is none.
    """
    try:
        return kind.FromString(data)
    except DecodeError:
        said = f"These {len(data)} bytes are no {kind.DESCRIPTOR.full_name}. {hint}"
    raise unreadable(said.strip())


def framed(message: Message) -> bytes:
    """`message` with its length before it."""
    data = message.SerializeToString()
    return len(data).to_bytes(LENGTH, "big") + data


class Unframer:
    """Messages of a body that comes in pieces."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting = bytearray()

    def push(self, data: bytes) -> Iterator[bytes]:
        """The messages that `data` completes, serialised.

        Raises:
            RefusedError: One is longer than this server allows.
        """
        self._waiting += data
        while len(self._waiting) >= LENGTH:
            end = LENGTH + self._length()
            if len(self._waiting) < end:
                return
            message = bytes(self._waiting[LENGTH:end])
            del self._waiting[:end]
            yield message

    def flush(self) -> None:
        """The body is over.

        Raises:
            RefusedError: Within a message.
        """
        if self._waiting:
            came = len(self._waiting)
            part = "the length of a message" if came < LENGTH else f"a message of {self._length()} bytes"
            raise unreadable(f"The request breaks off within {part}. {FRAMING}")

    def _length(self) -> int:
        length = int.from_bytes(self._waiting[:LENGTH], "big")
        if length > self._limits.message_bytes:
            with field("limits.message_bytes"):
                said = f"A message of {length} bytes is too long, or this is no length. {FRAMING}"
                raise self._limits.exceeded("message_bytes", said)
        return length


def unreadable(said: str) -> RefusedError:
    """What came is no message of ours."""
    return RefusedError("INVALID_ARGUMENT", "message", said, "OptionError")
