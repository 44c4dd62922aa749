"""What a step or a guardrail asks of a subject at the moment when a nudge would go (`if`, `unless`, `suppress`)."""

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.matcher import Condition, Matcher

MOST_REMEMBERED: Final = 64
"""Instants of one watch: the newest. Where more events than these are compared, those before them do not count."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Events that have to be remembered as long as something looks back at them: the newest `most` within `span`.

    `key` is 32 bits that depend on what is looked at, and how.
    """

    key: int
    matcher: Matcher
    span: Duration
    most: int

    def with_event(self, seen: Sequence[Instant], instant: Instant, now: Instant) -> tuple[Instant, ...]:
        """What is remembered, and one more, as far as it matters."""
        instants = [each for each in seen if now - each < self.span]
        if now - instant < self.span:
            insort(instants, instant)
        return tuple(instants[-self.most :])


def remembered(
    watches: Iterable[Watch], recent: Mapping[int, tuple[Instant, ...]], event: Track, now: Instant
) -> Mapping[int, tuple[Instant, ...]]:
    """What is remembered for these watches, by their keys, once that has happened."""
    seen = {
        watch.key: watch.with_event(recent.get(watch.key, ()), event.instant, now)
        for watch in watches
        if watch.matcher.matches(event)
    }
    return {**recent, **seen} if seen else recent


@dataclass(frozen=True, slots=True)
class Fall:
    """Fewer events of a watch in the last `over` than before, by at least the share `by`; `watch` looks back twice."""

    watch: Watch
    by: Fraction
    over: Duration

    def holds(self, seen: Sequence[Instant], now: Instant) -> bool:
        """Whether there were some before, and so many fewer since."""
        before = sum(self.over <= now - each < 2 * self.over for each in seen)
        since = sum(now - each < self.over for each in seen)
        return before > 0 and since <= (1 - self.by) * before


@dataclass(frozen=True, slots=True)
class Demand:
    """One of: conditions on traits, a milestone reached or missed, events that fell, an event of late."""

    traits: tuple[Condition, ...] = ()
    reached: str | None = None
    missed: str | None = None
    fall: Fall | None = None
    seen: Watch | None = None

    @property
    def watch(self) -> Watch | None:
        """What has to be remembered for it, if anything has."""
        return self.fall.watch if self.fall is not None else self.seen
