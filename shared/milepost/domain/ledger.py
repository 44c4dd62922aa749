"""The ledger: which events of a subject have been counted, so that each counts once.

An entry is the event's instant, the 64-bit hash of its messageId, an 8-bit checksum of its body, and 8 bits of the
account that it counts for as well, so that a copy never counts for another. An entry
leaves when no copy of its event can be accepted any more: older than `max_age` on arrival is rejected, and a
copy that waited in the event queue or its dead-letter queue did so for at most `REDELIVERY`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from zlib import crc32

from milepost.domain.event import Event
from milepost.domain.instant import DAY, Duration, Instant

REDELIVERY: Final[Duration] = 18 * DAY
"""Retention of the event queue (4 days) and of its dead-letter queue (14 days), as `template.yaml` sets them."""
LEAST: Final = 16
"""Below this many entries nothing is gained by looking for ones that may leave."""
MOST_RECENT: Final = 32
_UNKNOWN: Final[Instant] = -(2**63)


class Entry(NamedTuple):
    """One counted event; `account` is the mark of the account that it counts for as well, 0 for none."""

    instant: Instant
    body: int
    account: int = 0


def mark_of(account: str) -> int:
    """8 bits of an account's id, never 0: enough to tell it from the few others that a user belonged to."""
    return crc32(account.encode()) % 255 + 1


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Counted events by the hash of their messageId.

    The newest few stand apart in `recent`, so that one more event need not copy all of them.
    """

    older: Mapping[int, Entry] = field(default_factory=dict)
    recent: Mapping[int, Entry] = field(default_factory=dict)
    oldest: Instant = _UNKNOWN
    """No entry is older; known once it has been looked for."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]  # It holds mappings.

    @property
    def entries(self) -> Mapping[int, Entry]:
        """All of them."""
        return {**self.older, **self.recent}

    def __len__(self) -> int:
        return len(self.older) + len(self.recent)

    def find(self, event: Event) -> Entry | None:
        """The entry of the event that this one repeats, if it does."""
        return self.recent.get(event.key) or self.older.get(event.key)

    def with_events(self, counted: Mapping[int, Entry], horizon: Instant) -> "Ledger":
        """The ledger with these events added and those of days before the horizon's gone."""
        recent = {**self.recent, **counted}
        oldest = self.oldest
        for entry in counted.values():
            oldest = min(oldest, entry.instant)
        until = horizon - horizon % DAY  # Whole days, so that not every event has to look through all of them.
        if oldest < until and len(self.older) + len(recent) > LEAST:
            kept = {key: entry for key, entry in ({**self.older, **recent}).items() if entry.instant >= until}
            return Ledger(kept, {}, min((entry.instant for entry in kept.values()), default=until))
        if len(recent) > MOST_RECENT:
            return Ledger({**self.older, **recent}, {}, oldest)
        return Ledger(self.older, recent, oldest)
