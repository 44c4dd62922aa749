"""Catalogs in which every rule kind stands, for laws that hold whatever the rule."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Final

from milepost.domain.catalog import Catalog
from milepost.domain.instant import DAY, HOUR, Duration
from milepost.domain.local import Span
from milepost.domain.matcher import Condition, Matcher
from milepost.domain.milestone import Milestone, Within
from milepost.domain.rules import Rule
from milepost.domain.rules.all import AllOf
from milepost.domain.rules.any import AnyOf
from milepost.domain.rules.count import Count
from milepost.domain.rules.date import Date
from milepost.domain.rules.days import Days
from milepost.domain.rules.distinct import Distinct
from milepost.domain.rules.drop import Drop
from milepost.domain.rules.members import Composite, Match
from milepost.domain.rules.sequence import Sequence
from milepost.domain.rules.silence import Silence
from milepost.domain.rules.streak import Streak
from milepost.domain.rules.sum import Sum
from milepost.domain.rules.trait import Trait
from tests.domain.build import GRACE, IN_APP, MAX_AGE, matcher, milestone

PLAN: Final = frozenset({"bought", "opened", "invited", "signed_up"})
ZONES: Final = (
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Kiritimati",
)
DEADLINE: Final[Duration] = 6 * DAY

BOUGHT: Final = matcher("bought")
OPENED: Final = matcher("opened")
INVITED: Final = matcher("invited")
LARGE: Final = Matcher(None, (Condition(("amount",), "gte", Decimal(20)),))
AMOUNT: Final = ("amount",)
PRO: Final = Condition(("plan",), "eq", "pro")

EVENT_ONLY: Final[Mapping[str, Rule]] = {
    "count": Count(BOUGHT, 4),
    "count-where": Count(LARGE, 3),
    "count-in": Count(BOUGHT, 3, 2 * DAY),
    "sum": Sum(matcher("bought", "opened"), AMOUNT, Decimal(150)),
    "sum-in": Sum(BOUGHT, AMOUNT, Decimal("90.01"), 2 * DAY),
    "days": Days(BOUGHT, 4),
    "days-in": Days(BOUGHT, 3, 4),
    "distinct": Distinct(BOUGHT, ("kind",), 3),
    "streak-day": Streak(BOUGHT, 3, "day"),
    "streak-day-freezes": Streak(BOUGHT, 4, "day", 1, 2),
    "streak-week": Streak(matcher(), 3, "week", 2, 1),
    "streak-month": Streak(BOUGHT, 2, "month", 2),
    "all": AllOf(
        (
            Match(INVITED),
            Count(OPENED, 2, DAY),
            Streak(BOUGHT, 2, "day", 1, 1),
            Sequence((OPENED, BOUGHT)),
            AnyOf((Days(OPENED, 2), Sum(BOUGHT, AMOUNT, Decimal(70)))),
        )
    ),
    "all-in": AllOf((Match(BOUGHT), Match(OPENED), Match(LARGE)), DAY),
    "sequence": Sequence((BOUGHT, OPENED, INVITED, BOUGHT)),
    "sequence-in": Sequence((BOUGHT, OPENED, BOUGHT), 2 * DAY),
    "any": AnyOf(
        (
            Count(INVITED, 3, 3 * DAY),
            Sequence((INVITED, INVITED, INVITED), 5 * DAY),
            AllOf((Distinct(OPENED, ("kind",), 3), Streak(INVITED, 2, "day"))),
        )
    ),
}
"""Every kind that looks at events only and is met once."""

REPEATING: Final[Mapping[str, Rule]] = {
    "count-repeat": Count(BOUGHT, 2, repeats=True),
    "sum-repeat": Sum(BOUGHT, AMOUNT, Decimal("33.3"), repeats=True),
    "streak-repeat": Streak(BOUGHT, 2, "day", repeats=True),
    "streak-repeat-freezes": Streak(matcher(), 2, "week", 2, 1, repeats=True),
}
"""Every kind that looks at events only and can be met again."""

CLOCKED: Final[Mapping[str, Rule]] = {
    "silence": Silence(BOUGHT, 3 * DAY),
    "silence-once": Silence(matcher(), 9 * DAY, repeats=False),
    "drop": Drop(BOUGHT, Decimal("0.5"), 4 * DAY),
    "date": Date(BOUGHT, None, Span(months=1)),
    "date-every": Date(OPENED, None, Span(days=7), repeats=True),
    "date-of-trait": Date(None, "renews_at", Span(days=2), before=True),
    "date-of-trait-before-each": Date(None, "renews_at", Span(elapsed=36 * HOUR), before=True, repeats=True),
    "date-of-trait-every": Date(None, "renews_at", Span(days=10), repeats=True),
    "any-clocked": AnyOf((Silence(OPENED, 8 * DAY, repeats=False), Count(INVITED, 5))),
    "all-clocked": AllOf((Silence(OPENED, 2 * DAY, repeats=False), Drop(BOUGHT, Decimal("0.1"), DAY), Match(INVITED))),
}
"""Every kind that waits for the clock."""

OF_TRAITS: Final[Mapping[str, Rule]] = {"trait": Trait(PRO)}


def of_events() -> list[Milestone]:
    """A milestone for each rule that looks at events only; some have something to send."""
    return [milestone(rule, name=name, reached=[IN_APP]) for name, rule in {**EVENT_ONLY, **REPEATING}.items()]


def with_deadlines(rules: Mapping[str, Rule] = EVENT_ONLY, duration: Duration = DEADLINE) -> list[Milestone]:
    """The same rules with a deadline that a sign-up starts; without those that do not go together with one."""
    return [
        milestone(
            rule,
            name=f"{name}-within",
            deadline=Within(duration, matcher("signed_up")),
            reached=[IN_APP],
            missed=[IN_APP],
            recovered=[IN_APP],
        )
        for name, rule in rules.items()
    ]


def clocked() -> list[Milestone]:
    """A milestone for each rule that waits for the clock or looks at a trait, and deadlines of each origin."""
    second = [
        milestone(Count(OPENED, 3), name="after-another", deadline=Within(DEADLINE, milestone="count")),
        milestone(Count(OPENED, 2), name="after-a-date", deadline=Within(DEADLINE, trait="renews_at")),
    ]
    return [milestone(rule, name=name, reached=[IN_APP]) for name, rule in {**CLOCKED, **OF_TRAITS}.items()] + second


def of_some() -> list[Milestone]:
    """Milestones of those who have the plan pro: what the others reach is held."""
    known = [*of_events(), *with_deadlines(), *clocked()]
    names = ("count", "count-repeat", "streak-repeat", "count-in-within", "silence", "date-every")
    return [replace(each, id=f"{each.id}-of-some", audience=(PRO,)) for each in known if each.id in names]


@cache
def everything(zone: str) -> Catalog:
    """All of the above; made once, for many a law asks for it a hundred times."""
    return catalog([*of_events(), *with_deadlines(), *clocked(), *of_some()], zone)


def catalog(milestones: Iterable[Milestone], zone: str, *, grace: Duration = GRACE) -> Catalog:
    """A catalog of these milestones for subjects of that zone."""
    return Catalog.of(
        "laws",
        milestones,
        version=1,
        max_age=MAX_AGE,
        grace=grace,
        events=PLAN,
        consent={"in_app": "always"},
        timezone=zone,
    )


def kinds_of(rules: Iterable[Rule]) -> frozenset[type[Rule]]:
    """The kinds among these rules, nested ones included."""
    found = frozenset[type[Rule]]()
    for rule in rules:
        found |= {type(rule)} | (kinds_of(rule.members) if isinstance(rule, Composite) else frozenset())
    return found
