"""`mien stream`: a file through a server as if it were spoken, and how long the frames took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

import numpy as np

from mien.audio import AudioFile, open_audio
from mien.cli.options import layers_and_controls
from mien.cli.stream_times import Arrival, Message, report
from mien.errors import MienError, OptionError
from mien.files import TAKE_SUFFIX, format_of, write_curves
from mien.rpc.client import Client, ClientStream, Tls
from mien.rpc.config import read_token
from mien.values import Curves

BEAT: Final = 0.2
"""Seconds between looks for Ctrl-C while the last frames come."""


@dataclass(frozen=True)
class Order:
    """What was asked of `mien stream`."""

    server: str
    rig: str
    """Empty: the character's, else the server's usual one."""

    model: str
    fps: str
    tail: float
    layers: tuple[str, ...] = ()
    """As NAME=STRENGTH[@SECONDS]."""

    out: Path | None = None
    format: str | None = None
    chunk_ms: int = 100
    fast: bool = False
    token_file: Path | None = None
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    subject: str = ""
    character: str = ""
    """As the server has it."""


def stream_file(source: Path, order: Order) -> None:
    """Stream `source`, write its curves if that was asked for, and print how it went.

    Raises:
        MienError: A file, an option or the server does not work.
    """
    if order.out:
        _check_out(order.out, order.format)
    with open_audio(source) as sound, _client(order) as client, _stream(client, sound.rate, order) as stream:
        listener = Listener(stream)
        sent = list(_speak(sound, stream, order))
        curves = listener.result()
        for line in report(stream, sent, listener.arrivals, sound.rate, order.fast):
            print(line)
    if order.out:
        write_curves(curves, order.out, order.format)
        print(f"{order.out}: {len(curves.values)} frames of {len(curves.names)} curves")


def _check_out(out: Path, format_: str | None) -> None:
    if out.suffix.lower() == TAKE_SUFFIX:
        raise OptionError(
            f"'{out.name}': a stream gives curves; name a .csv, .json or .npz, or use mien bake."
        )
    format_of(out, format_)


def _client(order: Order) -> Client:
    given = order.tls_ca or order.tls_cert or order.tls_key
    tls = Tls(order.tls_ca, order.tls_cert, order.tls_key) if given else None
    token = read_token(order.token_file) if order.token_file else None
    return Client(order.server, token=token, tls=tls)


def _stream(client: Client, sample_rate: int, order: Order) -> ClientStream:
    layers, controls = layers_and_controls(order.layers)
    return client.stream(
        sample_rate, rig=order.rig, model=order.model, rate=order.fps, tail=order.tail, layers=layers,
        controls=controls, subject=order.subject, character=order.character,
    )  # fmt: skip


def _speak(sound: AudioFile, stream: ClientStream, order: Order) -> Iterator[Message]:
    """Send all of `sound`, each message when its last sample would have been spoken; gives what went when.

    The times count from the beginning, so that waiting too long for one message moves no other.
    """
    began, end = time.monotonic(), 0
    for block in sound.blocks(order.chunk_ms / 1000):
        end += len(block)
        if not order.fast:
            time.sleep(max(0.0, began + end / sound.rate - time.monotonic()))
        yield Message(end, time.monotonic())
        stream.send(block)
    stream.finish()


class Listener:
    """Takes frames in a thread of its own, as they come."""

    def __init__(self, stream: ClientStream) -> None:
        self.arrivals: list[Arrival] = []
        self._stream = stream
        self._parts: list[Curves] = []
        self._problem: MienError | None = None
        self._thread = Thread(target=self._listen, name="mien-listener", daemon=True)
        self._thread.start()

    def result(self) -> Curves:
        """All frames; waits for the last.

        Raises:
            MienError: What ended the stream early.
        """
        while self._thread.is_alive():
            self._thread.join(BEAT)
        if self._problem:
            raise self._problem
        values = np.concatenate([part.values for part in self._parts])
        return Curves(self._stream.names, values, self._stream.rate)

    def _listen(self) -> None:
        try:
            for curves in self._stream:
                self.arrivals.append(Arrival(len(curves.values), time.monotonic()))
                self._parts.append(curves)
        except MienError as problem:
            self._problem = problem
