"""Times of the day and of the week at which nudges may go, by the wall clock of whoever gets them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from milepost.domain.instant import DAY, MINUTE, SECOND, Instant
from milepost.domain.local import Local

Minute: TypeAlias = int
"""Minutes after midnight by the wall clock, 0 to 1,440."""
_PER_HOUR: Final = 60
_MINUTE: Final = MINUTE // SECOND
_DAY: Final = DAY // SECOND
_FARTHEST: Final = 16 * _DAY
"""Seconds: what opens and closes by the week does so within one, or two where a clock jumps over it."""


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begins`, included, to `ends`, excluded; over midnight, where it ends before it begins."""

    begins: Minute
    ends: Minute

    def cover(self, wall: datetime) -> bool:
        """Whether the wall clock stands inside."""
        minute = wall.hour * _PER_HOUR + wall.minute
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends


@dataclass(frozen=True, slots=True)
class SendWindow:
    """The hours of these weekdays (0 is Monday) at which nudges may go."""

    days: frozenset[int]
    hours: Hours

    def cover(self, wall: datetime) -> bool:
        """Whether the wall clock stands inside."""
        return wall.weekday() in self.days and self.hours.cover(wall)


BUSINESS_HOURS: Final = SendWindow(frozenset(range(5)), Hours(9 * _PER_HOUR, 17 * _PER_HOUR))
"""In UTC: what whoever's time zone nobody knows waits for."""


def edges(*hours: Hours | None) -> frozenset[Minute]:
    """The minutes at which anything can open or close by these hours; midnight, when the weekday changes."""
    return frozenset({0}.union(*({each.begins, each.ends} for each in hours if each is not None)))


def first(local: Local, now: Instant, turns: Iterable[Minute], holds: Callable[[Instant], bool]) -> Instant | None:
    """The first instant from `now` on at which something holds that can change at these minutes of the day alone.

    It can change where the clock is set as well: an hour that is skipped opens nothing, one that comes twice does so
    twice. None if that is not within two weeks.
    """
    if holds(now):
        return now
    ends = sorted(turn * _MINUTE for turn in turns)
    seconds = start = now // SECOND
    while seconds - start <= _FARTHEST:
        seconds = _turn(local, seconds, ends)
        if holds(seconds * SECOND):
            return seconds * SECOND
    return None


def wall_clock(local: Local, instant: Instant) -> datetime:
    """What the wall clock says."""
    return datetime.fromtimestamp(instant // SECOND, local.zone)


def _turn(local: Local, seconds: int, ends: list[int]) -> int:
    """The next second at which the wall clock says one of these, or is set."""
    wall = datetime.fromtimestamp(seconds, local.zone)
    of_day = (wall.hour * _PER_HOUR + wall.minute) * _MINUTE + wall.second
    target = seconds + min((end - of_day - 1) % _DAY + 1 for end in ends)
    offset = wall.utcoffset()
    if datetime.fromtimestamp(target, local.zone).utcoffset() == offset:
        return target
    before, after = seconds, target
    while after - before > 1:
        middle = (before + after) // 2
        same = datetime.fromtimestamp(middle, local.zone).utcoffset() == offset
        before, after = (middle, after) if same else (before, middle)
    return after
