"""Ports that several processes listen on: taken once by the parent, then shared."""

from __future__ import annotations

import errno
import os
import socket
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Final, TextIO

from mien.errors import ServerError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: no port is shared there
    fcntl = None

SHARED: Final = hasattr(socket, "SO_REUSEPORT") and os.name == "posix"
"""Whether this system shares a port among processes."""

_locks: list[TextIO] = []
"""Held until the process ends."""

WAITING: Final = 1024
"""Connections that may wait to be accepted."""

WHY: Final = {
    errno.EADDRINUSE: "is taken, perhaps by another Mien; stop that, or choose another port (0: a free one)",
    errno.EACCES: "is not ours to open; choose a port above 1023",
    errno.EADDRNOTAVAIL: "is no address of this machine; 127.0.0.1 is, and 0.0.0.0 means all of them",
}
"""What is wrong with an address that cannot be bound, and the way out."""


def reserve(host: str, port: int) -> socket.socket:
    """A socket that holds `host`:`port` without listening; processes that share the port listen beside it.

    Args:
        port: 0 takes a free one.
    Raises:
        ServerError: The address is taken, not this machine's, or not ours to open.
    """
    family, place = _resolve(host, port)
    _lock(host, port)
    # Without sharing first: with it, two servers would share one port and each get half of the clients.
    alone = _bound(family, place, shared=False)
    taken = alone.getsockname()
    alone.close()
    return _bound(family, taken, shared=SHARED)


def _lock(host: str, port: int) -> None:
    """Keeps out other servers of this user that start at the same moment, before anybody listens. The lock
    goes with the process."""
    if fcntl is None or not port:
        return
    folder = session_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = (folder / f"{port}.lock").open("w", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise ServerError(f"{host}:{port} {WHY[errno.EADDRINUSE]}.") from None
    _locks.append(file)


def session_folder() -> Path:
    """Where servers of this user say where they are; readable by nobody else."""
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime, "mien")
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir(), f"mien-{user}")


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens at a port which `reserve` holds.

    Raises:
        ServerError: It cannot be had.
    """
    one = _bound(*_resolve(host, port), shared=SHARED)
    one.listen(WAITING)
    one.setblocking(False)
    return one


def address(host: str, port: int) -> str:
    """host:port, with the brackets that IPv6 wants."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise ServerError(f"{host} {WHY[errno.EADDRNOTAVAIL]}.") from None
    return family, place


def _bound(family: socket.AddressFamily, place: tuple[object, ...], shared: bool) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # on Windows it would let others take the port away
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(place)
    except OSError as problem:
        one.close()
        why = WHY.get(problem.errno or 0, f"cannot be opened ({problem.strerror})")
        raise ServerError(f"{place[0]}:{place[1]} {why}.") from None
    return one
