"""`mien models` and `mien rigs`: what there is."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from mien.motion import find_model, model_names, read_card
from mien.rig import find_rig, load_rig, rig_names


def list_models() -> None:
    """A row per model: what it is and how well it does."""
    table = Table("model", "version", "parameters", "look-ahead", "closF1", "licence", box=None)
    for name in model_names():
        card = read_card(find_model(name))
        score = card.scores.get("all", {}).get("closF1")
        ahead = f"{card.look_ahead * 1000:.0f} ms"
        table.add_row(
            name, card.version, f"{card.parameters:,}", ahead, f"{score:.2f}" if score else "-", card.licence
        )
    Console().print(table)


def list_rigs() -> None:
    """A row per rig."""
    table = Table("rig", "title", "curves", box=None)
    for name in rig_names():
        rig = load_rig(find_rig(name))
        table.add_row(name, rig.title, str(len(rig.curves)))
    Console().print(table)
