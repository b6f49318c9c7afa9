"""Bakes in the background: a few threads of low priority, so that live streams stay in time beside them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")

NICENESS: Final = 10
"""Of a baking thread, where the system has that by thread: live streams come first, bakes take the rest."""


class AbandonedError(Exception):
    """The one who wanted the bake is gone."""


class BakePool:
    """Runs bakes one after the other; any thread may submit."""

    def __init__(self, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads, "mien-bake", initializer=_step_back)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` as soon as it is its turn."""
        return self._pool.submit(work)

    def close(self) -> None:
        """Forget what waits; what runs ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere priority belongs to the process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
