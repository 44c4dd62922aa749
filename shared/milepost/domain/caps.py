"""How many nudges, and which of two: what was sent or held out lately, and the rules that look back at it."""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple

from milepost.domain.hours import first
from milepost.domain.instant import DAY, Duration, Instant
from milepost.domain.local import Local, Unit

_MEMORY: Final = {"day": 3 * DAY, "week": 9 * DAY}
"""How far back a calendar day or week of one zone can begin, if the subject has travelled since."""


class Use(NamedTuple):
    """A nudge that was sent or held out, as it was then: what it used up does not change with the catalog."""

    at: Instant
    priority: int
    channel: str
    tier: str
    stage: str | None


@dataclass(frozen=True, slots=True)
class Cap:
    """No more than `at_most` nudges in `per`: a rolling span, or a calendar day or week in the subject's zone.

    It counts those of these channels, tiers and stages; where none are named, those of all. `defers`: what is too
    much waits until it opens; otherwise it is suppressed.
    """

    at_most: int
    per: Duration | Unit
    defers: bool
    channels: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    stages: frozenset[str | None] = frozenset()

    @property
    def memory(self) -> Duration:
        """How far it looks back."""
        return _MEMORY[self.per] if isinstance(self.per, str) else self.per

    def covers(self, use: Use) -> bool:
        """Whether it counts this one."""
        return (
            (not self.channels or use.channel in self.channels)
            and (not self.tiers or use.tier in self.tiers)
            and (not self.stages or use.stage in self.stages)
        )

    def opens(self, used: Iterable[Use], local: Local, now: Instant) -> Instant | None:
        """The first instant from `now` on at which one more fits; None if that is beyond what a calendar tells."""
        covered = [use.at for use in used if self.covers(use)]
        if not isinstance(self.per, str):
            counted = [at for at in covered if now - at < self.per]
            return now if len(counted) < self.at_most else counted[-self.at_most] + self.per
        unit = self.per
        periods = [local.period(unit, at) for at in covered]
        return first(local, now, (0,), lambda instant: periods.count(local.period(unit, instant)) < self.at_most)


@dataclass(frozen=True, slots=True)
class Arbitration:
    """Of nudges closer together than `window`, those of lower priority lose: they wait (`defers`) or never go."""

    window: Duration
    defers: bool

    def opens(self, used: Iterable[Use], priority: int, now: Instant) -> Instant:
        """The first instant from `now` on at which nothing of higher priority went less than a window ago."""
        return max((use.at + self.window for use in used if use.priority > priority), default=now)


def using(used: tuple[Use, ...], use: Use) -> tuple[Use, ...]:
    """With one more, in the order of time."""
    uses = list(used)
    insort(uses, use, key=attrgetter("at"))
    return tuple(uses)


def without(used: tuple[Use, ...], at: Instant, channel: str, whose: tuple[str, int] | None) -> tuple[Use, ...]:
    """Without the one of that instant by that channel, if there is one.

    Of several it is that of this tier and priority, since caps and arbitration count by these; none may be, if the
    catalog has changed since, and then any will do.
    """
    places = [place for place, use in enumerate(used) if (use.at, use.channel) == (at, channel)]
    if not places:
        return used
    place = next((each for each in places if (used[each].tier, used[each].priority) == whose), places[0])
    return (*used[:place], *used[place + 1 :])


def kept(used: Sequence[Use], caps: Iterable[Cap], arbitration: Arbitration | None, now: Instant) -> tuple[Use, ...]:
    """Those that can still count: of each cap the newest `at_most` as far as it looks back.

    For arbitration those that none of higher priority follows, so at most as many as there are priorities.
    """
    keep: set[int] = set()
    for cap in caps:
        covered = [place for place, use in enumerate(used) if now - use.at < cap.memory and cap.covers(use)]
        keep.update(covered[-cap.at_most :])
    window = 0 if arbitration is None else arbitration.window
    highest = 0
    for place in reversed(range(len(used))):
        use = used[place]
        if use.priority > highest and now - use.at < window:
            keep.add(place)
            highest = use.priority
    return tuple(use for place, use in enumerate(used) if place in keep)
