"""The transaction in which publish books: acknowledgements, decisions and statistics, all or nothing."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from milepost.adapters import keys
from milepost.adapters.aws import PASSING, PassingErrors, in_batches, passes
from milepost.adapters.decisions import decision_item
from milepost.adapters.writes import Write, update_of
from milepost.application.ports import Booking, Saved
from milepost.domain.event import Subject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEMS_AT_ONCE: Final = 100
"""DynamoDB's limit for TransactWriteItems."""
BOOK_AT_ONCE: Final = 10
"""Subjects that share a transaction: they share its statistics items too, but also each other's lost races.

Chosen, with `keys.STATISTICS_SHARDS`, by `milepost bench booking`. With more, their items of up to 400 KB could exceed
the 4 MB of a transaction.
"""

Update: TypeAlias = tuple[Booking, Write]
"""A booking and the write of its aggregate."""


def book(
    client: "DynamoDBClient", table: str, statistics_table: str, catalog: str, updates: Sequence[Update]
) -> Mapping[Subject, Saved]:
    """Write bookings, those of several subjects in one transaction; see the port."""
    results: dict[Subject, Saved] = {}
    for group in in_batches(updates, BOOK_AT_ONCE, ITEMS_AT_ONCE, _items):
        bookings = [booking for booking, _ in group]
        statistics = _statistics(bookings, statistics_table, catalog)
        items: Any = [
            *({"Update": update_of(table, write)} for _, write in group),
            *(
                {"Put": {"TableName": table, "Item": decision_item(nudge)}}
                for booking in bookings
                for nudge in booking.decisions
            ),
            *({"Update": each} for each in statistics),
        ]
        saved = _transact(client, items, len(group))
        results |= dict(zip((booking.progress.subject for booking in bookings), saved, strict=True))
    return results


def _transact(client: "DynamoDBClient", items: Any, subjects: int) -> Sequence[Saved]:  # noqa: ANN401
    try:
        client.transact_write_items(TransactItems=items)
    except client.exceptions.TransactionCanceledException as error:
        return _cancelled([reason.get("Code", "None") for reason in error.response["CancellationReasons"]], subjects)
    except PassingErrors as error:
        if passes(error):
            return [Saved.REFUSED] * subjects
        raise
    return [Saved.DONE] * subjects


def _statistics(bookings: Sequence[Booking], table: str, catalog: str) -> Sequence[Mapping[str, object]]:
    # One shard for the whole transaction, so that what its subjects have in common is added up before.
    shard = keys.shard_name(keys.shard_of(bookings[0].progress.subject, keys.STATISTICS_SHARDS))
    by_scope: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for booking in bookings:
        for (scope, counter), count in booking.increments.counts.items():
            by_scope[scope][counter] += count
    return [
        _counters(table, keys.statistics_partition(catalog, scope), shard, counts) for scope, counts in by_scope.items()
    ]


def _counters(table: str, partition: str, shard: str, counts: Mapping[str, int]) -> Mapping[str, object]:
    names = {f"#{place}": counter for place, counter in enumerate(counts)}
    return {
        "TableName": table,
        "Key": {keys.PARTITION: {"S": partition}, keys.SORT: {"S": shard}},
        # A bare ADD counts twice after a lost answer; this one stands or falls with the subject's version.
        "UpdateExpression": "ADD " + ", ".join(f"{name} :{name[1:]}" for name in names),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {f":{place}": {"N": str(count)} for place, count in enumerate(counts.values())},
    }


def _items(update: Update) -> int:
    """How many items of a transaction a booking is, if it shares none."""
    booking, _ = update
    return 1 + len(booking.decisions) + len({scope for scope, _ in booking.increments.counts})


def _cancelled(reasons: Sequence[str], subjects: int) -> Sequence[Saved]:
    """What a cancelled transaction says of each subject: only the first items, the aggregates, have a condition."""
    known = {"None", "ConditionalCheckFailed"} | PASSING
    if not known.issuperset(reasons):
        raise RuntimeError(f"DynamoDB refused a booking with {', '.join(sorted(set(reasons)))}")
    lost = (reason == "ConditionalCheckFailed" for reason in reasons[:subjects])
    return [Saved.CONFLICT if each else Saved.REFUSED for each in lost]
