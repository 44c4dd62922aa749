"""A log, simulated for one subject, and what each of its lines did to it.

The clock is driven by every line, whoever it is about, so that what was late in the log is late here. A subject that
is a user is simulated alone; an account with all its users, who are known only once the whole log is read.
Whoever may turn out to be the subject is simulated with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from milepost.application.accounts import for_account
from milepost.application.intake import Intake, Reading
from milepost.domain.advance import advance
from milepost.domain.catalog import ACCOUNT, Catalog
from milepost.domain.event import Alias, Identify, Message, Subject, Track
from milepost.domain.instant import Instant
from milepost.domain.merge import forwarded
from milepost.domain.outbox import Outcome
from milepost.domain.progress import Progress
from milepost_tools.explain.aliases import ids_of
from milepost_tools.explain.effect import fold, merged
from milepost_tools.explain.known import Effect, Happening, Known, decision_of, with_pending
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
    watched = _Watch(catalog, subject, ids_of(subject, log.entries()))
    for entry in log.entries():
        watched.take(log, entry)
    watched.end(as_of)
    simulation = watched.simulation
    unheard = not watched.happenings or (subject.startswith(ACCOUNT) and not catalog.accounts.milestones)
    if subject not in simulation.subjects and unheard:
        raise nobody_knows(subject, name)
    head = simulation.head(subject)
    own = frozenset(each for each in watched.ids if simulation.head(each).subject == head.subject)
    return Known(
        progress=head,
        source=name,
        now=max(simulation.clock.now, as_of or 0),
        decisions=with_pending(
            (decision_of(each, waits=False) for each in simulation.decisions if each.subject in own), head, catalog
        ),
        outcomes=[each for each in simulation.outcomes if each.subject in own],
        happenings=[
            each if whose == head.subject else replace(each, name=f"{each.name} of {whose}")
            for whose, each in watched.happenings
            if whose in own
        ],
        unreadable=watched.unreadable,
        asked=None if subject == head.subject else subject,
        since=watched.since,
    )


@dataclass(slots=True)
class _Watch:
    catalog: Catalog
    subject: Subject
    ids: frozenset[Subject]
    """The subject, and who may turn out to be the same person."""
    happenings: list[tuple[Subject, Happening]] = field(default_factory=list)
    """What happened to which of them."""
    since: Instant | None = None
    """When the subject became who it is, if it became somebody else."""
    unreadable: int = 0
    simulation: Simulation = field(init=False)
    _parts: frozenset[int] = field(init=False)
    _before: dict[Subject, Progress] = field(default_factory=dict)
    """Whom a line concerns, as they were right before it."""
    _heads: dict[Subject, Subject] = field(default_factory=dict)
    """Who these ids were by then."""
    _decided: int = 0
    """Outcomes of the simulation that have been looked at."""
    _marks: list[int] = field(default_factory=list)
    """How many outcomes there were before each event of a line: what is new before the first is the clock's."""

    def __post_init__(self) -> None:
        self.simulation = Simulation(self.catalog, self._is_watched)
        self._parts = frozenset(part_of_subject(each, _PARTS) for each in self.ids)

    @property
    def _everybody(self) -> bool:
        return self.subject.startswith(ACCOUNT)

    def _is_watched(self, subject: Subject) -> bool:
        """Asked right before events or aliases of a subject are folded, when the clock is settled up to them."""
        self._marks.append(len(self.simulation.outcomes))
        for each in (subject, *self.ids):
            if each not in self._heads:
                head = self.simulation.head(each)
                self._heads[each] = head.subject
                self._before.setdefault(head.subject, head)
        return self._everybody or subject in self.ids

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
        self._heads.clear()
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
        return None if seen is None or seen.part in self._parts else seen.arrival

    def _read(self, parcel: Parcel | Unsent) -> Reading:
        """What a line holds, without the simulation's own clock being moved."""
        if isinstance(parcel, Unsent):
            return Reading((), ())
        now = self.simulation.clock.now
        return Intake(self.catalog.max_age, RunningClock(now)).read(parcel.body, now)

    def _tell_clock(self, until: int) -> None:
        """What the clock decided on the subject."""
        for outcome in self.simulation.outcomes[self._decided : until]:
            if outcome.subject in self.ids:
                self.happenings.append((outcome.subject, _by_clock(outcome)))
        self._decided = until

    def _tell_line(self, parcel: Parcel | Unsent, reading: Reading) -> None:
        if isinstance(parcel, Unsent) or (reading.reasons and is_nobodys(parcel.body)):
            self.unreadable += 1
            return
        for event in list(self._own(reading)):
            self._tell_event(event, parcel.ref)
        for alias in reading.aliases:
            if alias.subject in self.ids:
                self._tell_alias(alias, parcel.ref)
        now = self.simulation.clock.now
        for each in sorted(self.ids):
            accepted = sum(message.subject == each for message in (*reading.events, *reading.aliases))
            for reason in reasons_against(each, parcel.body, reading.reasons, accepted):
                refused = Happening(None, now, "message", None, parcel.ref, f"refused: {reason}", counted=False)
                self.happenings.append((each, refused))

    def _tell_event(self, event: Message, ref: str) -> None:
        now, head = self.simulation.clock.now, self._heads[event.subject]
        folded = fold(self._before[head], replace(event, subject=head), self.catalog, now)
        self._before[head] = folded.progress
        happening = Happening(event.instant, now, _name(event), event.message_id, ref, *folded[1:])
        self.happenings.append((event.subject, happening))

    def _tell_alias(self, alias: Alias, ref: str) -> None:
        now = self.simulation.clock.now
        user, other = (self._before[self._heads[each]] for each in (alias.subject, alias.previous))
        folded = merged(user, other, self.catalog, now)
        happening = Happening(alias.instant, now, "alias", alias.message_id, ref, *folded[1:])
        self.happenings.append((user.subject, happening))
        if not folded.counted:
            return
        if self._heads[self.subject] == other.subject:
            self.since = alias.instant
        self._before[user.subject] = folded.progress
        self._before[other.subject] = forwarded(other, user, self.catalog, now)
        self._heads.update({each: user.subject for each, head in self._heads.items() if head == other.subject})

    def _own(self, reading: Reading) -> Iterator[Message]:
        """The subject's events of a line; of an account those of its users that count for it."""
        users = dict(self._before)
        for event in reading.events:
            if event.subject in self.ids:
                yield event
            elif self._everybody:
                head = self._heads[event.subject]
                users[head] = advance(
                    users[head], [replace(event, subject=head)], self.catalog, self.simulation.clock.now
                ).progress
                shared = for_account(event, users[head])
                if shared is not None and shared.subject == self.subject:
                    yield shared


def _by_clock(outcome: Outcome) -> Happening:
    effects = (Effect(outcome.outcome, outcome.milestone),)
    return Happening(outcome.at, outcome.decided_at, "the clock", None, None, None, effects)


def _name(event: Message) -> str:
    if isinstance(event, Track):
        return event.name if event.subject == event.user else f"{event.name} of {event.user}"
    return "identify" if isinstance(event, Identify) else "group"
