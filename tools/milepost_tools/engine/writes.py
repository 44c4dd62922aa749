"""What a request wants to write, worked out before anything is: Put, Update, Delete, ConditionCheck, PartiQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from milepost_tools.engine import partiql
from milepost_tools.engine.capacity import Bill, bytes_as_billed, write_units
from milepost_tools.engine.expressions import Parser, Update, parsed
from milepost_tools.engine.table import Place, Table
from milepost_tools.engine.terms import Condition
from milepost_tools.engine.tokens import Words
from milepost_tools.engine.values import Invalid, Item, Request, Value, shown, taken, taken_item


@dataclass(slots=True)
class Write:
    """One item's change, not yet made. Not frozen, because that takes three times as long and there are many."""

    table: Table
    place: Place
    old: Item | None
    new: Item | None
    holds: bool = True
    """Whether its condition does."""
    changed: frozenset[str] = frozenset()
    """What an update set."""
    only_checks: bool = False
    fails_with: str = "ConditionalCheckFailed"

    @property
    def set_to(self) -> Item:
        """What an update set, as it is now."""
        return {name: value for name, value in (self.new or {}).items() if name in self.changed}

    @property
    def target(self) -> tuple[str, Place]:
        """Which item of which table."""
        return self.table.name, self.place

    @property
    def size(self) -> int:
        """Bytes of the item that is written, or was looked at."""
        return bytes_as_billed(self.new or self.old or {})

    def make(self, bill: Bill, factor: int = 1) -> None:
        """Do it. A check is billed as a write of what is there: 2 units for up to 1 KB were measured on AWS."""
        if self.only_checks:
            self.refuse(bill, factor)
        else:
            self.table.replace(self.place, self.new, bill, factor)

    def refuse(self, bill: Bill, factor: int = 1) -> None:
        """Bill a write that was not made: by the item that is there ("Working with items", conditional writes)."""
        bill.write(self.table.name, factor * write_units(bytes_as_billed(self.old or {})))

    def failure(self, request: Request) -> Mapping[str, object]:
        """What an answer says of the item whose condition failed, if it was asked to."""
        if self.old is None or request.get("ReturnValuesOnConditionCheckFailure") != "ALL_OLD":
            return {}
        return {"Item": shown(self.old)}


def put(table: Table, request: Request) -> Write:
    """A whole item in the place of what is there."""
    words, condition = _condition(request)
    words.check()
    item = taken_item(request["Item"])
    place = table.place_of(item)
    table.check(item)
    old = table.get(place)
    return Write(table, place, old, item, condition(old or {}, words.values))


def update(table: Table, request: Request) -> Write:
    """Some attributes of an item, which need not be there before."""
    words, condition = _condition(request)
    text = request.get("UpdateExpression")
    change = Update() if text is None else parsed(Parser.update, "UpdateExpression", text, words)
    words.check()
    _leave_the_key(table, *change.sets, *change.removes)
    key = taken_item(request["Key"])
    place = table.place(key)
    old = table.get(place)
    if not condition(old or {}, words.values):
        return Write(table, place, old, old, holds=False)
    new = change.apply(old or key, words.values)
    table.check(new)
    return Write(table, place, old, new, changed=frozenset(change.sets))


def delete(table: Table, request: Request) -> Write:
    """The item of a key, which need not be there."""
    words, condition = _condition(request)
    words.check()
    place = table.place(taken_item(request["Key"]))
    old = table.get(place)
    return Write(table, place, old, None, condition(old or {}, words.values))


def check(table: Table, request: Request) -> Write:
    """No change, on a condition."""
    found = delete(table, request)
    return Write(table, found.place, found.old, found.old, found.holds, only_checks=True)


ACTIONS: Final[Mapping[str, Callable[[Table, Request], Write]]] = {
    "Put": put,
    "Update": update,
    "Delete": delete,
    "ConditionCheck": check,
}


def execute(table: Table, statement: partiql.Statement, parameters: Sequence[Value]) -> Write:
    """What a PartiQL statement writes."""
    if len(parameters) != statement.parameters:
        raise Invalid("Number of parameters in request and statement don't match.")
    values = [taken(value) for value in parameters]
    sets = dict(zip(statement.sets, values, strict=False))
    if statement.where is None:
        write = put(table, {"Item": sets})
        return replace(write, holds=write.old is None, fails_with="DuplicateItem")
    asked = dict(zip(statement.where, values[len(sets) :], strict=True))
    if not set(table.items.keys) <= set(asked):
        raise Invalid("Where clause does not contain a mandatory equality on all key attributes")
    _leave_the_key(table, *statement.sets, *statement.removes)
    place = table.place_of(asked)
    old = table.get(place)
    if old is None or any(old.get(name) != value for name, value in asked.items()):
        return Write(table, place, old, old, holds=False)
    new = {name: value for name, value in {**old, **sets}.items() if name not in statement.removes}
    table.check(new)
    return Write(table, place, old, new)


def _condition(request: Request) -> tuple[Words, Condition]:
    words = Words.of(request, taken_item(request.get("ExpressionAttributeValues", {})))
    if "ConditionExpression" not in request:
        return words, lambda *_: True
    return words, parsed(Parser.condition, "ConditionExpression", request["ConditionExpression"], words)


def _leave_the_key(table: Table, *changed: str) -> None:
    for name in table.items.keys:
        if name in changed:
            raise Invalid(
                f"One or more parameter values were invalid: Cannot update attribute {name}. It is in the key"
            )
