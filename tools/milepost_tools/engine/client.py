"""The client: DynamoDB's operations under botocore's names, one at a time, each validated as botocore would."""

from collections.abc import Callable, Hashable, Mapping, Sequence, Sized
from threading import Lock
from typing import Any, Final

from milepost_tools.engine import partiql, reads, writes
from milepost_tools.engine.calls import Answer, exceptions, only_known, operation, pages
from milepost_tools.engine.capacity import Bill, Meter
from milepost_tools.engine.table import Table
from milepost_tools.engine.values import (
    Invalid,
    InvalidForItem,
    Item,
    Refusal,
    Request,
    UnsupportedError,
    shown,
    taken_item,
)

_GET_AT_ONCE: Final = 100
_GET_BYTES: Final = 16 * 1024 * 1024
_WRITE_AT_ONCE: Final = 25
_TRANSACT_AT_ONCE: Final = 100
_TRANSACT_BYTES: Final = 4 * 1024 * 1024
_TRANSACTION: Final = 2
"""How often a transaction writes each item: once to prepare and once to commit."""
_FAILED: Final = "The conditional request failed"
_SHORT: Final = {"ValidationException": "ValidationError", "ResourceNotFoundException": "ResourceNotFound"}
"""Codes that an error of one statement or action has, by the request's."""
_WORDS: Final = "ExpressionAttributeNames ExpressionAttributeValues"
_CONDITION: Final = f"TableName ConditionExpression {_WORDS} ReturnValuesOnConditionCheckFailure"
_PAGES: Final = "TableName IndexName ConsistentRead Limit ExclusiveStartKey ProjectionExpression"
_ACTIONS: Final = {
    "Put": f"Item {_CONDITION}",
    "Update": f"Key UpdateExpression {_CONDITION}",
    "Delete": f"Key {_CONDITION}",
    "ConditionCheck": f"Key {_CONDITION}",
}
"""What a write may carry, alone or in a transaction."""
_REPLACED: Final[Mapping[str, Callable[[writes.Write], Item | None]]] = {
    "NONE": lambda _: None,
    "ALL_OLD": lambda write: write.old,
}
_RETURNS: Final = {
    "Put": _REPLACED,
    "Delete": _REPLACED,
    "Update": {**_REPLACED, "ALL_NEW": lambda write: write.new, "UPDATED_NEW": lambda write: write.set_to},
}
"""ReturnValues by action; UPDATED_OLD is not there."""


class Engine:
    """A client of a DynamoDB of its own; any number of threads may call it."""

    def __init__(self) -> None:
        self.meter = Meter()
        self._tables: dict[str, Table] = {}
        self.lock = Lock()

    @property
    def exceptions(self) -> Any:  # noqa: ANN401  # botocore makes them when it runs.
        """Classes of errors, as `except client.exceptions.TransactionCanceledException` wants them."""
        return exceptions()

    def get_paginator(self, operation_name: str) -> Any:  # noqa: ANN401  # botocore has no type for the pages.
        """Pages of `query` or `scan`."""
        return pages(getattr(self, operation_name), operation_name.capitalize())

    @operation(
        "CreateTable",
        "TableName KeySchema AttributeDefinitions GlobalSecondaryIndexes BillingMode StreamSpecification"
        " SSESpecification DeletionProtectionEnabled Tags",
        several=False,
    )
    def create_table(self, request: Request, bill: Bill) -> Answer:
        """A table that is ready at once."""
        name = request["TableName"]
        if name in self._tables:
            raise Refusal("ResourceInUseException", f"Table already exists: {name}")
        self._tables[name] = Table.of(request)
        return {"TableDescription": {"TableName": name, "TableStatus": "ACTIVE"}}

    @operation("GetItem", "TableName Key ConsistentRead ProjectionExpression ExpressionAttributeNames", several=False)
    def get_item(self, request: Request, bill: Bill) -> Answer:
        """One item."""
        table = self._table(request["TableName"])
        item, _ = reads.get(table, table.place(taken_item(request["Key"])), request, bill)
        return {} if item is None else {"Item": item}

    @operation("BatchGetItem", "RequestItems", several=True)
    def batch_get_item(self, request: Request, bill: Bill) -> Answer:
        """Up to 100 items; those beyond 16 MB are left for another request."""
        wanted = request["RequestItems"]
        targets = []
        for name, each in wanted.items():
            only_known("BatchGetItem", each, "Keys ConsistentRead ProjectionExpression ExpressionAttributeNames")
            targets += [(name, self._table(name).place(taken_item(key)), key) for key in each["Keys"]]
        _at_most(_GET_AT_ONCE, targets)
        _different([target[:2] for target in targets], "Provided list of item keys contains duplicates")
        responses: dict[str, list[Any]] = {name: [] for name in wanted}
        left: dict[str, Any] = {}
        total = 0
        for name, place, key in targets:
            if total >= _GET_BYTES:
                left.setdefault(name, {**wanted[name], "Keys": []})["Keys"].append(key)
                continue
            item, size = reads.get(self._table(name), place, wanted[name], bill)
            total += size
            responses[name] += [] if item is None else [item]
        return {"Responses": responses, "UnprocessedKeys": left}

    @operation("Query", f"{_PAGES} KeyConditionExpression ScanIndexForward {_WORDS}", several=False)
    def query(self, request: Request, bill: Bill) -> Answer:
        """A page of a partition."""
        return reads.query(self._table(request["TableName"]), request, bill)

    @operation("Scan", f"{_PAGES} FilterExpression {_WORDS}", several=False)
    def scan(self, request: Request, bill: Bill) -> Answer:
        """A page of a table."""
        return reads.scan(self._table(request["TableName"]), request, bill)

    @operation("PutItem", f"{_ACTIONS['Put']} ReturnValues", several=False)
    def put_item(self, request: Request, bill: Bill) -> Answer:
        """Write a whole item."""
        return self._one("Put", request, bill)

    @operation("UpdateItem", f"{_ACTIONS['Update']} ReturnValues", several=False)
    def update_item(self, request: Request, bill: Bill) -> Answer:
        """Change an item, or begin one."""
        return self._one("Update", request, bill)

    @operation("DeleteItem", f"{_ACTIONS['Delete']} ReturnValues", several=False)
    def delete_item(self, request: Request, bill: Bill) -> Answer:
        """Remove an item."""
        return self._one("Delete", request, bill)

    @operation("BatchWriteItem", "RequestItems", several=True)
    def batch_write_item(self, request: Request, bill: Bill) -> Answer:
        """Up to 25 puts and deletes, each for itself and without a condition."""
        found = [
            writes.ACTIONS[kind.removesuffix("Request")](self._table(name), content)
            for name, each in request["RequestItems"].items()
            for one in each
            for kind, content in (_only(one),)
        ]
        _at_most(_WRITE_AT_ONCE, found)
        _different([write.target for write in found], "Provided list of item keys contains duplicates")
        for write in found:
            write.make(bill)
        return {"UnprocessedItems": {}}

    @operation("BatchExecuteStatement", "Statements", several=True)
    def batch_execute_statement(self, request: Request, bill: Bill) -> Answer:
        """Up to 25 statements, each for itself, never two on one item."""
        _at_most(_WRITE_AT_ONCE, request["Statements"])
        found = [self._statement(each) for each in request["Statements"]]
        writing = [each.target for each in found if isinstance(each, writes.Write)]
        _different(writing, "BatchExecuteStatement cannot include multiple operations on one item")
        each_with = zip(request["Statements"], found, strict=True)
        return {"Responses": [_executed(statement, write, bill) for statement, write in each_with]}

    @operation("TransactWriteItems", "TransactItems", several=True)
    def transact_write_items(self, request: Request, bill: Bill) -> Answer:
        """Up to 100 actions on different items: all of them or none."""
        actions = [_only(each) for each in request["TransactItems"]]
        _at_most(_TRANSACT_AT_ONCE, actions)
        found = [self._action(kind, action) for kind, action in actions]
        _different(
            [each.target for each in found if isinstance(each, writes.Write)],
            "Transaction request cannot include multiple operations on one item",
        )
        if sum(each.size for each in found if isinstance(each, writes.Write)) > _TRANSACT_BYTES:
            raise Invalid("Transaction request exceeds the limit of 4 MB")
        reasons = [_reason(action, write) for (_, action), write in zip(actions, found, strict=True)]
        refused = any(reason["Code"] != "None" for reason in reasons)
        for write in found:
            if isinstance(write, writes.Write):
                (write.refuse if refused else write.make)(bill, _TRANSACTION)
        if refused:
            codes = ", ".join(reason["Code"] for reason in reasons)
            message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            raise Refusal("TransactionCanceledException", message, CancellationReasons=reasons)
        return {}

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            raise Refusal("ResourceNotFoundException", "Requested resource not found")
        return self._tables[name]

    def _one(self, kind: str, request: Request, bill: Bill) -> Answer:
        wanted = request.get("ReturnValues", "NONE")
        if wanted not in _RETURNS[kind]:
            raise UnsupportedError(f"ReturnValues {wanted} of {kind}")
        write = writes.ACTIONS[kind](self._table(request["TableName"]), request)
        if not write.holds:
            write.refuse(bill)
            raise Refusal("ConditionalCheckFailedException", _FAILED, **write.failure(request))
        write.make(bill)
        returned = _RETURNS[kind][wanted](write)
        return {"Attributes": shown(returned)} if returned else {}

    def _action(self, kind: str, action: Request) -> writes.Write | InvalidForItem:
        only_known(kind, action, _ACTIONS[kind])
        try:
            return writes.ACTIONS[kind](self._table(action["TableName"]), action)
        except InvalidForItem as reason:
            return reason

    def _statement(self, request: Request) -> writes.Write | Refusal:
        only_known("a statement", request, "Statement Parameters ReturnValuesOnConditionCheckFailure")
        try:
            statement = partiql.parse(request["Statement"])
            return writes.execute(self._table(statement.table), statement, request.get("Parameters", []))
        except Refusal as reason:
            return reason


def _executed(statement: Request, write: writes.Write | Refusal, bill: Bill) -> Answer:
    if isinstance(write, Refusal):
        return {"Error": {"Code": _SHORT[write.code], "Message": write.message}}
    if write.holds:
        write.make(bill)
        return {"TableName": write.table.name}
    write.refuse(bill)
    failed = {"Code": write.fails_with, "Message": _FAILED, **write.failure(statement)}
    return {"Error": failed, "TableName": write.table.name}


def _reason(action: Request, write: writes.Write | InvalidForItem) -> Mapping[str, Any]:
    if isinstance(write, InvalidForItem):
        return {"Code": _SHORT[write.code], "Message": write.message}
    if write.holds:
        return {"Code": "None"}
    return {"Code": write.fails_with, "Message": _FAILED, **write.failure(action)}


def _only(choice: Mapping[str, Request]) -> tuple[str, Request]:
    if len(choice) != 1:
        raise Invalid("Supplied request must contain exactly one action")
    return next(iter(choice.items()))


def _at_most(most: int, members: Sized) -> None:
    if not 1 <= len(members) <= most:
        raise Invalid(f"Member must have length between 1 and {most}")


def _different(targets: Sequence[Hashable], message: str) -> None:
    if len(set(targets)) < len(targets):
        raise Invalid(message)
