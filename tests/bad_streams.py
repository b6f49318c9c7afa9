"""What a client may get wrong in a stream, and what it is to be told."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from mien.wire.v1 import common_pb2 as common
from mien.wire.v1.animate_pb2 import AnimateRequest
from tests.grpc_server import END, control, layer, pcm, settings, sound, sound_format


class Bad(NamedTuple):
    """A stream that is refused as INVALID_ARGUMENT."""

    requests: list[AnimateRequest]
    field: str
    """The part of the request that is wrong."""

    words: str
    """Of the sentence, as a pattern."""

    kind: str = "OptionError"


NAN, INFINITY = float("nan"), float("inf")
FIRST: Final = "first message is the settings; this stream began without"


def _format(**changes: Any) -> list[AnimateRequest]:
    return [settings(audio=common.AudioFormat(**{"encoding": 1, "sample_rate": 16_000, **changes}))]


def _rate(hertz: int, words: str) -> Bad:
    return Bad(_format(sample_rate=hertz), "settings.audio.sample_rate", words, "AudioError")


def _fps(numerator: int, denominator: int, words: str) -> Bad:
    rate = common.FrameRate(numerator=numerator, denominator=denominator)
    return Bad([settings(rate=rate)], "settings.rate", words + r" is outside 1\.\.120 frames a second")


def _tail(seconds: float) -> Bad:
    return Bad([settings(tail=seconds)], "settings.tail", rf"A tail of {seconds} s is outside 0\.\.60 s")


def _layer(strength: float, words: str, name: str = "articulation") -> Bad:
    return Bad([settings(layers=[layer(strength, name)])], "settings.layers", words)


def _planned(field: str, words: str, *controls: common.Control) -> Bad:
    return Bad([settings(controls=controls)], f"settings.controls{field}", words)


def _control(words: str, strength: float = 0.5, field: str = "control", **when: float) -> Bad:
    return Bad([settings(), control(strength, **when)], field, words)


def _samples(kind: str, words: str, *values: float) -> Bad:
    """Sound of floats, in two messages."""
    encoding = "f32le" if kind == "<f4" else "f64le"
    said = [sound(bytes(400)), sound(np.array(values, kind).tobytes())]
    return Bad([settings(audio=sound_format(encoding)), *said], "audio", words, "AudioError")


BAD: Final = {
    "nothing": Bad([], "settings", FIRST),
    "sound first": Bad([sound(pcm(0.1))], "settings", FIRST),
    "control first": Bad([control()], "settings", FIRST),
    "end first": Bad([END], "settings", FIRST),
    "empty message first": Bad([AnimateRequest()], "settings", FIRST),
    "settings twice": Bad([settings(), settings()], "settings", "Settings come once, at the beginning"),
    "empty message": Bad([settings(), AnimateRequest()], "message", "The message is empty, or of a kind"),
    "no format": Bad([AnimateRequest(settings={})], "settings.audio.encoding", "sound of a stream is raw"),
    "no encoding": Bad(_format(encoding=0), "settings.audio.encoding", "raw: ENCODING_S16LE, .*; got 0"),
    "unknown encoding": Bad(_format(encoding=99), "settings.audio.encoding", "got 99"),
    "whole file": Bad(_format(encoding=15), "settings.audio.encoding", "got a whole file"),
    "no rate": _rate(0, r"0 Hz is outside 8000\.\.192000 Hz; convert the sound"),
    "low rate": _rate(7_000, "7000 Hz is outside"),
    "high rate": _rate(4_000_000_000, "4000000000 Hz is outside"),
    "odd rate": _rate(47_999, "47999 Hz is not served; send 8000, 11025, 16000"),
    "many channels": Bad(_format(channels=1025), "settings.audio.channels", r"1025 .* outside 1\.\.1024"),
    "unknown model": Bad(
        [settings(model="mien-love")], "settings.model", r"Did you mean 'mien-live'\?", "ModelError"
    ),
    "model by path": Bad(
        [settings(model="/etc")], "settings.model", "There is no model '/etc'", "ModelError"
    ),
    "unknown rig": Bad(
        [settings(rig="arkti")],
        "settings.rig",
        r"no rig 'arkti'\. Did you mean 'arkit'\?",
        "RigError",
    ),
    "rig by path": Bad([settings(rig="../rigs/arkit")], "settings.rig", "There is no rig", "RigError"),
    "no frames": _fps(0, 1, "0"),
    "few frames": _fps(1, 2, "1/2"),
    "many frames": _fps(121, 0, "121"),
    "negative tail": _tail(-0.1),
    "long tail": _tail(60.1),
    "tail of no length": _tail(NAN),
    "unknown layer": _layer(1, r"no layer 'articulate'.* Did you mean 'articulation'\?", "articulate"),
    "negative layer": _layer(-1, r"-1\.0 of 'articulation' is outside 0\.\.2"),
    "strong layer": _layer(2.5, r"2\.5 of 'articulation' is outside 0\.\.2"),
    "layer of no strength": _layer(NAN, r"nan of 'articulation' is outside 0\.\.2"),
    "long subject": Bad([settings(subject="x" * 101)], "settings.subject", "at most 100 printable letters"),
    "odd subject": Bad([settings(subject="\x1b[31m")], "settings.subject", "at most 100 printable letters"),
    "planned for no time": _planned(
        "[1].at", "known beforehand needs its time", common.Control(at=1.0), common.Control()
    ),
    "planned too early": _planned("[0]", r"at: -1 s is no time", common.Control(at=-1)),
    "planned unknown layer": _planned(
        "[0].layers", "no layer 'brows'", common.Control(at=1, layers=[layer(1, "brows")])
    ),
    "control of an unknown layer": Bad(
        [settings(), AnimateRequest(control=common.Control(layers=[layer(1, "brows")]))],
        "control.layers",
        "There is no layer 'brows'; there is articulation",
    ),
    "strong control": _control(r"2\.\d+ of 'articulation' is outside 0\.\.2", 2.1, "control.layers"),
    "early control": _control(r"at: -0\.1 s is no time from the first sample on", at=-0.1),
    "control at no time": _control("at: nan s is no time", at=NAN),
    "control after all time": _control("at: inf s is no time", at=INFINITY),
    "long ease": _control(r"ease: 61\.0 s is outside 0\.\.60 s", ease=61.0),
    "negative ease": _control(r"ease: -1\.0 s is outside 0\.\.60 s", ease=-1.0),
    "ease of no length": _control(r"ease: nan s is outside 0\.\.60 s", ease=NAN),
    "sound that is no number": _samples("<f4", "Sample 101 of the stream is nan, .* the encoding", 0, NAN),
    "sound without end": _samples("<f4", "Sample 100 of the stream is inf", INFINITY),
    "loud sound": _samples("<f8", "Sample 50 of the stream", 1e300),
    "sound of another width": _samples("<f4", "Check the encoding", *np.full(9, 1.7e38, "<f4")),
}
