"""Refusals as HTTP says them: a status, and the wire's `Error` as JSON."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from mien.errors import near
from mien.rpc.gateway.messages import to_json
from mien.rpc.refused import RefusedError

STATUS: Final = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}
"""HTTP's status for gRPC's codes."""

CLOSER: Final = {
    "limits.message_bytes": 413,
    "limits.bake_bytes": 413,
    "limits.bake_seconds": 413,
    "limits.idle_seconds": 408,
    "accept": 406,
    "content-type": 415,
}
"""Fields for which HTTP has a status that says more."""

log = logging.getLogger("mien.rpc")


def status_of(problem: RefusedError) -> int:
    """The status that fits best."""
    return CLOSER.get(problem.field) or STATUS.get(problem.code, 500)


def refusal(problem: RefusedError) -> Response:
    """The answer to a request that is refused before it has another."""
    status = status_of(problem)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return Response(to_json(problem.error), status, headers, media_type="application/json")


async def refused(_: HTTPConnection, problem: Exception) -> Response:
    """Handles what our own code refuses."""
    assert isinstance(problem, RefusedError)
    return refusal(problem)


async def failed(_: HTTPConnection, problem: Exception) -> Response:
    """Handles mistakes of ours; the log has more, from who calls this."""
    return refusal(RefusedError.of(problem))


async def not_allowed(request: HTTPConnection, problem: Exception) -> Response:
    """Handles a method that a route does not have."""
    assert isinstance(problem, HTTPException)
    allowed = (problem.headers or {}).get("Allow", "")
    said = f"{request.scope['path'][:100]} takes {allowed}, not {request.scope.get('method', 'a WebSocket')}."
    answer = refusal(RefusedError("UNIMPLEMENTED", "method", said, "OptionError"))
    answer.status_code = problem.status_code
    answer.headers.update(problem.headers or {})
    return answer


def no_such_route(path: str, known: Iterable[str]) -> RefusedError:
    """Nothing is at `path`."""
    names = sorted(set(known))
    said = f"There is nothing at '{path[:100]}'; there is {', '.join(names)}.{near(path[:100], names)}"
    return RefusedError("NOT_FOUND", "path", said, "OptionError")
