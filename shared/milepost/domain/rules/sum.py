"""`sum: {event, of: PROPERTY, at_least: X, in: D?, repeat: bool?}`: the running sum is at least X.

Exact decimal arithmetic. Keeps the sum, the latest instant and how often X was passed; with `in` the instants
and amounts of the matching events that can still be in a span with a later or a late one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from itertools import accumulate
from typing import Final, Self, TypeAlias, cast

from milepost.domain.compiled import decimal, duration_or_none, flag, matcher, path
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.matcher import Matcher, is_number, property_at
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Hit

# The boundary lets through 38 digits between 1E-130 and 1E+126, as DynamoDB does: every sum of up to 10^40
# of them has fewer digits than this, and the trap proves it.
EXACT: Final = Context(prec=320, traps=[Inexact])
MOST_AT_ONCE: Final = 100
"""One amount passes at most this many thresholds of a repeating sum: a mistyped amount must not flood a channel."""
_Seen: TypeAlias = tuple[Instant, Decimal]


@dataclass(frozen=True, slots=True)
class Sum:
    """See the module."""

    matcher: Matcher
    of: tuple[str, ...]
    at_least: Decimal
    span: Duration | None = None
    repeats: bool = False

    @classmethod
    def from_compiled(cls, options: Mapping[str, object]) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        return cls(
            matcher(options),
            path(options, "of"),
            decimal(options, "at_least"),
            duration_or_none(options, "in"),
            flag(options, "repeat"),
        )

    @property
    def start(self) -> Memo:
        """Nothing added yet."""
        return (Decimal(0), None, 0) if self.span is None else ()

    @property
    def names(self) -> frozenset[str] | None:
        """The event names it adds up."""
        return self.matcher.names

    def observe(self, event: Track) -> Memo:
        """The amount; one that is missing, not a number or zero adds nothing (semantics, 3.4)."""
        if not self.matcher.matches(event):
            return None
        amount = property_at(event.properties, self.of)
        return Decimal(cast("Decimal", amount)) if is_number(amount) and amount else None

    def unusable(self, event: Track) -> bool:
        """An event that counts, without a number where the amount should be."""
        return self.matcher.matches(event) and not is_number(property_at(event.properties, self.of))

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> tuple[Memo, tuple[Hit, ...]]:
        """Add one amount."""
        amount = cast("Decimal", seen)
        if self.span is not None:
            return self._fold_span(cast("tuple[_Seen, ...]", memo), (instant, amount), horizon, self.span)
        total, latest, passed = cast("tuple[Decimal, Instant | None, int]", memo)
        total = EXACT.add(total, amount)
        latest = instant if latest is None else max(latest, instant)
        times = self._times(total, passed)
        # The sum latches: a later negative amount takes nothing back (3.4).
        return (total, latest, max(times, passed)), (Hit(latest),) * min(times - passed, MOST_AT_ONCE)

    def _times(self, total: Decimal, passed: int) -> int:
        if not self.repeats:
            return 1 if passed or total >= self.at_least else 0
        return int(EXACT.divide_int(total, self.at_least)) if total > 0 else 0

    def _fold_span(
        self, memo: tuple[_Seen, ...], seen: _Seen, horizon: Instant, span: Duration
    ) -> tuple[Memo, tuple[Hit, ...]]:
        kept, place = _added(memo, seen)
        hit = self._group_around(kept, place, span)
        if hit is not None:
            return kept, (hit,)
        return kept[bisect_left(kept, horizon - span, key=_instant) :], ()

    def _group_around(self, kept: Sequence[_Seen], place: int, span: Duration) -> Hit | None:
        """The earliest group that holds the amount at `place`: a group that is new has to."""
        instant = kept[place][0]
        begin = bisect_left(kept, instant - span, key=_instant)
        before = [*accumulate((amount for _, amount in reversed(kept[begin : place + 1])), EXACT.add)][::-1]
        after = [*accumulate((amount for _, amount in kept[place + 1 :]), EXACT.add, initial=Decimal(0))]
        best = [*accumulate(after, max)]
        for first, running in enumerate(before, begin):
            last = bisect_right(kept, kept[first][0] + span, key=_instant) - 1
            if EXACT.add(running, best[last - place]) >= self.at_least:
                enough = next(more for more, amount in enumerate(after) if EXACT.add(running, amount) >= self.at_least)
                return Hit(kept[place + enough][0], kept[first][0])
        return None


def _instant(seen: _Seen) -> Instant:
    return seen[0]


def _added(memo: tuple[_Seen, ...], seen: _Seen) -> tuple[tuple[_Seen, ...], int]:
    """The amounts in the order of time, one an instant: no span holds only part of what happened at one."""
    place = bisect_left(memo, seen[0], key=_instant)
    if place < len(memo) and memo[place][0] == seen[0]:
        together = (seen[0], EXACT.add(memo[place][1], seen[1]))
        return (*memo[:place], together, *memo[place + 1 :]), place
    return (*memo[:place], seen, *memo[place:]), place
