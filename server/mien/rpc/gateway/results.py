"""What a bake may be answered with: a whole file, or messages as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from mien.engine import StreamOrder
from mien.errors import OptionError, unknown
from mien.files import write_curves
from mien.pipeline import Take
from mien.rpc.gateway.accept import preferred
from mien.rpc.gateway.live import MESSAGES
from mien.rpc.gateway.options import Options
from mien.rpc.refused import RefusedError, field

CURVES, TAKE, LIVELY = "curves", "take", "messages"


class Way(NamedTuple):
    """One way to answer."""

    name: str
    """As in `format=`; of curves also as in `mien.files`."""

    media_type: str

    gives: str
    """Curves or a take, as a whole file; or messages, with either."""


WAYS: Final = (
    Way("json", "application/json", CURVES),
    Way("csv", "text/csv", CURVES),
    Way("npz", "application/x-npz", CURVES),
    Way("take", "application/x-mien-take", TAKE),
    Way("ndjson", "application/x-ndjson", LIVELY),
    Way("messages", MESSAGES, LIVELY),
)
"""The first one is for who does not say."""

BY_NAME: Final = {way.name: way for way in WAYS}


def way_of(options: Options, accept: str) -> Way:
    """How to answer: as `format` says, or else as `accept`, a header, likes best.

    Raises:
        RefusedError: There is no such way, or it is not what `result` says.
    """
    result = options.get("result")
    fitting = [way for way in WAYS if result is None or way.gives in (result, LIVELY)]
    if (name := options.get("format")) is None:
        return _liked(accept, fitting)
    with field("format"):
        if name not in BY_NAME:
            raise OptionError(unknown("format", name, BY_NAME))
        if BY_NAME[name] not in fitting:
            raise OptionError(f"format={name} contradicts result={result}; leave one of them out.")
    return BY_NAME[name]


def _liked(accept: str, ways: list[Way]) -> Way:
    by_type = {way.media_type: way for way in ways}
    best = preferred(accept, list(by_type))
    if best is None:
        said = f"This can be had as {', '.join(by_type)}; Accept wants '{accept[:100]}'."
        raise RefusedError("INVALID_ARGUMENT", "accept", said, "OptionError")
    return by_type[best]


def write_result(take: Take, order: StreamOrder, way: Way, folder: Path) -> Path:
    """The file that answers, in `folder`."""
    if way.gives == TAKE:
        path = folder / "line.mien"
        take.save(path)
    else:
        path = folder / f"line.{way.name}"
        write_curves(take.curves(order.rig, order.rate), path, way.name)
    return path
