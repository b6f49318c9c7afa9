"""The gRPC face of a worker: each method translates in, calls, translates out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from hmac import compare_digest
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from mien.rpc import baking
from mien.rpc.animating import animate
from mien.rpc.answers import characters_of, emotions_of, models_of, rig_named, rigs_of
from mien.rpc.host import Host
from mien.rpc.refused import RefusedError
from mien.wire.v1 import lists_pb2 as lists
from mien.wire.v1 import service_pb2
from mien.wire.v1.service_pb2_grpc import MienServicer, add_MienServicer_to_server

T = TypeVar("T")
Context = Any
"""A grpc.aio.ServicerContext; grpc is not typed."""

NAME: Final = service_pb2.DESCRIPTOR.services_by_name["Mien"].full_name
"""Of the service, as health and reflection know it."""

ERROR_KEY: Final = "mien-error-bin"
"""Trailing metadata with the wire's `Error`: the field's path and the kind, for who wants more."""

KEEPALIVE_MS: Final = 20_000
"""How often a silent connection is asked whether anybody is there. More often wakes idle machines, less often
keeps the streams of clients whose network vanished."""


OTHERS: Final = 1000
"""Calls at once beside streams and bakes: those that have not said yet what they want, and lists."""

log = logging.getLogger("mien.rpc")


class Service(MienServicer):
    """Answers for one host."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def Animate(self, requests: AsyncIterator[Any], context: Context) -> None:  # noqa: N802
        """Live."""
        client = client_of(context.peer())
        await _answered(context, animate(self._host, client, requests, context.write))

    async def Bake(self, requests: AsyncIterator[Any], context: Context) -> None:  # noqa: N802
        """All of a line at once."""
        await _answered(
            context, baking.converse(self._host, client_of(context.peer()), requests, context.write)
        )

    async def ListRigs(self, request: Any, context: Context) -> lists.ListRigsResponse:  # noqa: N802
        """Every rig."""
        return await _answered(context, asyncio.to_thread(rigs_of, self._host.catalogue))

    async def GetRig(self, request: lists.GetRigRequest, context: Context) -> lists.Rig:  # noqa: N802
        """One rig, curve by curve."""
        return await _answered(context, asyncio.to_thread(rig_named, request.name, self._host.catalogue))

    async def ListModels(self, request: Any, context: Context) -> lists.ListModelsResponse:  # noqa: N802
        """Every model, with its scores."""
        return await _answered(context, asyncio.to_thread(models_of, self._host.catalogue))

    async def ListCharacters(self, request: Any, context: Context) -> lists.ListCharactersResponse:  # noqa: N802
        """Every character."""
        return await _answered(context, asyncio.to_thread(characters_of, self._host.catalogue))

    async def ListEmotions(self, request: Any, context: Context) -> lists.ListEmotionsResponse:  # noqa: N802
        """Every emotion."""
        return emotions_of()


async def _answered(context: Context, answer: Awaitable[T]) -> T:
    """`answer`; what is refused becomes the status of the call."""
    try:
        return await answer
    except RefusedError as problem:
        refused = problem
    except grpc.aio.InternalError:  # nobody is there any more to be sent anything
        raise asyncio.CancelledError from None
    except Exception as problem:
        log.error("a call failed", exc_info=problem)
        refused = RefusedError.of(problem)
    await _abort(context, refused)
    raise AssertionError("abort raises")


async def _abort(context: Context, refused: RefusedError) -> None:
    context.set_trailing_metadata(((ERROR_KEY, refused.error.SerializeToString()),))
    await context.abort(grpc.StatusCode[refused.code], refused.sentence)


def client_of(peer: str) -> str:
    """The address in gRPC's name of a peer, `ipv4:127.0.0.1:53210`, without the port."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind.startswith("ip") else peer


class TokenGuard(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc is not typed
    """Lets calls through that carry `authorization: Bearer TOKEN`; health checks need none."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self._wanted = tuple(f"Bearer {token}".encode() for token in tokens if token)

    async def intercept_service(self, continuation: Any, call: Any) -> Any:
        """Refuse, or go on."""
        given = dict(call.invocation_metadata).get("authorization", "").encode()
        known = any(compare_digest(given, wanted) for wanted in self._wanted)
        if known or call.method.startswith("/grpc.health.v1.Health/"):
            return await continuation(call)
        return _refusal(await continuation(call))


def _refusal(handler: Any) -> Any:
    """A handler of the same shape that refuses."""

    said = "This server wants a token: send metadata 'authorization: Bearer TOKEN'."

    async def refuse(request: Any, context: Context) -> None:
        await _abort(context, RefusedError("UNAUTHENTICATED", "authorization", said, "ServerError"))

    if handler is None:
        return None
    shapes = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    return shapes[handler.request_streaming, handler.response_streaming](refuse)


class GrpcServer:
    """A gRPC server for one host, with health and reflection."""

    def __init__(self, host: Host, token: str = "", session_token: str = "") -> None:
        limits = host.limits
        self._health = health.aio.HealthServicer()
        self._server = grpc.aio.server(
            interceptors=[TokenGuard((token, session_token))] if token else [],
            maximum_concurrent_rpcs=limits.streams + limits.bakes + OTHERS,
            options=[
                ("grpc.so_reuseport", 1),
                ("grpc.max_receive_message_length", 2 * limits.message_bytes),  # ours says more than gRPC's
                ("grpc.keepalive_time_ms", KEEPALIVE_MS),
                ("grpc.keepalive_timeout_ms", KEEPALIVE_MS // 2),
                ("grpc.http2.min_ping_interval_without_data_ms", KEEPALIVE_MS // 4),
                ("grpc.keepalive_permit_without_calls", 1),
            ],
        )
        add_MienServicer_to_server(Service(host), self._server)  # type: ignore[no-untyped-call]
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (NAME, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)

    async def start(self, address: str, credentials: Any = None) -> int:
        """Listen at `address`, with TLS where there are `credentials`; gives the port."""
        port = (
            self._server.add_secure_port(address, credentials)
            if credentials
            else self._server.add_insecure_port(address)
        )
        await self._server.start()
        for name in ("", NAME):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return int(port)

    async def leave(self) -> None:
        """Tell who asks for health that it is time to go elsewhere."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace: float) -> None:
        """Take no more calls; those that are open have `grace` seconds."""
        await self._server.stop(grace)
