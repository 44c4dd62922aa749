"""`streak: {event, at_least: N, unit, per_period: 1?, freezes: 0?, repeat: bool?}`: N consecutive local periods.

A period qualifies with `per_period` events; each event keeps the period that it had when it was counted (semantics,
3.5). What is a run, with freezes, is said in `runs`. A late event may make one run of two that both got there: then
an occurrence is taken back.

Keeps intervals of qualifying periods, and periods with too few events yet, as long as a late or a later event can
still matter to them: whoever is active day by day costs four numbers.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import ClassVar, Final, Self, TypeAlias, cast

from milepost.domain.compiled import Options, flag, integer, matcher, text
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local, Unit
from milepost.domain.memo import Memo
from milepost.domain.rules import merging
from milepost.domain.rules.interface import Build, Folded, Hit, SoFar
from milepost.domain.rules.late import most_periods, oldest_period
from milepost.domain.rules.matched import Matched
from milepost.domain.rules.runs import (
    Chain,
    Intervals,
    begun_by,
    chains,
    completed_at,
    joined,
    runs,
    settled,
    united,
)

_Few: TypeAlias = tuple[int, int, Instant, Instant]
"""A period with too few events yet: its number, how many they are, the first and the newest of them."""
_Memory: TypeAlias = tuple[Intervals, tuple[_Few, ...]]
_number: Final = itemgetter(0)
"""By what intervals and periods are in order."""


@dataclass(frozen=True, slots=True)
class Streak(Matched):
    """See the module."""

    known_by_ref: ClassVar[bool] = True

    at_least: int
    unit: Unit
    per_period: int = 1
    freezes: int = 0
    repeats: bool = False

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        return cls(
            matcher(options),
            integer(options, "at_least"),
            cast("Unit", text(options, "unit")),
            integer(options, "per_period"),
            integer(options, "freezes"),
            flag(options, "repeat"),
        )

    @property
    def start(self) -> Memo:
        """No period yet."""
        return ((), ())

    def observe(self, event: Track, local: Local) -> Memo:
        """The local period of an event that counts."""
        return local.period(self.unit, event.instant) if self.matcher.matches(event) else None

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Take in one event and its period."""
        period = cast("int", seen)
        intervals, few = cast("_Memory", memo)
        if intervals:
            # Nearly every event is one more of a period that has qualified.
            first, last, begun, _ = intervals[-1]
            if first <= period <= last and (period > first or begun <= instant):
                return memo, ()
        place = bisect_right(intervals, period, key=_number)
        if place and period <= intervals[place - 1][1]:
            return (begun_by(intervals, place - 1, period, instant), few), ()
        here = bisect_left(few, period, key=_number)
        known = here < len(few) and few[here][0] == period
        _, count, first_at, last_at = few[here] if known else (period, 0, instant, instant)
        counted = (period, count + 1, min(first_at, instant), max(last_at, instant))
        before, after = few[:here], few[here + known :]
        if count + 1 < self.per_period:
            few = (*before, counted, *after)
            # Nothing grows while a period that is known already gets one more event.
            return ((intervals, few) if known else self._kept(intervals, few, horizon)), ()
        grown = joined(intervals, place, period, *counted[2:])
        return self._kept(grown, before + after, horizon), self._hits(intervals, grown, period)

    def _hits(self, before: Intervals, after: Intervals, period: int) -> tuple[Hit, ...]:
        """What one more qualifying period brings about: a run more, or, where it makes one of two, a run less.

        Runs without it are as many as before, so that of one more the run which holds it is the one to tell of. Of
        one less it is the run that nobody begins any more, under the instants that it was told with.
        """
        # A run that holds this period reaches at most `freezes` intervals to either side: mostly that is not enough.
        place = bisect_right(after, period, key=_number)
        near = after[max(place - 1 - self.freezes, 0) : place + self.freezes]
        if sum(last - first + 1 for first, last, _, _ in near) < self.at_least:
            return ()
        met = runs(after, self.at_least, self.freezes)
        was = runs(before, self.at_least, self.freezes) if self.repeats else []
        if len(met) > len(was):
            run = next(run for run in met if after[run[0]][0] <= period <= after[run[1] - 1][1])
            return (self._hit(after, run),)
        if len(met) < len(was):
            begun = {after[run[0]][0] for run in met}
            lost = next(run for run in reversed(was) if before[run[0]][0] not in begun)
            return (self._hit(before, lost)._replace(back=True),)
        return ()

    def _hit(self, intervals: Intervals, run: Chain) -> Hit:
        return Hit(completed_at(intervals, run, self.at_least), intervals[run[0]][2])

    def _kept(self, intervals: Intervals, few: tuple[_Few, ...], horizon: Instant) -> Memo:
        oldest = oldest_period(self.unit, horizon)
        gone = settled(intervals, self.at_least, self.freezes, oldest)
        return intervals[gone:], few[bisect_left(few, oldest, key=_number) :] if few else few

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """The periods of both, exactly but for what is settled and forgotten: of those runs only the number is known.

        The two have told of as many runs as the one with more of them. What is told is the difference, of the runs
        that nobody has told of before those that the other has.
        """
        (intervals, few), (others, others_few) = cast("_Memory", one), cast("_Memory", other)
        grown, left = self._grown(united(intervals, others), _counted_together(few, others_few))
        return self._kept(grown, left, horizon), self._news(intervals, others, grown)

    def _grown(self, intervals: Intervals, few: Iterable[_Few]) -> _Memory:
        """The intervals with those periods that have enough events by now; the rest still has too few."""
        left = list[_Few]()
        for each in few:
            period, count, first_at, last_at = each
            place = bisect_right(intervals, period, key=_number)
            if place and period <= intervals[place - 1][1]:
                intervals = begun_by(intervals, place - 1, period, first_at)
            elif count >= self.per_period:
                intervals = joined(intervals, place, period, first_at, last_at)
            else:
                left.append(each)
        return intervals, tuple(left)

    def _news(self, one: Intervals, other: Intervals, after: Intervals) -> tuple[Hit, ...]:
        mine, theirs, met = self._hits_of(one), self._hits_of(other), self._hits_of(after)
        told = max(mine, theirs, key=len)
        times = len(met) if self.repeats else min(len(met), 1)
        if times < len(told):
            lost = [hit._replace(back=True) for first, hit in reversed(told.items()) if first not in met]
            return tuple(lost[: len(told) - times])
        new = sorted((first for first in met if first not in mine), key=lambda first: first in theirs)
        return tuple(met[first] for first in new[: min(times - len(told), merging.MOST_AT_ONCE)])

    def _hits_of(self, intervals: Intervals) -> dict[int, Hit]:
        """Of each run by its first period."""
        return {intervals[run[0]][0]: self._hit(intervals, run) for run in runs(intervals, self.at_least, self.freezes)}

    def judged_anew(self, memo: Memo) -> tuple[Memo, int]:
        """The same periods under another threshold; runs of long ago are forgotten."""
        intervals, _ = cast("_Memory", memo)
        met = len(runs(intervals, self.at_least, self.freezes))
        return memo, met if self.repeats else min(met, 1)

    def so_far(self, memo: Memo) -> SoFar:
        """The qualifying periods of the newest run, as of the newest event: no clock tells whether it has ended."""
        intervals, _ = cast("_Memory", memo)
        scan = chains(intervals, self.at_least, self.freezes)
        have = next((have for _, end, have, _ in scan if end == len(intervals)), 0)
        return SoFar(min(have, self.at_least), self.at_least, f"{self.unit}s")

    def towards(self, memo: Memo, now: Instant, local: Local) -> SoFar | None:
        """The qualifying periods of the run that today's, or this week's or month's, can still go on."""
        intervals, _ = cast("_Memory", memo)
        scan, today = chains(intervals, self.at_least, self.freezes), local.period(self.unit, now)
        have = next((have for _, end, have, ends in scan if end == len(intervals) and today <= ends), 0)
        return SoFar(min(have, self.at_least), self.at_least, f"{self.unit}s")

    def most_values(self, memory: Duration) -> int:
        """4 x (freezes + 1 + P / 2) with P the periods in which late events can fall; P, where one needs several.

        The first chain is not settled and has at most `freezes + 1` intervals. All that comes after it lies where
        late events can still fall: intervals with gaps between them, or with periods of too few events.
        """
        periods = most_periods(self.unit, memory)
        return 4 * (self.freezes + 1 + (periods if self.per_period > 1 else -(-periods // 2)))


def _counted_together(one: Iterable[_Few], other: Iterable[_Few]) -> list[_Few]:
    """The periods of both with too few events, in order, those of one period together."""
    known = {each[0]: each for each in one}
    for each in other:
        period, count, first_at, last_at = each
        _, counted, first, last = known.get(period, (period, 0, first_at, last_at))
        known[period] = (period, counted + count, min(first, first_at), max(last, last_at))
    return sorted(known.values())
