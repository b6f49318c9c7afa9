"""`mien.AsyncClient`: a server of Mien, for programs with an event loop."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from weakref import WeakSet

import grpc
import grpc.aio

from mien.clock import SAMPLE_RATE
from mien.pipeline import DEFAULT_TAIL, Named, Rate, Sound, Take
from mien.rpc.client.asking import bake_settings, raw_sound, stream_settings
from mien.rpc.client.astream import AsyncClientStream
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
from mien.values import Control, Curves
from mien.wire.v1 import lists_pb2 as lists
from mien.wire.v1.service_pb2_grpc import MienStub

T = TypeVar("T")


class AsyncClient:
    """`Client` for one event loop: opens in `async with`, and calls are awaited. Arguments are the same."""

    def __init__(
        self,
        address: str = "localhost",
        *,
        token: str | None = None,
        tls: Tls | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._way, self._timeout = way_to(address, token, tls), timeout
        self._channel: Any = None
        self._streams: WeakSet[AsyncClientStream] = WeakSet()
        self.address = self._way.address

    async def rigs(self) -> tuple[RigSummary, ...]:
        """Every rig."""
        return rigs_in(await self._ask(self._stub.ListRigs, lists.ListRigsRequest()))

    async def rig(self, name: str) -> RigFacts:
        """One rig, curve by curve.

        Raises:
            RigError: There is none of that name.
        """
        return rig_in(await self._ask(self._stub.GetRig, lists.GetRigRequest(name=name)))

    async def models(self) -> tuple[ModelFacts, ...]:
        """Every model, the default one first."""
        return models_in(await self._ask(self._stub.ListModels, lists.ListModelsRequest()))

    async def characters(self) -> tuple[CharacterFacts, ...]:
        """Every character."""
        return characters_in(await self._ask(self._stub.ListCharacters, lists.ListCharactersRequest()))

    async def emotions(self) -> tuple[EmotionFacts, ...]:
        """Every emotion."""
        return emotions_in(await self._ask(self._stub.ListEmotions, lists.ListEmotionsRequest()))

    async def bake(
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
        """As `Client.bake`."""
        asked = {
            "character": character, "model": model, "rate": rate, "tail": tail, "layers": layers,
            "controls": controls, "seed": seed,
        }  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="mien-take-") as folder:
            return await self._bake(source, TakeReceiver(folder, progress), timeout, asked)

    async def bake_curves(
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
        """As `Client.bake_curves`."""
        asked = {
            "character": character, "model": model, "rate": rate, "tail": tail, "layers": layers,
            "controls": controls, "seed": seed,
        }  # fmt: skip
        return await self._bake(source, CurvesReceiver(progress), timeout, {"rig": rig, **asked})

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
    ) -> AsyncClientStream:
        """As `Client.stream`; it opens in `async with`."""
        writer = SoundWriter(encoding, channels)
        settings = stream_settings(
            raw_sound(encoding, sample_rate, channels), partner, subject, character=character, rig=rig,
            model=model, rate=rate, tail=tail, layers=layers, controls=controls, seed=seed,
        )  # fmt: skip
        conversation = Conversation(settings, writer.width, resume)
        patience = timeout or self._timeout
        stream = AsyncClientStream(self._way, self._stub.Animate, conversation, writer, patience)
        self._streams.add(stream)
        return stream

    async def close(self) -> None:
        """End the connection, and streams that are still open. Twice is once."""
        for stream in list(self._streams):
            await stream.close()
        if self._channel:
            await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def _stub(self) -> Any:
        """Made with the first call, because it belongs to the loop that runs then."""
        self._channel = self._channel or self._way.open(grpc.aio)
        return MienStub(self._channel)  # type: ignore[no-untyped-call]

    async def _ask(self, method: Any, request: Any) -> Any:
        """The answer to one question."""
        try:
            return await method(request, timeout=self._timeout, metadata=self._way.metadata)
        except grpc.RpcError as problem:
            raise self._way.broken(problem).error from None

    async def _bake(
        self, source: Named | Sound, receiver: Receiver[T], timeout: float | None, asked: dict[str, Any]
    ) -> T:
        audio = await asyncio.to_thread(audio_format, source)
        upload = Upload(bake_settings(audio, receiver.wanted, **asked), source)
        call = self._stub.Bake(iter(upload), timeout=timeout, metadata=self._way.metadata)
        try:
            async for response in call:
                receiver.take(response)
        except grpc.RpcError as problem:
            raise self._way.broken(problem).error from None
        except asyncio.CancelledError:
            if upload.problem:
                raise upload.problem from None
            raise
        finally:
            call.cancel()
        if not receiver.ended:
            raise self._way.unfinished().error
        return await asyncio.to_thread(receiver.result)
