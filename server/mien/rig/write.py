"""Writing a rig folder: JSON that people can edit, seen to load before it is in place."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from mien.errors import RigError
from mien.rig.load import load_rig
from mien.rig.read import shown

WIDTH: Final = 120
"""Columns of a line; only a curve's own line may be longer."""

NO_MORE: Final[Mapping[str, str | Path]] = MappingProxyType({})


def write_rig(
    folder: Path,
    rig: Mapping[str, Any],
    map_: Mapping[str, Any],
    source: str,
    more: Mapping[str, str | Path] = NO_MORE,
) -> None:
    """Writes a rig folder: all of it, or nothing.

    It is written beside its place and loaded there; only what loads is moved into place.

    Args:
        folder: New, or empty. Missing folders above it are made.
        rig: What `rig.json` shall say.
        map_: What `map.json` shall say.
        source: The text of `SOURCE.md`.
        more: Further files by name: their text, or a file to copy.
    Raises:
        RigError: The folder holds something or cannot be written, or what it would hold does not load.
    """
    files: dict[str, str | Path] = {
        "map.json": json_text(map_),
        "SOURCE.md": source,
        **more,
        "rig.json": json_text(rig),
    }
    target = Path(os.path.realpath(folder))
    made: list[Path] = []
    beside = target.with_name(f".mien-{secrets.token_hex(8)}.part")
    try:
        _check_free(target)
        made = [above for above in target.parents if not above.exists()]
        beside.mkdir(parents=True)
        for name, content in files.items():
            _write(beside / name, content)
        _check_loads(beside, target)
        _move(beside, target, files)
        made.clear()
    except OSError as problem:
        why = problem.strerror or problem
        raise RigError(
            f"{shown(target)}: cannot be written ({why}); choose a folder that you may write to."
        ) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        for above in made:
            with contextlib.suppress(OSError):
                above.rmdir()


def _write(path: Path, content: str | Path) -> None:
    if isinstance(content, Path):
        shutil.copyfile(content, path)
    else:
        path.write_text(content, encoding="utf-8", newline="\n")


def _check_free(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise RigError(f"{shown(target)}: is a file; name a folder that is new or empty.")
    if target.exists() and any(target.iterdir()):
        raise RigError(f"{shown(target)}: is not empty, and nothing is overwritten; name a new folder.")


def _check_loads(beside: Path, target: Path) -> None:
    try:
        load_rig(beside)
    except RigError as problem:
        raise RigError(str(problem).replace(beside.name, target.name)) from None


def _move(beside: Path, target: Path, names: Iterable[str]) -> None:
    """Moves the folder; into one that is there (somebody's shell may stand in it) file by file, in order: the
    last is `rig.json`, which makes it a rig."""
    if not target.exists():
        beside.rename(target)
        return
    try:
        for name in names:
            (beside / name).rename(target / name)
    except BaseException:
        for name in names:
            (target / name).unlink(missing_ok=True)
        raise


# Text


def json_text(content: Mapping[str, Any]) -> str:
    """`rig.json` or `map.json` as text: a line for every curve, every row of a table, every group."""
    return _laid(content, 0, 0) + "\n"


def row_text(value: object) -> str:
    """`value` as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _laid(value: object, indent: int, before: int) -> str:
    """`value` as JSON on as few lines as fit, tables always with a line for each row.

    Args:
        value: Anything that JSON holds.
        indent: Blanks before the line that `value` begins on.
        before: Columns of that line that are taken.
    """
    flat = row_text(value)
    is_table = indent <= 2
    if not isinstance(value, dict | list) or not value or (not is_table and before + len(flat) < WIDTH):
        return flat
    inner = indent + 2
    entries = value.items() if isinstance(value, dict) else (("", item) for item in value)
    parts = [_entry(key, item, inner) for key, item in entries]
    plain = not any(isinstance(item, dict | list) for item in _items(value))
    lines = _filled(parts, WIDTH - inner - 1) if plain and not is_table else parts
    first, last = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(" " * inner + line for line in lines)
    return f"{first}\n{body}\n{' ' * indent}{last}"


def _entry(key: str, item: object, indent: int) -> str:
    """One entry of an object, or of a list where `key` is empty; an object in a list takes one line."""
    start = f"{row_text(key)}: " if key else ""
    if not key and isinstance(item, dict):
        return row_text(item)
    return start + _laid(item, indent, indent + len(start))


def _items(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _filled(parts: Iterable[str], width: int) -> list[str]:
    """`parts` with commas between them, as many on a line as fit."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 2 + len(part) <= width:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return lines
