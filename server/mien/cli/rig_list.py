"""`mien rig list`: every rig that needs no path."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.errors import MienError
from mien.rig import find_rig, load_rig, rig_names

YOURS = " *"
"""Behind the name of a rig of `MIEN_HOME`."""


def list_rigs(as_json: bool) -> None:
    """Print a row per rig; what is broken says so in its own row."""
    rows = [_row(name) for name in rig_names()]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    table = Table("rig", "curves", "driven", "base", "title", box=None)
    for row in rows:
        name = row["name"] + (YOURS if row["yours"] else "")
        table.add_row(*map(Text, (name, *_cells(row))))
    Console().print(table)
    if any(row["yours"] for row in rows):
        print(f"\n{YOURS.strip()} yours, in MIEN_HOME")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    if "error" in row:
        return "-", "-", "-", row["error"]
    return str(row["curves"]), str(row["driven"]), row["base"] or "-", row["title"]


def _row(name: str) -> dict[str, Any]:
    folder = find_rig(name)
    row: dict[str, Any] = {"name": name, "folder": str(folder), "yours": _is_yours(folder)}
    try:
        rig = load_rig(folder)
    except MienError as problem:
        return row | {"error": " ".join(str(problem).split())}
    base = rig.base.name if rig.base else None
    return row | {"curves": len(rig.curves), "driven": len(rig.moving), "base": base, "title": rig.title}


def _is_yours(folder: Path) -> bool:
    home = os.environ.get("MIEN_HOME")
    return bool(home) and folder.is_relative_to(Path(home or "") / "rigs")
