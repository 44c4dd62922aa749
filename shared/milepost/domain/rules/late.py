"""How far back a late event can reach, in local days, weeks and months."""

from collections.abc import Mapping
from typing import Final

from milepost.domain.instant import DAY, WEEK, Duration, Instant, to_datetime
from milepost.domain.local import Unit

_SLACK: Final = 2
_SHORTEST: Final[Mapping[Unit, Duration]] = {"day": DAY, "week": WEEK, "month": 28 * DAY}
_WEEK: Final = 7
_EPOCH: Final = to_datetime(0).toordinal()
_MONTHS: Final = 12


def oldest_period(unit: Unit, horizon: Instant) -> int:
    """A period so old that no event at the horizon or after it falls before it, in whatever zone.

    It is the horizon's own in UTC less two: a zone may be behind by half a day, and weeks may begin later.
    """
    if unit == "month":
        moment = to_datetime(horizon)
        return moment.year * _MONTHS + moment.month - _SLACK
    day = horizon // DAY + _EPOCH  # By arithmetic: every new day of a streak asks for it.
    return (day if unit == "day" else (day - 1) // _WEEK) - _SLACK


def most_periods(unit: Unit, memory: Duration) -> int:
    """How many periods there are at most from the oldest that can still change to the newest.

    One is cut by the horizon and one by now, two are slack, and zones and clocks that run fast add one each.
    """
    return memory // _SHORTEST[unit] + 6
