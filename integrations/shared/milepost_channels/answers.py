"""What a vendor's answer means for a nudge, and the port that gives it.

The law: a nudge is sent again only if it surely was not taken, or if the vendor tells a repeat by its key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from milepost_channels.nudge import Nudge, Reason


@dataclass(frozen=True, slots=True)
class Taken:
    """The vendor took it."""


@dataclass(frozen=True, slots=True)
class Busy:
    """It surely was not taken, and may be later: in `wait` seconds, if the vendor said so."""

    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not taken and never will be."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may have been taken: the request went out and no answer came that says."""


Answer: TypeAlias = Taken | Busy | Refused | Unclear


class Sender(Protocol):
    """A vendor."""

    @property
    def at_once(self) -> int:
        """Most nudges in one request."""
        ...

    @property
    def tells_repeats(self) -> bool:
        """Whether the vendor takes a nudge that is sent again under its id for the same one."""
        ...

    @property
    def longest(self) -> float:
        """Seconds that a request takes at most, the time to connect included."""
        ...

    def check(self) -> None:
        """Raise if nothing can be sent at all, such as without a secret: before any nudge is claimed for it."""
        ...

    def send(self, nudges: Sequence[Nudge]) -> Sequence[Answer]:
        """Send nudges, at most `at_once`; an answer for each, in their order."""
        ...
