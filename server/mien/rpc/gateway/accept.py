"""Which of several media types a client would rather have."""

from __future__ import annotations

from collections.abc import Sequence


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """The one of `offered` that `accept`, an `Accept` header, likes best; None if it likes none.

    No header likes all. Of several that are liked alike the first one offered counts.

    Source:
        RFC 9110, section 12.5.1: the most specific range that matches a type decides its quality.
    """
    ranges = [_range(text) for text in accept.split(",") if text.strip()] or [("*/*", 1.0)]
    qualities = {name: _quality(name, ranges) for name in offered}
    best = max(offered, key=qualities.__getitem__)
    return best if qualities[best] > 0 else None


def _range(text: str) -> tuple[str, float]:
    """A media range and its quality."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return name, float(quality)
    except ValueError:
        return name, 1.0


def _quality(name: str, ranges: Sequence[tuple[str, float]]) -> float:
    known = dict(reversed(ranges))
    for way in (name, name.partition("/")[0] + "/*", "*/*"):
        if way in known:
            return known[way]
    return 0.0
