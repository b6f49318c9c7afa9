"""`mien rig new`: a first rig of a face's own names, for its owner to read and mend."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mien.cli.rig_names import Names, read_names
from mien.errors import OptionError, RigError
from mien.rig import Rig, find_rig, load_rig, rig_names
from mien.rig.check import check, listed
from mien.rig.guess import Guess, guess
from mien.rig.guess_rig import map_of, rig_of
from mien.rig.reach import unread_channels
from mien.rig.write import row_text, write_rig
from mien.version import __version__

SURE: Final = 0.8
"""Confidence from which 95 guesses in 100 are right."""

KNOWN: Final = 0.9
"""Share of the names that a rig of ours must have to be offered instead."""

STATES: Final = ("unsure", "left out", "sure", "unknown")
"""Of a row, what to look at first coming first."""


@dataclass(frozen=True)
class Order:
    """What was asked of `mien rig new`."""

    source: Path
    out: Path
    title: str | None = None
    least: float = 0.6
    base: str | None = None
    expressions: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A name, and what was made of it."""

    guess: Guess
    state: str
    table: str
    """The table of `map.json` that it is in, or would be; empty if nothing is known."""
    drives: Mapping[str, float]


def new_rig(order: Order) -> None:
    """Guess, write and say what came of it.

    Raises:
        OptionError: A confidence outside 0..1.
        RigError: No names, none that can be guessed, a folder that cannot be written.
    """
    if not 0 <= order.least <= 1:
        raise OptionError(f"--least {order.least:g} is outside 0..1; 0.6 leaves doubtful guesses out.")
    names = read_names(order.source, order.expressions)
    try:
        guesses = guess(names.names)
        rig = rig_of(names.names, guesses, order.title or f"Guessed from {order.source.name}")
        map_ = map_of(guesses, order.least) | ({"base": order.base} if order.base else {})
    except RigError as problem:
        raise RigError(f"{order.source}: {problem}") from None
    rows = _rows(guesses, order.least)
    write_rig(
        order.out, rig, map_, _source(order, names, rows, map_["base"]), {"GUESSES.tsv": _guesses_tsv(rows)}
    )
    print("\n".join(_summary(order, names, rows)))


def _rows(guesses: Sequence[Guess], least: float) -> list[Row]:
    """Every guess, what to look at first coming first."""
    whole = map_of(guesses, 0.0)
    rows = []
    for one in guesses:
        table = next((table for table in ("linear", "poses") if one.name in whole.get(table, {})), "")
        rows.append(Row(one, _state(one, least), table, whole[table][one.name] if table else {}))
    return sorted(rows, key=lambda row: (STATES.index(row.state), _doubt(row)))


def _state(one: Guess, least: float) -> str:
    if not one.drives_something:
        return "unknown"
    if one.confidence < least:
        return "left out"
    return "sure" if one.confidence >= SURE else "unsure"


def _doubt(row: Row) -> float:
    """Of what is driven, the least sure comes first; of what is left out, the surest."""
    return -row.guess.confidence if row.state == "left out" else row.guess.confidence


# What is written


def _source(order: Order, names: Names, rows: Sequence[Row], base: str) -> str:
    steps = (
        "Go through the table from the top; it begins with what is least sure.",
        "Mend `map.json`: change a wrong row or take it out; copy a good guess that was left out from "
        "`GUESSES.tsv`, whose last column is the row as `map.json` wants it.",
        "`mien rig check` with this folder says what is still missing, `mien rig show` what drives what.",
    )
    parts = [
        f"# {order.out.resolve().name}: where it comes from",
        _filled(
            f"Guessed by Mien {__version__} from the {len(rows)} {names.what} of `{order.source.name}`, so "
            "any row may be wrong. Nobody has looked at it yet; say here who has, and what the licence of "
            "the face is."
        ),
        "## What to do\n" + "\n".join(_filled(f"{count}. {step}") for count, step in enumerate(steps, 1)),
        "## What drives what\n"
        + _filled(
            f"*unsure*: driven, confidence below {SURE:g}. *left out*: guessed, below {order.least:g}, so "
            "not driven. *sure*: driven; 95 such guesses in 100 are right. What drives are curves of "
            f"`{base}` and channels of the motion."
        ),
        "\n".join(_table(rows)),
    ]
    unknown = [row.guess.name for row in rows if row.state == "unknown"]
    if unknown:
        text = "No shape of a face is known by these names: " + ", ".join(map(_code, unknown)) + "."
        parts.append("## Not driven\n" + _filled(text))
    return "\n\n".join(parts) + "\n"


def _filled(text: str) -> str:
    """`text` in lines; of a numbered step, all but the first set in."""
    inset = "   " if text[0].isdigit() else ""
    return textwrap.fill(text, 110, subsequent_indent=inset, break_long_words=False, break_on_hyphens=False)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| curve | driven by | confidence | | why |"
    yield "|---|---|---|---|---|"
    for row in rows:
        if row.state != "unknown":
            cells = (_code(row.guess.name), _code(_drives(row)), f"{row.guess.confidence:.2f}", row.state)
            yield f"| {' | '.join(cells)} | {_plain(row.guess.why)} |"


def _drives(row: Row) -> str:
    text = ", ".join(name if gain == 1 else f"{gain:g} {name}" for name, gain in row.drives.items())
    return f"pose: {text}" if row.table == "poses" else text


def _code(text: str) -> str:
    """`text` as code in a cell of a table in Markdown."""
    marks = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{marks}{space}{text}{space}{marks}".replace("|", "\\|")


def _plain(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\|*_`<[" else sign for sign in text)


def _guesses_tsv(rows: Sequence[Row]) -> str:
    lines = ["name\tstate\tconfidence\twhy\ttable\trow"]
    for row in rows:
        line = f"{row_text(row.guess.name)}: {row_text(dict(row.drives))}" if row.table else ""
        one = row.guess
        lines.append(f"{one.name}\t{row.state}\t{one.confidence:g}\t{one.why}\t{row.table}\t{line}")
    return "\n".join(lines) + "\n"


# What is said


def _summary(order: Order, names: Names, rows: Sequence[Row]) -> Iterator[str]:
    count = {state: sum(row.state == state for row in rows) for state in STATES}
    driven = count["sure"] + count["unsure"]
    yield f"{order.out}: {len(rows)} curves, by the {names.what} of {order.source.name}; {driven} driven"
    if count["unsure"]:
        unsure = listed([row.guess.name for row in rows if row.state == "unsure"])
        yield f"  {count['unsure']} of them unsure, look at these first: {unsure}"
    if count["left out"]:
        yield f"  {count['left out']} guessed but left out, below {order.least:g}: GUESSES.tsv has the rows"
    if count["unknown"]:
        yield f"  {count['unknown']} not known to be a shape that motion moves"
    rig = load_rig(order.out)
    yield from (f"  {finding.grade}: {finding.text}" for finding in check(rig) if finding.grade == "warning")
    lost = len(unread_channels(rig))
    yield f"  {lost} channels of the motion reach no curve; `mien rig check {order.out}` has more"
    if like := _like(rig):
        yield f"  The rig '{like}' has these names, and a tested map: try `--rig {like}` first."


def _like(rig: Rig) -> str:
    """The rig of ours that has nearly all names of `rig`, and the fewest besides; or nothing."""
    found = {}
    for name in rig_names():
        try:
            curves: set[Any] = set(load_rig(find_rig(name)).names)
        except RigError:
            continue
        if len(curves & set(rig.names)) >= KNOWN * len(rig.names):
            found[name] = len(curves)
    return min(found, key=lambda name: found[name], default="")
