"""Sound as it is sent: bytes in a stream's encoding, whole samples only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.audio import PcmDecoder
from mien.errors import OptionError

Floats = NDArray[np.float32]
Sound = bytes | bytearray | memoryview | NDArray[Any]

WIDTHS: Final = {"s16le": 2, "s24le": 3, "s32le": 4, "f32le": 4, "f64le": 8, "u8": 1, "mulaw": 1}
"""Bytes of a sample."""

ENCODERS: Final[dict[str, Callable[[Floats], bytes]]] = {
    "f32le": lambda mono: mono.astype("<f4").tobytes(),
    "f64le": lambda mono: mono.astype("<f8").tobytes(),
    "s16le": lambda mono: np.clip(np.rint(mono * 2.0**15), -(2**15), 2**15 - 1).astype("<i2").tobytes(),
}
"""How arrays are sent. The first two keep every bit; 16 bits round, and clip beyond full scale."""


class SoundWriter:
    """Arrays and bytes, as they are pushed, to bytes in one encoding; belongs to one thread.

    What cannot be sound is refused here, before it is sent, with the words of `PcmDecoder`.

    Args:
        encoding: Of bytes that are pushed, and of what is sent.
        channels: Interleaved in bytes that are pushed, and in what is sent.
    Raises:
        OptionError: An encoding or a number of channels that does not exist.
    """

    def __init__(self, encoding: str, channels: int) -> None:
        self._check = PcmDecoder(encoding, channels)
        self._encoding, self._channels = encoding, channels
        self.width = WIDTHS[encoding] * channels
        """Bytes of one sample of all channels."""
        self._half = b""

    def write(self, sound: Sound) -> bytes:
        """Whole samples that `sound` completes.

        Args:
            sound: Bytes in the encoding, cut anywhere; or an array, shape (samples,) or (samples, channels),
                of float with full scale 1, int16, int32 or uint8. An array of as many columns as the stream
                has channels is sent as it is, any other is mixed to one first.
        Raises:
            AudioError: Not to be used as sound; it is then as if it had not come.
            OptionError: An array, and an encoding in which arrays are not sent.
        """
        if isinstance(sound, np.ndarray):
            return self._encoded(sound)
        self._check.push(sound)
        data = self._half + bytes(sound)
        whole = len(data) - len(data) % self.width
        self._half = data[whole:]
        return data[:whole]

    def _encoded(self, sound: NDArray[Any]) -> bytes:
        encode = ENCODERS.get(self._encoding)
        if encode is None:
            raise OptionError(
                f"Arrays are sent as {', '.join(ENCODERS)}, and this stream is {self._encoding}: "
                "push bytes, or open it with encoding='f32le'."
            )
        mono = self._check.push(sound)
        if sound.ndim == 2 and sound.shape[1] == self._channels > 1:
            mono = PcmDecoder().push(np.ascontiguousarray(sound).reshape(-1))  # only scaled to 1
        elif self._channels > 1:
            mono = np.repeat(mono, self._channels)
        return encode(mono)
