"""A number over time that is set now and then and glides from value to value."""

from __future__ import annotations

from bisect import bisect_right
from itertools import takewhile
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import LimitError

MOST_KEYS: Final = 2000
"""Changes that are under way or to come; setting one takes time for each of them."""

MOST_UNDER_WAY: Final = 64
"""Changes that glide at the same time. Each costs time for every row, so more would stall."""


LONGEST_EASE: Final = 60.0
"""Seconds that a change may glide."""


class _Key(NamedTuple):
    begin: float
    ease: float
    target: float

    @property
    def end(self) -> float:
        return self.begin + self.ease


def _begin(key: _Key) -> float:
    return key.begin


class Track:
    """The number at any time, in closed form: no clock runs, so any cutting of time gives the same bits.

    Every key fades from whatever the keys before it give, which may still be gliding, to its own target along
    a smooth step. So nothing jumps, and nothing leaves the range of what was asked for.
    """

    def __init__(self, value: float) -> None:
        self._base = float(value)
        """What holds before the first key."""
        self._keys: list[_Key] = []

    def set(self, value: float, at: float, ease: float) -> None:
        """Go to `value`, beginning `at` seconds, within `ease` seconds; times before `at` stay as they are.

        Raises:
            LimitError: Too many changes at once.
        """
        new = _Key(at, ease, float(value))
        if len(self._keys) >= MOST_KEYS:
            raise LimitError(f"More than {MOST_KEYS} changes of a layer are to come; send fewer at once.")
        place = bisect_right(self._keys, new.begin, key=_begin)
        later = bisect_right(self._keys, new.end, place, key=_begin) - place
        oldest = bisect_right(self._keys, new.begin - LONGEST_EASE, 0, place, key=_begin)
        if later + sum(new.begin <= key.end for key in self._keys[oldest:place]) >= MOST_UNDER_WAY:
            raise LimitError(
                f"More than {MOST_UNDER_WAY} changes of a layer are under way at once; send fewer."
            )
        self._keys.insert(place, new)

    def at(self, times: NDArray[np.float64]) -> NDArray[np.float32]:
        """The number at `times` seconds, same shape."""
        total = np.full(times.shape, self._base)
        latest = times.max(initial=0.0)
        for key in takewhile(lambda key: key.begin <= latest, self._keys):
            share = np.clip((times - key.begin) / max(key.ease, 1e-9), 0, 1)
            faded = total + (key.target - total) * (share * share * (3 - 2 * share))
            total = np.where(times >= key.end, key.target, faded)  # exact, and as `forget` sees it
        return total.astype(np.float32)

    def rests_at(self, value: float) -> bool:
        """Whether the number is `value` and nothing will change it, as far as is known."""
        return not self._keys and self._base == value

    def forget(self, before: float) -> None:
        """Times before `before` seconds will not be asked for again."""
        over = [number for number, key in enumerate(self._keys) if key.end <= before]
        if over:  # what came before the last of these shows no more
            self._base = self._keys[over[-1]].target
            del self._keys[: over[-1] + 1]
