"""Settings and controls of the wire to values of ours; what does not fit is refused with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from mien.audio import ENCODINGS, PcmDecoder, Resampler
from mien.character import Character
from mien.clock import frame_rate, tail_seconds
from mien.engine import Catalogue, StreamOrder
from mien.engine.order import check_usual
from mien.errors import LimitError, OptionError
from mien.layers import LAYERS, MOST_KEYS, LayerStack, check_control, check_strengths
from mien.pipeline import DEFAULT_RATE, DEFAULT_TAIL, rig_of, seeded, styled
from mien.rpc.refused import RefusedError, field
from mien.values import DEFAULT_EASE, Control
from mien.wire.v1 import animate_pb2 as animate
from mien.wire.v1 import bake_pb2 as baking
from mien.wire.v1 import common_pb2 as common

RAW: Final = {common.Encoding.Value(f"ENCODING_{name.upper()}"): name for name in ENCODINGS}
"""Our name of each raw encoding of the wire."""

MOST_LAYERS: Final = 100
"""Layers named in one message; walking a million of them would stall the others."""

LONGEST_SUBJECT: Final = 100
"""Letters of a subject."""


def stream_order(settings: animate.Settings, catalogue: Catalogue) -> StreamOrder:
    """What `settings` ask for.

    Raises:
        RefusedError: Says which field.
    """
    if settings.track not in common.Track.values():
        with field("settings.track"):
            raise OptionError(f"There is no track {settings.track}; there is SELF, and PARTNER.")
    order = StreamOrder(
        encoding=_encoding(settings.audio, "settings"),
        sample_rate=_sample_rate(settings.audio),
        partner=settings.track == common.TRACK_PARTNER,
        first_frame=settings.resume_frame,
        **_common(settings, catalogue),
    )
    if settings.resume_token or settings.resume_sample or settings.resume_frame:
        return _resumed(order, settings)
    return order


def _common(settings: animate.Settings | baking.BakeSettings, catalogue: Catalogue) -> dict[str, Any]:
    """What streams and bakes share."""
    with field("settings.audio.channels"):
        PcmDecoder("s16le", channels := settings.audio.channels or 1)
    who = _character(settings, catalogue)
    with field("settings.model"):
        model = catalogue.model_of(who) if who and not settings.model else catalogue.model(settings.model)
    with field("settings.rig"):
        rig = who.rig if who else catalogue.rig(settings.rig)
    return {
        "model": model,
        "rig": rig,
        "character": who,
        "channels": channels,
        "rate": rate_of(settings.rate) if settings.HasField("rate") else Fraction(DEFAULT_RATE),
        "tail": _tail(settings),
        "layers": styled(_strengths(settings.layers, "settings.layers"), who),
        "controls": _controls(settings.controls),
        "seed": seeded(settings.seed if settings.HasField("seed") else None, who),
    }


def _character(settings: animate.Settings | baking.BakeSettings, catalogue: Catalogue) -> Character | None:
    """Who speaks, if anybody was named."""
    if not settings.character:
        return None
    with field("settings.character"):
        who = catalogue.character(settings.character)
    with field("settings.rig"):
        if settings.rig:
            rig_of(settings.rig, who)
    return who


def bake_order(settings: baking.BakeSettings, catalogue: Catalogue) -> StreamOrder:
    """What `settings` ask for; the sample rate of sound in a file is 16000 until the file is known.

    Raises:
        RefusedError: Says which field.
    """
    if settings.result not in baking.BakeResult.values():
        with field("settings.result"):
            raise OptionError(f"There is no kind of result {settings.result}; there is curves, and take.")
    whole = settings.audio.encoding == common.ENCODING_FILE
    return StreamOrder(
        encoding="s16le" if whole else _encoding(settings.audio, "settings"),
        sample_rate=16_000 if whole else _sample_rate(settings.audio),
        **_common(settings, catalogue),
    )


def _encoding(audio: common.AudioFormat, where: str) -> str:
    if audio.encoding in RAW:
        return RAW[audio.encoding]
    names = ", ".join(common.Encoding.Name(number) for number in RAW)
    came = "a whole file" if audio.encoding == common.ENCODING_FILE else f"{audio.encoding}"
    raise RefusedError(
        "INVALID_ARGUMENT",
        f"{where}.audio.encoding",
        f"The sound of a stream is raw: {names}; got {came}.",
        "OptionError",
    )


def _sample_rate(audio: common.AudioFormat) -> int:
    with field("settings.audio.sample_rate"):
        check_usual(audio.sample_rate)
        Resampler(audio.sample_rate)
    return audio.sample_rate


def rate_of(rate: common.FrameRate, where: str = "settings.rate") -> Fraction:
    """The exact frame rate.

    Raises:
        RefusedError: Outside 1..120.
    """
    with field(where):
        return frame_rate(Fraction(rate.numerator, rate.denominator or 1))


def _tail(settings: animate.Settings | baking.BakeSettings) -> float:
    with field("settings.tail"):
        return tail_seconds(settings.tail) if settings.HasField("tail") else DEFAULT_TAIL


def _strengths(layers: Sequence[common.Layer], where: str) -> dict[str, float]:
    if len(layers) > MOST_LAYERS:
        with field(where):
            raise OptionError(f"{len(layers)} layers are named; there are {len(LAYERS)}, name each once.")
    given = {each.name: each.strength if each.HasField("strength") else 1.0 for each in layers}
    with field(where):
        check_strengths(given, "strength")
    return given


def _controls(controls: Sequence[common.Control]) -> tuple[Control, ...]:
    known = []
    with field("settings.controls"):
        if len(controls) > MOST_KEYS:
            raise LimitError(f"{len(controls)} controls are more than {MOST_KEYS}; send the rest later.")
    for number, each in enumerate(controls):
        where = f"settings.controls[{number}]"
        control = control_of(each, where)
        if control.at is None:
            with field(f"{where}.at"):
                raise OptionError("A control that is known beforehand needs its time.")
        known.append(control)
    with field("settings.controls"):
        LayerStack(controls=known)  # too many at once
    return tuple(known)


def control_of(control: common.Control, where: str = "control") -> Control:
    """A checked change.

    Raises:
        RefusedError: Says which field.
    """
    value = Control(
        _strengths(control.layers, f"{where}.layers"),
        control.at if control.HasField("at") else None,
        control.ease if control.HasField("ease") else DEFAULT_EASE,
    )
    with field(where):
        return check_control(value, where.rpartition(".")[2])


def _resumed(order: StreamOrder, settings: animate.Settings) -> StreamOrder:
    """`order` as a stream that goes on where another was cut off."""
    if not settings.resume_token:
        with field("settings.resume_token"):
            raise OptionError(
                "Going on at a sample and a frame takes the token of the stream that broke off."
            )
    if settings.resume_token != order.token:
        raise RefusedError(
            "FAILED_PRECONDITION",
            "settings.resume_token",
            "It is from a stream with other settings, or from a server another model; open a new one.",
            "OptionError",
        )
    second, rest = divmod(settings.resume_sample, order.sample_rate)
    with field("settings.resume_sample"):
        if rest:
            raise OptionError(
                f"Sample {settings.resume_sample} is no whole second at {order.sample_rate} Hz."
            )
    return _beginning(order, second)


def _beginning(order: StreamOrder, second: int) -> StreamOrder:
    with field("settings.resume_frame"):
        resumed = replace(order, first_second=second)
        resumed.performance()
    return resumed


def subject_of(settings: animate.Settings) -> str:
    """The name under which a stream is published; empty where none was given.

    Raises:
        RefusedError: Too long, or with letters that a terminal would obey.
    """
    with field("settings.subject"):
        if len(settings.subject) > LONGEST_SUBJECT or not settings.subject.isprintable():
            raise OptionError(f"A subject is a name of at most {LONGEST_SUBJECT} printable letters.")
    return settings.subject
