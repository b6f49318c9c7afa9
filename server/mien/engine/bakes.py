"""Bakes in the background: a few threads of low priority, so that live streams stay in time beside them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from mien.engine.limits import Limits

T = TypeVar("T")

NICENESS: Final = 10
"""Of a baking thread, where the system has that by thread: live streams come first, bakes take the rest."""


class AbandonedError(Exception):
    """The one who wanted the bake is gone."""


class BakePool:
    """Runs bakes one after the other; any thread may submit."""

    def __init__(self, limits: Limits, threads: int = 1) -> None:
        self._limits = limits
        self._pool = ThreadPoolExecutor(threads, "mien-bake", initializer=_step_back)
        self._lock = threading.Lock()
        self.count = 0
        """Bakes under way, from the first byte of their sound to the last of their result."""

    def enter(self) -> None:
        """A bake begins: its sound comes, then it runs, then its result goes; to be followed by `leave`.

        Raises:
            LimitError: There are too many already.
        """
        with self._lock:
            if self.count >= self._limits.bakes:
                said = "Too many bakes are sent, run or wait; try again in a while."
                raise self._limits.exceeded("bakes", said)
            self.count += 1

    def leave(self) -> None:
        """A bake is over."""
        with self._lock:
            self.count -= 1

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` as soon as it is its turn."""
        return self._pool.submit(work)

    def close(self) -> None:
        """Forget what waits; what runs ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere priority belongs to the process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
