"""A rule with a deadline: what `within` adds to any rule (semantics, sections 2 and 3.7).

The deadline is the first anchor plus a duration, its end included. Only events at or after the anchor count.
A late event can turn out to be an earlier anchor, so what was observed stays *loose*, refolded at each event,
until the anchor can move no more: then it is *settled*, and loose observations are folded for good.

Two folds run side by side: `inside` sees the events up to the deadline and decides *reached*; `since` sees
later ones too and decides *recovered*.
"""

from bisect import insort
from typing import NamedTuple, cast

from milepost.domain.catalog import Within
from milepost.domain.event import Track
from milepost.domain.instant import Instant
from milepost.domain.memo import Memo
from milepost.domain.rules import Hit, Rule


class Observation(NamedTuple):
    """What the rule saw, and when."""

    instant: Instant
    seen: Memo


class Course(NamedTuple):
    """The memo of a rule with a deadline. `late` is when the rule was met after the deadline, if it was."""

    anchor: Instant | None = None
    settled: int = 0
    loose: tuple[Observation, ...] = ()
    inside: Memo = None
    since: Memo = None
    late: Instant | None = None


class Progressed(NamedTuple):
    """A course after an event, and the hit before the deadline if there was one."""

    course: Course
    hit: Hit | None


def course_of(rule: Rule, memo: Memo) -> Course:
    """The course that a memo holds; a new one for a subject of whom nothing was seen."""
    if memo is None:
        return Course(inside=rule.start, since=rule.start)
    return Course(*cast("tuple[Memo, ...]", memo))  # type: ignore[arg-type]  # The memo is a course, decoded.


def deadline_of(within: Within, course: Course) -> Instant | None:
    """When the deadline passes, or None while nothing has started it."""
    return None if course.anchor is None else course.anchor + within.duration


def take(rule: Rule, within: Within, course: Course, event: Track, horizon: Instant) -> Progressed:
    """Take in one event: it may start or move the deadline, count, or both."""
    seen = rule.observe(event)
    anchor = course.anchor
    if not course.settled and within.start.matches(event):
        anchor = event.instant if anchor is None else min(anchor, event.instant)
    if seen is None and anchor == course.anchor:
        return Progressed(course, None)
    loose = [Observation(*each) for each in course.loose]
    if seen is not None:
        insort(loose, Observation(event.instant, seen), key=lambda each: each.instant)
    if anchor is None:
        kept = tuple(each for each in loose if each.instant >= horizon)
        return Progressed(course._replace(loose=kept), None)
    moved = course._replace(anchor=anchor, loose=tuple(loose))
    # No anchor older than the horizon can arrive any more.
    return _run(rule, within, moved, horizon, settle=bool(course.settled) or anchor <= horizon)


def settle(rule: Rule, within: Within, course: Course, horizon: Instant) -> Course:
    """Fix the anchor and fold what is loose for good, as happens when a miss is decided."""
    return _run(rule, within, course, horizon, settle=True).course


def _run(rule: Rule, within: Within, course: Course, horizon: Instant, *, settle: bool) -> Progressed:
    anchor = cast("Instant", course.anchor)
    deadline = anchor + within.duration
    inside, since, late = course.inside, course.since, course.late if course.settled else None
    hit: Hit | None = None
    # What is loose is folded from its beginning, so nothing of it may be forgotten on the way, however late it is.
    kept_from = horizon if course.settled else min(horizon, anchor)
    for instant, seen in course.loose:
        if instant < anchor:
            continue
        if late is None:
            since, met = rule.fold(since, instant, seen, kept_from)
            late = met[0].at if met else None
        if instant <= deadline and hit is None:
            inside, hits = rule.fold(inside, instant, seen, kept_from)
            hit = hits[0] if hits else None
    if settle:
        return Progressed(Course(anchor, 1, (), inside, since, late), hit)
    return Progressed(course._replace(late=late), hit)
