"""`mien rig ...`: what rigs there are, what drives what, whether one is right, and one of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.rig_fit import fit

app = typer.Typer(
    help="Rigs: which there are, what drives what, whether one is right, and one for your own face.",
    no_args_is_help=True,
)

Rig = Annotated[str, typer.Argument(metavar="RIG", help="A rig's name or folder (see `mien rig list`).")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The rigs that need no path: Mien's own, and those in MIEN_HOME."""
    from mien.cli.rig_list import list_rigs

    list_rigs(as_json)


@app.command()
def show(
    rig: Rig,
    curve: Annotated[str | None, typer.Option(help="This one alone.")] = None,
    channel: Annotated[str | None, typer.Option(help="What this channel of the motion moves.")] = None,
    group: Annotated[str | None, typer.Option(help="One part of the face, such as mouth.")] = None,
    down: Annotated[
        bool, typer.Option("--down", help="Follow curves of the base down to the channels.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What drives each curve, which ones nothing drives, and which channels of the motion are lost."""
    from mien.cli.rig_show import Order
    from mien.cli.rig_show import show as run_it

    run_it(Order(rig, curve, channel, group, down, as_json))


@app.command()
def check(
    rig: Rig,
    mesh: Annotated[
        Path | None, typer.Option(help="Also against a face: .glb, .gltf, .vrm, .npz, or a folder of .obj.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Leave with 1 if there is a warning.")] = False,
    as_json: Json = False,
) -> None:
    """Does it load, and what may be wrong: lips that will not close, one side alone, limits, doubles."""
    from mien.cli.rig_check import check_rig

    check_rig(rig, mesh, strict, as_json)


@app.command()
def new(
    source: Annotated[
        Path,
        typer.Option(
            "--from", metavar="FILE", help="Names, one per line; or a .glb, .vrm, .npz, a folder of .obj."
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the rig, new or empty.")],
    title: Annotated[str | None, typer.Option(help="What a human calls the rig.")] = None,
    least: Annotated[float, typer.Option(help="Confidence, 0..1, below which a guess is left out.")] = 0.6,
    base: Annotated[
        str | None, typer.Option(help="The rig whose curves the map reads; else the one that guesses go by.")
    ] = None,
    expressions: Annotated[
        bool | None,
        typer.Option(
            "--expressions/--shapes", help="Of a VRM; else expressions, if any of them moves a shape."
        ),
    ] = None,
) -> None:
    """A first rig of your face's own names, guessed, with a confidence for every row; yours to mend."""
    from mien.cli.rig_new import Order, new_rig

    new_rig(Order(source, out, title, least, base, expressions))


app.command()(fit)
