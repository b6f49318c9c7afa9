"""Sound from files and streams, as mono float32, and at 16 kHz."""

from mien.audio.pcm import ENCODINGS, PcmDecoder, pcm_to_float
from mien.audio.read import AudioFile, open_audio, read_audio
from mien.audio.resample import Resampler

__all__ = [
    "ENCODINGS",
    "AudioFile",
    "PcmDecoder",
    "Resampler",
    "open_audio",
    "pcm_to_float",
    "read_audio",
]
