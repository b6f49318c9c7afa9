"""JSON files that people write: read, typed, and every mistake said in one sentence with file and key."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, cast

import msgspec

from mien.errors import LONGEST_NAME, RigError, near

T = TypeVar("T")

WORDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "text",
    "array": "a list in [ ]",
    "object": "an object in { }",
}
"""msgspec's type names as a writer of JSON knows them."""

LARGEST = 1e6
"""No limit, gain or factor is larger: nothing on a face needs more, and sums stay finite in float32."""

DEEPEST: Final = 20
"""Objects and lists within one another: a rig needs seven, and text a thousand deep ends the program."""


def shown(path: Path) -> str:
    """`path` as the user would type it: from the working folder when it lies inside."""
    try:
        here = Path.cwd()
    except OSError:  # somebody removed the folder in which a server was started
        return str(path)
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def is_folder(path: Path) -> bool:
    """Whether `path` is a folder that can be looked into."""
    try:
        return path.is_dir()
    except OSError:  # a name too long for the disk, or a folder closed to us
        return False


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in the file `path`.

    Raises:
        RigError: No such file, not JSON, a key that stands twice in one object, text that cannot be printed,
            or no object.
    """
    label = shown(path)
    try:
        content = json.loads(
            path.read_text(encoding="utf-8-sig"),
            object_pairs_hook=lambda pairs: _object(pairs, label),
            parse_constant=lambda text: _refuse_constant(text, label),
        )
    except FileNotFoundError:
        raise RigError(
            f"{label}: there is no such file; a rig is a folder with rig.json and map.json."
        ) from None
    except OSError as problem:
        raise RigError(f"{label}: cannot be read: {problem.strerror}.") from None
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise RigError(f"{label}: not JSON: {problem.msg} at {where}.") from None
    except UnicodeDecodeError:
        raise RigError(f"{label}: not text in UTF-8; save it as UTF-8.") from None
    except (RecursionError, ValueError):
        raise RigError(
            f"{label}: not JSON that can be read: nested too deep, or a number too long."
        ) from None
    _check_text(content, label)
    if not isinstance(content, dict):
        raise RigError(f"{label}: holds {brief(content)}; wanted an object in {{ }}.")
    return content


def _object(pairs: list[tuple[str, Any]], label: str) -> dict[str, Any]:
    again = twice(key for key, _ in pairs)
    if again is not None:
        text = _escaped(cut(again))
        raise RigError(f"{label}: '{text}' stands twice in one object; keep one of the two.")
    return dict(pairs)


def twice(names: Iterable[str]) -> str | None:
    """The first of `names` that has come before."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _check_text(content: object, label: str, depth: int = 0) -> None:
    """Refuses what no message could repeat: all text here is names and words, on one line."""
    if depth > DEEPEST:
        raise RigError(
            f"{label}: nested too deep; wanted at most {DEEPEST} objects and lists in one another."
        )
    if isinstance(content, str) and not content.isprintable():
        odd = next(letter for letter in content if not letter.isprintable())
        raise RigError(
            f"{label}: {brief(content)} holds {_escaped(odd)}, which cannot be printed; take it out."
        )
    within = (*content, *content.values()) if isinstance(content, dict) else content
    for part in within if isinstance(within, tuple | list) else ():
        _check_text(part, label, depth + 1)


def _refuse_constant(text: str, label: str) -> NoReturn:
    raise RigError(f"{label}: {text} is not a number in JSON; wanted a finite number.")


def brief(value: object) -> str:
    """`value` as it stands in the file, cut to a line that any terminal can print."""
    text = json.dumps(value, ensure_ascii=False)
    return _escaped(text if len(text) <= 40 else text[:37] + "...")


def _escaped(text: str) -> str:
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def cut(name: str) -> str:
    """`name`, of a book only its beginning."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."


def typed(content: object, wanted: type[T], where: str) -> T:
    """`content` as the type `wanted`.

    Args:
        content: What `json` made of the file.
        wanted: A flat type: a number, text, a list, or a `msgspec.Struct` of these.
        where: File and key, for the message.
    Raises:
        RigError: A key that is unknown or missing, or a value of another type.
    """
    if issubclass(_plain(wanted), msgspec.Struct) and isinstance(content, dict):
        _check_keys(content, wanted, where)
    try:
        return msgspec.convert(content, wanted)
    except msgspec.ValidationError as mistake:
        raise RigError(f"{where}: {_in_our_words(str(mistake), content)}.") from None


def _plain(wanted: type) -> type:
    return cast(type, getattr(wanted, "__origin__", wanted))


def _check_keys(content: dict[str, Any], wanted: type, where: str) -> None:
    fields = _fields(wanted)
    for key in content:
        if key not in fields:
            raise RigError(
                f"{where}: '{cut(key)}' is not a key here; wanted {_listed(fields)}.{near(key, fields)}"
            )
    for key, required in fields.items():
        if required and key not in content:
            raise RigError(f"{where}: the key '{key}' is missing.")


@cache
def _fields(wanted: type) -> Mapping[str, bool]:
    """Key by key, whether it must be there. Asking msgspec takes longer than all the rest of a file."""
    return {field.encode_name: field.required for field in msgspec.structs.fields(wanted)}


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _in_our_words(problem: str, content: Any) -> str:
    """msgspec's `Expected `float`, got `str` - at `$.min`` as `'min' is "low"; wanted a number`."""
    place = re.search(r"at `\$(?:\.(\w+))?(?:\[(\d+)\])?`$", problem)
    key, entry = place.groups() if place else (None, None)
    if key:
        content = content[key]
    if entry:
        content = content[int(entry)]
    what = ", ".join([f"'{key}'"] * bool(key) + [f"entry {entry}"] * bool(entry))
    came = f"{what} is {brief(content)}" if what else f"came {brief(content)}"
    expected = re.match(r"Expected `([^`]+)`", problem)
    if not expected:
        return f"{came}; wanted a number of at most {LARGEST:.0f}"
    return f"{came}; wanted {' or '.join(WORDS[name] for name in expected[1].split(' | '))}"


def number(value: float, key: str, where: str) -> float:
    """`value`, refused unless it lies within a million of 0."""
    if not -LARGEST <= value <= LARGEST:
        raise RigError(f"{where}: '{key}' is {value}; wanted a number from {-LARGEST:.0f} to {LARGEST:.0f}.")
    return value


def one_of(value: str, known: Collection[str], key: str, where: str) -> str:
    """`value`, refused unless it is one of `known`."""
    if value not in known:
        raise RigError(f"{where}: '{key}' is '{cut(value)}'; wanted {_listed(known)}.{near(value, known)}")
    return value


def known(name: str, names: Collection[str], verb: str, among: str, where: str) -> str:
    """`name`, refused unless it is one of `names`; `among` says what those are."""
    if name not in names:
        raise RigError(f"{where} {verb} '{cut(name)}', which is not {among}.{near(name, names)}")
    return name


def label_text(value: str, what: str, where: str) -> str:
    """`value`, refused unless it can be a name: printable, not empty, no blanks around it."""
    if not value or not value.isprintable() or value != value.strip():
        raise RigError(
            f"{where}: {what} is {brief(value)}; wanted printable text, not empty, no blanks around it."
        )
    return value


def check_schema(content: dict[str, Any], key: str, known: int, where: str) -> None:
    """Refuses a file whose version `key` is absent, no number, or newer than `known`."""
    if key not in content:
        raise RigError(f"{where}: the key '{key}' is missing; wanted \"{key}\": {known}.")
    version = typed(content[key], int, f"{where}: '{key}'")
    if version > known:
        raise RigError(
            f"{where}: {key} {version} is newer than {known}, the newest this Mien reads; update Mien."
        )
    if version < 1:
        raise RigError(f"{where}: {key} is {version}; wanted {known}.")
