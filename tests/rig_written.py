"""Rigs that tests write themselves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mien.errors import RigError
from mien.rig import Rig, load_rig


def folder_of(folder: Path, rig: Any, map_: Any) -> Path:
    """A rig folder of `rig` and `map_`: text as it is, anything else as JSON, None left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("rig.json", rig), ("map.json", map_)):
        if content is not None:
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def rig_written(folder: Path, curves: Sequence[str | dict[str, Any]], **tables: Any) -> Path:
    """A rig folder of `curves`, weights where only a name is given, and the tables of the map."""
    rows = [{"name": row} if isinstance(row, str) else row for row in curves]
    rig = {"schema": 1, "title": folder.name, "curves": rows}
    return folder_of(folder, rig, {"schema": 1, "motion": 1, **tables})


def loaded(folder: Path, curves: Sequence[str | dict[str, Any]], **tables: Any) -> Rig:
    """The rig of `rig_written`."""
    return load_rig(rig_written(folder, curves, **tables))


def refusal(folder: Path) -> str:
    """What the loader says to the rig in `folder`, without the folder's own path."""
    with pytest.raises(RigError) as refused:
        load_rig(folder)
    told = str(refused.value)
    assert told.isprintable(), "one line that any terminal can print"
    return told.replace(f"{folder}/", "")
