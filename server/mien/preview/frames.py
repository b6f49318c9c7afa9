"""Pictures of many rows of curves, made by as many processes as there are cores."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.preview.camera import View
from mien.preview.head import Head
from mien.preview.rays import need_rays
from mien.preview.renderer import Picture, Renderer
from mien.values import Curves

POSIX: Final = hasattr(signal, "pthread_sigmask")

AHEAD: Final = 3
"""Pictures a process may be ahead of who takes them: memory stays bounded, nobody waits."""

MOST_WORKERS: Final = 61
"""Processes; Windows waits for no more."""

FEW: Final = 12
"""Pictures that are made sooner than another process has started, which takes a second."""


def frames(
    head: Head,
    curves: Curves,
    picks: Sequence[int],
    *,
    size: tuple[int, int] = (640, 640),
    view: View = "face",
    workers: int = 0,
) -> Iterator[Picture]:
    """Pictures of the rows `picks` of `curves` on `head`, in that order: shape (height, width, 3), sRGB.

    Args:
        size: Width and height, pixels.
        workers: Processes; 0 is one per core, or none for a few pictures; 1 is none beside this one.
    Raises:
        MissingExtraError: embreex is not installed.
        MeshError: A process was ended from outside.
    """
    need_rays()
    count = min(workers or cores(), len(picks) if workers else len(picks) // FEW)
    renderer = Renderer(head, size, view)
    rows = (curves.values[pick] for pick in picks)
    if count <= 1:
        return (_drawn(renderer, head, curves.names, row) for row in rows)
    return _shared(renderer, head, curves.names, rows, count)


def _shared(
    renderer: Renderer, head: Head, names: tuple[str, ...], rows: Iterator[NDArray[np.float32]], count: int
) -> Iterator[Picture]:
    # What to draw with goes by a file: a process that dies before it reads its pipe would leave us writing.
    beside = tempfile.TemporaryDirectory(prefix="mien-", ignore_cleanup_errors=True)
    held = Path(beside.name) / "held"
    held.write_bytes(pickle.dumps((renderer, head, names), pickle.HIGHEST_PROTOCOL))
    pool = ProcessPoolExecutor(
        count, multiprocessing.get_context("spawn"), initializer=_start, initargs=(held,)
    )
    waiting: deque[Future[Picture]] = deque()
    try:
        with _undisturbed():
            waiting.extend(pool.submit(_draw, row) for row in itertools.islice(rows, AHEAD * count))
        while waiting:
            picture = waiting.popleft().result()
            waiting.extend(pool.submit(_draw, row) for row in itertools.islice(rows, 1))
            yield picture
    except BrokenProcessPool:
        raise MeshError(
            "A process that makes pictures was ended from outside, perhaps for want of memory, or could not "
            "start; try one alone, with --workers 1. A script of your own has to call this below "
            '`if __name__ == "__main__":`.'
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        beside.cleanup()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Puts Ctrl-C off until the end; processes that start in here never see it, for this one closes them.

    A process takes over which signals are blocked. Blocking alone would not do, as a thread of numpy's
    may be told in place of the main one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if POSIX else set()
    try:
        yield
    finally:
        if POSIX:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
    if came:
        signal.raise_signal(signal.SIGINT)


_HELD: dict[str, tuple[Renderer, Head, tuple[str, ...]]] = {}
"""What a process of the pool draws with."""


def _start(held: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _HELD["all"] = pickle.loads(held.read_bytes())


def _end_with_parent() -> None:
    """Nobody tells a process of the pool that its parent was killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _draw(row: NDArray[np.float32]) -> Picture:
    return _drawn(*_HELD["all"], row)


def _drawn(renderer: Renderer, head: Head, names: tuple[str, ...], row: NDArray[np.float32]) -> Picture:
    return renderer.picture(head.pose(names, row))


def cores() -> int:
    """Cores that this process may use, and that are used."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(here, MOST_WORKERS)
