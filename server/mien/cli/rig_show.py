"""`mien rig show`: what drives what, and what is left out."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console

from mien.cli.rig_formula import Wording
from mien.cli.rig_json import rig_json
from mien.errors import OptionError, near
from mien.rig import Contact, Curve, Rig, find_rig, load_rig
from mien.rig.check import listed
from mien.rig.reach import channels_of, still_curves, unread_channels
from mien.values import CHANNEL_NAMES

NAME: Final = 0.4
"""Share of a line that a name may take; a longer one has a line to itself."""

GLUE: Final = "\N{NO-BREAK SPACE}"

SIGNS: Final = (
    ("[", "[x] is a curve of this rig."),
    ("pose(", "pose(...) is a weight: all poses together come as near to the motion as they can."),
    ("max(0", "max(0, x) sees one side of 0."),
    ("deg(", "deg(x) is in degrees."),
    ("rad(", "rad(x) is in radians."),
)
"""What stands in formulas, with what it means."""

AXES: Final = {(1.0, 0.0, 0.0): "x", (0.0, 1.0, 0.0): "y", (0.0, 0.0, 1.0): "z"}


@dataclass(frozen=True)
class Order:
    """What was asked of `mien rig show`."""

    rig: str
    curve: str | None = None
    channel: str | None = None
    group: str | None = None
    down: bool = False
    json: bool = False


def show(order: Order) -> None:
    """Print the rig, or the part of it that was asked for."""
    rig = load_rig(find_rig(order.rig))
    curves = chosen(rig, order)
    if order.json:
        print(json.dumps(rig_json(rig, curves, order.down), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_lines(rig, curves, order, Console().width)))


def chosen(rig: Rig, order: Order) -> tuple[Curve, ...]:
    """The curves that were asked for, in the rig's order.

    Raises:
        OptionError: A curve, channel or group that is not there, or two of them at once.
    """
    asked = [option for option in ("curve", "channel", "group") if getattr(order, option) is not None]
    if len(asked) > 1:
        raise OptionError(f"--{asked[0]} and --{asked[1]} both choose curves; leave one of them out.")
    wanted = set(rig.names)
    if order.curve is not None:
        wanted = {_known("curve", order.curve, rig.names)}
    if order.channel is not None:
        channel = _known("channel", order.channel, CHANNEL_NAMES)
        wanted = {curve for curve, read in channels_of(rig).items() if channel in read}
    if order.group is not None:
        wanted = set(rig.groups[_known("group", order.group, tuple(rig.groups))])
    return tuple(curve for curve in rig.curves if curve.name in wanted)


def _known(what: str, name: str, names: Sequence[str]) -> str:
    if name in names:
        return name
    alike = [one for one in names if name.casefold() in one.casefold()] if name else []
    hint = f"; '{name}' is in {listed(alike)}." if alike else f".{near(name, names)}"
    raise OptionError(f"--{what} {name}: not one of the {len(names)} {what}s that there are{hint}")


# As text


def _lines(rig: Rig, curves: tuple[Curve, ...], order: Order, width: int) -> Iterator[str]:
    driven = len(rig.moving)
    base = f", built on '{rig.base.name}'" if rig.base else ""
    yield from _wrapped(f"{rig.name}: {rig.title}; {len(rig.curves)} curves, {driven} driven{base}", width)
    yield ""
    rows = list(_rows(rig, curves, order))
    yield from _table(rows, width)
    if not rows:
        yield f"No curve reads the channel '{order.channel}'." if order.channel else "Nothing is driven here."
    for text in (*_left_out(rig, curves, order), *_contacts(rig, curves), *_groups(rig, order)):
        yield ""
        yield from _wrapped(text, width)
    if legend := _legend(rig, rows):
        yield ""
        yield from _wrapped(legend, width)


Row = tuple[str, str, str]
"""Name, limits, and what it is."""


def _rows(rig: Rig, curves: tuple[Curve, ...], order: Order) -> Iterator[Row]:
    """A row for each curve that moves, or was asked for by name; then those that they read."""
    words = Wording(rig, order.down)
    shown = [curve for curve in curves if curve.name in rig.moving or order.curve]
    for curve in shown:
        yield curve.name, limits(curve), words.formula(curve.name) or _unread(rig, curve)
        if curve.bone:
            yield "", "", bone(curve)
    told = [curve.name for curve in shown]
    below = [pair for name in told for pair in words.below(name, told)] if order.down else []
    if below:
        yield "", "", ""
        yield from ((name, "", formula) for name, formula in dict(below).items())


def _unread(rig: Rig, curve: Curve) -> str:
    return "moved by a contact alone" if curve.name in rig.moving else "not driven: always at rest"


def limits(curve: Curve) -> str:
    """`0..1`, `-5..35 deg, rest 2`."""
    unit = "" if curve.unit == "weight" else f" {curve.unit}"
    rest = f", rest {curve.rest:g}" if curve.rest else ""
    return f"{curve.low:g}..{curve.high:g}{unit}{rest}"


def bone(curve: Curve) -> str:
    """What the curve does to its bone."""
    if curve.bone is None:
        return ""
    axis = AXES.get(curve.bone.axis) or f"({', '.join(f'{number:g}' for number in curve.bone.axis)})"
    moves, way = ("turns", "about") if curve.bone.moves == "rotation" else ("shifts", "along")
    return f"{moves} bone '{curve.bone.name}' {way} {axis}"


def _table(rows: Sequence[Row], width: int) -> Iterator[str]:
    most = int(width * NAME)
    names = max((size for name, _, _ in rows if (size := cell_len(name)) <= most), default=0)
    middle = max((len(limit) for _, limit, _ in rows), default=0)
    before = names + middle + 4
    for name, limit, text in rows:
        lines = _folded(text, max(width - before, 20)) or [""]
        if cell_len(name) > names:
            yield name
            name = ""
        yield f"{name}{' ' * (names - cell_len(name))}  {limit:<{middle}}  {lines[0]}".rstrip()
        yield from (" " * before + line for line in lines[1:])


def _folded(text: str, width: int) -> list[str]:
    """`text` in lines, a number and what it is taken times on one where that fits."""
    glued = re.sub(r"(?<=\d) [x-] | \+ (?=Right\))", lambda sign: sign[0].replace(" ", GLUE), text)
    lines = textwrap.wrap(glued, width, break_long_words=False, break_on_hyphens=False)
    if any(len(line) > width for line in lines):
        lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(GLUE, " ") for line in lines]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _left_out(rig: Rig, curves: tuple[Curve, ...], order: Order) -> Iterator[str]:
    still = [name for name in still_curves(rig) if name in {curve.name for curve in curves}]
    if still and not order.curve:
        yield f"Not driven, always at rest ({len(still)}): {', '.join(still)}"
    lost = unread_channels(rig)
    if lost and len(curves) == len(rig.curves):
        yield f"Lost, channels of the motion that nothing here reads ({len(lost)}): {', '.join(lost)}"


def _contacts(rig: Rig, curves: tuple[Curve, ...]) -> Iterator[str]:
    shown = {curve.name for curve in curves}
    for contact in rig.contacts:
        if shown & {*contact.moves, *contact.gaps}:
            yield _contact(Wording(rig), contact)


def _contact(words: Wording, contact: Contact) -> str:
    """What meets, when, and what gives way."""
    return (
        f"Contact '{contact.name}': closes as {words.source(contact.demand)} goes from {contact.begin:g} to "
        f"{contact.full:g}, measured in {len(contact.rest)} cuts; {', '.join(contact.moves)} give way; "
        f"pressed {contact.press:g} mm, parted beyond {contact.cross:g} mm"
    )


def _groups(rig: Rig, order: Order) -> Iterator[str]:
    if rig.groups and not (order.curve or order.channel or order.group):
        yield "Groups: " + ", ".join(f"{name} {len(curves)}" for name, curves in rig.groups.items())


def _legend(rig: Rig, rows: Sequence[Row]) -> str:
    texts = " ".join(text for _, _, text in rows)
    base = rig.base.name if rig.base else ""
    words = [f"{base}.x is a curve of '{base}'."] if base and f"{base}." in texts else []
    return " ".join([*words, *(meaning for sign, meaning in SIGNS if sign in texts)])
