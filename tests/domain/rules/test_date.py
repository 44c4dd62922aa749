from calendar import monthrange
from datetime import UTC as ZULU
from datetime import date as calendar_date
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.instant import DAY, HOUR, MINUTE, Duration, Instant, format_instant, parse_instant
from milepost.domain.local import Local, Span, parse_calendar
from milepost.domain.matcher import Matcher
from milepost.domain.rules import Hit
from milepost.domain.rules.date import MOST_AT_ONCE, Date
from milepost.domain.rules.interface import Past
from tests.domain.rules.clocked import UTC, Life, lived, nothing_to_build, track, values

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kolkata"]
BERLIN, NEW_YORK = Local(ZoneInfo("Europe/Berlin")), Local(ZoneInfo("America/New_York"))
BOUGHT = Matcher(frozenset({"bought"}))
NAME = "renews_at"
LATER = parse_instant("2100-01-01T00:00:00Z")


def after_first(text: str, *, every: bool = False) -> Date:
    """So long after the first purchase."""
    return Date(BOUGHT, None, parse_calendar(text), repeats=every)


def after_trait(text: str, *, every: bool = False) -> Date:
    """So long after the date in the trait."""
    return Date(None, NAME, parse_calendar(text), repeats=every)


def before_trait(text: str, *, every: bool = False) -> Date:
    """So long before the date in the trait."""
    return Date(None, NAME, parse_calendar(text), before=True, repeats=every)


def at(text: str) -> Instant:
    """An instant of 2026 unless the year is given."""
    return parse_instant(f"{text if len(text) > 11 else '2026-' + text}Z".replace(" ", "T"))


def told(hits: list[Hit]) -> list[tuple[str, str]]:
    """`at` and `ref` as people write them."""
    return [
        (format_instant(hit.at)[:16].replace("T", " "), format_instant(hit.ref)[:16].replace("T", " "))
        for hit in hits
        if hit.ref is not None
    ]


def oracle(instant: Instant, span: Span, times: int, zone: ZoneInfo) -> Instant:
    """Calendar arithmetic by looking every candidate up, without the fold of `datetime` (3.9)."""
    epoch = datetime(1970, 1, 1, tzinfo=ZULU)
    moment = epoch + timedelta(microseconds=instant)
    if not span.months and not span.days:
        return instant + times * span.elapsed
    wall = moment.astimezone(zone).replace(tzinfo=None)
    month = wall.month - 1 + times * span.months
    year, month = wall.year + month // 12, month % 12 + 1
    day = calendar_date(year, month, min(wall.day, monthrange(year, month)[1])) + timedelta(days=times * span.days)
    wall = datetime.combine(day, wall.time())
    around = (wall.replace(tzinfo=ZULU) + timedelta(days=days) for days in (-2, 2))
    offsets = [each.astimezone(zone).utcoffset() or timedelta(0) for each in around]
    found = [(wall - each).replace(tzinfo=ZULU) for each in offsets]
    same = [each for each in found if each.astimezone(zone).replace(tzinfo=None) == wall]
    return (min(same, default=found[0]) - epoch) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "local", "first", "expected"),
    [
        ("7d", UTC, "03-01 12:00", "2026-03-08 12:00"),
        ("7d", BERLIN, "03-25 12:00", "2026-04-01 11:00"),  # 13:00 by the wall clock, before and after.
        ("168h", BERLIN, "03-25 12:00", "2026-04-01 12:00"),
        ("1d", BERLIN, "03-28 01:30", "2026-03-29 01:30"),  # 02:30 does not exist: 03:30.
        ("1d", BERLIN, "10-24 00:30", "2026-10-25 00:30"),  # 02:30 exists twice: the first.
        ("36h", BERLIN, "10-25 01:30", "2026-10-26 13:30"),  # Elapsed from the second 02:30.
        ("1mo", UTC, "01-31 12:00", "2026-02-28 12:00"),
        ("1y", UTC, "2024-02-29 12:00", "2025-02-28 12:00"),
        ("4y", UTC, "2024-02-29 12:00", "2028-02-29 12:00"),
        ("1mo", NEW_YORK, "04-01 02:00", "2026-05-01 02:00"),  # 31 March by the wall clock, so 30 April.
    ],
)
def test_days_and_longer_are_of_the_calendar_and_shorter_is_elapsed(
    text: str, local: Local, first: str, expected: str
) -> None:
    """3.9, each with the wall clock of its zone; at that instant, and not before."""
    life = Life(after_first(text), local).get(at(first))
    assert life.tick(at(expected[:16]) - 1).hits == []
    assert life.tick(at(expected)).hits == [Hit(at(expected), at(first))]


def test_of_several_events_the_first_counts() -> None:
    """Also when it comes last."""
    expected = [("2026-03-08 12:00", "2026-03-01 12:00")]
    assert told(lived(after_first("7d"), [at("03-01 12:00"), at("03-02 12:00")], LATER)) == expected
    assert told(lived(after_first("7d"), [at("03-02 12:00"), at("03-01 12:00")], LATER)) == expected


def test_an_earlier_event_that_comes_after_the_decision_changes_nothing() -> None:
    """What has been decided is final (3.1)."""
    life = Life(after_first("7d")).get(at("03-02 12:00")).tick(at("03-09 12:00")).get(at("03-01 12:00")).tick(LATER)
    assert told(life.hits) == [("2026-03-09 12:00", "2026-03-02 12:00")]


def test_every_anniversary_is_counted_from_the_date_itself() -> None:
    """A month after the 31st is the 28th, two months are the 31st again; `ref` is where the period began."""
    life = Life(after_first("1mo", every=True)).get(at("01-31 12:00")).tick(at("04-30 12:00"))
    assert told(life.hits) == [
        ("2026-02-28 12:00", "2026-01-31 12:00"),
        ("2026-03-31 12:00", "2026-02-28 12:00"),
        ("2026-04-30 12:00", "2026-03-31 12:00"),
    ]


def test_an_earlier_first_event_moves_the_anniversaries_that_are_undecided() -> None:
    """Those decided before stay as they were."""
    life = Life(after_first("1y", every=True)).get(at("2024-03-05 12:00")).tick(at("2025-03-05 12:00"))
    life.get(at("2024-03-01 12:00")).tick(at("2026-06-01 12:00"))
    assert told(life.hits) == [("2025-03-05 12:00", "2024-03-05 12:00"), ("2026-03-01 12:00", "2025-03-01 12:00")]


def test_a_renewal_is_announced_before_the_date_in_the_trait() -> None:
    """A date without a time is the midnight of the subject; `ref` is the date."""
    life = Life(before_trait("14d"), BERLIN).write(at("01-01 12:00"), NAME, "2026-04-05").tick(LATER)
    assert told(life.hits) == [("2026-03-21 23:00", "2026-04-04 22:00")]


def test_a_new_date_before_the_decision_moves_it() -> None:
    """The old one is forgotten."""
    life = Life(before_trait("14d")).write(at("01-01 12:00"), NAME, "2026-04-15").tick(at("03-31 12:00"))
    assert told(life.write(at("03-31 12:00"), NAME, "2026-06-15").tick(LATER).hits) == [
        ("2026-06-01 00:00", "2026-06-15 00:00")
    ]


@pytest.mark.parametrize("value", [None, "", "soon", "2026-02-30", 20260415, True, ["2026-04-15"], "15.04.2026"])
@pytest.mark.parametrize("rule", [before_trait("14d"), before_trait("14d", every=True), after_trait("1y", every=True)])
def test_for_a_trait_that_is_no_date_nothing_waits(rule: Date, value: object) -> None:
    """Neither for it nor for what it was before."""
    life = Life(rule).write(at("01-01 12:00"), NAME, value)
    assert life.tick(LATER).hits == []
    life = Life(rule).write(at("01-01 12:00"), NAME, "2026-04-15").write(at("01-02 12:00"), NAME, value)
    assert rule.wakes(life.memo, UTC) is None
    assert life.tick(LATER).hits == []


def test_a_time_that_has_passed_when_it_is_learnt_is_told_at_once() -> None:
    """Of a renewal in 10 days nobody could be told 14 days before; whether to write to them is not decided here."""
    life = Life(before_trait("14d")).write(at("04-05 12:00"), NAME, "2026-04-15").tick(at("04-05 12:00"))
    assert told(life.hits) == [("2026-04-01 00:00", "2026-04-15 00:00")]


@pytest.mark.parametrize("rule", [before_trait("14d"), before_trait("14d", every=True), after_first("1y")])
def test_another_trait_is_looked_past(rule: Date) -> None:
    """A rule beside this one may look at it."""
    life = Life(rule).get(at("01-01 12:00")).write(at("01-01 12:00"), NAME, "2026-04-15")
    known = life.memo
    assert life.write(at("01-02 12:00"), "born", "1984-05-20").write(at("01-03 12:00"), "tier", "gold").memo == known


def test_with_every_each_renewal_date_is_announced_once() -> None:
    """A date that comes back after it was decided is not announced again."""
    life = Life(before_trait("14d", every=True))
    for written, date in (("01-01", "2026-04-15"), ("04-10", "2026-05-15"), ("05-05", "2026-04-15")):
        now = at(f"{written} 12:00")
        life.tick(now).write(now, NAME, date).tick(now)
    life.write(at("05-06 12:00"), NAME, "2026-05-15").write(at("05-07 12:00"), NAME, "2026-07-15").tick(LATER)
    assert told(life.hits) == [
        ("2026-04-01 00:00", "2026-04-15 00:00"),
        ("2026-05-01 00:00", "2026-05-15 00:00"),
        ("2026-07-01 00:00", "2026-07-15 00:00"),
    ]


def test_a_birthday_given_at_sign_up_is_not_forty_birthdays() -> None:
    """Those before the trait was written are passed over; one at that instant is not."""
    life = (
        Life(after_trait("1y", every=True), BERLIN).write(at("03-01 12:00"), NAME, "1984-02-29").tick(at("03-01 12:00"))
    )
    assert life.hits == []
    assert told(life.tick(at("2028-03-01 12:00")).hits) == [
        ("2027-02-27 23:00", "2026-02-27 23:00"),
        ("2028-02-28 23:00", "2027-02-27 23:00"),
    ]
    on_the_day = Life(after_trait("1y", every=True)).write(at("03-01 00:00"), NAME, "1984-03-01")
    assert told(on_the_day.tick(at("03-01 00:00")).hits) == [("2026-03-01 00:00", "2025-03-01 00:00")]


def test_a_changed_date_starts_over_from_the_new_one() -> None:
    """Only what lies after it was written."""
    life = Life(after_trait("1y", every=True)).write(at("01-01 00:00"), NAME, "2025-02-01").tick(at("03-01 00:00"))
    life.write(at("03-01 00:00"), NAME, "2025-02-15").tick(at("2027-03-01 00:00"))
    assert told(life.hits) == [("2026-02-01 00:00", "2025-02-01 00:00"), ("2027-02-15 00:00", "2026-02-15 00:00")]


def test_a_date_without_offset_is_read_in_the_zone_that_is_known_when_it_is_used() -> None:
    """So it does not matter which of the two traits was written first; with an offset it is the same everywhere."""
    rule = before_trait("1d")
    life = Life(rule).write(at("01-01 12:00"), NAME, "2026-04-15")
    assert rule.wakes(life.memo, NEW_YORK) == at("04-14 04:00")
    life = Life(rule).write(at("01-01 12:00"), NAME, "2026-04-15T00:00:00+02:00")
    assert rule.wakes(life.memo, NEW_YORK) == rule.wakes(life.memo, BERLIN) == at("04-13 22:00")


@pytest.mark.parametrize("rule", [after_trait("100y"), after_trait("100y", every=True), after_trait("1d")])
def test_beyond_the_year_9999_is_never(rule: Date) -> None:
    """No subject is held up by a date that cannot be written."""
    life = Life(rule).write(at("01-01 12:00"), NAME, "9999-12-31T23:00:00Z")
    assert rule.wakes(life.memo, UTC) is None
    assert life.tick(2**62).hits == []


def test_no_more_than_a_hundred_are_decided_at_once() -> None:
    """The rest is due at once, the next time."""
    life = Life(after_first("1d", every=True)).get(at("01-01 00:00"))
    memo, hits = life.rule.decide(life.memo, at("01-01 00:00") + 150 * DAY, UTC, 0)
    assert len(hits) == MOST_AT_ONCE
    assert life.rule.wakes(memo, UTC) == at("01-01 00:00") + 101 * DAY
    assert len(life.tick(at("01-01 00:00") + 150 * DAY).hits) == 150


SPANS = st.sampled_from(["90s", "10min", "36h", "1d", "7d", "2w", "1mo", "7mo", "1y"])
INSTANTS = st.integers(at("2010-01-01 00:00"), at("2030-01-01 00:00"))


@given(INSTANTS, SPANS, st.integers(1, 30), st.sampled_from(ZONES))
def test_every_time_is_where_brute_force_finds_it(first: Instant, text: str, times: int, zone: str) -> None:
    """In any zone, the k-th is k spans after the first event, and `ref` one span less."""
    tz, rule = ZoneInfo(zone), after_first(text, every=True)
    ends = [first, *(oracle(first, rule.span, each, tz) for each in range(1, times + 1))]
    life = Life(rule, Local(tz)).get(first).tick(ends[-1])
    assert life.hits == [Hit(end, begin) for begin, end in pairwise(ends)]


@given(INSTANTS, SPANS, st.sampled_from(ZONES))
def test_before_is_where_brute_force_finds_it(date: Instant, text: str, zone: str) -> None:
    """One span before the date in the trait."""
    rule, tz = before_trait(text), ZoneInfo(zone)
    life = Life(rule, Local(tz)).write(0, NAME, format_instant(date)).tick(LATER)
    assert life.hits == [Hit(oracle(date, rule.span, -1, tz), date)]


@given(INSTANTS, st.integers(0, 60 * 366 * DAY), SPANS, st.sampled_from(ZONES))
def test_the_first_time_since_a_trait_was_written_is_found(
    date: Instant, passed: Duration, text: str, zone: str
) -> None:
    """It is at or after the write, and the one before it is not."""
    rule, local, written = after_trait(text, every=True), Local(ZoneInfo(zone)), date + passed
    memo, before = rule.introduced(Past({}, {NAME: format_instant(date)}, written - 1), local)
    due = oracle(date, rule.span, before + 1, local.zone)
    assert due >= written
    assert before == 0 or oracle(date, rule.span, before, local.zone) < written
    life = Life(rule, local).write(written, NAME, format_instant(date))
    assert rule.wakes(life.memo, local) == rule.wakes(memo, local) == due


@given(st.lists(INSTANTS, min_size=1, max_size=8), st.booleans(), st.data())
def test_the_order_of_arrival_changes_nothing(
    instants: list[Instant],
    every: bool,  # noqa: FBT001  # Hypothesis calls it
    data: st.DataObject,
) -> None:
    """As long as nothing has been decided."""
    rule = after_first("1y", every=every)
    assert lived(rule, data.draw(st.permutations(instants)), LATER) == lived(rule, [min(instants)], LATER)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(-400, 400)), max_size=30), st.booleans(), st.booleans())
def test_memory_stays_within_its_bound(
    written: list[tuple[int, int]],
    before: bool,  # noqa: FBT001  # Hypothesis calls it
    every: bool,  # noqa: FBT001  # the same
) -> None:
    """However often the trait takes another date."""
    rule = Date(None, NAME, parse_calendar("1mo"), before=before, repeats=every)
    life, now = Life(rule), at("01-01 00:00")
    for passed, away in written:
        now += passed * DAY
        life.write(now, NAME, format_instant(now + away * DAY)).tick(now)
        assert values(life.memo) <= rule.most_values(0)
    assert values(Life(after_first("1y")).get(1, 0).memo) == after_first("1y").most_values(0)


@pytest.mark.parametrize(
    ("rule", "value", "times", "wakes"),
    [
        (before_trait("14d"), "2026-04-15", 1, None),
        (before_trait("14d"), "2026-04-16", 0, "04-02 00:00"),
        (before_trait("14d", every=True), "2026-04-15", 1, None),
        (before_trait("14d", every=True), "2026-04-16", 0, "04-02 00:00"),
        (after_trait("1y"), "2025-04-01", 1, None),
        (after_trait("1y"), "2025-04-02", 0, "04-02 00:00"),
        (after_trait("1y", every=True), "2020-04-01", 6, "2027-04-01 00:00"),
        (after_trait("1y", every=True), "2027-04-01", 0, "2028-04-01 00:00"),
        (after_trait("1y", every=True), "never", 0, None),
        (after_first("1y", every=True), "2020-04-01", 0, None),
    ],
)
def test_what_lies_in_the_past_when_it_is_introduced_has_been_met(
    rule: Date, value: str, times: int, wakes: str | None
) -> None:
    """Only later times fire (3.13); of an event nobody knows when the first was."""
    memo, met = rule.introduced(Past({"bought": 1}, {NAME: value}, at("04-01 00:00")), UTC)
    assert met == times
    if rule.repeats or not met:
        assert rule.wakes(memo, UTC) == (None if wakes is None else at(wakes))


def test_a_renewal_known_when_it_is_introduced_is_not_announced_again() -> None:
    """The next date is."""
    rule = before_trait("14d", every=True)
    memo, _ = rule.introduced(Past({}, {NAME: "2026-04-15"}, at("04-01 00:00")), UTC)
    life = Life(rule, memo=None, traits={NAME: "2026-04-15"})
    life.memo = memo
    life.write(at("04-10 00:00"), NAME, "2026-05-15").write(at("04-11 00:00"), NAME, "2026-04-15")
    assert life.tick(LATER).hits == []


@pytest.mark.parametrize(
    ("rule", "of", "span", "before", "every"),
    [
        (after_first("1y", every=True), {"event": ["bought"], "where": []}, (12, 0, 0), False, True),
        (before_trait("2w"), {"trait": NAME}, (0, 14, 0), True, False),
        (after_trait("10min"), {"trait": NAME}, (0, 0, 10 * MINUTE), False, False),
    ],
)
def test_it_is_read_from_a_compiled_catalog(  # one for each option
    rule: Date,
    of: dict[str, object],
    span: tuple[int, int, int],
    before: bool,  # noqa: FBT001  # a row of a table
    every: bool,  # noqa: FBT001  # the same
) -> None:
    """As the language writes it."""
    compiled = dict(zip(("months", "days", "elapsed"), span, strict=True))
    options = {"of": of, "span": compiled, "before": before, "every": every}
    assert Date.from_compiled(options, nothing_to_build) == rule


def test_it_looks_at_an_event_or_at_a_trait() -> None:
    """Never at both."""
    first, trait = after_first("1y"), after_trait("1y")
    assert (first.names, first.traits) == (frozenset({"bought"}), frozenset())
    assert (trait.names, trait.traits) == (frozenset(), frozenset({NAME}))
    assert trait.observe(track(0), UTC) is None
    assert first.observe(track(0, "left"), UTC) is None
    assert (first.clocked, first.known_by_ref, first.so_far(()).have) == (True, True, 0)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", Span(elapsed=90_000_000)),
        ("10min", Span(elapsed=10 * MINUTE)),
        ("36h", Span(elapsed=36 * HOUR)),
        ("7d", Span(days=7)),
        ("2w", Span(days=14)),
        ("1mo", Span(months=1)),
        ("2y", Span(months=24)),
    ],
)
def test_a_calendar_duration_is_one_number_and_one_unit(text: str, span: Span) -> None:
    """Days and longer are of the calendar, shorter is elapsed."""
    assert parse_calendar(text) == span


@pytest.mark.parametrize("text", ["", "1", "1m", "1 mo", "-1d", "1.5y", "1y6mo", "\u0661d", "1Y"])
def test_what_is_no_calendar_duration_is_refused(text: str) -> None:
    """With what one looks like."""
    with pytest.raises(ValueError, match="not a duration such as 90s, 10min, 36h, 7d, 2w, 1mo or 1y"):
        parse_calendar(text)
