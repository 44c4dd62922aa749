"""What the designs have in common: they take SQS records in batches, and are judged by what they counted."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from json import dumps
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

from milepost.domain.catalog import USER
from milepost.domain.event import Track
from milepost.domain.instant import format_instant

Record: TypeAlias = dict[str, Any]
"""One message as Lambda hands it over."""
Counts: TypeAlias = Mapping[str, Mapping[str, int]]
"""Events by user and name."""
Client: TypeAlias = Any
"""A DynamoDB client with botocore's interface, whatever stands behind it."""

_MICROSECONDS: Final = 1000


class Design(Protocol):
    """One worker of a design."""

    def receive(self, records: Sequence[Record]) -> Collection[str]:
        """Count a batch; the ids of the messages that must come again."""

    def counts(self, users: Iterable[str]) -> Counts:
        """What is stored of these users."""

    @property
    def conflicts(self) -> int:
        """How often this worker lost a race and had to try again or to hand back."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A design by name. `create` makes its tables, whose names begin with a prefix; `worker` opens them.

    `writes` are its requests that write, per event, where batches are large.
    """

    name: str
    create: Callable[[Client, str], None]
    worker: Callable[[Client, str], Design]
    writes: float


def user_id(number: int) -> str:
    """36 bytes, as a product's own ids often are."""
    return str(UUID(bytes=blake2b(f"{number}".encode(), digest_size=16).digest()))


def records_of(found: Iterable[Track], name: str = "") -> list[Record]:
    """Events as the queue delivers them: a copy that the producer sent is a message of its own."""
    return [_record(f"{name}{place}", event) for place, event in enumerate(found)]


def _record(message_id: str, event: Track) -> Record:
    body = {
        "type": "track",
        "messageId": event.message_id,
        "userId": event.subject.removeprefix(USER),
        "event": event.name,
        "timestamp": format_instant(event.instant),
        "properties": event.properties,
    }
    attributes = {"SentTimestamp": str(event.arrived // _MICROSECONDS), "ApproximateReceiveCount": "1"}
    return {"messageId": message_id, "body": dumps(body), "attributes": attributes, "eventSource": "aws:sqs"}


def in_batches_of(size: int, records: Sequence[Record]) -> list[Sequence[Record]]:
    """Batches in the order of arrival."""
    return [records[begin : begin + size] for begin in range(0, len(records), size)]


def truth_of(found: Iterable[Track]) -> Counts:
    """What must have been counted: each message id once."""
    truth: dict[str, Counter[str]] = {}
    for event in {event.message_id: event for event in found}.values():
        truth.setdefault(event.subject.removeprefix(USER), Counter())[event.name] += 1
    return truth


def wrong_users(counted: Counts, truth: Counts) -> int:
    """How many users have any count that is not what it must be."""
    return sum(dict(counted.get(user, {})) != dict(names) for user, names in truth.items())


def create_table(client: Client, name: str, *, sort: bool = False, indexes: Sequence[Mapping[str, Any]] = ()) -> None:
    """A table on demand, keyed by `pk`, and by `sk` if it has a sort key; the keys of an index are a text, a number."""
    kinds = {"pk": "S"} | ({"sk": "S"} if sort else {})
    for each in indexes:
        kinds |= {key["AttributeName"]: "S" if key["KeyType"] == "HASH" else "N" for key in each["KeySchema"]}
    options = {"GlobalSecondaryIndexes": list(indexes)} if indexes else {}
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": kind} for each, kind in kinds.items()],
        KeySchema=_schema(["pk", "sk"] if sort else ["pk"]),
        **options,
    )


def index_of(name: str, keys: Sequence[str], projected: str) -> Mapping[str, Any]:
    """An index by these keys."""
    return {"IndexName": name, "KeySchema": _schema(keys), "Projection": {"ProjectionType": projected}}


def _schema(names: Sequence[str]) -> list[Mapping[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]
