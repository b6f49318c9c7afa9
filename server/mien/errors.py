"""What Mien refuses, and how it says so.

    MienError                 catch this one to catch them all
    ├── InputError            what the user handed in cannot be used
    │   ├── AudioError        no audio, broken audio, audio of a kind we cannot read
    │   ├── RigError          a rig folder with a mistake in it, or a rig nobody has
    │   ├── CharacterError    a character's file with a mistake in it, or a character nobody has
    │   ├── MeshError         a face mesh that cannot be read, or that a rig cannot be fitted to
    │   ├── ModelError        a motion model that does not load or does not fit its card
    │   ├── FileError         a curve file, take or output path that does not work
    │   ├── OptionError       an option, or a pair of options, that makes no sense
    │   └── LimitError        more than a server allows: longer, larger, more at once, idle for too long
    ├── ServerError           a server that cannot start, cannot be reached, or broke off
    └── MissingExtraError     an optional part is not installed; the message names the command

A message names the thing, what came, what was wanted, and the way out. The command line prints it on one
line and leaves with exit code 2; a traceback is a bug of ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

FEW_NAMES = 16
"""So many names are listed even where a near one answers the question."""

LONGEST_NAME = 100
"""Letters of a wrong name that are looked at and said again."""


class MienError(Exception):
    """Anything Mien refuses on purpose."""


class InputError(MienError):
    """What the user handed in cannot be used."""


class AudioError(InputError):
    """No audio, broken audio, or audio of a kind we cannot read."""


class RigError(InputError):
    """A rig folder with a mistake in it, or a rig that does not exist."""


class CharacterError(InputError):
    """A character's file with a mistake in it, or a character that does not exist."""


class MeshError(InputError):
    """A face mesh that cannot be read, or that a rig cannot be fitted to."""


class ModelError(InputError):
    """A motion model that does not load or does not fit its card."""


class FileError(InputError):
    """A curve file, take or output path that does not work."""


class OptionError(InputError):
    """An option, or a pair of options, that makes no sense."""


class LimitError(InputError):
    """More than a server allows: longer, larger, more at once, idle for too long."""


class ServerError(MienError):
    """A server that cannot start, cannot be reached, or broke off."""


class MissingExtraError(MienError):
    """An optional part is not installed; the message names the command that installs it."""


def near(wrong: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?` for the known name closest to `wrong`, or nothing when none is close.

    Case does not count: `JawOpen` is near `jawOpen`.
    """
    if len(wrong) > LONGEST_NAME:  # no slip of the pen; comparing takes time with the square of the length
        return ""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(wrong.lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean '{by_lower[found[0]]}'?" if found else ""


def unknown(what: str, wrong: str, known: Iterable[str]) -> str:
    """One sentence for a name that does not exist: the nearest name, and what there is unless that is a long
    list."""
    names = list(known)
    shown = wrong if len(wrong) <= LONGEST_NAME else f"{wrong[:LONGEST_NAME]}..."
    meant = near(wrong, names)
    if meant and len(names) > FEW_NAMES:
        return f"There is no {what} '{shown}'.{meant}"
    return f"There is no {what} '{shown}'; there is {', '.join(names) or 'none'}.{meant}"
