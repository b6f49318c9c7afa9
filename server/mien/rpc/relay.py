"""One public address for what all workers publish.

    Publisher, one in each worker  --connects-->  XSUB | Relay | XPUB  <--connects--  any number who subscribe

Messages go out, subscriptions go in. libzmq's own proxy carries both: it took 1.5 us of CPU a message where a
loop in Python took 12.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import tempfile
import threading
from pathlib import Path

import zmq

from mien.errors import ServerError
from mien.rpc.config import ZMQ_PORT
from mien.rpc.ports import WHY
from mien.rpc.publish import HIGH_WATER, LINGER_MS

HIGHEST_PORT = 65535

LONGEST_TOPIC = 1024
"""Bytes that a subscription may have; who sends a longer one is cut off, or it could fill our memory."""

LONGEST_PATH = 100
"""Bytes that the path of a socket may have; systems allow 103 to 107."""

WAYS_OUT = {**WHY, errno.ENODEV: WHY[errno.EADDRNOTAVAIL]}
"""What is wrong with an address that cannot be bound, by libzmq's number."""


class Relay:
    """Passes on what `Publisher`s send to `inner` to whoever subscribes at `host` and `port`, until closed.

    It runs in a thread of its own. A slow subscriber loses messages and holds up nobody. There is no
    password: whoever reaches the port can watch.

    Args:
        host: An address of this machine or a name of it.
        port: 0 takes any free one.
        high_water: Messages that may wait for one subscriber; those after them it never gets.
    Raises:
        ServerError: The address is taken, not this machine's, or not ours to open.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = ZMQ_PORT, high_water: int = HIGH_WATER) -> None:
        self._context = zmq.Context()
        self._folder = tempfile.TemporaryDirectory(prefix="mien-")  # only we may enter it
        inside, outside = self._context.socket(zmq.XSUB), self._context.socket(zmq.XPUB)
        try:
            _limit(inside, outside, high_water)
            self.port: int = _bind(outside, host, port)
            """Where subscribers connect."""
            self.inner: str = _bind_inner(inside, Path(self._folder.name))
            """Endpoint for publishers of this machine."""
        except BaseException:
            self._context.destroy(linger=0)
            self._folder.cleanup()
            raise
        self._thread = threading.Thread(target=_carry, args=(inside, outside), name="relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End, after the 0.2 s in which subscribers may still take what waits for them. Twice is once."""
        self._context.term()  # stops the proxy, and waits until its thread has closed the sockets
        self._thread.join()
        self._folder.cleanup()


def _limit(inside: zmq.Socket[bytes], outside: zmq.Socket[bytes], high_water: int) -> None:
    for end in (inside, outside):
        end.set(zmq.SNDHWM, high_water)
        end.set(zmq.RCVHWM, high_water)
        end.set(zmq.LINGER, LINGER_MS)
    # Every subscription and every cancellation passes: the former are answered with headers, and XSUB counts
    # the latter against them to tell the workers when nobody is left.
    outside.set(zmq.XPUB_VERBOSER, 1)
    outside.set(zmq.MAXMSGSIZE, LONGEST_TOPIC)
    outside.set(zmq.TCP_KEEPALIVE, 1)  # who went without a word is forgotten some day


def _bind(end: zmq.Socket[bytes], host: str, port: int) -> int:
    """Binds `end`, and says at which port."""
    shown = f"tcp://{host}:{port}"
    if not 0 <= port <= HIGHEST_PORT:  # libzmq would take the remainder
        raise ServerError(f"{shown} has a port outside 0..{HIGHEST_PORT}; 0 takes any free one.")
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        end.set(zmq.IPV6, family == socket.AF_INET6)
        end.bind(f"tcp://[{place[0]}]:{port}" if family == socket.AF_INET6 else f"tcp://{place[0]}:{port}")
    except (zmq.ZMQError, OSError, UnicodeError) as problem:
        raise ServerError(f"{shown} {_reason(problem)}.") from problem
    return _port(end)


def _reason(problem: Exception) -> str:
    """What `WAYS_OUT` says of a `zmq.ZMQError`; the name may also mean nothing to this machine."""
    number = problem.errno if isinstance(problem, zmq.ZMQError) else errno.ENODEV
    return WAYS_OUT.get(number or 0, f"cannot be opened ({os.strerror(number or 0)}); choose another address")


def _bind_inner(end: zmq.Socket[bytes], folder: Path) -> str:
    """Binds `end` to a socket file in `folder`, where the system has such files, and says where."""
    path = folder / "frames"
    if sys.platform == "win32" or len(os.fsencode(path)) > LONGEST_PATH:
        end.bind("tcp://127.0.0.1:*")
        return f"tcp://127.0.0.1:{_port(end)}"
    end.bind(f"ipc://{path}")
    return f"ipc://{path}"


def _port(end: zmq.Socket[bytes]) -> int:
    return int(bytes(end.get(zmq.LAST_ENDPOINT)).rstrip(b"\0").rpartition(b":")[2])


def _carry(inside: zmq.Socket[bytes], outside: zmq.Socket[bytes]) -> None:
    """Messages out and subscriptions in, until the context ends."""
    with contextlib.suppress(zmq.ContextTerminated):
        zmq.proxy(inside, outside)
    inside.close()
    outside.close()
