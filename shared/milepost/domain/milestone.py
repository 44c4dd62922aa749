"""One milestone of a catalog: its rule, its deadline, who takes part, and what to send."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from milepost.domain.instant import Duration
from milepost.domain.matcher import Condition, Matcher
from milepost.domain.rules.interface import Rule

Path: TypeAlias = Literal["reached", "missed", "recovered"]
PATHS: Final[tuple[Path, ...]] = ("reached", "missed", "recovered")


@dataclass(frozen=True, slots=True)
class Within:
    """A deadline: `duration` after the first event that `start` matches, after `milestone` or after a trait's date.

    One of the three is not None.
    """

    duration: Duration
    start: Matcher | None = None
    milestone: str | None = None
    trait: str | None = None

    @property
    def names(self) -> frozenset[str] | None:
        """The event names that can start it; None for all."""
        return frozenset() if self.start is None else self.start.names


@dataclass(frozen=True, slots=True)
class Step:
    """What to send on a path: the first of `channels` that has consent gets `template`."""

    channels: tuple[str, ...]
    template: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone.

    `subject` is `user` or `account`; `audience` are the conditions on traits of those who take part. `fresh_for` is
    the age from which on its event is too old for a nudge. `shape` is the fingerprint of rule and deadline.
    """

    id: str
    title: str
    stage: str | None
    tier: str
    owner: str | None
    rule: Rule
    within: Within | None
    fresh_for: Duration
    steps: Mapping[Path, tuple[Step, ...]]
    subject: str = "user"
    audience: tuple[Condition, ...] = ()
    nudges_on_introduction: bool = False
    shape: int = 0
    lasts: bool = field(init=False)
    """Whether what the rule remembers matters after it was reached: it can be again, or be taken back."""
    waits: bool = field(init=False)
    """Whether the clock can bring something about."""

    plain: bool = field(init=False)
    """Whether there is neither a deadline nor an audience."""

    def __post_init__(self) -> None:
        # Worked out once: they are asked for with every event.
        object.__setattr__(self, "plain", self.within is None and not self.audience)
        object.__setattr__(self, "lasts", self.rule.repeats or self.rule.retractable)
        object.__setattr__(self, "waits", self.within is not None or self.rule.clocked)

    def concerned_by(self, name: str) -> bool:
        """Whether an event of that name can matter to the rule or the deadline."""
        names = [self.rule.names] + ([self.within.names] if self.within else [])
        return any(each is None or name in each for each in names)

    @property
    def traits(self) -> frozenset[str]:
        """The traits that matter to rule, deadline or audience."""
        start = {self.within.trait} if self.within and self.within.trait else set()
        return self.rule.traits | start | {condition.path[0] for condition in self.audience}
