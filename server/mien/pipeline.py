"""The flow on one page: sound in, motion, curves of a rig out.

    samples --Resampler--> 16 kHz --MotionStream--> rows --LayerStack--> motion --fit--> curves
              audio                  motion               layers           rig

`Voice` is that way for one voice up to the rows. A file is one `Voice` from beginning to end (`bake`), a
stream is the same `Voice` fed bit by bit and followed by layers and rig (`Stream`). There is no second path,
so a stream gives the bake's curves to the bit. What a bake leaves is a `Take`; every later step reads takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from mien.audio import PcmDecoder, open_audio
from mien.character import MOST_SEED, Character, load_character
from mien.clock import SAMPLE_RATE, frame_rate, seconds_to_frames_ceil, tail_seconds
from mien.errors import InputError, OptionError
from mien.files import read_take, write_take
from mien.layers import LayerStack, Strengths
from mien.motion import MotionModel, find_model, load_model
from mien.rig import Rig, drive, find_rig, fit, load_rig
from mien.values import CHANNELS, DEFAULT_EASE, Control, Curves, Motion, TakeRecord
from mien.voice import Applied, Performance, Voice

Floats = NDArray[np.float32]
Named = str | os.PathLike[str]
Rate = str | float | Fraction

DEFAULT_MODEL, DEFAULT_RIG, DEFAULT_RATE, DEFAULT_TAIL = "mien-live", "arkit", 60, 0.3
BLOCK = 60
"""Seconds of a file read at once. That makes many lanes for the model, which takes twice the time at 10 s."""


class Sound(Protocol):
    """What a bake listens to."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def frames(self) -> int | None:
        """How many samples there will be, if that is known."""

    def blocks(self, seconds: float) -> Iterator[Floats]:
        """All of it from the beginning, mono."""


def bake(
    source: Named | Sound,
    *,
    character: Named | Character | None = None,
    model: Named | MotionModel | None = None,
    rate: Rate = DEFAULT_RATE,
    tail: float = DEFAULT_TAIL,
    layers: Strengths | None = None,
    controls: Sequence[Control] = (),
    seed: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Take:
    """A take of the speech in an audio file.

    Args:
        source: Any file that libsndfile reads: any rate, channels (mixed to one) and width. Read in blocks.
            Or sound that comes in blocks of its own.
        character: Who speaks: a file, the name of one in `MIEN_HOME/characters`, or a loaded one. Of it the
            take has model, style and seed; its rig comes with `take.curves(character=...)`.
        model: A model's name, a model's folder, or a loaded model; else the character's, else `mien-live`.
        rate: Frames a second, 1..120, that curves of the take have unless asked otherwise.
        tail: Seconds after the end in which the mouth comes to rest, 0..60.
        layers: Strength, 0..2, of layers that shall not act as designed: `{"articulation": 0.7}` mumbles.
            They count before those of the character's style.
        controls: What changes within the line, each with its time.
        seed: What random layers draw from; else the character's, else 0.
        progress: Called with the share done, 0..1. What it raises ends the bake.
    Raises:
        AudioError: The file is missing, empty, broken or no audio.
        CharacterError, ModelError: There is no such character or model.
        OptionError: A rate, tail, layer, control or seed outside its range.
    """
    who = _character(character)
    order = Order(
        model_of(model, who), frame_rate(rate), tail_seconds(tail), styled(layers, who), tuple(controls),
        who, seeded(seed, who),
    )  # fmt: skip
    if isinstance(source, str | os.PathLike):
        with open_audio(Path(source)) as audio:
            return _bake(audio, order, progress)
    return _bake(source, order, progress)


@dataclass(frozen=True, slots=True)
class Order:
    """What a bake was asked for, checked."""

    model: MotionModel
    rate: Fraction
    tail: float
    layers: Strengths
    controls: tuple[Control, ...]
    character: Character | None = None
    seed: int = 0

    @property
    def settings(self) -> dict[str, Any]:
        """For the take: what differs from the defaults, as JSON values."""
        controls = [{"at": c.at, "ease": c.ease, "layers": dict(c.layers)} for c in self.controls]
        given = {"layers": dict(self.layers), "controls": controls, "seed": self.seed}
        kept = {name: value for name, value in given.items() if value}
        return kept | (self.character.settings if self.character else {})


def _bake(audio: Sound, order: Order, progress: Callable[[float], None] | None) -> Take:
    voice, stack = Voice(order.model, audio.rate, order.tail), LayerStack(order.layers, order.controls)
    rows = []
    for block in audio.blocks(BLOCK):
        rows.append(voice.push(block))
        if progress and audio.frames:
            progress(min(1.0, voice.heard / audio.frames))
    rows.append(voice.flush())
    speech = _motion(rows)
    return Take(
        speech=speech,
        layers={name: Motion(added) for name, added in stack.add(speech.values, 0).items()},
        duration=voice.duration,
        tail=order.tail,
        rate=order.rate,
        model=order.model.name,
        audio_sha256=voice.sha256,
        settings=order.settings,
    )


def open_stream(
    sample_rate: int = SAMPLE_RATE,
    *,
    character: Named | Character | None = None,
    rig: Named | Rig | None = None,
    model: Named | MotionModel | None = None,
    rate: Rate = DEFAULT_RATE,
    tail: float = DEFAULT_TAIL,
    layers: Strengths | None = None,
    controls: Sequence[Control] = (),
    encoding: str = "f32le",
    channels: int = 1,
) -> Stream:
    """A stream: push sound as it comes, get frames as soon as they are settled.

    Args:
        sample_rate: Of the sound that will be pushed, Hz.
        character: Who speaks, as in `bake`; on the rig that it has.
        rig: Without a character: a rig's name, a rig's folder, or a loaded rig; else `arkit`.
        model, rate, tail, layers, controls: As in `bake`.
        encoding: Of pushed bytes: s16le, s24le, s32le, f32le, f64le, u8, mulaw. Arrays go by their own type.
        channels: Interleaved in pushed bytes; mixed to one.
    """
    who = _character(character)
    voice = Voice(model_of(model, who), sample_rate, tail)
    stack = LayerStack(styled(layers, who), controls)
    worn = rig_of(rig, who)
    return Stream(Performance(voice, stack, worn, frame_rate(rate), PcmDecoder(encoding, channels)))


class Stream:
    """Sound in any chunks in, frames of one rig out; a context manager; belongs to one thread."""

    def __init__(self, performance: Performance) -> None:
        self.rig, self.rate = performance.rig, performance.rate
        self._performance = performance
        self._open = True

    @property
    def look_ahead(self) -> float:
        """Seconds of sound a frame needs beyond its own time, with resampler, model and interpolation."""
        return self._performance.look_ahead

    def push(self, sound: Floats | bytes) -> Curves:
        """Frames that `sound` settles, none perhaps; together they are the bake's, to the bit.

        Args:
            sound: Shape (samples,), or bytes in the stream's encoding (a sample may be cut anywhere).
        Raises:
            InputError: The stream was flushed.
            AudioError: NaN or infinity in the sound.
        """
        self._check_open()
        return self._curves(self._performance.voice.push(self._performance.decode(sound)))

    def control(self, layers: Strengths, at: float | None = None, ease: float = DEFAULT_EASE) -> Applied:
        """Change the strength of layers within the line.

        Args:
            layers: Strength, 0..2, by name.
            at: Seconds of sound; None: now, when the sound pushed so far ends. A past time means at once.
            ease: Seconds over which the change eases in.
        Raises:
            InputError: The stream was flushed.
            OptionError: A layer nobody has, or a number outside its range.
        """
        self._check_open()
        return self._performance.control(Control(dict(layers), at, ease))

    def flush(self) -> Curves:
        """The last frames: to the end of the sound, and the tail."""
        self._check_open()
        self._open = False
        return self._curves(self._performance.voice.flush())

    def _check_open(self) -> None:
        if not self._open:
            raise InputError("This stream was flushed; open a new one for the next line.")

    def _curves(self, rows: Floats) -> Curves:
        start = float(self._performance.frame / self.rate)
        values = drive(self._performance.frames(rows), self.rig)
        return Curves(self.rig.names, values, self.rate, start)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False


@dataclass(frozen=True, slots=True, eq=False)
class Take(TakeRecord):
    """What a bake makes: motion of speech and of each layer, to be had as curves of any rig at any rate."""

    @property
    def frames(self) -> int:
        """Frames at the take's own rate, tail and both ends included."""
        return self.frames_at(self.rate)

    def curves(
        self,
        rig: Named | Rig | None = None,
        rate: Rate | None = None,
        *,
        character: Named | Character | None = None,
    ) -> Curves:
        """Curves of a rig, frames k = 0 .. ceil((duration + tail) x rate) at k/rate.

        Args:
            rig: A rig's name, a rig's folder, or a loaded rig; else `arkit`.
            rate: Frames a second, 1..120; else the take's own.
            character: In place of a rig: that of a character, with its gains, limits and asymmetry. Its style
                is the bake's.
        Raises:
            RigError, CharacterError: There is no such rig or character, or it has a mistake in it.
            OptionError: A rig and a character.
        """
        exact = self.rate if rate is None else frame_rate(rate)
        return fit(self.motion, rig_of(rig, _character(character)), exact, self.frames_at(exact))

    def save(self, path: Named) -> None:
        """Write as a `.mien` file, whole or not at all."""
        write_take(self, Path(path))

    def frames_at(self, rate: Fraction) -> int:
        """Frames at any other rate."""
        return seconds_to_frames_ceil(self.duration + Fraction(str(self.tail)), rate) + 1


def open_take(path: Named) -> Take:
    """The take in a `.mien` file.

    Raises:
        FileError: Missing, broken, or from a newer Mien.
    """
    record = read_take(Path(path))
    return Take(**{field.name: getattr(record, field.name) for field in fields(record)})


def _motion(blocks: list[Floats]) -> Motion:
    """All rows as one; emptied as it goes, so that hours of motion are not held twice."""
    rows = np.empty((sum(map(len, blocks)), len(CHANNELS)), "f4")
    end = len(rows)
    while blocks:
        block = blocks.pop()
        rows[end - len(block) : end] = block
        end -= len(block)
    rows.flags.writeable = False
    return Motion(rows)


# Who speaks


def rig_of(given: Named | Rig | None, who: Character | None) -> Rig:
    """The rig that was asked for, else the character's, else `arkit`.

    Raises:
        OptionError: Both; a character's gains and limits go by the curves of its own rig.
    """
    if who is None:
        return (
            given if isinstance(given, Rig) else load_rig(find_rig(DEFAULT_RIG if given is None else given))
        )
    if given is not None:
        raise OptionError(
            f"A rig is given and the character '{who.name}', which brings its own, '{who.rig.name}'; "
            "leave one of the two out."
        )
    return who.rig


def styled(layers: Strengths | None, who: Character | None) -> dict[str, float]:
    """Strengths: those that are given, then those of the character's style."""
    return {**(who.style if who else {}), **(layers or {})}


def seeded(seed: int | None, who: Character | None) -> int:
    """The seed that is given, else the character's, else 0.

    Raises:
        OptionError: One that the wire and takes have no room for.
    """
    if seed is None:
        return (who.seed or 0) if who else 0
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MOST_SEED:
        raise OptionError(f"A seed is a whole number 0..{MOST_SEED}; got {seed!r}.")
    return seed


def _character(given: Named | Character | None) -> Character | None:
    return given if given is None or isinstance(given, Character) else load_character(given)


def model_of(given: Named | MotionModel | None, who: Character | None) -> MotionModel:
    """The model that was asked for, else the character's, else `mien-live`.

    Raises:
        ModelError: There is no such model, or it does not load.
    """
    if given is None:
        given = (who.model if who else None) or DEFAULT_MODEL
    return given if isinstance(given, MotionModel) else _load_model(find_model(given))


@lru_cache(maxsize=8)
def _load_model(folder: Path) -> MotionModel:
    return load_model(folder)
