"""Whether a nudge goes out (semantics, section 5): the gates in their order, each a row of `GATES`.

The first gate that does not open gives the verdict. A gate is asked when the nudge is about to go.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from milepost.domain.catalog import ALWAYS, Catalog
from milepost.domain.instant import Instant
from milepost.domain.milestone import Milestone, Step
from milepost.domain.outbox import Verdict
from milepost.domain.progress import Trait


@dataclass(frozen=True, slots=True)
class Question:
    """May this step go to this subject now? `at` is the instant of what it is about."""

    catalog: Catalog
    milestone: Milestone
    step: Step
    traits: Mapping[str, Trait]
    at: Instant
    now: Instant

    @property
    def channel(self) -> str:
        """The first channel of the step that has consent; where none has, the first."""
        consenting = (channel for channel in self.step.channels if self.has_consent(channel))
        return next(consenting, self.step.channels[0])

    def has_consent(self, channel: str) -> bool:
        """Only an explicit yes opens a channel: a trait that is true, not merely truthy; unknown is no."""
        needed = self.catalog.consent.get(channel)
        if needed == ALWAYS:
            return True
        trait = None if needed is None else self.traits.get(needed)
        return trait is not None and trait.value is True


class Closed(NamedTuple):
    """A gate did not open."""

    verdict: Verdict
    reason: str


Gate: TypeAlias = Callable[[Question], Closed | None]


def fresh(question: Question) -> Closed | None:
    """Nobody is written to about something that is older than the milestone's `fresh_for`."""
    late = question.now - question.at >= question.milestone.fresh_for
    return Closed("cancelled", "stale") if late else None


def consent(question: Question) -> Closed | None:
    """Somebody has said yes to a channel of the step."""
    return None if question.has_consent(question.channel) else Closed("suppressed", "no_consent")


GATES: Final[tuple[Gate, ...]] = (fresh, consent)


def ask(question: Question) -> Closed | None:
    """The first gate that does not open, or None if the nudge may go."""
    answers = (gate(question) for gate in GATES)
    return next((closed for closed in answers if closed is not None), None)
