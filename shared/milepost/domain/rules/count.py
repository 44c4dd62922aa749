"""`count: {event, at_least: N, in: D?, repeat: bool?}`: N matching events, inside a span D, or again and again.

Keeps a number and the latest instant; with `in` the instants of the matching events that can still be in a
span with a later or a late one, which is at most N - 1 in any span D.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, cast

from milepost.domain.compiled import duration_or_none, flag, integer, matcher
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.matcher import Matcher
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Hit


@dataclass(frozen=True, slots=True)
class Count:
    """See the module."""

    matcher: Matcher
    at_least: int
    span: Duration | None = None
    repeats: bool = False

    @classmethod
    def from_compiled(cls, options: Mapping[str, object]) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        return cls(
            matcher(options),
            integer(options, "at_least"),
            duration_or_none(options, "in"),
            flag(options, "repeat"),
        )

    @property
    def start(self) -> Memo:
        """Nothing counted yet."""
        return (0, None) if self.span is None else ()

    @property
    def names(self) -> frozenset[str] | None:
        """The event names it counts."""
        return self.matcher.names

    def observe(self, event: Track) -> Memo:
        """1 for an event that counts."""
        return 1 if self.matcher.matches(event) else None

    def unusable(self, event: Track) -> bool:
        """A count needs nothing but the event."""
        return False

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> tuple[Memo, tuple[Hit, ...]]:
        """Count one event; `seen` is always 1."""
        if self.span is not None:
            return self._fold_span(cast("tuple[Instant, ...]", memo), instant, horizon, self.span)
        counted, latest = cast("tuple[int, Instant | None]", memo)
        counted += 1
        # The latest instant so far, not this event's own: a late event completes what newer ones began (3.1).
        latest = instant if latest is None else max(latest, instant)
        due = counted % self.at_least == 0 if self.repeats else counted >= self.at_least
        return (counted, latest), ((Hit(latest),) if due else ())

    def _fold_span(
        self, memo: tuple[Instant, ...], instant: Instant, horizon: Instant, span: Duration
    ) -> tuple[Memo, tuple[Hit, ...]]:
        place = bisect_right(memo, instant)
        kept = (*memo[:place], instant, *memo[place:])
        # Any group that is new has this event in it, so its first stands at most N - 1 places before.
        for first in range(max(0, place - self.at_least + 1), place + 1):
            last = first + self.at_least - 1
            if last < len(kept) and kept[last] - kept[first] <= span:
                return kept, (Hit(kept[last], kept[first]),)
        return kept[bisect_right(kept, horizon - span - 1) :], ()
