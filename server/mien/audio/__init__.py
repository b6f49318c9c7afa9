"""Sound from files and streams, as mono float32, and at 16 kHz."""

from mien.audio.pcm import ENCODINGS, PcmDecoder
from mien.audio.read import SOUND_SUFFIXES, AudioFile, open_audio, read_audio
from mien.audio.resample import Resampler

__all__ = [
    "ENCODINGS",
    "SOUND_SUFFIXES",
    "AudioFile",
    "PcmDecoder",
    "Resampler",
    "open_audio",
    "read_audio",
]
