"""Clients that say anything in any order and leave in any way; what they do follows from a number."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.message import Message

from mien.wire.v1 import common_pb2 as common
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse, EndOfAudio
from mien.wire.v1.bake_pb2 import BakeRequest, BakeResponse, BakeSettings
from tests.grpc_server import control, layer, settings, sound, sound_format, speech

T = TypeVar("T")

SOUND: Final = speech(1.0).tobytes()
"""What pieces are cut from: floats, and noise to who takes it for something else."""

PATIENCE: Final = 30.0
"""Seconds after which a conversation has hung."""

OVERTAKEN: Final = "Internal error from Core"
"""What gRPC's own client makes of an answer that comes while it still writes, instead of reading it."""

CUT_SHORT: Final = "refused while writing"

FINE: Final = {"OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "CANCELLED", CUT_SHORT}
"""How a conversation may end. All else is a mistake of the server's."""


@dataclass(frozen=True)
class Script:
    """What one client does."""

    method: str
    requests: list[bytes]
    leaves: str
    """close: says that it has no more to say; cancel: goes before the answer is whole; stay: falls silent."""

    after: int
    """Responses that it takes before it cancels."""


def script(number: int) -> Script:
    """The client of this number."""
    random = Random(number)
    method = "Bake" if random.random() < 0.1 else "Animate"
    make = _bake_request if method == "Bake" else _request
    first = [make(random, "settings")] if random.random() < 0.97 else []
    rest = [make(random, random.choice(USUAL)) for _ in range(random.choice((0, 1, 2, 3, 5, 12)))]
    leaves = random.choices(("close", "cancel", "stay"), (80, 17, 3))[0]
    return Script(method, [_bytes(each) for each in (*first, *rest)], leaves, random.randrange(4))


USUAL: Final = ("audio",) * 60 + ("control",) * 20 + ("end",) * 5 + ("settings", "nothing", "noise")
"""What comes after the settings."""


def _bytes(request: Message | bytes) -> bytes:
    return request if isinstance(request, bytes) else request.SerializeToString()


def _request(random: Random, kind: str) -> AnimateRequest | bytes:
    if kind == "settings":
        subject = _mostly(random, ("", "vera"), ("x" * 101, "\n"))
        return settings(**_asked(random, ("s16le", "s16le", "f32le", "u8", "mulaw")), subject=subject)
    if kind == "audio":
        return sound(_sound(random))
    if kind == "control":
        return _control(random)
    if kind == "end":
        return AnimateRequest(end=EndOfAudio())
    return random.randbytes(random.randrange(1, 40)) if kind == "noise" else AnimateRequest()


def _bake_request(random: Random, kind: str) -> BakeRequest | bytes:
    if kind == "settings":
        asked = _asked(random, ("s16le", "s16le", "u8", "file"))
        return BakeRequest(settings=BakeSettings(**asked, result=random.randrange(3)))
    if kind in {"audio", "control"}:
        return BakeRequest(audio=_sound(random))
    if kind == "end":
        return BakeRequest(end=EndOfAudio())
    return random.randbytes(random.randrange(1, 40)) if kind == "noise" else BakeRequest()


def _mostly(random: Random, good: Sequence[T], bad: Sequence[T], share: float = 0.03) -> T:
    """One of `good`, or in a `share` of all cases one of `bad`."""
    return random.choice(bad if random.random() < share else good)


def _asked(random: Random, encodings: Sequence[str]) -> dict[str, Any]:
    """Settings that mostly make sense."""
    hertz = _mostly(random, (8_000, 16_000, 44_100, 48_000), (0, 7, 47_999))
    channels = _mostly(random, (0, 1, 2, 3), (2_000,))
    asked: dict[str, Any] = {
        "audio": sound_format(_mostly(random, encodings, ("unspecified",)), hertz, channels),
        "tail": _mostly(random, (0.0, 0.1, 0.3), (99.0, -1.0)),
        "rig": _mostly(random, ("arkit", ""), ("arkti", "../x")),
        "layers": [layer(_mostly(random, (0.0, 0.5, 1.0, 2.0), (-1.0, 3.0)))],
        "controls": [_control(random).control for _ in range(random.choice((0, 0, 0, 1, 3)))],
    }
    if random.random() < 0.5:
        asked["rate"] = common.FrameRate(numerator=_mostly(random, (1, 24, 30, 60, 120), (0, 121)))
    return asked


def _control(random: Random) -> AnimateRequest:
    when: dict[str, float] = {}
    if random.random() < 0.7:
        when["at"] = _mostly(random, (0.0, 0.1, 1.0, 1e9), (-1.0,))
    if random.random() < 0.3:
        when["ease"] = _mostly(random, (0.0, 0.2, 60.0), (61.0,))
    return control(_mostly(random, (0.0, 0.5, 1.0, 2.0), (3.0,)), random.getrandbits(64), **when)


def _sound(random: Random) -> bytes:
    """Whole samples in most encodings and numbers of channels, mostly."""
    size = _mostly(random, (0, 12, 636, 648, 3_204, 6_396, 19_992), (1, 3, 641))
    start = random.randrange(0, len(SOUND) - size, 12)
    return SOUND[start : start + size]


# What they are told


RESPONSES: Final = {"Animate": AnimateResponse, "Bake": BakeResponse}


class Crowd:
    """Clients that come one after the other, some at once, each on one of a few connections."""

    def __init__(self, address: str, connections: int = 4) -> None:
        own = [("grpc.use_local_subchannel_pool", 1)]
        self._channels = [grpc.aio.insecure_channel(address, own) for _ in range(connections)]
        self.ends: Counter[str] = Counter()
        """How conversations ended."""
        self.wrong: list[str] = []
        """Those that ended as none may."""

    async def come(self, numbers: range, at_once: int = 32) -> None:
        """Clients with these numbers, `at_once` at a time."""
        left = iter(numbers)

        async def some() -> None:
            for number in left:
                await self._one(number)

        await asyncio.gather(*(some() for _ in range(at_once)))

    async def _one(self, number: int) -> None:
        end = await self.play(script(number), self._channels[number % len(self._channels)])
        self.ends[end] += 1
        if end not in FINE:
            self.wrong.append(f"client {number}: {end}")

    async def play(self, said: Script, channel: grpc.aio.Channel) -> str:
        """How the conversation of one client ends."""
        path, kind = f"/mien.wire.v1.Mien/{said.method}", RESPONSES[said.method]
        call = channel.stream_stream(path, None, kind.FromString)(timeout=PATIENCE)
        try:
            return await self._play(said, call)
        except grpc.aio.AioRpcError as problem:
            return CUT_SHORT if problem.details() == OVERTAKEN else problem.code().name
        except asyncio.CancelledError:
            return "CANCELLED"
        finally:
            call.cancel()

    async def _play(self, said: Script, call: Any) -> str:
        telling = asyncio.create_task(_tell(call, said))
        try:
            frames, end, came = 0, None, 0
            async for response in call:
                came += 1
                frames += len(response.frames.values)
                end = response.end if response.HasField("end") else end
                if said.leaves == "cancel" and came > said.after:
                    return "CANCELLED"
            return _judged(said, frames, end)
        finally:
            telling.cancel()

    async def leave(self) -> None:
        for channel in self._channels:
            await channel.close()


async def _tell(call: Any, said: Script) -> None:
    try:
        for request in said.requests:
            await call.write(request)
        if said.leaves != "stay":
            await call.done_writing()
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        return  # the server has said its last word already


def _judged(said: Script, frames: int, end: Any) -> str:
    """OK, unless the counts are wrong."""
    if end is None:
        return "no end"
    takes = said.method == "Bake" and not frames
    return "OK" if takes or end.frames * 52 == frames else f"{frames} values, {end.frames} frames"


def play(address: str, run: Callable[[Crowd], Awaitable[None]]) -> Crowd:
    """A crowd after it did what `run` says."""

    async def all_of_it() -> Crowd:
        crowd = Crowd(address)
        await run(crowd)
        await crowd.leave()
        return crowd

    return asyncio.run(all_of_it())
