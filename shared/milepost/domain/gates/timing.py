"""The gate of the hours: quiet hours, send windows and weekdays, by the wall clock of the subject."""

from collections.abc import Callable

from milepost.domain import hours
from milepost.domain.gates.question import Closed, Question, too_much
from milepost.domain.hours import BUSINESS_HOURS, SendWindow
from milepost.domain.instant import Instant
from milepost.domain.outbox import Reason


def right_hours(question: Question) -> Closed | None:
    """It is no quiet hour, and an hour of the send window: the step's own, or else the catalog's."""
    if not _asks_for_hours(question):
        return None
    shut = _shut(question, question.now)
    if shut is None:
        return None
    return too_much(_turns(question, lambda instant: _shut(question, instant) is None), shut, defers=True)


def not_after(question: Question) -> Instant:
    """The instant from which on a nudge that may go now must be asked about again."""
    ends = question.planned + question.lasting
    shuts = _turns(question, lambda at: _shut(question, at) is not None) if _asks_for_hours(question) else None
    return ends if shuts is None else min(ends, shuts)


def _window(question: Question) -> SendWindow | None:
    step = question.step
    return step.window or (None if step.operational else question.catalog.guardrails.window)


def _asks_for_hours(question: Question) -> bool:
    quiet = not question.step.operational and question.catalog.guardrails.quiet is not None
    return bool(quiet or _window(question) or question.step.days)


def _shut(question: Question, instant: Instant) -> Reason | None:
    """Why it must not go at that instant, if it must not; where no time zone is known, by UTC business hours."""
    wall = hours.wall_clock(question.local, instant)
    if question.addressee.local is None:
        return None if BUSINESS_HOURS.cover(wall) else "unknown_zone"
    step, quiet, window = question.step, question.catalog.guardrails.quiet, _window(question)
    if quiet is not None and not step.operational and quiet.cover(wall):
        return "quiet_hours"
    outside = (window is not None and not window.cover(wall)) or (step.days and wall.weekday() not in step.days)
    return "send_window" if outside else None


def _turns(question: Question, holds: Callable[[Instant], bool]) -> Instant | None:
    """The first instant from now on at which the hours are as they should be."""
    window = _window(question)
    windows = (BUSINESS_HOURS.hours, question.catalog.guardrails.quiet, window.hours if window else None)
    return hours.first(question.local, question.now, hours.edges(*windows), holds)
