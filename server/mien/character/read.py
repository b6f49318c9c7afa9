"""TOML files that people write: read, and every mistake said in one sentence with file and place.

What they hold is checked with the tools of rig files, whose refusals become a character's here.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mien.errors import CharacterError, InputError

DATES: Final = (datetime.date, datetime.time)

TWICE: Final = "Cannot overwrite a value"
"""What Python says of a key that comes again."""


@contextmanager
def as_character() -> Iterator[None]:
    """What is refused within is refused as a mistake of the character's file, on one line."""
    try:
        yield
    except InputError as problem:
        said = "".join(letter if letter.isprintable() else "?" for letter in str(problem))
        raise CharacterError(said) from None


def read_toml(path: Path, where: str) -> dict[str, Any]:
    """The table in the file `path`; of TOML's types all but dates.

    Raises:
        CharacterError: It cannot be read, is no TOML, or holds a date.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise CharacterError(f"{where}: cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise CharacterError(f"{where}: not text in UTF-8; save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as problem:
        said = str(problem).replace(TWICE, "a key stands twice")
        raise CharacterError(f"{where}: not TOML: {said}.") from None
    except (RecursionError, ValueError):
        raise CharacterError(
            f"{where}: not TOML that can be read: nested too deep, or a number too long."
        ) from None
    _check_dates(content, where)
    return content


def _check_dates(content: object, where: str) -> None:
    if isinstance(content, DATES):
        raise CharacterError(f"{where}: {content} is a date; wanted a number, text in quotes, or a table.")
    if isinstance(content, dict):
        for key, inner in content.items():
            _check_dates(inner, f"{where}: '{key}'")
    elif isinstance(content, list):
        for inner in content:
            _check_dates(inner, where)
