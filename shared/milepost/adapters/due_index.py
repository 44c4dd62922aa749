"""The due index: a sparse secondary index, sharded so that no partition of it runs hot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from milepost.adapters import keys
from milepost.domain.event import Subject
from milepost.domain.instant import Instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDueIndex:
    """Keys only, eventually consistent: a hint, and the item decides."""

    client: "DynamoDBClient"
    table: str
    index: str
    shards: int = keys.DUE_SHARDS

    def due(self, shard: int, until: Instant, limit: int) -> Sequence[tuple[Subject, Instant]]:
        """The first `limit` subjects of a shard that are due."""
        answer = self.client.query(
            TableName=self.table,
            IndexName=self.index,
            KeyConditionExpression="#shard = :shard AND #due <= :until",
            ExpressionAttributeNames={"#shard": keys.DUE_SHARD, "#due": keys.DUE},
            ExpressionAttributeValues={":shard": {"S": keys.shard_name(shard)}, ":until": {"N": str(until)}},
            Limit=limit,
        )
        return [(item[keys.PARTITION]["S"], int(item[keys.DUE]["N"])) for item in answer["Items"]]
