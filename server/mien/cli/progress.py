"""How far a long job is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(name: str) -> Iterator[Callable[[float], None] | None]:
    """A progress bar on a terminal's standard error, nothing elsewhere; takes the share done, 0..1."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(escape(name), total=1.0)
        yield lambda done: progress.update(task, completed=done)
