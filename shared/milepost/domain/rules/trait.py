"""`trait: {name, becomes: VALUE | at_least: X}`: the trait takes the value, having been another or unknown before.

Keeps nothing: a change knows the value before. A trait that is written again with what it has does not change.
"""

from dataclasses import dataclass
from typing import Self

from milepost.domain.compiled import Options, conditions
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.matcher import MISSING, Condition
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Build, Change, Folded, Hit, Past, Rule, SoFar


@dataclass(frozen=True, slots=True)
class Trait(Rule):
    """See the module. `wanted` is a condition on the traits; its path is the name."""

    wanted: Condition

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        (wanted,) = conditions(options, "where")
        return cls(wanted)

    @property
    def start(self) -> Memo:
        """There is nothing to remember."""
        return ()

    @property
    def names(self) -> frozenset[str] | None:
        """It looks at no event."""
        return frozenset()

    @property
    def traits(self) -> frozenset[str]:
        """The one that it is about."""
        return frozenset(self.wanted.path)

    def notice(self, change: Change, local: Local) -> Memo:
        """1 for a change that brings the value about."""
        if (change.name,) != self.wanted.path:
            return None
        return 1 if self._has(change.after) and not self._has(change.before) else None

    def _has(self, value: object) -> bool:
        return value is not MISSING and self.wanted.holds({self.wanted.path[0]: value})

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Reached by the write; `seen` is always 1."""
        return memo, (Hit(instant),)

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """Nothing: whoever has the value has reached it."""
        return one, ()

    def introduced(self, past: Past, local: Local) -> tuple[Memo, int]:
        """Whoever has the value has reached it."""
        return self.start, int(self._has(past.traits.get(self.wanted.path[0], MISSING)))

    def so_far(self, memo: Memo) -> SoFar:
        """Nothing: a value is taken, or not."""
        return SoFar(0, 1, "value")

    def most_values(self, memory: Duration) -> int:
        """0."""
        return 0
