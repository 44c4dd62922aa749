"""The ledger: which events of a subject have been counted, so that each counts once.

An entry is the event's instant, the 64-bit hash of its messageId and an 8-bit checksum of its body. An entry
leaves when no copy of its event can be accepted any more: older than `max_age` on arrival is rejected, and a
copy that waited in the event queue or its dead-letter queue did so for at most `REDELIVERY`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from milepost.domain.event import Event
from milepost.domain.instant import DAY, Duration, Instant

REDELIVERY: Final[Duration] = 18 * DAY
"""Retention of the event queue (4 days) and of its dead-letter queue (14 days), as `template.yaml` sets them."""
LEAST: Final = 16
"""Below this many entries nothing is gained by looking for ones that may leave."""


class Entry(NamedTuple):
    """One counted event."""

    instant: Instant
    body: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counted events by the hash of their messageId."""

    entries: Mapping[int, Entry] = field(default_factory=dict)

    def find(self, event: Event) -> Entry | None:
        """The entry of the event that this one repeats, if it does."""
        return self.entries.get(event.key)

    def with_events(self, counted: Mapping[int, Entry], horizon: Instant) -> "Ledger":
        """The ledger with these events added and those before the horizon gone."""
        entries = {**self.entries, **counted}
        if len(entries) > LEAST:
            entries = {key: entry for key, entry in entries.items() if entry.instant >= horizon}
        return Ledger(entries)
