"""Values of ours to messages of the wire."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import isfinite
from typing import Final, TypeVar

from mien.engine import Catalogue, ControlDone, Ended, FramesReady, StreamOrder
from mien.errors import MienError
from mien.layers import LAYERS
from mien.pipeline import Take
from mien.rig import Bone, Rig, fit
from mien.rpc.orders import RAW
from mien.rpc.refused import field
from mien.version import __version__
from mien.voice import Performance
from mien.wire.v1 import animate_pb2 as animate
from mien.wire.v1 import common_pb2 as common
from mien.wire.v1 import lists_pb2 as lists

T = TypeVar("T")

FRAMES_A_MESSAGE: Final = 600
"""Frames of a bake in one message: 125 kB of 52 curves, far below what any transport takes at once."""

log = logging.getLogger("mien.rpc")


def header(order: StreamOrder, performance: Performance, stream: str, subject: str) -> common.Header:
    """What comes before the frames of a stream."""
    return common.Header(
        version=__version__,
        stream=stream,
        model=order.model.name,
        rig=order.rig.name,
        curves=curves_of(order.rig),
        rate=common.FrameRate(numerator=order.rate.numerator, denominator=order.rate.denominator),
        look_ahead=performance.look_ahead,
        capabilities=CAPABILITIES,
        seed=order.seed,
        tail=order.tail,
        subject=subject,
        resume_token=order.token,
        resume_history=performance.voice.warm_up,
        character=order.character.name if order.character else "",
    )


CAPABILITIES: Final = common.Capabilities(
    layers=list(LAYERS),
    tracks=[common.TRACK_SELF, common.TRACK_PARTNER],
    encodings=[common.Encoding.Name(number) for number in RAW],
    emotions=[],
)


def bake_header(order: StreamOrder) -> common.Header:
    """What comes before the frames of a bake."""
    return common.Header(
        version=__version__,
        model=order.model.name,
        rig=order.rig.name,
        curves=curves_of(order.rig),
        rate=common.FrameRate(numerator=order.rate.numerator, denominator=order.rate.denominator),
        capabilities=CAPABILITIES,
        seed=order.seed,
        tail=order.tail,
        character=order.character.name if order.character else "",
    )


def curves_of(rig: Rig) -> list[common.Curve]:
    """The columns of the rig's frames."""
    return [
        common.Curve(name=c.name, unit=c.unit, low=c.low, rest=c.rest, high=c.high, bone=_bone_of(c.bone))
        for c in rig.curves
    ]


def _bone_of(bone: Bone | None) -> common.Bone | None:
    return common.Bone(name=bone.name, moves=bone.moves, axis=bone.axis) if bone else None


def frames_of(ready: FramesReady) -> common.Frames:
    """Live frames as a message."""
    return common.Frames(first=ready.first, time=ready.time, values=ready.values.ravel().tolist())


def frames_in(take: Take, rig: Rig, rate: Fraction) -> Iterator[common.Frames]:
    """All frames of a bake, in messages of a size that any transport takes. Each is made when it is asked
    for: the curves of an hour take more room than its motion."""
    motion, frames = take.motion, take.frames_at(rate)
    for first in range(0, frames, FRAMES_A_MESSAGE):
        part = fit(motion, rig, rate, min(FRAMES_A_MESSAGE, frames - first), first)
        yield common.Frames(first=first, time=float(first / rate), values=part.values.ravel().tolist())


def response_of(output: FramesReady | ControlDone | Ended) -> animate.AnimateResponse:
    """An output of the engine as a message."""
    if isinstance(output, FramesReady):
        return animate.AnimateResponse(frames=frames_of(output))
    if isinstance(output, ControlDone):
        applied = animate.ControlApplied(id=output.id, at=output.applied.at, late=output.applied.late)
        return animate.AnimateResponse(event=animate.Event(control=applied))
    return animate.AnimateResponse(
        end=animate.EndOfFrames(
            samples=output.samples,
            duration=float(output.duration),
            frames=output.frames,
            controls=output.controls,
            audio_sha256=output.sha256,
        )
    )


# Lists


def rigs_of(catalogue: Catalogue) -> lists.ListRigsResponse:
    """Every rig that loads."""
    return lists.ListRigsResponse(
        rigs=[
            lists.RigSummary(name=rig.name, title=rig.title, curves=len(rig.curves))
            for rig in _whole(catalogue.rig_names(), catalogue.rig)
        ]
    )


def rig_of(rig: Rig) -> lists.Rig:
    """A rig, curve by curve."""
    return lists.Rig(
        name=rig.name,
        title=rig.title,
        curves=curves_of(rig),
        groups=[lists.CurveGroup(name=name, curves=curves) for name, curves in rig.groups.items()],
        driven=list(rig.drives),
    )


def rig_named(name: str, catalogue: Catalogue) -> lists.Rig:
    """One rig.

    Raises:
        RefusedError: There is none of that name.
    """
    with field("name", "NOT_FOUND"):
        return rig_of(catalogue.rig(name))


def characters_of(catalogue: Catalogue) -> lists.ListCharactersResponse:
    """Every character that loads."""
    return lists.ListCharactersResponse(
        characters=[
            lists.Character(name=who.name, rig=who.rig.name)
            for who in _whole(catalogue.character_names(), catalogue.character)
        ]
    )


def emotions_of() -> lists.ListEmotionsResponse:
    """None: no layer shows emotions yet."""
    return lists.ListEmotionsResponse(emotions=[lists.Emotion(name=name) for name in CAPABILITIES.emotions])


def models_of(catalogue: Catalogue) -> lists.ListModelsResponse:
    """The card of every model that has one, in short, under the name that streams ask for it by."""
    cards = _whole(catalogue.model_names(), lambda name: (name, catalogue.card(name)))
    return lists.ListModelsResponse(
        models=[
            lists.Model(
                name=name,
                version=card.version,
                parameters=card.parameters,
                look_ahead=card.look_ahead,
                licence=card.licence,
                scores={key: score for key, score in card.scores.get("all", {}).items() if isfinite(score)},
                is_default=name == catalogue.default,
            )
            for name, card in cards
        ]
    )


def _whole(names: Iterable[str], load: Callable[[str], T]) -> Iterator[T]:
    """What loads; a broken folder of a user's takes no list away."""
    for name in names:
        try:
            yield load(name)
        except MienError as problem:
            log.warning("left out of a list: %s", problem)
