"""A progress bar where somebody watches, and nothing where nobody does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; call what it yields with how many more are done."""
    with _bar(what, total, MofNCompleteColumn(), TimeElapsedColumn()) as advance:
        yield advance


@contextmanager
def reading_bar(what: str, name: str) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes of a file as it lies there, packed or not; none for standard input, which has no size."""
    file = Path(name)
    if file.is_file():
        with _bar(what, file.stat().st_size, DownloadColumn(), TimeRemainingColumn()) as advance:
            yield advance
    else:
        yield lambda _bytes: None


@contextmanager
def _bar(what: str, total: int, *figures: ProgressColumn) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), *figures)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)
