"""Where characters are: any file by its path, or `MIEN_HOME/characters/NAME.toml` by its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from mien.errors import CharacterError, near, unknown

SUFFIX: Final = ".toml"


def character_names() -> tuple[str, ...]:
    """The names of all characters that need no path."""
    home = _home()
    try:
        found = sorted(home.glob(f"*{SUFFIX}")) if home else []
    except OSError as problem:
        raise CharacterError(f"{home}: cannot be searched for characters: {problem.strerror}.") from None
    return tuple(path.stem for path in found if path.stem.isprintable() and _is_file(path))


def find_character(given: str | os.PathLike[str]) -> Path:
    """The file of the character `given`: a path, else a name. A `Path` is always a path.

    Raises:
        CharacterError: There is no such character; says where it was looked for, and which there are.
    """
    path = Path(given).expanduser()
    if _is_file(path):
        return path
    if isinstance(given, str) and given in character_names():
        return named_character(given)
    raise CharacterError(f"There is no character '{path}': {_looked(path)}")


def named_character(name: str) -> Path:
    """The file of the character called `name`, wherever one is working.

    Raises:
        CharacterError: There is no such character; says which there are.
    """
    home, names = _home(), character_names()
    if home is None or name not in names:
        raise CharacterError(unknown("character", name, names))
    return home / f"{name}{SUFFIX}"


def _home() -> Path | None:
    home = os.environ.get("MIEN_HOME")
    return Path(home, "characters") if home else None


def _looked(path: Path) -> str:
    """Where there is none, and what there is instead."""
    home, names = _home(), character_names()
    if home is None:
        return "there is no such file, and no MIEN_HOME, whose folder 'characters' would be looked into."
    there = f"there is {', '.join(names) or 'none'}"
    name = path.stem if path.suffix == SUFFIX else path.name
    return f"there is no such file, and in {home} {there}.{near(name, names)}"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for the disk, or a folder closed to us
        return False
