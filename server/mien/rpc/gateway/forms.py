"""`multipart/form-data` as it comes: the part `audio` goes to a file, every other part is an option."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Final

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from mien.rpc.gateway.options import MOST_OPTIONS, Options, collected
from mien.rpc.refused import RefusedError

SOUND: Final = "audio"
"""The part with the sound."""

ROOM: Final = 1 << 20
"""Bytes of all options; the controls of an hour fit."""

LONGEST_BOUNDARY: Final = 70
"""Letters; RFC 2046, section 5.1.1."""


class Form:
    """One form; memory stays small however large the sound is.

    Args:
        content_type: The header, which says what stands between two parts.
        sound: Where the sound goes.
        check: Called with the bytes of sound so far; raises when they are too many.
    """

    def __init__(self, content_type: str, sound: IO[bytes], check: Callable[[int], None]) -> None:
        self._sound, self._check = sound, check
        self._name, self._value = bytearray(), bytearray()
        """Of the header that is being read."""
        self._parts: list[tuple[str, bytearray]] = []
        """The last one is being read; that of the sound stays empty."""
        self._room, self._ended = ROOM, False
        self._parser = self._open(content_type)

    def push(self, data: bytes) -> None:
        """Take in a piece.

        Raises:
            RefusedError: It is no form, or too large.
        """
        try:
            self._parser.write(data)
        except FormParserError as problem:
            raise _broken(f"{problem}") from None

    def flush(self) -> Options:
        """The options; the sound is all there.

        Raises:
            RefusedError: The form breaks off or has no sound, or an option does not exist.
        """
        if not self._ended:
            raise _broken("it breaks off before its end")
        sounds = [name for name, _ in self._parts].count(SOUND)
        if sounds != 1:
            raise _broken(f"one part '{SOUND}' is wanted, the sound; it has {sounds or 'none'}")
        return collected(
            (name, value.decode(errors="replace")) for name, value in self._parts if name != SOUND
        )

    def _open(self, content_type: str) -> MultipartParser:
        _, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary", b"")
        if not 0 < len(boundary) <= LONGEST_BOUNDARY:
            raise _broken(f"its Content-Type names no boundary of 1 to {LONGEST_BOUNDARY} letters")
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._header,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )

    # Called by the parser

    def _begin(self) -> None:
        if len(self._parts) == MOST_OPTIONS:
            raise _broken(f"it has more than {MOST_OPTIONS} parts")
        self._parts.append(("", bytearray()))

    def _header(self) -> None:
        if self._name.lower() == b"content-disposition":
            _, parameters = parse_options_header(self._value.decode("latin-1"))
            self._parts[-1] = (parameters.get(b"name", b"").decode(errors="replace"), bytearray())
        self._name.clear()
        self._value.clear()

    def _data(self, data: bytes, start: int, end: int) -> None:
        name, value = self._parts[-1]
        if name == SOUND:
            self._sound.write(memoryview(data)[start:end])
            self._check(self._sound.tell())
            return
        value += data[start:end]
        self._room -= end - start
        if self._room < 0:
            raise _broken(f"its options take more than {ROOM} bytes")

    def _end(self) -> None:
        self._ended = True


def _broken(what: str) -> RefusedError:
    return RefusedError("INVALID_ARGUMENT", "form", f"The form cannot be used: {what}.", "OptionError")
