"""What a stack has stored: statistics summed over their shards, and the decision on every nudge."""

from collections import Counter
from collections.abc import Iterator, Mapping

from boto3.dynamodb.types import TypeDeserializer

from milepost.adapters import keys
from milepost_tools.history.results import Row
from milepost_tools.local.stack import Stack


def statistics(stack: Stack, catalog: str, scope: str) -> Mapping[str, int]:
    """The counters of one scope: a milestone, or `*` for members."""
    total: Counter[str] = Counter()
    pages = stack.connection.dynamodb.get_paginator("query").paginate(
        TableName=stack.statistics_table_name,
        KeyConditionExpression="#scope = :scope",
        ExpressionAttributeNames={"#scope": keys.PARTITION},
        ExpressionAttributeValues={":scope": {"S": keys.statistics_partition(catalog, scope)}},
        ConsistentRead=True,
    )
    for page in pages:
        for item in page["Items"]:
            total.update({name: int(value["N"]) for name, value in item.items() if "N" in value})
    return total


def decisions(stack: Stack) -> Iterator[Row]:
    """Every decision record of the table, as a line of a nudge file."""
    pages = stack.connection.dynamodb.get_paginator("scan").paginate(
        TableName=stack.table_name,
        FilterExpression="begins_with(#sort, :decision)",
        ExpressionAttributeNames={"#sort": keys.SORT},
        ExpressionAttributeValues={":decision": {"S": keys.DECISION}},
        ConsistentRead=True,
    )
    read = TypeDeserializer().deserialize
    for page in pages:
        for item in page["Items"]:
            yield _nudge_row({name: read(value) for name, value in item.items()})


def _nudge_row(item: Row) -> Row:
    return {
        "id": item["id"],
        "subject": item[keys.PARTITION],
        "milestone": item["milestone"],
        "path": item["path"],
        "step": int(item["step"]),
        "n": int(item["n"]),
        "channel": item["channel"],
        "verdict": item["verdict"],
        "reason": item.get("reason"),
        "decided_at": item["decided_at"],
        "send_at": item["decided_at"] if item["verdict"] == "sent" else item.get("until"),
    }
