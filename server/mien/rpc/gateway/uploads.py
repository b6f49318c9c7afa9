"""A request to bake, read: its sound in a file, its options checked.

The sound is the body, a part of a form, or a file of this machine that JSON names. What can be refused before
the sound has come is refused then.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import Receive, Scope

from mien.errors import OptionError
from mien.rpc.access import Access
from mien.rpc.baking import BakeJob, check_size
from mien.rpc.gateway.body import pieces_in_time
from mien.rpc.gateway.forms import Form
from mien.rpc.gateway.guard import bearer
from mien.rpc.gateway.live import client_of
from mien.rpc.gateway.options import Options, collected, json_options, order_of, query_options, settings_of
from mien.rpc.gateway.results import Way, way_of
from mien.rpc.host import Host
from mien.rpc.refused import RefusedError, field

NAMED: Final = "application/json"
FORM: Final = "multipart/form-data"

SOUND: Final = ("audio/", "application/octet-stream", "application/ogg")
"""How the types of sound in a body begin."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be baked, and how to answer."""

    job: BakeJob
    way: Way
    result: int
    """A `BakeResult`."""


class Upload:
    """One request, before its body was read.

    Args:
        folder: Where the sound may go.
    """

    def __init__(self, host: Host, access: Access, scope: Scope, folder: Path) -> None:
        self._host, self._access, self._scope = host, access, scope
        self._headers, self._sound = Headers(scope=scope), folder / "sound"
        self._options = query_options(scope["query_string"])

    async def read(self, receive: Receive) -> Asked:
        """All of it.

        Raises:
            RefusedError: Anything in it that cannot be used.
        """
        given = self._headers.get("content-type", "application/octet-stream")
        kind = given.partition(";")[0].strip().lower()
        if kind == NAMED:
            return await self._named(receive)
        if kind == FORM:
            return await self._form(receive, given)
        if not kind.startswith(SOUND):
            said = f"'{kind[:100]}' is no sound; send audio/*, application/octet-stream, {FORM} or {NAMED}."
            raise RefusedError("INVALID_ARGUMENT", "content-type", said, "OptionError")
        return await self._body(receive)

    async def _body(self, receive: Receive) -> Asked:
        check_size(self._host, int(self._headers.get("content-length", 0)))
        asked = await self._asked(self._options, self._sound)
        with self._sound.open("wb") as file:
            async for piece in pieces_in_time(receive, self._host.limits):
                file.write(piece)
                check_size(self._host, file.tell())
        return asked

    async def _form(self, receive: Receive, content_type: str) -> Asked:
        with self._sound.open("wb") as file:
            form = Form(content_type, file, lambda size: check_size(self._host, size))
            async for piece in pieces_in_time(receive, self._host.limits):
                form.push(piece)
            options = form.flush()
        return await self._asked(both(self._options, options), self._sound)

    async def _named(self, receive: Receive) -> Asked:
        session = self._headers.get("mien-session") or bearer(self._headers)
        self._access.check_paths(client_of(self._scope), session)
        path, options = read_named(await self._text(receive))
        options = both(self._options, options)
        if "encoding" in options:
            with field("encoding"):
                raise OptionError("A file named by its path is a whole one, and says its own encoding.")
        return await self._asked(options, path)

    async def _text(self, receive: Receive) -> bytes:
        text, limits = bytearray(), self._host.limits
        async for piece in pieces_in_time(receive, limits):
            text += piece
            if len(text) > limits.message_bytes:
                with field("limits.message_bytes"):
                    raise limits.exceeded("message_bytes", "This JSON is too long.")
        return bytes(text)

    async def _asked(self, options: Options, sound: Path) -> Asked:
        settings, way = settings_of(options), way_of(options, self._headers.get("accept", ""))
        order = await asyncio.to_thread(order_of, settings, self._host.catalogue)
        return Asked(BakeJob(sound, "encoding" not in options, order), way, settings.result)


def both(query: Options, body: Options) -> Options:
    """All options.

    Raises:
        RefusedError: One stands in both.
    """
    return collected([*query.items(), *body.items()])


def read_named(text: bytes) -> tuple[Path, Options]:
    """The path in `text`, `{"path": "/a/line.wav", ...}`, and the options beside it.

    Raises:
        RefusedError: It is not like that.
    """
    try:
        given: Any = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    path = given.pop("path", None) if isinstance(given, dict) else None
    if not (isinstance(path, str) and _is_absolute(path)):
        said = 'JSON names the sound by an absolute path: {"path": "/lines/one.wav", "rate": "30"}.'
        raise RefusedError("INVALID_ARGUMENT", "path", said, "OptionError")
    return Path(path), json_options(given)


def _is_absolute(path: str) -> bool:
    """Whether the system could have a file of that name, and we could say that it has none: half of a
    surrogate pair is fine in JSON and nowhere else."""
    try:
        named = os.fsencode(path) and path.encode()
    except UnicodeEncodeError:
        return False
    return b"\0" not in named and Path(path).is_absolute()
