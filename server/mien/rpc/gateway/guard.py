"""The door: who may not come in is told so before anything of a request is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.rpc.access import Access
from mien.rpc.gateway.refusals import refusal
from mien.rpc.refused import RefusedError

TOKEN_PREFIX: Final = "mien.token."
"""Begins a subprotocol that is a token: browsers let a page choose no other header of a WebSocket. Not in the
query, which ends up in logs and histories."""

OPEN: Final = "/healthz"
"""Wants no token: whoever asks for health is a machine that knows nothing else."""

PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Mien-Session",
    "Access-Control-Max-Age": "600",
}
"""What pages of allowed origins may send."""

HTTP_OF: Final = {"ws": "http", "wss": "https"}


class Guard:
    """Stands before `app`."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        headers, app = Headers(scope=scope), self._app
        try:
            self._check_browser(scope, headers)
            if (origin := headers.get("origin")) in self._access.origins:
                send = _allowing(send, origin)
            if _is_preflight(scope, headers):
                app = Response(status_code=204, headers=PREFLIGHT)
            else:
                self._check_token(scope, headers)
        except RefusedError as problem:
            app = refusal(problem)
        await app(scope, receive, send)

    def _check_browser(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        self._access.check_name(host)
        scheme = HTTP_OF.get(scope["scheme"], scope["scheme"])
        for origin in headers.getlist("origin"):
            self._access.check_origin(origin, f"{scheme}://{host}")

    def _check_token(self, scope: Scope, headers: Headers) -> None:
        if scope["path"] != OPEN:
            self._access.check_token(next(_tokens(scope, headers), ""))


def bearer(headers: Headers) -> str:
    """The token of `Authorization: Bearer TOKEN`, or nothing."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _tokens(scope: Scope, headers: Headers) -> Iterator[str]:
    """Where a token may stand."""
    if token := bearer(headers):
        yield token
    for name in scope.get("subprotocols", ()):
        if name.startswith(TOKEN_PREFIX):
            yield name.removeprefix(TOKEN_PREFIX)


def _is_preflight(scope: Scope, headers: Headers) -> bool:
    return bool(scope.get("method") == "OPTIONS" and "access-control-request-method" in headers)


def _allowing(send: Send, origin: str) -> Send:
    """`send`, telling the browser that pages of `origin` may read the answer."""

    async def allow(message: Message) -> None:
        if message["type"].endswith("http.response.start"):
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers.add_vary_header("Origin")
        await send(message)

    return allow
