"""`sum`: semantics 3.3 and 3.4 as worked examples."""

from collections.abc import Sequence
from decimal import Decimal
from time import process_time

import pytest

from milepost.domain.instant import DAY, MINUTE
from milepost.domain.rules.sum import MOST_AT_ONCE, Sum
from tests.domain.build import T0, Life, Line, catalog, milestone, spent, sum_of, track


def life(rule: Sum) -> Life:
    """A life with this one rule to meet."""
    return Life(catalog(milestone(rule)))


@pytest.mark.parametrize(
    ("rule", "amounts", "expected"),
    [
        pytest.param(sum_of(100), [60, 40], [1], id="3.4: at least, exactly X is enough"),
        pytest.param(sum_of(100), [60, "39.99"], [], id="3.4: a cent short"),
        pytest.param(sum_of(100), [60, 50, 40], [1], id="2: once, without repeat"),
        pytest.param(sum_of(1), ["0.1"] * 9 + ["0.1"], [9], id="2: ten tenths are one, in exact decimals"),
        pytest.param(sum_of("0.3"), ["0.1", "0.2"], [1], id="2: 0.1 + 0.2 is 0.3"),
        pytest.param(
            sum_of("100000000000000000000.01"),
            ["100000000000000000000", "0.01"],
            [1],
            id="2: no digit is lost beside a large one",
        ),
        pytest.param(
            sum_of("0." + "0" * 39 + "1"),
            ["1e125", "-1e125", "0." + "0" * 39 + "1"],
            [0],
            id="3.4: reached at once by a large amount",
        ),
        pytest.param(sum_of(100), [60, -10, 45], [], id="3.4: a negative amount counts"),
        pytest.param(sum_of(100), [60, -10, 50], [2], id="3.4: and can be made up for"),
        pytest.param(sum_of(100), [120, -50, 60], [0], id="3.4: it latches"),
        pytest.param(sum_of(100), [60, [100], 40], [2], id="3.4: what is no number is passed over"),
        pytest.param(sum_of(10, repeats=True), [10, 9, 1, 10], [0, 2, 3], id="2: with repeat at X, 2X, 3X"),
        pytest.param(sum_of(10, repeats=True), [35, 4, 1], [0, 0, 0, 2], id="2: one amount passes three thresholds"),
        pytest.param(sum_of(10, repeats=True), [25, -10, 5, 10], [0, 0, 3], id="3.4: no threshold is passed twice"),
        pytest.param(sum_of(10, repeats=True), [-5, 10, 5], [2], id="3.4: below nothing there is no threshold"),
        pytest.param(sum_of("2.5", repeats=True), ["2.4", "0.2", "2.4"], [1, 2], id="2: thresholds are exact decimals"),
    ],
)
def test_amounts_in_order_reach_it_when_the_reading_says(
    rule: Sum, amounts: Sequence[object], expected: list[int]
) -> None:
    """Each case names the reading; `expected` are the days, from T0, at which it is reached."""
    reached = [Line("m", "reached", n, day * DAY, None) for n, day in enumerate(expected, start=1)]
    assert life(rule).each(spent(*amounts)).lines() == reached


@pytest.mark.parametrize(
    ("rule", "amounts", "expected"),
    [
        pytest.param(sum_of(100, span=2 * DAY), [50, 0, 50], (2, 0), id="3.3: the end of the span is included"),
        pytest.param(sum_of(100, span=2 * DAY), [50, 0, 0, 50], None, id="3.3: a day beyond it"),
        pytest.param(sum_of(100, span=2 * DAY - 1), [50, 0, 50], None, id="3.3: a microsecond beyond it"),
        pytest.param(sum_of(100, span=2 * DAY), [50, 0, 0, 60, 40], (4, 3), id="3.3: ref is the first of the group"),
        pytest.param(sum_of(100, span=2 * DAY), [20, 100], (1, 0), id="3.3: the earliest group"),
        pytest.param(sum_of(100, span=2 * DAY), [-50, 100], (1, 1), id="2: some span, which may leave one out before"),
        pytest.param(sum_of(100, span=2 * DAY), [60, -50, 60], None, id="2: no span leaves one out in the middle"),
        pytest.param(sum_of("0.3", span=2 * DAY), ["0.1", "0.1", "0.1"], (2, 0), id="2: exact decimals in a span too"),
    ],
)
def test_amounts_inside_a_span_reach_it_when_the_reading_says(
    rule: Sum, amounts: Sequence[object], expected: tuple[int, int] | None
) -> None:
    """Each case names the reading; `expected` are the days of `at` and `ref`."""
    reached = [] if expected is None else [Line("m", "reached", 1, expected[0] * DAY, expected[1] * DAY)]
    assert life(rule).each(spent(*amounts)).lines() == reached


@pytest.mark.parametrize("amount", [None, True, "100", [100], {"of": 100}], ids=repr)
def test_what_is_no_number_adds_nothing_and_is_metered(amount: object) -> None:
    """3.4: a non-numeric property adds nothing and shows in a metric."""
    lived = life(sum_of(100))
    result = lived.get(track("a", T0, amount=amount))
    assert (result.tally.get("unusable_property", 0), lived.lines()) == (1, [])


def test_a_missing_amount_adds_nothing_and_is_metered() -> None:
    """3.4: the same for a property that is not there."""
    lived = life(sum_of(100))
    assert lived.get(track("a", T0)).tally.get("unusable_property", 0) == 1


@pytest.mark.parametrize("amount", [0, Decimal("0.00"), -5], ids=repr)
def test_a_number_that_does_not_help_is_usable(amount: object) -> None:
    """3.4: zero and less are numbers: nothing to meter."""
    lived = life(sum_of(100))
    assert lived.get(track("a", T0, amount=amount)).tally.get("unusable_property", 0) == 0


def test_a_late_amount_completes_it_at_the_latest_instant_so_far() -> None:
    """3.1: out of order, `at` is the latest instant among the events that completed it."""
    first, second = spent(60, 50)
    assert life(sum_of(100)).each([second, first]).lines() == [Line("m", "reached", 1, DAY, None)]


def test_a_late_amount_completes_a_group_of_its_span_only() -> None:
    """3.1 with 3.3: a late amount counts with those of its span, not with what is far away."""
    first, second, third = spent(40, 60, 70, every=20 * DAY)
    late = track("late", T0 + 21 * DAY, amount=40, arrived=T0 + 40 * DAY)
    lived = life(sum_of(100, span=2 * DAY)).each([first, second, third, late])
    assert lived.lines() == [Line("m", "reached", 1, 21 * DAY, 20 * DAY)]


def test_all_amounts_of_one_instant_are_inside_the_same_span() -> None:
    """2: the sum inside some closed span: no span holds one of two events at one instant without the other."""
    lived = life(sum_of(100, span=DAY))
    lived.get(track("a", T0, amount=-50), track("b", T0, amount=100))
    assert lived.lines() == []


@pytest.mark.parametrize("amount", ["1.5", "99.5"])
def test_how_many_thresholds_were_passed_does_not_depend_on_the_order(amount: str) -> None:
    """3.1: which occurrences are reached does not depend on the order of arrival, up to `MOST_AT_ONCE` at once."""
    large, small = track("a", T0, amount=Decimal(amount)), track("b", T0 + 1, amount=Decimal("0.5"))
    one_way = life(sum_of(1, repeats=True)).each([large, small])
    other_way = life(sum_of(1, repeats=True)).each([small, large])
    assert len(one_way.lines()) == len(other_way.lines()) == int(Decimal(amount)) + 1


@pytest.mark.parametrize(
    ("amount", "reached"), [(MOST_AT_ONCE, MOST_AT_ONCE), (MOST_AT_ONCE + 1, MOST_AT_ONCE), (10**37, MOST_AT_ONCE)]
)
def test_what_one_amount_passes_beyond_the_most_at_once_is_passed_silently(amount: int, reached: int) -> None:
    """A mistyped amount does not flood a channel; the next threshold above the sum is reached as ever."""
    lived = life(sum_of(1, repeats=True))
    assert len(lived.get(track("a", T0, amount=amount)).outcomes) == reached == 100
    assert lived.get(track("b", T0 + 1, amount=Decimal("0.5"))).outcomes == ()
    (outcome,) = lived.get(track("c", T0 + 2, amount=Decimal("0.5"))).outcomes
    assert (outcome.n, outcome.at) == (101, T0 + 2)


def test_an_amount_in_a_span_costs_no_more_than_the_span_holds() -> None:
    """Habit of the whole program: one event costs milliseconds, also for a subject with a thousand others."""
    rule = sum_of(10**9, span=30 * DAY)
    memo = tuple((T0 + place * MINUTE, Decimal(1)) for place in range(1000))
    before = process_time()
    rule.fold(memo, T0 + 1000 * MINUTE, Decimal(1), T0 - DAY)
    assert process_time() - before < 0.1
