"""Two standings of one person on one milestone, made one (semantics, 3.14).

one               other             both
reached           reached           reached as often as the one that was more often, and what comes of the two memos
reached           missed            reached; the miss is undone if it was in time (3.12), else it stands beside it
missed            missed            missed; reached, if what both did is enough
reached, closed   pending           reached, closed
baseline          reached           reached
held, pending     held, pending     held, pending; reached, if what both did is enough
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import TypeAlias

from milepost.domain import deadline, judge
from milepost.domain.instant import Instant
from milepost.domain.judge import Judgement
from milepost.domain.memo import Memo
from milepost.domain.milestone import Milestone
from milepost.domain.progress import Standing
from milepost.domain.rules import Hit

Pair: TypeAlias = tuple[Standing, Standing]
"""The user's own, and that of whoever turned out to be the user; neither from another shape."""


def merged(milestone: Milestone, pair: Pair, horizon: Instant, *, turned: bool, part: bool) -> Judgement:
    """The standing of both, and what comes of it that neither was told.

    `turned`: it was the other who wrote the traits last that the milestone looks at. `part`: the user takes part.
    """
    standing, findings = _merged(milestone, pair, horizon, turned=turned, part=part)
    if not part:
        return standing, findings
    joined, more = judge.on_joining(milestone, standing)
    return joined, findings + more


def _merged(milestone: Milestone, pair: Pair, horizon: Instant, *, turned: bool, part: bool) -> Judgement:
    nothing = Standing(shape=milestone.shape)
    if nothing in pair:
        return pair[1] if pair[0] == nothing else pair[0], ()
    both, findings = _without_miss(milestone, pair, _of_both(milestone, pair))
    if judge.is_over(milestone, both):
        return both, findings
    one, other = (each.memo for each in (reversed(pair) if turned else pair))
    judged, more = _of_memos(milestone, both, (one, other), horizon, part=part)
    return judged, findings + more


def _of_both(milestone: Milestone, pair: Pair) -> Standing:
    """What is known without the memos."""
    repeats = milestone.rule.repeats
    last_or_first = max if repeats else min
    reached = [each for each in pair if each.occurrences]
    instants = [each.at for each in reached if each.at is not None]
    held = [each.held for each in pair if each.held is not None and (repeats or not reached)]
    missed = max(each.missed for each in pair)
    return Standing(
        occurrences=max(each.occurrences for each in pair),
        at=last_or_first(instants, default=None),
        shape=milestone.shape,
        missed=missed,
        recovered=max(each.recovered for each in pair),
        # Nobody knows when a closed one began, so the other's deadline is not theirs; but a miss may yet be undone.
        closed=int(any(each.closed for each in pair) and not missed),
        held=last_or_first(held, key=itemgetter(0), default=None),
        baseline=min((each.baseline for each in reached), default=0),
    )


def _without_miss(milestone: Milestone, pair: Pair, both: Standing) -> Judgement:
    """One has missed what the other has reached: in time, and the miss is undone (semantics, 3.12).

    Told only to the user who missed it: whoever reached it has been told.
    """
    one, other = pair
    missed, reached = (one, other) if one.missed else (other, one)
    if milestone.within is None or not missed.missed or not reached.occurrences or reached.baseline:
        return both, ()
    ends = deadline.deadline_of(milestone.within, deadline.course_of(milestone.rule, missed.memo))
    if reached.at is None or ends is None or reached.at > ends:
        return both, ()
    standing, findings = judge.reached_in_time(both, Hit(reached.at), None)
    return standing, findings if missed is one else ()


def _of_memos(
    milestone: Milestone, both: Standing, memos: Sequence[Memo], horizon: Instant, *, part: bool
) -> Judgement:
    rule, within = milestone.rule, milestone.within
    if within is None:
        mine, theirs = (rule.start if memo is None else memo for memo in memos)
        memo, hits = rule.merged(mine, theirs, horizon)
        return judge.met(milestone, both, memo, hits, part=part)
    one, other = (deadline.course_of(rule, memo) for memo in memos)
    return judge.concluded(milestone, both, deadline.merged(rule, within, one, other, horizon), part=part)
