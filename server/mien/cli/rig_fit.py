"""`mien rig fit`: a rig that knows its mesh."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.errors import FileError, MeshError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mien.fitting import Given
    from mien.values import Motion


def fit(
    rig: Annotated[str, typer.Argument(help="Name or folder; its weights are shapes of the mesh, by name.")],
    mesh: Annotated[Path, typer.Argument(help="GLB, glTF, VRM, NPZ, or a folder of OBJ files.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the new rig.")],
    edges: Annotated[
        Path | None,
        typer.Option(help="JSON with vertices of lips and lids, when they cannot be found from the shapes."),
    ] = None,
    gains: Annotated[bool, typer.Option(help="Let curves go as far as on a face of that size.")] = True,
    over: Annotated[
        Path | None, typer.Option(help="Speech to measure the result on, instead of the demo line.")
    ] = None,
) -> None:
    """Fit a rig to a mesh: lips that touch in every p, b and m, lids that meet, curves that go as far as a
    face does.

    The edges of lips and lids are found from what the shapes move. --edges names them instead:
    {"lips": {"upper": [17, 18, ...], "lower": [...]}, "lidsLeft": {...}, "lidsRight": {...}}
    """
    from mien.face import read_face
    from mien.fitting import fit_to_mesh
    from mien.fitting.written import map_with_fit, said, source_of
    from mien.rig import find_rig, load_rig
    from mien.rig.read import read_object
    from mien.rig.write import write_rig

    folder = find_rig(rig)
    loaded, face = load_rig(folder), read_face(mesh)
    given = _given(edges, len(face.vertices))
    fitted = fit_to_mesh(loaded, face, _speech(over), given, scale=gains)
    content = read_object(folder / "rig.json")
    content["title"] = f"{loaded.title}, fitted to {face.name}"
    source = folder / "SOURCE.md"
    before = source.read_text(encoding="utf-8", errors="replace") if source.is_file() else "Nothing was said."
    map_ = map_with_fit(read_object(folder / "map.json"), fitted)
    write_rig(
        out, content, map_, source_of(fitted.report, loaded.name, before), _own_mesh(folder, mesh, content)
    )
    print("\n".join(line.removeprefix("* ") for line in said(fitted.report)))
    print(f"{out}: {len(loaded.curves)} curves, {len(fitted.rig.contacts)} contacts")


def _own_mesh(folder: Path, mesh: Path, content: dict[str, Any]) -> dict[str, str | Path]:
    """The rig's own mesh, if that is what it was fitted to, to go along; else the field goes, for what is
    fitted to another mesh no longer suits its own."""
    from mien.rig import mesh_of

    own = mesh_of(folder)
    if own is not None and own.samefile(mesh):
        return {own.name: own}
    content.pop("mesh", None)
    return {}


def _speech(over: Path | None) -> Motion:
    """What the mouth does in `over`, else in the line that comes with Mien."""
    from mien.pipeline import bake

    if over is not None:
        return bake(over).motion
    with as_file(files("mien").joinpath("demo", "line.flac")) as line:
        return bake(line).motion


def _given(path: Path | None, vertices: int) -> Given | None:
    """Edges that the user names.

    Raises:
        FileError: Not a JSON file of that shape.
        MeshError: A vertex that the mesh does not have.
    """
    if path is None:
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise FileError(f"{path}: cannot be read: {problem.strerror}.") from None
    except (ValueError, RecursionError):
        raise FileError(f"{path}: not JSON.") from None
    return {name: _parts(name, row, path, vertices) for name, row in _rows(content, path)}


def _rows(content: Any, path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    from mien.errors import near
    from mien.fitting import CONTACTS

    if not isinstance(content, dict) or not content:
        raise FileError(f"{path}: wanted an object with one of {', '.join(CONTACTS)}.")
    for name in content:
        if name not in CONTACTS:
            raise FileError(f"{path}: '{name}' is none of {', '.join(CONTACTS)}.{near(name, CONTACTS)}")
    return list(content.items())


def _parts(name: str, row: Any, path: Path, vertices: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    import numpy as np

    if not isinstance(row, dict) or set(row) != {"upper", "lower"}:
        raise FileError(f"{path}: '{name}' wants two lists of whole numbers, 'upper' and 'lower'.")
    for edge, part in row.items():
        if not isinstance(part, list) or not all(type(index) is int for index in part):
            raise FileError(f"{path}: '{name}': '{edge}' is no list of whole numbers.")
        wrong = next((index for index in part if not 0 <= index < vertices), None)
        if wrong is not None or len(part) < 3:
            what = f"{len(part)} vertices" if wrong is None else f"vertex {str(wrong)[:20]}"
            raise MeshError(
                f"{path}: '{name}': '{edge}' names {what}; wanted three or more of 0 to {vertices - 1}."
            )
    return np.array(row["upper"], np.int64), np.array(row["lower"], np.int64)
