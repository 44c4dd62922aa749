"""`retracted_by`: semantics 3.10. Reached milestones stay; nudges that wait are called back."""

from dataclasses import replace
from decimal import Decimal

from milepost.domain.advance import acknowledge
from milepost.domain.event import Track
from milepost.domain.instant import DAY, Duration
from milepost.domain.matcher import Condition
from milepost.domain.milestone import Milestone, Within
from milepost.domain.outbox import Nudge
from milepost.domain.rules import Rule
from milepost.domain.rules.count import Count
from milepost.domain.rules.streak import Streak
from milepost.domain.rules.sum import Sum
from tests.domain.build import (
    GRACE,
    IN_APP,
    T0,
    Life,
    Line,
    bought,
    catalog,
    identify,
    matcher,
    milestone,
    track,
    within,
)

BOUGHT, REFUNDED = matcher("bought"), matcher("refunded")
WEEK = 7 * DAY


def orders(at_least: int, *, repeats: bool = False) -> Count:
    """A count of purchases that refunds take back."""
    return Count(BOUGHT, at_least, repeats=repeats, back=REFUNDED)


def spent(at_least: int, *, repeats: bool = False) -> Sum:
    """A sum of purchases that refunds take back."""
    return Sum(BOUGHT, ("amount",), Decimal(at_least), repeats=repeats, back=REFUNDED)


def refund(at: Duration, name: str = "back", **properties: object) -> Track:
    """A refund at that time."""
    return replace(track(f"{name}-{at}", T0 + at, "refunded"), properties=properties)


def life(rule: Rule, deadline: Within | None = None) -> Life:
    """A life with one milestone that tells on each path."""
    steps = [IN_APP]
    known: Milestone = milestone(
        rule,
        deadline=deadline,
        fresh_for=30 * DAY,
        reached=steps,
        missed=steps if deadline else (),
        recovered=steps if deadline else (),
    )
    return Life(catalog(known))


def waiting(lived: Life) -> list[tuple[str, int, str, str | None]]:
    """The nudges that wait: path, n, verdict and reason."""
    nudges = [each for each in lived.progress.outbox if isinstance(each, Nudge)]
    return [(each.path, each.n, each.verdict, each.reason) for each in nudges]


def ends(lived: Life) -> list[tuple[str, int]]:
    """Outcomes and their numbers."""
    return [(line.outcome, line.n) for line in lived.lines()]


def test_a_refund_cancels_the_nudge_that_waits_and_leaves_the_milestone() -> None:
    """3.10: it would no longer be reached, so nobody is congratulated; the outcome stays."""
    lived = life(orders(2)).each([*bought(0, 1), refund(2)])
    assert ends(lived) == [("reached", 1)]
    assert waiting(lived) == [("reached", 1, "cancelled", "retracted")]


def test_a_refund_in_the_same_call_cancels_the_nudge_before_it_waits() -> None:
    """3.10: what came of the batch is decided once all of it is known."""
    lived = life(orders(2))
    lived.get(*bought(0, 1), refund(2))
    assert ends(lived) == [("reached", 1)]
    assert [(each.verdict, each.reason) for each in lived.nudges] == [("cancelled", "retracted")]


def test_a_refund_that_leaves_enough_cancels_nothing() -> None:
    """3.10: only if it would no longer be reached."""
    lived = life(orders(2)).each([*bought(0, 1, 2), refund(3)])
    assert waiting(lived) == [("reached", 1, "sent", None)]


def test_a_nudge_that_was_called_back_stays_so_when_another_purchase_follows() -> None:
    """5: a verdict that was given stays; and the milestone is not reached a second time."""
    lived = life(orders(2)).each([*bought(0, 1), refund(2), track("again", T0 + 3)])
    assert ends(lived) == [("reached", 1)]
    assert waiting(lived) == [("reached", 1, "cancelled", "retracted")]


def test_a_nudge_that_has_been_told_is_not_called_back() -> None:
    """3.10: nudges not yet sent."""
    lived = life(orders(2)).each(bought(0, 1))
    told = frozenset(each.id for each in lived.progress.outbox)
    lived.progress = acknowledge(lived.progress, told, lived.catalog, T0 + 2)
    assert lived.get(refund(3)).nudges == ()
    assert lived.progress.outbox == ()


def test_of_a_repeating_count_only_the_occurrences_that_are_lacking_are_called_back() -> None:
    """3.10: five purchases are two times two; two refunds leave one of them."""
    lived = life(orders(2, repeats=True)).each([*bought(0, 1, 2, 3, 4), refund(5), refund(6)])
    assert ends(lived) == [("reached", 1), ("reached", 2)]
    assert waiting(lived) == [("reached", 1, "sent", None), ("reached", 2, "cancelled", "retracted")]


def test_a_repeating_count_goes_on_after_refunds_where_it_was() -> None:
    """3.10: the third time is the sixth purchase that was kept, and no number is given twice."""
    lived = life(orders(2, repeats=True)).each([*bought(0, 1, 2, 3), refund(4), refund(5)])
    lived.each([track(f"more{place}", T0 + 10 + place) for place in range(3)])
    assert ends(lived) == [("reached", 1), ("reached", 2)]
    lived.get(track("sixth", T0 + 20))
    assert lived.lines()[2:] == [Line("m", "reached", 3, 20, None)]


def test_a_refund_before_its_purchase_takes_back_what_is_to_come() -> None:
    """3.10: retractions follow arrival, and a count may be below nothing for a while."""
    lived = life(orders(1)).each([refund(1), *bought(0)])
    assert ends(lived) == []
    lived.get(track("second", T0 + 2))
    assert lived.lines() == [Line("m", "reached", 1, 2, None)]


def test_a_refund_is_deduplicated_like_any_other_event() -> None:
    """3.10: once."""
    lived = life(orders(3)).each([*bought(0, 1, 2)[:2], refund(3), refund(3), *bought(0, 1, 2)[2:]])
    assert ends(lived) == []
    lived.get(track("third", T0 + 4))
    assert ends(lived) == [("reached", 1)]


def test_a_refund_takes_its_amount_off_the_sum() -> None:
    """3.10: a positive number, exact."""
    lived = life(spent(100)).each([track("a", T0, amount=Decimal("99.99")), refund(1, amount=Decimal("0.01"))])
    lived.get(track("b", T0 + 2, amount=Decimal("0.01")))
    assert ends(lived) == []
    lived.get(track("c", T0 + 3, amount=Decimal("0.01")))
    assert lived.lines() == [Line("m", "reached", 1, 3, None)]


def test_a_sum_stays_reached_and_its_nudge_is_called_back() -> None:
    """3.10: also a part of the amount may be what is lacking."""
    lived = life(spent(100)).each([track("a", T0, amount=100), refund(1, amount=Decimal("0.01"))])
    assert ends(lived) == [("reached", 1)]
    assert waiting(lived) == [("reached", 1, "cancelled", "retracted")]


def test_of_a_repeating_sum_the_last_thresholds_are_called_back_first() -> None:
    """3.10: 250 are two times 100; 200 still are, 199 are not."""
    lived = life(spent(100, repeats=True)).each([track("a", T0, amount=250), refund(1, amount=50)])
    assert [verdict for _, _, verdict, _ in waiting(lived)] == ["sent", "sent"]
    lived.get(refund(2, amount=1))
    assert [verdict for _, _, verdict, _ in waiting(lived)] == ["sent", "cancelled"]


def test_a_refund_without_an_amount_takes_nothing_off_a_sum() -> None:
    """3.4, 3.10: a missing amount adds nothing, and takes nothing."""
    lived = life(spent(100)).each([track("a", T0, amount=100), refund(1)])
    assert waiting(lived) == [("reached", 1, "sent", None)]


def test_a_negative_amount_alone_calls_nothing_back() -> None:
    """3.4: a sum latches; only what is named as a retraction takes back."""
    lived = life(replace(spent(100), back=None)).each([track("a", T0, amount=100), track("b", T0 + 1, amount=-50)])
    assert waiting(lived) == [("reached", 1, "sent", None)]


def test_a_refund_within_the_deadline_makes_it_a_miss() -> None:
    """3.10 with 3.7: one purchase is left of two when the deadline passes."""
    lived = life(orders(2), within(WEEK)).each([*bought(0)[:1], refund(DAY), track("again", T0 + 2 * DAY)])
    lived.tick(T0 + WEEK + GRACE)
    assert ends(lived) == [("missed", 1)]
    lived.get(track("third", T0 + 9 * DAY))
    assert ends(lived) == [("missed", 1), ("recovered", 1)]


def test_a_deadline_that_was_met_stays_met_and_its_nudge_is_called_back() -> None:
    """3.10 with 3.7: reached latches, and is never missed afterwards."""
    lived = life(orders(2), within(WEEK)).each([*bought(0, DAY), refund(2 * DAY)])
    lived.tick(T0 + WEEK + GRACE)
    assert ends(lived) == [("reached", 1)]
    assert waiting(lived) == [("reached", 1, "cancelled", "retracted")]


def test_a_refund_after_the_deadline_leaves_alone_what_was_reached_in_time() -> None:
    """3.7: after the deadline nothing changes what was met by it."""
    lived = life(orders(2), within(WEEK)).each([*bought(0, DAY), refund(8 * DAY)])
    assert waiting(lived) == [("reached", 1, "sent", None)]


def test_a_refund_before_the_anchor_takes_back_nothing_of_what_counts() -> None:
    """3.7: events before the anchor are not among those that count."""
    lived = life(orders(2), within(WEEK)).each([refund(0), *bought(1, 2)])
    assert ends(lived) == [("reached", 1)]


def test_a_streak_that_a_late_event_joins_to_another_is_taken_back_with_its_nudge() -> None:
    """3.1, 3.6: two runs that turn out to be one are one occurrence, and of two nudges one is called back."""
    lived = life(Streak(BOUGHT, 2, "day", repeats=True)).each(bought(0, DAY, 3 * DAY, 4 * DAY))
    assert ends(lived) == [("reached", 1), ("reached", 2)]
    lived.get(track("between", T0 + 2 * DAY, arrived=T0 + 5 * DAY))
    assert [verdict for _, n, verdict, _ in waiting(lived) if n == 2] == ["cancelled"]
    assert [verdict for _, n, verdict, _ in waiting(lived) if n == 1] == ["sent"]
    assert lived.standing().occurrences == 1


def test_what_was_taken_back_while_held_is_congratulated_to_nobody_on_joining() -> None:
    """2, 3.10: what is held latches like anything else, but its nudge is called back before it waits."""
    known = milestone(orders(2), fresh_for=30 * DAY, reached=[IN_APP])
    pro = Condition(("plan",), "eq", "pro")
    lived = Life(catalog(replace(known, audience=(pro,)))).each([*bought(0, 1), refund(2)])
    assert ends(lived) == []
    lived.get(identify("joins", T0 + 3, plan="pro"))
    assert ends(lived) == [("reached", 1)]
    assert waiting(lived) == [("reached", 1, "cancelled", "retracted")]
