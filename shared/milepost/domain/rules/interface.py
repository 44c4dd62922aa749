"""What every rule kind offers. One kind is one module beside this one, registered in `KINDS` of the package.

A rule is immutable. What it remembers of a subject is the memo it is handed and hands back, and nothing else.
It is told of observations, in any order of time; what it concludes from a set of them does not depend on that
order, as long as none is older than `horizon` when it comes (semantics, 3.1). Rules that wait for the clock
(`clocked`) say when they next want it, and are then asked to decide.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple, Self, TypeAlias

from milepost.domain.compiled import Options
from milepost.domain.event import REPORTS, Track
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo


class Hit(NamedTuple):
    """A rule was met: `at` by the event of that instant, `ref` where a reading names one (semantics, 3.2).

    `back` is the opposite: a late event has shown that the last occurrence was none, because it joins two to one.
    """

    at: Instant
    ref: Instant | None = None
    back: bool = False


class Change(NamedTuple):
    """A trait takes a value; `before` is `MISSING` where it had none."""

    name: str
    before: object
    after: object


class Past(NamedTuple):
    """What is known of a subject from before a milestone was introduced (semantics, 3.13)."""

    counted: Mapping[str, int]
    traits: Mapping[str, object]
    now: Instant


def number_of(counted: Mapping[str, int], names: frozenset[str] | None) -> int:
    """How many events of these names the counters of the tracking plan know; None is any name, but no report."""
    return sum(count for name, count in counted.items() if (name not in REPORTS if names is None else name in names))


class SoFar(NamedTuple):
    """How far a subject has come towards the next time that a rule is met: `have` of `need` so many `unit`."""

    have: int | Decimal
    need: int | Decimal
    unit: str


Folded: TypeAlias = tuple[Memo, tuple[Hit, ...]]
"""The memo afterwards, and what the rule was met by."""
Build: TypeAlias = "Callable[[Options], Rule]"
"""Builds a rule from its entry in a compiled catalog, whatever its kind."""


class Rule(ABC):
    """A rule kind with its options."""

    __slots__ = ()

    # Properties, so that a kind may answer with a class variable, and a composite by asking its members.
    @property
    def known_by_ref(self) -> bool:
        """Whether an occurrence is known by its `ref` rather than by its number (semantics, section 6)."""
        return False

    @property
    def clocked(self) -> bool:
        """Whether the clock alone can bring about that it is met; composites answer for their members."""
        return False

    @classmethod
    @abstractmethod
    def from_compiled(cls, options: Options, build: Build) -> Self:
        """Build the rule from its entry in a compiled catalog; `build` is for those that hold others."""

    @property
    @abstractmethod
    def start(self) -> Memo:
        """The memo of a subject of whom nothing has been seen."""

    @property
    @abstractmethod
    def names(self) -> frozenset[str] | None:
        """The event names it can ever look at; None for all."""

    @property
    def traits(self) -> frozenset[str]:
        """The traits that it looks at."""
        return frozenset()

    @property
    def repeats(self) -> bool:
        """Whether it can be met more than once."""
        return False

    def observe(self, event: Track, local: Local) -> Memo:
        """What the rule sees in an event, or None if it looks past it."""
        return None

    def notice(self, change: Change, local: Local) -> Memo:
        """What the rule sees in a trait that takes a value, or None if it looks past it."""
        return None

    def unusable(self, event: Track) -> bool:
        """Whether the event is one the rule means but lacks what it needs; it adds nothing and is metered."""
        return False

    @abstractmethod
    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> Folded:
        """Take in one observation. No first arrival is older than `horizon`, so older memory may go."""

    @abstractmethod
    def merged(self, one: Memo, other: Memo, horizon: Instant) -> Folded:
        """The memo of a subject that turns out to be two, and what it is met by that neither was (semantics, 3.14).

        As if all had been folded into one memo, as far as the two remember it. `one` is the memo of whoever wrote the
        traits last that the rule looks at; where nothing known has an instant, what it is met by is at `horizon`.
        """

    def wakes(self, memo: Memo, local: Local) -> Instant | None:
        """The earliest instant at which `decide` would find something; None while only an event can."""
        return None

    def decide(self, memo: Memo, until: Instant, local: Local, horizon: Instant) -> Folded:
        """Decide, for good, whatever waits for the clock up to and at `until`."""
        return memo, ()

    def introduced(self, past: Past, local: Local) -> tuple[Memo, int]:
        """The memo of a subject with a past, and how often the rule has been met in it as far as anybody knows."""
        return self.start, 0

    def judged_anew(self, memo: Memo) -> tuple[Memo, int] | None:
        """The memo of the same rule with another `at_least`, and how often it has been met; None: cannot be told."""
        return None

    @property
    def retractable(self) -> bool:
        """Whether an event can take back what was counted (semantics, 3.10)."""
        return False

    def lacking(self, memo: Memo) -> int:
        """How many of the last occurrences what is counted no longer bears out."""
        return 0

    @abstractmethod
    def so_far(self, memo: Memo) -> SoFar:
        """How far it is to the next time that it is met."""

    def towards(self, memo: Memo, now: Instant, local: Local) -> SoFar | None:
        """What a subject can be told of its way to the next time, counted from the very beginning.

        Unlike `so_far` it holds at `now`, whenever the newest event was. None where nobody can say how far it is:
        what only the clock, or one change of a trait, brings about is not on its way.
        """
        return None

    @abstractmethod
    def most_values(self, memory: Duration) -> int:
        """The bound on its memory: how many numbers the memo holds at most.

        `memory` is how long after an event another one can arrive that is older: `max_age` and redelivery.
        """
