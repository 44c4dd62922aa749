"""A rule with a deadline: what `within` adds to any rule (semantics, sections 2 and 3.7).

The deadline is the anchor plus a duration, its end included. Only what was observed at or after the anchor counts.
A late event can turn out to be an earlier anchor, so what was observed stays *loose*, to be folded anew, until the
anchor can move no more: then it is *settled*, and nothing needs to be kept but what the rule itself remembers.

Two folds run side by side: `inside` sees what happened up to the deadline and decides *reached*; `since` sees later
things too and decides *recovered*.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias, cast

from milepost.domain.instant import Instant
from milepost.domain.memo import Memo
from milepost.domain.milestone import Within
from milepost.domain.rules import Hit, Rule

MOST_LOOSE: Final = 256
"""Observations that wait for an anchor, or for it to be settled. When there are more, the anchor counts as settled;
where there is none yet, the oldest are forgotten, for an anchor is more likely to come after them."""

Observation: TypeAlias = tuple[Instant, Memo]
"""When something was observed, and what the rule saw."""


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
    hit: Hit | None = None


def course_of(rule: Rule, memo: Memo) -> Course:
    """The course that a memo holds; a new one for a subject of whom nothing was seen."""
    if memo is None:
        return Course(inside=rule.start, since=rule.start)
    if isinstance(memo, Course):  # Nobody has stored it in between.
        return memo
    return Course(*cast("tuple[Memo, ...]", memo))  # type: ignore[arg-type]  # The memo is a course, decoded.


def can_start(course: Course, start: Instant) -> bool:
    """Whether the deadline would run from this instant: it is the earliest so far, and the anchor can still move."""
    return not course.settled and (course.anchor is None or start < course.anchor)


def take(  # noqa: PLR0913, PLR0917  # What happened, and to what.
    rule: Rule, within: Within, course: Course, seen: Observation | None, start: Instant | None, horizon: Instant
) -> Progressed:
    """Take in one event: what the rule saw in it, and whether it can start the deadline."""
    starts = start is not None and can_start(course, start)
    loose = course.loose if seen is None else (*course.loose, seen)
    if starts:
        return _refolded(rule, within, course._replace(anchor=start, loose=_sorted(loose)), horizon)
    if seen is None:
        return Progressed(course)
    if course.anchor is None:
        return _waiting(course, loose, horizon)
    if not course.settled:
        if course.loose and seen[0] < course.loose[-1][0]:  # Late: the folds must be told in the order of time.
            return _refolded(rule, within, course._replace(loose=_sorted(loose)), horizon)
        course = course._replace(loose=loose)
    return _settled_in_time(_folded(rule, within, course, (seen,), horizon), horizon)


def start_from(rule: Rule, within: Within, course: Course, anchor: Instant, horizon: Instant) -> Progressed:
    """The deadline runs from this anchor and no other; nothing changes once it is settled."""
    if course.settled or course.anchor == anchor:
        return Progressed(course)
    return _refolded(rule, within, course._replace(anchor=anchor), horizon)


def merged(  # Two courses of one rule, and what surrounds them.
    rule: Rule, within: Within, one: Course, other: Course, horizon: Instant
) -> Progressed:
    """The course of a subject that turns out to be two (semantics, 3.14).

    It runs from the earlier anchor; from that of `one`, who has written the trait last, where a trait names it. While
    both are loose everything is folded anew, so nothing is lost. What is settled can only be added to, so the course
    is settled if either is: folded anew from an anchor that comes late, it would lack what the settled one has seen,
    and somebody might be told that they missed what they did. For the same reason what a settled course has seen
    counts even if it ran from a later anchor and may have seen it after the deadline that is now the earlier one.
    """
    anchors = [each.anchor for each in (one, other) if each.anchor is not None]
    loose = (*one.loose, *other.loose)
    if not anchors:
        return _waiting(one, loose, horizon)
    anchor = min(anchors) if within.trait is None else anchors[0]
    if not (one.settled or other.settled):
        return _refolded(rule, within, one._replace(anchor=anchor, loose=_sorted(loose)), horizon)
    if not (one.settled and other.settled):
        settled = (one if one.settled else other)._replace(anchor=anchor)
        return _folded(rule, within, settled, _sorted(loose), min(horizon, anchor))
    return _both_settled(rule, within, one._replace(anchor=anchor), other, horizon)


def deadline_of(within: Within, course: Course) -> Instant | None:
    """When the deadline passes, or None while nothing has started it."""
    return None if course.anchor is None else course.anchor + within.duration


def settle(course: Course) -> Course:
    """Fix the anchor, as happens when a miss is decided."""
    return course._replace(settled=1, loose=())


def _refolded(rule: Rule, within: Within, course: Course, horizon: Instant) -> Progressed:
    """The course with everything loose folded from the beginning."""
    fresh = Course(course.anchor, course.settled, course.loose, rule.start, rule.start)
    # What is loose is folded from its beginning, so nothing of it may be forgotten on the way, however late it is.
    kept_from = min(horizon, cast("Instant", course.anchor))
    return _settled_in_time(_folded(rule, within, fresh, course.loose, kept_from), horizon)


def _both_settled(rule: Rule, within: Within, one: Course, other: Course, horizon: Instant) -> Progressed:
    inside, hits = rule.merged(one.inside, other.inside, horizon)
    since, lates = one.since, [each.late for each in (one, other) if each.late is not None]
    if not lates:
        since, met = rule.merged(one.since, other.since, horizon)
        lates = [hit.at for hit in met]
    course = one._replace(inside=inside, since=since, late=min(lates, default=None))
    if not hits:
        return Progressed(course)
    # Where nobody knows whether the last of it was in time, it was, and not at an instant that says it was not.
    at = min(hits[0].at, cast("Instant", one.anchor) + within.duration)
    return Progressed(course, hits[0]._replace(at=at))


def _waiting(course: Course, loose: Sequence[Observation], horizon: Instant) -> Progressed:
    """A course without an anchor keeps what one that comes late can still let count."""
    kept = tuple(each for each in _sorted(loose) if each[0] >= horizon)
    return Progressed(course._replace(loose=kept[-MOST_LOOSE:]))


def _folded(
    rule: Rule, within: Within, course: Course, observations: Sequence[Observation], horizon: Instant
) -> Progressed:
    anchor = cast("Instant", course.anchor)
    _, settled, loose, inside, since, late = course
    hit: Hit | None = None
    for instant, seen in observations:
        if instant < anchor:
            continue
        if late is None:
            since, met = rule.fold(since, instant, seen, horizon)
            late = met[0].at if met else None
        if instant <= anchor + within.duration and hit is None:
            inside, hits = rule.fold(inside, instant, seen, horizon)
            hit = hits[0] if hits else None
    return Progressed(Course(anchor, settled, loose, inside, since, late), hit)


def _settled_in_time(progressed: Progressed, horizon: Instant) -> Progressed:
    course, hit = progressed
    # No anchor older than the horizon can arrive any more.
    if course.settled or (cast("Instant", course.anchor) > horizon and len(course.loose) <= MOST_LOOSE):
        return progressed
    return Progressed(settle(course), hit)


def _sorted(observations: Sequence[Observation]) -> tuple[Observation, ...]:
    """In the order of time; what happened at one instant stays in the order in which it was observed."""
    return tuple(sorted(observations, key=itemgetter(0)))
