"""What a worker publishes: the wire's messages on ZeroMQ, each under its subject.

A message has three parts: the subject as UTF-8, a serialised `AnimateResponse`, and the id of its stream, as
in the header. ZeroMQ's topics are prefixes: whoever asks for `vera` gets `vera2` too and has to look, as
`watching.py` does. Whoever subscribes is sent the headers again, so one may come late; frames that outrun a
header are no use and are to be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import zmq

if TYPE_CHECKING:
    from mien.wire.v1.animate_pb2 import AnimateResponse

HIGH_WATER = 1000
"""Messages that may wait in each place on their way: 16 s of a stream at 60 fps. Fewer, and a burst loses
frames; more, and whoever reads too slowly falls further behind before it loses any."""

LINGER_MS = 200
"""How long what was sent last may take to leave when a socket closes; a living reader takes less."""

AT_ONCE = 100
"""Subscriptions heard in one `poll`, so that no flood of them holds up the owner."""

SUBSCRIBE, CANCEL = b"\1", b"\0"
"""First byte of what subscribers send; the rest is the topic."""


class Publisher:
    """Sends the messages of one worker's streams to a `Relay`. Belongs to one thread and never blocks it.

    What nobody subscribed to is not even serialised; what the relay does not take is dropped. Here a subject
    is one stream at a time; other workers may still publish an older one, which the id tells apart.

    Args:
        endpoint: A relay's `inner`.
        high_water: Messages that may wait for the relay.
    """

    def __init__(self, endpoint: str, high_water: int = HIGH_WATER) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.set(zmq.XPUB_VERBOSE, 1)  # every subscription is heard, not only the first to a topic
        self._socket.set(zmq.SNDHWM, high_water)
        self._socket.set(zmq.LINGER, LINGER_MS)
        self._socket.connect(endpoint)
        self._headers: dict[bytes, tuple[bytes, bytes]] = {}
        """Of each live subject, serialised, and the id of its stream."""
        self._topics: tuple[bytes, ...] = ()
        """All that somebody subscribed to, as far as `poll` has heard."""

    def wanted(self, subject: str) -> bool:
        """Whether somebody subscribed to `subject`, as far as `poll` has heard.

        If not, its frames need not be sent; headers, ends and errors have to be.
        """
        return subject.encode().startswith(self._topics)

    def send(self, subject: str, message: AnimateResponse, stream: str) -> None:
        """Publish one message of `stream`; its header is kept for who comes late, until its end.

        A stream that breaks off without an end has to be given an error, or its header stays.
        """
        topic, name, kind = subject.encode(), stream.encode(), message.WhichOneof("message")
        if kind == "header":
            self._headers[topic] = message.SerializeToString(), name
        elif kind in ("end", "error") and self._headers.get(topic, (b"", b""))[1] == name:
            del self._headers[topic]
        if topic.startswith(self._topics):
            self._send(topic, message.SerializeToString(), name)

    def poll(self) -> None:
        """Hear who subscribed, and send them their headers. To be called about every 50 ms.

        Until it was called nobody is known to listen; without it, what subscribers send piles up.
        """
        topics, fresh = dict.fromkeys(self._topics), []
        for note in self._heard():
            topic = note[1:]
            if note[:1] == SUBSCRIBE:
                topics[topic] = None
                fresh.append(topic)
            elif note[:1] == CANCEL:  # sent once, when nobody is left
                topics.pop(topic, None)
        self._topics = tuple(topics)
        self._tell_again(tuple(fresh))

    def close(self) -> None:
        """Send what is still waiting, for 0.2 s at most, and end. Twice is once."""
        self._socket.close()
        self._context.term()

    def _heard(self) -> Iterator[bytes]:
        """What subscribers sent since last time."""
        for _ in range(AT_ONCE):
            if not self._socket.poll(0):
                return
            yield self._socket.recv(zmq.NOBLOCK)

    def _tell_again(self, topics: tuple[bytes, ...]) -> None:
        """The header of every live subject that falls under one of `topics`, once."""
        for topic, header in self._headers.items():
            if topic.startswith(topics):
                self._send(topic, *header)

    def _send(self, *parts: bytes) -> None:
        self._socket.send_multipart(parts, zmq.NOBLOCK)  # at the high-water mark XPUB drops, silently
