"""`all: {of: [MATCHER or RULE, ...], in: D?}`: each matched, or reached, at least once, in any order.

Without `in` it keeps one entry a member: its memo until it is met, then the instant at which it was. With `in`
(matchers only) the instants of one of each inside one span: see `together`.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias, cast

from milepost.domain.compiled import Options, duration_or_none
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo
from milepost.domain.rules import merging, together
from milepost.domain.rules.interface import Build, Folded, Hit, Past, Rule, SoFar
from milepost.domain.rules.members import Composite, Memos, earliest, members_of

_Entry: TypeAlias = "tuple[Memo] | Instant | None"
"""A member's memo in a tuple of its own; once it is met its instant, None if that was before the introduction."""
_Entries: TypeAlias = tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class AllOf(Composite):
    """See the module. A member that is met stays met, and is told of nothing any more."""

    span: Duration | None = None

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule and its members from its entry in a compiled catalog."""
        return cls(members_of(options, build), duration_or_none(options, "in"))

    @property
    def start(self) -> Memo:
        """No member met."""
        if self.span is not None:
            return ((),) * len(self.members)
        return tuple((member.start,) for member in self.members)

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Tell every open member that saw something."""
        sights = cast("Memos", seen)
        if self.span is not None:
            picks = [place for place, sight in enumerate(sights) if sight is not None]
            return together.fold(cast("together.Instants", memo), instant, picks, horizon, self.span)
        entries = cast("_Entries", memo)
        return self._met(
            entries,
            tuple(
                _latched(member.fold(entry[0], instant, sight, horizon))
                if sight is not None and isinstance(entry, tuple)
                else entry
                for member, entry, sight in zip(self.members, entries, sights, strict=True)
            ),
        )

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """Each member by itself, as exact as it is: met if either had met it, at the earlier instant.

        With `in`, the events of both, exactly but for what is forgotten.
        """
        if self.span is not None:
            mine, theirs = cast("together.Instants", one), cast("together.Instants", other)
            return merging.retold(together.fold, mine, theirs, horizon, self.span)
        entries = cast("_Entries", one)
        both = zip(self.members, entries, cast("_Entries", other), strict=True)
        after = tuple(_merged(member, mine, theirs, horizon) for member, mine, theirs in both)
        if all(entry is None for entry in after):
            return after, (Hit(horizon),)
        return self._met(entries, after)

    def wakes(self, memo: Memo, local: Local) -> Instant | None:
        """When the first open member wants the clock."""
        return earliest(member.wakes(each, local) for member, each in self._open(memo))

    def decide(self, memo: Memo, until: Instant, local: Local, horizon: Instant) -> Folded:
        """Let every open member decide."""
        if self.span is not None:
            return memo, ()
        entries = cast("_Entries", memo)
        return self._met(
            entries,
            tuple(
                _latched(member.decide(entry[0], until, local, horizon)) if isinstance(entry, tuple) else entry
                for member, entry in zip(self.members, entries, strict=True)
            ),
        )

    def introduced(self, past: Past, local: Local) -> tuple[Memo, int]:
        """Met if all members were; with `in` nobody knows, because nobody knows when they were."""
        if self.span is not None:
            return self.start, 0
        known = [member.introduced(past, local) for member in self.members]
        entries: _Entries = tuple(None if times else (memo,) for memo, times in known)
        return entries, int(all(times for _, times in known))

    def so_far(self, memo: Memo) -> SoFar:
        """Members met; with `in`, of the span that ends with the newest event."""
        if self.span is not None:
            met = together.met(cast("together.Instants", memo), self.span)
        else:
            met = sum(not isinstance(entry, tuple) for entry in cast("_Entries", memo))
        return SoFar(met, len(self.members), "parts")

    def towards(self, memo: Memo, now: Instant, local: Local) -> SoFar | None:
        """Members met; with `in`, those that are no longer back than D."""
        if self.span is None:
            return self.so_far(memo)
        met = sum(bool(kept) and kept[-1] >= now - self.span for kept in cast("together.Instants", memo))
        return SoFar(met, len(self.members), "parts")

    def most_values(self, memory: Duration) -> int:
        """For each member 1 or as many as it has itself; with `in` see `together`."""
        if self.span is not None:
            return together.most_values(len(self.members), self.span, memory)
        return sum(max(1, member.most_values(memory)) for member in self.members)

    def _open(self, memo: Memo) -> list[tuple[Rule, Memo]]:
        """The members that are not met yet, with their memos."""
        if self.span is not None:
            return []
        entries = zip(self.members, cast("_Entries", memo), strict=True)
        return [(member, entry[0]) for member, entry in entries if isinstance(entry, tuple)]

    def _met(self, before: _Entries, after: _Entries) -> Folded:
        """A hit at the newest of the members' instants, if the last open one is met by now."""
        if any(isinstance(entry, tuple) for entry in after):
            # The memo that it was, if it says the same: what is not new need not be stored again.
            return (before if after == before else after), ()
        return after, (Hit(max(entry for entry in cast("tuple[Instant | None, ...]", after) if entry is not None)),)


def _merged(member: Rule, one: _Entry, other: _Entry, horizon: Instant) -> _Entry:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return _latched(member.merged(one[0], other[0], horizon))
    if one is None or other is None:
        return None
    return min(each for each in (one, other) if not isinstance(each, tuple))


def _latched(folded: Folded) -> _Entry:
    memo, hits = folded
    return hits[0].at if hits else (memo,)
