"""Advice on the way up: how soon the first milestone comes, how far it is to the next, and to which numbers."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from json import dumps
from typing import Final, TypeAlias

from milepost.domain.instant import WEEK
from milepost_tools.catalog.advice.effort import least_effort
from milepost_tools.catalog.advice.kind import Advice
from milepost_tools.catalog.advice.round_numbers import is_round
from milepost_tools.catalog.language import Catalog, Milestone
from milepost_tools.catalog.matching import conditions_compiled
from milepost_tools.catalog.problems import Place
from milepost_tools.catalog.walk import rules_of

FEW_EVENTS: Final = 7
"""One a day, in the first week."""
WIDEST: Final = 5
"""As from 10 to 50. That effort rises near a goal is shown by Kivetz, Urminsky and Zheng, The Goal-Gradient Hypothesis
Resurrected (Journal of Marketing Research, 2006)."""
_CLIMBED: Final = ("count", "sum", "days", "distinct", "streak")
_NO_ACHIEVEMENT: Final = ("silence", "drop")
_Step: TypeAlias = tuple[Decimal, str, bool]
"""A threshold, its milestone, and whether it repeats."""


def far_from_the_start(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """No milestone that a new user can reach in the first week."""
    users = [each for each in catalog.milestones.values() if each.subject == "user"]
    if users and not any(within_the_first_week(each) for each in users):
        what = f"none of them can be reached in a week with {FEW_EVENTS} events"
        why = "whoever leaves does so in the first days, and has not heard a good word by then"
        yield ("milestones",), Advice(what, why, "Add one for the first time that somebody does what matters.")


def within_the_first_week(milestone: Milestone) -> bool:
    """Whether a new user can reach it in the first week with an event a day."""
    events, time = least_effort(milestone.reach)
    return milestone.reach.kind not in _NO_ACHIEVEMENT and events <= FEW_EVENTS and time < WEEK


def not_round(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """Thresholds that nobody would name."""
    for name, milestone in catalog.milestones.items():
        for held in rules_of(milestone.reach, ("milestones", name, "reach")):
            at_least = getattr(held.rule, "at_least", None)
            if held.kind in _CLIMBED and at_least is not None and not is_round(at_least, held):
                what = f"{at_least} is not a round number"
                why = "people make for round numbers, and tell others of them"
                remedy = "Take one such as 10, 25, 50, 100, or what makes a week, a month or a year."
                yield (*held.place, "at_least"), Advice(what, why, remedy)


def far_apart(catalog: Catalog) -> Iterator[tuple[Place, Advice]]:
    """Two thresholds of the same thing, the next of which is more than `WIDEST` times the one before."""
    for steps in _ladders(catalog).values():
        for (low, *_), (high, name, _) in pairwise(steps):
            if high > WIDEST * low:
                place = ("milestones", name, "reach", catalog.milestones[name].reach.kind, "at_least")
                what = f"it is a long way from {low} to {high}, and no milestone lies between them"
                why = "effort rises as a goal comes near, and so far off it does not pull"
                yield place, Advice(what, why, f"Add one or two between them: at most {WIDEST} times the one before.")


def _ladders(catalog: Catalog) -> dict[str, list[_Step]]:
    """Milestones that differ in their threshold only, in its order; those with a deadline or a span are none."""
    ladders = defaultdict[str, list[_Step]](list)
    for name, milestone in catalog.milestones.items():
        options = milestone.reach.compiled()
        if options["kind"] in _CLIMBED and not options.get("in") and milestone.within is None:
            same = {key: value for key, value in options.items() if key not in ("at_least", "repeat")}
            who = [milestone.subject, conditions_compiled(milestone.audience)]
            ladders[dumps([who, same])].append((Decimal(options["at_least"]), name, options.get("repeat", False)))
    return {key: _repeating_last(sorted(steps)) for key, steps in ladders.items()}


def _repeating_last(steps: list[_Step]) -> list[_Step]:
    """Up to the first that repeats: from there on something always lies between."""
    ends = [place for place, (_, _, repeats) in enumerate(steps, start=1) if repeats]
    return steps[: ends[0]] if ends else steps
