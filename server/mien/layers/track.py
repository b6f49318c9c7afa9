"""A number over time that is set now and then and glides from value to value."""

from __future__ import annotations

from bisect import insort
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import LimitError

MOST_KEYS: Final = 1000
"""Changes under way or to come at once. Each costs time for every row, so an endless supply would stall."""

GRAIN: Final = 2.0**20
"""Values are held in steps of 1/GRAIN, whose sums and differences are exact: a glide that is over leaves its
target to the bit, whether it is still remembered or not."""


class _Key(NamedTuple):
    begin: float
    ease: float
    target: float


class Track:
    """The number at any time, in closed form: no clock runs, so any cutting of time gives the same bits.

    Every key adds the way from the target before it to its own, along a smooth step. A key that comes while
    another still glides adds to it, so nothing jumps.
    """

    def __init__(self, value: float) -> None:
        self._base = _grained(value)
        """The target of the last key that was forgotten."""
        self._keys: list[_Key] = []

    def set(self, value: float, at: float, ease: float) -> None:
        """Go to `value`, beginning `at` seconds, within `ease` seconds; times before `at` stay as they are.

        Raises:
            LimitError: Too many changes at once.
        """
        if len(self._keys) >= MOST_KEYS:
            raise LimitError(f"More than {MOST_KEYS} changes of a layer are under way at once; send fewer.")
        insort(self._keys, _Key(at, ease, _grained(value)), key=lambda key: key.begin)

    def at(self, times: NDArray[np.float64]) -> NDArray[np.float32]:
        """The number at `times` seconds, same shape."""
        total, before = np.full(times.shape, self._base), self._base
        for key in self._keys:
            share = np.clip((times - key.begin) / max(key.ease, 1e-9), 0, 1)
            total += (key.target - before) * (share * share * (3 - 2 * share))
            before = key.target
        return total.astype(np.float32)

    def rests_at(self, value: float) -> bool:
        """Whether the number is `value` and nothing will change it, as far as is known."""
        return not self._keys and self._base == value

    def forget(self, before: float) -> None:
        """Times before `before` seconds will not be asked for again."""
        while self._keys and self._keys[0].begin + self._keys[0].ease <= before:
            self._base = self._keys.pop(0).target


def _grained(value: float) -> float:
    return round(value * GRAIN) / GRAIN
