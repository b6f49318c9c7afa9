from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Encoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCODING_UNSPECIFIED: _ClassVar[Encoding]
    ENCODING_S16LE: _ClassVar[Encoding]
    ENCODING_S24LE: _ClassVar[Encoding]
    ENCODING_S32LE: _ClassVar[Encoding]
    ENCODING_F32LE: _ClassVar[Encoding]
    ENCODING_F64LE: _ClassVar[Encoding]
    ENCODING_U8: _ClassVar[Encoding]
    ENCODING_MULAW: _ClassVar[Encoding]
    ENCODING_FILE: _ClassVar[Encoding]

class Track(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRACK_UNSPECIFIED: _ClassVar[Track]
    TRACK_SELF: _ClassVar[Track]
    TRACK_PARTNER: _ClassVar[Track]
ENCODING_UNSPECIFIED: Encoding
ENCODING_S16LE: Encoding
ENCODING_S24LE: Encoding
ENCODING_S32LE: Encoding
ENCODING_F32LE: Encoding
ENCODING_F64LE: Encoding
ENCODING_U8: Encoding
ENCODING_MULAW: Encoding
ENCODING_FILE: Encoding
TRACK_UNSPECIFIED: Track
TRACK_SELF: Track
TRACK_PARTNER: Track

class AudioFormat(_message.Message):
    __slots__ = ("encoding", "sample_rate", "channels")
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    encoding: Encoding
    sample_rate: int
    channels: int
    def __init__(self, encoding: _Optional[_Union[Encoding, str]] = ..., sample_rate: _Optional[int] = ..., channels: _Optional[int] = ...) -> None: ...

class FrameRate(_message.Message):
    __slots__ = ("numerator", "denominator")
    NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    numerator: int
    denominator: int
    def __init__(self, numerator: _Optional[int] = ..., denominator: _Optional[int] = ...) -> None: ...

class Layer(_message.Message):
    __slots__ = ("name", "strength")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    name: str
    strength: float
    def __init__(self, name: _Optional[str] = ..., strength: _Optional[float] = ...) -> None: ...

class Control(_message.Message):
    __slots__ = ("at", "layers", "ease", "id")
    AT_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    EASE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    at: float
    layers: _containers.RepeatedCompositeFieldContainer[Layer]
    ease: float
    id: int
    def __init__(self, at: _Optional[float] = ..., layers: _Optional[_Iterable[_Union[Layer, _Mapping]]] = ..., ease: _Optional[float] = ..., id: _Optional[int] = ...) -> None: ...

class Curve(_message.Message):
    __slots__ = ("name", "unit", "low", "rest", "high", "bone")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    REST_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    BONE_FIELD_NUMBER: _ClassVar[int]
    name: str
    unit: str
    low: float
    rest: float
    high: float
    bone: Bone
    def __init__(self, name: _Optional[str] = ..., unit: _Optional[str] = ..., low: _Optional[float] = ..., rest: _Optional[float] = ..., high: _Optional[float] = ..., bone: _Optional[_Union[Bone, _Mapping]] = ...) -> None: ...

class Bone(_message.Message):
    __slots__ = ("name", "moves", "axis")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MOVES_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    name: str
    moves: str
    axis: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, name: _Optional[str] = ..., moves: _Optional[str] = ..., axis: _Optional[_Iterable[float]] = ...) -> None: ...

class Capabilities(_message.Message):
    __slots__ = ("layers", "tracks", "encodings", "emotions")
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    ENCODINGS_FIELD_NUMBER: _ClassVar[int]
    EMOTIONS_FIELD_NUMBER: _ClassVar[int]
    layers: _containers.RepeatedScalarFieldContainer[str]
    tracks: _containers.RepeatedScalarFieldContainer[Track]
    encodings: _containers.RepeatedScalarFieldContainer[Encoding]
    emotions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, layers: _Optional[_Iterable[str]] = ..., tracks: _Optional[_Iterable[_Union[Track, str]]] = ..., encodings: _Optional[_Iterable[_Union[Encoding, str]]] = ..., emotions: _Optional[_Iterable[str]] = ...) -> None: ...

class Header(_message.Message):
    __slots__ = ("version", "stream", "model", "rig", "curves", "rate", "look_ahead", "capabilities", "seed", "tail", "subject", "resume_token", "resume_history", "character")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    CURVES_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    LOOK_AHEAD_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TAIL_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RESUME_HISTORY_FIELD_NUMBER: _ClassVar[int]
    CHARACTER_FIELD_NUMBER: _ClassVar[int]
    version: str
    stream: str
    model: str
    rig: str
    curves: _containers.RepeatedCompositeFieldContainer[Curve]
    rate: FrameRate
    look_ahead: float
    capabilities: Capabilities
    seed: int
    tail: float
    subject: str
    resume_token: bytes
    resume_history: float
    character: str
    def __init__(self, version: _Optional[str] = ..., stream: _Optional[str] = ..., model: _Optional[str] = ..., rig: _Optional[str] = ..., curves: _Optional[_Iterable[_Union[Curve, _Mapping]]] = ..., rate: _Optional[_Union[FrameRate, _Mapping]] = ..., look_ahead: _Optional[float] = ..., capabilities: _Optional[_Union[Capabilities, _Mapping]] = ..., seed: _Optional[int] = ..., tail: _Optional[float] = ..., subject: _Optional[str] = ..., resume_token: _Optional[bytes] = ..., resume_history: _Optional[float] = ..., character: _Optional[str] = ...) -> None: ...

class Frames(_message.Message):
    __slots__ = ("first", "time", "values")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    first: int
    time: float
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, first: _Optional[int] = ..., time: _Optional[float] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("code", "field", "message", "kind")
    CODE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    code: str
    field: str
    message: str
    kind: str
    def __init__(self, code: _Optional[str] = ..., field: _Optional[str] = ..., message: _Optional[str] = ..., kind: _Optional[str] = ...) -> None: ...
