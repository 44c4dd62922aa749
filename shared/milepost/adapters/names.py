"""Names of a catalog as the few bytes under which items keep what is known of them, and back.

A milestone is 32 bits of a hash of its id, an event 24 bits of one of its name. What the catalog does not know keeps
its place: it is named by its bits, in a way in which no catalog names anything. An item in which nudges wait has the
ids of their milestones as well, because what becomes of a nudge goes on record under that of its milestone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from milepost.domain.catalog import Catalog
from milepost.domain.schedule import Pending

EVENT_BYTES: Final = 3
MILESTONE_BYTES: Final = 4
_UNKNOWN: Final = "#"
"""Before the hash of a milestone that the catalog does not know; no milestone id starts so."""
_UNKNOWN_EVENT: Final = "\0"
"""The same for an event, whose name may be almost anything else."""
_BETWEEN: Final = " "
"""Between ids of milestones; no such id has it."""


@lru_cache(maxsize=4096)
def milestone_key(milestone: str) -> int:
    """The 32 bits under which an item keeps a milestone."""
    if milestone.startswith(_UNKNOWN):
        return int(milestone[1:], 16)
    return int.from_bytes(blake2b(milestone.encode(), digest_size=MILESTONE_BYTES).digest(), "big")


@lru_cache(maxsize=4096)
def event_key(event: str) -> int:
    """The 24 bits under which an item counts events of a name."""
    if event.startswith(_UNKNOWN_EVENT):
        return int(event[1:], 16)
    return int.from_bytes(blake2b(event.encode(), digest_size=EVENT_BYTES).digest(), "big")


def waiting_for(pending: Iterable[Pending]) -> str:
    """The ids of the milestones that these nudges are of, each once; those that are not known are left out."""
    ids = {each.milestone for each in pending}
    return _BETWEEN.join(sorted(each for each in ids if not each.startswith(_UNKNOWN)))


@dataclass(frozen=True, slots=True)
class Names:
    """The names that one catalog knows, by their bits; `waiting` are those that the item in hand has."""

    milestones: Mapping[int, str]
    events: Mapping[int, str]
    waiting: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, catalog: Catalog) -> "Names":
        """Those of a catalog."""
        return cls(
            {milestone_key(milestone): milestone for milestone in catalog.milestones},
            {event_key(event): event for event in catalog.events},
        )

    def with_waiting(self, ids: str) -> "Names":
        """The same for an item with what `waiting_for` says."""
        return Names(self.milestones, self.events, {milestone_key(each): each for each in ids.split(_BETWEEN)})

    def milestone(self, key: int) -> str:
        """The id of a milestone."""
        return self.milestones.get(key) or f"{_UNKNOWN}{key:08x}"

    def own(self, key: int) -> str:
        """The same, but where a nudge waits for it, its own id also if the catalog does not know it."""
        return self.milestones.get(key) or self.waiting.get(key) or self.milestone(key)

    def event(self, key: int) -> str:
        """The name of an event."""
        return self.events.get(key) or f"{_UNKNOWN_EVENT}{key:06x}"
