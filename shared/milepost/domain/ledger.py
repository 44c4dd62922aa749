"""The ledger: which events of a subject have been counted, so that each counts once.

An entry is the event's instant, the 64-bit hash of its messageId, an 8-bit checksum of its body, and 8 bits of the
account that it counts for as well, so that a copy never counts for another. An entry leaves when no copy of its event
can be accepted any more: older than `max_age` on arrival is rejected, and a copy that waited in the event queue or its
dead-letter queue did so for at most `REDELIVERY`.

What does not fit beside the rest of a subject's progress is *spilled*: its oldest stored entries are kept elsewhere,
and the ledger remembers the newest instant among them. An event that is newer than that is known here or not at all;
of one that is not, what was spilled has to be *recalled* before it is judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Final, NamedTuple, cast
from zlib import crc32

from milepost.domain.event import Event, Subject
from milepost.domain.instant import DAY, WEEK, Duration, Instant

REDELIVERY: Final[Duration] = 18 * DAY
"""Retention of the event queue (4 days) and of its dead-letter queue (14 days), as `template.yaml` sets them."""
LEAST: Final = 16
"""Below this many entries nothing is gained by looking for ones that may leave."""
_UNKNOWN: Final[Instant] = -(2**63)
_NOTHING: Final[Mapping[int, Sequence["Entry"]]] = {}


class Entry(NamedTuple):
    """One counted event; `account` is the mark of the account that it counts for as well, 0 for none."""

    instant: Instant
    body: int
    account: int = 0


def mark_of(account: str) -> int:
    """8 bits of an account's id, never 0: enough to tell it from the few others that a user belonged to."""
    return crc32(account.encode()) % 255 + 1


class Spilled(NamedTuple):
    """What leaves a ledger for good.

    `segment` are entries newer than all that was spilled before, which is up to `after`; `stragglers` are the others.
    """

    after: Instant | None
    segment: Mapping[int, Entry]
    stragglers: Mapping[int, Entry]


class Origin(NamedTuple):
    """A subject that has become this one, and the newest instant among what was spilled of its ledger."""

    subject: Subject
    spilled: Instant


class Elsewhere(NamedTuple):
    """What of a ledger is not in it.

    `spilled` is the newest instant among what was spilled, `origins` who else's was, and `recalled` are entries of it
    that have been found again, for as long as they are at hand: they are not stored in the ledger anew. Several of
    them may be of one hash, because beyond the recent events a messageId may be used again.
    """

    spilled: Instant | None = None
    origins: tuple[Origin, ...] = ()
    recalled: Mapping[int, Sequence[Entry]] = _NOTHING


_NOWHERE: Final = Elsewhere()


class Ledger:
    """Counted events by the hash of their messageId, in the order in which they were counted. Immutable.

    One more event must not copy all others, so ledgers that grow from one another share one mapping, of which the
    first `size` entries are a ledger's own. Only the longest of them adds to it in place; whoever grows from an
    earlier one, as after a lost race, begins a copy. The first `stored` of them are stored, and nothing else may be
    spilled: an entry that is found anywhere is of an event that was counted.
    """

    __slots__ = ("_oldest", "_shared", "elsewhere", "size", "stored")

    def __init__(
        self,
        entries: Mapping[int, Entry] | None = None,
        *,
        oldest: Instant = _UNKNOWN,
        size: int | None = None,
        stored: int = 0,
        elsewhere: Elsewhere = _NOWHERE,
    ) -> None:
        """`entries` are this ledger's from now on. No entry is older than `oldest`, known once it was looked for."""
        self._shared: dict[int, Entry] = {} if entries is None else cast("dict[int, Entry]", entries)
        self._oldest = oldest
        self.size = len(self._shared) if size is None else size
        self.stored = stored
        self.elsewhere = elsewhere

    @property
    def entries(self) -> Mapping[int, Entry]:
        """All of them, without what was spilled."""
        return self._shared if self._is_longest else dict(islice(self._shared.items(), self.size))

    @property
    def _is_longest(self) -> bool:
        return self.size == len(self._shared)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ledger):
            return False
        return self.entries == other.entries and self.elsewhere[:2] == other.elsewhere[:2]

    __hash__ = None  # type: ignore[assignment]  # It holds a mapping.

    def __repr__(self) -> str:
        return f"Ledger({self.entries}, elsewhere={self.elsewhere[:2]})"

    def find(self, event: Event) -> Entry | None:
        """The entry of the event that this one repeats, if it does."""
        found = self._shared.get(event.key)
        if found is not None and not self._is_longest:
            found = self.entries.get(event.key)
        return self._found_again(event) if found is None and self.elsewhere.recalled else found

    def _found_again(self, event: Event) -> Entry | None:
        """Among what was recalled; there the same messageId under another timestamp is another event."""
        found = self.elsewhere.recalled.get(event.key, ())
        return next((each for each in found if each.instant == event.instant or not event.dated), None)

    def reuses_an_id(self, event: Event) -> bool:
        """Whether an event that is new has the messageId of one that was spilled."""
        return event.key in self.elsewhere.recalled

    def needs_recall(self, event: Event) -> bool:
        """Whether an entry of this event may be among what was spilled."""
        return bool(self.partitions_of(event)) and self.find(event) is None

    @property
    def has_spilled(self) -> bool:
        """Whether anything of it is elsewhere."""
        return self.elsewhere.spilled is not None or bool(self.elsewhere.origins)

    def partitions_of(self, event: Event) -> Sequence[Subject | None]:
        """Among whose spilled entries that of an event may be; None for the subject's own."""
        spilled, origins, _ = self.elsewhere
        marks = (*(((None, spilled),) if spilled is not None else ()), *origins)
        return [subject for subject, newest in marks if event.instant <= newest or not event.dated]

    def merged(self, other: "Ledger", subject: Subject) -> "Ledger":
        """The ledger of a subject that turns out to be another one too: what either has counted (semantics, 3.14).

        What was spilled stays where it is. `subject` is the other one.
        """
        entries = {**other.entries, **self.entries}
        theirs = other.elsewhere
        own = () if theirs.spilled is None else (Origin(subject, theirs.spilled),)
        origins = (*self.elsewhere.origins, *theirs.origins, *own)
        return Ledger(entries, stored=len(entries), elsewhere=self.elsewhere._replace(origins=origins))

    def recalling(self, found: Iterable[tuple[int, Entry]]) -> "Ledger":
        """The ledger with these entries found again for as long as it is at hand; they are not stored in it again."""
        recalled = dict(self.elsewhere.recalled)
        for key, entry in found:
            recalled[key] = (*recalled.get(key, ()), entry)
        elsewhere = self.elsewhere._replace(recalled=recalled)
        return Ledger(self.entries, oldest=self._oldest, stored=self.stored, elsewhere=elsewhere)

    def with_events(self, counted: Mapping[int, Entry], horizon: Instant) -> "Ledger":
        """The ledger with these events added, the oldest first, and those of weeks before the horizon's gone."""
        oldest = min(self._oldest, next(iter(counted.values())).instant) if counted else self._oldest
        until = horizon - horizon % WEEK  # Whole weeks, so that not every event has to look through all of them.
        if oldest < until and self.size + len(counted) > LEAST:
            gone = frozenset([key for key, each in self.entries.items() if each.instant < until])
            if gone:
                return self._without(gone, counted, self.elsewhere)
            oldest = min([each.instant for entries in (self.entries, counted) for each in entries.values()])
        shared = self._shared if self.size and self._is_longest else dict(self.entries)
        shared.update(counted)
        return Ledger(shared, oldest=oldest, stored=self.stored, elsewhere=self.elsewhere)

    def spill(self, keep: int) -> tuple["Ledger", Spilled]:
        """The ledger with no more than the newest `keep` of its stored entries, and what has left it.

        What is not stored yet stays. Nothing of the answer depends on it, so two workers that have read the same
        spill the same.
        """
        stored = sorted(islice(self.entries.items(), self.stored), key=itemgetter(1, 0))
        gone = dict(stored[: max(len(stored) - keep, 0)])
        after = self.elsewhere.spilled
        segment = {key: each for key, each in gone.items() if after is None or each.instant > after}
        stragglers = {key: each for key, each in gone.items() if key not in segment}
        newest = max((each.instant for each in segment.values()), default=after)
        left = self._without(frozenset(gone), {}, self.elsewhere._replace(spilled=newest))
        return left, Spilled(after, segment, stragglers)

    def _without(self, gone: frozenset[int], counted: Mapping[int, Entry], elsewhere: Elsewhere) -> "Ledger":
        """Without some of its entries, and with others added."""
        kept = {key: each for key, each in self.entries.items() if key not in gone}
        stored = self.stored - sum(key in gone for key in islice(self.entries, self.stored))
        kept.update(counted)
        oldest = min((each.instant for each in kept.values()), default=_UNKNOWN)
        return Ledger(kept, oldest=oldest, stored=stored, elsewhere=elsewhere)
