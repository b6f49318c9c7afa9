"""What a client asks for, checked as `mien.bake` checks it, as settings of the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from mien.audio.resample import check_rate
from mien.clock import frame_rate, tail_seconds
from mien.errors import OptionError
from mien.layers import check_control, check_strengths
from mien.pipeline import DEFAULT_TAIL, Rate, seeded
from mien.values import Control
from mien.wire.v1 import animate_pb2 as animate
from mien.wire.v1 import bake_pb2 as baking
from mien.wire.v1 import common_pb2 as common

WHOLE_FILE: Final = common.AudioFormat(encoding=common.ENCODING_FILE)
"""Sound that says its own rate and channels."""


def stream_settings(
    audio: common.AudioFormat, partner: bool = False, subject: str = "", **shared: Any
) -> animate.Settings:
    """Settings of a stream.

    Raises:
        AudioError, OptionError: Something makes no sense.
    """
    return animate.Settings(
        audio=audio,
        track=common.TRACK_PARTNER if partner else common.TRACK_SELF,
        subject=subject,
        **_shared(**shared),
    )


def bake_settings(audio: common.AudioFormat, result: baking.BakeResult, **shared: Any) -> baking.BakeSettings:
    """Settings of a bake.

    Raises:
        AudioError, OptionError: Something makes no sense.
    """
    return baking.BakeSettings(audio=audio, result=result, **_shared(**shared))


def raw_sound(encoding: str, sample_rate: int, channels: int) -> common.AudioFormat:
    """Raw sound in an encoding that exists.

    Raises:
        AudioError: A sample rate that nobody serves.
    """
    name = f"ENCODING_{encoding.upper()}"
    return common.AudioFormat(encoding=name, sample_rate=check_rate(sample_rate), channels=channels)


def control_message(control: Control, number: int = 0) -> common.Control:
    """A checked change as a message.

    Raises:
        OptionError: A layer nobody has, or a number outside its range.
    """
    check_control(control)
    return common.Control(at=control.at, layers=_layers(control.layers), ease=control.ease, id=number)


def _shared(
    character: str = "",
    rig: str = "",
    model: str = "",
    rate: Rate | None = None,
    tail: float = DEFAULT_TAIL,
    layers: Mapping[str, float] | None = None,
    controls: Sequence[Control] = (),
    seed: int | None = None,
) -> dict[str, Any]:
    """What settings of streams and bakes have in common."""
    exact = None if rate is None else frame_rate(rate)
    return {
        "character": str(character),
        "rig": str(rig),
        "model": str(model),
        "rate": exact and common.FrameRate(numerator=exact.numerator, denominator=exact.denominator),
        "tail": tail_seconds(tail),
        "layers": _layers(check_strengths(layers or {})),
        "controls": [_timed(control) for control in controls],
        "seed": None if seed is None else seeded(seed, None),
    }


def _layers(strengths: Mapping[str, float]) -> Iterable[common.Layer]:
    return [common.Layer(name=name, strength=strength) for name, strength in strengths.items()]


def _timed(control: Control) -> common.Control:
    if control.at is None:
        raise OptionError("controls: one that is known beforehand needs its time, 'at'.")
    return control_message(control)
