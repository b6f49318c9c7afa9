"""Characters to test with, written on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mien.character import load_character
from mien.rig import Rig, find_rig, load_rig

VERA = """\
schema = 1
rig = "arkit"
model = "mien-live"
seed = 7
mood = {joy = 0.2, "mild surprise" = 0.1}
manner = "reserved"
asymmetry = {mouth = 0.1}

[style]
articulation = 1.1

[gains]
jawOpen = 0.8
brow = 1.3

[limits]
mouthSmileLeft = [0, 0.6]
"""


def written(folder: Path, text: str, name: str = "vera.toml") -> Path:
    """`text` as a file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def toml(table: dict[str, Any]) -> str:
    """`table` in one line."""
    return ", ".join(f'"{name}" = {value}' for name, value in table.items())


def rig_with(shelf: Path, rig: str, asymmetry: object = 0, **tables: dict[str, Any]) -> Rig:
    """The rig of a character with `gains` and `limits`."""
    lean = f"{{{toml(asymmetry)}}}" if isinstance(asymmetry, dict) else asymmetry
    lines = [f"{table} = {{{toml(content)}}}" for table, content in tables.items()]
    text = "\n".join(["schema = 1", f'rig = "{rig}"', f"asymmetry = {lean}", *lines])
    return load_character(written(shelf, text)).rig


def plain(rig: str) -> Rig:
    return load_rig(find_rig(rig))


def column(rig: Rig, name: str) -> int:
    return rig.names.index(name)
