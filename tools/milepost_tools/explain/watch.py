"""A log, simulated for one subject, and what each of its lines did to it.

The clock is driven by every line, whoever it is about, so that what was late in the log is late here. A subject that
is a user is simulated alone; an account with all its users, who are known only once the whole log is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from milepost.application.accounts import for_account
from milepost.application.intake import Intake, Reading
from milepost.domain.advance import advance
from milepost.domain.catalog import ACCOUNT, Catalog
from milepost.domain.event import Identify, Message, Subject, Track
from milepost.domain.instant import Instant
from milepost.domain.outbox import Outcome
from milepost.domain.progress import Progress
from milepost_tools.explain.effect import fold
from milepost_tools.explain.known import Effect, Happening, Known, decision_of
from milepost_tools.explain.refusal import is_nobodys, reasons_against
from milepost_tools.explain.subject import nobody_knows
from milepost_tools.history.clock import RunningClock
from milepost_tools.history.glance import glance, part_of_subject
from milepost_tools.history.log import Entry, Log
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.sending import Parcel, Unsent

_PARTS = 2**32
"""So many parts of subjects that a part is as good as one subject: the few others that share it are left out later."""


def watch(log: Log, name: str, subject: Subject, catalog: Catalog, as_of: Instant | None) -> Known:
    """Run a log up to `as_of`, and tell all that it says of a subject.

    Raises:
        ProblemError: the log cannot be read, or says nothing of the subject.
    """
    watched = _Watch(catalog, subject)
    for entry in log.entries():
        watched.take(log, entry)
    watched.end(as_of)
    progress = watched.simulation.subjects.get(subject)
    unheard = not watched.happenings or (subject.startswith(ACCOUNT) and not catalog.accounts.milestones)
    if progress is None and unheard:
        raise nobody_knows(subject, name)
    return Known(
        progress=progress or Progress(subject),
        source=name,
        now=max(watched.simulation.clock.now, as_of or 0),
        decisions=[decision_of(each, waits=False) for each in watched.simulation.nudges if each.subject == subject],
        outcomes=[each for each in watched.simulation.outcomes if each.subject == subject],
        happenings=watched.happenings,
        unreadable=watched.unreadable,
    )


@dataclass(slots=True)
class _Watch:
    catalog: Catalog
    subject: Subject
    happenings: list[Happening] = field(default_factory=list)
    unreadable: int = 0
    simulation: Simulation = field(init=False)
    _before: dict[Subject, Progress] = field(default_factory=dict)
    """Whom a line concerns, as they were right before it."""
    _decided: int = 0
    """Outcomes of the simulation that have been looked at."""
    _marks: list[int] = field(default_factory=list)
    """How many outcomes there were before each event of a line: what is new before the first is the clock's."""

    def __post_init__(self) -> None:
        self.simulation = Simulation(self.catalog, self._is_watched)

    @property
    def _everybody(self) -> bool:
        return self.subject.startswith(ACCOUNT)

    def _is_watched(self, subject: Subject) -> bool:
        """Asked right before events of a subject are folded, when the clock is settled up to them."""
        self._marks.append(len(self.simulation.outcomes))
        known = self.simulation.subjects
        for each in (subject, self.subject):
            self._before.setdefault(each, known.get(each) or Progress(each))
        return self._everybody or subject == self.subject

    def take(self, log: Log, entry: Entry) -> None:
        """Take in a line, or let it pass by where it is certainly about somebody else."""
        arrival = None if self._everybody else self._passes_by(log, entry)
        if arrival is not None:
            self.simulation.pass_by(arrival)
            self._tell_clock(len(self.simulation.outcomes))
            return
        parcel = log.parcel(entry)
        reading = self._read(parcel)
        self._before.clear()
        self._marks.clear()
        self.simulation.take(parcel)
        self._tell_clock(self._marks[0] if self._marks else len(self.simulation.outcomes))
        self._tell_line(parcel, reading)
        self._decided = len(self.simulation.outcomes)

    def end(self, as_of: Instant | None) -> None:
        """Let the clock run on to the end."""
        self.simulation.end(as_of)
        self._tell_clock(len(self.simulation.outcomes))

    def _passes_by(self, log: Log, entry: Entry) -> Instant | None:
        try:
            now = self.simulation.clock.now
            seen = None if entry.reason else glance(entry.content.decode(), _PARTS, now, has_id=log.has_ids)
        except UnicodeDecodeError:
            return None
        return None if seen is None or seen.part == part_of_subject(self.subject, _PARTS) else seen.arrival

    def _read(self, parcel: Parcel | Unsent) -> Reading:
        """What a line holds, without the simulation's own clock being moved."""
        if isinstance(parcel, Unsent):
            return Reading((), ())
        now = self.simulation.clock.now
        return Intake(self.catalog.max_age, RunningClock(now)).read(parcel.body, now)

    def _tell_clock(self, until: int) -> None:
        """What the clock decided on the subject."""
        for outcome in self.simulation.outcomes[self._decided : until]:
            if outcome.subject == self.subject:
                self.happenings.append(_by_clock(outcome))
        self._decided = until

    def _tell_line(self, parcel: Parcel | Unsent, reading: Reading) -> None:
        if isinstance(parcel, Unsent) or (reading.reasons and is_nobodys(parcel.body)):
            self.unreadable += 1
            return
        now = self.simulation.clock.now
        own = list(self._own(reading))
        progress = self._before.get(self.subject) or Progress(self.subject)
        for event in own:
            folded = fold(progress, event, self.catalog, now)
            progress = folded.progress
            self.happenings.append(
                Happening(event.instant, now, _name(event), event.message_id, parcel.ref, *folded[1:])
            )
        accepted = sum(event.subject == self.subject for event in reading.events)
        for reason in reasons_against(self.subject, parcel.body, reading.reasons, accepted):
            self.happenings.append(
                Happening(None, now, "message", None, parcel.ref, f"refused: {reason}", counted=False)
            )

    def _own(self, reading: Reading) -> Iterator[Message]:
        """The subject's events of a line; of an account those of its users that count for it."""
        users = dict(self._before)
        for event in reading.events:
            if event.subject == self.subject:
                yield event
            elif self._everybody:
                user = users.get(event.subject) or Progress(event.subject)
                users[event.subject] = advance(user, [event], self.catalog, self.simulation.clock.now).progress
                shared = for_account(event, users[event.subject])
                if shared is not None and shared.subject == self.subject:
                    yield shared


def _by_clock(outcome: Outcome) -> Happening:
    effects = (Effect(outcome.outcome, outcome.milestone),)
    return Happening(outcome.at, outcome.decided_at, "the clock", None, None, None, effects)


def _name(event: Message) -> str:
    if isinstance(event, Track):
        return event.name if event.subject == event.user else f"{event.name} of {event.user}"
    return "identify" if isinstance(event, Identify) else "group"
