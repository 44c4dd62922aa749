"""The clock that runs along a recorded log (semantics, section 7)."""

from dataclasses import dataclass

from milepost.application.arrival import ReplayedArrival
from milepost.application.fields import Message
from milepost.domain.instant import Instant, parse_instant
from milepost_tools.problem import ProblemError


@dataclass(slots=True)
class RunningClock:
    """Arrival by `receivedAt`, else `timestamp`; it never goes back, so a line that claims to is late instead."""

    now: Instant = 0
    own: Instant = 0
    """What the last message itself said of its arrival."""

    def of(self, message: Message, sent_at: Instant) -> Instant:
        """The arrival of a message, which also moves the clock."""
        self.own = ReplayedArrival().of(message, sent_at)
        self.now = max(self.now, self.own)
        return self.now


def read_as_of(text: str | None) -> Instant | None:
    """The instant that `--as-of` names; None where it is left out.

    Raises:
        ProblemError: it names none.
    """
    try:
        return None if text is None else parse_instant(text)
    except ValueError as error:
        raise ProblemError(f"--as-of {error}.", "Write it like 1998-07-01T00:00:00-04:00.") from None
