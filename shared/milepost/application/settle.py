"""Settle: the clock is folded into the progress of those who are due.

A tick says "look at this subject" and nothing else: what is decided depends on the progress and on how far
the event queue is worked off, so a forged or a repeated tick is harmless.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from milepost.application.folding import Folding
from milepost.application.ports import Backoff, TickMessage, WorkedOff
from milepost.domain.event import Subject, Tick
from milepost.domain.instant import Instant

NOTHING_YET: Final[Instant] = 0
"""Decide nothing that waits for the clock; only look after what is unacknowledged."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The subjects that could not be written, whether decisions waited for the backlog, counts for the metrics."""

    failed: frozenset[Subject]
    held: bool
    tally: Counter[str]
    faults: tuple[str, ...] = ()
    """Where the core gave up; see `Folded`."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Folds ticks. `now_of` tells the time by which a tick is judged."""

    folding: Folding
    worked_off: WorkedOff
    now_of: Callable[[TickMessage], Instant]

    def settle(self, ticks: Sequence[TickMessage], backoff: Backoff) -> Settled:
        """Decide what the clock decides for these subjects, up to where the event queue is worked off."""
        now = max(self.now_of(tick) for tick in ticks)
        known = self.worked_off.until(now)
        until = NOTHING_YET if known is None else known
        work = {subject: [Tick(until)] for tick in ticks for subject in tick.subjects}
        folded = self.folding.fold(work, lambda _: now, backoff)
        return Settled(folded.failed, known is None, folded.tally, folded.faults)
