from mien.wire.v1 import animate_pb2 as _animate_pb2
from mien.wire.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BakeResult(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BAKE_RESULT_UNSPECIFIED: _ClassVar[BakeResult]
    BAKE_RESULT_CURVES: _ClassVar[BakeResult]
    BAKE_RESULT_TAKE: _ClassVar[BakeResult]
BAKE_RESULT_UNSPECIFIED: BakeResult
BAKE_RESULT_CURVES: BakeResult
BAKE_RESULT_TAKE: BakeResult

class BakeRequest(_message.Message):
    __slots__ = ("settings", "audio", "end")
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    settings: BakeSettings
    audio: bytes
    end: _animate_pb2.EndOfAudio
    def __init__(self, settings: _Optional[_Union[BakeSettings, _Mapping]] = ..., audio: _Optional[bytes] = ..., end: _Optional[_Union[_animate_pb2.EndOfAudio, _Mapping]] = ...) -> None: ...

class BakeSettings(_message.Message):
    __slots__ = ("audio", "model", "rig", "rate", "tail", "layers", "seed", "controls", "result", "character")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    TAIL_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    CONTROLS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    CHARACTER_FIELD_NUMBER: _ClassVar[int]
    audio: _common_pb2.AudioFormat
    model: str
    rig: str
    rate: _common_pb2.FrameRate
    tail: float
    layers: _containers.RepeatedCompositeFieldContainer[_common_pb2.Layer]
    seed: int
    controls: _containers.RepeatedCompositeFieldContainer[_common_pb2.Control]
    result: BakeResult
    character: str
    def __init__(self, audio: _Optional[_Union[_common_pb2.AudioFormat, _Mapping]] = ..., model: _Optional[str] = ..., rig: _Optional[str] = ..., rate: _Optional[_Union[_common_pb2.FrameRate, _Mapping]] = ..., tail: _Optional[float] = ..., layers: _Optional[_Iterable[_Union[_common_pb2.Layer, _Mapping]]] = ..., seed: _Optional[int] = ..., controls: _Optional[_Iterable[_Union[_common_pb2.Control, _Mapping]]] = ..., result: _Optional[_Union[BakeResult, str]] = ..., character: _Optional[str] = ...) -> None: ...

class BakeResponse(_message.Message):
    __slots__ = ("progress", "header", "frames", "take", "end", "error")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    TAKE_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    progress: Progress
    header: _common_pb2.Header
    frames: _common_pb2.Frames
    take: bytes
    end: _animate_pb2.EndOfFrames
    error: _common_pb2.Error
    def __init__(self, progress: _Optional[_Union[Progress, _Mapping]] = ..., header: _Optional[_Union[_common_pb2.Header, _Mapping]] = ..., frames: _Optional[_Union[_common_pb2.Frames, _Mapping]] = ..., take: _Optional[bytes] = ..., end: _Optional[_Union[_animate_pb2.EndOfFrames, _Mapping]] = ..., error: _Optional[_Union[_common_pb2.Error, _Mapping]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("share", "seconds")
    SHARE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    share: float
    seconds: float
    def __init__(self, share: _Optional[float] = ..., seconds: _Optional[float] = ...) -> None: ...
