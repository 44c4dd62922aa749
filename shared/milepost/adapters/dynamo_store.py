"""The store on DynamoDB: batch reads, version-conditional writes, segments for what does not fit into a ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from milepost.adapters import keys
from milepost.adapters.aws import PassingErrors, in_chunks, passes
from milepost.adapters.bookings import book
from milepost.adapters.codec import Attributes, Codec, UnreadableItemError, whole
from milepost.adapters.segment_reader import SegmentReader, UnreadableSegmentError
from milepost.adapters.segments import Segments
from milepost.adapters.writes import Way, Write, both_or_neither, in_statements, key_of, write_of
from milepost.application.ports import Booking, Saved, Stored
from milepost.domain.event import Message, Subject
from milepost.domain.ledger import Entry
from milepost.domain.progress import Progress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READ_AT_ONCE: Final = 100
"""DynamoDB's limit for BatchGetItem."""


@dataclass(frozen=True, slots=True)
class DynamoStore:
    """Progress by subject in one table, statistics in another."""

    client: "DynamoDBClient"
    codec: Codec
    table: str
    statistics_table: str | None = None
    """Only `book` needs it."""
    catalog: str = ""
    """Name of the catalog, under which statistics are kept."""
    way: Way = in_statements
    segments: Segments | None = None
    """Only who counts events needs them: nobody else adds to a ledger."""

    def load(self, subjects: Sequence[Subject], *, consistent: bool) -> Mapping[Subject, Stored]:
        """Read subjects, 100 a request; see the port."""
        found: dict[Subject, Stored] = {}
        for chunk in in_chunks(subjects, READ_AT_ONCE):
            found |= self._load(chunk, consistent=consistent)
        return found

    def _load(self, subjects: Sequence[Subject], *, consistent: bool) -> Mapping[Subject, Stored]:
        wanted = {"Keys": [key_of(subject) for subject in subjects], "ConsistentRead": consistent}
        try:
            answer: Any = self.client.batch_get_item(RequestItems={self.table: wanted})  # type: ignore[dict-item]
        except PassingErrors as error:
            if passes(error):
                return {}
            raise
        left_out = answer["UnprocessedKeys"].get(self.table, {"Keys": []})["Keys"]
        unread = {key[keys.PARTITION]["S"] for key in left_out}
        items = {item[keys.PARTITION]["S"]: item for item in answer["Responses"].get(self.table, [])}
        read = {subject: self._stored(subject, items.get(subject)) for subject in subjects if subject not in unread}
        return {subject: stored for subject, stored in read.items() if stored is not None}

    def _stored(self, subject: Subject, item: Attributes | None) -> Stored | None:
        if item is None:
            return Stored(Progress(subject), 0)
        try:
            return Stored(self.codec.decode(subject, item), whole(item[keys.VERSION]))
        except (UnreadableItemError, LookupError, ValueError):  # Its version may be damaged, too.
            return None

    def recall(self, progress: Progress, events: Sequence[Message]) -> Sequence[tuple[int, Entry]] | None:
        """Read the segments that can hold these events; see the port."""
        try:
            return SegmentReader(self.client, self.table).recall(progress.subject, progress.ledger, events)
        except UnreadableSegmentError:
            return None

    def save(self, changes: Sequence[Stored]) -> Mapping[Subject, Saved]:
        """Write progresses, each on its version; see the port."""
        relieve = self._writes if self.segments is None else self.segments.relieve
        saved = self.way(self.client, self.table, relieve(changes))
        return dict(zip((change.progress.subject for change in changes), saved, strict=True))

    def join(self, user: Stored, other: Stored) -> Saved:
        """Write two subjects in one transaction; see the port."""
        pair = write_of(user, self.codec), write_of(other, self.codec)
        # So that whoever erases the user finds the other without looking through the whole table.
        word = key_of(user.progress.subject, keys.alias_sort(other.progress.subject))
        return both_or_neither(self.client, self.table, pair, {**word, keys.VERSION: {"N": str(user.version + 1)}})

    def book(self, bookings: Sequence[Booking]) -> Mapping[Subject, Saved]:
        """Write bookings, those of several subjects in one transaction; see the port."""
        if self.statistics_table is None:
            raise RuntimeError("this store knows no statistics table: give it one, as publish does")
        updates = [(each, write_of(Stored(each.progress, each.version), self.codec)) for each in bookings]
        return book(self.client, self.table, self.statistics_table, self.catalog, updates)

    def _writes(self, changes: Sequence[Stored]) -> Sequence[Write]:
        return [write_of(change, self.codec) for change in changes]
