"""A store in memory, as strict as the real one, that can be told to fail in each way the port allows."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from milepost.application.ports import Booking, Piece, Saved, Stored
from milepost.domain.event import Message, Subject
from milepost.domain.ledger import Entry, Ledger
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress

MOST_ITEMS = 100
"""DynamoDB's limit for one transaction."""


class Fault(Enum):
    """What befalls one subject's write."""

    REFUSE = auto()
    """Throttled: nothing is written."""
    CONFLICT = auto()
    """Somebody else writes first, without changing anything that matters."""
    LOSE_ANSWER = auto()
    """The write is done, and its retry meets its own condition."""


@dataclass(slots=True)
class MemoryStore:
    """Progress under versions. `faults` are met by the next writes, one a subject; None is a write that works."""

    faults: deque[Fault | None] = field(default_factory=deque)
    unread: Counter[Subject] = field(default_factory=Counter)
    """How often each of these subjects is left unread."""
    rivals: deque[Callable[[], object]] = field(default_factory=deque)
    """What other workers do, one before each of the next calls that write."""
    stale: bool = False
    """Reads that are not consistent show every subject as it was before its last write."""
    reads: list[tuple[tuple[Subject, ...], bool]] = field(default_factory=list)
    decisions: list[Nudge] = field(default_factory=list)
    statistics: Counter[tuple[str, str]] = field(default_factory=Counter)
    bookings: int = 0
    most: int | None = None
    """Stored entries that a ledger keeps; the others are spilled."""
    spilled: defaultdict[Subject, list[tuple[int, Entry]]] = field(default_factory=lambda: defaultdict(list))
    unrecalled: int = 0
    """How often what was spilled cannot be read."""
    recalls: list[Subject] = field(default_factory=list)
    aliases: dict[tuple[Subject, Subject], int] = field(default_factory=dict)
    """Word of who has become whom, and the version of that one since."""
    _versions: dict[Subject, list[Stored]] = field(default_factory=dict)

    def now(self, subject: Subject) -> Stored:
        """The subject as it stands."""
        return self._history(subject)[-1]

    @property
    def subjects(self) -> frozenset[Subject]:
        """Everybody who is stored."""
        return frozenset(self._versions)

    def put(self, progress: Progress) -> None:
        """Write without a condition, as test set-up."""
        self._write(Stored(progress, self.now(progress.subject).version))

    def load(self, subjects: Sequence[Subject], *, consistent: bool) -> Mapping[Subject, Stored]:
        """See the port."""
        assert len(set(subjects)) == len(subjects), "BatchGetItem refuses the same key twice"
        self.reads.append((tuple(subjects), consistent))
        left_out = {subject for subject in subjects if self.unread[subject] > 0}
        self.unread.subtract(left_out)
        age = -2 if self.stale and not consistent else -1
        return {each: self._history(each)[age:][0] for each in subjects if each not in left_out}

    def recall(self, progress: Progress, events: Sequence[Message]) -> Sequence[tuple[int, Entry]] | None:
        """See the port. All that was spilled of whom the ledger names, or None while the subject is left unread."""
        ledger, subject = progress.ledger, progress.subject
        assert any(ledger.needs_recall(event) for event in events), "a query that finds nothing costs as much"
        self.recalls.append(subject)
        if self.unrecalled > 0:
            self.unrecalled -= 1
            return None
        named = {partition or subject for event in events for partition in ledger.partitions_of(event)}
        return [found for partition in named for found in self.spilled[partition]]

    def save(self, changes: Sequence[Stored]) -> Mapping[Subject, Saved]:
        """See the port."""
        assert changes, "a batch of no statements is refused"
        self._let_a_rival_act()
        results = {change.progress.subject: self._try(change) for change in changes}
        assert len(results) == len(changes), "a batch of statements refuses the same item twice"
        return results

    def join(self, user: Stored, other: Stored) -> Saved:
        """See the port."""
        pair = (user, other)
        assert user.progress.subject != other.progress.subject, "a transaction refuses the same item twice"
        self._let_a_rival_act()
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.REFUSE:
            return Saved.REFUSED
        if fault is Fault.CONFLICT:
            self._write(self.now(user.progress.subject))
        if any(each.version != self.now(each.progress.subject).version for each in pair):
            return Saved.CONFLICT
        for each in pair:
            self._write(each)
        self.aliases[user.progress.subject, other.progress.subject] = user.version + 1
        return Saved.CONFLICT if fault is Fault.LOSE_ANSWER else Saved.DONE

    def book(self, bookings: Sequence[Booking]) -> Mapping[Subject, Saved]:
        """See the port."""
        assert bookings, "a transaction of no items is refused"
        return {booking.progress.subject: self._book(booking) for booking in bookings}

    def beside(self, subject: Subject) -> Sequence[Piece]:
        """See the port."""
        decisions = [Piece("decision", each.id) for each in self.decisions if each.subject == subject]
        spilled = [
            Piece("straggler", f"{key}", instant=entry.instant, entries=1) for key, entry in self.spilled[subject]
        ]
        aliases = [
            Piece("alias", other, version=version, other=other)
            for (user, other), version in self.aliases.items()
            if user == subject
        ]
        return [*decisions, *spilled, *aliases]

    def entomb(self, tombstone: Stored) -> Saved:
        """See the port."""
        self._let_a_rival_act()
        return self._try(tombstone)

    def remove(self, subject: Subject, pieces: Sequence[Piece]) -> None:
        """See the port."""
        names = {(piece.kind, piece.name) for piece in pieces}
        self.decisions = [
            each for each in self.decisions if each.subject != subject or ("decision", each.id) not in names
        ]
        self.spilled[subject] = [each for each in self.spilled[subject] if ("straggler", f"{each[0]}") not in names]
        self.aliases = {
            pair: version
            for pair, version in self.aliases.items()
            if pair[0] != subject or ("alias", pair[1]) not in names
        }

    def _book(self, booking: Booking) -> Saved:
        """The progress, the decisions and the statistics, or nothing."""
        scopes = {scope for scope, _ in booking.increments.counts}
        assert 1 + len(booking.decisions) + len(scopes) <= MOST_ITEMS, "too much for one transaction"
        names = [nudge.id for nudge in booking.decisions]
        assert len(set(names)) == len(names), "a transaction refuses the same item twice"
        self._let_a_rival_act()
        before = self.now(booking.progress.subject).version
        if booking.version == 0:  # Nobody is stored at it: an update's condition finds no item.
            return Saved.CONFLICT
        result = self._try(Stored(booking.progress, booking.version), booking)
        assert (result is Saved.DONE) <= (before == booking.version)
        return result

    def _try(self, change: Stored, booking: Booking | None = None) -> Saved:
        subject = change.progress.subject
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.REFUSE:
            return Saved.REFUSED
        if fault is Fault.CONFLICT:
            self._write(self.now(subject))
        if change.version != self.now(subject).version:
            return Saved.CONFLICT
        self._write(change)
        if booking is not None:
            self.bookings += 1
            self.decisions.extend(booking.decisions)
            self.statistics.update(booking.increments.counts)
        return Saved.CONFLICT if fault is Fault.LOSE_ANSWER else Saved.DONE

    def _history(self, subject: Subject) -> list[Stored]:
        return self._versions.get(subject, [Stored(Progress(subject), 0)])

    def _write(self, change: Stored) -> None:
        subject, ledger = change.progress.subject, change.progress.ledger
        if self.most is not None:
            ledger, gone = ledger.spill(self.most)
            self.spilled[subject] += [*gone.segment.items(), *gone.stragglers.items()]
        stored = Ledger(
            dict(ledger.entries), stored=len(ledger.entries), elsewhere=ledger.elsewhere._replace(recalled={})
        )
        progress = change.progress._replace(ledger=stored)
        self._versions[subject] = [*self._history(subject), Stored(progress, change.version + 1)]

    def _let_a_rival_act(self) -> None:
        if self.rivals:
            self.rivals.popleft()()
