"""The routes of the HTTP gateway, and what stands around them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from mien.rpc.access import Access
from mien.rpc.gateway.bakes import Bakes
from mien.rpc.gateway.guard import Guard
from mien.rpc.gateway.lists import Lists
from mien.rpc.gateway.live import Live
from mien.rpc.gateway.page import page
from mien.rpc.gateway.refusals import failed, no_such_route, not_allowed, refusal, refused
from mien.rpc.gateway.sockets import LiveSocket
from mien.rpc.gateway.spec import openapi
from mien.rpc.host import Host
from mien.rpc.refused import RefusedError

STILL = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
"""The page runs nothing and loads nothing."""


def build_app(host: Host, access: Access) -> Starlette:
    """The application that answers for `host`, to whom `access` lets in."""
    app = Starlette(
        routes=routes(host, access),
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={RefusedError: refused, HTTPException: not_allowed, Exception: failed},
    )
    app.router.redirect_slashes = False  # a redirect would drop the body on its way
    app.router.default = Nowhere(app)
    return app


def routes(host: Host, access: Access) -> list[BaseRoute]:
    """All of them; `openapi.json` describes each."""
    lists = Lists(host)
    return [
        Route("/v1/rigs", lists.rigs),
        Route("/v1/rigs/{name}", lists.rig),
        Route("/v1/models", lists.models),
        Route("/v1/characters", lists.characters),
        Route("/v1/emotions", lists.emotions),
        Route("/v1/bake", Bakes(host, access), methods=["POST"]),
        Route("/v1/animate", Live(host), methods=["POST"]),
        WebSocketRoute("/v1/animate", LiveSocket(host).answer),
        Route("/healthz", lists.health),
        Route("/openapi.json", _spec),
        Route("/docs", _docs),
        Route("/", _home),
    ]


class Nowhere:
    """Answers where there is no route, WebSockets too."""

    def __init__(self, app: Starlette) -> None:
        self._paths = [route.path for route in app.routes if isinstance(route, Route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI calls it."""
        await refusal(no_such_route(scope["path"], self._paths))(scope, receive, send)


async def _spec(_: Request) -> Response:
    return JSONResponse(openapi())


async def _docs(_: Request) -> Response:
    return HTMLResponse(page(openapi()), headers=STILL)


async def _home(_: Request) -> Response:
    return RedirectResponse("/docs")
