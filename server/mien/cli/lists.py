"""`mien models`: what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mien.errors import MienError
from mien.motion import find_model, model_names, read_card

NOTHING = "-"


def list_models() -> None:
    """A row per model: what it is and how well it does."""
    _show(("model", "version", "parameters", "look-ahead", "closF1", "licence"), model_names(), _model)


def _model(name: str) -> list[str]:
    card = read_card(find_model(name))
    score = card.scores.get("all", {}).get("closF1")
    ahead = f"{card.look_ahead * 1000:.0f} ms"
    shown = NOTHING if score is None else f"{score:.2f}"
    return [card.version, f"{card.parameters:,}", ahead, shown, card.licence]


def _show(columns: tuple[str, ...], names: Iterable[str], cells_of: Callable[[str], list[str]]) -> None:
    """Prints a table; what is broken says so in its own row, in the last column."""
    table = Table(*columns, box=None)
    for name in names:
        try:
            cells = cells_of(name)
        except MienError as problem:
            cells = [*[NOTHING] * (len(columns) - 2), str(problem)]
        table.add_row(*map(escape, (name, *cells)))
    Console().print(table)
