"""`days`: N different local dates, alone and among consecutive ones."""

from collections.abc import Sequence
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.domain.event import Track
from milepost.domain.instant import DAY, HOUR, MINUTE, Duration, Instant
from milepost.domain.local import Local
from milepost.domain.matcher import Matcher
from milepost.domain.rules import build
from milepost.domain.rules.days import Days
from milepost.domain.rules.interface import Hit, SoFar
from tests.domain.rules.folding import IN_UTC, arriving, at, days, folded, happened, in_order, local_date

BOUGHT = Matcher(frozenset({"bought"}))
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ZONES = st.sampled_from([ZoneInfo("UTC"), BERLIN, NEW_YORK, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12")])
LAW = settings(max_examples=200)
BEGINNING = at("03-07 00:00")  # The day before clocks change in New York, three weeks before Berlin.
INSTANTS = st.integers(0, 30 * 4).map(lambda step: BEGINNING + step * 6 * HOUR) | st.integers(
    BEGINNING, BEGINNING + 30 * DAY
)
EVENTS = st.lists(st.builds(happened, INSTANTS), max_size=20)
RULES = st.builds(Days, st.just(BOUGHT), st.integers(1, 8)) | st.integers(1, 8).flatmap(
    lambda among: st.builds(Days, st.just(BOUGHT), st.integers(1, among), st.just(among))
)
MEMORY = 4 * DAY
LATE = st.lists(
    st.builds(
        lambda instant, late: happened(instant, late=late),
        st.integers(BEGINNING, BEGINNING + 60 * DAY),
        st.just(0) | st.integers(0, MEMORY),
    ),
    max_size=30,
)


def expected(rule: Days, events: Sequence[Track], zone: ZoneInfo) -> Hit | None:
    """The slow way: after each event in order, look at all dates, or at each span of consecutive ones."""
    so_far: list[tuple[int, Instant]] = []
    for event in in_order(events):
        so_far.append((local_date(event.instant, zone), event.instant))
        dates = [day for day, _ in so_far]
        if rule.among is None:
            if len(set(dates)) >= rule.at_least:
                return Hit(event.instant)
            continue
        for first in range(min(dates), max(dates) + 1):
            inside = [(day, instant) for day, instant in so_far if first <= day < first + rule.among]
            if len({day for day, _ in inside}) >= rule.at_least:
                return Hit(event.instant, min(instant for _, instant in inside))
    return None


def first_hit(rule: Days, events: Sequence[Track], zone: ZoneInfo, memory: Duration | None = None) -> Hit | None:
    """What the rule says."""
    hits = folded(rule, events, Local(zone), memory).hits
    return hits[0] if hits else None


@given(RULES, EVENTS, ZONES)
@LAW
def test_in_order_it_is_what_the_slow_way_finds(rule: Days, events: list[Track], zone: ZoneInfo) -> None:
    """2, 3.3, 3.5: whether, at and ref, in any zone and across clock changes."""
    assert first_hit(rule, in_order(events), zone) == expected(rule, events, zone)


@given(RULES, EVENTS.flatmap(st.permutations), ZONES)
@LAW
def test_in_any_order_it_is_reached_by_the_same_events(rule: Days, events: list[Track], zone: ZoneInfo) -> None:
    """3.1: whether it is reached is a function of the set of events."""
    assert (first_hit(rule, events, zone) is None) == (expected(rule, events, zone) is None)


@given(RULES, LATE, ZONES)
@LAW
def test_what_was_forgotten_is_never_missed(rule: Days, events: list[Track], zone: ZoneInfo) -> None:
    """3.1: with memory given up on the way, late events find what they need, and those in order find all."""
    assert first_hit(rule, in_order(events), zone, MEMORY) == expected(rule, events, zone)
    assert (first_hit(rule, arriving(events), zone, MEMORY) is None) == (expected(rule, events, zone) is None)


@pytest.mark.parametrize("rule", [Days(BOUGHT, 10_000), Days(BOUGHT, 7, 7), Days(BOUGHT, 29, 30), Days(BOUGHT, 2, 2)])
@pytest.mark.parametrize("memory", [0, 53 * DAY, 418 * DAY])
def test_memory_is_bounded(rule: Days, memory: Duration) -> None:
    """State is bounded: however long it goes on, the memo holds no more numbers than the rule says."""
    chance, clock, events = Random(1), at("01-01 00:00"), []
    for _ in range(4000):
        clock += chance.randrange(13 * HOUR)
        events.append(happened(clock - chance.randrange(0, memory + 1, HOUR), late=memory))
    # One date in so many is left out, so that it is never reached.
    events = [event for event in events if event.instant // DAY % min(rule.at_least, 9)]
    result = folded(rule, events, memory=memory)
    assert result.hits == []
    assert 0 < result.most <= rule.most_values(memory)


def test_another_event_of_a_date_leaves_the_memo_as_it_is() -> None:
    """Fold is fast: what changes nothing makes nothing new."""
    for rule in (Days(BOUGHT, 3), Days(BOUGHT, 3, 7)):
        memo = folded(rule, days("03-01 12:00", "03-02 12:00")).memo
        later = at("03-02 13:00")
        assert rule.fold(memo, later, IN_UTC.day(later), 0)[0] is memo


def test_the_date_is_that_of_the_zone_when_it_is_counted() -> None:
    """3.5: a zone that changes later moves no date that was counted before."""
    rule, event = Days(BOUGHT, 2), happened(at("03-01 23:30"))
    assert rule.observe(event, Local(BERLIN)) == rule.observe(happened(at("03-02 12:00")), Local(NEW_YORK))


def test_a_late_event_that_brings_a_date_completes_it_at_the_newest_that_brought_one() -> None:
    """3.1: out of order, `at` is the latest instant among the events that completed it."""
    events = days("03-01 12:00", "03-05 12:00", "03-05 18:00", "03-03 12:00")
    assert folded(Days(BOUGHT, 3), events).hits == [Hit(at("03-05 12:00"))]
    assert folded(Days(BOUGHT, 3, 5), events).hits == [Hit(at("03-05 12:00"), at("03-01 12:00"))]


def test_a_late_event_may_be_the_first_of_its_date() -> None:
    """3.3: `ref` is the first event of the group, also if it came late."""
    events = days("03-01 12:00", "03-01 09:00", "03-01 10:00", "03-02 12:00")
    assert folded(Days(BOUGHT, 2, 2), events).hits == [Hit(at("03-02 12:00"), at("03-01 09:00"))]


def test_a_late_event_that_completes_two_groups_counts_for_the_earlier_one() -> None:
    """3.3: the earliest such group, of those that are new."""
    events = days("03-01 12:00", "03-05 12:00", "03-03 12:00")
    assert folded(Days(BOUGHT, 2, 3), events).hits == [Hit(at("03-03 12:00"), at("03-01 12:00"))]


def test_progress_is_the_dates_so_far() -> None:
    """With `in`, those that can still share the span with the newest date."""
    events = days("03-01 12:00", "03-02 12:00", "03-09 12:00", "03-09 13:00")
    assert Days(BOUGHT, 5).so_far(folded(Days(BOUGHT, 5), events).memo) == SoFar(3, 5, "days")
    assert Days(BOUGHT, 5, 7).so_far(folded(Days(BOUGHT, 5, 7), events).memo) == SoFar(1, 5, "days")
    assert Days(BOUGHT, 5, 8).so_far(folded(Days(BOUGHT, 5, 8), events).memo) == SoFar(2, 5, "days")
    assert Days(BOUGHT, 5, 8).so_far(Days(BOUGHT, 5, 8).start) == SoFar(0, 5, "days")


def test_another_threshold_judges_the_same_dates() -> None:
    """3.13: a threshold that changed tells who meets it already."""
    events = days("03-01 12:00", "03-02 12:00", "03-05 12:00")
    for among, met in ((None, 1), (5, 1), (4, 0)):
        memo = folded(Days(BOUGHT, 4, among), events).memo
        assert Days(BOUGHT, 3, among).judged_anew(memo) == (memo, met)


def test_it_is_built_from_the_compiled_catalog() -> None:
    """`in` is a number of dates."""
    options = {"kind": "days", "event": ["bought"], "where": [], "at_least": 3, "in": None}
    assert build(options) == Days(BOUGHT, 3)
    assert build({**options, "in": 7}) == Days(BOUGHT, 3, 7)
    assert build(options).names == frozenset({"bought"})
    assert build(options).observe(happened(at("03-01 12:00"), "looked"), IN_UTC) is None


def test_years_without_an_event_cost_nothing() -> None:
    """Dates of long ago are only a number, and still count."""
    old, new = happened(at("01-01 12:00")), happened(at("01-01 12:00") + 3650 * DAY)
    rule = Days(BOUGHT, 3)
    result = folded(rule, [old, new], memory=53 * DAY)
    assert (result.hits, result.most) == ([], 4)
    assert rule.so_far(result.memo).have == 2
    assert folded(Days(BOUGHT, 2), [old, new], memory=53 * DAY).hits == [Hit(new.instant)]


def test_local_midnight_divides_dates() -> None:
    """3.5: a microsecond may make two dates."""
    midnight = at("03-01 23:00")  # In Berlin.
    assert first_hit(Days(BOUGHT, 2), [happened(midnight - 1), happened(midnight)], BERLIN) == Hit(midnight)
    assert first_hit(Days(BOUGHT, 2), [happened(midnight), happened(midnight + DAY - MINUTE)], BERLIN) is None
