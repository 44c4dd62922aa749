"""3.14 for every rule kind: what two have seen, made one, is what one would have seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.domain.event import Track
from milepost.domain.instant import DAY, Duration, Instant
from milepost.domain.local import Span
from milepost.domain.memo import Memo
from milepost.domain.rules import Hit, Rule, merging, thinning
from milepost.domain.rules.all import AllOf
from milepost.domain.rules.count import Count
from milepost.domain.rules.date import Date
from milepost.domain.rules.days import Days
from milepost.domain.rules.distinct import Distinct
from milepost.domain.rules.drop import Drop
from milepost.domain.rules.members import Match
from milepost.domain.rules.sequence import Sequence as Steps
from milepost.domain.rules.silence import Silence
from milepost.domain.rules.streak import Streak
from milepost.domain.rules.sum import MOST_KEPT, Sum
from milepost.domain.rules.trait import Trait
from tests.domain.laws.catalogs import AMOUNT, BOUGHT, EVENT_ONLY, INVITED, OPENED, PRO, REPEATING
from tests.domain.laws.histories import HISTORIES, MOST, Happening, tracks, years
from tests.domain.laws.test_bounds import MEMORY, OUT_OF_REACH
from tests.domain.rules.clocked import LONG_AGO as BEFORE_ALL
from tests.domain.rules.folding import IN_UTC, LONG_AGO, numbers

LAW = settings(max_examples=120)
"""Each history is tried with every rule: to make it takes longer."""
ORDER_FREE: Final[Mapping[str, Rule]] = {**EVENT_ONLY, **REPEATING}
SIDES = st.binary(min_size=MOST, max_size=MOST).map(lambda drawn: [each % 3 for each in drawn])
"""Who sees each event: the one, the other, or what the two have become."""
DRY = (Silence(BOUGHT, 3 * DAY), Drop(BOUGHT, Decimal("0.5"), 4 * DAY), Date(BOUGHT, None, Span(months=1)))
"""What only gathers, until the clock decides."""


class Seen(NamedTuple):
    """What a rule makes of some events: what it remembers, and how often it was met."""

    memo: Memo
    times: int

    def after(self, rule: Rule, events: Iterable[Track], horizon: Instant = LONG_AGO) -> "Seen":
        """The same after some more; a rule that cannot repeat ends at its hit."""
        memo, times = self
        for event in events:
            seen = rule.observe(event, IN_UTC)
            if seen is not None and (rule.repeats or not times):
                memo, hits = rule.fold(memo, event.instant, seen, horizon)
                times += total(hits)
        return Seen(memo, times)

    def and_(self, other: "Seen", rule: Rule, horizon: Instant = LONG_AGO) -> "Seen":
        """The two made one."""
        told = max(self.times, other.times)
        if told and not rule.repeats:
            return Seen(self.memo, told)
        memo, hits = rule.merged(self.memo, other.memo, horizon)
        return Seen(memo, told + total(hits))


def total(hits: Sequence[Hit]) -> int:
    """How many occurrences there are more."""
    return sum(-1 if hit.back else 1 for hit in hits)


def of(rule: Rule, *days: float, name: str = "bought", **properties: object) -> Memo:
    """What a rule remembers of events on these days."""
    return Seen(rule.start, 0).after(rule, [_on(day, name, properties) for day in days], BEFORE_ALL).memo


def _on(day: float, name: str, properties: Mapping[str, object]) -> Track:
    instant = int(day * DAY)
    return Track("user:u_1", f"{name}-{day}", 0, 0, instant, instant, name, properties, "u_1")


@given(history=HISTORIES, sides=SIDES)
@LAW
def test_a_divided_log_is_met_as_often_as_the_whole(history: list[Happening], sides: list[int]) -> None:
    """3.14 with 3.1: before and after the two became one, as long as nothing had to be forgotten."""
    events = tracks(history)
    one, other, later = ([event for event, side in zip(events, sides, strict=False) if side == n] for n in range(3))
    for name, rule in ORDER_FREE.items():
        nothing = Seen(rule.start, 0)
        both = nothing.after(rule, one).and_(nothing.after(rule, other), rule)
        assert both.times == nothing.after(rule, one + other).times, name
        assert both.after(rule, later).times == nothing.after(rule, one + other + later).times, name


@given(history=HISTORIES)
@LAW
def test_nothing_changes_what_is_remembered(history: list[Happening]) -> None:
    """The memo of a subject of whom nothing was seen adds nothing, on either side."""
    events = tracks(history)[:6]
    for name, rule in ORDER_FREE.items():
        memo, times = Seen(rule.start, 0).after(rule, events)
        if not times:
            assert rule.merged(memo, rule.start, LONG_AGO) == rule.merged(rule.start, memo, LONG_AGO) == (memo, ()), (
                name
            )


@given(history=HISTORIES, sides=SIDES)
@LAW
def test_what_the_clock_has_not_decided_is_remembered_as_of_the_whole(
    history: list[Happening], sides: list[int]
) -> None:
    """3.14: silence, drop and date of events are exact while nothing is decided."""
    events = tracks(history)
    one, other = ([event for event, side in zip(events, sides, strict=False) if side % 2 == n] for n in range(2))
    for rule in DRY:
        nothing = Seen(rule.start, 0)
        both = nothing.after(rule, one).and_(nothing.after(rule, other), rule)
        assert both == nothing.after(rule, events), rule


@pytest.mark.parametrize("name", OUT_OF_REACH)
@pytest.mark.parametrize("apart", [0, 20 * DAY, 400 * DAY])
def test_what_two_remembered_is_as_bounded_as_what_one_does(name: str, apart: Duration) -> None:
    """State stays bounded: busy at the same time, or one after the other."""
    rule, nothing = OUT_OF_REACH[name], Seen(OUT_OF_REACH[name].start, 0)
    first, second = years(1, 700), [_later(event, apart) for event in years(2, 700)]
    one, other = (nothing.after(rule, each, each[-1].arrived - MEMORY) for each in (first, second))
    now = max(first[-1].arrived, second[-1].arrived)
    both = one.and_(other, rule, now - MEMORY)
    assert both.times == 0
    assert numbers(both.memo) <= rule.most_values(MEMORY)


def _later(event: Track, by: Duration) -> Track:
    return replace(event, instant=event.instant + by, arrived=event.arrived + by)


@pytest.mark.parametrize(
    ("rule", "one", "other", "hits"),
    [
        pytest.param(Count(BOUGHT, 3), [1, 2], [5], [Hit(5 * DAY)], id="count: at the latest"),
        pytest.param(Count(BOUGHT, 2, repeats=True), [1, 2, 3], [5], [Hit(5 * DAY)], id="count: the difference"),
        pytest.param(Count(BOUGHT, 2, 2 * DAY), [1, 9], [3], [Hit(3 * DAY, DAY)], id="count in: the earliest group"),
        pytest.param(Days(BOUGHT, 2), [1, 1.1], [1.2], [], id="days: the same day on both"),
        pytest.param(Days(BOUGHT, 2), [1], [2], [Hit(2 * DAY)], id="days: two"),
        pytest.param(Days(BOUGHT, 2, 3), [1, 9], [3], [Hit(3 * DAY, DAY)], id="days in: the earliest group"),
        pytest.param(Streak(BOUGHT, 3, "day"), [1, 3], [2], [Hit(3 * DAY, DAY)], id="streak: one fills the gap"),
        pytest.param(
            Streak(BOUGHT, 2, "day", 2), [1, 2], [1, 2], [Hit(2 * DAY, DAY)], id="streak: enough on each day together"
        ),
        pytest.param(
            Streak(BOUGHT, 2, "day", repeats=True), [1, 2], [5, 6], [Hit(6 * DAY, 5 * DAY)], id="streak: a run more"
        ),
        pytest.param(
            Streak(BOUGHT, 2, "day", repeats=True), [1, 2], [1, 2], [], id="streak: the same run on both is one"
        ),
        pytest.param(
            Streak(BOUGHT, 2, "day", repeats=True),
            [1, 2, 4, 5],
            [3],
            [Hit(5 * DAY, 4 * DAY, back=True)],
            id="streak: what joins two runs takes one back",
        ),
        pytest.param(
            Streak(BOUGHT, 2, "day", repeats=True),
            [1, 2, 20],
            [5, 6, 9, 10, 21],
            [Hit(21 * DAY, 20 * DAY), Hit(6 * DAY, 5 * DAY)],
            id="streak: what nobody was told of before what the other was",
        ),
        pytest.param(
            Streak(BOUGHT, 3, "day"), [1.25, 2], [1.5, 3], [Hit(3 * DAY, DAY + DAY // 4)], id="streak: ref is the first"
        ),
        pytest.param(Steps((BOUGHT, BOUGHT)), [2], [1], [Hit(2 * DAY)], id="sequence: the other began"),
        pytest.param(Steps((BOUGHT, BOUGHT), DAY), [2], [1], [Hit(2 * DAY, DAY)], id="sequence in: exactly D"),
        pytest.param(Steps((BOUGHT, BOUGHT), DAY), [2.1], [1], [], id="sequence in: more than D"),
    ],
)
def test_what_neither_had_comes_of_both(rule: Rule, one: list[float], other: list[float], hits: list[Hit]) -> None:
    """Each case names what it pins."""
    assert rule.merged(of(rule, *one), of(rule, *other), BEFORE_ALL)[1] == tuple(hits)


def test_sums_are_added_up() -> None:
    """60 and 60 are 120; in a span only what is near."""
    whole, near = Sum(BOUGHT, AMOUNT, Decimal(100)), Sum(BOUGHT, AMOUNT, Decimal(100), DAY)
    assert whole.merged(of(whole, 1, amount=60), of(whole, 5, amount=60), BEFORE_ALL)[1] == (Hit(5 * DAY),)
    assert near.merged(of(near, 1, amount=60), of(near, 5, amount=60), BEFORE_ALL)[1] == ()
    assert near.merged(of(near, 1, amount=60), of(near, 2, amount=60), BEFORE_ALL)[1] == (Hit(2 * DAY, DAY),)


def test_a_merge_floods_no_channel() -> None:
    """A hundred occurrences come of it at most; the rest is passed all the same."""
    every = Count(BOUGHT, 1, repeats=True)
    memo, hits = every.merged((500, DAY, 500), (400, 2 * DAY, 400), BEFORE_ALL)
    assert (memo, hits) == ((900, 2 * DAY, 900), (Hit(2 * DAY),) * merging.MOST_AT_ONCE)


def test_where_nobody_knows_an_instant_it_is_so_old_that_nobody_is_congratulated() -> None:
    """3.13: counted before the introduction on both sides, it is at the horizon."""
    assert Count(BOUGHT, 3).merged((2, None, 0), (2, None, 0), 7) == ((4, None, 1), (Hit(7),))
    either = AllOf((Match(BOUGHT), Match(OPENED)))
    assert either.merged((None, (None,)), ((None,), None), 7) == ((None, None), (Hit(7),))


def test_what_no_event_can_meet_any_more_is_forgotten() -> None:
    """State stays bounded: whoever has slept for years wakes up without what nobody could ask for."""
    many, near, week = Count(BOUGHT, 9, DAY), Steps((BOUGHT, OPENED), DAY), Silence(BOUGHT, 7 * DAY)
    assert many.merged(of(many, 1), of(many, 900), 880 * DAY) == ((900 * DAY,), ())
    assert near.merged(of(near, 1), of(near, 900), 880 * DAY) == (((900 * DAY,), ()), ())
    assert week.merged((DAY, DAY, 1), of(week, 900), 880 * DAY) == ((900 * DAY, 900 * DAY, 0), ())


def test_what_is_remembered_of_two_is_no_more_than_of_one() -> None:
    """As many as a kind keeps of one, the newest among them; amounts that count as one are still all there."""
    one, other = tuple(range(10, 138, 2)), tuple(range(11, 139, 2))
    memo, _ = Steps((INVITED, BOUGHT)).merged(((), one), ((), other), 0)
    first, second = cast("tuple[tuple[int, ...], ...]", memo)
    assert (first, second[-1]) == ((), 137)
    assert len(second) <= thinning.KEPT
    near = Sum(BOUGHT, AMOUNT, Decimal(10**6), 10**6)
    mine, theirs = (tuple((n, Decimal(1)) for n in range(start, 1000, 2)) for start in (0, 1))
    kept, _ = near.merged(mine, theirs, 0)
    assert numbers(kept) == 2 * MOST_KEPT
    assert near.so_far(kept).have == 1000


def test_values_of_both_count_once() -> None:
    """2: different values, whoever brought them."""
    three = Distinct(BOUGHT, ("kind",), 3)
    one = Seen(of(three, 1, kind="a"), 0).after(three, [_on(2, "bought", {"kind": "b"})]).memo
    assert three.merged(one, of(three, 3, kind="b"), BEFORE_ALL)[1] == ()
    assert three.merged(one, of(three, 3, kind="c"), BEFORE_ALL)[1] == (Hit(3 * DAY),)


def test_dates_that_are_only_a_number_are_added_up() -> None:
    """3.14: nobody knows any more which they were, so one on which both were active counts for each."""
    ten = Days(BOUGHT, 10)
    (memo, hits) = ten.merged((4, 20, 1, 20 * DAY), (5, 19, 1, 19 * DAY), 10 * DAY)
    assert hits == (Hit(20 * DAY),)
    assert ten.so_far(memo).have == 11


def test_a_member_that_either_has_met_is_met_at_the_earlier_instant() -> None:
    """`all` latches: the earliest latch wins, and one of before the introduction is the earliest there is."""
    every = AllOf((Match(BOUGHT), Match(OPENED), Match(INVITED)))
    memo, hits = every.merged((5, (None,), (None,)), (3, 9, (None,)), BEFORE_ALL)
    assert (memo, hits) == ((3, 9, (None,)), ())
    assert every.merged(memo, ((None,), (None,), 4), BEFORE_ALL)[1] == (Hit(9),)
    assert every.merged((None, 2, (None,)), (3, (None,), 8), BEFORE_ALL) == ((None, 2, 8), (Hit(8),))


def test_a_silence_that_either_was_told_of_is_not_told_again() -> None:
    """3.8: what has been decided is final, unless somebody was active within D after it."""
    week = Silence(BOUGHT, 7 * DAY)
    told, untold = (0, DAY, 1), (0, DAY, 0)
    assert week.merged(told, untold, BEFORE_ALL) == week.merged(untold, told, BEFORE_ALL) == (told, ())
    assert week.merged(told, (3 * DAY, 4 * DAY, 0), BEFORE_ALL)[0] == (0, 4 * DAY, 0)
    assert week.merged(told, (20 * DAY, 20 * DAY, 0), BEFORE_ALL)[0] == (*told, 20 * DAY, 20 * DAY, 0)


def test_a_drop_is_looked_for_from_the_first_event_that_is_settled() -> None:
    """2: counted from the first matching event, as long as nobody has begun to compare."""
    half = Drop(BOUGHT, Decimal("0.5"), 10)
    settled, later = (2, 100, 1, 4, 2, 1), (1, 105, 0, 3, 1, 2)
    assert half.merged((0, 90, 125), settled, BEFORE_ALL)[0] == (2, 100, 1, 4, 2, 2)
    # What began at 105 lies before what is still compared, or in it: at 105 and at 115.
    assert half.merged(later, settled, BEFORE_ALL)[0] == (2, 100, 1, 6, 2, 1)
    assert half.merged((0, 3), (0, 1), 2)[0] == (1, 1, 0, 2)


def test_a_date_is_the_earlier_first_event_and_is_not_told_again() -> None:
    """2: of an event the first; of a trait, what was written last."""
    yearly = Date(BOUGHT, None, Span(months=12), repeats=True)
    assert yearly.merged((9, 0), (4, 2, 70), BEFORE_ALL)[0] == (4, 2, 70)
    renewal = Date(None, "renews_at", Span(days=2), before=True)
    assert renewal.merged((9, 0), (4, 0), BEFORE_ALL)[0] == (9, 0)
    assert renewal.merged((), (4, 0), BEFORE_ALL)[0] == ()
    each = Date(None, "renews_at", Span(days=2), before=True, repeats=True)
    assert each.merged((9, 5), (None, 9, 5), BEFORE_ALL)[0] == (None, 5, 9)
    assert each.merged((), (4,), BEFORE_ALL)[0] == (None,)


def test_kinds_that_remember_nothing_have_nothing_to_add() -> None:
    """A trait's value and a matcher are met by either, or not yet."""
    assert Trait(PRO).merged((), (), BEFORE_ALL) == ((), ())
    assert Match(BOUGHT).merged(None, None, BEFORE_ALL) == (None, ())
