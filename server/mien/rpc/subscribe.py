"""Hearing what a server publishes: a ZeroMQ subscription that goes on trying, and knows how it stands."""

from __future__ import annotations

from collections.abc import Collection
from types import TracebackType
from urllib.parse import urlsplit

import zmq
from google.protobuf.message import DecodeError
from zmq.utils.monitor import recv_monitor_message

from mien.errors import OptionError, ServerError
from mien.rpc.config import ZMQ_PORT
from mien.wire.v1.animate_pb2 import AnimateResponse

Message = tuple[str, AnimateResponse, str]
"""A subject, what was published under it, and the id of the stream it belongs to."""

HIGH_WATER = 100_000
"""Messages that wait while a recording is written: over a minute of 25 streams at 60 fps, some 50 MB."""

AT_ONCE = 1000
"""Messages of one `receive`, so that a flood does not keep its caller from everything else."""

UNANSWERED = "no server answers there yet"
TROUBLES = {
    int(zmq.EVENT_CONNECTED): "what answers there does not speak ZeroMQ",  # true unless the next one follows
    int(zmq.EVENT_HANDSHAKE_SUCCEEDED): "",
    int(zmq.EVENT_DISCONNECTED): "the server went away; trying again",
}
"""How it stands after each event of a connection."""


class Subscriber:
    """Hears the subjects that begin like one of `subjects`, or all if none is named, once a server is there.

    Args:
        address: `tcp://host:port`; what is left out is tcp and 52190.
    Raises:
        OptionError: `address` is none.
    """

    def __init__(self, address: str, subjects: Collection[str] = ()) -> None:
        self.address = endpoint(address)
        self.trouble = UNANSWERED
        """What stands between us and the server, in words; empty while connected."""
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.set(zmq.RCVHWM, HIGH_WATER)
        self._socket.set(zmq.LINGER, 0)
        self._socket.set(zmq.IPV6, "[" in self.address)  # else `localhost` would mean ::1 alone
        for subject in subjects or [""]:
            self._socket.subscribe(subject)
        self._monitor = self._socket.get_monitor_socket(sum(TROUBLES))
        self._connect(address)

    def receive(self, seconds: float) -> list[Message]:
        """What has come, waiting up to `seconds` for the first of it.

        Raises:
            ServerError: What came is none of Mien's messages.
        """
        messages: list[Message] = []
        if self._socket.poll(round(seconds * 1000)):
            while len(messages) < AT_ONCE and (parts := self._parts()):
                messages.append(self._read(parts))
        self._look_around()
        return messages

    def close(self) -> None:
        """Stop hearing. Twice is once."""
        self._context.destroy(linger=0)

    def __enter__(self) -> Subscriber:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self, given: str) -> None:
        try:
            self._socket.connect(self.address)
        except zmq.ZMQError as problem:
            self.close()
            raise _no_address(given) from problem

    def _parts(self) -> list[bytes]:
        try:
            return self._socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return []

    def _read(self, parts: list[bytes]) -> Message:
        try:
            topic, body, stream = parts
            return topic.decode(), AnimateResponse.FromString(body), stream.decode()
        except (ValueError, DecodeError) as problem:
            raise ServerError(
                f"{self.address}: what is published there is not Mien's; `mien serve` publishes at "
                f"{ZMQ_PORT}."
            ) from problem

    def _look_around(self) -> None:
        while self._monitor.poll(0):
            event = int(recv_monitor_message(self._monitor)["event"])
            if event != zmq.EVENT_DISCONNECTED or not self.trouble:  # of who never spoke ZeroMQ it is no news
                self.trouble = TROUBLES[event]


def endpoint(address: str) -> str:
    """`address` in full: `tcp://host:port`.

    Raises:
        OptionError: No host, a port that is no number, or not TCP.
    """
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        host, port = parts.hostname, parts.port or ZMQ_PORT
    except ValueError:
        raise _no_address(address) from None
    if parts.scheme != "tcp" or not host or parts.path.strip("/"):
        raise _no_address(address)
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def _no_address(given: str) -> OptionError:
    return OptionError(
        f"'{given}' is no address to watch; write tcp://HOST:PORT, such as tcp://127.0.0.1:{ZMQ_PORT}."
    )
