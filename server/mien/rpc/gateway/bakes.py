"""`POST /v1/bake`: sound in, a file of curves or a take out, or messages that tell how far it is.

All that belongs to a request lies in one folder, which goes with it, however it ends. Who closes the
connection ends the bake.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from starlette.types import Receive, Scope, Send

from mien.rpc import baking
from mien.rpc.access import Access
from mien.rpc.gateway.answer import Answer, concluded
from mien.rpc.gateway.body import in_time, while_there
from mien.rpc.gateway.live import client_of
from mien.rpc.gateway.messages import framed, to_json
from mien.rpc.gateway.results import LIVELY, write_result
from mien.rpc.gateway.uploads import Asked, Upload
from mien.rpc.host import Host
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        with self._host.baking(client_of(scope)) as folder:
            async with baking.upload_time(self._host):
                asked = await Upload(self._host, self._access, scope, folder).read(receive)
            answer = self._messages if asked.way.gives == LIVELY else self._file
            await answer(asked, folder, receive, send)

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
