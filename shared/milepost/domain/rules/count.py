"""`count: {event, at_least: N, in: D?, repeat: bool?}`: N matching events, inside a span D, or again and again.

Keeps a number and the latest instant; with `in` the instants of the matching events that can still be in a span
with a later or a late one: at most N - 1 in any span D, over a memory of D and however late an event can be.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Self, cast

from milepost.domain.compiled import Options, duration_or_none, flag, integer, matcher, texts
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant, format_duration
from milepost.domain.local import Local
from milepost.domain.matcher import Matcher
from milepost.domain.memo import Memo
from milepost.domain.rules import merging
from milepost.domain.rules.interface import Build, Folded, Hit, Past, Rule, SoFar, number_of


@dataclass(frozen=True, slots=True)
class Count(Rule):
    """See the module. An event that `back` matches takes back one earlier event (semantics, 3.10)."""

    matcher: Matcher
    at_least: int
    span: Duration | None = None
    repeats: bool = False
    back: Matcher | None = None

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        counted = matcher(options)
        return cls(
            counted,
            integer(options, "at_least"),
            duration_or_none(options, "in"),
            flag(options, "repeat"),
            retracting(options, counted),
        )

    @property
    def start(self) -> Memo:
        """Nothing counted yet."""
        return (0, None, 0) if self.span is None else ()

    @property
    def names(self) -> frozenset[str] | None:
        """The event names that count, or that take back."""
        return looked_at(self.matcher, self.back)

    def observe(self, event: Track, local: Local) -> Memo:
        """1 for an event that counts, -1 for one that takes back."""
        if self.back is not None and self.back.matches(event):
            return -1
        return 1 if self.matcher.matches(event) else None

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Count one event, or one less."""
        if self.span is not None:
            return self._fold_span(cast("tuple[Instant, ...]", memo), instant, horizon, self.span)
        counted, latest, passed = cast("tuple[int, Instant | None, int]", memo)
        counted += cast("int", seen)
        # The latest instant so far, not this event's own: a late event completes what newer ones began (3.1).
        if seen == 1 and (latest is None or instant > latest):
            latest = instant
        if counted < self.at_least:
            return (counted, latest, passed), ()
        times = self._times(counted)
        if times > passed and latest is not None:
            return (counted, latest, times), (Hit(latest),)
        return (counted, latest, passed), ()

    def _times(self, counted: int) -> int:
        return max(counted, 0) // self.at_least if self.repeats else int(counted >= self.at_least)

    def _fold_span(self, memo: tuple[Instant, ...], instant: Instant, horizon: Instant, span: Duration) -> Folded:
        place = bisect_right(memo, instant)
        kept = (*memo[:place], instant, *memo[place:])
        # Any group that is new has this event in it, so its first stands at most N - 1 places before.
        for first in range(max(0, place - self.at_least + 1), place + 1):
            last = first + self.at_least - 1
            if last < len(kept) and kept[last] - kept[first] <= span:
                return kept, (Hit(kept[last], kept[first]),)
        oldest = horizon - span
        return (kept if kept[0] >= oldest else kept[bisect_right(kept, oldest - 1) :]), ()

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """Both counts added up, exactly; with `in`, as exact as what neither has forgotten."""
        if self.span is not None:
            return self._merged_spans(
                cast("tuple[Instant, ...]", one) + cast("tuple[Instant, ...]", other), horizon, self.span
            )
        counted, latest, passed = cast("tuple[int, Instant | None, int]", one)
        more, later, also = cast("tuple[int, Instant | None, int]", other)
        counted += more
        return merging.passed(counted, merging.latest(latest, later), self._times(counted), passed, also, horizon)

    def _merged_spans(self, instants: tuple[Instant, ...], horizon: Instant, span: Duration) -> Folded:
        kept = tuple(sorted(instants))
        groups = zip(kept, kept[self.at_least - 1 :], strict=False)
        hit = next((Hit(last, first) for first, last in groups if last - first <= span), None)
        return (kept[bisect_right(kept, horizon - span - 1) :], ()) if hit is None else (kept, (hit,))

    def introduced(self, past: Past, local: Local) -> tuple[Memo, int]:
        """What the counters of the tracking plan know; they know neither properties nor instants."""
        if self.span is not None or self.matcher.where:
            return self.start, 0
        taken_back = number_of(past.counted, self.back.names) if self.back is not None else 0
        counted = number_of(past.counted, self.matcher.names) - taken_back
        if self.matcher.names is None:  # Any event, but not those that take one back, which were counted as well.
            counted -= taken_back
        times = self._times(counted)
        return (counted, None, times), times

    def judged_anew(self, memo: Memo) -> tuple[Memo, int] | None:
        """The same count under another threshold."""
        if self.span is not None:
            kept = cast("tuple[Instant, ...]", memo)
            groups = zip(kept, kept[self.at_least - 1 :], strict=False)
            return kept, int(any(last - first <= self.span for first, last in groups))
        counted, latest, _ = cast("tuple[int, Instant | None, int]", memo)
        times = self._times(counted)
        return (counted, latest, times), times

    @property
    def retractable(self) -> bool:
        """Whether the catalog names an event that takes one back."""
        return self.back is not None

    def lacking(self, memo: Memo) -> int:
        """The occurrences that have been passed, and would not be any more."""
        counted, _, passed = cast("tuple[int, Instant | None, int]", memo)
        return passed - self._times(counted)

    def so_far(self, memo: Memo) -> SoFar:
        """Events counted since the last occurrence; with `in`, those of the last span."""
        if self.span is not None:
            instants = cast("tuple[Instant, ...]", memo)
            recent = [each for each in instants if each >= instants[-1] - self.span]
            return SoFar(len(recent), self.at_least, f"events within {format_duration(self.span)}")
        counted, _, passed = cast("tuple[int, Instant | None, int]", memo)
        return SoFar(counted - passed * self.at_least if self.repeats else counted, self.at_least, "events")

    def towards(self, memo: Memo, now: Instant, local: Local) -> SoFar | None:
        """The next multiple of N; with `in`, the events that lie no longer than D back."""
        if self.span is not None:
            recent = sum(each >= now - self.span for each in cast("tuple[Instant, ...]", memo))
            return SoFar(recent, self.at_least, "events")
        counted, _, passed = cast("tuple[int, Instant | None, int]", memo)
        return SoFar(counted, self.at_least * (passed + 1 if self.repeats else 1), "events")

    def most_values(self, memory: Duration) -> int:
        """3; with `in`, (N - 1) x (memory / D + 3): so many spans D lie, in whole or in part, in memory and D."""
        return 3 if self.span is None else (self.at_least - 1) * (memory // self.span + 3)


def retracting(options: Options, counted: Matcher) -> Matcher | None:
    """What takes back an event that is counted: by name, under the same conditions."""
    names = frozenset(texts(options, "back")) if options.get("back") else frozenset()
    return replace(counted, names=names) if names else None


def looked_at(counted: Matcher, back: Matcher | None) -> frozenset[str] | None:
    """The names that either looks at."""
    if counted.names is None or back is None or back.names is None:
        return counted.names
    return counted.names | back.names
