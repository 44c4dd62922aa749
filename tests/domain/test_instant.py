"""Instants and durations: how they are read and written (semantics, sections 1 and 2)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.instant import DAY, HOUR, MINUTE, SECOND, WEEK, format_instant, parse_duration, parse_instant

MOMENT = int(datetime(2026, 11, 22, 6, 31, 4, tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2026-11-22T06:31:04Z", 0),
        ("2026-11-22T06:31:04z", 0),
        ("2026-11-22t06:31:04Z", 0),
        ("2026-11-22 06:31:04Z", 0),
        ("2026-11-22T07:31:04+01:00", 0),
        ("2026-11-22T07:31:04+0100", 0),
        ("2026-11-21T20:31:04-10:00", 0),
        ("2026-11-22T12:16:04+05:45", 0),
        ("2026-11-22T06:31:04+00:00", 0),
        ("2026-11-22T06:31:04-00:00", 0),
        ("2026-11-22T06:31:04.1Z", 100_000),
        ("2026-11-22T07:31:04.120+01:00", 120_000),
        ("2026-11-22T06:31:04,5Z", 500_000),
        ("2026-11-22T06:31:04.123456Z", 123_456),
        ("2026-11-22T06:31:04.123456789Z", 123_456),
        ("2026-11-22T06:31:04.999999999Z", 999_999),
        ("2026-11-22T06:31Z", -4 * SECOND),
    ],
)
def test_a_time_with_an_offset_is_read_to_the_microsecond(text: str, microseconds: int) -> None:
    """1: ISO 8601 with an offset or Z."""
    assert parse_instant(text) == MOMENT + microseconds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-11-22T06:31:04", "has no offset"),
        ("2026-11-22T06:31", "has no offset"),
        ("2026-11-22", "is not an ISO 8601"),
        ("", "is not an ISO 8601"),
        ("yesterday", "is not an ISO 8601"),
        ("1795329064", "is not an ISO 8601"),
        ("20261122T063104Z", "is not an ISO 8601"),
        ("2026-326T06:31:04Z", "is not an ISO 8601"),
        ("2026-W47-7T06:31:04Z", "is not an ISO 8601"),
        ("2026-11-22T06Z", "is not an ISO 8601"),
        ("2026-11-22T06:31:04 Z", "is not an ISO 8601"),
        (" 2026-11-22T06:31:04Z", "is not an ISO 8601"),
        ("2026-11-22T06:31:04Z\n", "is not an ISO 8601"),
        ("2026-11-22T06:31:04+01", "is not an ISO 8601"),
        ("2026-11-22T06:31:04.Z", "is not an ISO 8601"),
        ("2026-11-22T06:31:04.0123456789Z", "is not an ISO 8601"),
        ("२०२६-11-22T06:31:04Z", "is not an ISO 8601"),
        ("2026-02-29T06:31:04Z", "does not exist"),
        ("2026-13-01T06:31:04Z", "does not exist"),
        ("2026-11-22T25:00:00Z", "does not exist"),
        ("2026-11-22T23:59:60Z", "does not exist"),
        ("2026-11-22T06:31:04+24:00", "does not exist"),
        ("0000-01-01T00:00:00Z", "does not exist"),
    ],
)
def test_any_other_form_is_refused_with_the_reason(text: str, reason: str) -> None:
    """1: a missing offset, a form that has several meanings and a time that never was are refused."""
    with pytest.raises(ValueError, match=reason) as refused:
        parse_instant(text)
    assert text not in str(refused.value) or not text


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_was_written_is_read_as_the_same_instant(moment: datetime) -> None:
    """Law: writing and reading an instant changes nothing."""
    instant = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert parse_instant(format_instant(instant)) == instant


def test_an_instant_is_written_in_utc() -> None:
    """7: `at` ends with Z, with a fraction only where there is one."""
    assert format_instant(MOMENT) == "2026-11-22T06:31:04Z"
    assert format_instant(MOMENT + 1) == "2026-11-22T06:31:04.000001Z"


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90s", 90 * SECOND),
        ("10min", 10 * MINUTE),
        ("36h", 36 * HOUR),
        ("7d", 7 * DAY),
        ("2w", 2 * WEEK),
        ("0s", 0),
        ("007d", 7 * DAY),
    ],
)
def test_a_duration_is_elapsed_time(text: str, duration: int) -> None:
    """2: a day is 24 hours."""
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "7", "d", "-7d", "1.5h", "7 d", "7D", "7m", "1mo", "1y", "7d ", "7d\n", "\u0667d", "1" * 10 + "s"]
)
def test_any_other_duration_is_refused(text: str) -> None:
    """2: five units, whole numbers; months and years are calendar time and stand elsewhere."""
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)
