"""The conditional write of an item, in the two ways that DynamoDB has for it.

        attempt                        stands at v          gone, or another v
        version 0: insert              DONE if not there    CONFLICT
        version v: update where v      DONE, now v + 1      CONFLICT

The condition is the version alone, so a stale read, a race and our own write whose answer was lost all end in the
same refusal, and the caller reads again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from milepost.adapters import keys
from milepost.adapters.aws import PASSING, PassingErrors, code_of, in_chunks, passes
from milepost.adapters.codec import Attributes, Codec
from milepost.application.ports import Saved, Stored
from milepost.domain.event import Subject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITE_AT_ONCE: Final = 25
"""DynamoDB's limit for BatchExecuteStatement."""

_LOST_RACE: Final = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException", "DuplicateItem"})
_OF_THE_ITEM: Final = frozenset({"ItemCollectionSizeLimitExceeded", "ItemCollectionSizeLimitExceededException"})
"""An item that DynamoDB will not take, such as one over 400 KB: its subject's messages come again and end where
an operator finds them, while its neighbours are written."""
_OF_THE_STATEMENT: Final = _OF_THE_ITEM | {"ValidationError"}


@dataclass(frozen=True, slots=True)
class Write:
    """One item: what to set, what to remove, and the version that has to stand; 0 for an item that must not be."""

    key: Attributes
    version: int
    values: Attributes
    absent: frozenset[str] = frozenset()


def key_of(subject: Subject, sort: str = keys.AGGREGATE) -> Attributes:
    """The key of a subject's aggregate, or of another item of it."""
    return {keys.PARTITION: {"S": subject}, keys.SORT: {"S": sort}}


def write_of(change: Stored, codec: Codec) -> Write:
    """The write that takes an aggregate from the version that was read to the next."""
    present, absent = codec.encode(change.progress)
    values = {keys.VERSION: {"N": str(change.version + 1)}, **present}
    return Write(key_of(change.progress.subject), change.version, values, absent)


def in_statements(client: "DynamoDBClient", table: str, writes: Sequence[Write]) -> Sequence[Saved]:
    """Write 25 a request. A batch of statements is no transaction: each succeeds or fails alone.

    It costs what as many single conditional writes do, in a twenty-fifth of the requests.
    """
    return [saved for chunk in in_chunks(writes, WRITE_AT_ONCE) for saved in _request(client, table, chunk)]


def one_by_one(client: "DynamoDBClient", table: str, writes: Sequence[Write]) -> Sequence[Saved]:
    """Write one a request: the fallback for an account that refuses batches of statements."""
    return [_item(client, table, write) for write in writes]


Way: TypeAlias = "Callable[[DynamoDBClient, str, Sequence[Write]], Sequence[Saved]]"
"""How items are written."""
WAYS: Final[Mapping[str, Way]] = {"batch": in_statements, "single": one_by_one}
"""By the name that the template's parameter has for it."""


def both_or_neither(client: "DynamoDBClient", table: str, writes: tuple[Write, Write], more: Attributes) -> Saved:
    """Write two items in one transaction, at twice the price, and put another on no condition of its own."""
    items: Any = [
        {"Update": update_of(table, write)} if write.version else {"Put": _insert_of(table, write)} for write in writes
    ]
    items.append({"Put": {"TableName": table, "Item": more}})
    try:
        client.transact_write_items(TransactItems=items)
    except client.exceptions.TransactionCanceledException as error:
        reasons = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
        return Saved.CONFLICT if _LOST_RACE.intersection(reasons) else _refused(reasons)
    except PassingErrors as error:
        if passes(error):
            return Saved.REFUSED
        raise
    return Saved.DONE


def _refused(reasons: Sequence[str]) -> Saved:
    unexpected = set(reasons) - PASSING - _OF_THE_STATEMENT - {"None"}
    if unexpected:
        raise RuntimeError(f"DynamoDB refused a transaction with {', '.join(sorted(unexpected))}")
    return Saved.REFUSED


def update_of(table: str, write: Write) -> dict[str, Any]:
    """The write as an UpdateItem, which is also what a transaction takes."""
    remove = f" REMOVE {', '.join(f'#{name}' for name in sorted(write.absent))}" if write.absent else ""
    return {
        "TableName": table,
        "Key": write.key,
        "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in write.values)}{remove}",
        "ConditionExpression": f"#{keys.VERSION} = :read",
        "ExpressionAttributeNames": {f"#{name}": name for name in (*write.values, *sorted(write.absent))},
        "ExpressionAttributeValues": {
            ":read": {"N": str(write.version)},
            **{f":{name}": value for name, value in write.values.items()},
        },
    }


def statement_of(table: str, write: Write) -> Mapping[str, object]:
    """The write as a statement of a batch."""
    if write.version == 0:
        values = {**write.key, **write.values}
        names = ", ".join(f"'{name}': ?" for name in values)
        return _with_parameters(f'INSERT INTO "{table}" VALUE {{{names}}}', list(values.values()))
    found = [write.key[keys.PARTITION], write.key[keys.SORT], {"N": str(write.version)}]
    return _with_parameters(_update_text(table, tuple(write.values), write.absent), [*write.values.values(), *found])


@lru_cache(maxsize=1024)
def _update_text(table: str, names: Sequence[str], absent: frozenset[str]) -> str:
    """The same for the many items that have the same attributes."""
    clauses = [f"SET {name} = ?" for name in names] + [f"REMOVE {name}" for name in sorted(absent)]
    where = f"WHERE {keys.PARTITION} = ? AND {keys.SORT} = ? AND {keys.VERSION} = ?"
    return f'UPDATE "{table}" {" ".join(clauses)} {where}'


def _request(client: "DynamoDBClient", table: str, writes: Sequence[Write]) -> Sequence[Saved]:
    statements: Any = [statement_of(table, write) for write in writes]
    try:
        answer = client.batch_execute_statement(Statements=statements)
    except PassingErrors as error:
        if passes(error):
            return [Saved.REFUSED] * len(writes)
        raise
    return [_saved(response) for response in answer["Responses"]]


def _with_parameters(statement: str, parameters: Sequence[object]) -> Mapping[str, object]:
    return {
        "Statement": statement,
        "Parameters": parameters,
        "ReturnValuesOnConditionCheckFailure": "NONE",
    }


def _saved(response: Mapping[str, Any]) -> Saved:
    """What one statement's answer says; every outcome of the conditional write has its line here."""
    code = response.get("Error", {}).get("Code")
    if code is None:
        return Saved.DONE
    if code in _LOST_RACE:
        return Saved.CONFLICT
    if code in PASSING or code in _OF_THE_STATEMENT:
        return Saved.REFUSED
    raise RuntimeError(f"DynamoDB refused a conditional write with {code}")


def replaced(client: "DynamoDBClient", table: str, write: Write) -> Saved:
    """Put the item in place of the one at its version, and nothing of that one stays."""
    if write.version == 0:
        return _tried(lambda: client.put_item(**_insert_of(table, write)))
    condition: Any = {
        "ConditionExpression": "#v = :read",
        "ExpressionAttributeNames": {"#v": keys.VERSION},
        "ExpressionAttributeValues": {":read": {"N": str(write.version)}},
    }
    return _tried(lambda: client.put_item(TableName=table, Item={**write.key, **write.values}, **condition))


def _item(client: "DynamoDBClient", table: str, write: Write) -> Saved:
    if write.version == 0:
        return _tried(lambda: client.put_item(**_insert_of(table, write)))
    return _tried(lambda: client.update_item(**update_of(table, write)))


def _tried(request: Callable[[], object]) -> Saved:
    try:
        request()
    except PassingErrors as error:
        if code_of(error) in _LOST_RACE:
            return Saved.CONFLICT
        if passes(error) or code_of(error) in _OF_THE_ITEM or _is_too_large(error):
            return Saved.REFUSED
        raise
    return Saved.DONE


def _insert_of(table: str, write: Write) -> dict[str, Any]:
    return {
        "TableName": table,
        "Item": {**write.key, **write.values},
        "ConditionExpression": "attribute_not_exists(#key)",
        "ExpressionAttributeNames": {"#key": keys.PARTITION},
    }


def _is_too_large(error: Exception) -> bool:
    """A single write has one code for an item of more than 400 KB and for a request that makes no sense."""
    return "Item size" in str(error)
