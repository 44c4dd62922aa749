"""The decisions on a subject's nudges as they are recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from milepost.domain.event import Subject
from milepost.domain.instant import Instant
from milepost.domain.milestone import Path
from milepost.domain.outbox import Reason, Verdict


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one nudge, as far as it is known; the fields are those of `Nudge`.

    `template` is None where an earlier release has recorded it, or the step has left the catalog. `attempt` is 1 but
    for what an operator sent again.
    """

    id: str
    subject: Subject
    milestone: str
    path: Path
    step: int
    n: int
    occurrence: int
    attempt: int
    channel: str
    template: str | None
    verdict: Verdict
    reason: Reason | None
    at: Instant
    decided_at: Instant
    until: Instant | None
    variant: str | None


class Decisions(Protocol):
    """What is recorded."""

    def of(self, subject: Subject) -> Sequence[Recorded]:
        """All on one subject's nudges, in the order of what they are about, as of now."""
