"""Names of a face's shapes, out of whatever the user has: a list of them, or the face itself."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mien.errors import OptionError, RigError, near
from mien.face import FaceMesh, read_face

MESHES: Final = (".glb", ".gltf", ".vrm", ".npz")
"""What is read as a face; so is a folder."""

LARGEST: Final = 16 << 20
"""Bytes of a list: more names than any face has."""

TABLES: Final = (".csv", ".tsv")
COLUMN: Final = "name"
"""The column of a table that holds the names; without one, every cell is a name."""

BOMS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""How Windows marks the encoding of a text."""

FORMS: Final = (
    "names one per line (.txt, .csv, .json), a .glb, .gltf, .vrm or .npz, or a folder of .obj files"
)


@dataclass(frozen=True, slots=True)
class Names:
    """Names to make a rig of."""

    names: tuple[str, ...]
    what: str
    """What they are names of: `names`, `shapes` or `expressions`."""


def read_names(path: Path, expressions: bool | None) -> Names:
    """The names in `path`.

    Args:
        path: A list, or a face.
        expressions: Of a VRM, its expressions or its shapes; None: expressions, where any moves a shape.
    Raises:
        RigError: No list that can be read.
        MeshError: No face that can be read.
        OptionError: Expressions of what has none.
    """
    if path.is_dir() or path.suffix.lower() in MESHES:
        return _of_face(path, read_face(path), expressions)
    if expressions is not None:
        raise OptionError(
            f"{path}: is a list; --shapes and --expressions choose from a face, leave them out."
        )
    return Names(tuple(_of_list(path, _text(path))), "names")


def _of_face(path: Path, face: FaceMesh, expressions: bool | None) -> Names:
    if expressions is None:
        expressions = any(any(binds.values()) for binds in face.expressions.values())
    if not expressions:
        return Names(tuple(face.shapes), "shapes")
    if not face.expressions:
        raise OptionError(f"{path}: has no expressions, only a .vrm does; leave --expressions out.")
    return Names(tuple(face.expressions), "expressions")


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST else b""
    except FileNotFoundError:
        raise RigError(f"{path}: there is no such file or folder.{_neighbour(path)}") from None
    except OSError as problem:
        raise RigError(f"{path}: cannot be read ({problem.strerror or problem}).") from None
    if size > LARGEST:
        raise RigError(f"{path}: has {size} bytes, too many for a list of names; wanted {FORMS}.")
    encoding = next((name for bom, name in BOMS.items() if data.startswith(bom)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise RigError(f"{path}: is neither text in UTF-8 nor a face that is read; wanted {FORMS}.") from None
    if "\0" in text:
        raise RigError(f"{path}: holds bytes, not text; wanted {FORMS}.")
    return text


def _neighbour(path: Path) -> str:
    try:
        return near(path.name, (sibling.name for sibling in path.parent.iterdir()))
    except OSError:
        return ""


# Lists


def _of_list(path: Path, text: str) -> list[str]:
    if path.suffix.lower() == ".json" or re.match(r"\s*\[\s*\"", text):
        return _of_json(path, text)
    if path.suffix.lower() in TABLES:
        return _of_table(path, text)
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("# ")]
    if len(lines) == 1 and re.search(r"[,;\t]", lines[0]):
        return _of_table(path, lines[0])
    return [re.sub(r"^([\"'])(.*)\1$", r"\2", line.rstrip(",")) for line in lines]


def _of_json(path: Path, text: str) -> list[str]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise RigError(f"{path}: not JSON ({problem}); wanted a list of names.") from None
    if isinstance(content, dict) and all(isinstance(value, int | float) for value in content.values()):
        content = list(content)  # names with a number each, as three.js and engines print them
    if not isinstance(content, list) or not all(isinstance(name, str) for name in content):
        raise RigError(f'{path}: holds something else than names; wanted ["jawOpen", "mouthClose", ...].')
    return content


def _of_table(path: Path, text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("# ")]
    mark = max("\t;,", key=(lines[0] if lines else "").count)
    try:
        rows = [
            [cell.strip() for cell in row]
            for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=mark)
        ]
    except csv.Error as problem:
        raise RigError(f"{path}: not a table ({problem}); wanted names, one per line.") from None
    header = [cell.casefold() for cell in rows[0]] if rows else []
    if COLUMN in header:
        column = header.index(COLUMN)
        return [row[column] for row in rows[1:] if column < len(row)]
    cells = [cell for row in rows for cell in row if cell]
    number = next((cell for cell in cells if re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", cell)), None)
    if number is not None:
        raise RigError(
            f"{path}: holds '{number}', which is a number; wanted names alone, or a column '{COLUMN}'."
        )
    return cells
