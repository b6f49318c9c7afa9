"""`mien rig check`: whether a rig loads, and what may be wrong with one that does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.errors import MienError, near
from mien.face import FaceMesh, read_face
from mien.rig import Rig, find_rig, load_rig, mesh_of
from mien.rig.check import Finding, check, listed


def check_rig(name: str, mesh: Path | None, strict: bool, as_json: bool) -> None:
    """Print what may be wrong with the rig, and with it on `mesh`, else on its own if it has one; `strict`
    leaves with 1 for a warning."""
    try:
        rig = load_rig(find_rig(name))
        mesh = mesh or mesh_of(find_rig(name))
        found = check(rig) + (on_mesh(rig, read_face(mesh, bare=True)) if mesh else [])
    except MienError as problem:
        if as_json:
            _print_json({"rig": name, "error": str(problem)})
        raise
    found.sort(key=lambda finding: finding.grade != "warning")
    if as_json:
        _print_json({"rig": rig.name, **_counts(rig), "findings": [asdict(finding) for finding in found]})
    else:
        _print(rig, found)
    if strict and any(finding.grade == "warning" for finding in found):
        raise typer.Exit(1)


def _counts(rig: Rig) -> dict[str, int]:
    return {"curves": len(rig.curves), "driven": len(rig.moving)}


def _print_json(content: Mapping[str, Any]) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False))


def _print(rig: Rig, found: list[Finding]) -> None:
    warnings = sum(finding.grade == "warning" for finding in found)
    said = "no warning" if not warnings else "1 warning" if warnings == 1 else f"{warnings} warnings"
    print(f"{rig.name}: loads; {len(rig.curves)} curves, {len(rig.moving)} driven; {said}")
    table = Table.grid(padding=(0, 2))
    for finding in found:
        table.add_row(*map(Text, (finding.grade, finding.about, finding.text)))
    if found:
        Console().print(table)


# On a mesh


def on_mesh(rig: Rig, mesh: FaceMesh) -> list[Finding]:
    """What the rig and the mesh do not have of each other."""
    return [*_shapes(rig, mesh), *_bones(rig, mesh), *_elsewhere(rig), *_unmoved(rig, mesh)]


def _shapes(rig: Rig, mesh: FaceMesh) -> Iterator[Finding]:
    known = {*mesh.shapes, *mesh.expressions}
    wanted = [curve.name for curve in rig.curves if curve.unit == "weight" and curve.bone is None]
    missing = [name for name in wanted if name not in known]
    driven = tuple(name for name in missing if name in rig.moving)
    still = tuple(name for name in missing if name not in rig.moving)
    if driven:
        texts = [f"'{name}'{_spelled(name, known - set(rig.names))}" for name in driven]
        few = len(driven) <= len(rig.moving) / 2
        way = "" if few else " `mien rig new --from` makes a rig of the mesh's own names."
        yield Finding("warning", "not on the mesh", driven, f"The mesh has no shape {listed(texts)}.{way}")
    if still:
        text = f"The mesh has no shape {listed(still)}, which nothing drives."
        yield Finding("note", "not on the mesh", still, text)


def _spelled(name: str, known: set[str]) -> str:
    hint = near(name, sorted(known))
    return f" ({hint.strip()})" if hint else ""


def _bones(rig: Rig, mesh: FaceMesh) -> Iterator[Finding]:
    bones = tuple(dict.fromkeys(curve.bone.name for curve in rig.curves if curve.bone))
    missing = tuple(name for name in bones if name not in mesh.bones)
    if not missing:
        return
    if not mesh.bones:
        text = f"The file names no bones, so {listed(bones)} cannot be looked for; a .glb does."
        yield Finding("note", "bones", missing, text)
        return
    texts = [f"'{name}'{_spelled(name, set(mesh.bones) - set(bones))}" for name in missing]
    yield Finding("warning", "bones", missing, f"The file has no bone {listed(texts)}.")


def _elsewhere(rig: Rig) -> Iterator[Finding]:
    loose = tuple(curve.name for curve in rig.curves if curve.unit != "weight" and curve.bone is None)
    if loose:
        text = f"Angles and lengths without a bone, which a mesh cannot show: {listed(loose)}."
        yield Finding("note", "bones", loose, text)


def _unmoved(rig: Rig, mesh: FaceMesh) -> Iterator[Finding]:
    bound = {shape for name in rig.moving for shape in mesh.expressions.get(name, ())}
    unmoved = tuple(name for name in mesh.shapes if name not in rig.moving and name not in bound)
    if unmoved:
        yield Finding(
            "note", "unmoved", unmoved, f"Shapes of the mesh that nothing moves: {listed(unmoved)}."
        )
