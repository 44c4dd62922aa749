"""Counting with a transaction for each event: a marker that must not be there yet, and the counter.

Exact, since both are written or neither; and dear, since a transaction bills each of its writes twice.
"""

from collections.abc import Collection, Iterable, Sequence
from json import loads
from typing import Final

from milepost.adapters.aws import PassingErrors
from milepost_tools.bench.design import Client, Contender, Counts, Record, create_table
from milepost_tools.bench.rivals.idempotency import KEPT, counters

_MILLISECONDS: Final = 1000
_ATTEMPTS: Final = 20


class _Transaction:
    def __init__(self, client: Client, prefix: str) -> None:
        self._client, self._counters, self._markers = client, f"{prefix}counters", f"{prefix}markers"
        self.conflicts = 0

    def receive(self, records: Sequence[Record]) -> Collection[str]:
        """See the protocol."""
        return {record["messageId"] for record in records if not self._count(record)}

    def _count(self, record: Record) -> bool:
        """Whether the event is counted, by this call or an earlier one."""
        event = loads(record["body"])
        expires = int(record["attributes"]["SentTimestamp"]) // _MILLISECONDS + KEPT
        marker = {
            "TableName": self._markers,
            "Item": {"pk": {"S": event["messageId"]}, "expires": {"N": str(expires)}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        counter = {
            "TableName": self._counters,
            "Key": {"pk": {"S": event["userId"]}},
            "UpdateExpression": "ADD #name :one",
            "ExpressionAttributeNames": {"#name": event["event"]},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        return any(self._written([{"Put": marker}, {"Update": counter}]) for _ in range(_ATTEMPTS))

    def _written(self, items: Sequence[object]) -> bool:
        try:
            self._client.transact_write_items(TransactItems=items)
        except self._client.exceptions.TransactionCanceledException as error:
            if error.response["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed":
                return True  # A copy, or our own write whose answer was lost.
            self.conflicts += 1
            return False
        except PassingErrors:
            return False
        return True

    def counts(self, users: Iterable[str]) -> Counts:
        """See the protocol."""
        return counters(self._client, self._counters, users)


def _create(client: Client, prefix: str) -> None:
    create_table(client, f"{prefix}counters")
    create_table(client, f"{prefix}markers")


TRANSACTION: Final = Contender("transaction", _create, _Transaction, writes=1)
