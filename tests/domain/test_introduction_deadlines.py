"""A catalog that lives: semantics 3.13 for deadlines that are new or have changed."""

import pytest

from milepost.domain.instant import DAY
from milepost.domain.milestone import Milestone, Within
from milepost.domain.rules.count import Count
from tests.domain.build import (
    GRACE,
    IN_APP,
    T0,
    Life,
    Line,
    bought,
    catalog,
    count,
    identify,
    matcher,
    milestone,
    track,
    within,
)
from tests.domain.introduced import NEW, PURCHASES, introduced, later, lines


def second(duration: int = 45 * DAY, **options: object) -> Milestone:
    """A second purchase within so long of the first."""
    return milestone(count(2), deadline=within(duration), missed=[IN_APP], **options)  # type: ignore[arg-type]  # Steps.


def test_who_may_have_started_long_ago_is_not_judged_by_a_new_deadline() -> None:
    """3.13: neither reached nor missed nor recovered, whatever comes."""
    life = introduced(PURCHASES[:1], second())
    life.each([later(), later("more")])
    life.progress = life.progress._replace(outbox=())
    life.tick(NEW + 90 * DAY)
    assert lines(life) == []
    assert life.progress.due is None


def test_who_has_not_started_is_judged_by_a_new_deadline_as_anybody() -> None:
    """3.13: the anchor comes after the introduction."""
    life = introduced([track("up", T0, "signed_up")], second())
    life.get(later())
    life.tick(NEW + 90 * DAY)
    assert lines(life) == [("missed", 1)]


def test_who_meets_a_new_deadline_milestone_already_is_marked_silently_and_never_missed() -> None:
    """3.13: nobody knows whether it was in time, and nobody is told."""
    life = introduced(PURCHASES, second())
    life.each([later()])
    life.tick(NEW + 90 * DAY)
    assert lines(life) == [("baseline", 1)]


def test_a_new_deadline_that_runs_from_another_milestone_begins_when_that_was_reached() -> None:
    """3.13: that instant is known, so a deadline still open is judged."""
    first = milestone(count(1), name="first")
    next_ = milestone(Count(matcher("signed_up"), 1), deadline=Within(45 * DAY, milestone="first"))
    life = introduced(PURCHASES[:1], first, next_, old=[first])
    life.tick(T0 + 45 * DAY + GRACE)
    assert life.lines()[-1] == Line("m", "missed", 1, 45 * DAY, 0)


def test_a_new_deadline_that_has_passed_already_is_missed_by_nobody() -> None:
    """3.13: nobody could know of it."""
    first = milestone(count(1), name="first")
    next_ = milestone(Count(matcher("signed_up"), 1), deadline=Within(7 * DAY, milestone="first"))
    life = introduced(PURCHASES[:1], first, next_, old=[first])
    life.get(later("up", "signed_up"))
    life.tick(NEW + 90 * DAY)
    assert lines(life) == []


@pytest.mark.parametrize("order", [1, -1])
def test_a_deadline_does_not_run_from_a_milestone_that_is_only_baseline(order: int) -> None:
    """3.13: nobody knows when that was met, so nobody can be late; whichever of the two the catalog names first."""
    first = milestone(count(1), name="first")
    next_ = milestone(Count(matcher("signed_up"), 1), deadline=Within(7 * DAY, milestone="first"), missed=[IN_APP])
    life = introduced(PURCHASES[:1], *[first, next_][::order])
    life.tick(NEW + 90 * DAY)
    assert [(line.milestone, line.outcome) for line in life.lines()] == [("first", "baseline")]


def test_a_deadline_added_later_does_not_run_from_a_baseline_either() -> None:
    """3.13: the same in a third version: a baseline is as old as nobody knows."""
    first = milestone(count(1), name="first")
    next_ = milestone(Count(matcher("signed_up"), 1), deadline=Within(7 * DAY, milestone="first"), missed=[IN_APP])
    life = introduced(PURCHASES[:1], first)
    life.catalog = catalog(first, next_, version=3)
    life.tick(NEW + DAY)
    life.tick(NEW + 90 * DAY)
    assert [(line.milestone, line.outcome) for line in life.lines()] == [("first", "baseline")]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        pytest.param("2026-05-01", [("missed", 1)], id="still to come"),
        pytest.param("2026-03-20", [], id="long past"),
        pytest.param("soon", [], id="no date"),
    ],
)
def test_a_new_deadline_that_runs_from_a_trait_begins_at_its_date(ends: str, expected: list[tuple[str, int]]) -> None:
    """3.13: a date that is known is an anchor; one whose deadline has passed is nobody's."""
    trial = milestone(Count(matcher("signed_up"), 1), deadline=Within(3 * DAY, trait="trial_ends"))
    life = introduced([identify("who", T0, trial_ends=ends)], trial)
    life.tick(NEW + 90 * DAY)
    assert lines(life) == expected


def test_a_deadline_that_was_missed_stays_missed_when_its_threshold_is_raised() -> None:
    """3.13, 3.1: what has been decided is final, and the way to recovery is as long as it now says."""
    old = milestone(count(2), deadline=within(7 * DAY))
    life = Life(catalog(old)).each(bought(0))
    life.tick(T0 + 8 * DAY)
    life.catalog = catalog(milestone(count(3), deadline=within(7 * DAY)), version=2)
    life.each([later()])
    assert lines(life) == [("missed", 1)]
    life.each([later("third")])
    assert lines(life) == [("missed", 1), ("recovered", 1)]


def test_a_rule_that_gets_a_deadline_is_not_judged_by_it_for_those_who_started() -> None:
    """3.13: a changed rule is a new milestone, but what was reached stays."""
    life = introduced(PURCHASES[:1], second(), old=[milestone(count(2))])
    life.each([later()])
    life.tick(NEW + 90 * DAY)
    assert lines(life) == []


def test_a_recovery_under_a_deadline_that_has_become_another_stays_as_it_is() -> None:
    """3.13, faults: nothing is known of where the new deadline began, and no event may fail over that."""
    first = milestone(count(1), name="first")
    old = milestone(count(2), deadline=within(7 * DAY))
    life = Life(catalog(first, old)).each(bought(0, 20 * DAY))
    life.tick(T0 + 30 * DAY)
    assert [line.outcome for line in life.lines() if line.milestone == "m"] == ["missed", "recovered"]
    trait = milestone(count(2), deadline=Within(7 * DAY, trait="trial_began"))
    life.catalog = catalog(first, trait, version=2)
    life.each([track("next", T0 + 31 * DAY), identify("who", T0 + 32 * DAY, trial_began="2026-04-20T00:00:00Z")])
    assert [line.outcome for line in life.lines() if line.milestone == "m"] == ["missed", "recovered"]
