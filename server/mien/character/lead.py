"""What leads a curve: the channel of the motion that it mainly follows, through all that lies in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mien.rig import Rig, Source
from mien.values import CHANNELS

SHUTS: Final = frozenset({"lipClosure", "eyeBlinkLeft", "eyeBlinkRight"})
"""Channels that close lips and lids. A group's gain of .8 would leave them open by a fifth."""

LOOKS: Final = frozenset(
    channel.name for channel in CHANNELS if (channel.group, channel.unit) == ("eye", "rad")
)
"""Channels that turn the eyes. With one of the two turned farther they squint."""


def led_by(rig: Rig, channels: frozenset[str]) -> frozenset[str]:
    """Names of the curves that mainly follow one of `channels`."""
    return frozenset(name for name, channel in leaders(rig).items() if channel in channels)


def leaders(rig: Rig) -> dict[str, str]:
    """The channel that each driven curve mainly follows: that of its strongest term, or share of its pose."""
    base = leaders(rig.base) if rig.base else {}
    found: dict[str, str] = {}
    for name in rig.drives:
        _follow(rig, name, base, found)
    return found


def _follow(rig: Rig, name: str, base: Mapping[str, str], found: dict[str, str]) -> str:
    if name not in found:
        drive = rig.drives.get(name)
        source = max(drive.terms, key=lambda term: abs(term.gain)).source if drive else None
        found[name] = _channel(rig, source, base, found) if source else ""
    return found[name]


def _channel(rig: Rig, source: Source, base: Mapping[str, str], found: dict[str, str]) -> str:
    if source.kind == "pose":
        source = _strongest_share(rig, source.name)
    if source.kind == "curve":
        return _follow(rig, source.name, base, found)
    return base.get(source.name, "") if source.kind == "base" else source.name


def _strongest_share(rig: Rig, name: str) -> Source:
    assert rig.poses
    column = rig.poses.curves.index(name)
    rows = zip(rig.poses.shares, rig.poses.sources, strict=True)
    return max(rows, key=lambda row: abs(row[0][column]))[1]
