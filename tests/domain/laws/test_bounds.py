"""State stays bounded: whatever rule, however many events over however many years (semantics, section 2)."""

from decimal import Decimal
from typing import cast

import pytest

from milepost.domain import deadline
from milepost.domain.deadline import MOST_LOOSE, Course
from milepost.domain.instant import DAY, HOUR, WEEK, Duration
from milepost.domain.ledger import LEAST, REDELIVERY
from milepost.domain.milestone import Milestone, Within
from milepost.domain.progress import Standing
from milepost.domain.rules import Rule
from milepost.domain.rules.all import AllOf
from milepost.domain.rules.any import AnyOf
from milepost.domain.rules.count import Count
from milepost.domain.rules.days import Days
from milepost.domain.rules.distinct import Distinct
from milepost.domain.rules.members import Match
from milepost.domain.rules.sequence import Sequence
from milepost.domain.rules.streak import Streak
from milepost.domain.rules.sum import Sum
from tests.domain.build import MAX_AGE, Life, matcher, milestone
from tests.domain.laws.catalogs import AMOUNT, BOUGHT, INVITED, OPENED, REPEATING, catalog, clocked
from tests.domain.laws.histories import years
from tests.domain.rules.folding import numbers

MEMORY = MAX_AGE + REDELIVERY
EVENTS = 2_500
EVERY = 10
"""Counting values costs more than folding, so it is done after each so manieth event."""
NEVER = matcher("never_happens")

OUT_OF_REACH: dict[str, Rule] = {
    "count": Count(BOUGHT, 10**6),
    "count-in": Count(BOUGHT, 400, 6 * HOUR),
    "sum": Sum(BOUGHT, AMOUNT, Decimal(10**6)),
    "sum-in": Sum(BOUGHT, AMOUNT, Decimal(10**6), 20 * DAY),
    "days": Days(BOUGHT, 10**6),
    "days-in": Days(BOUGHT, 60, 60),
    "distinct": Distinct(BOUGHT, ("kind",), 9),
    "streak-day": Streak(BOUGHT, 10**6, "day"),
    "streak-day-freezes": Streak(BOUGHT, 10**6, "day", 3, 2),
    "streak-week": Streak(BOUGHT, 10**6, "week", 12, 1),
    "streak-month": Streak(BOUGHT, 10**6, "month", 1, 1),
    "all": AllOf((Match(NEVER), Count(OPENED, 300, HOUR), Streak(BOUGHT, 900, "day"))),
    "all-in": AllOf((Match(BOUGHT), Match(OPENED), Match(NEVER)), 2 * HOUR),
    "sequence": Sequence((OPENED, NEVER, BOUGHT)),
    "sequence-in": Sequence((BOUGHT, OPENED, NEVER), 2 * DAY),
    "any": AnyOf((Count(INVITED, 300, HOUR), Sequence((OPENED, NEVER)))),
}
"""Rules that remember for ever, because nobody meets them."""


def memos(rule: Rule, *, inside: bool, memo: object) -> list[tuple[object, int]]:
    """What is remembered, each with the most numbers that it may hold."""
    most = rule.most_values(MEMORY)
    if not inside:
        return [(memo, most)]
    course = deadline.course_of(rule, memo)  # type: ignore[arg-type]  # Whatever the standing holds.
    assert len(course.loose) <= (0 if course.settled else MOST_LOOSE)
    return [(course.inside, most), (course.since, most)]


def assert_bounded(known: Milestone, standing: Standing | None) -> None:
    """Not one number more than the rule says, in any part of what is remembered."""
    if standing is not None and standing.memo is not None:
        for memo, most in memos(known.rule, inside=known.within is not None, memo=standing.memo):
            assert numbers(memo) <= most, known.id  # type: ignore[arg-type]  # A part of a memo is a memo.


@pytest.mark.parametrize("seed", range(4))
def test_no_standing_ever_remembers_more_than_its_rule_says(seed: int) -> None:
    """`most_values`, from which the budget of a catalog is made, for rules without a deadline; repeating ones too."""
    used = catalog(
        [milestone(rule, name=name) for name, rule in {**OUT_OF_REACH, **REPEATING}.items()], "America/New_York"
    )
    life, most = Life(used), dict.fromkeys(used.milestones, 0)
    for place, event in enumerate(years(seed, EVENTS)):
        life.get(event)
        life.progress = life.progress._replace(outbox=())
        if place % EVERY == 0:
            for name, known in used.milestones.items():
                assert_bounded(known, life.progress.standings.get(name))
                most[name] = max(most[name], numbers(getattr(life.progress.standings.get(name), "memo", None)))
    # A bound that nothing comes near proves nothing: these are the ones that grow, with this seed or another.
    assert most["sequence"] > 3
    assert most["count-in"] > 10
    assert most["sum-in"] > 100


@pytest.mark.parametrize("duration", [3 * DAY, 4000 * DAY])
@pytest.mark.parametrize("start", ["bought", "signed_up"])
def test_no_deadline_ever_remembers_more_than_its_rule_and_what_is_loose(start: str, duration: Duration) -> None:
    """Under a deadline `MOST_LOOSE` observations more, before the anchor as after it, settled or not."""
    deadlines = [
        milestone(rule, name=name, deadline=Within(duration, matcher(start))) for name, rule in OUT_OF_REACH.items()
    ]
    used, loose = catalog(deadlines, "UTC"), 0
    life = Life(used)
    for place, event in enumerate(years(7, EVENTS)):
        life.get(event)
        if place % EVERY == 0:
            for name, known in used.milestones.items():
                assert_bounded(known, life.progress.standings.get(name))
                standing = life.progress.standings.get(name)
                if standing is not None and standing.memo is not None:
                    loose = max(loose, len(Course(*cast("Course", standing.memo)).loose))
    assert loose > LEAST


@pytest.mark.parametrize("seed", range(3))
def test_what_waits_for_the_clock_is_bounded_while_the_clock_is_asked(seed: int) -> None:
    """The same for silence, drop and date, which let go only of what has been decided."""
    used = catalog(clocked(), "Europe/Berlin")
    life = Life(used)
    for place, event in enumerate(years(seed, EVENTS)):
        life.get(event)
        life.progress = life.progress._replace(outbox=())
        life.tick(event.arrived)
        life.progress = life.progress._replace(outbox=())
        if place % EVERY == 0:
            for name, known in used.milestones.items():
                assert_bounded(known, life.progress.standings.get(name))


def test_the_ledger_remembers_what_can_come_again_and_little_more() -> None:
    """Nothing older than `max_age` and redelivery, in whole weeks, once there are more than a few entries."""
    life = Life(catalog([milestone(Count(BOUGHT, 1, repeats=True))], "UTC"))
    for event in years(3, EVENTS):
        life.get(event)
        life.progress = life.progress._replace(outbox=())
        entries = life.progress.ledger.entries.values()
        assert len(entries) <= LEAST or min(entry.instant for entry in entries) >= event.arrived - MEMORY - WEEK
