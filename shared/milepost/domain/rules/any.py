"""`any: {of: [RULE, ...]}`: the first of these rules is reached.

Keeps the memo of every member and nothing else: the first hit of one is the hit, and the end, of all.
"""

from dataclasses import dataclass
from operator import attrgetter
from typing import Self, cast

from milepost.domain.compiled import Options
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Build, Folded, Past, SoFar
from milepost.domain.rules.members import Composite, Memos, earliest, members_of


@dataclass(frozen=True, slots=True)
class AnyOf(Composite):
    """See the module."""

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule and its members from its entry in a compiled catalog."""
        return cls(members_of(options, build))

    @property
    def start(self) -> Memo:
        """Every member at its start."""
        return tuple(member.start for member in self.members)

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Tell every member that saw something."""
        memos, sights = cast("Memos", memo), cast("Memos", seen)
        return _first(
            [
                (before, ()) if sight is None else member.fold(before, instant, sight, horizon)
                for member, before, sight in zip(self.members, memos, sights, strict=True)
            ]
        )

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """Each member by itself, as exact as it is."""
        both = zip(self.members, cast("Memos", one), cast("Memos", other), strict=True)
        return _first([member.merged(mine, theirs, horizon) for member, mine, theirs in both])

    def wakes(self, memo: Memo, local: Local) -> Instant | None:
        """When the first member wants the clock."""
        memos = cast("Memos", memo)
        return earliest(member.wakes(each, local) for member, each in zip(self.members, memos, strict=True))

    def decide(self, memo: Memo, until: Instant, local: Local, horizon: Instant) -> Folded:
        """Let every member decide."""
        memos = cast("Memos", memo)
        return _first(
            [member.decide(each, until, local, horizon) for member, each in zip(self.members, memos, strict=True)]
        )

    def introduced(self, past: Past, local: Local) -> tuple[Memo, int]:
        """Met if any member was."""
        known = [member.introduced(past, local) for member in self.members]
        return tuple(memo for memo, _ in known), int(any(times for _, times in known))

    def so_far(self, memo: Memo) -> SoFar:
        """That of the member with the largest share of its way behind it, the first of equals."""
        memos = cast("Memos", memo)
        each = [member.so_far(memo) for member, memo in zip(self.members, memos, strict=True)]
        return max(each, key=lambda so_far: so_far.have / so_far.need)

    def towards(self, memo: Memo, now: Instant, local: Local) -> SoFar | None:
        """That of the member with the largest share of its way behind it, of those that can say."""
        memos = zip(self.members, cast("Memos", memo), strict=True)
        found = [each for member, kept in memos if (each := member.towards(kept, now, local)) is not None]
        return max(found, key=lambda towards: towards.have / towards.need, default=None)

    def most_values(self, memory: Duration) -> int:
        """Those of all members together."""
        return sum(member.most_values(memory) for member in self.members)


def _first(folded: list[Folded]) -> Folded:
    """The earliest hit of any member; of several at one instant that of the member named first."""
    hits = [hit for _, each in folded for hit in each[:1]]
    return tuple(memo for memo, _ in folded), ((min(hits, key=attrgetter("at")),) if hits else ())
