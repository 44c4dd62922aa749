"""`sequence: {steps: [MATCHER, ...], in: D?}`: the steps in order, each at a strictly later instant.

Without `in` the chain that starts earliest and takes the earliest next step each time is as good as any other.
Late events only ever move its steps to earlier instants. So of each step it keeps that one instant, and those that
come too early for it so far: they count once a late event moves the step before. Older than `horizon`, no longer.
With `in` see `nearby`.

At most `thinning.KEPT` instants a step. This is the one limit on what a late event can still complete: of more
than so many too early for their turn (with `in`, in the whole time that events may be late), some are forgotten
that lie close to others. For events that come in order the rule is exact whatever is forgotten.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Self, TypeAlias, cast

from milepost.domain.compiled import Options, duration_or_none, matcher, typed
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.matcher import Matcher
from milepost.domain.memo import Memo
from milepost.domain.rules import merging, nearby, thinning
from milepost.domain.rules.interface import Build, Folded, Hit, Rule, SoFar
from milepost.domain.rules.members import names_of

_Instants: TypeAlias = tuple[thinning.Instants, ...]
"""One tuple for each step. Without `in`, a step that is done has the chain's instant as its last."""


@dataclass(frozen=True, slots=True)
class Sequence(Rule):
    """See the module. One event serves one step of a chain, because each step is strictly later."""

    steps: tuple[Matcher, ...]
    span: Duration | None = None

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        steps = tuple(matcher(typed(each, dict)) for each in typed(options["steps"], list))
        return cls(steps, duration_or_none(options, "in"))

    @property
    def start(self) -> Memo:
        """No event for any step."""
        return ((),) * len(self.steps)

    @property
    def names(self) -> frozenset[str] | None:
        """The event names of all steps."""
        return names_of(self.steps)

    def observe(self, event: Track, local: Local) -> Memo:
        """The places of the steps that it could serve."""
        return tuple([place for place, step in enumerate(self.steps) if step.matches(event)]) or None

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Take in one event."""
        kept, picks = cast("_Instants", memo), cast("tuple[int, ...]", seen)
        if self.span is not None:
            return nearby.fold(kept, instant, picks, horizon, self.span)
        chain = _chain(kept)
        # What is not earlier than the chain's own instant of its step is no news, and by far the most there is.
        news = [place for place in picks if place >= len(chain) or instant < chain[place]]
        return _folded(kept, instant, news, horizon) if news else (memo, ())

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """The events of both, exactly but for what came too early for its turn and is forgotten."""
        mine, theirs = cast("_Instants", one), cast("_Instants", other)
        if self.span is not None:
            return merging.retold(nearby.fold, mine, theirs, horizon, self.span)
        both = tuple(tuple(sorted({*kept, *more})) for kept, more in zip(mine, theirs, strict=True))
        memo, hits = _folded(both, horizon, [], horizon)
        return tuple(thinning.down_to(kept) for kept in cast("_Instants", memo)), hits

    def so_far(self, memo: Memo) -> SoFar:
        """Steps done; with `in`, of the chain inside one span that has come furthest, and that can still go on."""
        kept = cast("_Instants", memo)
        done = len(_chain(kept)) if self.span is None else nearby.done(kept, nearby.newest(kept) - self.span)
        return SoFar(done, len(self.steps), "steps")

    def towards(self, memo: Memo, now: Instant, local: Local) -> SoFar | None:
        """Steps done; with `in`, of a chain that began no longer back than D."""
        if self.span is None:
            return self.so_far(memo)
        return SoFar(nearby.done(cast("_Instants", memo), now - self.span), len(self.steps), "steps")

    def most_values(self, memory: Duration) -> int:
        """64 for each step, whatever the memory."""
        return thinning.KEPT * len(self.steps)


def _chain(kept: _Instants) -> list[Instant]:
    """The steps done so far: what is later than the step before is always the last of its tuple, and alone."""
    chain = list[Instant]()
    for instants in kept:
        if not instants or (chain and instants[-1] <= chain[-1]):
            break
        chain.append(instants[-1])
    return chain


def _folded(before: _Instants, instant: Instant, news: list[int], horizon: Instant) -> Folded:
    """Find the chain anew, and keep of each step what it needs."""
    chain = list[Instant]()
    after = list[thinning.Instants]()
    for place, instants in enumerate(before):
        kept = thinning.with_instant(instants, instant) if place in news else instants
        if len(chain) == place:
            next_ = bisect_right(kept, chain[-1]) if chain else 0
            if next_ < len(kept):
                chain.append(kept[next_])
                kept = kept[: next_ + 1]  # What is later than the chain's own instant, the chain never needs.
        # Steps before it can only move within the horizon: nothing older than that becomes late enough for them.
        own = kept[-1:] if len(chain) > place else ()
        after.append(thinning.at_most(thinning.since(kept[: len(kept) - len(own)], horizon) + own))
    return tuple(after), ((Hit(chain[-1]),) if len(chain) == len(before) else ())
