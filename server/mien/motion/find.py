"""Where models lie: in the package, then in `MIEN_HOME/models`; or a folder named by its path."""

from __future__ import annotations

import os
from pathlib import Path

from mien.errors import ModelError, unknown


def _shelves() -> list[Path]:
    home = os.environ.get("MIEN_HOME")
    package = Path(__file__).parents[1] / "models"
    return [package, Path(home, "models")] if home else [package]


def model_names() -> list[str]:
    """Every model there is, by name."""
    found = {path.parent.name for shelf in _shelves() for path in shelf.glob("*/card.json")}
    return sorted(found)


def find_model(name: str | os.PathLike[str]) -> Path:
    """The folder of the model `name`: a name that Mien knows, else a path. A `Path` is always a path.

    Raises:
        ModelError: There is no such model; says which there are.
    """
    if not isinstance(name, str):
        return Path(name)
    for shelf in _shelves():
        if name and (shelf / name / "card.json").is_file():
            return shelf / name
    path = Path(name).expanduser()
    if path.is_dir() or len(path.parts) > 1:
        return path
    raise ModelError(unknown("model", name, model_names()))
