"""The ledger: which events of a subject have been counted, so that each counts once.

An entry is the event's instant, the 64-bit hash of its messageId, an 8-bit checksum of its body, and 8 bits of the
account that it counts for as well, so that a copy never counts for another. An entry leaves when no copy of its event
can be accepted any more: older than `max_age` on arrival is rejected, and a copy that waited in the event queue or its
dead-letter queue did so for at most `REDELIVERY`.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Final, NamedTuple, cast
from zlib import crc32

from milepost.domain.event import Event
from milepost.domain.instant import DAY, Duration, Instant

REDELIVERY: Final[Duration] = 18 * DAY
"""Retention of the event queue (4 days) and of its dead-letter queue (14 days), as `template.yaml` sets them."""
LEAST: Final = 16
"""Below this many entries nothing is gained by looking for ones that may leave."""
_UNKNOWN: Final[Instant] = -(2**63)


class Entry(NamedTuple):
    """One counted event; `account` is the mark of the account that it counts for as well, 0 for none."""

    instant: Instant
    body: int
    account: int = 0


def mark_of(account: str) -> int:
    """8 bits of an account's id, never 0: enough to tell it from the few others that a user belonged to."""
    return crc32(account.encode()) % 255 + 1


class Ledger:
    """Counted events by the hash of their messageId, in the order in which they were counted. Immutable.

    One more event must not copy all others, so ledgers that grow from one another share one mapping, of which the
    first `size` entries are a ledger's own. Only the longest of them adds to it in place; whoever grows from an
    earlier one, as after a lost race, begins a copy.
    """

    __slots__ = ("_oldest", "_shared", "size")

    def __init__(
        self, entries: Mapping[int, Entry] | None = None, *, oldest: Instant = _UNKNOWN, size: int | None = None
    ) -> None:
        """`entries` are this ledger's from now on. No entry is older than `oldest`, known once it was looked for."""
        self._shared: dict[int, Entry] = {} if entries is None else cast("dict[int, Entry]", entries)
        self._oldest = oldest
        self.size = len(self._shared) if size is None else size

    @property
    def entries(self) -> Mapping[int, Entry]:
        """All of them."""
        return self._shared if self._is_longest else dict(islice(self._shared.items(), self.size))

    @property
    def _is_longest(self) -> bool:
        return self.size == len(self._shared)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]  # It holds a mapping.

    def __repr__(self) -> str:
        return f"Ledger({self.entries})"

    def find(self, event: Event) -> Entry | None:
        """The entry of the event that this one repeats, if it does."""
        found = self._shared.get(event.key)
        return found if found is None or self._is_longest else self.entries.get(event.key)

    def with_events(self, counted: Mapping[int, Entry], horizon: Instant) -> "Ledger":
        """The ledger with these events added, the oldest first, and those of days before the horizon's gone."""
        oldest = min(self._oldest, next(iter(counted.values())).instant) if counted else self._oldest
        until = horizon - horizon % DAY  # Whole days, so that not every event has to look through all of them.
        if oldest < until and self.size + len(counted) > LEAST:
            kept = {key: each for key, each in ({**self.entries, **counted}).items() if each.instant >= until}
            return Ledger(kept, oldest=min((each.instant for each in kept.values()), default=until))
        shared = self._shared if self.size and self._is_longest else dict(self.entries)
        shared.update(counted)
        return Ledger(shared, oldest=oldest)
