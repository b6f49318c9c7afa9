"""`GET`: rigs, models, characters, emotions, and whether the server is well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mien.rpc.answers import characters_of, emotions_of, models_of, rig_named, rigs_of
from mien.rpc.gateway.accept import preferred
from mien.rpc.gateway.messages import to_json
from mien.rpc.host import Host

JSON: Final = "application/json"
PROTOBUF: Final = "application/x-protobuf"


class Lists:
    """What there is on one host."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def rigs(self, request: Request) -> Response:
        """Every rig."""
        return await _listed(request, lambda: rigs_of(self._host.catalogue))

    async def rig(self, request: Request) -> Response:
        """One rig, curve by curve."""
        name = request.path_params["name"]
        return await _listed(request, lambda: rig_named(name, self._host.catalogue))

    async def models(self, request: Request) -> Response:
        """Every model, with its scores."""
        return await _listed(request, lambda: models_of(self._host.catalogue))

    async def characters(self, request: Request) -> Response:
        """Every character."""
        return await _listed(request, lambda: characters_of(self._host.catalogue))

    async def emotions(self, request: Request) -> Response:
        """Every emotion."""
        return await _listed(request, emotions_of)

    async def health(self, _: Request) -> Response:
        """Whether new streams are welcome here."""
        if self._host.draining:
            return JSONResponse({"status": "draining"}, 503)
        return JSONResponse({"status": "ok"})


async def _listed(request: Request, make: Callable[[], Message]) -> Response:
    """JSON, unless bytes are liked better. Made in a thread, because it may read files."""
    message = await asyncio.to_thread(make)
    if preferred(request.headers.get("accept", ""), [JSON, PROTOBUF]) == PROTOBUF:
        return Response(message.SerializeToString(), media_type=PROTOBUF)
    return Response(to_json(message), media_type=JSON)
