"""Whether a process that was started some time ago still runs, without trusting its pid.

The process inherits an open lock file, and the system drops the lock when the process ends, in whichever
way. So a number that the system has given to somebody else meanwhile is never taken for ours.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PAUSE: Final = 0.02


class HeldError(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the lock; the descriptor may be handed to a child, which then holds it for as long as it lives.

    Raises:
        HeldError: somebody else does.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError as error:
        raise HeldError(str(path)) from error
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock now."""
    if not path.exists():
        return False
    try:
        with locked(path):
            return False
    except HeldError:
        return True


def wait_until_free(path: Path, seconds: float) -> bool:
    """Wait at most that long for the lock to be free; whether it is."""
    deadline = time.monotonic() + seconds
    while is_held(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True
