"""The values that pass between the rooms: checked once where they are made, trusted everywhere after.

    Audio     samples                   what is said
    Phone     a label and its time      what was said, sound by sound
    Motion    rig-free channels, 50/s   what a face does, on no rig in particular
    Curves    named curves, any rate    what one rig does
    Control   layer strengths, a time   what is to change, and when
    TakeRecord  everything a bake made  what a `.mien` file holds

All are frozen and their arrays read-only, so any thread may hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.clock import MOTION_RATE, SAMPLE_RATE

Unit = Literal["weight", "rad", "deg", "mm"]
"""What one step of a channel or a curve is: a share of the full shape, or an angle, or a length."""


class Channel(NamedTuple):
    """One column of `Motion`."""

    name: str
    """ARKit's spelling where ARKit has it, A2F-3D's for the tongue."""

    group: str
    """eye, jaw, mouth, brow, cheek, nose, tongue, lips or head."""

    unit: Unit = "weight"
    """`weight` runs 0..1, `rad` -pi..pi."""


MOTION_SCHEMA: Final = 1
"""Raised when the meaning of a channel changes; appending a channel does not change it."""


def _sided(group: str, *stems: str) -> list[Channel]:
    return [Channel(stem + side, group) for stem in stems for side in ("Left", "Right")]


def _plain(group: str, *names: str, unit: Unit = "weight") -> list[Channel]:
    return [Channel(name, group, unit) for name in names]


CHANNELS: Final[tuple[Channel, ...]] = (
    # ARKit, without mouthClose and eyeLook*: what lips and eyes do against the rest is derived per rig.
    *_sided("eye", "eyeBlink", "eyeSquint", "eyeWide"),
    *_plain("jaw", "jawForward", "jawLeft", "jawRight", "jawOpen"),
    *_plain("mouth", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight"),
    *_sided("mouth", "mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch"),
    *_plain("mouth", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *_sided("mouth", "mouthPress", "mouthLowerDown", "mouthUpperUp"),
    *_sided("brow", "browDown"),
    *_plain("brow", "browInnerUp"),
    *_sided("brow", "browOuterUp"),
    *_plain("cheek", "cheekPuff"),
    *_sided("cheek", "cheekSquint"),
    *_sided("nose", "noseSneer"),
    *_plain("tongue", "tongueOut"),
    # A2F-3D's tongue.
    *_plain("tongue", "tongueTipUp", "tongueTipDown", "tongueTipLeft", "tongueTipRight"),
    *_plain("tongue", "tongueRollUp", "tongueRollDown", "tongueRollLeft", "tongueRollRight"),
    *_plain("tongue", "tongueUp", "tongueDown", "tongueLeft", "tongueRight"),
    *_plain("tongue", "tongueIn", "tongueStretch", "tongueWide", "tongueNarrow"),
    # Action units that ARKit cannot say: neck tightener, lip tightener, nostrils dilate and compress.
    *_plain("mouth", "au21NeckTightener", "au23LipTightener"),
    *_plain("nose", "au38NostrilDilate", "au39NostrilCompress"),
    # A promise, not a shape: at 1 the lips touch, on whatever rig.
    *_plain("lips", "lipClosure"),
    # Radians; yaw + to the subject's left, pitch + up, roll + to the subject's left shoulder.
    *_plain("head", "headYaw", "headPitch", "headRoll", unit="rad"),
    *_plain("eye", "eyeYawLeft", "eyePitchLeft", "eyeYawRight", "eyePitchRight", unit="rad"),
)
"""Motion schema 1, column by column. Left and right are the subject's own. Extended by appending only."""

CHANNEL_NAMES: Final = tuple(channel.name for channel in CHANNELS)
"""The names of `CHANNELS`, in order."""

CHANNEL_INDEX: Final = {name: index for index, name in enumerate(CHANNEL_NAMES)}
"""Column of a channel by name."""


def frozen(values: NDArray[Any], dtype: type = np.float32) -> NDArray[Any]:
    """`values` as a contiguous, read-only array; a writable one is copied, so nobody can change it later."""
    array: NDArray[Any] = np.ascontiguousarray(values, dtype=dtype)
    if array.flags.writeable and np.may_share_memory(array, values):
        array = array.copy()
    array.flags.writeable = False
    return array


def _require(ok: bool, problem: str) -> None:
    if not ok:
        raise ValueError(problem)


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Mono audio."""

    samples: NDArray[np.float32]
    """Shape (samples,), read-only, finite, full scale is -1..1 (louder is allowed)."""

    rate: int = SAMPLE_RATE
    """Samples a second."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", frozen(self.samples))
        _require(self.samples.ndim == 1, f"audio is mono, shape (samples,); got {self.samples.shape}")
        _require(self.rate > 0, f"a sample rate is positive; got {self.rate}")

    @property
    def duration(self) -> Fraction:
        """Length in seconds, exact."""
        return Fraction(len(self.samples), self.rate)


@dataclass(frozen=True, slots=True)
class Phone:
    """One speech sound as spoken."""

    start: float
    """Seconds from the start of the audio."""

    end: float
    """Seconds from the start of the audio, not before `start`."""

    label: str
    """As in its source: ARPAbet (`AA1`) or IPA (`ɑː`); pauses as `sil`, `sp`, `pau` or empty."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What a face does, on no rig in particular: 50 rows a second of the channels of schema 1."""

    values: NDArray[np.float32]
    """Shape (rows, channels), read-only, columns as in `CHANNELS`; weights 0..1, angles in radians."""

    start: float = 0.0
    """Seconds from the start of the audio to the first row."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen(self.values))
        wanted = len(CHANNELS)
        _require(
            self.values.ndim == 2 and self.values.shape[1] == wanted,
            f"motion has shape (rows, {wanted}); got {self.values.shape}",
        )

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds of each row."""
        return self.start + np.arange(len(self.values)) / MOTION_RATE

    def column(self, name: str) -> NDArray[np.float32]:
        """The channel `name`, shape (rows,)."""
        return self.values[:, CHANNEL_INDEX[name]]


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Named scalar curves of one rig, sampled at a steady frame rate."""

    names: tuple[str, ...]
    """One name per column of `values`, in the rig's order."""

    values: NDArray[np.float32]
    """Shape (frames, names), read-only. Within each curve's limits, mostly 0..1."""

    rate: Fraction
    """Frames per second, exact: 23.976 is 24000/1001."""

    start: float = 0.0
    """Seconds from the start of the audio to the first frame."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen(self.values))
        object.__setattr__(self, "names", tuple(self.names))
        _require(
            self.values.ndim == 2 and self.values.shape[1] == len(self.names),
            f"curves have shape (frames, {len(self.names)} names); got {self.values.shape}",
        )
        _require(len(set(self.names)) == len(self.names), "curve names are unique")
        _require(self.rate > 0, f"a frame rate is positive; got {self.rate}")

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds of each frame: start + k/rate, never a running sum."""
        k = np.arange(len(self.values))
        return self.start + k * self.rate.denominator / self.rate.numerator

    def column(self, name: str) -> NDArray[np.float32]:
        """The curve `name`, shape (frames,)."""
        return self.values[:, self.names.index(name)]


DEFAULT_EASE: Final = 0.2
"""Seconds in which a change eases in. Less looks like a jump, more comes late."""


@dataclass(frozen=True, slots=True)
class Control:
    """A change of the performance at a time."""

    layers: Mapping[str, float]
    """Strength by layer name, 0..2: 0 is off, 1 as designed. Layers not named stay as they are."""

    at: float | None = None
    """Seconds of sound from the first sample; None: when the sound heard so far ends."""

    ease: float = DEFAULT_EASE
    """Seconds over which the change eases in, 0..60."""


@dataclass(frozen=True, slots=True, eq=False)
class TakeRecord:
    """Everything a bake made and every later step reads: what a `.mien` file holds."""

    speech: Motion
    """What the model made of the sound alone."""

    layers: Mapping[str, Motion]
    """What each layer added, apart, by the layer's name; all as long as `speech`. They are summed."""

    duration: Fraction
    """Seconds of audio, exact, without the tail."""

    tail: float
    """Seconds after the end of the audio in which the face settles to rest."""

    rate: Fraction
    """Frame rate that the take was baked for; curves can be had at any other."""

    model: str
    """Name and version of the motion model, `mien-live 1`."""

    audio_sha256: str
    """Hash of the audio as the model heard it (16 kHz float32, little endian), in hex."""

    timecode: str = "00:00:00:00"
    """SMPTE start of frame 0 at `rate`; `;` before the frames means drop frame."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    """What was asked for, by option name: JSON values only."""

    seeds: Mapping[str, int] = field(default_factory=dict)
    """Seed of each layer that draws random numbers."""

    emotion: tuple[Mapping[str, Any], ...] = ()
    """The emotion track as keys: JSON values only. Empty: neutral."""

    alignment: tuple[Phone, ...] = ()
    """Phones in time, where they are known."""

    def __post_init__(self) -> None:
        rows = len(self.speech.values)
        for name, layer in self.layers.items():
            _require(
                len(layer.values) == rows, f"layer '{name}' has {len(layer.values)} rows, speech has {rows}"
            )

    @property
    def motion(self) -> Motion:
        """Speech and all layers together."""
        if not self.layers:
            return self.speech
        total = self.speech.values.astype(np.float32, copy=True)
        for layer in self.layers.values():
            total += layer.values
        return Motion(total, self.speech.start)
