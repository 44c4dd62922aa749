"""The simplest rules that wait for the clock or look at a trait, to stand for them inside other rules."""

from dataclasses import dataclass
from typing import ClassVar, NoReturn, Self

from milepost.domain.compiled import Options
from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Build, Change, Folded, Hit, Past, Rule, SoFar


@dataclass(frozen=True, slots=True)
class Alarm(Rule):
    """Met at an instant."""

    rings: Instant
    clocked: ClassVar[bool] = True

    @classmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """It is no kind of the language."""
        raise AssertionError(options)

    @property
    def start(self) -> Memo:
        """It remembers nothing."""
        return None

    @property
    def names(self) -> frozenset[str] | None:
        """It looks at no event."""
        return frozenset()

    def unusable(self, event: Track) -> bool:
        """It could use none."""
        return True

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> NoReturn:
        """It sees nothing."""
        raise AssertionError(seen)

    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """It remembers nothing."""
        return None, ()

    def wakes(self, memo: Memo, local: Local) -> Instant | None:
        """At its instant."""
        return self.rings

    def decide(self, memo: Memo, until: Instant, local: Local, horizon: Instant) -> Folded:
        """At its instant it rings."""
        return memo, ((Hit(self.rings, 0),) if self.rings <= until else ())

    def introduced(self, past: Past, local: Local) -> tuple[Memo, int]:
        """What is past has rung."""
        return None, int(self.rings <= past.now)

    def so_far(self, memo: Memo) -> SoFar:
        """Halfway."""
        return SoFar(1, 2, "rings")

    def most_values(self, memory: Duration) -> int:
        """None."""
        return 0


@dataclass(frozen=True, slots=True)
class Turned(Alarm):
    """Met when a trait changes."""

    name: str = "plan"
    rings: Instant = 10**18
    clocked: ClassVar[bool] = False

    @property
    def traits(self) -> frozenset[str]:
        """The one it looks at."""
        return frozenset({self.name})

    def notice(self, change: Change, local: Local) -> Memo:
        """Any change of it."""
        return 1 if change.name == self.name else None

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:  # type: ignore[override]  # It sees something.
        """Met."""
        return None, (Hit(instant),)

    def wakes(self, memo: Memo, local: Local) -> Instant | None:
        """Never."""
        return None

    def decide(self, memo: Memo, until: Instant, local: Local, horizon: Instant) -> Folded:
        """Nothing."""
        return memo, ()
