"""`sum: {event, of: PROPERTY, at_least: X, in: D?, repeat: bool?}`: the running sum is at least X.

Exact decimal arithmetic. Keeps the sum, the latest instant and how often X was passed; with `in` the instants
and amounts of the matching events that can still be in a span with a later or a late one, `MOST_KEPT` at most.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from functools import reduce
from itertools import accumulate
from typing import Final, Self, TypeAlias, cast

from milepost.domain.compiled import Options, decimal, duration_or_none, flag, matcher, path
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant, format_duration
from milepost.domain.local import Local
from milepost.domain.matcher import Matcher, is_number, property_at
from milepost.domain.memo import Memo
from milepost.domain.rules import merging
from milepost.domain.rules.count import looked_at, retracting
from milepost.domain.rules.interface import Build, Folded, Hit, Rule, SoFar

# The boundary lets through 38 digits between 1E-130 and 1E+126, as DynamoDB does: every sum of up to 10^40
# of them has fewer digits than this, and the trap proves it.
EXACT: Final = Context(prec=320, traps=[Inexact])
MOST_AT_ONCE: Final = 100
"""One amount passes at most this many thresholds of a repeating sum: a mistyped amount must not flood a channel."""
MOST_KEPT: Final = 500
"""Amounts that `in` remembers. Nothing bounds how many small ones a span may hold; beyond, the two that lie closest
to each other count as one at the later of their instants, so that a span may take the earlier for inside."""
_Seen: TypeAlias = tuple[Instant, Decimal]


@dataclass(frozen=True, slots=True)
class Sum(Rule):
    """See the module. An event that `back` matches takes back its amount (semantics, 3.10)."""

    matcher: Matcher
    of: tuple[str, ...]
    at_least: Decimal
    span: Duration | None = None
    repeats: bool = False
    back: Matcher | None = None

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        counted = matcher(options)
        return cls(
            counted,
            path(options, "of"),
            decimal(options, "at_least"),
            duration_or_none(options, "in"),
            flag(options, "repeat"),
            retracting(options, counted),
        )

    @property
    def start(self) -> Memo:
        """Nothing added yet."""
        return (Decimal(0), None, 0) if self.span is None else ()

    @property
    def names(self) -> frozenset[str] | None:
        """The event names it adds up, or takes back."""
        return looked_at(self.matcher, self.back)

    def observe(self, event: Track, local: Local) -> Memo:
        """The amount; one that is missing, not a number or zero adds nothing (semantics, 3.4)."""
        back = self.back is not None and self.back.matches(event)
        if not (back or self.matcher.matches(event)):
            return None
        amount = property_at(event.properties, self.of)
        if not is_number(amount) or not amount:
            return None
        exact = Decimal(cast("Decimal", amount))
        return -exact if back else exact

    def unusable(self, event: Track) -> bool:
        """An event that counts, without a number where the amount should be."""
        return self.matcher.matches(event) and not is_number(property_at(event.properties, self.of))

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Add one amount."""
        amount = cast("Decimal", seen)
        if self.span is not None:
            return self._fold_span(cast("tuple[_Seen, ...]", memo), (instant, amount), horizon, self.span)
        total, latest, passed = cast("tuple[Decimal, Instant | None, int]", memo)
        total = EXACT.add(total, amount)
        latest = instant if latest is None or instant > latest else latest
        times = self._times(total)
        if times > passed:
            return (total, latest, times), (Hit(latest),) * min(times - passed, MOST_AT_ONCE)
        return (total, latest, passed), ()  # The sum latches: a later negative amount takes nothing back (3.4).

    def _times(self, total: Decimal) -> int:
        if not self.repeats:
            return 1 if total >= self.at_least else 0
        return int(EXACT.divide_int(total, self.at_least)) if total > 0 else 0

    def _fold_span(self, memo: tuple[_Seen, ...], seen: _Seen, horizon: Instant, span: Duration) -> Folded:
        kept, place = _added(memo, seen)
        hit = self._group_around(kept, place, span)
        if hit is not None:
            return kept, (hit,)
        return _thinned(kept[bisect_left(kept, horizon - span, key=_instant) :]), ()

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """Both sums added up, exactly; with `in`, as exact as what neither has forgotten or taken for one."""
        if self.span is not None:
            return self._merged_spans(cast("tuple[_Seen, ...]", one), cast("tuple[_Seen, ...]", other), horizon)
        total, latest, passed = cast("tuple[Decimal, Instant | None, int]", one)
        more, later, also = cast("tuple[Decimal, Instant | None, int]", other)
        total = EXACT.add(total, more)
        return merging.passed(total, merging.latest(latest, later), self._times(total), passed, also, horizon)

    def _merged_spans(self, kept: tuple[_Seen, ...], other: tuple[_Seen, ...], horizon: Instant) -> Folded:
        span = cast("Duration", self.span)
        for seen in other:
            kept, _ = _added(kept, seen)
        hits = (self._group_around(kept, place, span) for place in range(len(kept)))
        hit = next((each for each in hits if each is not None), None)
        if hit is not None:
            return kept, (hit,)
        kept = kept[bisect_left(kept, horizon - span, key=_instant) :]
        while len(kept) > MOST_KEPT:
            kept = _thinned(kept)
        return kept, ()

    def judged_anew(self, memo: Memo) -> tuple[Memo, int] | None:
        """The same sum under another threshold."""
        if self.span is not None:
            kept = cast("tuple[_Seen, ...]", memo)
            met = any(self._group_around(kept, place, self.span) for place in range(len(kept)))
            return kept, int(met)
        total, latest, _ = cast("tuple[Decimal, Instant | None, int]", memo)
        times = self._times(total)
        return (total, latest, times), times

    @property
    def retractable(self) -> bool:
        """Whether the catalog names an event that takes an amount back."""
        return self.back is not None

    def lacking(self, memo: Memo) -> int:
        """The occurrences that have been passed, and would not be any more."""
        total, _, passed = cast("tuple[Decimal, Instant | None, int]", memo)
        return passed - self._times(total) if self.back is not None else 0

    def so_far(self, memo: Memo) -> SoFar:
        """The sum since the last occurrence; with `in`, that of the last span."""
        unit = ".".join(self.of)
        if self.span is not None:
            kept = cast("tuple[_Seen, ...]", memo)
            recent = [amount for instant, amount in kept if instant >= kept[-1][0] - self.span]
            return SoFar(sum(recent, Decimal(0)), self.at_least, f"{unit} within {format_duration(self.span)}")
        total, _, passed = cast("tuple[Decimal, Instant | None, int]", memo)
        have = EXACT.subtract(total, EXACT.multiply(self.at_least, passed)) if self.repeats else total
        return SoFar(have, self.at_least, unit)

    def towards(self, memo: Memo, now: Instant, local: Local) -> SoFar | None:
        """The next multiple of X; with `in`, the amounts that lie no longer than D back."""
        unit = ".".join(self.of)
        if self.span is not None:
            kept = cast("tuple[_Seen, ...]", memo)
            recent = (amount for instant, amount in kept if instant >= now - self.span)
            return SoFar(reduce(EXACT.add, recent, Decimal(0)), self.at_least, unit)
        total, _, passed = cast("tuple[Decimal, Instant | None, int]", memo)
        return SoFar(total, EXACT.multiply(self.at_least, passed + 1 if self.repeats else 1), unit)

    def most_values(self, memory: Duration) -> int:
        """3; with `in`, an instant and an amount for each that is kept."""
        return 3 if self.span is None else 2 * MOST_KEPT

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


def _thinned(kept: tuple[_Seen, ...]) -> tuple[_Seen, ...]:
    """At most `MOST_KEPT` amounts: the two that lie closest become one."""
    if len(kept) <= MOST_KEPT:
        return kept
    place = min(range(1, len(kept)), key=lambda later: kept[later][0] - kept[later - 1][0])
    together = (kept[place][0], EXACT.add(kept[place - 1][1], kept[place][1]))
    return (*kept[: place - 1], together, *kept[place + 1 :])


def _instant(seen: _Seen) -> Instant:
    return seen[0]


def _added(memo: tuple[_Seen, ...], seen: _Seen) -> tuple[tuple[_Seen, ...], int]:
    """The amounts in the order of time, one an instant: no span holds only part of what happened at one."""
    place = bisect_left(memo, seen[0], key=_instant)
    if place < len(memo) and memo[place][0] == seen[0]:
        together = (seen[0], EXACT.add(memo[place][1], seen[1]))
        return (*memo[:place], together, *memo[place + 1 :]), place
    return (*memo[:place], seen, *memo[place:]), place
