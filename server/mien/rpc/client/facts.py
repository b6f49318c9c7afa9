"""What a server tells, as values of ours: lists, a stream's header, what became of controls, counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from mien.rig import Bone, Curve
from mien.wire.v1 import animate_pb2 as animate
from mien.wire.v1 import common_pb2 as common
from mien.wire.v1 import lists_pb2 as lists


@dataclass(frozen=True, slots=True)
class RigSummary:
    """A rig that a server has, in short."""

    name: str
    title: str
    curves: int
    """How many it has."""


@dataclass(frozen=True, slots=True)
class RigFacts:
    """A rig that a server has, curve by curve."""

    name: str
    title: str
    curves: tuple[Curve, ...]
    """In the order of the rig's host."""

    groups: Mapping[str, tuple[str, ...]]
    """Curve names by part of the face."""

    driven: frozenset[str]
    """Names of curves that motion drives; the others stay at rest."""

    @property
    def names(self) -> tuple[str, ...]:
        """One name per curve, in order."""
        return tuple(curve.name for curve in self.curves)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A motion model that a server has."""

    name: str
    version: str
    parameters: int
    look_ahead: float
    """Seconds of 16 kHz sound that a row of motion needs beyond its own time; a stream's header says all."""

    licence: str
    scores: Mapping[str, float]
    """Of the lip-sync bench, on speakers that training never heard."""

    default: bool
    """Whether it is used where no model is named."""


@dataclass(frozen=True, slots=True)
class CharacterFacts:
    """A character that a server has."""

    name: str
    rig: str
    """The name of its rig."""


@dataclass(frozen=True, slots=True)
class EmotionFacts:
    """An emotion that a server can show."""

    name: str
    synonyms: tuple[str, ...]
    valence: float
    """-1..1, as the two below."""

    arousal: float
    dominance: float


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """What a server says of a stream before its first frame."""

    version: str
    """Of the server's Mien."""

    stream: str
    """Names this stream in the server's logs."""

    model: str
    """Name and version, `mien-live 1`."""

    rig: str
    curves: tuple[Curve, ...]
    """The columns of every frame."""

    rate: Fraction
    """Frames a second."""

    look_ahead: float
    """Seconds of sound that a frame needs beyond its own time."""

    layers: tuple[str, ...]
    """Names of the layers there are."""

    seed: int
    tail: float
    """Seconds after the sound in which the face comes to rest."""

    subject: str
    """Under this name the frames are published."""

    resume_token: bytes
    resume_history: float
    """Seconds of sound before a frame that it depends on."""

    character: str = ""
    """Who speaks; empty where nobody was named."""

    @property
    def names(self) -> tuple[str, ...]:
        """One name per curve, in order."""
        return tuple(curve.name for curve in self.curves)


@dataclass(frozen=True, slots=True)
class ControlApplied:
    """What became of a control."""

    number: int
    """As `control` gave it."""

    at: float
    """Seconds of sound at which it takes effect."""

    late: bool
    """Its time was past, so it took effect at once."""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """A stream that came to its end, counted, however many connections it took."""

    samples: int
    """Per channel."""

    duration: float
    """Seconds of sound."""

    frames: int
    controls: int
    """Sent within the stream."""

    audio_sha256: str
    """Of the sound as the model heard it, in hex; empty where the connection broke on the way."""


def rigs_in(said: lists.ListRigsResponse) -> tuple[RigSummary, ...]:
    """Every rig."""
    return tuple(RigSummary(rig.name, rig.title, rig.curves) for rig in said.rigs)


def rig_in(said: lists.Rig) -> RigFacts:
    """One rig."""
    groups = MappingProxyType({group.name: tuple(group.curves) for group in said.groups})
    return RigFacts(said.name, said.title, curves_in(said.curves), groups, frozenset(said.driven))


def models_in(said: lists.ListModelsResponse) -> tuple[ModelFacts, ...]:
    """Every model."""
    return tuple(
        ModelFacts(
            each.name, each.version, each.parameters, each.look_ahead, each.licence,
            MappingProxyType(dict(each.scores)), each.is_default,
        )
        for each in said.models
    )  # fmt: skip


def characters_in(said: lists.ListCharactersResponse) -> tuple[CharacterFacts, ...]:
    """Every character."""
    return tuple(CharacterFacts(each.name, each.rig) for each in said.characters)


def emotions_in(said: lists.ListEmotionsResponse) -> tuple[EmotionFacts, ...]:
    """Every emotion."""
    return tuple(
        EmotionFacts(each.name, tuple(each.synonyms), each.valence, each.arousal, each.dominance)
        for each in said.emotions
    )


def curves_in(said: Iterable[common.Curve]) -> tuple[Curve, ...]:
    """Columns, as a rig of ours has them; what is new to us is kept as it is spelt."""
    return tuple(
        Curve(each.name, each.unit, each.low, each.rest, each.high, _bone_in(each))  # type: ignore[arg-type]
        for each in said
    )


def _bone_in(said: common.Curve) -> Bone | None:
    bone = said.bone
    return Bone(bone.name, bone.moves, tuple(bone.axis)) if said.HasField("bone") else None  # type: ignore[arg-type]


def header_in(said: common.Header) -> StreamHeader:
    """What comes before the frames of a stream or a bake."""
    return StreamHeader(
        version=said.version,
        stream=said.stream,
        model=said.model,
        rig=said.rig,
        curves=curves_in(said.curves),
        rate=Fraction(said.rate.numerator, said.rate.denominator or 1),
        look_ahead=said.look_ahead,
        layers=tuple(said.capabilities.layers),
        seed=said.seed,
        tail=said.tail,
        subject=said.subject,
        resume_token=said.resume_token,
        resume_history=said.resume_history,
        character=said.character,
    )


def end_in(said: animate.EndOfFrames, controls: int) -> StreamEnd:
    """The counts; those of controls are ours, because a server counts from the last connection on."""
    return StreamEnd(said.samples, said.duration, said.frames, controls, said.audio_sha256)
