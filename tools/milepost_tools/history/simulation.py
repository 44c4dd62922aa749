"""A log run through the pure core: no AWS, no waiting, the clock driven by the log itself."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from milepost.application.accounts import for_account
from milepost.application.intake import Intake
from milepost.domain.advance import Advance, acknowledge, advance
from milepost.domain.catalog import USER, Catalog
from milepost.domain.event import Alias, Message, Subject, Tick
from milepost.domain.instant import Instant
from milepost.domain.merge import forwarded, merge
from milepost.domain.outbox import Nudge, Outcome
from milepost.domain.progress import Progress
from milepost_tools.history.clock import RunningClock
from milepost_tools.local.sending import Parcel, Unsent


def everybody(_subject: Subject) -> bool:
    """Every subject is looked at."""
    return True


@dataclass(slots=True)
class Simulation:
    """The state of a run; `settled_at` are the instants at which the clock had something to look at.

    `mine` says whose events are folded and whose aliases carried out. A run over some subjects that is told of the
    lines of all others, with `pass_by`, has its clock where a run over all of them would have it.
    """

    catalog: Catalog
    mine: Callable[[Subject], bool] = everybody
    clock: RunningClock = field(default_factory=RunningClock)
    subjects: dict[Subject, Progress] = field(default_factory=dict)
    first_events: dict[Subject, Instant] = field(default_factory=dict)
    """The earliest instant of each subject's counted events."""
    outcomes: list[Outcome] = field(default_factory=list)
    decisions: list[Nudge] = field(default_factory=list)
    """Every verdict in the order of time: on one that was deferred, another one follows."""
    refused: list[Unsent] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    settled_at: list[Instant] = field(default_factory=list)
    _intake: Intake = field(init=False)
    _due: list[tuple[Instant, Subject]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._intake = Intake(self.catalog.max_age, self.clock)

    @property
    def nudges(self) -> list[Nudge]:
        """What became of every nudge: the last verdict on it."""
        return list({each.id: each for each in self.decisions}.values())

    def run(self, lines: Iterable[Parcel | Unsent], as_of: Instant | None = None) -> "Simulation":
        """Take in every line, then end."""
        for line in lines:
            self.take(line)
        return self.end(as_of)

    def take(self, line: Parcel | Unsent) -> Unsent | None:
        """Take in a line; what was refused of it, if anything was."""
        refused = line if isinstance(line, Unsent) else self._read(line)
        if refused:
            self.refused.append(refused)
        return refused

    def pass_by(self, arrival: Instant) -> None:
        """The arrival of a line in which nobody of ours is meant: it moves the clock all the same."""
        self.clock.now = max(self.clock.now, arrival)
        self._settle(self.clock.now - 1)

    def end(self, as_of: Instant | None = None) -> "Simulation":
        """Move the clock to `as_of`, or leave it where the log has brought it."""
        self._settle(self.clock.now if as_of is None else as_of)
        return self

    def _read(self, line: Parcel) -> Unsent | None:
        reading = self._intake.read(line.body, self.clock.now)
        # A timer due at T fires before the first event later than T; one at T is activity (semantics, 3.8).
        self._settle(self.clock.now - 1)
        for event in reading.events:
            if self.mine(event.subject):
                self._fold(event)
        for alias in reading.aliases:
            if self.mine(alias.subject):
                self._merge(alias)
        return Unsent(line.ref, " ".join(reading.reasons)) if reading.reasons else None

    def _fold(self, event: Message) -> None:
        progress = self.head(event.subject)
        subject = progress.subject
        folded = event if subject == event.subject else replace(event, subject=subject)
        advanced = advance(progress, [folded], self.catalog, self.clock.now)
        if advanced.tally.get("counted"):
            self.first_events[subject] = min(self.first_events.get(subject, event.instant), event.instant)
        self._keep(progress, advanced)
        if self.catalog.accounts.milestones and subject.startswith(USER):
            of_account = for_account(event, self.subjects[subject])
            if of_account is not None:
                self._fold(of_account)

    def head(self, subject: Subject) -> Progress:
        """Who the subject is by now."""
        progress = self.subjects.get(subject) or Progress(subject)
        while progress.forward is not None:
            progress = self.subjects[progress.forward]
        return progress

    def _merge(self, alias: Alias) -> None:
        user, other = self.head(alias.subject), self.head(alias.previous)
        if user.subject == other.subject:
            return
        rest = forwarded(other, user, self.catalog, self.clock.now)
        self._keep(user, merge(user, other, self.catalog, self.clock.now))
        # Whatever waited for the other is recorded as cancelled: it waits for the user now.
        self.decisions += [each for each in rest.outbox if isinstance(each, Nudge)]
        self.subjects[other.subject] = rest._replace(outbox=(), due=None)
        first = self.first_events.pop(other.subject, None)
        if first is not None:
            self.first_events[user.subject] = min(self.first_events.get(user.subject, first), first)

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
        if progress.subject.startswith(USER):  # An event that counts for an account as well is one event.
            self.tally.update(advanced.tally)
        self.outcomes += advanced.outcomes
        self.decisions += advanced.nudges
