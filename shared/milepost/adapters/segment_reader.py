"""Reading segments: what was spilled of a ledger that an event may repeat; see `segments` for how it got there.

All of a segment's entries are newer than `after` and not newer than the `after` of the next, so the one that can hold
an instant is found by one query that reads backwards from it. An entry that is older than what was spilled before it
came late: it stands alone, under its instant and its hash.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from milepost.adapters import keys
from milepost.adapters.aws import PassingErrors, in_chunks, passes
from milepost.adapters.codec import FORMAT, Attributes
from milepost.adapters.entries import decode_entries
from milepost.adapters.writes import key_of
from milepost.domain.event import Message, Subject
from milepost.domain.instant import Instant
from milepost.domain.ledger import Entry, Ledger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READ_AT_ONCE: Final = 100
_LAST: Final = "~"
"""Sorts after whatever follows the same beginning."""
_NO_TURN: Final = _LAST


class UnreadableSegmentError(Exception):
    """A segment could not be read now, is damaged or of a newer major version: nothing may be judged without it."""


@dataclass(frozen=True, slots=True)
class SegmentReader:
    """Reads the segments of one table, consistently."""

    client: "DynamoDBClient"
    table: str

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
