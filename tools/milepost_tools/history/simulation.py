"""A log run through the pure core: no AWS, no waiting, the clock driven by the log itself."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from milepost.application.intake import Intake
from milepost.domain.advance import Advance, acknowledge, advance
from milepost.domain.catalog import Catalog
from milepost.domain.event import Identify, Subject, Tick, Track
from milepost.domain.instant import Instant
from milepost.domain.outbox import Nudge, Outcome
from milepost.domain.progress import Progress
from milepost_tools.history.clock import RunningClock
from milepost_tools.local.sending import Parcel, Unsent


@dataclass(slots=True)
class Simulation:
    """The state of a run; `settled_at` are the instants at which the clock had something to look at."""

    catalog: Catalog
    clock: RunningClock = field(default_factory=RunningClock)
    subjects: dict[Subject, Progress] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    nudges: list[Nudge] = field(default_factory=list)
    refused: list[Unsent] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    settled_at: list[Instant] = field(default_factory=list)
    _due: list[tuple[Instant, Subject]] = field(default_factory=list)

    def run(self, lines: Iterable[Parcel | Unsent], as_of: Instant | None = None) -> "Simulation":
        """Take in every line, then move the clock to `as_of`, or leave it where the log has brought it."""
        intake = Intake(self.catalog.max_age, self.clock)
        for line in lines:
            if isinstance(line, Unsent):
                self.refused.append(line)
            else:
                self._take(intake, line)
        self._settle(self.clock.now if as_of is None else as_of)
        return self

    def _take(self, intake: Intake, line: Parcel) -> None:
        reading = intake.read(line.body, self.clock.now)
        # A timer due at T fires before the first event later than T; one at T is activity (semantics, 3.8).
        self._settle(self.clock.now - 1)
        for event in reading.events:
            self._fold(event)
        if reading.reasons:
            self.refused.append(Unsent(line.ref, " ".join(reading.reasons)))

    def _fold(self, event: Track | Identify) -> None:
        progress = self.subjects.get(event.subject) or Progress(event.subject)
        self._keep(progress, advance(progress, [event], self.catalog, self.clock.now))

    def _settle(self, until: Instant) -> None:
        while self._due and self._due[0][0] <= until:
            due, subject = heappop(self._due)
            progress = self.subjects[subject]
            if progress.due == due:
                if not self.settled_at or self.settled_at[-1] != due:
                    self.settled_at.append(due)
                self._keep(progress, advance(progress, [Tick(due)], self.catalog, due))

    def _keep(self, before: Progress, advanced: Advance) -> None:
        progress = advanced.progress
        if progress.outbox:
            # Told and booked on the spot: here no channel is slow and no write is lost.
            told = frozenset(each.id for each in progress.outbox)
            progress = acknowledge(progress, told, self.catalog, self.clock.now)
        self.subjects[progress.subject] = progress
        if progress.due is not None and progress.due != before.due:
            heappush(self._due, (progress.due, progress.subject))
        self.tally.update(advanced.tally)
        self.outcomes += advanced.outcomes
        self.nudges += advanced.nudges
