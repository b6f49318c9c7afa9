from mien.wire.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AnimateRequest(_message.Message):
    __slots__ = ("settings", "audio", "control", "end")
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    settings: Settings
    audio: bytes
    control: _common_pb2.Control
    end: EndOfAudio
    def __init__(self, settings: _Optional[_Union[Settings, _Mapping]] = ..., audio: _Optional[bytes] = ..., control: _Optional[_Union[_common_pb2.Control, _Mapping]] = ..., end: _Optional[_Union[EndOfAudio, _Mapping]] = ...) -> None: ...

class EndOfAudio(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Settings(_message.Message):
    __slots__ = ("audio", "model", "rig", "rate", "tail", "layers", "seed", "track", "controls", "subject", "resume_token", "resume_sample", "resume_frame", "character")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    TAIL_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIELD_NUMBER: _ClassVar[int]
    CONTROLS_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RESUME_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    RESUME_FRAME_FIELD_NUMBER: _ClassVar[int]
    CHARACTER_FIELD_NUMBER: _ClassVar[int]
    audio: _common_pb2.AudioFormat
    model: str
    rig: str
    rate: _common_pb2.FrameRate
    tail: float
    layers: _containers.RepeatedCompositeFieldContainer[_common_pb2.Layer]
    seed: int
    track: _common_pb2.Track
    controls: _containers.RepeatedCompositeFieldContainer[_common_pb2.Control]
    subject: str
    resume_token: bytes
    resume_sample: int
    resume_frame: int
    character: str
    def __init__(self, audio: _Optional[_Union[_common_pb2.AudioFormat, _Mapping]] = ..., model: _Optional[str] = ..., rig: _Optional[str] = ..., rate: _Optional[_Union[_common_pb2.FrameRate, _Mapping]] = ..., tail: _Optional[float] = ..., layers: _Optional[_Iterable[_Union[_common_pb2.Layer, _Mapping]]] = ..., seed: _Optional[int] = ..., track: _Optional[_Union[_common_pb2.Track, str]] = ..., controls: _Optional[_Iterable[_Union[_common_pb2.Control, _Mapping]]] = ..., subject: _Optional[str] = ..., resume_token: _Optional[bytes] = ..., resume_sample: _Optional[int] = ..., resume_frame: _Optional[int] = ..., character: _Optional[str] = ...) -> None: ...

class AnimateResponse(_message.Message):
    __slots__ = ("header", "frames", "event", "end", "error")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.Header
    frames: _common_pb2.Frames
    event: Event
    end: EndOfFrames
    error: _common_pb2.Error
    def __init__(self, header: _Optional[_Union[_common_pb2.Header, _Mapping]] = ..., frames: _Optional[_Union[_common_pb2.Frames, _Mapping]] = ..., event: _Optional[_Union[Event, _Mapping]] = ..., end: _Optional[_Union[EndOfFrames, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("control",)
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    control: ControlApplied
    def __init__(self, control: _Optional[_Union[ControlApplied, _Mapping]] = ...) -> None: ...

class ControlApplied(_message.Message):
    __slots__ = ("id", "at", "late")
    ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    id: int
    at: float
    late: bool
    def __init__(self, id: _Optional[int] = ..., at: _Optional[float] = ..., late: _Optional[bool] = ...) -> None: ...

class EndOfFrames(_message.Message):
    __slots__ = ("samples", "duration", "frames", "controls", "audio_sha256")
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    CONTROLS_FIELD_NUMBER: _ClassVar[int]
    AUDIO_SHA256_FIELD_NUMBER: _ClassVar[int]
    samples: int
    duration: float
    frames: int
    controls: int
    audio_sha256: str
    def __init__(self, samples: _Optional[int] = ..., duration: _Optional[float] = ..., frames: _Optional[int] = ..., controls: _Optional[int] = ..., audio_sha256: _Optional[str] = ...) -> None: ...
