"""How far a subject is from the milestone that comes next: what a nudge tells of it (semantics, section 6).

next named by the milestone   ->  that one, or nothing
the milestone repeats         ->  its own next multiple
else                          ->  the first after it in the catalog that can say how far it is
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import dropwhile
from typing import NamedTuple

from milepost.domain import deadline, judge
from milepost.domain.fold import Fold
from milepost.domain.milestone import Milestone
from milepost.domain.progress import Standing
from milepost.domain.rules.interface import SoFar


class Ahead(NamedTuple):
    """The milestone to come, and that the subject has `have` of the `need` that it takes."""

    milestone: str
    title: str
    have: int | Decimal
    need: int | Decimal

    @property
    def left(self) -> int | Decimal:
        """What is still to do; more than nothing."""
        return self.need - self.have


def ahead_of(milestone: Milestone, fold: Fold) -> Ahead | None:
    """What comes after this milestone for the subject in hand, at the fold's `now`; None where nothing does."""
    # None from here on, where the milestone has become another kind of subject's since.
    onwards = list(dropwhile(lambda each: each.id != milestone.id, fold.roster.milestones))
    if onwards and milestone.next is not None:
        return next(_found([fold.catalog.milestones[milestone.next]], fold), None)
    again = onwards[:1] if milestone.rule.repeats else []
    later = [each for each in onwards[1:] if not _reached(each, fold)]
    return next(_found([*again, *later], fold), None)


def _reached(milestone: Milestone, fold: Fold) -> bool:
    standing = fold.standings.get(milestone.id)
    return standing is not None and bool(standing.occurrences or standing.recovered)


def _found(milestones: Iterable[Milestone], fold: Fold) -> Iterator[Ahead]:
    for each in milestones:
        towards = _towards(each, fold)
        if towards is not None and towards.have < towards.need:
            yield Ahead(each.id, each.title, towards.have, towards.need)


def _towards(milestone: Milestone, fold: Fold) -> SoFar | None:
    """How far it is to the next time; None where there is none, it is not the subject's, or its rule has changed."""
    rule = milestone.rule
    standing = fold.standings.get(milestone.id)
    if standing is None:
        if fold.progress.catalog_version < fold.catalog.version:
            return None
        standing = Standing(shape=milestone.shape)
    over = judge.is_over(milestone, standing) or standing.recovered or (standing.occurrences and not rule.repeats)
    if over or standing.shape != milestone.shape or not fold.takes_part(milestone):
        return None
    if milestone.within is None:
        memo = rule.start if standing.memo is None else standing.memo
    else:
        course = deadline.course_of(rule, standing.memo)
        memo = course.since if standing.missed else course.inside
    return rule.towards(memo, fold.now, fold.local)
