"""Segments: what does not fit into a subject's ledger, beside it, each entry for as long as a copy can come.

        spill at version v                          later, an event not newer than the watermark
        put segment (after, v): stored entries      read the aggregate
        update aggregate where v: without them,     read the segment that can hold its instant (consistent)
          watermark = the newest of them            fold, update where the version still stands

Only stored entries are spilled, so whatever a segment says was counted, also one whose aggregate was never written
because the worker died or lost its race: that one is read along and does no harm. Segments are put before the
aggregate lets go of their entries, so at any moment each counted event is in the one or in the other. That is why
no transaction is needed, which would cost three write units more.

All of a segment's entries are newer than `after` and not newer than the `after` of the next, so the one that can hold
an instant is found by one query that reads backwards from it. An entry that is older than what was spilled before it
came late: it is put alone, under its instant and its hash.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from milepost.adapters import keys
from milepost.adapters.aws import PassingErrors, in_chunks, passes
from milepost.adapters.codec import FORMAT, USUAL, Attributes, Codec
from milepost.adapters.entries import decode_entries, encode_entries
from milepost.adapters.item_size import bytes_as_billed, units_to_write
from milepost.adapters.writes import Way, Write, key_of, write_of
from milepost.application.ports import Saved, Stored
from milepost.domain.event import Message, Subject
from milepost.domain.instant import DAY, SECOND, Duration, Instant
from milepost.domain.ledger import LEAST, Entry, Ledger, Spilled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READ_AT_ONCE: Final = 100
KEPT: Final = 4
"""Entries that stay, the newest: copies come soon after, and are then found without a read."""
_SLACK: Final[Duration] = 2 * DAY
"""Beyond the last copy that can come. DynamoDB deletes what has expired within some days, never before."""


class UnreadableSegmentError(Exception):
    """A segment could not be read now, is damaged or of a newer major version: nothing may be judged without it."""


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

    def recall(self, subject: Subject, ledger: Ledger, events: Sequence[Message]) -> Sequence[tuple[int, Entry]]:
        """What was spilled of this ledger, or of that of who has become this subject, that these events may repeat.

        Raises:
            UnreadableSegmentError: not all of it could be read.
        """
        late: defaultdict[Subject, list[Message]] = defaultdict(list)
        for event in events:
            for partition in ledger.partitions_of(event):
                late[partition or subject].append(event)
        return [found for each, sought in late.items() for found in self._recalled(each, sought)]

    def _recalled(self, subject: Subject, sought: Sequence[Message]) -> Iterator[tuple[int, Entry]]:
        if any(not event.dated for event in sought):
            yield from self._all_of(subject)
            return
        yield from self._stragglers(subject, sought)
        turn = _NO_TURN
        for instant in sorted({event.instant for event in sought}, reverse=True):
            if _before(instant) < turn:  # Else it is the turn of the one that was read for a later instant.
                segment = list(self._segment(subject, instant))
                yield from _entries(segment)
                turn = _turn(segment[0]) if segment else _NO_TURN

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

    def _stragglers(self, subject: Subject, events: Sequence[Message]) -> Iterator[tuple[int, Entry]]:
        names = sorted({keys.straggler_sort(event.instant, event.key) for event in events})
        for chunk in in_chunks(names, READ_AT_ONCE):
            wanted: Any = {"Keys": [key_of(subject, name) for name in chunk], "ConsistentRead": True}
            with _or_unreadable():
                answer: Any = self.client.batch_get_item(RequestItems={self.table: wanted})
            if answer["UnprocessedKeys"]:
                raise UnreadableSegmentError
            yield from _entries(answer["Responses"].get(self.table, []))

    def _segment(self, subject: Subject, instant: Instant) -> Iterator[Attributes]:
        """The segment whose turn an instant is, and others of that turn: what has the newest `after` before it."""
        turn: str | None = None
        for item in self._query(subject, keys.SEGMENT, _before(instant) + _LAST):
            turn = turn or _turn(item)
            if _turn(item) != turn:
                return
            yield item

    def _all_of(self, subject: Subject) -> Iterator[tuple[int, Entry]]:
        """Everything: an event without a timestamp may repeat any."""
        kinds = (keys.SEGMENT, keys.STRAGGLER)
        return _entries(item for kind in kinds for item in self._query(subject, kind, kind + _LAST))

    def _query(self, subject: Subject, first: str, last: str) -> Iterator[Attributes]:
        """Items from the last to the first, two at a time: mostly the first is enough, and the next one says so."""
        page: dict[str, Any] = {}
        while True:
            with _or_unreadable():
                answer: Any = self.client.query(
                    TableName=self.table,
                    KeyConditionExpression="#pk = :pk AND #sk BETWEEN :first AND :last",
                    ExpressionAttributeNames={"#pk": keys.PARTITION, "#sk": keys.SORT},
                    ExpressionAttributeValues={":pk": {"S": subject}, ":first": {"S": first}, ":last": {"S": last}},
                    ScanIndexForward=False,
                    ConsistentRead=True,
                    Limit=2,
                    **page,
                )
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


@contextmanager
def _or_unreadable() -> Iterator[None]:
    """What passes leaves a segment unread."""
    try:
        yield
    except PassingErrors as error:
        if passes(error):
            raise UnreadableSegmentError from error
        raise


_LAST: Final = "~"
"""Sorts after whatever follows the same beginning."""
_NO_TURN: Final = _LAST


def _units(write: Write) -> int:
    return units_to_write(bytes_as_billed({**write.key, **write.values}))


def _is_there(write: Write, saved: Saved) -> bool:
    """Whether what was spilled can be found again.

    A segment that is there already may be another release's, which spills more or fewer entries of this version: it
    is left to the next version. An entry by itself can only be the same.
    """
    alone = write.key[keys.SORT]["S"].startswith(keys.STRAGGLER)
    return saved is Saved.DONE or (alone and saved is Saved.CONFLICT)


def _turn(item: Attributes) -> str:
    """What a segment's sort key begins with: `after`."""
    return str(item[keys.SORT]["S"]).rpartition("#")[0]


def _before(instant: Instant) -> str:
    """The same of the last segment that can hold this instant."""
    return f"{keys.SEGMENT}{keys.instant_sort(instant - 1)}"


def _entries(items: Iterable[Attributes]) -> Iterator[tuple[int, Entry]]:
    for item in items:
        try:
            newer, entries = int(item[keys.FORMAT]["N"]) > FORMAT, decode_entries(item[keys.LEDGER]["B"])
        except (LookupError, ValueError):
            raise UnreadableSegmentError from None
        if newer:
            raise UnreadableSegmentError
        yield from entries.items()
