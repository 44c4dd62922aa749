"""When a step is meant to go, and what waits until then (semantics, section 2)."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from milepost.domain.hours import wall_clock
from milepost.domain.instant import Instant
from milepost.domain.local import Local
from milepost.domain.milestone import Path, Step
from milepost.domain.outbox import Nudge, stable_id

MOST_PENDING: Final = 8
"""Nudges of one subject that wait; of more, the one of the lowest priority never goes."""
_PER_HOUR: Final = 60


class Pending(NamedTuple):
    """A nudge that waits: for which occurrence of a milestone, and which step of a path.

    `occurrence` tells occurrences apart (`n`, or for some rules its `ref`), `at` is its instant. The step was to go at
    `planned`; its gates are asked again at `due`. `known_as` is what a catalog that does not know the milestone calls
    it by, and what the subject's standing on it is under, if that is not its own id.
    """

    milestone: str
    path: Path
    step: int
    n: int
    occurrence: int
    at: Instant
    planned: Instant
    due: Instant
    known_as: str | None = None

    @property
    def standing(self) -> str:
        """What the subject's standing on its milestone is under."""
        return self.milestone if self.known_as is None else self.known_as


def nudge_id(catalog: str, subject: str, pending: Pending, attempt: int = 1) -> str:
    """The id under which a nudge goes out, whenever that is (semantics, section 6)."""
    again = () if attempt == 1 else (attempt,)
    return stable_id(catalog, pending.milestone, subject, pending.occurrence, pending.path, pending.step, *again)


def pending_of(nudge: Nudge) -> Pending:
    """The nudge as it was before it was decided: due when it was to go."""
    when = nudge.at if nudge.planned is None else nudge.planned
    occurrence = nudge.n if nudge.occurrence is None else nudge.occurrence
    return Pending(nudge.milestone, nudge.path, nudge.step, nudge.n, occurrence, nudge.at, when, when)


def planned(step: Step, at: Instant, local: Local) -> Instant:
    """When a step is to go for what happened at that instant.

    Without a time of the day so much elapsed time later. With one, at that time: after days and longer on the day of
    the calendar that they lead to, otherwise the first that comes; and in both cases on one of the step's weekdays.
    """
    moment = local.shifted(at, step.after)
    if step.at is None:
        return moment
    reached = wall_clock(local, moment)
    wall = datetime(reached.year, reached.month, reached.day) + timedelta(minutes=step.at)  # noqa: DTZ001  # Local.
    by_calendar = step.after.months or step.after.days
    if not by_calendar and local.instant_of(wall) < moment:
        wall += timedelta(days=1)
    while step.days and wall.weekday() not in step.days:
        wall += timedelta(days=1)
    return local.instant_of(wall)
