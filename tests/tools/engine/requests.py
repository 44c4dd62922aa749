"""Requests to a table `T`, written shortly."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

Call: TypeAlias = tuple[str, Mapping[str, Any]]


def item(sort: str = "a", **values: Any) -> dict[str, Any]:
    """An item of partition `p`; numbers, texts and bytes as Python has them."""
    return {**key(sort), **{name: value_of(value) for name, value in values.items()}}


def key(sort: str = "a", partition: str = "p") -> dict[str, Any]:
    """A key."""
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def value_of(value: Any) -> Any:
    """In DynamoDB's notation, unless it is already."""
    match value:
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
    return value


def put(content: Mapping[str, Any], **more: Any) -> Call:
    """Put an item."""
    return "put_item", {"TableName": "T", "Item": content, **more}


def update(expression: str | None, sort: str = "a", condition: str | None = None, **more: Any) -> Call:
    """Update an item; what is not a parameter by name is a value of the expressions."""
    names = {f"#{name[1:]}": more.pop(name) for name in list(more) if name.startswith("_")}
    values = {f":{name}": value_of(more.pop(name)) for name in list(more) if name[0].islower()}
    optional = {
        "UpdateExpression": expression,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    return "update_item", {
        "TableName": "T",
        "Key": key(sort),
        **{name: value for name, value in optional.items() if value},
        **more,
    }


def delete(sort: str = "a", **more: Any) -> Call:
    """Delete an item."""
    return "delete_item", {"TableName": "T", "Key": key(sort), **more}


def get(sort: str = "a", **more: Any) -> Call:
    """Read an item."""
    return "get_item", {"TableName": "T", "Key": key(sort), **more}


def query(condition: str, **more: Any) -> Call:
    """Query the table; values as in `update`."""
    values = {f":{name}": value_of(more.pop(name)) for name in list(more) if name[0].islower()}
    return "query", {
        "TableName": "T",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        **more,
    }


def scan(**more: Any) -> Call:
    """Scan the table."""
    return "scan", {"TableName": "T", **more}


def filtered(condition: str, **more: Any) -> Call:
    """Scan the table for what a condition holds for; values as in `update`."""
    values = {f":{name}": value_of(more.pop(name)) for name in list(more) if name[0].islower()}
    words = {"ExpressionAttributeValues": values} if values else {}
    return scan(FilterExpression=condition, **words, **more)


def statements(*each: tuple[str, Sequence[Any]], **more: Any) -> Call:
    """Several statements with their parameters."""
    return "batch_execute_statement", {
        "Statements": [
            {"Statement": text, "Parameters": [value_of(one) for one in parameters], **more}
            for text, parameters in each
        ]
    }


def transact(*actions: Call) -> Call:
    """Single writes as one transaction."""
    kinds = {"put_item": "Put", "update_item": "Update", "delete_item": "Delete", "condition_check": "ConditionCheck"}
    return "transact_write_items", {"TransactItems": [{kinds[name]: request} for name, request in actions]}


def batch_write(*requests: Mapping[str, Any]) -> Call:
    """Puts and deletes together."""
    return "batch_write_item", {"RequestItems": {"T": list(requests)}}


def batch_get(*keys: Mapping[str, Any], **more: Any) -> Call:
    """Several reads."""
    return "batch_get_item", {"RequestItems": {"T": {"Keys": list(keys), **more}}}


INSERT: Final = "INSERT INTO \"T\" VALUE {'pk': ?, 'sk': ?, 'v': ?}"
UPDATE: Final = 'UPDATE "T" SET v = ? SET x = ? REMOVE y WHERE pk = ? AND sk = ? AND v = ?'
KB: Final = "x" * 1024
