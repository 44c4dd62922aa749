"""`within`: semantics 3.7, 3.11 and 3.12 as worked examples."""

from collections.abc import Sequence

import pytest

from milepost.domain.advance import acknowledge
from milepost.domain.event import Track
from milepost.domain.instant import DAY, Duration
from milepost.domain.milestone import Within
from milepost.domain.outbox import Nudge
from milepost.domain.rules import Rule
from tests.domain.build import (
    GRACE,
    IN_APP,
    MAX_AGE,
    T0,
    Life,
    Line,
    bought,
    catalog,
    count,
    milestone,
    sum_of,
    track,
    within,
)

WEEK_LONG = 7 * DAY
DECIDED = T0 + WEEK_LONG + GRACE
"""The first instant at which a deadline that began at T0 may be decided."""


def life(rule: Rule, deadline: Within) -> Life:
    """A life with one deadline, and a step for each way it can end."""
    steps = [IN_APP]
    return Life(
        catalog(milestone(rule, deadline=deadline, fresh_for=30 * DAY, reached=steps, missed=steps, recovered=steps))
    )


def second_purchase() -> Life:
    """Second purchase within a week of the first."""
    return life(count(2), within(WEEK_LONG))


def purchase_after_signing_up(at_least: int = 1) -> Life:
    """So many purchases within a week of signing up."""
    return life(count(at_least), within(WEEK_LONG, "signed_up"))


def signed_up(at: Duration = 0, message_id: str = "up") -> Track:
    """A sign-up."""
    return track(message_id, T0 + at, "signed_up")


REACHED, MISSED, RECOVERED = "reached", "missed", "recovered"


@pytest.mark.parametrize(
    ("instants", "expected"),
    [
        pytest.param([0], [Line("m", MISSED, 1, WEEK_LONG, 0)], id="3.7: at is the deadline, ref the anchor"),
        pytest.param([0, 1], [Line("m", REACHED, 1, 1, None)], id="3.7: the anchor is one of those counted"),
        pytest.param([0, 0], [Line("m", REACHED, 1, 0, None)], id="3.7: one at the anchor's instant counts"),
        pytest.param([0, WEEK_LONG], [Line("m", REACHED, 1, WEEK_LONG, None)], id="3.7: exactly at the deadline"),
        pytest.param(
            [0, WEEK_LONG + 1],
            [Line("m", MISSED, 1, WEEK_LONG, 0), Line("m", RECOVERED, 1, WEEK_LONG + 1, None)],
            id="3.7: a microsecond after it is a miss, and recovered",
        ),
        pytest.param([], [], id="2: nothing has started the deadline"),
    ],
)
def test_a_deadline_ends_as_the_reading_says(instants: Sequence[Duration], expected: list[Line]) -> None:
    """Second purchase within a week of the first; each case names the reading."""
    lived = second_purchase().each(bought(*instants))
    lived.tick(DECIDED + 1)
    assert lived.lines() == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [track("a", T0 - 1), signed_up()], [Line("m", MISSED, 1, WEEK_LONG, 0)], id="3.7: before the anchor"
        ),
        pytest.param(
            [track("a", T0), signed_up(message_id="z")], [Line("m", REACHED, 1, 0, None)], id="3.7: at it, a lower id"
        ),
        pytest.param(
            [track("z", T0), signed_up(message_id="a")], [Line("m", REACHED, 1, 0, None)], id="3.7: at it, a higher id"
        ),
        pytest.param(
            [signed_up(), signed_up(DAY, "again"), track("a", T0 + WEEK_LONG + DAY)],
            [Line("m", MISSED, 1, WEEK_LONG, 0), Line("m", RECOVERED, 1, WEEK_LONG + DAY, None)],
            id="2: only the first anchor starts it",
        ),
        pytest.param([track("a", T0)], [], id="2: what would count does not start it"),
    ],
)
def test_the_anchor_decides_what_counts(events: Sequence[Track], expected: list[Line]) -> None:
    """A purchase within a week of signing up; each case names the reading."""
    lived = purchase_after_signing_up().each(events)
    lived.tick(DECIDED)
    assert lived.lines() == expected


def test_one_microsecond_before_deadline_and_grace_nothing_is_decided() -> None:
    """3.7: a deadline that has not passed is pending, never missed."""
    lived = second_purchase().each(bought(0))
    lived.tick(DECIDED - 1)
    assert lived.lines() == []


def test_exactly_at_deadline_and_grace_it_has_passed() -> None:
    """3.7: at an as-of equal to the deadline plus grace it has passed."""
    lived = second_purchase().each(bought(0))
    lived.tick(DECIDED)
    assert [line.outcome for line in lived.lines()] == [MISSED]


def test_the_clock_does_not_decide_beyond_what_is_worked_off() -> None:
    """3.11: however late it is, a tick decides up to its `until` only."""
    lived = second_purchase().each(bought(0))
    lived.tick(DECIDED - 1, now=DECIDED + 100 * DAY)
    assert lived.lines() == []


def test_no_event_decides_a_miss() -> None:
    """3.11: only a tick knows that the queue is worked off."""
    lived = second_purchase().each(bought(0))
    lived.get(track("later", T0 + 30 * DAY, "signed_up"))
    assert lived.lines() == []


def test_a_second_tick_decides_nothing_more() -> None:
    """A repeated tick is harmless."""
    lived = second_purchase().each(bought(0))
    lived.tick(DECIDED)
    decided = lived.progress
    assert lived.tick(DECIDED).outcomes == ()
    assert lived.progress == decided


def test_an_anchor_that_arrives_late_moves_an_open_deadline() -> None:
    """3.1: an earlier anchor moves a deadline that is still open, and what was out of reach falls out."""
    lived = second_purchase()
    lived.get(track("second", T0 + WEEK_LONG + DAY))
    lived.get(track("first", T0, arrived=T0 + WEEK_LONG + DAY))
    lived.tick(DECIDED + 2 * DAY)
    missed, recovered = lived.lines()
    assert missed == Line("m", MISSED, 1, WEEK_LONG, 0)
    assert recovered == Line("m", RECOVERED, 1, WEEK_LONG + DAY, None)


def test_an_anchor_that_arrives_late_brings_in_what_lay_before() -> None:
    """3.1: an earlier anchor lets events count that the later one had shut out."""
    lived = purchase_after_signing_up(2).each([track("a", T0 + 1), signed_up(2), track("b", T0 + 3)])
    assert lived.lines() == []
    lived.get(signed_up(0, "first"))
    assert lived.lines() == [Line("m", REACHED, 1, 3, None)]


def test_an_anchor_that_arrives_after_the_miss_changes_nothing() -> None:
    """3.1: what waits for the clock is final once it is decided; 3.12 is the one exception."""
    lived = second_purchase().each(bought(DAY))
    lived.tick(DECIDED + DAY)
    lived.get(track("earlier", T0, arrived=T0 + 9 * DAY))
    assert lived.lines() == [Line("m", MISSED, 1, WEEK_LONG + DAY, DAY)]


def test_a_late_event_before_the_decision_still_counts() -> None:
    """3.1: until the miss is decided, a late event counts."""
    lived = second_purchase().each(bought(0))
    lived.get(track("late", T0 + DAY, arrived=DECIDED - 1))
    lived.tick(DECIDED)
    assert lived.lines() == [Line("m", REACHED, 1, DAY, None)]


def test_a_late_event_turns_missed_into_reached() -> None:
    """3.12: a reached event that beats its deadline takes the place of the miss."""
    lived = second_purchase().each(bought(0))
    lived.tick(DECIDED)
    lived.get(track("late", T0 + WEEK_LONG, arrived=T0 + MAX_AGE))
    assert lived.lines() == [Line("m", REACHED, 1, WEEK_LONG, None)]
    assert lived.outcomes[-1].undoes == (MISSED,)


def test_a_late_event_undoes_missed_and_recovered() -> None:
    """3.12: and with the miss, the recovery goes."""
    lived = second_purchase().each(bought(0))
    lived.tick(DECIDED)
    lived.get(track("after", T0 + 9 * DAY))
    assert [line.outcome for line in lived.lines()] == [MISSED, RECOVERED]
    lived.get(track("late", T0 + DAY, arrived=T0 + 10 * DAY))
    assert lived.lines() == [Line("m", REACHED, 1, DAY, None)]
    assert lived.outcomes[-1].undoes == (MISSED, RECOVERED)


def test_recovered_comes_after_missed_when_the_rule_is_met_later() -> None:
    """2: when the rule is met after the deadline, it is recovered, once."""
    lived = second_purchase().each(bought(0))
    lived.tick(DECIDED)
    lived.each(bought(0, 9 * DAY, 10 * DAY, 11 * DAY)[1:])
    assert lived.lines() == [Line("m", MISSED, 1, WEEK_LONG, 0), Line("m", RECOVERED, 1, 9 * DAY, None)]


def test_what_was_done_in_time_counts_towards_recovering() -> None:
    """2: the rule is met by all events since the anchor, in time or not."""
    lived = purchase_after_signing_up(3).each([signed_up(), *bought(DAY, 2 * DAY)])
    lived.tick(DECIDED)
    lived.get(track("third", T0 + 20 * DAY))
    assert lived.lines()[-1] == Line("m", RECOVERED, 1, 20 * DAY, None)


def test_recovered_before_the_miss_was_decided_is_decided_with_it() -> None:
    """2: nothing is recovered that was not missed; both are found by the same tick."""
    lived = second_purchase().each(bought(0, WEEK_LONG + 1))
    assert lived.outcomes == []
    found = lived.tick(DECIDED).outcomes
    assert [(each.outcome, each.at - T0) for each in found] == [(MISSED, WEEK_LONG), (RECOVERED, WEEK_LONG + 1)]


@pytest.mark.parametrize("batched", [True, False], ids=["in one call", "one by one"])
def test_a_recovery_that_the_next_late_event_undoes_is_not_told(batched: bool) -> None:  # noqa: FBT001  # A table's row.
    """3.12: what turned out untrue before it was sent is cancelled, however the events were batched."""
    lived = purchase_after_signing_up(3).each([signed_up(), track("a", T0 + DAY)])
    lived.tick(DECIDED)
    lived.get(track("after", T0 + 8 * DAY))
    late = [track(name, T0 + at * DAY, arrived=T0 + 9 * DAY) for name, at in (("b", 2), ("c", 3))]
    for events in [late] if batched else [[each] for each in late]:
        lived.get(*events)
    assert [line.outcome for line in lived.lines()] == [REACHED]
    waiting = [each for each in lived.progress.outbox if isinstance(each, Nudge)]
    assert [each.path for each in waiting if each.verdict == "sent"] == [REACHED]


def test_a_sum_has_a_deadline_like_a_count() -> None:
    """2: any rule may have a deadline."""
    lived = life(sum_of(100), within(WEEK_LONG))
    lived.each([track("a", T0, amount=60), track("b", T0 + WEEK_LONG, amount=40)])
    assert lived.lines() == [Line("m", REACHED, 1, WEEK_LONG, None)]


def test_a_span_before_its_deadline_names_its_first_event() -> None:
    """3.3 within 3.7: `ref` of a reached span is its first event."""
    lived = life(count(2, span=DAY), within(WEEK_LONG)).each(bought(0, 3 * DAY, 4 * DAY))
    assert lived.lines() == [Line("m", REACHED, 1, 4 * DAY, 3 * DAY)]


def test_a_long_deadline_stays_exact_once_its_anchor_is_settled() -> None:
    """3.7: however long ago the anchor, the exact deadline decides."""
    year = 365 * DAY
    for last, expected in ((year, [REACHED]), (year + 1, [MISSED, RECOVERED])):
        lived = life(count(5), within(year)).each(bought(0, 60 * DAY, 120 * DAY, 180 * DAY, last))
        lived.tick(T0 + year + GRACE + 1)
        assert [line.outcome for line in lived.lines()] == expected


def test_nobody_is_told_of_a_miss_by_a_deadline_whose_threshold_was_lowered() -> None:
    """3.11, 3.13: who meets the new one already is marked so, silently, and waits for nothing."""
    year = 365 * DAY
    lived = life(count(9), within(year)).each(bought(*(day * DAY for day in range(0, 120, 20))))
    lived.catalog = catalog(milestone(count(5), deadline=within(year)), version=2)
    lived.get(track("one-more", T0 + 130 * DAY))
    lived.tick(T0 + 130 * DAY + year + GRACE)
    assert [line.outcome for line in lived.lines()] == ["baseline"]


def test_a_milestone_of_another_shape_starts_with_an_empty_memory() -> None:
    """What was remembered for the old rule is nothing to the new one; what was reached stays reached."""
    lived = Life(catalog(milestone(count(1), name="reached"), milestone(count(3)))).each(bought(0, 1))
    lived.catalog = catalog(milestone(count(5), name="reached"), milestone(count(2, span=WEEK_LONG)), version=2)
    lived.get(track("one", T0 + DAY))
    assert [line.milestone for line in lived.lines()] == ["reached"]
    lived.get(track("two", T0 + 2 * DAY))
    assert [line.milestone for line in lived.lines()] == ["m", "reached"]


def test_a_milestone_of_the_same_shape_remembers() -> None:
    """Another title, another step, another version: people keep what they have done."""
    lived = Life(catalog(milestone(count(3)))).each(bought(0, 1))
    lived.catalog = catalog(milestone(count(3), fresh_for=DAY, reached=[IN_APP]), version=2)
    lived.get(track("third", T0 + DAY))
    assert lived.lines() == [Line("m", REACHED, 1, DAY, None)]


def test_an_open_deadline_that_is_made_longer_ends_later() -> None:
    """3.13: only its length changed, so it runs on from the same anchor."""
    lived = second_purchase().each(bought(0))
    lived.progress = acknowledge(lived.progress, frozenset({"joined"}), lived.catalog, T0)
    assert lived.progress.due == DECIDED
    lived.catalog = catalog(milestone(count(2), deadline=within(2 * WEEK_LONG)), version=2)
    lived.tick(DECIDED)
    assert lived.lines() == []
    assert lived.progress.due == DECIDED + WEEK_LONG


def test_an_open_deadline_that_is_made_so_short_that_it_has_passed_is_missed_by_nobody() -> None:
    """3.13: nobody could know of it."""
    lived = second_purchase().each(bought(0))
    lived.catalog = catalog(milestone(count(2), deadline=within(DAY)), version=2)
    lived.tick(T0 + 2 * DAY)
    lived.tick(T0 + WEEK_LONG + DAY)
    assert lived.lines() == []


def test_a_milestone_whose_rule_became_another_kind_starts_anew() -> None:
    """Faults: a catalog changed while subjects live: what was remembered for another rule never raises."""
    lived = Life(catalog(milestone(count(9)))).each(bought(0, 1))
    lived.catalog = catalog(milestone(sum_of(100)), version=2)
    lived.get(track("large", T0 + DAY, amount=500))
    assert lived.lines() == [Line("m", REACHED, 1, DAY, None)]


def test_nobody_is_judged_by_a_deadline_that_may_have_started_before_it_was_there() -> None:
    """3.13: who meets the milestone already is marked so; nobody else who has started before can miss it."""
    lived = Life(catalog(milestone(count(9)))).each(bought(0, 1))
    lived.catalog = catalog(milestone(count(2), deadline=within(WEEK_LONG)), version=2)
    lived.each([track("x", T0 + DAY), track("y", T0 + DAY)])
    assert [line.outcome for line in lived.lines()] == ["baseline"]
