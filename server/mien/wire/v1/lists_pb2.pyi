from mien.wire.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListRigsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRigsResponse(_message.Message):
    __slots__ = ("rigs",)
    RIGS_FIELD_NUMBER: _ClassVar[int]
    rigs: _containers.RepeatedCompositeFieldContainer[RigSummary]
    def __init__(self, rigs: _Optional[_Iterable[_Union[RigSummary, _Mapping]]] = ...) -> None: ...

class RigSummary(_message.Message):
    __slots__ = ("name", "title", "curves")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CURVES_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    curves: int
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., curves: _Optional[int] = ...) -> None: ...

class GetRigRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class Rig(_message.Message):
    __slots__ = ("name", "title", "curves", "groups", "driven")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CURVES_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    DRIVEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    curves: _containers.RepeatedCompositeFieldContainer[_common_pb2.Curve]
    groups: _containers.RepeatedCompositeFieldContainer[CurveGroup]
    driven: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., curves: _Optional[_Iterable[_Union[_common_pb2.Curve, _Mapping]]] = ..., groups: _Optional[_Iterable[_Union[CurveGroup, _Mapping]]] = ..., driven: _Optional[_Iterable[str]] = ...) -> None: ...

class CurveGroup(_message.Message):
    __slots__ = ("name", "curves")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CURVES_FIELD_NUMBER: _ClassVar[int]
    name: str
    curves: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., curves: _Optional[_Iterable[str]] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[Model]
    def __init__(self, models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ("name", "version", "parameters", "look_ahead", "licence", "scores", "is_default")
    class ScoresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    LOOK_AHEAD_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    parameters: int
    look_ahead: float
    licence: str
    scores: _containers.ScalarMap[str, float]
    is_default: bool
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., parameters: _Optional[int] = ..., look_ahead: _Optional[float] = ..., licence: _Optional[str] = ..., scores: _Optional[_Mapping[str, float]] = ..., is_default: _Optional[bool] = ...) -> None: ...

class ListCharactersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListCharactersResponse(_message.Message):
    __slots__ = ("characters",)
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    characters: _containers.RepeatedCompositeFieldContainer[Character]
    def __init__(self, characters: _Optional[_Iterable[_Union[Character, _Mapping]]] = ...) -> None: ...

class Character(_message.Message):
    __slots__ = ("name", "rig")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    name: str
    rig: str
    def __init__(self, name: _Optional[str] = ..., rig: _Optional[str] = ...) -> None: ...

class ListEmotionsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListEmotionsResponse(_message.Message):
    __slots__ = ("emotions",)
    EMOTIONS_FIELD_NUMBER: _ClassVar[int]
    emotions: _containers.RepeatedCompositeFieldContainer[Emotion]
    def __init__(self, emotions: _Optional[_Iterable[_Union[Emotion, _Mapping]]] = ...) -> None: ...

class Emotion(_message.Message):
    __slots__ = ("name", "synonyms", "valence", "arousal", "dominance")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SYNONYMS_FIELD_NUMBER: _ClassVar[int]
    VALENCE_FIELD_NUMBER: _ClassVar[int]
    AROUSAL_FIELD_NUMBER: _ClassVar[int]
    DOMINANCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    synonyms: _containers.RepeatedScalarFieldContainer[str]
    valence: float
    arousal: float
    dominance: float
    def __init__(self, name: _Optional[str] = ..., synonyms: _Optional[_Iterable[str]] = ..., valence: _Optional[float] = ..., arousal: _Optional[float] = ..., dominance: _Optional[float] = ...) -> None: ...
