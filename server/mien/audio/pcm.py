"""Raw sound from streams: bytes or arrays in, mono float32 out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.audio.mono import first_unusable, mix_down, wrong_with
from mien.audio.resample import check_rate
from mien.errors import AudioError, OptionError, unknown

Floats = NDArray[np.float32]
Sound = bytes | bytearray | memoryview | NDArray[Any]
"""Bytes in some encoding, or an array that says by its type what it holds."""

MOST_CHANNELS: Final = 1024
"""As many as libsndfile takes from files."""


def _integers(kind: str, scale: float) -> Callable[[bytes], Floats]:
    return lambda data: np.frombuffer(data, kind).astype(np.float32) / np.float32(scale)


def _floats(kind: str) -> Callable[[bytes], Floats]:
    return lambda data: _narrow(np.frombuffer(data, kind))


def _narrow(values: NDArray[Any]) -> Floats:
    """As float32; what is too large for it becomes an infinity, which is refused later."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _from_s24(data: bytes) -> Floats:
    """Three bytes become the upper three of a 32-bit integer."""
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return wide.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)


def _from_u8(data: bytes) -> Floats:
    return (np.frombuffer(data, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)


def _mulaw_table() -> Floats:
    """The 256 levels of mu-law: sign, three bits of exponent, four of mantissa, all inverted.

    Source:
        ITU-T G.711 (1988), table 2; levels on a scale of 16 bits.
    """
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    level = ((mantissa * 8 + 132) << exponent) - 132
    return (np.where(code & 128, -level, level) / 32768).astype(np.float32)


_MULAW: Final = _mulaw_table()

_DECODERS: Final[dict[str, tuple[int, Callable[[bytes], Floats]]]] = {
    "s16le": (2, _integers("<i2", 2**15)),
    "s24le": (3, _from_s24),
    "s32le": (4, _integers("<i4", 2**31)),
    "f32le": (4, _floats("<f4")),
    "f64le": (8, _floats("<f8")),
    "u8": (1, _from_u8),
    "mulaw": (1, lambda data: _MULAW[np.frombuffer(data, np.uint8)]),
}
"""Bytes a sample, and how to read them. Full scale is -1..1."""

ENCODINGS: Final = tuple(_DECODERS)
"""Names of the raw encodings: sign, bits and byte order, as in ffmpeg."""

_ARRAYS: Final = {"i2": "s16le", "i4": "s32le", "u1": "u8"}
"""Integer arrays, by numpy's kind and size, that are scaled like an encoding."""


class PcmDecoder:
    """Bytes of a raw stream, cut anywhere, into mono samples.

    A sample that a chunk cuts in two waits for the next chunk; half a sample at the end is lost, unless
    `finish` is called to say so.

    Args:
        encoding: One of `ENCODINGS`.
        channels: Interleaved in the bytes, 1..1024; they are mixed to one by `mix_down`.
    Raises:
        OptionError: An encoding or a number of channels that does not exist.
    """

    def __init__(self, encoding: str = "f32le", channels: int = 1) -> None:
        if not isinstance(encoding, str) or encoding not in _DECODERS:
            raise OptionError(unknown("raw encoding", str(encoding), ENCODINGS))
        if isinstance(channels, bool) or not isinstance(channels, int | np.integer):
            raise OptionError(
                f"Raw sound has a whole number of channels, 1..{MOST_CHANNELS}; got {channels!r}."
            )
        if not 1 <= channels <= MOST_CHANNELS:
            raise OptionError(f"{channels} channels of raw sound are outside 1..{MOST_CHANNELS}.")
        self._width, self._decode = _DECODERS[encoding]
        self._channels = int(channels)
        self._waiting = b""
        self._samples = 0

    def push(self, sound: Sound) -> Floats:
        """Mono samples that `sound` completes.

        Args:
            sound: Bytes, cut anywhere; or an array, shape (samples,) or (samples, channels), whose own type
                counts: float with full scale 1, int16, int32 or uint8.
        Raises:
            AudioError: Neither bytes nor an array, an array of another type or shape, or samples that are
                NaN, infinite or beyond 1e6. The decoder is then as if they had not come.
        """
        if isinstance(sound, np.ndarray):
            waiting, mono = self._waiting, mix_down(_array(sound))
        elif isinstance(sound, bytes | bytearray | memoryview):
            waiting, mono = self._from_bytes(self._waiting + bytes(sound))
        else:
            raise AudioError(
                f"Sound is a numpy array or bytes; this is {type(sound).__name__}. "
                "Make an array of it, of float32 with full scale 1."
            )
        self._check(mono)
        self._waiting = waiting
        self._samples += len(mono)
        return mono

    def finish(self) -> None:
        """The sound is over.

        Raises:
            AudioError: It ends within a sample.
        """
        if self._waiting:
            wanted = self._width * self._channels
            raise AudioError(
                f"The sound ends within a sample: {len(self._waiting)} of {wanted} bytes came. "
                "Check the encoding and the number of channels."
            )

    def _from_bytes(self, data: bytes) -> tuple[bytes, Floats]:
        """What has to wait for the next chunk, and the samples before it."""
        whole = len(data) - len(data) % (self._width * self._channels)
        return data[whole:], mix_down(self._decode(data[:whole]).reshape(-1, self._channels))

    def _check(self, mono: Floats) -> None:
        bad = first_unusable(mono)
        if bad is not None:
            raise AudioError(
                f"Sample {self._samples + bad} of the stream {wrong_with(mono[bad])}. Check the encoding; "
                "integer samples belong in int16 arrays. Replace broken ones by 0."
            )


class RawFile:
    """Raw sound in a file, to be read block by block as an `AudioFile` is."""

    def __init__(self, path: Path, encoding: str, rate: int, channels: int = 1) -> None:
        self._path = path
        self._decoder = PcmDecoder(encoding, channels)
        self.rate = check_rate(rate, "raw sound")
        """Samples a second."""
        width, _ = _DECODERS[encoding]
        self._bytes_a_sample = width * channels
        self.frames = path.stat().st_size // self._bytes_a_sample
        """Samples per channel."""

    def blocks(self, seconds: float = 10.0) -> Iterator[Floats]:
        """All sound from the beginning, mono, shape (samples,).

        Raises:
            AudioError: No sample at all, or samples that `PcmDecoder.push` refuses.
        """
        if not self.frames:
            raise AudioError("There is no sound: not one whole sample came. Send it before the end.")
        with self._path.open("rb") as file:
            while data := file.read(max(1, round(seconds * self.rate)) * self._bytes_a_sample):
                yield self._decoder.push(data)
        self._decoder.finish()


def _array(sound: NDArray[Any]) -> Floats:
    """Full scale 1, whatever the type."""
    kind = f"{sound.dtype.kind}{sound.dtype.itemsize}"
    if sound.ndim not in (1, 2) or 0 in sound.shape[1:]:
        raise AudioError(
            f"Sound has shape (samples,) or (samples, channels); this array has {sound.shape}. Reshape it."
        )
    if sound.dtype.kind == "f":
        return _narrow(sound)
    if kind not in _ARRAYS:
        raise AudioError(
            f"Sound is an array of float, int16, int32 or uint8; this one is {sound.dtype}. "
            "Convert it to float32 with full scale 1."
        )
    little = np.ascontiguousarray(sound, sound.dtype.newbyteorder("<"))
    return _DECODERS[_ARRAYS[kind]][1](little.tobytes()).reshape(sound.shape)
