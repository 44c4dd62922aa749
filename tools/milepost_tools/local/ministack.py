"""MiniStack, the emulator of AWS: as a child of this process, or on its own in the background."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final

from milepost_tools.local.launch import (
    LOOPBACK,
    await_ready,
    checked_port,
    lock_in,
    log_in,
    spawn,
    temporary_in,
)
from milepost_tools.local.lock import is_held, wait_until_free
from milepost_tools.local.signals import ending_on_signals

_STOPPED_WITHIN: Final = 10.0
"""Seconds that it is given to end by itself, twenty times what it takes."""


@dataclass(frozen=True)
class MiniStack:
    """A MiniStack that was started. `home` holds its log, its lock and its temporary files."""

    pid: int
    port: int
    home: Path

    @property
    def endpoint(self) -> str:
        """The URL that stands for all of AWS."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        """What it and the functions' failures wrote."""
        return log_in(self.home)

    @property
    def running(self) -> bool:
        """Whether its process still exists."""
        return is_held(lock_in(self.home))

    def stop(self) -> None:
        """End it if it runs, by force if it must be, and remove its temporary files; the log stays."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.running:
                break
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            wait_until_free(lock_in(self.home), _STOPPED_WITHIN)
        # Its workers end within two seconds of it. What one still writes meanwhile is left behind, and harmless.
        rmtree(temporary_in(self.home), ignore_errors=True)


@contextmanager
def running_ministack(port: int | None = None) -> Iterator[MiniStack]:
    """A MiniStack for as long as the block lasts; it ends also on Ctrl-C, signals and exceptions.

    Raises:
        ProblemError: the port is taken, or it does not start.
    """
    with TemporaryDirectory(prefix="milepost-", ignore_cleanup_errors=True) as home, ending_on_signals():
        process = spawn(Path(home), chosen := checked_port(port))
        ministack = MiniStack(process.pid, chosen, Path(home))
        try:
            await_ready(process, ministack.home, chosen)
            yield ministack
        finally:
            ministack.stop()
            process.wait()


def start_in_background(home: Path, port: int | None = None) -> MiniStack:
    """Start a MiniStack that goes on when this program has ended.

    Raises:
        ProblemError: one runs in `home` already, the port is taken, or it does not start.
    """
    process = spawn(home, chosen := checked_port(port))
    ministack = MiniStack(process.pid, chosen, home)
    with ExitStack() as undoing:  # Ctrl-C too ends what is not ready yet.
        undoing.callback(ministack.stop)
        await_ready(process, home, chosen)
        undoing.pop_all()
    # Should it end before this program does, somebody has to take note, or it would stay about as a zombie.
    Thread(target=process.wait, daemon=True).start()
    return ministack
