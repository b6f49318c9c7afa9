"""What a stream is asked to be, checked, and the token by which one that was cut off can go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from math import gcd
from typing import Final

from mien.audio import PcmDecoder
from mien.character import Character
from mien.clock import SAMPLE_RATE
from mien.errors import AudioError, OptionError
from mien.layers import LayerStack, Strengths
from mien.motion import MotionModel
from mien.rig import Rig
from mien.values import Control
from mien.version import __version__
from mien.voice import Performance, Voice

MOST_PLACES: Final = 640
"""Places of a resampled instant between two samples. All rates that recorders have stay within (11,025 Hz has
640); an odd one such as 47,999 Hz has 16,000, and each place costs a kernel of memory that is kept."""


@dataclass(frozen=True, slots=True)
class StreamOrder:
    """One stream's settings."""

    model: MotionModel
    rig: Rig
    rate: Fraction
    """Frames a second."""

    sample_rate: int
    encoding: str
    channels: int = 1
    tail: float = 0.3
    layers: Strengths = field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    seed: int = 0
    character: Character | None = None
    """Whose rig, style, seed and model stand above, as far as nothing else was asked for."""

    partner: bool = False
    """The sound is another's: heard, not spoken."""

    first_second: int = 0
    """Of a stream that goes on: the second of the line that its sound begins with."""

    first_frame: int = 0
    """Of a stream that goes on: the frame it begins with."""

    def performance(self) -> Performance:
        """A performance that has heard nothing yet.

        Raises:
            AudioError, OptionError: Something in the settings makes no sense.
        """
        check_usual(self.sample_rate)
        decoder = PcmDecoder(self.encoding, self.channels)
        voice = Voice(self.model, self.sample_rate, self.tail, self.first_second, self.partner)
        self._check_resumed(voice)
        stack = LayerStack(self.layers, self.controls)
        return Performance(voice, stack, self.rig, self.rate, decoder, self.first_frame)

    def _check_resumed(self, voice: Voice) -> None:
        soonest = self.first_second + voice.warm_up if self.first_second else 0.0
        if self.first_frame / self.rate < soonest:
            raise OptionError(
                f"frame {self.first_frame} is at {float(self.first_frame / self.rate):.3f} s, and sound from "
                f"second {self.first_second} on settles frames from {soonest:.3f} s on; send earlier sound."
            )

    @property
    def token(self) -> bytes:
        """The same for streams that give the same curves for the same sound; tells nothing else."""
        layers = sorted((name, float(strength)) for name, strength in self.layers.items())
        who = self.character and self.character.says
        said = (
            __version__, self.model.card.sha256, _mark(self.rig), self.rate, self.sample_rate,
            self.encoding, self.channels, float(self.tail), layers, self.seed, self.partner, who,
        )  # fmt: skip
        return blake2b(repr(said).encode(), digest_size=16).digest()


@lru_cache(maxsize=1024)  # each character has a rig of its own
def _mark(rig: Rig) -> str:
    """The same for rigs that make the same curves of the same motion."""
    return blake2b(repr(rig.says).encode()).hexdigest()


def check_usual(sample_rate: int) -> None:
    """Refuses sample rates that no recorder has.

    Raises:
        AudioError: Says which are usual.
    """
    if sample_rate > 0 and SAMPLE_RATE // gcd(sample_rate, SAMPLE_RATE) > MOST_PLACES:
        raise AudioError(
            f"a stream at {sample_rate} Hz is not served; send 8000, 11025, 16000, 22050, 24000, 32000, "
            "44100, 48000, 96000 Hz or another usual rate."
        )
