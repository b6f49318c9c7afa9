"""Where a server is, how to get there, and what went wrong on the way, in words of ours."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import grpc

from mien.errors import FileError, MienError, OptionError, ServerError
from mien.rpc.client.conversation import Broken
from mien.rpc.config import GRPC_PORT
from mien.rpc.refused import error_of
from mien.wire.v1.common_pb2 import Error

TIMEOUT: Final = 30.0
"""Seconds to wait for what a server owes: a list, the header of a stream, the next frames after the end of
the sound. Less gives up on a machine that is only busy, more keeps users waiting for one that is stuck."""

OPTIONS: Final = (
    ("grpc.use_local_subchannel_pool", 1),  # a connection for each client: a server spreads them over workers
    ("grpc.enable_http_proxy", 0),  # a proxy made for web pages ends streams
    ("grpc.max_receive_message_length", 64 << 20),
    # A server that vanished without a word is noticed within 15 s. Servers allow a question every 5 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    # One that is started anew is found soon; gRPC itself would wait for up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)

PASSING: Final = ("UNAVAILABLE", "CANCELLED", "INTERNAL", "UNKNOWN")
"""What gRPC calls a connection that broke: it depends on who was doing what when it did."""

FULL: Final = ("limits.streams", "limits.streams_per_client")
"""Limits that a stream may meet which goes on before the server notices that its old connection is gone."""


@dataclass(frozen=True, slots=True)
class Tls:
    """An encrypted connection. Paths of PEM files."""

    ca: str | os.PathLike[str] | None = None
    """Whose certificates count; None: those that gRPC trusts."""

    cert: str | os.PathLike[str] | None = None
    """The client's own certificate, for servers that want one."""

    key: str | os.PathLike[str] | None = None
    """Of `cert`."""

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise OptionError("TLS takes a client's certificate and its key together, or neither.")

    def credentials(self) -> Any:
        """For a channel of gRPC.

        Raises:
            FileError: A file that cannot be read.
        """
        return grpc.ssl_channel_credentials(_read(self.ca), _read(self.key), _read(self.cert))


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a server."""

    address: str
    """host:port."""

    token: str | None = None
    tls: Tls | None = None

    def open(self, transport: Any) -> Any:
        """A channel of `transport`, which is `grpc` or `grpc.aio`."""
        if self.tls:
            return transport.secure_channel(self.address, self.tls.credentials(), options=OPTIONS)
        return transport.insecure_channel(self.address, options=OPTIONS)

    @property
    def metadata(self) -> Sequence[tuple[str, str]]:
        """What goes with every call."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()

    def broken(self, problem: Any) -> Broken:
        """What a `grpc.RpcError` means."""
        code, metadata = problem.code().name, dict(problem.trailing_metadata() or ())
        if code != "UNAUTHENTICATED" and (said := _said(metadata)):  # of that we know the way out better
            return Broken(error_of(said), passing=said.code == "UNAVAILABLE" or said.field in FULL)
        return Broken(self._error(code, str(problem.details())), passing=code in PASSING)

    def _error(self, code: str, details: str) -> MienError:
        where, token = f"The server at {self.address}", "another token" if self.token else "a token"
        said = {
            "UNAVAILABLE": self._unreachable(details.rpartition("last error: ")[2]),
            "UNAUTHENTICATED": f"{where} wants {token}: token=, --token-file.",
            "UNIMPLEMENTED": f"{where} is none of Mien's, or of another version ({details}).",
            "DEADLINE_EXCEEDED": f"{where} took too long to answer; give it more time with timeout=.",
        }
        otherwise = f"{where} broke off: {details} ({code}). Its log may have more."
        return ServerError(said.get(code, otherwise))

    def _unreachable(self, why: str) -> str:
        tls = ", and without TLS" if why.endswith("Socket closed") else ""
        if self.tls:
            tls = ", with TLS and a certificate of the authority that was given"
        where = f"No server answers at {self.address}, or it broke off ({why})."
        return f"{where} Is `mien serve` running there{tls}?"

    def silent(self, seconds: float) -> ServerError:
        """The server owes something, and nothing came for `seconds`."""
        return ServerError(
            f"The server at {self.address} has not answered for {seconds:g} s; is it stuck, or too busy?"
        )

    def unfinished(self) -> Broken:
        """The server ended a stream in good order, and before its end."""
        return Broken(ServerError(f"The server at {self.address} ended too early."), passing=True)


def way_to(address: str, token: str | None, tls: Tls | None) -> Way:
    """The way to `address`: `host:port`, or a host alone for the usual port.

    Raises:
        OptionError: No host, a port that is no number, or a token that no header takes.
    """
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname, parts.port or GRPC_PORT
    except ValueError:
        host, port, parts = None, GRPC_PORT, urlsplit("")
    if not host or parts.path or parts.query or "@" in address:
        raise OptionError(
            f"'{address}' is no server's address; write HOST:PORT, such as localhost:{GRPC_PORT}."
        )
    if token is not None and not (token.isascii() and token.isprintable()):
        raise OptionError("A token is made of printable ASCII letters; is that the right file?")
    return Way(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", token, tls)


def _said(metadata: dict[str, Any]) -> Error | None:
    """The wire's error, where the server is one of ours and refused on purpose."""
    from mien.rpc.service import ERROR_KEY  # brings the whole server along, which most clients never need

    return Error.FromString(metadata[ERROR_KEY]) if ERROR_KEY in metadata else None


def _read(path: str | os.PathLike[str] | None) -> bytes | None:
    try:
        return None if path is None else Path(path).read_bytes()
    except OSError as problem:
        raise FileError(f"{os.fspath(path or '')} cannot be read: {problem.strerror}.") from None
