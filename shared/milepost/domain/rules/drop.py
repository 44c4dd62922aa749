"""`drop: {event, by: SHARE, over: D}`: matching events in the last D fell by at least that share against the D before.

Periods of D are counted from the first matching event and looked at as each of them ends, from the second on. The
first period without any event is a fall from something to nothing, so it never looks for longer than events come.
Keeps the instants while a late event can still be the first, at most `MOST_INSTANTS` of them; then the first
instant, and how many events fell into each period that is still to be compared.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Final, Self, TypeAlias, cast

from milepost.domain.compiled import Options, decimal, duration, matcher
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Build, Folded, Hit, SoFar
from milepost.domain.rules.matched import Matched

MOST_INSTANTS: Final = 64
_Memo: TypeAlias = tuple[int, ...]
"""The period to be decided next, counted from 0, then:

0: the first one cannot be, so nothing is settled yet: every instant, in the order of time.
Later: the first instant, and from the period before on each that has events, with their number.
"""
_HEAD: Final = 2


@dataclass(frozen=True, slots=True)
class Drop(Matched):
    """See the module."""

    clocked: ClassVar[bool] = True

    by: Decimal
    over: Duration

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        return cls(matcher(options), decimal(options, "by"), duration(options, "over"))

    @property
    def start(self) -> Memo:
        """No event yet, so no period either."""
        return (0,)

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Count one event in its period; `seen` is always 1. One in a period that has been compared is too late."""
        counts = cast("_Memo", memo)
        if not counts[0]:
            return self._gathered(counts, instant, horizon), ()
        period = (instant - counts[1]) // self.over
        if period == counts[-2]:
            return (*counts[:-1], counts[-1] + 1), ()
        return (_counted(counts, period) if period >= counts[0] - 1 else memo), ()

    def _gathered(self, memo: _Memo, instant: Instant, horizon: Instant) -> _Memo:
        """One more instant; a first one that none can come before any more is settled."""
        instants = list(memo[1:])
        insort(instants, instant)
        return self._waiting(instants, horizon)

    def _waiting(self, instants: list[Instant], horizon: Instant) -> _Memo:
        if instants and (instants[0] <= horizon or len(instants) > MOST_INSTANTS):
            return self._settled(instants)
        return (0, *instants)

    def _settled(self, instants: list[Instant]) -> _Memo:
        first = instants[0]
        counts = Counter((instant - first) // self.over for instant in instants)
        return (1, first, *(number for each in sorted(counts.items()) for number in each))

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """The events of both, exactly while neither is settled.

        Else periods are counted from the first event that is settled, the earlier of two. What lies before it, or in
        a period that has been compared, is too late; of events that are a number only, all are where theirs began.
        """
        mine, theirs = cast("_Memo", one), cast("_Memo", other)
        if not mine[0] and not theirs[0]:
            return self._waiting(sorted(mine[1:] + theirs[1:]), horizon), ()
        # Settled before waiting, then by the first instant.
        counts, more = sorted((mine, theirs), key=lambda each: (not each[0], each[1:2]))
        for instant, number in self._events(more):
            period = (instant - counts[1]) // self.over
            counts = _counted(counts, period, number) if period >= counts[0] - 1 else counts
        return counts, ()

    def _events(self, counts: _Memo) -> Iterable[tuple[Instant, int]]:
        """When there were how many, as far as that is known."""
        if not counts[0]:
            return [(instant, 1) for instant in counts[1:]]
        begins = (counts[1] + period * self.over for period in counts[_HEAD::2])
        return zip(begins, counts[_HEAD + 1 :: 2], strict=True)

    def wakes(self, memo: Memo, local: Local) -> Instant | None:
        """The end of the period to be decided next: of the second, while nothing is settled."""
        counts = cast("_Memo", memo)
        if len(counts) == 1:
            return None
        return self._end(max(counts[0], 1), counts[1])

    def _end(self, period: int, first: Instant) -> Instant:
        return first + (period + 1) * self.over

    def decide(self, memo: Memo, until: Instant, local: Local, horizon: Instant) -> Folded:
        """Compare every period that is over by then with the one before it, up to the first that fell."""
        due = self.wakes(memo, local)
        if due is None or due > until:
            return memo, ()
        counts = cast("_Memo", memo)
        if not counts[0]:
            counts = self._settled(list(counts[1:]))
        while (end := self._end(counts[0], counts[1])) <= until:
            if self._fell(counts):
                return counts, (Hit(end),)
            # It did not fall to nothing, so the period that was compared is the first of those that follow.
            counts = (counts[0] + 1, counts[1], *counts[_HEAD + 2 :])
        return counts, ()

    def _fell(self, counts: _Memo) -> bool:
        """Whether the period to be decided fell against the one before it, which has events."""
        before, after = counts[_HEAD + 1], counts[_HEAD + 2 :]
        now = after[1] if after and after[0] == counts[0] else 0
        return now <= (1 - Fraction(self.by)) * before

    def so_far(self, memo: Memo) -> SoFar:
        """Nothing: only the clock knows."""
        return SoFar(0, 1, "drop")

    def most_values(self, memory: Duration) -> int:
        """1 + `MOST_INSTANTS`. Settled it is 2 + 2 x periods: 8 while the clock is asked, what waits for it more."""
        return 1 + MOST_INSTANTS


def _counted(counts: _Memo, period: int, number: int = 1) -> _Memo:
    """So many more events in a period that has not been compared yet."""
    periods = counts[_HEAD::2]
    place = _HEAD + 2 * bisect_left(periods, period)
    if counts[place : place + 1] == (period,):
        return (*counts[: place + 1], counts[place + 1] + number, *counts[place + 2 :])
    return (*counts[:place], period, number, *counts[place:])
