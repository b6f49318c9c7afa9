"""`gains`, `asymmetry` and `limits` of the file, which go by curve or group, to numbers for every curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import prod
from typing import Any, Final, TypeVar

from mien.character.lead import LOOKS, SHUTS, led_by
from mien.errors import CharacterError, near
from mien.rig import Curve, Rig
from mien.rig.read import brief, number, typed
from mien.rig.sources import Span

T = TypeVar("T")

SIDES: Final = {"left": 1, "right": -1}
"""Groups of the curves of one side, and the sign of asymmetry there."""


def gains_in(table: Mapping[str, Any], rig: Rig, where: str) -> dict[str, float]:
    """What the movement of every curve is multiplied by.

    Raises:
        RigError, CharacterError: A name that the rig does not have or does not drive, or no number from 0 on.
    """
    meant = _meant(table, rig, where)
    entries = {name: _gain(given, f"{where}: '{name}'") for name, given in table.items()}
    return {name: prod(gains) for name, gains in _by_curve(entries, meant, rig)}


def _gain(given: Any, where: str) -> float:
    gain = number(typed(given, float, where), "the gain", where)
    if gain < 0:
        raise CharacterError(f"{where} is {gain:g}; wanted 0 or more, where 1 is as the rig has it.")
    return gain


def limits_in(table: Mapping[str, Any], rig: Rig, where: str) -> dict[str, Span]:
    """The least and the greatest value of the curves that have limits of the character's.

    Raises:
        RigError, CharacterError: A name that the rig does not have or does not drive, limits that leave the
            rig's, or that leave out its rest.
    """
    meant, curves = _meant(table, rig, where), {curve.name: curve for curve in rig.curves}
    entries = {
        name: _limit(given, [curves[each] for each in meant[name]], f"{where}: '{name}'")
        for name, given in table.items()
    }
    spans = {name: given for name, given in _by_curve(entries, meant, rig) if given}
    return {
        name: (max(low for low, _ in ends), min(high for _, high in ends)) for name, ends in spans.items()
    }


def _limit(given: Any, curves: list[Curve], where: str) -> Span:
    ends = typed(given, list[float], where)
    if len(ends) != 2:
        raise CharacterError(f"{where} holds {brief(given)}; wanted two numbers, [least, greatest].")
    low, high = (number(end, "a limit", where) for end in ends)
    if low > high:
        raise CharacterError(f"{where} is {brief(given)}; wanted the least first.")
    _check_alike(curves, where)
    for curve in curves:
        if not curve.low <= low <= high <= curve.high:
            raise CharacterError(
                f"{where} is {brief(given)}, and the rig has '{curve.name}' from {curve.low:g} to "
                f"{curve.high:g}; wanted limits inside."
            )
        if not low <= curve.rest <= high:
            raise CharacterError(
                f"{where} is {brief(given)}, which leaves out {curve.rest:g}, where '{curve.name}' rests."
            )
    return low, high


def _check_alike(curves: list[Curve], where: str) -> None:
    """Refuses limits of a group in which the same numbers mean different things."""
    for one, other in pairwise(curves):
        if (one.unit, one.low, one.high) != (other.unit, other.low, other.high):
            raise CharacterError(
                f"{where}: '{one.name}' runs {one.low:g}..{one.high:g} {one.unit}, '{other.name}' "
                f"{other.low:g}..{other.high:g} {other.unit}; limit such curves by their own names."
            )


def asymmetry_in(given: Any, rig: Rig, where: str) -> dict[str, float]:
    """What every curve is multiplied by: more than 1 on the stronger side, less on the other.

    Raises:
        RigError, CharacterError: A group that the rig does not have or that has no sides, or no number -1..1.
    """
    by_group: Mapping[str | None, Any] = given if isinstance(given, dict) else {None: given}
    factors = dict.fromkeys(rig.names, 1.0)
    for group, value in by_group.items():
        here = where if group is None else f"{where}: '{group}'"
        lean = _lean(value, here)
        if lean or group is not None:
            for name, sign in _sided(group, rig, here):
                factors[name] *= 1 + sign * lean
    return factors


def _lean(given: Any, where: str) -> float:
    lean = typed(given, float, where)
    if not -1 <= lean <= 1:  # NaN too
        raise CharacterError(
            f"{where} is {lean:g}; wanted -1..1, where 0.1 makes the left side a tenth stronger."
        )
    return lean


def _sided(group: str | None, rig: Rig, where: str) -> list[tuple[str, int]]:
    """Curves of one side, within `group` or anywhere, each with 1 for the left and -1 for the right."""
    if not all(rig.groups.get(side) for side in SIDES):
        raise CharacterError(f"{where}: the curves of '{rig.name}' have no sides; leave it out.")
    if group is not None and group not in rig.groups:
        said = f"is none of the groups of '{rig.name}' ({', '.join(rig.groups)})"
        raise CharacterError(f"{where} {said}.{near(group, rig.groups)}")
    within = rig.drives.keys() - led_by(rig, SHUTS | LOOKS)
    within &= set(rig.names if group is None else rig.groups[group])
    found = [(name, sign) for side, sign in SIDES.items() for name in rig.groups[side] if name in within]
    if not found:
        raise CharacterError(f"{where}: nothing there has sides, lids and gaze left aside; leave it out.")
    return found


# By curve or by group


def _meant(table: Mapping[str, Any], rig: Rig, where: str) -> dict[str, tuple[str, ...]]:
    """The curves that each entry is about: one; of a group those that move and close neither lips nor lids.

    Where a curve and a group have one name it is the curve's.
    """
    shut = led_by(rig, SHUTS)
    return {name: _curves_of(name, table[name], rig, shut, where) for name in table}


def _curves_of(name: str, given: Any, rig: Rig, shut: frozenset[str], where: str) -> tuple[str, ...]:
    if name not in rig.names and name not in rig.groups:
        raise CharacterError(f"{where}: '{name}' {_stranger(name, given, rig)}")
    group = () if name in rig.names else rig.groups[name]
    names = (set(group) - shut if group else {name}) & rig.drives.keys()
    if not names and set(group) & shut:
        raise CharacterError(f"{where}: '{name}' only closes lips and lids; name its curves one by one.")
    if not names:
        raise CharacterError(f"{where}: nothing drives '{name}' on the rig '{rig.name}'; leave it out.")
    return tuple(each for each in rig.names if each in names)


def _stranger(name: str, given: Any, rig: Rig) -> str:
    """What to say of a name that is no curve and no group."""
    if isinstance(given, dict) and given:
        dotted = f"{name}.{next(iter(given))}"
        return f'holds a table; a name with points in it is written in quotes: "{dotted}" = ...'
    groups = ", ".join(rig.groups)
    hint = near(name, (*rig.names, *rig.groups))
    return f"is none of the {len(rig.names)} curves of '{rig.name}' nor of its groups ({groups}).{hint}"


def _by_curve(
    entries: Mapping[str, T], meant: Mapping[str, tuple[str, ...]], rig: Rig
) -> Iterator[tuple[str, list[T]]]:
    """What counts for each curve: its own entry alone, else those of its groups."""
    for name in rig.names:
        of_groups = [entry for group, entry in entries.items() if name in meant[group]]
        yield name, [entries[name]] if name in entries else of_groups
