"""All that one table holds under a subject, item by item: what an operator's command erases."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from milepost.adapters import keys
from milepost.adapters.aws import in_chunks
from milepost.adapters.codec import Attributes, Codec
from milepost.adapters.entries import decode_entries
from milepost.adapters.writes import key_of, replaced, write_of
from milepost.application.ports import Piece, Saved, Stored
from milepost.domain.event import Subject
from milepost.domain.instant import Instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REMOVE_AT_ONCE: Final = 25
"""DynamoDB's limit for BatchWriteItem."""
_MOST_TRIES: Final = 8
"""Of a batch that is taken in part: after twelve seconds of waiting a throttled table is the operator's to look at."""
_PAUSE: Final = 0.05
"""Seconds before the second try, doubled with each."""

_Read: TypeAlias = Callable[[str, Attributes], Piece]


class ThrottledError(Exception):
    """The table does not take all that is to be removed."""


@dataclass(frozen=True, slots=True)
class DynamoEstate:
    """What one table holds under a subject. `pause` waits for so many seconds."""

    client: "DynamoDBClient"
    table: str
    codec: Codec
    pause: Callable[[float], None] = sleep

    def beside(self, subject: Subject) -> Sequence[Piece]:
        """Page through the partition; see the port."""
        found = (item for item in self._items(subject) if item[keys.SORT]["S"] != keys.AGGREGATE)
        return [_piece(item) for item in found]

    def _items(self, subject: Subject) -> Iterator[Attributes]:
        page: dict[str, Any] = {}
        while True:
            answer: Any = self.client.query(
                TableName=self.table,
                KeyConditionExpression="#pk = :pk",
                ExpressionAttributeNames={"#pk": keys.PARTITION},
                ExpressionAttributeValues={":pk": {"S": subject}},
                ConsistentRead=True,
                **page,
            )
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def entomb(self, tombstone: Stored) -> Saved:
        """Put the whole item on its version; see the port."""
        return replaced(self.client, self.table, write_of(tombstone, self.codec))

    def remove(self, subject: Subject, pieces: Sequence[Piece]) -> None:
        """Delete 25 a request; see the port.

        Raises:
            ThrottledError: the table did not take all of it.
        """
        for chunk in in_chunks(pieces, REMOVE_AT_ONCE):
            self._remove([{"DeleteRequest": {"Key": key_of(subject, piece.name)}} for piece in chunk])

    def _remove(self, requests: Sequence[Mapping[str, object]]) -> None:
        left: Any = requests
        for attempt in range(_MOST_TRIES):
            left = self.client.batch_write_item(RequestItems={self.table: left})["UnprocessedItems"].get(self.table)
            if not left:
                return
            self.pause(_PAUSE * 2**attempt)
        raise ThrottledError


def _piece(item: Attributes) -> Piece:
    name = item[keys.SORT]["S"]
    read = next((read for start, read in _KINDS.items() if name.startswith(start)), None)
    try:
        return Piece("other", name) if read is None else read(name, item)
    except (LookupError, ValueError):
        return Piece("other", name)  # Damaged; whatever it was, it is the subject's.


def _segment(name: str, item: Attributes) -> Piece:
    entries = len(decode_entries(item[keys.LEDGER]["B"]))
    return Piece("segment", name, version=int(name.rpartition("#")[2]), entries=entries)


def _straggler(name: str, _: Attributes) -> Piece:
    return Piece("straggler", name, instant=_instant(name), entries=1)


def _alias(name: str, item: Attributes) -> Piece:
    return Piece("alias", name, version=int(item[keys.VERSION]["N"]), other=name.removeprefix(keys.ALIAS))


def _instant(name: str) -> Instant:
    return keys.instant_of(name.removeprefix(keys.STRAGGLER).partition("#")[0])


_KINDS: Final[Mapping[str, _Read]] = {
    keys.DECISION: lambda name, _: Piece("decision", name),
    keys.SEGMENT: _segment,
    keys.STRAGGLER: _straggler,
    keys.ALIAS: _alias,
}
"""By what their sort keys begin with."""
