"""Counting as the documentation of Powertools for AWS Lambda teaches it: batch processor, idempotency, `ADD`.

Three writes an event: the record goes in progress, the counter is added to, the record is completed. What it cannot
know is whether the second was done when the third was not: then it counts again. The key is the producer's id in the
body, not that of SQS, which is another for each copy that a producer sends.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from json import loads
from typing import Any, Final

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from milepost_tools.bench.design import Client, Contender, Counts, Record, create_table

KEPT: Final = 18 * 24 * 3600
"""Seconds that a record is kept: what the queue and its dead-letter queue can hold a copy back."""
TIME_LEFT: Final = 800
"""Milliseconds that an invocation has, after which a record in progress counts as abandoned."""


class _Context(LambdaContext):
    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return TIME_LEFT


class _Idempotency:
    def __init__(self, client: Client, prefix: str) -> None:
        """Open the tables, as the module of a function does."""
        self._client, self._counters = client, f"{prefix}counters"
        self._config = IdempotencyConfig(event_key_jmespath="messageId", expires_after_seconds=KEPT)
        records = DynamoDBPersistenceLayer(f"{prefix}idempotency", key_attr="pk", boto3_client=client)
        self._processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

        @idempotent_function(  # type: ignore[untyped-decorator]  # It does not say that it keeps the signature.
            data_keyword_argument="event", config=self._config, persistence_store=records
        )
        def count(event: Mapping[str, Any]) -> Mapping[str, str]:
            return self._count(event)

        self._count_once = count
        self.conflicts = 0

    def receive(self, records: Sequence[Record]) -> Collection[str]:
        """See the protocol."""
        context = _Context()
        self._config.register_lambda_context(context)
        answer = process_partial_response({"Records": records}, self._handle, self._processor, context)
        failed = {str(each["itemIdentifier"]) for each in answer["batchItemFailures"]}
        self.conflicts += len(failed)  # In progress elsewhere, or left in progress by a crash.
        return failed

    def _handle(self, record: SQSRecord) -> Mapping[str, str]:
        counted: Mapping[str, str] = self._count_once(event=loads(record.body))
        return counted

    def _count(self, event: Mapping[str, Any]) -> Mapping[str, str]:
        answer = self._client.update_item(
            TableName=self._counters,
            Key={"pk": {"S": event["userId"]}},
            UpdateExpression="ADD #name :one",
            ExpressionAttributeNames={"#name": event["event"]},
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",  # What a check for milestones would look at.
        )
        return {name: value["N"] for name, value in answer["Attributes"].items()}

    def counts(self, users: Iterable[str]) -> Counts:
        """See the protocol."""
        return counters(self._client, self._counters, users)


def counters(client: Client, table: str, users: Iterable[str]) -> Counts:
    """Counters by user: every attribute but the key."""
    found: dict[str, Counter[str]] = {}
    for user in users:
        item = client.get_item(TableName=table, Key={"pk": {"S": user}}, ConsistentRead=True).get("Item", {})
        found[user] = Counter({name: int(value["N"]) for name, value in item.items() if name != "pk"})
    return found


def _create(client: Client, prefix: str) -> None:
    create_table(client, f"{prefix}counters")
    create_table(client, f"{prefix}idempotency")


IDEMPOTENCY: Final = Contender("idempotency", _create, _Idempotency, writes=3)
