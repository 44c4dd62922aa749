"""What the application needs of the world. Adapters offer it on AWS, test doubles in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Protocol, TypeAlias

from milepost.domain.event import Message, Subject
from milepost.domain.instant import Instant
from milepost.domain.ledger import Entry
from milepost.domain.outbox import Nudge, Outcome
from milepost.domain.progress import Progress


class Saved(Enum):
    """What became of one subject's conditional write."""

    DONE = "done"
    CONFLICT = "conflict"
    """Somebody else wrote first, or our own write was done and its answer lost: read again."""
    REFUSED = "refused"
    """Throttled, or a transaction held the item: nothing was written, try again."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A subject's progress as it stands under `version`; version 0 is a subject that is not stored yet."""

    progress: Progress
    version: int


@dataclass(frozen=True, slots=True)
class Increments:
    """What a booking adds to the statistics: counts by (scope, counter), such as ("first-workout", "reached").

    The scope of what belongs to no milestone is "*".
    """

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Booking:
    """One subject's acknowledgement: all of it is written, or nothing.

    `progress` replaces the stored one if it is still at `version`; each nudge becomes a decision record.
    """

    version: int
    progress: Progress
    decisions: tuple[Nudge, ...]
    increments: Increments


class Store(Protocol):
    """Subjects' progress, by subject."""

    def load(self, subjects: Sequence[Subject], *, consistent: bool) -> Mapping[Subject, Stored]:
        """Read subjects; every subject asked for is in the answer, except those that could not be read now.

        A stored item that is damaged or of a newer major format is among those. Not `consistent`, it may be stale.
        """

    def recall(self, progress: Progress, events: Sequence[Message]) -> Sequence[tuple[int, Entry]] | None:
        """What has left this progress's ledger that one of these events may repeat, each with the event's hash.

        None: it could not be read now.
        """

    def save(self, changes: Sequence[Stored]) -> Mapping[Subject, Saved]:
        """Write each progress on the condition that its subject is still at `version`; it is then at version + 1.

        Some of what its ledger had stored before may move to where `recall` finds it.
        """

    def join(self, user: Stored, other: Stored) -> Saved:
        """Write both or neither, each on the condition that its subject is still at `version`.

        The user's estate then has word of the other, who has become the user.
        """

    def book(self, bookings: Sequence[Booking]) -> Mapping[Subject, Saved]:
        """Write each booking whole or not at all, on the condition that its subject is still at `version`.

        Bookings of several subjects may share a transaction: one that loses its race then refuses the others too.
        """


PieceKind: TypeAlias = Literal["decision", "segment", "straggler", "alias", "other"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One item beside a subject's aggregate; `name` is what its store calls it.

    `version` is that of the aggregate when a segment left it, or when word of an alias was left; `instant` is that
    of a straggler's event. `other` is who has become the subject, `entries` how many events a segment holds.
    """

    kind: PieceKind
    name: str
    version: int | None = None
    instant: Instant | None = None
    other: Subject | None = None
    entries: int = 0


class Estate(Protocol):
    """All that is stored under one subject, for who erases it. Whatever cannot be done now is raised as it comes."""

    def beside(self, subject: Subject) -> Sequence[Piece]:
        """Everything but the aggregate, read consistently."""

    def entomb(self, tombstone: Stored) -> Saved:
        """Put the tombstone in place of the whole aggregate, on the condition that it is still at `version`.

        Nothing of what was there stays, whichever release wrote it.
        """

    def remove(self, subject: Subject, pieces: Sequence[Piece]) -> None:
        """Remove these; that one is not there any more is no error."""


class DueIndex(Protocol):
    """Who waits for the clock. A hint: the progress itself decides."""

    @property
    def shards(self) -> int:
        """How many shards there are."""

    def due(self, shard: int, until: Instant, limit: int) -> Sequence[tuple[Subject, Instant]]:
        """At most `limit` subjects of the shard whose due instant is not after `until`, the earliest first."""


@dataclass(frozen=True, slots=True)
class TickMessage:
    """Look at these subjects, for the sweep that ran at `at`."""

    shard: int
    subjects: tuple[Subject, ...]
    at: Instant


class TickQueue(Protocol):
    """Where a sweep puts its ticks. Ticks of one shard are worked off one after another."""

    def depth(self) -> int:
        """About how many messages wait or are being worked on."""

    def put(self, ticks: Sequence[TickMessage]) -> None:
        """Queue ticks. The same tick put twice within five minutes is queued once.

        Raises:
            QueueUnavailableError: not all were queued.
        """


class QueueUnavailableError(Exception):
    """A queue or topic did not take what it was given."""


class WorkedOff(Protocol):
    """Up to which instant the event queue is worked off (semantics, 3.11)."""

    def until(self, now: Instant) -> Instant | None:
        """That instant, never later than `now`; None while it is not known."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that cannot be used, as it came, and why in one sentence that quotes nothing of it."""

    message_id: str
    body: str
    reason: str


class DeadLetters(Protocol):
    """Where refused messages go, for an operator to find, repair and send again."""

    def put(self, refusals: Sequence[Refusal]) -> frozenset[str]:
        """Hand over refused messages unchanged; the ids of those that were taken."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An entry of an outbox as it goes out: `data` are the keys that its message's `data` has beside its own."""

    entry: Outcome | Nudge
    data: Mapping[str, object] = field(default_factory=dict)


Unfit: TypeAlias = Literal["template_failed", "too_large"]
"""Why a nudge cannot go out as it is. It quotes nothing of the template nor of the subject."""


class ComposeError(Exception):
    """A nudge cannot go out as it is, whatever is tried."""

    def __init__(self, reason: Unfit) -> None:
        """`reason` becomes that of its verdict."""
        super().__init__(reason)
        self.reason: Unfit = reason


class Composer(Protocol):
    """Puts together what a nudge says."""

    def compose(self, nudge: Nudge, progress: Progress) -> Mapping[str, object]:
        """The `data` of its `Outgoing`: what is known of the subject, and the content for its channel.

        Raises:
            ComposeError: the template fails for this subject, or the message is more than a topic takes.
        """


class Topics(Protocol):
    """One topic per channel, and one for outcomes."""

    def publish(self, entries: Sequence[Outgoing]) -> frozenset[str]:
        """Publish outcomes to the topic `outcomes` and nudges to their channel's; the ids that were taken."""


class Backoff(Protocol):
    """How long to wait before trying again, with jitter, and whether there is time left to."""

    def wait(self, attempt: int) -> bool:
        """Wait before this attempt (from 1). False, at once, where the time left does not allow it."""
