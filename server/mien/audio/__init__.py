"""Sound from files and streams, as mono float32, and at 16 kHz."""

from mien.audio.pcm import ENCODINGS, PcmDecoder, RawFile
from mien.audio.read import SOUND_SUFFIXES, AudioFile, open_audio, read_audio
from mien.audio.resample import Resampler

__all__ = [
    "ENCODINGS",
    "SOUND_SUFFIXES",
    "AudioFile",
    "PcmDecoder",
    "RawFile",
    "Resampler",
    "open_audio",
    "read_audio",
]
