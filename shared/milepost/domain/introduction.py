"""A catalog that lives: what becomes of a subject with a past when milestones are new or changed (semantics, 3.13).

Nobody is congratulated for what they did long ago. Who already meets a milestone is marked *baseline*; who has
already started on its deadline, nobody knows how long ago, is not judged by it. All others start as anybody does,
with what is known of them: the counters of the tracking plan, their traits, and what the milestone remembered before
only its threshold changed.
"""

from typing import NamedTuple

from milepost.domain import deadline, judge
from milepost.domain.instant import Instant
from milepost.domain.judge import Finding, Judgement, Scene
from milepost.domain.milestone import Milestone, Within
from milepost.domain.progress import Standing
from milepost.domain.rules.interface import Past, number_of
from milepost.domain.shape import same_form


class Known(NamedTuple):
    """What is known of a subject when a milestone is introduced to it.

    `anchor` is where its deadline began, as far as another milestone or a trait tells; `part`: whether it takes part.
    """

    past: Past
    scene: Scene
    anchor: Instant | None
    part: bool


def introduce(milestone: Milestone, standing: Standing | None, known: Known) -> Judgement:
    """The standing of a subject with a past on a milestone that is new to it, or has changed."""
    if standing is None:
        return _introduced(milestone, Standing(shape=milestone.shape), known)
    changed = standing._replace(shape=milestone.shape)
    if judge.is_over(milestone, standing):
        return changed, ()
    if same_form(standing.shape, milestone.shape) and standing.memo is not None:
        kept = _judged_anew(milestone, changed, known)
        if kept is not None:
            return kept
    return _introduced(milestone, changed._replace(memo=None), known)


def _introduced(milestone: Milestone, standing: Standing, known: Known) -> Judgement:
    past, scene, anchor, part = known
    memo, times = milestone.rule.introduced(past, scene.local)
    if milestone.within is None:
        return _marked(milestone, standing._replace(memo=memo), times, known)
    if anchor is not None and anchor + milestone.within.duration > past.now and not times:
        return judge.on_start(milestone, standing, anchor, scene, part=part)
    if anchor is None and not _may_have_started(milestone.within, past):
        return standing, ()
    return _marked(milestone, standing._replace(closed=1), times, known)


def _may_have_started(within: Within, past: Past) -> bool:
    return within.start is not None and number_of(past.counted, within.start.names) > 0


def _judged_anew(milestone: Milestone, standing: Standing, known: Known) -> Judgement | None:
    """The same rule with another threshold or a longer or shorter deadline; None where that cannot be told."""
    if milestone.within is None:
        judged = milestone.rule.judged_anew(standing.memo)
        return None if judged is None else _marked(milestone, standing._replace(memo=judged[0]), judged[1], known)
    course = deadline.course_of(milestone.rule, standing.memo)
    inside = milestone.rule.judged_anew(course.inside)
    since = milestone.rule.judged_anew(course.since)
    if inside is None or since is None:
        return None
    ends = deadline.deadline_of(milestone.within, course)
    closed = int(ends is not None and ends <= known.past.now and not standing.missed)
    course = course._replace(inside=inside[0], since=since[0])
    return _marked(milestone, standing._replace(memo=course, closed=closed), inside[1], known)


def _marked(milestone: Milestone, standing: Standing, times: int, known: Known) -> Judgement:
    """Baseline, silently, for what has been met already; reached where the milestone wants that said."""
    now = known.past.now
    if times <= standing.occurrences:
        return standing, ()
    if not milestone.lasts:
        standing = standing._replace(memo=None)
    if milestone.nudges_on_introduction:
        if not known.part:
            return standing._replace(held=(now, None)), ()
        return standing._replace(occurrences=times, at=now), (Finding("reached", standing.occurrences + 1, now),)
    marked = standing._replace(occurrences=times, at=now, baseline=1)
    return marked, ((Finding("baseline", times, now),) if known.part else ())
