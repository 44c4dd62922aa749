"""What every rule kind offers. One kind is one module beside this one, registered in `KINDS` of the package."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol, Self

from milepost.domain.event import Track
from milepost.domain.instant import Instant
from milepost.domain.memo import Memo


class Hit(NamedTuple):
    """A rule was met: `at` by the event of that instant, `ref` where a reading names one (semantics, 3.2)."""

    at: Instant
    ref: Instant | None = None


class Rule(Protocol):
    """A rule kind with its options. Immutable; what it remembers of a subject is the memo it is handed."""

    @classmethod
    def from_compiled(cls, options: Mapping[str, object]) -> Self:
        """Build the rule from its entry in a compiled catalog."""

    @property
    def start(self) -> Memo:
        """The memo of a subject of whom nothing has been seen."""

    @property
    def names(self) -> frozenset[str] | None:
        """The event names it can ever look at; None for all."""

    @property
    def repeats(self) -> bool:
        """Whether it can be met more than once."""

    def observe(self, event: Track) -> Memo:
        """What the rule sees in an event, or None if it looks past it."""

    def unusable(self, event: Track) -> bool:
        """Whether the event is one the rule means but lacks what it needs; it adds nothing and is metered."""

    def fold(self, memo: Memo, instant: Instant, seen: Memo, horizon: Instant) -> tuple[Memo, tuple[Hit, ...]]:
        """Take in one observation. No first arrival is older than `horizon`, so older memory may go."""
