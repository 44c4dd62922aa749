"""`days: {event, at_least: N, in: D?}`: matching events on N different local dates, or N among D consecutive ones.

An event keeps the date that it had when it was counted, whatever becomes of the person's zone (semantics, 3.5).

Keeps a number for the dates that no event can hit any more and one bit for each that a late one still can. With
`in`, the dates that can still share D consecutive ones with a later or a late one, and the first event of each.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final, Self, TypeAlias, cast

from milepost.domain.compiled import Options, integer, matcher
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo
from milepost.domain.rules import merging
from milepost.domain.rules.interface import Build, Folded, Hit, SoFar
from milepost.domain.rules.late import most_periods, oldest_period
from milepost.domain.rules.matched import Matched

Dates: TypeAlias = tuple[int, int, int]
"""How many dates are settled; the newest date; a bit for each open date, lowest for the newest."""
_Dates: TypeAlias = tuple[int, int, int, Instant | None]
"""The same, and the newest instant that brought a date."""
_Window: TypeAlias = tuple[tuple[int, ...], tuple[Instant, ...]]
"""The dates in order, and the first event of each."""
_WORD: Final = 63


@dataclass(frozen=True, slots=True)
class Days(Matched):
    """See the module."""

    at_least: int
    among: int | None = None

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog; `in` is a number of dates."""
        among = None if options.get("in") is None else integer(options, "in")
        return cls(matcher(options), integer(options, "at_least"), among)

    @property
    def start(self) -> Memo:
        """No date yet."""
        return (0, 0, 0, None) if self.among is None else ((), ())

    def observe(self, event: Track, local: Local) -> Memo:
        """The local date of an event that counts."""
        return local.day(event.instant) if self.matcher.matches(event) else None

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Take in one event and its date."""
        day = cast("int", seen)
        if self.among is not None:
            return self._fold_among(cast("_Window", memo), instant, day, horizon, self.among)
        settled, newest, open_, latest = cast("_Dates", memo)
        bit = 1 << newest - day if day <= newest else 0
        if bit & open_:
            return memo, ()
        if not bit:
            newest, open_, bit = day, open_ << day - newest, 1
        # The latest instant that brought a date, not this event's own: a late event completes newer dates (3.1).
        latest = instant if latest is None else max(latest, instant)
        settled, open_ = _settled(settled, newest, open_ | bit, horizon)
        return (settled, newest, open_, latest), (
            (Hit(latest),) if settled + open_.bit_count() >= self.at_least else ()
        )

    def _fold_among(self, memo: _Window, instant: Instant, day: int, horizon: Instant, among: int) -> Folded:
        days, firsts = memo
        place = bisect_left(days, day)
        if place < len(days) and days[place] == day:
            if firsts[place] <= instant:
                return memo, ()
            return (days, (*firsts[:place], instant, *firsts[place + 1 :])), ()
        days = (*days[:place], day, *days[place:])
        firsts = (*firsts[:place], instant, *firsts[place:])
        hit = self._group_around(days, firsts, place, among)
        if hit is not None:
            return (days, firsts), (hit,)
        return _since(days, firsts, horizon, among), ()

    def _group_around(self, days: tuple[int, ...], firsts: tuple[Instant, ...], place: int, among: int) -> Hit | None:
        """The earliest group that holds the date at `place`: any group that is new does."""
        groups = [
            (max(firsts[first : first + self.at_least]), firsts[first])
            for first in range(max(0, place - self.at_least + 1), min(place, len(days) - self.at_least) + 1)
            if days[first + self.at_least - 1] - days[first] < among
        ]
        return Hit(*min(groups)) if groups else None

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """The dates of both. Of those that are a number only, nobody knows which are the same: they are added up."""
        if self.among is not None:
            return self._merged_windows(cast("_Window", one), cast("_Window", other), horizon, self.among)
        *mine, at = cast("_Dates", one)
        *theirs, later = cast("_Dates", other)
        at = merging.latest(at, later)
        settled, last, open_ = united(cast("Dates", tuple(mine)), cast("Dates", tuple(theirs)), horizon)
        hits = () if at is None or settled + open_.bit_count() < self.at_least else (Hit(at),)
        return (settled, last, open_, at), hits

    def _merged_windows(self, one: _Window, other: _Window, horizon: Instant, among: int) -> Folded:
        both = sorted((*zip(*one, strict=True), *zip(*other, strict=True)), reverse=True)
        first_of = dict(both)  # Of two firsts of one date the earlier comes last, and stays.
        days = tuple(sorted(first_of))
        firsts = tuple(first_of[day] for day in days)
        hits = [self._group_around(days, firsts, place, among) for place in range(len(days))]
        hit = min((each for each in hits if each is not None), default=None)
        if hit is not None:
            return (days, firsts), (hit,)
        return _since(days, firsts, horizon, among), ()

    def judged_anew(self, memo: Memo) -> tuple[Memo, int]:
        """The same dates under another threshold."""
        if self.among is None:
            settled, _, open_, _ = cast("_Dates", memo)
            return memo, int(settled + open_.bit_count() >= self.at_least)
        days, _ = cast("_Window", memo)
        groups = zip(days, days[self.at_least - 1 :], strict=False)
        return memo, int(any(last - first < self.among for first, last in groups))

    def so_far(self, memo: Memo) -> SoFar:
        """The dates so far; with `in` those that end with the newest one."""
        if self.among is None:
            settled, _, open_, _ = cast("_Dates", memo)
            return SoFar(settled + open_.bit_count(), self.at_least, "days")
        days, _ = cast("_Window", memo)
        have = len(days) - bisect_left(days, days[-1] - self.among + 1) if days else 0
        return SoFar(have, self.at_least, "days")

    def towards(self, memo: Memo, now: Instant, local: Local) -> SoFar | None:
        """The dates so far; with `in`, those among the D dates that end with today's."""
        if self.among is None:
            return self.so_far(memo)
        days, _ = cast("_Window", memo)
        return SoFar(len(days) - bisect_left(days, local.day(now) - self.among + 1), self.at_least, "days")

    def most_values(self, memory: Duration) -> int:
        """Three numbers and a bit for each date from the horizon on, 63 of them a number.

        With `in`, two numbers a date, and of any D dates fewer than N are kept: those from the horizon on and D
        before them.
        """
        if self.among is None:
            return 3 + -(-most_periods("day", memory) // _WORD)
        spans = -(-(most_periods("day", memory) + self.among - 1) // self.among)
        return 2 * spans * (self.at_least - 1)


def united(one: Dates, other: Dates, horizon: Instant) -> Dates:
    """The dates of both. Of those that are a number only, nobody knows which are the same: they are added up."""
    settled, newest, open_ = one
    more, newer, opened = other
    last = max(newest, newer)
    settled, open_ = _settled(settled + more, last, open_ << last - newest | opened << last - newer, horizon)
    return settled, last, open_


def _since(days: tuple[int, ...], firsts: tuple[Instant, ...], horizon: Instant, among: int) -> _Window:
    """Without dates that can share D consecutive ones with no event any more."""
    gone = bisect_left(days, oldest_period("day", horizon) - among + 1)
    return days[gone:], firsts[gone:]


def _settled(settled: int, newest: int, open_: int, horizon: Instant) -> tuple[int, int]:
    """Dates that no event can hit any more are only a number."""
    still = newest - oldest_period("day", horizon) + 1
    if open_.bit_length() <= still:
        return settled, open_
    still = max(still, 0)
    return settled + (open_ >> still).bit_count(), open_ & (1 << still) - 1
