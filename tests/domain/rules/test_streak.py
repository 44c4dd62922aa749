"""`streak`: consecutive local periods, with freezes, again and again, and late events that join runs."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.domain.event import Track
from milepost.domain.instant import DAY, HOUR, WEEK, Duration, Instant
from milepost.domain.local import Local, Unit
from milepost.domain.matcher import Matcher
from milepost.domain.rules import build
from milepost.domain.rules.interface import Hit, SoFar
from milepost.domain.rules.streak import Streak
from tests.domain.rules.folding import IN_UTC, Folded, arriving, at, days, folded, happened, in_order, local_date

BOUGHT = Matcher(frozenset({"bought"}))
NEW_YORK, KIRITIMATI = ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")
LAW = settings(max_examples=300)
BEGINNING = at("03-02 12:00")
MEMORY = 6 * DAY
LATE = st.just(0) | st.integers(0, MEMORY)
OFFSETS = st.sampled_from([0, 0, HOUR, 12 * HOUR]) | st.integers(0, DAY)
ANY_DAYS = st.lists(  # Around a clock change; several on one day, and far apart.
    st.builds(
        lambda day, offset, late: happened(BEGINNING + day * DAY + offset, late=late),
        st.integers(0, 40),
        OFFSETS,
        LATE,
    ),
    max_size=30,
)
MANY_DAYS = st.lists(st.sampled_from([0, 1, 1, 1, 2, 3]), max_size=40).flatmap(  # Runs and gaps that outlast memory.
    lambda a_day: st.tuples(
        *(
            st.builds(
                lambda offset, late, day=day: happened(BEGINNING + day * DAY + offset, late=late),
                st.just(turn * HOUR),
                LATE,
            )
            for day, times in enumerate(a_day)
            for turn in range(times)
        )
    ).map(list)
)
EVENTS = ANY_DAYS | MANY_DAYS


class Brute(NamedTuple):
    """A streak of days, as plainly as can be."""

    at_least: int
    per_period: int
    freezes: int
    repeats: bool

    @property
    def rule(self) -> Streak:
        """The rule that must agree."""
        return Streak(BOUGHT, self.at_least, "day", self.per_period, self.freezes, self.repeats)

    def qualifying(self, events: Sequence[Track], zone: ZoneInfo) -> list[int]:
        """The dates with enough events, in order."""
        dates = [local_date(event.instant, zone) for event in events]
        return sorted({date for date in dates if dates.count(date) >= self.per_period})

    def runs(self, events: Sequence[Track], zone: ZoneInfo) -> list[tuple[int, int]]:
        """The first and the last date of every run that gets there: walk on day by day until too many are empty."""
        open_, found = self.qualifying(events, zone), list[tuple[int, int]]()
        while open_:
            first, have, empty, date = open_[0], 0, 0, open_[0]
            while empty <= self.freezes and date <= open_[-1]:
                have, empty = (have + 1, empty) if date in open_ else (have, empty + 1)
                date += 1
            if have >= self.at_least:
                last = date - 1 if empty <= self.freezes else date - 2
                found.append((first, last))
                open_ = [each for each in open_ if each > last]
            else:
                open_ = open_[1:]
        return found

    def hits(self, events: Sequence[Track], zone: ZoneInfo) -> list[Hit]:
        """In order: whenever there is one run more, the newest event made it, and its first one is the reference."""
        hits: list[Hit] = []
        ordered = in_order(events)
        for count, event in enumerate(ordered, 1):
            runs = self.runs(ordered[:count], zone)
            assert len(runs) >= len(hits), "in order nothing is ever taken back"
            if len(runs) > len(hits):
                first, _ = runs[-1]
                ref = next(each.instant for each in ordered if local_date(each.instant, zone) == first)
                hits.append(Hit(event.instant, ref))
                if not self.repeats:
                    break
        return hits

    def times(self, events: Sequence[Track], zone: ZoneInfo) -> int:
        """How many occurrences the whole set has."""
        runs = len(self.runs(events, zone))
        return runs if self.repeats else min(runs, 1)


RULES = st.builds(
    Brute,
    st.integers(1, 5) | st.integers(1, 20),
    st.sampled_from([1, 1, 1, 2, 3]),
    st.sampled_from([0, 0, 1, 2, 4]),
    st.booleans(),
)
ZONES = st.sampled_from([ZoneInfo("UTC"), NEW_YORK, KIRITIMATI])


@given(RULES, EVENTS, ZONES)
@LAW
def test_in_order_it_is_what_the_slow_way_finds(brute: Brute, events: list[Track], zone: ZoneInfo) -> None:
    """2, 3.6: every occurrence with at and ref; with memory given up on the way, too."""
    expected = brute.hits(events, zone)
    assert folded(brute.rule, in_order(events), Local(zone)).hits == expected
    assert folded(brute.rule, in_order(events), Local(zone), MEMORY).hits == expected
    punctual = [replace(event, arrived=event.instant) for event in in_order(events)]
    assert folded(brute.rule, punctual, Local(zone), 0).hits == expected


@given(RULES, EVENTS.flatmap(st.permutations), ZONES)
@LAW
def test_in_any_order_it_is_reached_as_often(brute: Brute, events: list[Track], zone: ZoneInfo) -> None:
    """3.1: how many occurrences are left is a function of the set of events."""
    assert folded(brute.rule, events, Local(zone)).times == brute.times(events, zone)


@given(RULES, EVENTS.flatmap(st.permutations), ZONES)
@LAW
def test_what_is_kept_of_the_periods_is_a_function_of_the_events(
    brute: Brute, events: list[Track], zone: ZoneInfo
) -> None:
    """3.1: which periods qualify, where intervals begin, and how many events the other periods have."""
    rule = brute._replace(repeats=True).rule

    def known(folded_so: Folded) -> tuple[object, object]:
        intervals, few = cast("tuple[tuple[tuple[int, ...], ...], object]", folded_so.memo)
        return [(first, last, begun) for first, last, begun, _ in intervals], few

    assert known(folded(rule, events, Local(zone))) == known(folded(rule, in_order(events), Local(zone)))


@given(RULES, EVENTS, ZONES)
@LAW
def test_what_was_forgotten_is_never_missed(brute: Brute, events: list[Track], zone: ZoneInfo) -> None:
    """3.1: late events, as late as may be, find what they need although memory is given up on the way."""
    assert folded(brute.rule, arriving(events), Local(zone), MEMORY).times == brute.times(events, zone)


@pytest.mark.parametrize("per_period", [1, 3])
@pytest.mark.parametrize("freezes", [0, 5])
@pytest.mark.parametrize(("unit", "length"), [("day", DAY), ("week", WEEK), ("month", 30 * DAY)])
@pytest.mark.parametrize("memory", [0, 53 * DAY])
def test_memory_is_bounded(unit: Unit, length: Duration, freezes: int, per_period: int, memory: Duration) -> None:
    """State is bounded: however long it goes on, the memo holds no more numbers than the rule says."""
    for at_least, repeats in ((1000, False), (4, True)):
        chance, clock, events = Random(freezes), at("01-01 00:00"), []
        for _ in range(400):
            clock += chance.choice([length // 3, length * 2 // 3, length * 2])
            events.append(happened(clock - chance.randrange(0, memory + 1, HOUR), late=memory))
        rule = Streak(BOUGHT, at_least, unit, per_period, freezes, repeats)
        result = folded(rule, events, memory=memory)
        assert 0 < result.most <= rule.most_values(memory)
        assert bool(result.hits) is repeats or per_period > 1


def test_another_event_of_a_period_leaves_the_memo_as_it_is() -> None:
    """Fold is fast: what changes nothing makes nothing new."""
    rule = Streak(BOUGHT, 5, "day")
    memo = folded(rule, days("03-01 12:00", "03-02 12:00")).memo
    later = at("03-02 13:00")
    assert rule.fold(memo, later, IN_UTC.day(later), 0)[0] is memo


def test_a_long_streak_costs_four_numbers() -> None:
    """Whoever is there day by day, is one interval."""
    events = [happened(BEGINNING + day * DAY) for day in range(900)]
    result = folded(Streak(BOUGHT, 1000, "day", freezes=3), events, memory=53 * DAY)
    assert (result.hits, result.most) == ([], 4)


def test_the_period_is_that_of_the_zone_when_it_is_counted() -> None:
    """3.5: a streak does not break because a person's zone changes."""
    rule = Streak(BOUGHT, 3, "day")
    memo, hits = rule.start, tuple[Hit, ...]()
    for text, zone in (
        ("03-01 20:00", "America/New_York"),
        ("03-03 02:00", "America/New_York"),
        ("03-03 09:00", "UTC"),
    ):
        event = happened(at(text))
        memo, hits = rule.fold(memo, event.instant, rule.observe(event, Local(ZoneInfo(zone))), 0)
    assert hits == (Hit(at("03-03 09:00"), at("03-01 20:00")),)


def test_a_late_event_that_joins_two_runs_takes_one_back() -> None:
    """3.1: two runs that both got there and turn out to be one are one occurrence."""
    rule = Streak(BOUGHT, 2, "day", repeats=True)
    events = days("03-01 12:00", "03-02 12:00", "03-04 12:00", "03-05 12:00", "03-03 12:00")
    assert folded(rule, events).hits == [
        Hit(at("03-02 12:00"), at("03-01 12:00")),
        Hit(at("03-05 12:00"), at("03-04 12:00")),
        Hit(at("03-05 12:00"), at("03-04 12:00"), back=True),
    ]


def test_each_run_that_is_lost_is_named_by_what_it_was_told_with() -> None:
    """6: an occurrence is known by its `ref`: two that are taken back one after the other are not one and the same."""
    rule = Streak(BOUGHT, 2, "day", repeats=True)
    three = ("03-01 12:00", "03-02 12:00", "03-04 12:00", "03-05 12:00", "03-07 12:00", "03-08 12:00")
    hits = folded(rule, days(*three, "03-03 12:00", "03-06 12:00")).hits
    assert [hit._replace(back=True) for hit in hits[1:3]] == hits[3:]


def test_a_late_event_that_joins_two_parts_makes_a_run() -> None:
    """3.1: `at` is the latest instant among the events that completed it, `ref` the first of the run."""
    events = days("03-01 12:00", "03-01 10:00", "03-03 12:00", "03-03 18:00", "03-02 12:00")
    assert folded(Streak(BOUGHT, 3, "day"), events).hits == [Hit(at("03-03 12:00"), at("03-01 10:00"))]


def test_a_late_event_that_makes_a_period_qualify_counts_with_the_newest_of_it() -> None:
    """3.1: with several events a period, the latest of them completed it."""
    events = days("03-01 18:00", "03-01 09:00")
    assert folded(Streak(BOUGHT, 1, "day", per_period=2), events).hits == [Hit(at("03-01 18:00"), at("03-01 09:00"))]


def test_a_freeze_that_is_used_up_is_not_there_for_the_next_gap() -> None:
    """2: a run survives K empty periods in all; a later start may still get there."""
    events = days("03-01 12:00", "03-03 12:00", "03-05 12:00", "03-06 12:00")
    assert folded(Streak(BOUGHT, 4, "day", freezes=1), events).hits == []
    assert folded(Streak(BOUGHT, 4, "day", freezes=2), events).hits == [Hit(at("03-06 12:00"), at("03-01 12:00"))]
    assert folded(Streak(BOUGHT, 3, "day", freezes=1), events).hits == [Hit(at("03-06 12:00"), at("03-03 12:00"))]


def test_an_interval_that_is_given_up_leaves_the_next_one_as_a_first() -> None:
    """2: long after the run from the 1st has failed, the one from the 3rd still gets there."""
    events = days(*(f"03-{day:02} 12:00" for day in (1, 3, 5, 6, 7, 8, 9, 10)))
    rule = Streak(BOUGHT, 7, "day", freezes=1)
    assert folded(rule, events, memory=0).hits == [Hit(at("03-10 12:00"), at("03-03 12:00"))]


@pytest.mark.parametrize("zone", [ZoneInfo("UTC"), KIRITIMATI, ZoneInfo("Etc/GMT+12")])
def test_an_event_as_late_as_can_be_finds_its_neighbours(zone: ZoneInfo) -> None:
    """3.1: what a late event may join is remembered that long, in the farthest zones too."""
    for freezes in (0, 5):  # The run ends with one empty day too many: the late event falls on that day, in time.
        gap = freezes + 1
        events = [happened(BEGINNING + day * DAY) for day in (0, gap + 1, 30, 100 + gap)]
        late = happened(BEGINNING + gap * DAY, late=100 * DAY)
        hits = folded(Streak(BOUGHT, 3, "day", freezes=freezes), [*events, late], Local(zone), 100 * DAY).hits
        assert hits == [Hit(BEGINNING + (gap + 1) * DAY, BEGINNING)]


def test_progress_is_the_run_that_is_going_on() -> None:
    """Its qualifying periods, no more than N, as of the newest event."""
    rule = Streak(BOUGHT, 3, "week", freezes=1, repeats=True)
    assert rule.so_far(rule.start) == SoFar(0, 3, "weeks")
    weeks = [happened(BEGINNING + number * WEEK) for number in (0, 1, 3, 4, 9)]
    assert [rule.so_far(folded(rule, weeks[:count]).memo).have for count in range(1, 6)] == [1, 2, 3, 3, 1]


def test_another_threshold_judges_the_same_periods() -> None:
    """3.13: a threshold that changed tells how many runs get there by it."""
    memo = folded(Streak(BOUGHT, 9, "day"), days("03-01 12:00", "03-02 12:00", "03-04 12:00", "03-05 12:00")).memo
    assert Streak(BOUGHT, 3, "day").judged_anew(memo) == (memo, 0)
    assert Streak(BOUGHT, 2, "day").judged_anew(memo) == (memo, 1)
    assert Streak(BOUGHT, 2, "day", repeats=True).judged_anew(memo) == (memo, 2)


def test_it_is_built_from_the_compiled_catalog() -> None:
    """Every option has its place."""
    options = {"kind": "streak", "event": ["bought"], "where": [], "at_least": 3, "unit": "month"}
    rule = build({**options, "per_period": 2, "freezes": 1, "repeat": True})
    assert rule == Streak(BOUGHT, 3, "month", 2, 1, repeats=True)
    assert (rule.names, rule.repeats, rule.known_by_ref) == (frozenset({"bought"}), True, True)
    assert rule.observe(happened(BEGINNING, "looked"), IN_UTC) is None


@pytest.mark.parametrize(
    ("unit", "first", "second"),
    [
        ("day", "03-01 23:59:59.999999", "03-02 00:00"),
        ("week", "03-01 23:59:59.999999", "03-02 00:00"),  # A Sunday and a Monday.
        ("month", "03-31 23:59:59.999999", "04-01 00:00"),
    ],
)
def test_a_microsecond_may_make_two_periods(unit: Unit, first: str, second: str) -> None:
    """3.6: periods begin at local midnight, weeks on Monday."""
    instants: list[Instant] = [at(first), at(second)]
    events = [happened(instant) for instant in instants]
    assert folded(Streak(BOUGHT, 2, unit), events).hits == [Hit(instants[1], instants[0])]
    assert folded(Streak(BOUGHT, 2, unit), [events[0], happened(instants[0] - 1)]).hits == []
