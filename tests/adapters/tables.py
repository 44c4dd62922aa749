"""Both tables with the schema of template.yaml, under names of their own for each test."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DUE_INDEX = "due"


def create_table(client: "DynamoDBClient") -> str:
    """The main table; its name."""
    name = f"progress-{uuid4().hex}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=_attributes(pk="S", sk="S", dp="S", d="N", dd="S", dt="N"),
        KeySchema=_keys("pk", "sk"),
        GlobalSecondaryIndexes=[
            {"IndexName": DUE_INDEX, "KeySchema": _keys("dp", "d"), "Projection": {"ProjectionType": "KEYS_ONLY"}},
            {"IndexName": "decisions", "KeySchema": _keys("dd", "dt"), "Projection": {"ProjectionType": "ALL"}},
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return name


def create_statistics_table(client: "DynamoDBClient") -> str:
    """The table of statistics; its name."""
    name = f"statistics-{uuid4().hex}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=_attributes(pk="S", sk="S"),
        KeySchema=_keys("pk", "sk"),
    )
    return name


def scan(client: "DynamoDBClient", table: str) -> list[dict[str, Any]]:
    """Every item of a table, in the order of its keys."""
    items: list[Any] = [
        item for page in client.get_paginator("scan").paginate(TableName=table) for item in page["Items"]
    ]
    return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def _attributes(**kinds: str) -> Any:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()]


def _keys(partition: str, sort: str) -> Any:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
