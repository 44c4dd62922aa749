"""What an event, a trait or the clock does to one subject's standing on one milestone.

standing            event completes the rule            deadline and grace pass
pending             reached                             missed (and recovered, if met since)
missed              in time: reached, missed is undone
                    too late: recovered                 -
missed, recovered   in time: reached, missed is undone  -
reached             - (again, where the rule repeats)   -
closed              -                                   -

Whoever does not take part (`audience`) is judged all the same, and told nothing: what was reached last is held until
the subject takes part, and a deadline is decided then.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from milepost.domain import deadline
from milepost.domain.deadline import Course
from milepost.domain.event import Track
from milepost.domain.instant import Instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo
from milepost.domain.milestone import Milestone
from milepost.domain.outbox import Kind
from milepost.domain.progress import Standing, with_memo
from milepost.domain.rules.interface import Change, Hit


class Scene(NamedTuple):
    """What surrounds a subject while it is judged: its calendar, and how old an event can still arrive."""

    local: Local
    horizon: Instant


class Finding(NamedTuple):
    """An outcome found for one occurrence; `undoes` names the outcomes whose place it takes (semantics, 3.12)."""

    outcome: Kind
    n: int
    at: Instant
    ref: Instant | None = None
    undoes: tuple[Kind, ...] = ()


Judgement: TypeAlias = tuple[Standing, tuple[Finding, ...]]
"""The standing afterwards and what was found."""


def on_event(milestone: Milestone, standing: Standing, event: Track, scene: Scene, *, part: bool) -> Judgement | None:
    """Judge one track event for a standing that is not over; None if it changes nothing.

    `part`: whether the subject takes part.
    """
    rule, within = milestone.rule, milestone.within
    if within is None:
        seen = rule.observe(event, scene.local)
        return None if seen is None else _observed(milestone, standing, event.instant, seen, scene.horizon, part=part)
    course, instant = deadline.course_of(rule, standing.memo), event.instant
    starts = within.start is not None and deadline.can_start(course, instant) and within.start.matches(event)
    if standing.recovered and not starts:
        ends = deadline.deadline_of(within, course)
        if ends is not None and instant > ends:
            return None  # Missed and made up for: only what was in time can still change that.
    seen = rule.observe(event, scene.local)
    if seen is None and not starts:
        return None
    observation, start = None if seen is None else (instant, seen), instant if starts else None
    progressed = deadline.take(rule, within, course, observation, start, scene.horizon)
    return concluded(milestone, standing, progressed, part=part)


def on_change(  # noqa: PLR0913  # What happened, when, and to whom.
    milestone: Milestone, standing: Standing, change: Change, instant: Instant, scene: Scene, *, part: bool
) -> Judgement | None:
    """Judge one trait that takes a value; None if it changes nothing."""
    rule, within = milestone.rule, milestone.within
    if is_over(milestone, standing):
        return None
    seen = rule.notice(change, scene.local)
    if within is None:
        return None if seen is None else _observed(milestone, standing, instant, seen, scene.horizon, part=part)
    judged = None
    if seen is not None:
        course = deadline.course_of(rule, standing.memo)
        progressed = deadline.take(rule, within, course, (instant, seen), None, scene.horizon)
        judged = concluded(milestone, standing, progressed, part=part)
    named = scene.local.read_date(change.after) if change.name == within.trait else None
    if named is None:
        return judged
    moved = on_start(milestone, judged[0] if judged else standing, named, scene, part=part)
    return moved if judged is None else (moved[0], judged[1] + moved[1])


def on_start(milestone: Milestone, standing: Standing, anchor: Instant, scene: Scene, *, part: bool) -> Judgement:
    """The deadline runs from this instant: another milestone was reached, or a trait names it."""
    rule, within = milestone.rule, milestone.within
    if within is None or is_over(milestone, standing):
        return standing, ()
    course = deadline.course_of(rule, standing.memo)
    return concluded(milestone, standing, deadline.start_from(rule, within, course, anchor, scene.horizon), part=part)


def on_clock(milestone: Milestone, standing: Standing, until: Instant, scene: Scene, *, part: bool) -> Judgement:
    """Decide what waits for the clock up to `until`, from which grace has been taken off."""
    rule, within = milestone.rule, milestone.within
    when = waits_until(milestone, standing, scene.local)
    if when is None or when > until:
        return standing, ()
    if within is None:
        memo, hits = rule.decide(standing.memo, until, scene.local, scene.horizon)
        return met(milestone, standing, memo, hits, part=part)
    if not part:
        return standing, ()
    course = deadline.settle(deadline.course_of(rule, standing.memo))
    findings = [Finding("missed", 1, when, course.anchor)]
    if course.late is not None:
        findings.append(Finding("recovered", 1, course.late))
    decided = standing._replace(memo=course, missed=1, recovered=int(course.late is not None))
    return decided, tuple(findings)


def on_joining(milestone: Milestone, standing: Standing) -> Judgement:
    """The subject takes part from now on: what was held for it counts."""
    if standing.held is None:
        return _recovered(milestone, standing)
    hit = Hit(*standing.held)
    if milestone.within is not None:
        return reached_in_time(standing, hit, standing.memo)
    n = standing.occurrences + 1
    joined = standing._replace(occurrences=n, at=hit.at, held=None, baseline=0)
    return joined, (Finding("reached", n, hit.at, hit.ref),)


def waits_until(milestone: Milestone, standing: Standing, local: Local) -> Instant | None:
    """The instant that the clock has to pass before it can change this standing, without grace."""
    if standing.memo is None or is_over(milestone, standing):
        return None
    if milestone.within is None:
        return milestone.rule.wakes(standing.memo, local)
    if standing.missed or standing.occurrences or standing.held is not None:
        return None
    return deadline.deadline_of(milestone.within, deadline.course_of(milestone.rule, standing.memo))


def is_over(milestone: Milestone, standing: Standing) -> bool:
    """Whether nothing can happen any more; what can be taken back is counted even after it was reached."""
    return bool(standing.closed or ((standing.occurrences or standing.held is not None) and not milestone.lasts))


def _observed(  # noqa: PLR0913  # What was seen, when, and by whom.
    milestone: Milestone, standing: Standing, instant: Instant, seen: Memo, horizon: Instant, *, part: bool
) -> Judgement | None:
    rule, before = milestone.rule, standing.memo
    memo, hits = rule.fold(rule.start if before is None else before, instant, seen, horizon)
    if hits:
        return met(milestone, standing, memo, hits, part=part)
    if memo is before:
        return None
    return with_memo(standing, memo), ()


def met(milestone: Milestone, standing: Standing, memo: Memo, hits: Sequence[Hit], *, part: bool) -> Judgement:
    """The standing once the rule was met, or with nothing but another memo."""
    if not hits:
        return standing._replace(memo=memo), ()
    kept = memo if milestone.lasts else None
    if not part:
        last = hits[-1]  # One is enough: who joins hears of where it stands, not of all that was before.
        return standing._replace(memo=kept, held=None if last.back else (last.at, last.ref)), ()
    occurrences, at = standing.occurrences, standing.at
    findings = []
    for hit in hits:
        if hit.back:
            findings.append(Finding("retracted", occurrences, hit.at, hit.ref, ("reached",)))
            occurrences -= 1
        else:
            occurrences, at = occurrences + 1, hit.at
            findings.append(Finding("reached", occurrences, hit.at, hit.ref))
    return standing._replace(memo=kept, occurrences=occurrences, at=at, baseline=0), tuple(findings)


def concluded(milestone: Milestone, standing: Standing, progressed: deadline.Progressed, *, part: bool) -> Judgement:
    """The standing once a rule with a deadline was met in time, or with nothing but another course."""
    course, hit = progressed
    if hit is not None:
        kept = deadline.settle(course) if milestone.lasts else None
        return reached_in_time(standing, hit, kept) if part else (_holding(standing, hit, kept), ())
    open_ = with_memo(standing, course)
    return _recovered(milestone, open_) if part else (open_, ())


def _recovered(milestone: Milestone, standing: Standing) -> Judgement:
    """Recovered, if a deadline was missed and the rule has been met since."""
    if milestone.within is None or not standing.missed or standing.recovered:
        return standing, ()
    late = deadline.course_of(milestone.rule, standing.memo).late
    if late is None:
        return standing, ()
    return standing._replace(recovered=1), (Finding("recovered", 1, late),)


def _holding(standing: Standing, hit: Hit, kept: Course | None) -> Standing:
    return standing._replace(held=(hit.at, hit.ref), memo=kept)


def reached_in_time(standing: Standing, hit: Hit, kept: Memo) -> Judgement:
    """Reached; a miss and what became of it are undone (semantics, 3.12)."""
    was: tuple[tuple[Kind, int], ...] = (("missed", standing.missed), ("recovered", standing.recovered))
    undone = tuple(kind for kind, held in was if held)
    return Standing(1, hit.at, standing.shape, kept), (Finding("reached", 1, hit.at, hit.ref, undone),)
