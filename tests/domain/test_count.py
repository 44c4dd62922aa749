"""`count`: semantics 3.1, 3.2 and 3.3 as worked examples."""

from collections.abc import Sequence

import pytest

from milepost.domain.instant import DAY, HOUR, Duration
from milepost.domain.rules.count import Count
from tests.domain.build import MAX_AGE, T0, Life, Line, bought, catalog, count, milestone, track


def life(rule: Count) -> Life:
    """A life with this one rule to meet."""
    return Life(catalog(milestone(rule)))


@pytest.mark.parametrize(
    ("rule", "instants", "expected"),
    [
        pytest.param(count(3), [0, 5], [], id="2: two are not three"),
        pytest.param(count(3), [0, 5, 9], [(1, 9, None)], id="3.2: at is the third's instant, ref is null"),
        pytest.param(count(3), [0, 5, 9, 11, 12, 13], [(1, 9, None)], id="2: once, without repeat"),
        pytest.param(count(2), [4, 4], [(1, 4, None)], id="3.2: two events at one instant are two events"),
        pytest.param(count(2), [4, 5], [(1, 5, None)], id="3.2: instants have microseconds"),
        pytest.param(
            count(2, repeats=True), [0, 1, 2, 3, 4], [(1, 1, None), (2, 3, None)], id="2: with repeat at N and 2N"
        ),
        pytest.param(
            count(1, repeats=True), [3, 3, 4], [(1, 3, None), (2, 3, None), (3, 4, None)], id="2: with repeat every one"
        ),
        pytest.param(count(2, span=10), [0, 10], [(1, 10, 0)], id="3.3: last minus first exactly D, ref is the first"),
        pytest.param(count(2, span=10), [0, 11], [], id="3.3: one microsecond beyond D"),
        pytest.param(count(3, span=10), [0, 6, 11, 16], [(1, 16, 6)], id="3.3: the earliest group that fits"),
        pytest.param(count(3, span=10), [0, 1, 2, 3, 4], [(1, 2, 0)], id="3.3: the earliest of several groups"),
        pytest.param(count(3, span=10), [0, 0, 20, 20, 20], [(1, 20, 20)], id="3.3: a span may have no length"),
        pytest.param(count(1, span=10), [7], [(1, 7, 7)], id="3.3: a group of one"),
    ],
)
def test_events_in_order_reach_it_when_the_reading_says(
    rule: Count, instants: Sequence[Duration], expected: list[tuple[int, Duration, Duration | None]]
) -> None:
    """Each case names the reading of semantics.md that it pins."""
    reached = [Line("m", "reached", n, at, ref) for n, at, ref in expected]
    assert life(rule).each(bought(*instants)).lines() == reached


def test_a_late_event_completes_it_at_the_latest_instant_so_far() -> None:
    """3.1: out of order, `at` is the latest instant among the events that completed it."""
    lived = life(count(3)).each(bought(5 * HOUR, 9 * HOUR, HOUR))
    assert lived.lines() == [Line("m", "reached", 1, 9 * HOUR, None)]


def test_a_late_event_completes_a_group_between_older_and_newer_ones() -> None:
    """3.1 with 3.3: the group that a late event completes ends with its latest event and begins with its first."""
    lived = life(count(3, span=10)).each(bought(0, 100, 108, 104))
    assert lived.lines() == [Line("m", "reached", 1, 108, 100)]


def test_a_late_event_that_completes_two_groups_counts_for_the_earlier_one() -> None:
    """3.3: the earliest such group, of those that are new."""
    lived = life(count(2, span=10)).each(bought(0, 20, 10))
    assert lived.lines() == [Line("m", "reached", 1, 10, 0)]


def test_other_events_do_not_count() -> None:
    """2: a matcher picks events by name."""
    lived = life(count(2)).each([track("a", T0), track("b", T0, "signed_up"), track("c", T0, "unheard_of")])
    assert lived.lines() == []


def test_once_reached_nothing_is_remembered_of_it() -> None:
    """A milestone that cannot happen again costs no memory."""
    lived = life(count(2, span=10)).each(bought(0, 1, 2))
    assert lived.standing().memo is None


def test_a_late_event_within_max_age_finds_its_neighbours_still_remembered() -> None:
    """2: windows stay exact for `max_age`: what a late event may meet is still there."""
    old, news = bought(0)[0], [track(f"n{day}", T0 + day * DAY) for day in range(3, 35, 3)]
    late = track("late", T0 + DAY, arrived=T0 + MAX_AGE)
    lived = life(count(2, span=DAY)).each([old, *news, late])
    assert lived.lines() == [Line("m", "reached", 1, DAY, 0)]


def test_what_no_arrival_can_meet_any_more_is_forgotten() -> None:
    """State is bounded: with N in D at most N - 1 instants in any D, and none beyond the reach of late events."""
    lived = life(count(3, span=DAY))
    sizes = []
    for place in range(400):
        lived.get(track(f"e{place}", T0 + place * 13 * HOUR))
        memo = lived.standing().memo
        assert isinstance(memo, tuple)
        sizes.append(len(memo))
    assert lived.lines() == []
    assert max(sizes) == sizes[-1] <= 2 * (35 + 18 + 1 + 1)


def test_an_unknown_event_is_metered_and_does_no_harm() -> None:
    """Faults: an unknown event name is counted in a metric, never an error."""
    result = life(count(1)).get(track("a", T0, "unheard_of"), track("b", T0))
    assert result.tally["unknown_event"] == 1
    assert [each.outcome for each in result.outcomes] == ["reached"]
