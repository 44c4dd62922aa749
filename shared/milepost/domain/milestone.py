"""One milestone of a catalog: its rule, its deadline, who takes part, and what to send."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from milepost.domain.demand import Demand, Watch
from milepost.domain.guardrails import Holdout, lot
from milepost.domain.hours import Minute, SendWindow
from milepost.domain.instant import Duration
from milepost.domain.local import Span
from milepost.domain.matcher import Condition, Matcher
from milepost.domain.rules.interface import Rule

Path: TypeAlias = Literal["reached", "missed", "recovered"]
PATHS: Final[tuple[Path, ...]] = ("reached", "missed", "recovered")


AT_ONCE: Final = Span()
MIDDLE: Final = 50
"""The priority of a milestone that names none; 1 is the lowest, 100 the highest."""


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
    """What to send on a path: the first of `channels` that has consent gets `template`.

    It goes `after` the occurrence, at the minute `at` and on one of `days` (0 is Monday) by the subject's clock, and
    inside of `window`; only if `when` holds then and `unless` does not. `lasting` is how long after that it may still
    go, in place of the milestone's `fresh_for`. `operational`: neither holdout nor caps nor quiet hours hold it up.
    """

    channels: tuple[str, ...]
    template: str
    after: Span = AT_ONCE
    at: Minute | None = None
    days: frozenset[int] = frozenset()
    when: Demand | None = None
    unless: Demand | None = None
    lasting: Duration | None = None
    window: SendWindow | None = None
    operational: bool = False

    @property
    def watches(self) -> tuple[Watch, ...]:
        """What has to be remembered for its conditions."""
        asked = (demand.watch for demand in (self.when, self.unless) if demand is not None)
        return tuple(watch for watch in asked if watch is not None)


@dataclass(frozen=True, slots=True)
class CallToAction:
    """The one thing that a nudge asks for. Both may hold Liquid, which the composer renders."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone.

    `subject` is `user` or `account`; `audience` are the conditions on traits of those who take part. `fresh_for` is
    the age from which on its event is too old for a nudge. `shape` is the fingerprint of rule and deadline. Of two
    nudges at a time that of the higher `priority` goes. `holdout` takes the place of the catalog's. `variants` are what
    it is for a share of the subjects each, this one being told to nobody; `variant` is the name of one of them.
    What its nudges tell: how far it is to the milestone `next`, the code of a `reward`, what to do, and the URL of a
    `card`, an image, which may hold Liquid.
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
    priority: int = MIDDLE
    holdout: Holdout | None = None
    variants: tuple[tuple[Fraction, "Milestone"], ...] = ()
    variant: str | None = None
    next: str | None = None
    reward: str | None = None
    call_to_action: CallToAction | None = None
    card: str | None = None
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

    def drawn(self, catalog: str, subject: str) -> "Milestone":
        """What it is for this subject, for life: the variant that the lot falls on; itself, where it has none."""
        if not self.variants:
            return self
        place = lot(catalog, "variant", self.id, subject)
        for share, milestone in self.variants:
            place -= share
            if place < 0:
                return milestone
        return self.variants[-1][1]

    def concerned_by(self, name: str) -> bool:
        """Whether an event of that name can matter to the rule or the deadline."""
        names = [self.rule.names] + ([self.within.names] if self.within else [])
        return any(each is None or name in each for each in names)

    @property
    def traits(self) -> frozenset[str]:
        """The traits that matter to rule, deadline or audience."""
        start = {self.within.trait} if self.within and self.within.trait else set()
        return self.rule.traits | start | {condition.path[0] for condition in self.audience}
