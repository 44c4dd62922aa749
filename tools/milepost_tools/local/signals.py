"""What was started is stopped again, however the program ends."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
_SHELL_BASE: Final = 128
"""Shells report a program that a signal ended by this plus the signal's number."""


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Within, SIGTERM and SIGHUP unwind the program as Ctrl-C does, instead of ending it on the spot."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread can, and it is the one that is told of signals.
        return
    before = {number: signal.signal(number, _end) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(_SHELL_BASE + number)
