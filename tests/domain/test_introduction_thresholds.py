"""A catalog that lives: semantics 3.13 for thresholds that have changed."""

from dataclasses import replace

import pytest

from milepost.domain.instant import DAY
from milepost.domain.rules import Rule
from milepost.domain.rules.days import Days
from milepost.domain.rules.distinct import Distinct
from milepost.domain.rules.streak import Streak
from tests.domain.build import (
    IN_APP,
    T0,
    Life,
    Line,
    bought,
    catalog,
    count,
    milestone,
    sum_of,
    track,
)
from tests.domain.introduced import BOUGHT, NEW, PURCHASES, introduced, later, lines


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(count(9), count(5), id="count"),
        pytest.param(sum_of(900), sum_of(50), id="sum"),
        pytest.param(Days(BOUGHT, 9), Days(BOUGHT, 5), id="days"),
        pytest.param(Days(BOUGHT, 6, 7), Days(BOUGHT, 5, 7), id="days in"),
        pytest.param(count(4, span=2 * DAY), count(3, span=2 * DAY), id="count in"),
        pytest.param(sum_of(80, span=2 * DAY), sum_of(30, span=2 * DAY), id="sum in"),
        pytest.param(Distinct(BOUGHT, ("amount",), 9), Distinct(BOUGHT, ("amount",), 5), id="distinct"),
        pytest.param(Streak(BOUGHT, 7, "day"), Streak(BOUGHT, 5, "day"), id="streak"),
    ],
)
def test_who_meets_a_lowered_threshold_already_is_marked_silently(before: Rule, after: Rule) -> None:
    """3.13: what the milestone remembered is judged anew; amounts are 10, 11, ... one a day."""
    past = [track(f"p{day}", T0 + day * DAY, amount=10 + day) for day in range(5)]
    life = introduced(past, milestone(after, reached=[IN_APP]), old=[milestone(before)])
    assert life.lines() == [Line("m", "baseline", 1, NEW - T0, None)]
    assert life.nudges == []


@pytest.mark.parametrize(
    ("before", "after", "missing"),
    [
        pytest.param(count(9), count(6), 1, id="count lowered"),
        pytest.param(count(6), count(7), 2, id="count raised"),
        pytest.param(sum_of(900), sum_of(70), 1, id="sum lowered"),
        pytest.param(sum_of(61), sum_of(80), 2, id="sum raised"),
        pytest.param(Days(BOUGHT, 9), Days(BOUGHT, 6), 1, id="days lowered"),
        pytest.param(Days(BOUGHT, 6), Days(BOUGHT, 7), 2, id="days raised"),
        pytest.param(Distinct(BOUGHT, ("amount",), 6), Distinct(BOUGHT, ("amount",), 7), 2, id="distinct raised"),
    ],
)
def test_who_does_not_meet_a_changed_threshold_goes_on_from_there(before: Rule, after: Rule, missing: int) -> None:
    """3.13: nothing of what was counted is lost, lowered or raised; amounts are 10, 11, ... one a day."""
    past = [track(f"p{day}", T0 + day * DAY, amount=10 + day) for day in range(5)]
    life = introduced(past, milestone(after), old=[milestone(before)])
    for place in range(missing):
        assert lines(life) == []
        life.get(track(f"later{place}", NEW + place * DAY, amount=15 + place))
    assert lines(life) == [("reached", 1)]


def test_a_streak_with_a_changed_threshold_goes_on_where_it_was() -> None:
    """3.13: four days in a row are four of six, and tomorrow it is five."""
    life = Life(catalog(milestone(Streak(BOUGHT, 5, "day")))).each(PURCHASES[:4])
    life.catalog = catalog(milestone(Streak(BOUGHT, 6, "day")), version=2)
    life.each([PURCHASES[4]])
    assert lines(life) == []
    life.each(bought(*(day * DAY for day in range(6)))[5:])
    assert lines(life) == [("reached", 1)]


def test_a_raised_threshold_takes_nothing_back() -> None:
    """3.13, 3.4: who has reached it has reached it."""
    life = introduced(PURCHASES, milestone(count(50)), old=[milestone(count(5))])
    assert lines(life) == [("reached", 1)]
    life.each([later()])
    assert lines(life) == [("reached", 1)]


def test_a_repeating_count_under_a_lowered_threshold_goes_on_with_the_next_number() -> None:
    """3.13: one time five is two times two: the second is baseline, the third is reached."""
    old = milestone(count(5, repeats=True))
    life = introduced(PURCHASES, milestone(count(2, repeats=True), reached=[IN_APP]), old=[old])
    assert lines(life) == [("baseline", 2), ("reached", 1)]
    life.get(later())
    assert lines(life) == [("baseline", 2), ("reached", 1), ("reached", 3)]


def test_a_changed_threshold_that_wants_to_tell_tells() -> None:
    """3.13: `on_introduction: nudge` is asked here too."""
    loud = replace(milestone(count(5), reached=[IN_APP]), nudges_on_introduction=True)
    life = introduced(PURCHASES, loud, old=[milestone(count(9))])
    assert lines(life) == [("reached", 1)]
    assert [each.verdict for each in life.nudges] == ["sent"]
