"""Segments: what does not fit into a subject's ledger, beside it, each entry for as long as a copy can come.

        spill at version v                          later, an event not newer than the watermark
        put segment (after, v): stored entries      read the aggregate
        update aggregate where v: without them,     read the segment that can hold its instant (consistent)
          watermark = the newest of them            fold, update where the version still stands

Only stored entries are spilled, so whatever a segment says was counted, also one whose aggregate was never written
because the worker died or lost its race: that one is read along and does no harm. Segments are put before the
aggregate lets go of their entries, so at any moment each counted event is in the one or in the other. That is why
no transaction is needed, which would cost three write units more.

An entry that is older than what was spilled before it came late: it is put alone, under its instant and its hash.
`segment_reader` finds both again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from milepost.adapters import keys
from milepost.adapters.codec import USUAL, Attributes, Codec
from milepost.adapters.entries import encode_entries
from milepost.adapters.item_size import bytes_as_billed, units_to_write
from milepost.adapters.writes import Way, Write, key_of, write_of
from milepost.application.ports import Saved, Stored
from milepost.domain.event import Subject
from milepost.domain.instant import DAY, SECOND, Duration
from milepost.domain.ledger import LEAST, Entry, Spilled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT: Final = 4
"""Entries that stay, the newest: copies come soon after, and are then found without a read."""
_SLACK: Final[Duration] = 2 * DAY
"""Beyond the last copy that can come. DynamoDB deletes what has expired within some days, never before."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments of one table. `memory` is how long after an event a copy of it can come.

    `most` holds ledgers to so many stored entries; without it they take what the rest leaves of a write unit.
    """

    client: "DynamoDBClient"
    table: str
    codec: Codec
    way: Way
    memory: Duration
    most: int | None = None

    def relieve(self, changes: Sequence[Stored]) -> Sequence[Write]:
        """The writes of the changes, where it is worth it without what could be spilled into segments."""
        whole = [write_of(change, self.codec) for change in changes]
        cuts = {
            place: cut for place, change in enumerate(changes) if (cut := self._cut(change, whole[place])) is not None
        }
        segments = [(place, write) for place, (_, writes) in cuts.items() for write in writes]
        saved = self.way(self.client, self.table, [write for _, write in segments]) if segments else ()
        # Without its segment a ledger stays as it is, which costs a unit and loses nothing.
        lost = {place for (place, write), each in zip(segments, saved, strict=True) if not _is_there(write, each)}
        return [cuts[place][0] if place in cuts.keys() - lost else write for place, write in enumerate(whole)]

    def _cut(self, change: Stored, whole: Write) -> tuple[Write, Sequence[Write]] | None:
        """The write without what is spilled, and those of its segments; if the item gets cheaper by it."""
        ledger = change.progress.ledger
        if ledger.stored < (KEPT + LEAST if self.most is None else self.most + 1):  # Fewer are not worth a segment.
            return None
        if self.most is None and _units(whole) == 1:
            return None
        left, spilled = ledger.spill(KEPT if self.most is None else self.most)
        cut = write_of(Stored(change.progress._replace(ledger=left), change.version), self.codec)
        if self.most is None and _units(cut) == _units(whole):
            return None
        return cut, list(self._writes(change, spilled))

    def _writes(self, change: Stored, spilled: Spilled) -> Iterator[Write]:
        subject = change.progress.subject
        if spilled.segment:
            yield self._write(subject, keys.segment_sort(spilled.after, change.version), spilled.segment)
        for key, entry in spilled.stragglers.items():
            yield self._write(subject, keys.straggler_sort(entry.instant, key), {key: entry})

    def _write(self, subject: Subject, sort: str, entries: Mapping[int, Entry]) -> Write:
        expires = max(entry.instant for entry in entries.values()) + self.memory + _SLACK
        values: Attributes = {
            keys.FORMAT: {"N": str(USUAL)},
            keys.LEDGER: {"B": encode_entries(entries)},
            keys.EXPIRES: {"N": str(expires // SECOND)},
        }
        return Write(key_of(subject, sort), 0, values)


def _units(write: Write) -> int:
    return units_to_write(bytes_as_billed({**write.key, **write.values}))


def _is_there(write: Write, saved: Saved) -> bool:
    """Whether what was spilled can be found again.

    A segment that is there already may be another release's, which spills more or fewer entries of this version: it
    is left to the next version. An entry by itself can only be the same.
    """
    alone = write.key[keys.SORT]["S"].startswith(keys.STRAGGLER)
    return saved is Saved.DONE or (alone and saved is Saved.CONFLICT)
