"""The due index over the store in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

from milepost.domain.event import Subject
from milepost.domain.instant import Instant
from tests.fakes.store import MemoryStore


@dataclass(slots=True)
class MemoryDueIndex:
    """Reads the store, with rows that the real index may still show (`ghosts`) or not show yet (`missing`)."""

    store: MemoryStore
    shards: int = 4
    ghosts: dict[Subject, Instant] = field(default_factory=dict)
    missing: frozenset[Subject] = frozenset()

    def shard_of(self, subject: Subject) -> int:
        """The shard in which a subject lies."""
        return crc32(subject.encode()) % self.shards

    def due(self, shard: int, until: Instant, limit: int) -> Sequence[tuple[Subject, Instant]]:
        """See the port."""
        stored = {subject: self.store.now(subject).progress.due for subject in self.store.subjects - self.missing}
        rows = [(due, each) for each, due in (stored | self.ghosts).items() if due is not None and due <= until]
        found = sorted(row for row in rows if self.shard_of(row[1]) == shard)
        return [(subject, due) for due, subject in found[:limit]]
