"""Synthetic voices that tell when they say what: espeak-ng, flite and festival, all from Debian.

Each `say` gives samples, their rate and the phones. Stops are the trap: festival and flite label a stop's
closure and burst together, espeak-ng puts a voiceless stop's silence before the stop's own mark, so the mark
is moved back to where that silence begins. Otherwise p, t, k come 60-150 ms late.
"""

from __future__ import annotations

import ctypes
import functools
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from mien.errors import MissingExtraError
from mien.values import Phone

Said = tuple[NDArray[np.float32], int, list[Phone]]
INSTALL = (
    "Training speaks with Debian's voices: apt-get install espeak-ng flite festival "
    "festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts"
)
VOICELESS_GAP = 0.16
"""Longest silence, in seconds, that belongs to the stop after it; longer is a pause."""


def _run(command: list[str]) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    except FileNotFoundError:
        raise MissingExtraError(f"'{command[0]}' is not installed. {INSTALL}") from None


def flite(text: str, voice: str, stretch: float = 1.0, pitch: float | None = None) -> Said:
    """One line by flite; `voice` is slt, rms, awb or kal16; phones are ARPAbet."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder, "line.wav")
        tune = ["--setf", f"duration_stretch={stretch:.3f}"]
        if pitch is not None:
            tune += ["--setf", f"int_f0_target_mean={pitch:.1f}"]
        marks = _run(["flite", "-voice", voice, *tune, "-psdur", "-t", text, "-o", str(wav)])
        samples, rate = soundfile.read(wav, dtype="float32")
    phones: list[Phone] = []
    offset = last = 0.0
    for mark in marks.split():
        label, _, end = mark.rpartition(":")
        if float(end) + offset < last:  # times restart with every sentence
            offset = last
        phones.append(Phone(last, float(end) + offset, label))
        last = float(end) + offset
    return samples, rate, phones


def festival(texts: list[str], voice: str, stretch: float = 1.0) -> list[Said]:
    """Lines by festival in one run (its start is slow); `voice` is a function name; phones are ARPAbet."""
    with tempfile.TemporaryDirectory() as folder:
        script = [f"({voice})", f"(Parameter.set 'Duration_Stretch {stretch:.3f})"]
        for n, text in enumerate(texts):
            base = Path(folder, str(n))
            script.append(
                f'(set! u (utt.synth (Utterance Text "{text}")))'
                f'(utt.save.wave u "{base}.wav" \'riff)(utt.save.segs u "{base}.seg")'
            )
        scheme = Path(folder, "all.scm")
        scheme.write_text("\n".join(script), "utf-8")
        _run(["festival", "-b", str(scheme)])
        return [_festival_result(Path(folder, str(n))) for n in range(len(texts))]


def _festival_result(base: Path) -> Said:
    samples, rate = soundfile.read(base.with_suffix(".wav"), dtype="float32")
    phones: list[Phone] = []
    for line in base.with_suffix(".seg").read_text("utf-8").splitlines():
        words = line.split()
        if len(words) == 3 and words[0] != "#":
            phones.append(Phone(phones[-1].end if phones else 0.0, float(words[0]), words[2]))
    return samples, rate, phones


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int),
        ("unique", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class Espeak:
    """espeak-ng through its library, because only that tells the times of phones. One to a process."""

    STOPS = frozenset("ptkbdgɡqcʔʈɖɟɢ")
    PHONEME, SYNCHRONOUS, PHONEME_EVENTS, IPA, UTF8 = 7, 2, 1, 2, 1
    RATE_PARAMETER, PITCH_PARAMETER = 1, 3

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError:
            raise MissingExtraError(f"libespeak-ng is not installed. {INSTALL}") from None
        self.rate: int = self._library.espeak_Initialize(
            self.SYNCHRONOUS, 500, None, self.PHONEME_EVENTS | self.IPA
        )
        self._samples: list[NDArray[np.int16]] = []
        self._marks: list[tuple[int, str]] = []
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
        )
        self._callback = kind(self._collect)  # kept alive: the library holds only a pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(
        self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]
    ) -> int:
        if count > 0 and samples:
            self._samples.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        n = 0
        while events[n].kind:
            if events[n].kind == self.PHONEME:
                raw = bytes(events[n].id.string).split(b"\0")[0]
                self._marks.append((events[n].sample, raw.decode("utf-8", "ignore")))
            n += 1
        return 0

    def say(self, text: str, voice: str, speed: int = 165, pitch: int = 50) -> Said:
        """One line; `voice` is a language with an optional variant (`de`, `en-us+f3`); phones are IPA."""
        self._samples, self._marks = [], []
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice '{voice}'")
        for parameter, value in ((self.RATE_PARAMETER, speed), (self.PITCH_PARAMETER, pitch)):
            self._library.espeak_SetParameter(parameter, value, 0)
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, self.UTF8, None, None)
        self._library.espeak_Synchronize()
        pcm = np.concatenate(self._samples)
        return pcm.astype(np.float32) / np.float32(32768), self.rate, self._phones(pcm)

    def _phones(self, pcm: NDArray[np.int16]) -> list[Phone]:
        starts = [0] + [start for start, _ in self._marks]
        labels = ["pau"] + [self._plain(label) for _, label in self._marks]
        for n in range(len(labels) - 2, 0, -1):
            # Marks without a sound of their own, such as "(en)" or a length, lend their time to the next one.
            sounding = labels[n] == "pau" and np.abs(pcm[starts[n] : starts[n + 1]].astype(int)).sum() > 0
            if labels[n].startswith("(") or sounding:
                starts[n + 1] = starts[n]
        for n in range(2, len(labels)):
            if labels[n][:1] in self.STOPS and labels[n - 1] != "pau":
                starts[n] = self._closure_start(pcm, starts[n - 1], starts[n])
        ends = [*starts[1:], len(pcm)]
        return [
            Phone(a / self.rate, b / self.rate, label)
            for a, b, label in zip(starts, ends, labels, strict=True)
            if b > a
        ]

    @staticmethod
    def _plain(label: str) -> str:
        plain = "".join(letter for letter in label if letter not in "ˈˌ|_:,'\u200d" and not letter.isdigit())
        return plain or "pau"

    def _closure_start(self, pcm: NDArray[np.int16], previous: int, mark: int) -> int:
        earliest = max(previous + self.rate // 50, mark - int(VOICELESS_GAP * self.rate))
        sounding = np.flatnonzero(pcm[earliest:mark])
        start = earliest + int(sounding[-1]) + 1 if len(sounding) else earliest
        return start if earliest < mark and mark - start > 0.008 * self.rate else mark


@functools.cache
def espeak() -> Espeak:
    """This process's espeak-ng."""
    return Espeak()
