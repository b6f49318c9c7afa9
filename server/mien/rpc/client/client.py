"""`mien.Client`: a server of Mien, for programs with threads."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from weakref import WeakSet

import grpc

from mien.clock import SAMPLE_RATE
from mien.pipeline import DEFAULT_TAIL, Named, Rate, Sound, Take
from mien.rpc.client.asking import bake_settings, raw_sound, stream_settings
from mien.rpc.client.baked import CurvesReceiver, Progress, Receiver, TakeReceiver, Upload, audio_format
from mien.rpc.client.connect import TIMEOUT, Tls, way_to
from mien.rpc.client.conversation import Conversation
from mien.rpc.client.facts import (
    CharacterFacts,
    EmotionFacts,
    ModelFacts,
    RigFacts,
    RigSummary,
    characters_in,
    emotions_in,
    models_in,
    rig_in,
    rigs_in,
)
from mien.rpc.client.sound import SoundWriter
from mien.rpc.client.stream import ClientStream
from mien.values import Control, Curves
from mien.wire.v1 import lists_pb2 as lists
from mien.wire.v1.service_pb2_grpc import MienStub

T = TypeVar("T")


class Client:
    """A server of Mien; a context manager. Any thread may use it, several at once.

    It connects with the first call. A server refuses with the errors of `mien.bake` and `mien.open_stream`;
    one that cannot be reached or breaks off is a `ServerError`.

    Args:
        address: `host:port`; without a port 52100.
        token: Of a server that wants one.
        tls: Of an encrypted connection.
        timeout: Seconds to wait for what the server owes: a list, the beginning of a stream, its last frames.
    Raises:
        OptionError: No address, or no token.
        FileError: A file of `tls` that cannot be read.
    """

    def __init__(
        self,
        address: str = "localhost",
        *,
        token: str | None = None,
        tls: Tls | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._way, self._timeout = way_to(address, token, tls), timeout
        self._channel = self._way.open(grpc)
        self._stub: Any = MienStub(self._channel)  # type: ignore[no-untyped-call]
        self._streams: WeakSet[ClientStream] = WeakSet()
        self.address = self._way.address

    # What there is

    def rigs(self) -> tuple[RigSummary, ...]:
        """Every rig."""
        return rigs_in(self._ask(self._stub.ListRigs, lists.ListRigsRequest()))

    def rig(self, name: str) -> RigFacts:
        """One rig, curve by curve.

        Raises:
            RigError: There is none of that name.
        """
        return rig_in(self._ask(self._stub.GetRig, lists.GetRigRequest(name=name)))

    def models(self) -> tuple[ModelFacts, ...]:
        """Every model, the default one first."""
        return models_in(self._ask(self._stub.ListModels, lists.ListModelsRequest()))

    def characters(self) -> tuple[CharacterFacts, ...]:
        """Every character."""
        return characters_in(self._ask(self._stub.ListCharacters, lists.ListCharactersRequest()))

    def emotions(self) -> tuple[EmotionFacts, ...]:
        """Every emotion."""
        return emotions_in(self._ask(self._stub.ListEmotions, lists.ListEmotionsRequest()))

    # Whole lines

    def bake(
        self,
        source: Named | Sound,
        *,
        character: str = "",
        model: str = "",
        rate: Rate | None = None,
        tail: float = DEFAULT_TAIL,
        layers: Mapping[str, float] | None = None,
        controls: Sequence[Control] = (),
        seed: int | None = None,
        progress: Progress | None = None,
        timeout: float | None = None,
    ) -> Take:
        """A take of the speech in an audio file, made by the server: that of `mien.bake`, to the bit.

        Args:
            source: As in `mien.bake`; the file is here, not there.
            character: A name of `characters()`, as in `mien.bake`.
            model: A name of `models()`; else the character's, else the server's default.
            rate: Frames a second, 1..120; else 60.
            tail, layers, controls, seed, progress: As in `mien.bake`.
            timeout: Seconds that all of it may take; it may have to wait for other bakes.
        Raises:
            AudioError: The file is missing, empty, broken or no audio.
            MienError: The server refused, cannot be reached or broke off.
        """
        asked = {
            "character": character, "model": model, "rate": rate, "tail": tail, "layers": layers,
            "controls": controls, "seed": seed,
        }  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="mien-take-") as folder:
            return self._bake(source, TakeReceiver(folder, progress), timeout, asked)

    def bake_curves(
        self,
        source: Named | Sound,
        *,
        character: str = "",
        rig: str = "",
        model: str = "",
        rate: Rate | None = None,
        tail: float = DEFAULT_TAIL,
        layers: Mapping[str, float] | None = None,
        controls: Sequence[Control] = (),
        seed: int | None = None,
        progress: Progress | None = None,
        timeout: float | None = None,
    ) -> Curves:
        """Curves of a rig for the speech in an audio file: `bake`, without the take.

        Args:
            rig: A name of `rigs()`; else the character's, else "arkit".
            source, character, model, rate, tail, layers, controls, seed, progress, timeout: As in `bake`.
        """
        asked = {
            "character": character, "model": model, "rate": rate, "tail": tail, "layers": layers,
            "controls": controls, "seed": seed,
        }  # fmt: skip
        return self._bake(source, CurvesReceiver(progress), timeout, {"rig": rig, **asked})

    # Live

    def stream(
        self,
        sample_rate: int = SAMPLE_RATE,
        *,
        character: str = "",
        rig: str = "",
        model: str = "",
        rate: Rate | None = None,
        tail: float = DEFAULT_TAIL,
        layers: Mapping[str, float] | None = None,
        controls: Sequence[Control] = (),
        encoding: str = "f32le",
        channels: int = 1,
        seed: int | None = None,
        partner: bool = False,
        subject: str = "",
        resume: bool = True,
        timeout: float | None = None,
    ) -> ClientStream:
        """A stream: push sound as it comes, get frames as soon as they have arrived.

        Args:
            sample_rate: Of the sound that will be pushed, Hz.
            character: A name of `characters()`: its rig, model, style and seed.
            rig, model: Names of `rigs()` and `models()`; else the character's, else the server's defaults.
            rate, tail, layers, controls: As in `bake`.
            encoding: Of pushed bytes, and of the sound on its way: s16le, s24le, s32le, f32le, f64le, u8,
                mulaw. Arrays are converted to f32le or f64le, which keep every bit, or to s16le, which
                rounds, clips beyond full scale, and halves what is sent.
            channels: Interleaved in pushed bytes; mixed to one.
            seed: What random layers draw from; else the character's, else 0.
            partner: The sound is another's: the face hears it and keeps its lips shut.
            subject: The frames are published under this name; else the server makes one up.
            resume: Go on after a break of the connection, with the same frames to the bit.
            timeout: Seconds to wait for what the server owes; else the client's.
        Raises:
            OptionError, AudioError, RigError, ModelError, LimitError: Refused, here or there.
            ServerError: The server cannot be reached.
        """
        writer = SoundWriter(encoding, channels)
        settings = stream_settings(
            raw_sound(encoding, sample_rate, channels), partner, subject, character=character, rig=rig,
            model=model, rate=rate, tail=tail, layers=layers, controls=controls, seed=seed,
        )  # fmt: skip
        conversation = Conversation(settings, writer.width, resume)
        stream = ClientStream(self._way, self._stub.Animate, conversation, writer, timeout or self._timeout)
        self._streams.add(stream)
        return stream

    def close(self) -> None:
        """End the connection, and streams that are still open. Twice is once."""
        for stream in list(self._streams):
            stream.close()
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, method: Any, request: Any) -> Any:
        """The answer to one question."""
        try:
            return method(request, timeout=self._timeout, metadata=self._way.metadata)
        except grpc.RpcError as problem:
            raise self._way.broken(problem).error from None

    def _bake(
        self, source: Named | Sound, receiver: Receiver[T], timeout: float | None, asked: dict[str, Any]
    ) -> T:
        upload = Upload(bake_settings(audio_format(source), receiver.wanted, **asked), source)
        call = self._stub.Bake(iter(upload), timeout=timeout, metadata=self._way.metadata)
        try:
            for response in call:
                receiver.take(response)
        except grpc.RpcError as problem:
            raise upload.problem or self._way.broken(problem).error from None
        finally:
            call.cancel()
        if not receiver.ended:
            raise self._way.unfinished().error
        return receiver.result()
