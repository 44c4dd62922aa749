"""What `all` and `any` have in common: several rules in one, each told of whatever it looks at."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Final, Self, TypeAlias

from milepost.domain.compiled import Options, matcher, text, typed
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.matcher import Matcher
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Build, Change, Folded, Hit, Past, Rule, SoFar, number_of
from milepost.domain.rules.matched import Matched

MATCH: Final = "match"
"""The kind of a matcher that is a member by itself; no milestone can be reached by it alone."""
Memos: TypeAlias = tuple[Memo, ...]
"""One for each member, in the order of the catalog."""


@dataclass(frozen=True, slots=True)
class Match(Matched):
    """A matcher as a rule: met by the first event that it picks. Remembers nothing."""

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog."""
        return cls(matcher(options))

    @property
    def start(self) -> Memo:
        """There is nothing to remember."""
        return None

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Any such event is enough."""
        return None, (Hit(instant),)

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """Neither has met it."""
        return None, ()

    def introduced(self, past: Past, local: Local) -> tuple[Memo, int]:
        """Met if such an event was ever counted; the counters do not know what `where` looks at."""
        if self.matcher.where:
            return None, 0
        return None, int(number_of(past.counted, self.matcher.names) > 0)

    def so_far(self, memo: Memo) -> SoFar:
        """None yet: whoever has met it does not ask any more."""
        return SoFar(0, 1, "events")

    def most_values(self, memory: Duration) -> int:
        """None."""
        return 0


@dataclass(frozen=True, slots=True)
class Composite(Rule):
    """Passes on what its members look at. What each of them sees is what it sees: a tuple with one place each."""

    members: tuple[Rule, ...]

    @property
    def names(self) -> frozenset[str] | None:
        """The event names that any member looks at."""
        return names_of(self.members)

    @property
    def traits(self) -> frozenset[str]:
        """The traits that any member looks at."""
        return frozenset(chain.from_iterable(member.traits for member in self.members))

    @property
    def clocked(self) -> bool:
        """Whether any member waits for the clock."""
        return any(member.clocked for member in self.members)

    def observe(self, event: Track, local: Local) -> Memo:
        """What each member sees in the event; None if all look past it."""
        return _if_any([member.observe(event, local) for member in self.members])

    def notice(self, change: Change, local: Local) -> Memo:
        """What each member sees in the trait; None if all look past it."""
        return _if_any([member.notice(change, local) for member in self.members])

    def unusable(self, event: Track) -> bool:
        """Whether any member lacks what it needs."""
        return any(member.unusable(event) for member in self.members)


def names_of(parts: Iterable[Rule | Matcher]) -> frozenset[str] | None:
    """The event names that any of these looks at; None for all."""
    names = frozenset[str]()
    for part in parts:
        if part.names is None:
            return None
        names |= part.names
    return names


def members_of(options: Options, build: Build) -> tuple[Rule, ...]:
    """The members under `of`, each a matcher or a rule of whatever kind."""
    entries = [typed(each, dict) for each in typed(options["of"], list)]
    return tuple(Match.from_compiled(each, build) if text(each, "kind") == MATCH else build(each) for each in entries)


def earliest(instants: Iterable[Instant | None]) -> Instant | None:
    """The first of those that there are."""
    return min((each for each in instants if each is not None), default=None)


def _if_any(seen: list[Memo]) -> Memo:
    return None if seen.count(None) == len(seen) else tuple(seen)
