"""Time as tests need it: no waiting, and marks that stand still."""

from dataclasses import dataclass, field

from milepost.domain.instant import Instant


@dataclass(slots=True)
class InstantBackoff:
    """Waits no time at all, `attempts` times; then there is none left."""

    attempts: int
    asked: list[int] = field(default_factory=list)

    def wait(self, attempt: int) -> bool:
        """See the port."""
        self.asked.append(attempt)
        return len(self.asked) <= self.attempts


@dataclass(frozen=True, slots=True)
class FixedWorkedOff:
    """The event queue is worked off up to `mark`; None while that is not known."""

    mark: Instant | None

    def until(self, now: Instant) -> Instant | None:
        """See the port: never later than `now`."""
        return None if self.mark is None else min(self.mark, now)
