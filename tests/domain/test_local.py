"""A subject's calendar: every IANA zone at every change of its clocks, and the exact readings 3.5, 3.6 and 3.9."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from milepost.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant, from_datetime, parse_instant, to_datetime
from milepost.domain.local import WEEKDAYS, Local, Span, local_in, parse_calendar, zone_of

FIRST, LAST = parse_instant("2020-01-01T00:00:00Z"), parse_instant("2040-12-31T00:00:00Z")
NOT_PLACES = {"localtime", "Factory"}
"""Whatever this machine is set to, and what stands for none."""
NAMES = sorted(available_timezones() - NOT_PLACES)
PROBE = 3 * DAY
"""Two changes that cancel each other within it would go unseen; the closest are a month apart, around Ramadan."""
ONE_DAY = Span(days=1)


def offset(zone: ZoneInfo, instant: Instant) -> object:
    """How far the wall clock is ahead, to the second."""
    return datetime.fromtimestamp(instant // SECOND, zone).utcoffset()


def transitions(zone: ZoneInfo) -> Iterator[Instant]:
    """The instants from which on the wall clock is ahead by another amount."""
    before, known = FIRST, offset(zone, FIRST)
    for probe in range(FIRST + PROBE, LAST + PROBE, PROBE):
        found = offset(zone, probe)
        if found != known:
            yield _bisected(zone, before, probe)
        before, known = probe, found


def _bisected(zone: ZoneInfo, low: Instant, high: Instant) -> Instant:
    known = offset(zone, low)
    while high - low > SECOND:
        middle = (low + high) // 2 // SECOND * SECOND
        low, high = (middle, high) if offset(zone, middle) == known else (low, middle)
    return high


def around(change: Instant) -> list[Instant]:
    """Instants before and after a change of the clocks, from two days away down to a microsecond."""
    away = [0, 1, SECOND, 29 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 12 * HOUR, DAY, 26 * HOUR, 2 * DAY]
    return sorted({change + sign * each for each in away for sign in (1, -1)})


@cache
def changes_of(name: str) -> tuple[Instant, ...]:
    """When the clocks of a zone change."""
    return tuple(transitions(ZoneInfo(name)))


@cache
def clocks() -> dict[str, tuple[Instant, ...]]:
    """The changes of every zone; of several that show the same time in all those years, of the first."""
    found = dict[object, str]()
    for name in NAMES:
        zone = ZoneInfo(name)
        found.setdefault(tuple((each, offset(zone, each)) for each in (FIRST, *changes_of(name))), name)
    return {name: changes_of(name) for name in found.values()}


def test_there_are_changes_to_look_at() -> None:
    """A law of changes that are none would hold whatever the code did."""
    assert len(NAMES) > 500
    assert len(clocks()) > 60
    assert sum(map(len, clocks().values())) > 1_000
    assert parse_instant("2026-03-29T01:00:00Z") in changes_of("Europe/Berlin")
    assert changes_of("UTC") == ()


def test_no_local_date_week_or_month_ever_steps_back() -> None:
    """3.5, 3.6: at every change of every zone from 2020 to 2040, also where clocks are set back at midnight."""
    for name, changes in clocks().items():
        calendars = [local_in(name, starts) for starts in (WEEKDAYS["monday"], WEEKDAYS["sunday"])]
        for change in changes:
            for local in calendars:
                for earlier, later in pairwise(around(change)):
                    assert local.day(earlier) <= local.day(later), (name, change)
                    assert local.period("week", earlier) <= local.period("week", later), (name, change)
                    assert local.period("month", earlier) <= local.period("month", later), (name, change)


def test_from_one_local_noon_to_the_next_it_is_one_date() -> None:
    """3.5, 3.9: a day by wall clock lands on the next date at the same time, whatever happens to the clocks."""
    for name, changes in clocks().items():
        local = local_in(name, 0)
        for change in changes:
            noon = local.shifted(_noon_of(local, change), ONE_DAY, -3)
            for _ in range(6):
                following = local.shifted(noon, ONE_DAY)
                assert local.day(following) == local.day(noon) + 1, (name, change)
                assert _wall(local, following).hour == 12, (name, change)
                assert local.period("day", following) == local.day(following)
                noon = following


def test_a_day_later_is_the_next_date_at_every_hour_that_exists_then() -> None:
    """3.9: only from a time that the next date lacks may it move on, and then by the gap."""
    for name, changes in clocks().items():
        local = local_in(name, 0)
        for change in changes:
            for instant in around(change):
                following = local.shifted(instant, ONE_DAY)
                days, wall = local.day(following) - local.day(instant), _wall(local, following)
                if wall.time() == _wall(local, instant).time():
                    assert days == 1, (name, change)
                else:
                    assert DAY <= following - instant <= DAY + HOUR, (name, change)
                    assert _is_gap(local, following), (name, change)


def _wall(local: Local, instant: Instant) -> datetime:
    return to_datetime(instant).astimezone(local.zone)


def _noon_of(local: Local, instant: Instant) -> Instant:
    return local.instant_of(_wall(local, instant).replace(tzinfo=None, hour=12, minute=0, second=0, microsecond=0))


def _is_gap(local: Local, instant: Instant) -> bool:
    """Whether the clock was set forward within the last hours."""
    before, after = (_wall(local, each).utcoffset() for each in (instant - 3 * HOUR, instant))
    assert before is not None
    assert after is not None
    return after > before


# ------------------------------------------------------------------------------------------- examples

BERLIN = local_in("Europe/Berlin", 0)


def moved(start: str, span: Span, times: int = 1, local: Local = BERLIN) -> str:
    """That many spans later, in UTC."""
    return to_datetime(local.shifted(parse_instant(start), span, times)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("start", "span", "times", "expected"),
    [
        pytest.param("2024-02-29T12:00:00Z", Span(months=12), 1, "2025-02-28T12:00:00Z", id="29 February"),
        pytest.param("2024-02-29T12:00:00Z", Span(months=12), 4, "2028-02-29T12:00:00Z", id="and back on it"),
        pytest.param("2026-01-31T12:00:00Z", Span(months=1), 1, "2026-02-28T12:00:00Z", id="a day the month lacks"),
        pytest.param("2026-01-31T12:00:00Z", Span(months=1), 2, "2026-03-31T11:00:00Z", id="from the date itself"),
        pytest.param("2026-03-31T11:00:00Z", Span(months=1), -1, "2026-02-28T12:00:00Z", id="backwards"),
        pytest.param("2026-03-28T01:30:00Z", ONE_DAY, 1, "2026-03-29T01:30:00Z", id="a time in the gap moves on"),
        pytest.param("2026-10-24T00:30:00Z", ONE_DAY, 1, "2026-10-25T00:30:00Z", id="the first of two"),
        pytest.param("2026-03-28T12:00:00Z", Span(elapsed=DAY), 1, "2026-03-29T12:00:00Z", id="elapsed time"),
        pytest.param("2026-03-28T12:00:00Z", ONE_DAY, 1, "2026-03-29T11:00:00Z", id="a day by wall clock"),
    ],
)
def test_calendar_arithmetic_goes_by_the_wall_clock(start: str, span: Span, times: int, expected: str) -> None:
    """3.9, row by row."""
    assert moved(start, span, times) == expected


def test_beyond_the_calendar_is_an_error_and_not_another_date() -> None:
    """Years 1 to 9999."""
    with pytest.raises(OverflowError):
        BERLIN.shifted(parse_instant("9999-01-01T00:00:00Z"), Span(months=12))
    with pytest.raises(OverflowError):
        BERLIN.shifted(parse_instant("9999-01-01T00:00:00Z"), Span(elapsed=400 * DAY))


@pytest.mark.parametrize("starts", WEEKDAYS)
def test_a_week_begins_on_the_day_that_the_catalog_says(starts: str) -> None:
    """3.6: seven days from that weekday on are one week, and the day before is of the week before."""
    local = local_in("UTC", WEEKDAYS[starts])
    monday = parse_instant("2026-03-02T00:00:00Z")
    begin = monday + WEEKDAYS[starts] * DAY
    assert {local.period("week", begin + day * DAY) for day in range(7)} == {local.period("week", begin)}
    assert local.period("week", begin - 1) == local.period("week", begin) - 1
    assert local.period("week", begin + 7 * DAY) == local.period("week", begin) + 1


def test_months_and_years_follow_each_other() -> None:
    """3.6: December and January are neighbours."""
    instants = [from_datetime(datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC)) + step for step in (0, SECOND)]
    assert BERLIN.period("month", instants[1]) - BERLIN.period("month", instants[0]) == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-10", "2026-03-09T23:00:00Z"),
        ("2026-03-10T08:30", "2026-03-10T07:30:00Z"),
        ("2026-03-10 08:30:15", "2026-03-10T07:30:15Z"),
        ("2026-03-10T08:30:00+05:45", "2026-03-10T02:45:00Z"),
        ("2026-03-10T08:30:00Z", "2026-03-10T08:30:00Z"),
    ],
)
def test_a_trait_names_a_date_or_a_time(value: str, expected: str) -> None:
    """2: a date is its local midnight, and a time without an offset the subject's own."""
    assert BERLIN.read_date(value) == parse_instant(expected)


@pytest.mark.parametrize("value", ["soon", "", "2026-02-30", "20260310", "2026-W10-1", 20260310, None, True])
def test_what_names_no_date_is_none(value: object) -> None:
    """A trait may be anything."""
    assert BERLIN.read_date(value) is None


@pytest.mark.parametrize("name", ["Nowhere/Land", "", "../etc/passwd", "/etc/localtime", "a\0b", "x" * 5000, "Europe"])
def test_a_zone_that_is_none_is_none(name: str) -> None:
    """Names come from outside, and must do no harm."""
    assert zone_of(name) is None


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("7d", Span(days=7)),
        ("2w", Span(days=14)),
        ("1mo", Span(months=1)),
        ("2y", Span(months=24)),
        ("36h", Span(elapsed=36 * HOUR)),
        ("90s", Span(elapsed=90 * SECOND)),
    ],
)
def test_days_and_longer_are_of_the_calendar_and_shorter_is_elapsed(text: str, span: Span) -> None:
    """2: as it stands under durations."""
    assert parse_calendar(text) == span


@pytest.mark.parametrize("text", ["", "d", "1", "1.5d", "-1d", "1 d", "1m", "٣d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """With words that say what would be one."""
    with pytest.raises(ValueError, match="is not a duration such as"):
        parse_calendar(text)
