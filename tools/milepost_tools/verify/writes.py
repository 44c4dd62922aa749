"""DynamoDB's writes: what they cost, and what they say of each item."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from milepost.adapters.bookings import ITEMS_AT_ONCE
from milepost.adapters.writes import WAYS, WRITE_AT_ONCE, Write, statement_of, update_of
from milepost.application.ports import Saved
from milepost_tools.verify.lab import Lab
from milepost_tools.verify.verdict import NotTestableError, expect

_SMALL: Final = {"l": {"B": b"x" * 300}}
_LARGER: Final = {"l": {"B": b"x" * 1500}}
"""A unit, and two."""
_FATAL: Final = {"l": {"B": b"x" * 400 * 1024}}
"""With its key more than an item may have."""
_KINDS: Final[Sequence[tuple[bool, int, str | None, Saved]]] = (
    (False, 0, None, Saved.DONE),
    (True, 0, "DuplicateItem", Saved.CONFLICT),
    (True, 1, None, Saved.DONE),
    (True, 9, "ConditionalCheckFailed", Saved.CONFLICT),
)
"""Whether the item is there at version 1, the version that the write asks for, and what comes of it."""
_THREADS: Final = 8
_RACES: Final = 80


def statement_units(lab: Lab) -> str:
    """A statement of a batch costs one unit a kilobyte, also one that fails on its version."""
    new, known = lab.write("units", "s", 0, _SMALL), lab.write("units", "s", 1, _SMALL)
    lost, larger = lab.write("units", "s", 9, _SMALL), lab.write("units", "s", 2, _LARGER)
    found = [_batch(lab, [write])["ConsumedCapacity"][0]["CapacityUnits"] for write in (new, known, lost, larger)]
    expect("units of an insert, an update, one that fails, one of 1.5 KB", found, [1.0, 1.0, 1.0, 2.0])
    return "1, 1, 1 and 2 units"


def statement_failures(lab: Lab) -> str:
    """Of 25 statements, inserts and updates mixed, each succeeds or fails alone, in order and with its own code."""
    writes = _mixed(lab, "failures", WRITE_AT_ONCE)
    answered = [each.get("Error", {}).get("Code") for each in _batch(lab, writes)["Responses"]]
    expect("codes", answered, [_KINDS[place % 4][2] for place in range(WRITE_AT_ONCE)])
    stored = [int(item["v"]["N"]) for item in lab.items(lab.subject("failures"))]
    expect("versions afterwards", stored, [(1, 1, 2, 1)[place % 4] for place in range(WRITE_AT_ONCE)])
    return "ConditionalCheckFailed, DuplicateItem"


def single_writes(lab: Lab) -> str:
    """PutItem and UpdateItem on the same conditions do, refuse and leave what the statements do."""
    client, left = lab.stack.connection.dynamodb, []
    for name, way in WAYS.items():
        saved = way(client, lab.stack.table_name, _mixed(lab, name, len(_KINDS)))
        expect(f"results of {name}", saved, [kind[3] for kind in _KINDS])
        left.append([{**item, "pk": "", "x": ""} for item in lab.items(lab.subject(name))])
    expect("items", left[1], left[0])
    return "the same four results and items"


def item_too_large(lab: Lab) -> str:
    """An item of more than 400 KB is refused as a ValidationError of its own statement; its neighbour is written."""
    writes = [lab.write("large", "a", 0, _FATAL), lab.write("large", "b", 0, _SMALL)]
    answered = [each.get("Error", {}).get("Code") for each in _batch(lab, writes)["Responses"]]
    expect("codes", answered, ["ValidationError", None])
    return "ValidationError"


def transaction_units(lab: Lab) -> str:
    """A transaction takes 100 items and costs two units a kilobyte of each."""
    sizes = [_LARGER, *[_SMALL] * (ITEMS_AT_ONCE - 1)]
    answer = _transact(lab, [_put(lab, "hundred", f"{place:03d}", size) for place, size in enumerate(sizes)])
    expect("items", len(lab.items(lab.subject("hundred"))), ITEMS_AT_ONCE)
    units = sum(each["CapacityUnits"] for each in answer["ConsumedCapacity"])
    expect("units of 99 small items and one of 1.5 KB", units, 202.0)
    return "202 units for 99 small items and one of 1.5 KB"


def transaction_repeated(lab: Lab) -> str:
    """A booking sent twice counts once: the second is cancelled with a reason for each item, in their order."""
    lab.put("booking", "s", **_SMALL)
    update = update_of(lab.stack.table_name, lab.write("booking", "s", 1, _SMALL))
    booking = [_put(lab, "booking", "d", _SMALL), {"Update": update}, _add(lab, "booking")]
    _transact(lab, booking)
    expect("reasons", _reasons(lab, booking), ["None", "ConditionalCheckFailed", "None"])
    counters = [item["n"]["N"] for item in lab.items(lab.subject("booking")) if "n" in item]
    expect("the counter", counters, ["1"])
    return "None, ConditionalCheckFailed, None; counted once"


def transaction_conflict(lab: Lab) -> str:
    """Transactions that meet at a counter are cancelled with TransactionConflict or counted, never both."""
    with ThreadPoolExecutor(_THREADS) as pool:
        all_reasons = list(pool.map(lambda _: tuple(_reasons(lab, [_add(lab, "conflict")])), range(_RACES)))
    tally = Counter(all_reasons)
    counted = [int(item["n"]["N"]) for item in lab.items(lab.subject("conflict"))]
    expect("the counter, against what was acknowledged", counted, [tally.pop((), 0)])
    if not tally:
        raise NotTestableError(f"no two of {_RACES} transactions met")
    expect("reasons", set(tally), {("TransactionConflict",)})
    return f"{tally.total()} of {_RACES}"


def _mixed(lab: Lab, name: str, number: int) -> list[Write]:
    """Writes of all kinds in turn; the items that some of them want to find are put before."""
    for place in range(number):
        if _KINDS[place % 4][0]:
            lab.put(name, f"{place:02d}", gone={"S": "x"})
    sorts = ((f"{place:02d}", _KINDS[place % 4][1]) for place in range(number))
    # What is not there cannot be removed by an insert.
    return [lab.write(name, sort, version, _SMALL, frozenset({"gone"} if version else ())) for sort, version in sorts]


def _batch(lab: Lab, writes: Sequence[Write]) -> Any:  # noqa: ANN401  # An answer as the client gives it.
    statements: Any = [statement_of(lab.stack.table_name, write) for write in writes]
    client = lab.stack.connection.dynamodb
    return client.batch_execute_statement(Statements=statements, ReturnConsumedCapacity="TOTAL")


def _put(lab: Lab, name: str, sort: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    write = lab.write(name, sort, 0, values)
    return {"Put": {"TableName": lab.stack.table_name, "Item": {**write.key, **write.values}}}


def _add(lab: Lab, name: str) -> Mapping[str, Any]:
    """A counter, as in the statistics, but in an item of our own."""
    return {
        "Update": {
            "TableName": lab.stack.table_name,
            "Key": lab.write(name, "n", 0, {}).key,
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }


def _transact(lab: Lab, items: Any) -> Any:  # noqa: ANN401  # As the client wants and gives them.
    return lab.stack.connection.dynamodb.transact_write_items(TransactItems=items, ReturnConsumedCapacity="TOTAL")


def _reasons(lab: Lab, items: Any) -> list[str]:  # noqa: ANN401
    """Why a transaction was cancelled, item by item; nothing if it was not."""
    try:
        _transact(lab, items)
    except lab.stack.connection.dynamodb.exceptions.TransactionCanceledException as error:
        return [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
    return []
