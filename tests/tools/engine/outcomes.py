"""What comes of requests, in a form that can be compared: answers without their metadata, errors by their code."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from tests.adapters.tables import create_table
from tests.tools.engine.requests import Call

_READS = frozenset({"get_item", "batch_get_item", "query", "scan"})


def outcomes(client: Any, calls: Sequence[Call]) -> list[Any]:
    """Of each call, on a new table."""
    table = create_table(client)
    return [_renamed(_outcome(client, name, _renamed(request, "T", table)), table, "T") for name, request in calls]


def _outcome(client: Any, operation: str, request: Any) -> Any:
    try:
        answer = getattr(client, operation)(**request, ReturnConsumedCapacity="INDEXES")
    except ClientError as error:
        response: Any = error.response
        told = {name: response[name] for name in ("Item", "CancellationReasons") if name in response}
        return {"refused": response["Error"]["Code"], **_without_messages(told)}
    consumed = answer.pop("ConsumedCapacity", [])
    del answer["ResponseMetadata"]
    for found in (answer.get("Items", []), *answer.get("Responses", {}).values()) if operation in _UNORDERED else ():
        found.sort(key=repr)
    spent = {} if operation in _READS else {"spent": _spent(consumed)}
    return {**_without_messages(answer), **spent}


_UNORDERED = frozenset({"scan", "batch_get_item"})
"""Operations that promise no order."""


def _spent(consumed: Any) -> Any:
    each = consumed if isinstance(consumed, list) else [consumed]
    return [
        {
            "in all": entry["CapacityUnits"],
            "by index": {name: one["CapacityUnits"] for name, one in entry.get("GlobalSecondaryIndexes", {}).items()},
        }
        for entry in each
    ]


def _without_messages(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _without_messages(each) for name, each in content.items() if name != "Message"}
    return [_without_messages(each) for each in content] if isinstance(content, list) else content


def _renamed(content: Any, old: str, new: str) -> Any:
    if isinstance(content, str):
        return new if content == old else content.replace(f'"{old}"', f'"{new}"')
    if isinstance(content, dict):
        return {_renamed(name, old, new): _renamed(each, old, new) for name, each in content.items()}
    return [_renamed(each, old, new) for each in content] if isinstance(content, list) else content
