"""The decisions that a table holds: of one subject, and of everybody by the day, through the index."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Any

from milepost.adapters import keys
from milepost.adapters.decisions import recorded
from milepost.application.decisions import Recorded
from milepost.domain.event import Subject
from milepost.domain.instant import DAY, Instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDecisions:
    """Decisions in the table, and its index by day."""

    client: "DynamoDBClient"
    table: str
    index: str = keys.DECISIONS_INDEX

    def of(self, subject: Subject) -> Sequence[Recorded]:
        """One subject's; see the port."""
        asked = {
            "KeyConditionExpression": "#partition = :subject AND begins_with(#sort, :decision)",
            "ExpressionAttributeNames": {"#partition": keys.PARTITION, "#sort": keys.SORT},
            "ExpressionAttributeValues": {":subject": {"S": subject}, ":decision": {"S": keys.DECISION}},
            "ConsistentRead": True,
        }
        return list(self._found(asked))

    def between(self, since: Instant, until: Instant) -> Iterator[Recorded]:
        """Everybody's from `since` on and before `until`, the newest first; eventually consistent.

        The shards of a day are read side by side.
        """
        if until <= since:  # DynamoDB refuses a span that ends before it begins.
            return
        for day in range((until - 1) // DAY, since // DAY - 1, -1):
            shards = (self._of_day(day * DAY, shard, since, until - 1) for shard in range(keys.DECISION_SHARDS))
            yield from merge(*shards, key=lambda each: -each.decided_at)

    def _of_day(self, day: Instant, shard: int, since: Instant, last: Instant) -> Iterator[Recorded]:
        asked = {
            "IndexName": self.index,
            "KeyConditionExpression": "#day = :day AND #decided BETWEEN :since AND :last",
            "ExpressionAttributeNames": {"#day": keys.DECISION_DAY, "#decided": keys.DECIDED},
            "ExpressionAttributeValues": {
                ":day": {"S": keys.decision_day(day, shard)},
                ":since": {"N": str(since)},
                ":last": {"N": str(last)},
            },
            "ScanIndexForward": False,
        }
        return self._found(asked)

    def _found(self, asked: Mapping[str, Any]) -> Iterator[Recorded]:
        pages = self.client.get_paginator("query").paginate(TableName=self.table, **asked)
        return (recorded(item) for page in pages for item in page["Items"])
