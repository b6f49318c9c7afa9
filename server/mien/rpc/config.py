"""What a server is started with, and what it says once it is there."""

from __future__ import annotations

import ipaddress
import os
import ssl
from pathlib import Path
from typing import Final

import msgspec

from mien.engine import Limits
from mien.errors import FileError, OptionError
from mien.pipeline import DEFAULT_MODEL

GRPC_PORT: Final = 52100
HTTP_PORT: Final = 52180
ZMQ_PORT: Final = 52190

MOST_WORKERS: Final = 8
"""Workers unless told otherwise, at most: each holds its own model and runtime, some 100 MB."""

SHORTEST_TOKEN: Final = 16
"""Letters. What is shorter can be guessed."""


class Tls(msgspec.Struct, frozen=True):
    """Paths of PEM files."""

    cert: str
    """The server's certificate, then those that lead to a root."""

    key: str
    client_ca: str = ""
    """Whose clients may come (mTLS); empty: any."""


class ServerConfig(msgspec.Struct, frozen=True):
    """All a worker needs to know; sent to it as JSON."""

    host: str = "127.0.0.1"
    port: int = GRPC_PORT
    """Of gRPC; 0 takes a free one."""

    http_port: int | None = HTTP_PORT
    """None: no HTTP."""

    zmq_port: int | None = ZMQ_PORT
    """None: nothing is published."""

    zmq_host: str = "127.0.0.1"
    workers: int = 0
    """Processes; 0: one for each processor, up to 8."""

    model: str = DEFAULT_MODEL
    limits: Limits = msgspec.field(default_factory=Limits)
    token: str = ""
    session_token: str = ""
    """Made anew at each start, for programs of the same user on this machine."""

    origins: tuple[str, ...] = ()
    """Foreign origins whose web pages may connect."""

    tls: Tls | None = None
    drain_seconds: float = 10.0
    """How long streams and bakes may go on when the server is asked to stop."""

    log_level: str = "warning"
    zmq_inner: str = ""
    """Where workers publish."""

    @property
    def loopback(self) -> bool:
        """Whether only programs of this machine can connect."""
        return is_loopback(self.host)

    @property
    def processes(self) -> int:
        """How many workers there are to be."""
        return self.workers or min(MOST_WORKERS, processors())


class Announcement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a server says once it is ready, as one line of JSON."""

    pid: int
    grpc: str
    """host:port."""

    http: str | None = None
    """URL."""

    zmq: str | None = None
    """tcp://host:port."""

    session: str | None = None
    """The session token; only where nobody else reads it."""


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine as only it sees itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check(config: ServerConfig) -> ServerConfig:
    """`config`, unless it would stand open to a network, or something in it is out of range.

    Raises:
        OptionError, FileError: Says the way out.
    """
    guarded = config.token or (config.tls and config.tls.client_ca)
    if not config.loopback and not guarded:
        raise OptionError(
            f"A server at {config.host} can be reached from other machines: give --token-file FILE "
            "(or --tls-client-ca FILE), or stay on 127.0.0.1."
        )
    ports = {"--port": config.port, "--http-port": config.http_port, "--zmq-port": config.zmq_port}
    for name, port in ports.items():
        if port is not None and not 0 <= port <= 65_535:
            raise OptionError(f"{name} {port}: a port is a number 0..65535; 0 takes a free one.")
    if config.workers < 0 or config.drain_seconds < 0:
        raise OptionError("--workers and --drain take no negative numbers.")
    if config.tls:
        _check_tls(config.tls)
    return config


def _check_tls(tls: Tls) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for path in filter(None, (tls.cert, tls.key, tls.client_ca)):
        read_file(path)
    try:
        context.load_cert_chain(tls.cert, tls.key, password="")  # asks nobody for one
    except (ssl.SSLError, ValueError):
        raise FileError(
            f"{tls.cert} and {tls.key} are no certificate and its key, both in PEM and without a password."
        ) from None
    try:
        context.load_verify_locations(tls.client_ca) if tls.client_ca else None
    except (ssl.SSLError, ValueError):
        raise FileError(f"{tls.client_ca} holds no certificate of an authority in PEM.") from None


def read_file(path: str) -> bytes:
    """The bytes of a file of keys.

    Raises:
        FileError: It cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror}.") from None


def read_token(path: Path) -> str:
    """The token in a file, without the white space around it.

    Raises:
        FileError: It cannot be read, or what is in it is no token.
    """
    token = read_file(str(path)).decode("ascii", "replace").strip()
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise FileError(
            f"{path}: a token is one word of at least {SHORTEST_TOKEN} letters; "
            "make one: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'"
        )
    return token
