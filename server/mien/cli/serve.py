"""`mien serve`: options to a configuration, then the supervisor, and one line when it is ready."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mien.engine import Limits
from mien.errors import OptionError
from mien.rpc.config import Announcement, ServerConfig, Tls, is_loopback, read_token
from mien.rpc.supervise import serve


def server_config(
    *,
    limits: list[str],
    token_file: Path | None,
    tls: tuple[str, str, str],
    origins: list[str],
    drain: float,
    log_level: str,
    **plain: Any,
) -> ServerConfig:
    """A configuration from options.

    Raises:
        OptionError, FileError: Options that do not go together, or files that cannot be read.
    """
    cert, key, client_ca = tls
    if bool(cert) != bool(key) or (client_ca and not cert):
        raise OptionError("TLS takes --tls-cert and --tls-key together, and --tls-client-ca only with both.")
    if log_level.upper() not in logging.getLevelNamesMapping():
        raise OptionError(f"--log-level {log_level} is none of debug, info, warning, error.")
    return ServerConfig(
        limits=Limits.from_pairs(limits),
        token=read_token(token_file) if token_file else "",
        tls=Tls(cert, key, client_ca) if cert else None,
        origins=tuple(origins),
        drain_seconds=drain,
        log_level=log_level.upper(),
        **plain,
    )


def run_server(config: ServerConfig, ready_fd: int | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(config, _announcer(config, ready_fd)))


def _announcer(config: ServerConfig, ready_fd: int | None) -> Callable[[Announcement], None]:
    if ready_fd is not None:
        try:
            os.fstat(ready_fd)
        except OSError:
            raise OptionError(f"--ready-fd {ready_fd} is no open file descriptor of this process.") from None

    def announce(said: Announcement) -> None:
        places = [f"gRPC {said.grpc}", *([f"HTTP {said.http}"] if said.http else [])]
        places += [f"ZeroMQ {said.zmq}"] if said.zmq else []
        print(f"mien serves: {', '.join(places)}; {config.processes} workers; Ctrl-C ends", flush=True)
        if said.zmq and not is_loopback(config.zmq_host):
            print("  ZeroMQ knows no token: whoever reaches that port can watch.", flush=True)
        if ready_fd is not None:
            with os.fdopen(ready_fd, "wb") as file:
                file.write(msgspec.json.encode(said) + b"\n")

    return announce
