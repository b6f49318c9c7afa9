"""Where rigs are: those that came with Mien, those of the user's `MIEN_HOME`, or any folder by its path."""

from __future__ import annotations

import os
from pathlib import Path

from mien.errors import RigError, unknown
from mien.rig.read import is_folder


def rig_names() -> tuple[str, ...]:
    """The names of all rigs that need no path."""
    return tuple(sorted({folder.name for place in _places() for folder in _rigs_in(place)}))


def find_rig(name: str | os.PathLike[str]) -> Path:
    """The folder of the rig `name`: a name that Mien knows, else a path. A `Path` is always a path.

    Raises:
        RigError: There is no such rig; the message lists those there are.
    """
    given = os.fspath(name)
    if isinstance(name, str) and (known := known_rig(name)):
        return known
    if given and is_folder(Path(given)):
        return Path(given)
    if len(Path(given).parts) > 1:
        raise RigError(f"{given}: not a folder; a rig is a folder with rig.json and map.json.")
    raise RigError(unknown("rig", given, rig_names()))


def known_rig(name: str) -> Path | None:
    """The folder of the rig that needs no path, if there is one of that name."""
    folders = (folder for place in _places() for folder in _rigs_in(place))
    return next((folder for folder in folders if folder.name == name), None)


def _places() -> list[Path]:
    """Folders of rig folders: the package's, else the checkout's, then the user's."""
    here = Path(__file__).resolve()
    shipped = here.parents[1] / "rigs"
    places = [shipped if is_folder(shipped) else here.parents[3] / "rigs"]
    if home := os.environ.get("MIEN_HOME"):
        places.append(Path(home) / "rigs")
    return [place for place in places if is_folder(place)]


def _rigs_in(place: Path) -> list[Path]:
    try:
        return sorted(folder for folder in place.iterdir() if (folder / "rig.json").is_file())
    except OSError as problem:
        raise RigError(f"{place}: cannot be searched for rigs: {problem.strerror}.") from None
