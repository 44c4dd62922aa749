"""One item by its key, or a page of a table or of an index."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from milepost_tools.engine.capacity import Bill, bytes_as_billed, read_units
from milepost_tools.engine.expressions import Parser, parsed
from milepost_tools.engine.table import Ordered, Place, Table
from milepost_tools.engine.terms import Condition, Values, begins_with, compare
from milepost_tools.engine.tokens import Words
from milepost_tools.engine.values import Invalid, Item, Request, Value, kind_of, order, shown, taken_item

_PAGE: Final = 1024 * 1024
"""Bytes of a page, at most."""


def get(table: Table, place: Place, request: Request, bill: Bill) -> tuple[Item | None, int]:
    """The item of a place as an answer shows it, and how many bytes were read."""
    words = Words.of(request, {})
    names = _projection(request, words)
    words.check()
    item = table.get(place)
    size = 0 if item is None else bytes_as_billed(item)
    bill.read(table.name, read_units(size, consistent=request.get("ConsistentRead", False)))
    return None if item is None else _shown(item, names), size


def query(table: Table, request: Request, bill: Bill) -> dict[str, Any]:
    """A page of one partition, in the order of the sort key or against it."""
    if "KeyConditionExpression" not in request:
        raise Invalid("The KeyConditionExpression parameter must be specified in the request")
    words = Words.of(request, taken_item(request.get("ExpressionAttributeValues", {})))
    source = _source(table, request)
    clauses = parsed(Parser.key_condition, "KeyConditionExpression", request["KeyConditionExpression"], words)
    asked = {name: (sign, [words.values[word] for word in named]) for name, (sign, named) in clauses.items()}
    for name, (sign, values) in asked.items():
        _check_condition(table, source, name, sign, values)
    if source.keys[0] not in asked:
        raise Invalid(f"Query condition missed key schema element: {source.keys[0]}")
    partition, start = order(asked.pop(source.keys[0])[1][0]), _start(table, request)
    if start is not None and start[0] != partition:
        raise Invalid("The provided starting key is outside query boundaries based on provided conditions")
    found = source.partition(partition, forward=request.get("ScanIndexForward", True), after=start)
    matching = (item for item in found if all(_holds(item[name], *test) for name, test in asked.items()))
    return _page(table, request, words, matching, bill)


def scan(table: Table, request: Request, bill: Bill) -> dict[str, Any]:
    """A page of everything; what a filter leaves out is read and billed all the same."""
    source = _source(table, request)
    words = Words.of(request, taken_item(request.get("ExpressionAttributeValues", {})))
    return _page(table, request, words, source.everything(_start(table, request)), bill)


def _source(table: Table, request: Request) -> Ordered:
    if "IndexName" not in request:
        return table.items
    if request["IndexName"] not in table.indexes:
        raise Invalid(f"The table does not have the specified index: {request['IndexName']}")
    if request.get("ConsistentRead", False):
        raise Invalid("Consistent reads are not supported on global secondary indexes")
    return table.indexes[request["IndexName"]]


def _check_condition(table: Table, source: Ordered, name: str, sign: str, values: Sequence[Value]) -> None:
    if name not in source.keys or sign == "<>" or (name == source.keys[0] and sign != "="):
        raise Invalid(f"Query key condition not supported: {name} {sign}")
    if any(kind_of(value) != table.kinds[name] for value in values):
        raise Invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
    if sign == "BETWEEN" and order(values[0]) > order(values[1]):
        raise Invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
    if sign == "begins_with" and kind_of(values[0]) == "N":
        raise Invalid("Incorrect operand type for operator or function; operator: begins_with, operand type: N")


def _holds(value: Value, sign: str, values: Sequence[Value]) -> bool:
    if sign == "BETWEEN":
        return compare(value, ">=", values[0]) and compare(value, "<=", values[1])
    return begins_with(value, values[0]) if sign == "begins_with" else compare(value, sign, values[0])


def _start(table: Table, request: Request) -> Place | None:
    if "ExclusiveStartKey" not in request:
        return None
    key, source = taken_item(request["ExclusiveStartKey"]), _source(table, request)
    if set(key) != {*source.keys, *table.items.keys}:
        raise Invalid("The provided starting key is invalid")
    return table.place_of(key) if source is table.items else table.place_in(source, key)


def _page(table: Table, request: Request, words: Words, found: Iterator[Item], bill: Bill) -> dict[str, Any]:
    names, wanted = _projection(request, words), _filter(request, words)
    words.check()
    source, index = _source(table, request), request.get("IndexName")
    items: list[Item] = []
    size, more = 0, False
    for item in found:
        if items and size + bytes_as_billed(item) > _PAGE:
            more = True
            break
        items.append(item)
        size += bytes_as_billed(item)
        if len(items) == request.get("Limit"):
            more = True
            break
    bill.read(table.name, read_units(size, consistent=request.get("ConsistentRead", False)), index)
    last = {"LastEvaluatedKey": shown(table.key_of(items[-1], source))} if more else {}
    kept = [_shown(item, names) for item in items if wanted(item, words.values)]
    return {"Items": kept, "Count": len(kept), "ScannedCount": len(items), **last}


def _filter(request: Request, words: Words) -> Condition:
    text = request.get("FilterExpression")
    return _anything if text is None else parsed(Parser.condition, "FilterExpression", text, words)


def _anything(_item: Item, _values: Values) -> bool:
    return True


def _projection(request: Request, words: Words) -> Sequence[str] | None:
    text = request.get("ProjectionExpression")
    return None if text is None else parsed(Parser.projection, "ProjectionExpression", text, words)


def _shown(item: Item, names: Sequence[str] | None) -> Item:
    return shown(item if names is None else {name: item[name] for name in item if name in names})
