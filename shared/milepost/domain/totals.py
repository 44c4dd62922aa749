"""Totals: what a catalog counts of every subject, to tell it in nudges ("47 hours this year", semantics, section 6).

What is kept of a total is an amount, to which every event adds its own: order means nothing. With `per` it is that of
the newest period of the subject's calendar in which anything was seen; a late event of an earlier one adds nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias, cast

from milepost.domain.event import Track
from milepost.domain.instant import Instant
from milepost.domain.local import Local, Period
from milepost.domain.matcher import Matcher, is_number, property_at
from milepost.domain.rules.days import Dates, united
from milepost.domain.rules.interface import number_of
from milepost.domain.rules.sum import EXACT

Amount: TypeAlias = int | Decimal | Dates
"""A number of events, a sum, or dates."""
MOST_KEPT: Final = 32
"""Totals that are kept of a subject when its catalog has changed: of more, those that it does not know go."""


class Kept(NamedTuple):
    """An amount, and the number of the period that it is of; 0 where it is of all time."""

    period: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class Total:
    """One total. `key` is 32 bits that depend on what is counted and how, not on the name that a catalog gives it.

    `of` is the property that a sum adds up; an event that `back` matches takes back one, or its amount.
    """

    key: int
    kind: Literal["count", "sum", "days"]
    matcher: Matcher
    of: tuple[str, ...] = ()
    per: Period | None = None
    back: Matcher | None = None

    @property
    def is_kept(self) -> bool:
        """Whether it needs an amount of its own: the counters of the tracking plan know plain events of all time."""
        return self.kind != "count" or self.per is not None or self.matcher.names is None or bool(self.matcher.where)

    def amount_of(self, event: Track, local: Local) -> Amount | None:
        """What an event adds; None for nothing."""
        back = self.back is not None and self.back.matches(event)
        if not back and not self.matcher.matches(event):
            return None
        if self.kind == "days":
            return 0, local.day(event.instant), 1
        if self.kind == "count":
            return -1 if back else 1
        amount = property_at(event.properties, self.of)
        if not is_number(amount) or not amount:
            return None
        return EXACT.minus(cast("Decimal", amount)) if back else Decimal(cast("Decimal", amount))

    def unusable(self, event: Track) -> bool:
        """An event that counts, without a number where the amount should be (semantics, 3.4)."""
        amount = property_at(event.properties, self.of)
        return self.kind == "sum" and not is_number(amount) and self.matcher.matches(event)

    def period_at(self, instant: Instant, local: Local) -> int:
        """The number of the period that an instant is in."""
        return 0 if self.per is None else local.period(self.per, instant)

    def told(self, kept: Kept | None, counted: Mapping[str, int], period: int) -> int | Decimal:
        """The number to tell in this period; no fewer than none have been counted, whatever has been taken back.

        A period that is later than this one has begun by a clock that is ahead, or further east: it is as good as now.
        """
        if not self.is_kept:
            taken_back = number_of(counted, self.back.names) if self.back else 0
            return max(number_of(counted, self.matcher.names) - taken_back, 0)
        if kept is None or kept.period < period:
            return 0
        amount = kept.amount
        if isinstance(amount, tuple):
            settled, _, open_ = amount
            return settled + open_.bit_count()
        return max(amount, 0) if self.kind == "count" else amount


def counted_in(
    totals: Iterable[Total], kept: Mapping[int, Kept], event: Track, local: Local, horizon: Instant
) -> Mapping[int, Kept]:
    """What is kept, by the totals' keys, once that has happened. No first arrival is older than `horizon`."""
    found = {}
    for total in totals:
        amount = total.amount_of(event, local)
        if amount is not None:
            new = Kept(total.period_at(event.instant, local), amount)
            before = kept.get(total.key)
            found[total.key] = new if before is None else _both(before, new, horizon)
    return {**kept, **found} if found else kept


def merged(one: Mapping[int, Kept], other: Mapping[int, Kept], horizon: Instant) -> Mapping[int, Kept]:
    """Those of a subject that turns out to be two: added up, where they are of one period (semantics, 3.14)."""
    both = {key: _both(one[key], other[key], horizon) for key in one if key in other}
    return {**one, **other, **both}


def bounded(totals: Iterable[Total], kept: Mapping[int, Kept]) -> Mapping[int, Kept]:
    """What stays of those kept when a newer catalog has these: all, unless that is too much."""
    known = {total.key for total in totals}
    return kept if len(kept) <= MOST_KEPT else {key: each for key, each in kept.items() if key in known}


def _both(one: Kept, other: Kept, horizon: Instant) -> Kept:
    if one.period != other.period:
        return max(one, other, key=lambda kept: kept.period)
    mine, theirs = one.amount, other.amount
    if isinstance(mine, tuple):
        return Kept(one.period, united(mine, cast("Dates", theirs), horizon))
    if isinstance(mine, int):
        return Kept(one.period, mine + cast("int", theirs))
    return Kept(one.period, EXACT.add(mine, cast("Decimal", theirs)))
