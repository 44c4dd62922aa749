"""DynamoDB's reads, its sparse index, and what the tables are set to."""

import time
from typing import Any, Final

from milepost.adapters import keys
from milepost.adapters.due_index import DynamoDueIndex
from milepost.adapters.writes import update_of
from milepost_tools.verify.lab import Lab
from milepost_tools.verify.verdict import DiffersError, expect

_INDEX: Final = "due"
"""As template.yaml names it."""
_WITHIN: Final = 30.0
"""Seconds for the index to follow, half of the time between two sweeps."""
_DUE: Final = 1
"""An instant that has long passed."""


def read_units(lab: Lab) -> str:
    """Eventually consistent BatchGetItem costs half a unit for an item of up to 4 KB, a consistent one a whole."""
    key = lab.put("read", "a", l={"B": b"x" * 900})
    found = [_read_units(lab, key, consistent=consistent) for consistent in (False, True)]
    expect("units, eventually consistent and consistent", found, [0.5, 1.0])
    return "0.5 and 1 unit"


def segments_backwards(lab: Lab) -> str:
    """A consistent query backwards over two segments begins with the one that was put just before."""
    for instant in range(8):
        lab.put("segments", keys.segment_sort(instant, instant), l={"B": b"x"})
        wanted = [keys.segment_sort(each, each) for each in (instant, instant - 1) if each >= 0]
        expect("sort keys", _last_two(lab), wanted)
    return "8 of 8"


def sparse_index(lab: Lab) -> str:
    """The due index has an item only while it has both `d` and `dp`, and follows within seconds."""
    key = lab.put("index", "i")
    _update_index(lab, key, "SET d = :due, dp = :shard")
    found = _seconds_until(lab, in_index=True)
    _update_index(lab, key, "REMOVE d, dp")
    gone = _seconds_until(lab, in_index=False)
    return f"found after {found:.1f} s, gone after {gone:.1f} s"


def index_units(lab: Lab) -> str:
    """A write that changes neither `d` nor `dp` costs the index nothing."""
    index = {"d": {"N": str(_DUE)}, "dp": {"S": keys.shard_name(lab.shard)}}
    lab.put("index-units", "i", **index)
    write = lab.write("index-units", "i", 1, {**index, "l": {"B": b"x"}})
    answer = lab.stack.connection.dynamodb.update_item(
        **update_of(lab.stack.table_name, write), ReturnConsumedCapacity="INDEXES"
    )
    used: Any = answer["ConsumedCapacity"]
    indexes = sum(each["CapacityUnits"] for each in used.get("GlobalSecondaryIndexes", {}).values())
    expect("units of the table and of the index", (used["Table"]["CapacityUnits"], indexes), (1.0, 0.0))
    return "1 and 0 units"


def table_settings(lab: Lab) -> str:
    """Items are deleted by their attribute `x`; both tables can be restored to any second, and are encrypted."""
    client, tables = lab.stack.connection.dynamodb, (lab.stack.table_name, lab.stack.statistics_table_name)
    ttl: Any = client.describe_time_to_live(TableName=tables[0])["TimeToLiveDescription"]
    backups: Any = [client.describe_continuous_backups(TableName=each) for each in tables]
    restorable = [each["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {}) for each in backups]
    encrypted = [client.describe_table(TableName=each)["Table"].get("SSEDescription", {}) for each in tables]
    found = {
        "deleted by": ttl.get("AttributeName") if ttl.get("TimeToLiveStatus") == "ENABLED" else None,
        "restorable": [each.get("PointInTimeRecoveryStatus") for each in restorable],
        "encrypted": [each.get("Status") for each in encrypted],
    }
    on = ["ENABLED"] * len(tables)
    expect("settings", found, {"deleted by": keys.EXPIRES, "restorable": on, "encrypted": on})
    return "all on"


def _read_units(lab: Lab, key: Any, *, consistent: bool) -> float:  # noqa: ANN401  # A key as the client wants it.
    answer = lab.stack.connection.dynamodb.batch_get_item(
        RequestItems={lab.stack.table_name: {"Keys": [key], "ConsistentRead": consistent}},
        ReturnConsumedCapacity="TOTAL",
    )
    return answer["ConsumedCapacity"][0]["CapacityUnits"]


def _last_two(lab: Lab) -> list[str]:
    answer = lab.stack.connection.dynamodb.query(
        TableName=lab.stack.table_name,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
        ExpressionAttributeValues={
            ":pk": {"S": lab.subject("segments")},
            ":first": {"S": keys.SEGMENT},
            ":last": {"S": f"{keys.SEGMENT}~"},
        },
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=2,
    )
    return [item["sk"]["S"] for item in answer["Items"]]


def _update_index(lab: Lab, key: Any, expression: str) -> None:  # noqa: ANN401
    values: Any = {":due": {"N": str(_DUE)}, ":shard": {"S": keys.shard_name(lab.shard)}}
    named = {"ExpressionAttributeValues": values} if ":" in expression else {}
    lab.stack.connection.dynamodb.update_item(
        TableName=lab.stack.table_name, Key=key, UpdateExpression=expression, **named
    )


def _seconds_until(lab: Lab, *, in_index: bool) -> float:
    started, subject = time.monotonic(), lab.subject("index")
    index = DynamoDueIndex(lab.stack.connection.dynamodb, lab.stack.table_name, _INDEX)

    def arrived() -> bool:
        return ((subject, _DUE) in index.due(lab.shard, _DUE, 10)) is in_index

    if not lab.eventually(arrived, _WITHIN):
        raise DiffersError(f"{'not found' if in_index else 'still there'} after {_WITHIN:.0f} s")
    return time.monotonic() - started
