"""The ledger: which events of a subject have been counted, so that each counts once.

An entry is the event's instant, the 64-bit hash of its messageId, an 8-bit checksum of its body, and 8 bits of the
account that it counts for as well, so that a copy never counts for another. An entry leaves when no copy of its event
can be accepted any more: older than `max_age` on arrival is rejected, and a copy that waited in the event queue or its
dead-letter queue did so for at most `REDELIVERY`.

What does not fit beside the rest of a subject's progress is *spilled*: its oldest stored entries are kept elsewhere,
and the ledger remembers the newest instant among them. An event that is newer than that is known here or not at all;
of one that is not, what was spilled has to be *recalled* before it is judged.
"""

from collections.abc import Mapping
from itertools import islice
from operator import itemgetter
from typing import Final, NamedTuple, cast
from zlib import crc32

from milepost.domain.event import Event
from milepost.domain.instant import DAY, Duration, Instant

REDELIVERY: Final[Duration] = 18 * DAY
"""Retention of the event queue (4 days) and of its dead-letter queue (14 days), as `template.yaml` sets them."""
LEAST: Final = 16
"""Below this many entries nothing is gained by looking for ones that may leave."""
_UNKNOWN: Final[Instant] = -(2**63)
_NOTHING: Final[Mapping[int, "Entry"]] = {}


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


class Ledger:
    """Counted events by the hash of their messageId, in the order in which they were counted. Immutable.

    One more event must not copy all others, so ledgers that grow from one another share one mapping, of which the
    first `size` entries are a ledger's own. Only the longest of them adds to it in place; whoever grows from an
    earlier one, as after a lost race, begins a copy. The first `stored` of them are stored, and nothing else may be
    spilled: an entry that is found anywhere is of an event that was counted.
    """

    __slots__ = ("_oldest", "_recalled", "_shared", "size", "spilled", "stored")

    def __init__(  # noqa: PLR0913  # Mostly what `with_events` hands on.
        self,
        entries: Mapping[int, Entry] | None = None,
        *,
        oldest: Instant = _UNKNOWN,
        size: int | None = None,
        stored: int = 0,
        spilled: Instant | None = None,
        recalled: Mapping[int, Entry] = _NOTHING,
    ) -> None:
        """`entries` are this ledger's from now on. No entry is older than `oldest`, known once it was looked for."""
        self._shared: dict[int, Entry] = {} if entries is None else cast("dict[int, Entry]", entries)
        self._oldest = oldest
        self._recalled = recalled
        self.size = len(self._shared) if size is None else size
        self.stored = stored
        self.spilled = spilled

    @property
    def entries(self) -> Mapping[int, Entry]:
        """All of them, without what was spilled."""
        return self._shared if self._is_longest else dict(islice(self._shared.items(), self.size))

    @property
    def _is_longest(self) -> bool:
        return self.size == len(self._shared)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and (self.spilled, self.entries) == (other.spilled, other.entries)

    __hash__ = None  # type: ignore[assignment]  # It holds a mapping.

    def __repr__(self) -> str:
        return f"Ledger({self.entries}, spilled={self.spilled})"

    def find(self, event: Event) -> Entry | None:
        """The entry of the event that this one repeats, if it does."""
        found = self._shared.get(event.key)
        if found is not None and not self._is_longest:
            found = self.entries.get(event.key)
        return self._found_again(event) if found is None and self._recalled else found

    def _found_again(self, event: Event) -> Entry | None:
        """Among what was recalled; there the same messageId under another timestamp is another event."""
        found = self._recalled.get(event.key)
        return found if found is None or found.instant == event.instant or not event.dated else None

    def reuses_an_id(self, event: Event) -> bool:
        """Whether an event that is new has the messageId of one that was spilled."""
        return event.key in self._recalled

    def needs_recall(self, event: Event) -> bool:
        """Whether an entry of this event may be among what was spilled."""
        return (
            self.spilled is not None and (event.instant <= self.spilled or not event.dated) and self.find(event) is None
        )

    def recalling(self, entries: Mapping[int, Entry]) -> "Ledger":
        """The ledger with these entries found again for as long as it is at hand; they are not stored in it again."""
        recalled = {**self._recalled, **entries}
        return Ledger(self.entries, oldest=self._oldest, stored=self.stored, spilled=self.spilled, recalled=recalled)

    def with_events(self, counted: Mapping[int, Entry], horizon: Instant) -> "Ledger":
        """The ledger with these events added, the oldest first, and those of days before the horizon's gone."""
        oldest = min(self._oldest, next(iter(counted.values())).instant) if counted else self._oldest
        until = horizon - horizon % DAY  # Whole days, so that not every event has to look through all of them.
        if oldest < until and self.size + len(counted) > LEAST:
            gone = frozenset(key for key, each in self.entries.items() if each.instant < until)
            return self._without(gone, counted, self.spilled)
        shared = self._shared if self.size and self._is_longest else dict(self.entries)
        shared.update(counted)
        return Ledger(shared, oldest=oldest, stored=self.stored, spilled=self.spilled, recalled=self._recalled)

    def spill(self, keep: int) -> tuple["Ledger", Spilled]:
        """The ledger with no more than the newest `keep` of its stored entries, and what has left it.

        What is not stored yet stays. Nothing of the answer depends on it, so two workers that have read the same
        spill the same.
        """
        stored = sorted(islice(self.entries.items(), self.stored), key=itemgetter(1, 0))
        gone = dict(stored[: max(len(stored) - keep, 0)])
        after = self.spilled
        segment = {key: each for key, each in gone.items() if after is None or each.instant > after}
        stragglers = {key: each for key, each in gone.items() if key not in segment}
        newest = max((each.instant for each in segment.values()), default=after)
        return self._without(frozenset(gone), {}, newest), Spilled(after, segment, stragglers)

    def _without(self, gone: frozenset[int], counted: Mapping[int, Entry], spilled: Instant | None) -> "Ledger":
        """Without some of its entries, and with others added."""
        kept = {key: each for key, each in self.entries.items() if key not in gone}
        stored = self.stored - sum(key in gone for key in islice(self.entries, self.stored))
        kept.update(counted)
        oldest = min((each.instant for each in kept.values()), default=_UNKNOWN)
        return Ledger(kept, oldest=oldest, stored=stored, spilled=spilled, recalled=self._recalled)
