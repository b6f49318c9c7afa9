"""What there is to look at: a sound, a take, or a file of curves, as curves that the house head has.

sound --bake--> take --fit--> curves of `house`
curves named as ARKit's, in any case ------> by their names
curves of any other rig --motion_of--> motion --fit--> curves of `house`
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from mien.audio import open_audio
from mien.character import Character
from mien.clock import frame_rate
from mien.errors import FileError, OptionError, RigError
from mien.files import FORMATS, TAKE_SUFFIX, read_curves
from mien.pipeline import Named, Rate, Take, bake, open_take, rig_of
from mien.preview.head import TURNS
from mien.rig import Rig, find_rig, fit, load_rig, mesh_of, motion_of, rig_names
from mien.score import ENDINGS, read_phones, utterance_name
from mien.values import Curves, Phone

HOUSE = "house"
"""The rig whose curves a head is posed by; heads of users have some of the same names."""

DEFAULT_RATE = 30
"""Frames a second of a film: what a sound or a take says is not lost in it, and all players show it."""

CURVE_SUFFIXES = tuple(suffix for row in FORMATS for suffix in row.suffixes)
"""Of files of curves."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One performance, ready to be shown."""

    name: str
    """The file's."""

    curves: Curves
    """Named as on the house head, frame by frame of the film."""

    sound: Path | None = None
    """What is heard; its first sample is at second 0."""

    phones: tuple[Phone, ...] = ()
    """In order; empty where nobody knows them."""

    emotion: tuple[Mapping[str, Any], ...] = ()
    """The take's track: keys with `at`, seconds, and `emotion`, weights by name."""

    notes: tuple[str, ...] = ()
    """What a viewer should know: one sentence each."""

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.curves.values)

    @property
    def seconds(self) -> float:
        """From the beginning of the first frame to the end of the last."""
        return float(self.frames / self.curves.rate)

    def phone_at(self, seconds: float) -> Phone | None:
        """The phone spoken at that time, if one is known."""
        return next((phone for phone in self.phones if phone.start <= seconds < phone.end), None)

    def emotion_at(self, seconds: float) -> str:
        """The strongest emotion of the last key before that time, or nothing."""
        keys = [key for key in self.emotion if key.get("at", 0) <= seconds]
        weights = max(keys, key=lambda key: key.get("at", 0)).get("emotion", {}) if keys else {}
        return max(weights, key=weights.__getitem__) if weights else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file is to be read."""

    rig: Named | Rig | None = None
    """Of a sound or take: the rig whose curves are shown. Of curves: the rig that they belong to."""

    character: Character | None = None
    """Who speaks; for sounds and takes."""

    rate: Rate | None = None
    """Frames a second; else 30, and of curves their own."""

    phones: Path | None = None
    """Else those of the take, or those beside the sound."""

    sound: Path | None = None
    """For takes and curves, which have none."""


def read_line(path: Path, asked: Asked, progress: Callable[[float], None] | None = None) -> Line:
    """What is in `path`.

    Args:
        progress: Called with the share done, 0..1, while a sound is baked.
    Raises:
        InputError: As from reading sound, take, curves, phones and rig; options that contradict the file; or
            curves that are of no rig here.
    """
    if asked.sound is not None:
        open_audio(asked.sound).close()
    if is_sound(path):
        line = _of_sound(path, asked, progress)
    elif path.suffix.lower() == TAKE_SUFFIX:
        line = _of_take(path, open_take(path), asked, asked.sound)
    else:
        line = _of_curves(path, asked)
    if not line.frames:
        raise FileError(f"{path}: has no frames, so there is nothing to see; make it again.")
    return _with_phones(path, line, asked.phones)


def is_sound(path: Path) -> bool:
    """Whether `path` is heard and baked: anything that is named neither as a take nor as curves."""
    return path.suffix.lower() not in (TAKE_SUFFIX, *CURVE_SUFFIXES)


def house_head() -> Path:
    """The head that comes with Mien.

    Raises:
        RigError: This Mien came without it.
    """
    mesh = mesh_of(find_rig(HOUSE))
    if mesh is None:
        raise RigError(f"The rig '{HOUSE}' names no mesh, so there is no head to show; name one by --head.")
    return mesh


# Sounds and takes


def _of_sound(path: Path, asked: Asked, progress: Callable[[float], None] | None) -> Line:
    if asked.sound is not None:
        raise OptionError(f"{path} is a sound itself; leave --audio out.")
    take = bake(path, character=asked.character, rate=_rate(asked), progress=progress)
    return _of_take(path, take, asked, path)


def _of_take(path: Path, take: Take, asked: Asked, sound: Path | None) -> Line:
    who = asked.character
    rig = rig_of(asked.rig, who) if who or asked.rig else _house()
    curves = take.curves(None if who else rig, _rate(asked), character=who)
    notes = _compared(path, take, sound) if sound else ()
    return Line(path.name, shown(curves, rig), sound, take.alignment, take.emotion, notes)


def _compared(path: Path, take: Take, sound: Path) -> tuple[str, ...]:
    """A note when the sound is certainly not that of the take."""
    with open_audio(sound) as audio:
        seconds = audio.duration
    if seconds is None or abs(seconds - take.duration) < Fraction(1, 50):
        return ()
    long, wanted = float(seconds), float(take.duration)
    return (
        f"{sound.name} lasts {long:.2f} s and the sound of {path.name} {wanted:.2f} s: it may be another's.",
    )


def _rate(asked: Asked) -> Fraction:
    return frame_rate(DEFAULT_RATE if asked.rate is None else asked.rate)


# Curves


def _of_curves(path: Path, asked: Asked) -> Line:
    if asked.character is not None:
        raise OptionError(
            f"{path} holds curves, which are spoken already; --character is for sounds and takes."
        )
    curves = read_curves(path)
    rig = load_rig(find_rig(asked.rig)) if isinstance(asked.rig, str | os.PathLike) else asked.rig
    if rig is None and not set(map(str.lower, curves.names)) <= _spellings().keys():
        rig = _rig_with(path, curves.names)
    try:
        seen = shown(at_rate(curves, asked.rate), rig)
    except RigError as problem:
        raise RigError(f"{path}: {problem}") from None
    return Line(path.name, seen, asked.sound)


def shown(curves: Curves, rig: Rig | None) -> Curves:
    """`curves` as the house head's: by their names where they are ARKit's, else back through motion.

    Args:
        rig: Whose curves they are; None: nobody's, and their names are ARKit's.
    Raises:
        RigError: Names that are not the rig's, or a rig whose map cannot be turned round.
    """
    if rig is None or _speaks_arkit(rig):
        return _by_name(curves, rig)
    still = replace(curves, start=0.0)  # frames of motion are counted from second 0
    back = fit(motion_of(still, rig), _house(), curves.rate, len(curves.values))
    return replace(back, start=curves.start)


def at_rate(curves: Curves, rate: Rate | None) -> Curves:
    """`curves` at another rate, on straight lines between their frames; they last as long as before."""
    if rate is None or (exact := frame_rate(rate)) == curves.rate or not len(curves.values):
        return curves
    last, step = len(curves.values) - 1, curves.rate / exact
    at = np.arange(math.ceil((last + 1) / step)) * step.numerator
    before, after = (np.minimum(at // step.denominator + k, last) for k in (0, 1))
    share = (at % step.denominator / step.denominator).astype(np.float32)[:, np.newaxis]
    values = curves.values[before] * (1 - share) + curves.values[after] * share
    return replace(curves, values=values, rate=exact)


def _by_name(curves: Curves, rig: Rig | None) -> Curves:
    """The columns that the house head has, in its spelling."""
    spelled = _spellings()
    angles = {curve.name for curve in rig.curves if curve.unit != "rad"} if rig else set()
    chosen: dict[str, int] = {}
    for column, name in enumerate(curves.names):
        house = spelled.get(name.lower())
        if house and not (house in TURNS and name in angles):  # degrees or shares of a turn: not the same
            chosen[house] = column
    if not chosen:
        first = ", ".join(f"'{name[:40]}'" for name in curves.names[:3])
        raise RigError(f"none of its curves ({first} ...) is ARKit's; say by --rig whose they are.")
    _check_values(curves, chosen.values())
    return replace(curves, names=tuple(chosen), values=curves.values[:, list(chosen.values())])


HIGHEST: Final = 10.0
"""A value beyond this tears the face, or was meant in other units: twice what is overdone on purpose."""


def _check_values(curves: Curves, columns: Iterable[int]) -> None:
    """Refuse values that no face was meant to have."""
    for column in columns:
        for frame in np.flatnonzero(np.abs(curves.values[:, column]) > HIGHEST)[:1]:
            raise RigError(
                f"'{curves.names[column]}' is {curves.values[frame, column]:g} at frame {frame}, and faces "
                "go from 0 to 1; if these are per cent, divide by 100."
            )


def _speaks_arkit(rig: Rig) -> bool:
    """Whether the shapes of `rig` are all ARKit's, or all of ARKit's among them, in any case. A rig that
    shares but some of the names says the rest with curves of its own, which by their names would be lost."""
    shapes = {curve.name.lower() for curve in rig.curves if curve.unit == "weight"}
    arkit = {name.lower() for name in load_rig(find_rig("arkit")).names}
    return shapes <= _spellings().keys() or arkit <= shapes


def _rig_with(path: Path, names: Sequence[str]) -> Rig | None:
    """The smallest rig that has all these curves; None where there is none, and some are ARKit's.

    Raises:
        FileError: There is none, and none is ARKit's.
    """
    fitting = [rig for rig in _rigs() if set(names) <= set(rig.names)]
    if not fitting and any(name.lower() in _spellings() for name in names):
        return None
    if not fitting:
        first = ", ".join(f"'{name[:40]}'" for name in names[:3])
        raise FileError(
            f"{path}: its {len(names)} curves ({first} ...) are of no rig here; say which by --rig, "
            "and see `mien rig list`."
        )
    return min(fitting, key=lambda rig: len(rig.curves))


def _rigs() -> Iterator[Rig]:
    """Every rig that loads; what is wrong with the others is for `mien rig list` to say."""
    for name in rig_names():
        with contextlib.suppress(RigError):
            yield load_rig(find_rig(name))


@cache
def _house() -> Rig:
    return load_rig(find_rig(HOUSE))


@cache
def _spellings() -> dict[str, str]:
    """The house head's names by their lower case."""
    return {name.lower(): name for name in _house().names}


# Phones


def _with_phones(path: Path, line: Line, given: Path | None) -> Line:
    """With the phones in `given`, else the take's own, else those that lie beside the sound or the file."""
    if given is None and line.phones:
        return line
    places = (path,) if line.sound is None else (line.sound, path)
    found = given or next(filter(None, map(phones_beside, places)), None)
    return line if found is None else replace(line, phones=tuple(read_phones(found)))


def phones_beside(path: Path) -> Path | None:
    """The file of phones that lies beside `path` under the same name, whatever the case of its ending."""
    for ending in ENDINGS:
        for found in sorted(path.parent.glob("*")):
            if found.name.lower().endswith(ending.lower()) and utterance_name(found) == path.stem:
                return found
    return None
