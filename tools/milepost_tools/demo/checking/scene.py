"""What may have been known when a nudge was decided on.

A decision and a message can fall on one instant, and so can two decisions; which came first is not in the files. So a
decision is looked at in every scene that may have been its own, and is right if one of them explains it. Whatever must
never happen at all, such as a cap that is exceeded, is checked apart from this (`laws.py`) and without any leeway.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from milepost_tools.demo.checking.log import Body, Customer, Said, traits
from milepost_tools.demo.checking.plan import Plan, Step, duration

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of a nudge file, and what the catalog says of its milestone and step."""

    row: Row
    milestone: Mapping[str, Any]
    step: Step
    at: datetime
    """Of the occurrence that it is about."""

    @property
    def now(self) -> datetime:
        """When it was decided."""
        return instant(self.row["decided_at"])

    @property
    def operational(self) -> bool:
        """Whether neither holdout nor caps nor quiet hours hold it up."""
        return self.step.get("class") == "operational"

    @property
    def priority(self) -> int:
        """Of its milestone."""
        return int(self.milestone.get("priority", 50))

    @property
    def uses(self) -> bool:
        """Whether it used up caps."""
        return self.row["verdict"] in ("sent", "held_out")


@dataclass(frozen=True, slots=True)
class Person:
    """All that the files have of one customer; `uses` are the decisions that used up caps."""

    customer: Customer
    outcomes: Sequence[Row]
    uses: Sequence[Decision]


@dataclass(frozen=True)
class Scene:
    """What was known of a person at an instant: messages, what used up caps, and outcomes.

    What a late message brings about has its own, earlier instant. `late`: nothing was known that can have been late.
    """

    plan: Plan
    person: Person
    now: datetime
    said: Sequence[Said]
    used: Sequence[Decision]
    late: bool

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The traits."""
        return traits(self.said)

    @cached_property
    def zone(self) -> ZoneInfo:
        """Whose wall clock counts."""
        try:
            return ZoneInfo(str(self.values.get("timezone", self.plan["timezone"])))
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(self.plan["timezone"])

    def recent(self, last: timedelta) -> Iterator[Body]:
        """The events of less than so long before."""
        tracked = (each for each in self.said if each.body["type"] == "track")
        return (each.body for each in tracked if self.now - each.happened < last)

    def has(self, milestone: str, *kinds: str) -> bool:
        """Whether the milestone was known to be reached, or missed."""
        return any(
            row["milestone"] == milestone and row["outcome"] in kinds and self._is_known(row)
            for row in self.person.outcomes
        )

    def _is_known(self, row: Row) -> bool:
        at = instant(row["at"]) + (duration(self.plan["grace"]) if row["outcome"] == "missed" else timedelta())
        return at + self.person.customer.latest < self.now if self.late else at <= self.now


def scenes(plan: Plan, person: Person, decision: Decision) -> Iterator[Scene]:
    """Every scene that may have been that of a decision, the likeliest first.

    What comes in at an instant is known to whatever the clock decides then, and to what one of these messages brings
    about in as far as it came in before it; so at least one is known.
    """
    now = decision.now
    arriving = person.customer.arriving(now)
    for used in _used(person, decision):
        for arrived in range(arriving, min(arriving, 1) - 1, -1):
            said = person.customer.known(now, arrived)
            for late in (False, True):
                yield Scene(plan, person, now, said, used, late)


def _used(person: Person, decision: Decision) -> Iterator[Sequence[Decision]]:
    """What may have used up caps before; of what goes at one instant, that of higher priority goes first."""
    before = [each for each in person.uses if each.now < decision.now]
    beside = [each for each in person.uses if each.now == decision.now and each.row is not decision.row]
    higher = [each for each in beside if each.priority > decision.priority]
    yield [*before, *higher]
    if beside:
        yield [*before, *beside]
        yield before


def instant(text: str) -> datetime:
    """An instant of a file."""
    return datetime.fromisoformat(text).astimezone(UTC)
