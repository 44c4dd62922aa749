"""A replay must not overtake publish: its clock leaps over hours while a nudge is on its way for a second."""

from collections.abc import Iterable
from operator import attrgetter

from milepost.domain.instant import Instant
from milepost.domain.outbox import Nudge


class OnTheirWay:
    """The nudges that a run sends. One whose hours have passed by the clock is asked about again instead of published.

    On AWS an hour between the two is an hour; in a replay it is nothing, and the driver has to wait before it goes on.
    """

    def __init__(self, decisions: Iterable[Nudge]) -> None:
        sent = (each for each in decisions if each.verdict == "sent")
        self._to_come = sorted(sent, key=attrgetter("decided_at"), reverse=True)
        self._open: list[Instant] = []

    def would_be_overtaken(self, now: Instant, then: Instant) -> bool:
        """Whether any that was decided before `now` is asked about again by `then`; if so, all are to be out before."""
        while self._to_come and self._to_come[-1].decided_at < now:
            self._open.append(self._to_come.pop().not_after)
        if min(self._open, default=then + 1) > then:
            return False
        self._open.clear()
        return True
