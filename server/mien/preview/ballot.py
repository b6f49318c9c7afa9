"""A page that asks which of two performances people prefer, line by line, without telling which is which.

Two folders hold films of the same lines under the same names, made by `mien preview`. Out comes one folder
that can be mailed or put on any web server: `index.html` and the films under names that say nothing. The page
asks no server; at the end each participant saves a small file of answers, which `mien.preview.votes` counts.
It is blind to the eye, not to somebody who reads its source.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from mien.errors import FileError, OptionError

FILMS: Final = (".mp4", ".webp")
"""What a page can show: films with sound, and without."""

QUESTION: Final = "Which one speaks better?"
SLOT: Final = '<script type="application/json" id="ballot">{}</script>'
"""Where the template wants the ballot."""

FRAME: Final = b"ANMF"
"""A picture of an animated WebP; its duration is in the three bytes 12 after the size."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A line in two performances."""

    name: str
    """The stem that both files have."""

    films: tuple[Path, Path]
    """Of the first and of the second system."""


def pairs_in(first: Path, second: Path) -> list[Pair]:
    """The lines of which both folders have a film, by name.

    Raises:
        FileError: No folder, no films, a line that only one of them has, or that is of two kinds.
    """
    one, other = _films(first), _films(second)
    for here, there, missing in ((first, second, one.keys() - other), (second, first, other.keys() - one)):
        if missing:
            raise FileError(
                f"{here} has '{min(missing)}', which {there} has not; put it there too, or take it out."
            )
    for name in one:
        if one[name].suffix.lower() != other[name].suffix.lower():
            raise FileError(
                f"{one[name]} and {other[name]} are of two kinds, which would tell them apart; make both "
                "alike."
            )
    return [Pair(name, (one[name], other[name])) for name in sorted(one)]


def _films(folder: Path) -> dict[str, Path]:
    """The films in `folder`, by stem."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in FILMS)
    except OSError as problem:
        raise FileError(f"{folder}: is no folder that can be looked into: {problem.strerror}.") from None
    if not found:
        raise FileError(
            f"{folder}: holds no films ({', '.join(FILMS)}); make one with `mien preview line.wav -o "
            f"{folder / 'line.mp4'}`."
        )
    by_stem: dict[str, Path] = {}
    for path in found:
        if path.stem in by_stem:
            raise FileError(f"{by_stem[path.stem]} and {path} are one line twice; keep one of them.")
        by_stem[path.stem] = path
    return by_stem


def names_of(first: Path, second: Path, given: str | None = None) -> tuple[str, str]:
    """What the two systems are called in the answers: as `given`, else as their folders are.

    Raises:
        OptionError: Not two different names.
    """
    if given is None:
        one, other = first.resolve(), second.resolve()
        names = (one.name, other.name) if one.name != other.name else (str(first), str(second))
        if one == other:
            raise OptionError(f"{first} and {second} are one folder; name two.")
        return names
    parts = [part.strip() for part in given.split(",")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        raise OptionError(f"--names {given}: wanted two different names with a comma between, as old,new.")
    return parts[0], parts[1]


def write_ballot(
    pairs: list[Pair], systems: tuple[str, str], out: Path, title: str, question: str = QUESTION
) -> dict[str, Any]:
    """Writes the folder `out`, whole or not at all, and gives what the page was told.

    Args:
        systems: Names of the first and the second one.
        out: New, or an empty folder.
        title: Above the page.
        question: Above each pair.
    Raises:
        FileError: A film that is none, or a folder that holds something or cannot be written.
    """
    _check_letters(title, question, *systems, *(pair.name for pair in pairs))
    target = Path(os.path.realpath(out))
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileError(f"{out}: is there already, and nothing is overwritten; name a new folder.")
    beside = target.with_name(f".mien-{secrets.token_hex(8)}.part")
    try:
        (beside / "films").mkdir(parents=True)
        lines = [_line(pair, beside / "films") for pair in pairs]
        told = _told(lines, systems, title, question)
        (beside / "index.html").write_text(page(told), encoding="utf-8", newline="\n")
        if target.exists():
            target.rmdir()
        beside.rename(target)
    except OSError as problem:
        why = problem.strerror or problem
        raise FileError(f"{out}: cannot be written ({why}); choose another folder.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return told


def _check_letters(*texts: str) -> None:
    """Refuse what no page can hold: bytes of another encoding in the name of a file, say."""
    for text in texts:
        if (written := text.encode(errors="replace").decode()) != text:
            raise FileError(f"'{written}' has letters that are not in Unicode; name it otherwise.")


def _line(pair: Pair, folder: Path) -> dict[str, Any]:
    """A line as the page is told of it; its films are copied into `folder`."""
    return {"name": pair.name, "takes": [_take(film, folder) for film in pair.films]}


def _take(film: Path, folder: Path) -> dict[str, Any]:
    try:
        data = film.read_bytes()
    except OSError as problem:
        raise FileError(f"{film}: cannot be read: {problem.strerror}.") from None
    seconds = _seconds(film, data)
    name = hashlib.sha256(data).hexdigest()[:16] + film.suffix.lower()
    (folder / name).write_bytes(data)
    return {"file": f"films/{name}", "seconds": seconds}


def _seconds(film: Path, data: bytes) -> float | None:
    """How long an animated WebP goes; None for an MP4, which tells by itself when it is over."""
    if film.suffix.lower() == ".mp4":
        if data[4:8] != b"ftyp":
            raise FileError(f"{film}: is not an MP4; make it again with `mien preview`.")
        return None
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise FileError(f"{film}: is not a WebP; make it again with `mien preview`.")
    total, at = 0, 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == FRAME:
            total += int.from_bytes(data[at + 20 : at + 23], "little")
        at += 8 + size + size % 2
    if not total:
        raise FileError(f"{film}: does not move; make it an animated WebP with `mien preview`.")
    return total / 1000


def _told(lines: list[dict[str, Any]], systems: tuple[str, str], title: str, question: str) -> dict[str, Any]:
    """What the page is told; its `id` is that of these very films, names and words."""
    told = {"title": title, "question": question, "systems": list(systems), "lines": lines}
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return {"id": hashlib.sha256(text.encode()).hexdigest()[:16], **told}


def page(told: Mapping[str, Any]) -> str:
    """The page of a ballot."""
    template = files("mien.preview").joinpath("ballot.html").read_text(encoding="utf-8")
    content = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")  # no end of the script in a name
    return template.replace(SLOT, SLOT.replace("{}", content))
