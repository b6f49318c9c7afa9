"""Options of a bake as HTTP spells them, in a query, a form or JSON, to settings of the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from google.protobuf import json_format

from mien.audio import ENCODINGS
from mien.clock import frame_rate, tail_seconds
from mien.engine import Catalogue, StreamOrder
from mien.errors import OptionError, unknown
from mien.rpc.gateway.messages import NO_JSON, quoted
from mien.rpc.orders import bake_order
from mien.rpc.refused import RefusedError, field
from mien.wire.v1 import bake_pb2 as baking
from mien.wire.v1 import common_pb2 as common

Options = Mapping[str, str]
"""Values by name, as they were written."""

MOST_32, MOST_64 = 2**32 - 1, 2**64 - 1
"""The largest numbers that the wire has room for."""

MOST_OPTIONS: Final = 100
"""More than that are an attack on whoever counts them."""


def _model(settings: baking.BakeSettings, text: str) -> None:
    settings.model = text


def _rig(settings: baking.BakeSettings, text: str) -> None:
    settings.rig = text


def _character(settings: baking.BakeSettings, text: str) -> None:
    settings.character = text


def _rate(settings: baking.BakeSettings, text: str) -> None:
    exact = frame_rate(text)
    if max(exact.numerator, exact.denominator) > MOST_32:
        raise OptionError(f"Frame rate '{text}' has too many digits; write 29.97 or 30000/1001.")
    settings.rate.numerator, settings.rate.denominator = exact.numerator, exact.denominator


def _tail(settings: baking.BakeSettings, text: str) -> None:
    settings.tail = tail_seconds(text)


def _seed(settings: baking.BakeSettings, text: str) -> None:
    settings.seed = _whole(text, MOST_64)


def _layers(settings: baking.BakeSettings, text: str) -> None:
    """`articulation:0.8,...`; without a strength it is 1."""
    for part in text.split(","):
        name, _, strength = part.partition(":")
        layer = settings.layers.add(name=name.strip())
        if strength:
            layer.strength = _number(strength)


def _controls(settings: baking.BakeSettings, text: str) -> None:
    """A JSON list of the wire's `Control`."""
    try:
        given = json.loads(text)
        if not isinstance(given, list):
            raise OptionError("Controls are a list in JSON: [{'at': 1.5, 'layers': [...]}, ...].")
        settings.controls.extend(json_format.ParseDict(each, common.Control()) for each in given)
    except NO_JSON as problem:
        said = f"Controls are a list of the wire's Control in JSON: {quoted(problem)}."
        raise OptionError(said) from None


def _encoding(settings: baking.BakeSettings, text: str) -> None:
    if text not in ENCODINGS:
        raise OptionError(unknown("raw encoding", text, ENCODINGS))
    settings.audio.MergeFrom(common.AudioFormat(encoding=f"ENCODING_{text.upper()}"))


def _sample_rate(settings: baking.BakeSettings, text: str) -> None:
    settings.audio.sample_rate = _whole(text, MOST_32)


def _channels(settings: baking.BakeSettings, text: str) -> None:
    settings.audio.channels = _whole(text, MOST_32)


def _result(settings: baking.BakeSettings, text: str) -> None:
    results = {"curves": baking.BAKE_RESULT_CURVES, "take": baking.BAKE_RESULT_TAKE}
    if text not in results:
        raise OptionError(unknown("result", text, results))
    settings.result = results[text]


PARSERS: Final[Mapping[str, Callable[[baking.BakeSettings, str], None]]] = {
    "model": _model,
    "rig": _rig,
    "character": _character,
    "rate": _rate,
    "tail": _tail,
    "seed": _seed,
    "layers": _layers,
    "controls": _controls,
    "encoding": _encoding,
    "sample_rate": _sample_rate,
    "channels": _channels,
    "result": _result,
}
"""What each option sets."""

NAMES: Final = (*PARSERS, "format")
"""All options; `format` is about the answer alone."""


def query_options(query: bytes) -> Options:
    """The options in a query string.

    Raises:
        RefusedError: One that does not exist, or stands there twice.
    """
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_OPTIONS)
    except ValueError as problem:
        raise RefusedError("INVALID_ARGUMENT", "query", f"The query: {problem}.", "OptionError") from None
    return collected(pairs)


def json_options(given: Mapping[str, Any]) -> Options:
    """The options in an object of JSON; numbers, and controls as they are, will do as well as text."""
    return collected(
        (_sayable(name), _sayable(value if isinstance(value, str) else json.dumps(value)))
        for name, value in given.items()
    )


def _sayable(text: str) -> str:
    """`text` with a question mark for each half of a surrogate pair; no message of the wire can hold one."""
    return text.encode(errors="replace").decode()


def collected(pairs: Iterable[tuple[str, str]]) -> Options:
    """Options by name.

    Raises:
        RefusedError: One that does not exist, or stands there twice.
    """
    options: dict[str, str] = {}
    for name, value in pairs:
        with field(name[:100]):
            if name not in NAMES:
                raise OptionError(unknown("option", name[:100], NAMES))
            if name in options:
                raise OptionError(f"The option '{name}' is given twice.")
        options[name] = value
    return options


def settings_of(options: Options) -> baking.BakeSettings:
    """What `options` ask for; without an encoding the sound is a whole file.

    Raises:
        RefusedError: Says which option.
    """
    settings = baking.BakeSettings()
    for name, value in options.items():
        if name in PARSERS:
            with field(name):
                PARSERS[name](settings, value)
    if "encoding" not in options:
        _check_whole(options)
        settings.audio.encoding = common.ENCODING_FILE
    return settings


def _check_whole(options: Options) -> None:
    for name in ("sample_rate", "channels"):
        if name in options:
            with field(name):
                raise OptionError(
                    f"A whole file says its own {name}; for raw sound give its encoding too: encoding=s16le."
                )


def order_of(settings: baking.BakeSettings, catalogue: Catalogue) -> StreamOrder:
    """The order of `settings`; may load a model, so it is not for the event loop.

    Raises:
        RefusedError: Says which option.
    """
    try:
        return bake_order(settings, catalogue)
    except RefusedError as problem:
        name = problem.field.removeprefix("settings.").removeprefix("audio.")
        raise RefusedError(problem.code, name, problem.message, problem.kind) from None


def _whole(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most):
        raise OptionError(f"'{text[:40]}' is no whole number from 0 to {most}.")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OptionError(f"'{text[:40]}' is no number.") from None
