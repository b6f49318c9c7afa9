"""`POST /v1/bake`: sound in, a file of curves or a take out, or messages that tell how far it is.

All that belongs to a request lies in one folder, which goes with it, however it ends. Who closes the
connection ends the bake.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from starlette.types import Receive, Scope, Send

from mien.rpc import baking
from mien.rpc.access import Access
from mien.rpc.gateway.answer import Answer, concluded
from mien.rpc.gateway.body import in_time, while_there
from mien.rpc.gateway.messages import framed, to_json
from mien.rpc.gateway.results import LIVELY, write_result
from mien.rpc.gateway.uploads import Asked, Upload
from mien.rpc.host import Host
from mien.rpc.refused import field
from mien.wire.v1.bake_pb2 import BakeResponse

PIECE: Final = 256 << 10
"""Bytes of a file sent at once."""

ENCODE: Final = {"messages": framed, "ndjson": lambda message: f"{to_json(message)}\n".encode()}
"""How messages become bytes, by the name of the way."""

UNTAKEN: Final = "The answer waited too long to be taken."


class Bakes:
    """Answers one request a bake."""

    def __init__(self, host: Host, access: Access) -> None:
        self._host, self._access = host, access
        self._taken = 0
        """Requests that have a folder; what is being sent takes room on the disk as well."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        self._host.check_open()
        with self._folder() as folder:
            asked = await Upload(self._host, self._access, scope, folder).read(receive)
            answer = self._messages if asked.way.gives == LIVELY else self._file
            await answer(asked, folder, receive, send)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        limits = self._host.limits
        with field("limits.bakes"):
            if self._taken >= limits.bakes:
                raise limits.exceeded("bakes", "Too many bakes are sent, run or wait; try again in a while.")
        self._taken += 1
        try:
            with tempfile.TemporaryDirectory(prefix="mien-bake-") as name:
                yield Path(name)
        finally:
            self._taken -= 1

    async def _messages(self, asked: Asked, folder: Path, receive: Receive, send: Send) -> None:
        """How it goes, then what came of it, message by message."""
        host, limits = self._host, self._host.limits
        answer, encode = Answer(send, asked.way.media_type), ENCODE[asked.way.name]

        async def give(response: BakeResponse) -> None:
            piece = await asyncio.to_thread(encode, response)  # JSON of many frames takes its time
            await in_time(limits, answer.write(piece), UNTAKEN)

        work = while_there(receive, baking.answer(host, asked.job, asked.result, folder, give))
        await concluded(answer, limits, work, lambda error: give(BakeResponse(error=error)))

    async def _file(self, asked: Asked, folder: Path, receive: Receive, send: Send) -> None:
        """What came of it, as one file."""
        take = await while_there(receive, baking.run_bake(self._host, asked.job))
        path = await baking.to_its_end(lambda: write_result(take, asked.job.order, asked.way, folder))
        answer = Answer(send, asked.way.media_type, {"Content-Length": str(path.stat().st_size)})
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                await in_time(self._host.limits, answer.write(piece), UNTAKEN)
        await answer.finish()
