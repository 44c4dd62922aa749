"""Instants and durations: whole microseconds, so that every comparison is exact.

An `Instant` counts microseconds since 1970-01-01T00:00:00Z. A `Duration` is elapsed time in microseconds:
a day is always 24 hours (semantics, section 2).
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

Instant: TypeAlias = int
Duration: TypeAlias = int

SECOND: Final[Duration] = 1_000_000
MINUTE: Final[Duration] = 60 * SECOND
HOUR: Final[Duration] = 60 * MINUTE
DAY: Final[Duration] = 24 * HOUR
WEEK: Final[Duration] = 7 * DAY

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = _EPOCH.replace(tzinfo=None)
_MICROSECOND: Final = timedelta(microseconds=1)
_UNITS: Final = {"s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_DURATION: Final = re.compile(r"([0-9]{1,9})(s|min|h|d|w)", re.ASCII)
# `fromisoformat` also takes basic forms, ordinal dates and bare dates; a message has one unambiguous form.
# Digits beyond the microsecond are cut, as `fromisoformat` does.
_TIMESTAMP: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})",
    re.ASCII,
)


def parse_instant(text: str) -> Instant:
    """Read an ISO 8601 date and time with an offset or `Z`.

    Raises:
        ValueError: the text is not such a time; the message says what is missing and never repeats the text.
    """
    if not _TIMESTAMP.fullmatch(text):
        if _TIMESTAMP.fullmatch(text + "Z"):
            raise ValueError("has no offset: end it with Z or an offset such as +01:00")
        raise ValueError("is not an ISO 8601 date and time with an offset")
    try:
        return from_datetime(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        raise ValueError("names a date or time that does not exist") from None


def format_instant(instant: Instant) -> str:
    """Write an instant in UTC with a trailing `Z`; fractions only where there are any."""
    # Without a zone, which would be asked for its offset each time.
    return f"{(_NAIVE_EPOCH + timedelta(microseconds=instant)).isoformat()}Z"


def format_duration(duration: Duration) -> str:
    """Write a duration as `parse_duration` reads it, in the largest unit that is whole."""
    units = [*reversed(_UNITS.items()), ("us", 1)]
    return next(f"{duration // unit}{name}" for name, unit in units if duration % unit == 0)


def to_datetime(instant: Instant) -> datetime:
    """The instant as a date and time in UTC.

    Raises:
        OverflowError: it lies beyond the years 1 to 9999.
    """
    return _EPOCH + timedelta(microseconds=instant)


def from_datetime(moment: datetime) -> Instant:
    """The instant of a date and time with an offset."""
    return (moment - _EPOCH) // _MICROSECOND


def parse_duration(text: str) -> Duration:
    """Read `90s`, `10min`, `36h`, `7d` or `2w` as elapsed time.

    Raises:
        ValueError: the text is not such a duration.
    """
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError("is not a duration such as 90s, 10min, 36h, 7d or 2w")
    return int(found[1]) * _UNITS[found[2]]
