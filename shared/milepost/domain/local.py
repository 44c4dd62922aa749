"""A subject's calendar: local dates, weeks and months, and arithmetic by wall clock (semantics, 3.5, 3.6, 3.9).

Days, weeks and months are counted from a fixed one, so that neighbours differ by one.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from milepost.domain.instant import (
    SECOND,
    Duration,
    Instant,
    from_datetime,
    parse_duration,
    parse_instant,
    to_datetime,
)

Unit: TypeAlias = Literal["day", "week", "month"]
Period: TypeAlias = Literal["day", "week", "month", "year"]
WEEKDAYS: Final[Mapping[str, int]] = {
    name: number
    for number, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
}
_WALL_CLOCK: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?)?", re.ASCII
)
_WEEK: Final = 7
_MONTHS: Final = 12
_CALENDAR: Final = re.compile(r"([0-9]{1,9})(d|w|mo|y)", re.ASCII)


class Span(NamedTuple):
    """A duration by the calendar: whole months and days by wall clock, then elapsed time."""

    months: int = 0
    days: int = 0
    elapsed: Duration = 0


def parse_calendar(text: str) -> Span:
    """Read `90s`, `10min` or `36h` as elapsed time, `7d`, `2w`, `1mo` or `1y` as days and months of the calendar.

    Raises:
        ValueError: the text is not such a duration.
    """
    found = _CALENDAR.fullmatch(text)
    if found:
        number, unit = int(found[1]), found[2]
        by_calendar = {"d": Span(days=number), "w": Span(days=number * _WEEK), "mo": Span(months=number)}
        return by_calendar.get(unit, Span(months=number * _MONTHS))
    try:
        return Span(elapsed=parse_duration(text))
    except ValueError:
        raise ValueError("is not a duration such as 90s, 10min, 36h, 7d, 2w, 1mo or 1y") from None


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """The IANA time zone of that name, or None if there is none: names come from outside."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # What ZoneInfo says of unknown, malformed and unreadable names.
        return None


@dataclass(frozen=True, slots=True)
class Local:
    """A time zone, and the weekday on which weeks begin (0 is Monday)."""

    zone: ZoneInfo
    week_starts: int = 0

    def day(self, instant: Instant) -> int:
        """The number of the local date."""
        # Seconds, because no zone changes its offset inside of one, and floats could not hold the microseconds.
        return datetime.fromtimestamp(instant // SECOND, self.zone).toordinal()

    def period(self, unit: Period, instant: Instant) -> int:
        """The number of the local day, week, month or year."""
        if unit in ("month", "year"):
            moment = datetime.fromtimestamp(instant // SECOND, self.zone)
            return moment.year if unit == "year" else moment.year * _MONTHS + moment.month
        day = self.day(instant)
        # Day 1 of the calendar, 0001-01-01, is a Monday.
        return day if unit == "day" else (day - 1 - self.week_starts) // _WEEK

    def shifted(self, instant: Instant, span: Span, times: int = 1) -> Instant:
        """That many spans later (earlier, if negative) by wall clock.

        29 February falls on 28 February in a common year, and so do other days that a month lacks. A local time
        that does not exist moves forward by the gap; of one that exists twice it is the first (semantics, 3.9).

        Raises:
            OverflowError: beyond the years 1 to 9999.
        """
        if not span.months and not span.days:  # By the wall clock, the second of two hours would become the first.
            return from_datetime(to_datetime(instant + times * span.elapsed))
        wall = to_datetime(instant).astimezone(self.zone).replace(tzinfo=None)
        months = wall.year * _MONTHS + wall.month - 1 + times * span.months
        year, month = divmod(months, _MONTHS)
        if not MINYEAR <= year <= MAXYEAR:
            raise OverflowError("beyond the years of the calendar")
        day = min(wall.day, monthrange(year, month + 1)[1])
        moved = wall.replace(year=year, month=month + 1, day=day) + timedelta(days=times * span.days)
        return self.instant_of(moved) + times * span.elapsed

    def instant_of(self, wall: datetime) -> Instant:
        """The instant of a wall-clock time: in a gap as if the clock had not been set, the first of two."""
        return from_datetime(wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC))

    def read_date(self, value: object) -> Instant | None:
        """The instant that a trait names: an ISO date (its local midnight) or date and time; None if it is none."""
        if not isinstance(value, str):
            return None
        try:
            return parse_instant(value)
        except ValueError:
            pass
        if not _WALL_CLOCK.fullmatch(value):
            return None
        try:
            return self.instant_of(datetime.fromisoformat(value.upper()))
        except (ValueError, OverflowError):
            return None


@lru_cache(maxsize=1024)
def local_in(zone: str, week_starts: int) -> Local:
    """The calendar of a zone that exists."""
    return Local(ZoneInfo(zone), week_starts)
