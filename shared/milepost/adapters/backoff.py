"""Waiting before another try: full jitter, so that those who collided once do not collide again."""

from collections.abc import Callable
from dataclasses import dataclass
from random import uniform
from time import sleep
from typing import Final

FIRST: Final = 0.025
LONGEST: Final = 1.0
"""Seconds: the bounds of a wait double from the one to the other."""
MARGIN: Final = 5.0
"""Seconds before the function's time-out at which it stops trying and hands back what is left."""


@dataclass(frozen=True, slots=True)
class JitteredBackoff:
    """Waits while the invocation has time. `remaining` tells how much that is, in seconds."""

    remaining: Callable[[], float]
    sleep: Callable[[float], None] = sleep

    def wait(self, attempt: int) -> bool:
        """See the port."""
        pause = uniform(0, min(LONGEST, FIRST * 2 ** min(attempt - 1, 16)))  # noqa: S311  # nosec B311  # Jitter, no secret.
        if self.remaining() - pause < MARGIN:
            return False
        self.sleep(pause)
        return True
