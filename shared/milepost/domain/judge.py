"""What an event, or the clock, does to one subject's standing on one milestone.

standing            event completes the rule            deadline and grace pass
pending             reached                             missed (and recovered, if met since)
missed              in time: reached, missed is undone
                    too late: recovered                 -
missed, recovered   in time: reached, missed is undone  -
reached             - (again, where the rule repeats)   -
"""

from typing import NamedTuple

from milepost.domain import deadline
from milepost.domain.catalog import Milestone, Within
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.outbox import Kind
from milepost.domain.progress import Standing
from milepost.domain.rules import Hit


class Finding(NamedTuple):
    """An outcome found for one occurrence; `undoes` names the outcomes whose place it takes (semantics, 3.12)."""

    outcome: Kind
    n: int
    at: Instant
    ref: Instant | None = None
    undoes: tuple[Kind, ...] = ()


class Judgement(NamedTuple):
    """The standing afterwards and what was found."""

    standing: Standing
    findings: tuple[Finding, ...] = ()


def on_event(milestone: Milestone, standing: Standing, event: Track, horizon: Instant) -> Judgement:
    """Judge one track event."""
    rule = milestone.rule
    if standing.occurrences and not rule.repeats:
        return Judgement(standing)
    if milestone.within is not None:
        return _on_event_within(milestone, milestone.within, standing, event, horizon)
    seen = rule.observe(event)
    if seen is None:
        return Judgement(standing)
    memo = rule.start if standing.memo is None else standing.memo
    memo, hits = rule.fold(memo, event.instant, seen, horizon)
    if not hits:
        return Judgement(standing._replace(memo=memo))
    n = standing.occurrences
    findings = tuple(Finding("reached", n + i, hit.at, hit.ref) for i, hit in enumerate(hits, start=1))
    reached = Standing(n + len(hits), hits[-1].at)
    return Judgement(reached._replace(memo=memo, shape=standing.shape) if rule.repeats else reached, findings)


def _on_event_within(
    milestone: Milestone, within: Within, standing: Standing, event: Track, horizon: Instant
) -> Judgement:
    course = deadline.course_of(milestone.rule, standing.memo)
    course, hit = deadline.take(milestone.rule, within, course, event, horizon)
    if hit is not None:
        return _reached_in_time(standing, hit)
    if standing.missed and not standing.recovered and course.late is not None:
        return Judgement(standing._replace(recovered=True, memo=course), (Finding("recovered", 1, course.late),))
    return Judgement(standing._replace(memo=course))


def _reached_in_time(standing: Standing, hit: Hit) -> Judgement:
    was: tuple[tuple[Kind, bool], ...] = (("missed", standing.missed), ("recovered", standing.recovered))
    undone = tuple(kind for kind, held in was if held)
    return Judgement(Standing(1, hit.at), (Finding("reached", 1, hit.at, hit.ref, undone),))


def on_clock(milestone: Milestone, grace: Duration, standing: Standing, until: Instant, horizon: Instant) -> Judgement:
    """Decide a deadline that has passed, its grace included, at `until`."""
    when = waits_until(milestone, grace, standing)
    if when is None or when > until or milestone.within is None:
        return Judgement(standing)
    course = deadline.course_of(milestone.rule, standing.memo)
    course = deadline.settle(milestone.rule, milestone.within, course, horizon)
    findings = [Finding("missed", 1, when - grace, course.anchor)]
    if course.late is not None:
        findings.append(Finding("recovered", 1, course.late))
    decided = standing._replace(missed=True, recovered=course.late is not None, memo=course)
    return Judgement(decided, tuple(findings))


def waits_until(milestone: Milestone, grace: Duration, standing: Standing) -> Instant | None:
    """When the clock can next change this standing: an open deadline plus its grace."""
    if milestone.within is None or standing.occurrences or standing.missed or standing.memo is None:
        return None
    passes = deadline.deadline_of(milestone.within, deadline.course_of(milestone.rule, standing.memo))
    return None if passes is None else passes + grace
