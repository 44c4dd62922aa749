from typing import Any

import pytest
from botocore.exceptions import ClientError

from milepost_tools.engine import Engine
from milepost_tools.engine.capacity import bytes_as_billed
from tests.adapters.tables import create_table
from tests.tools.engine.requests import INSERT, UPDATE, item, key


@pytest.fixture
def engine() -> Any:
    """With nothing in it."""
    return Engine()


@pytest.fixture
def table(engine: Any) -> str:
    """An empty table, and a meter at nothing."""
    name = create_table(engine)
    engine.meter.reset()
    return name


def put(engine: Any, table: str, sort: str, size: int) -> None:
    """An item of exactly `size` bytes, which the meter does not see."""
    bare = bytes_as_billed(item(sort, v=""))
    engine.put_item(TableName=table, Item=item(sort, v="x" * (size - bare)))
    engine.meter.reset()


SIZES = {
    "a text in bytes, not characters": ({"ab": {"S": "ü"}}, 2 + 2),
    "raw bytes": ({"a": {"B": b"123"}}, 1 + 3),
    "a digit": ({"a": {"N": "7"}}, 1 + 2),
    "a minus sign": ({"a": {"N": "-123"}}, 1 + 4),
    "zeros at the end": ({"a": {"N": "1000000"}}, 1 + 2),
    "zeros at the beginning": ({"a": {"N": "0.01"}}, 1 + 2),
    "pairs of digits counted from the point": ({"a": {"N": "1.23"}}, 1 + 3),
    "nothing but zero": ({"a": {"N": "0"}}, 1 + 1),
    "38 digits": ({"a": {"N": "9" * 38}}, 1 + 20),
    "true": ({"a": {"BOOL": True}}, 1 + 1),
    "null": ({"a": {"NULL": True}}, 1 + 1),
    "an empty list": ({"a": {"L": []}}, 1 + 3),
    "a list of two": ({"a": {"L": [{"S": "xy"}, {"N": "7"}]}}, 1 + 3 + (1 + 2) + (1 + 2)),
    "an empty map": ({"a": {"M": {}}}, 1 + 3),
    "a map of one": ({"a": {"M": {"key": {"S": "xy"}}}}, 1 + 3 + (1 + 3 + 2)),
    "texts": ({"a": {"SS": ["x", "yz"]}}, 1 + 3),
    "numbers": ({"a": {"NS": ["1", "-1"]}}, 1 + 2 + 3),
    "binaries": ({"a": {"BS": [b"1", b"23"]}}, 1 + 3),
}


@pytest.mark.parametrize("name", SIZES)
def test_an_item_is_as_large_as_documented(name: str) -> None:
    """After "DynamoDB Item sizes and formats", a row for each kind of value."""
    content: Any
    content, size = SIZES[name]
    assert bytes_as_billed(content) == size


@pytest.mark.parametrize(("size", "units"), [(3500, 1), (4096, 1), (4097, 2), (8192, 2), (10_240, 3)])
def test_a_read_rounds_up_to_4_kb_and_costs_half_if_it_may_be_stale(
    engine: Any, table: str, size: int, units: int
) -> None:
    """The guide's examples: 3.5 KB are read as 4, 10 KB as 12."""
    put(engine, table, "a", size)
    engine.get_item(TableName=table, Key=key(), ConsistentRead=True)
    assert engine.meter.read_units == units
    engine.meter.reset()
    engine.get_item(TableName=table, Key=key())
    assert engine.meter.read_units == units / 2


def test_what_is_not_there_costs_the_least_that_there_is(engine: Any, table: str) -> None:
    """Read alone, in a batch or by a query, and written by a delete."""
    engine.get_item(TableName=table, Key=key())
    engine.batch_get_item(RequestItems={table: {"Keys": [key("a"), key("b")], "ConsistentRead": True}})
    engine.query(TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "p"}})
    assert engine.meter.read_units == 0.5 + 2 + 0.5
    engine.delete_item(TableName=table, Key=key())
    assert engine.meter.write_units == 1


def test_a_batch_rounds_each_item_and_a_query_the_sum(engine: Any, table: str) -> None:
    """The guide's example: 1.5 KB and 6.5 KB are 12 KB in a batch, and 8 KB in a query."""
    put(engine, table, "a", 1536)
    put(engine, table, "b", 6656)
    engine.batch_get_item(RequestItems={table: {"Keys": [key("a"), key("b")], "ConsistentRead": True}})
    assert engine.meter.read_units == 3
    engine.meter.reset()
    engine.query(
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p"}},
        ConsistentRead=True,
    )
    assert engine.meter.read_units == 2


def test_a_query_of_an_index_costs_by_its_entries(engine: Any, table: str) -> None:
    """Keys only: what the items weigh in the table makes no difference."""
    for number in range(8):
        engine.put_item(TableName=table, Item=item(str(number), dp="07", d=number, v="x" * 2000))
    engine.meter.reset()
    answer = engine.query(
        TableName=table,
        IndexName="due",
        KeyConditionExpression="dp = :p",
        ExpressionAttributeValues={":p": {"S": "07"}},
        ReturnConsumedCapacity="INDEXES",
    )
    assert answer["Count"] == 8
    assert answer["ConsumedCapacity"] == {
        "TableName": table,
        "CapacityUnits": 0.5,
        "Table": {"CapacityUnits": 0.0},
        "GlobalSecondaryIndexes": {"due": {"CapacityUnits": 0.5}},
    }


def test_a_failed_condition_costs_by_what_is_there(engine: Any, table: str) -> None:
    """Whatever the new item would have weighed; one unit where there is nothing."""
    put(engine, table, "a", 2500)
    for sort, units in (("a", 3), ("missing", 1)):
        engine.meter.reset()
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            engine.put_item(TableName=table, Item=item(sort, v="x" * 9000), ConditionExpression="v = pk")
        assert engine.meter.write_units == units


def test_a_cancelled_transaction_costs_twice_what_is_there(engine: Any, table: str) -> None:
    """Every item of it was prepared, whichever was the reason."""
    put(engine, table, "a", 2500)
    action = {"TableName": table, "Item": item("a"), "ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(engine.exceptions.TransactionCanceledException):
        engine.transact_write_items(TransactItems=[{"Put": action}, {"Put": {"TableName": table, "Item": item("b")}}])
    assert engine.meter.write_units == 2 * 3 + 2 * 1


def test_a_refused_statement_is_billed_like_a_failed_condition(engine: Any, table: str) -> None:
    """An insert where there is an item, and an update of a version that is gone."""
    put(engine, table, "a", 2500)
    version = {"N": "1"}
    requests = [
        (INSERT, [{"S": "p"}, {"S": "a"}, version]),
        (UPDATE, [version, version, {"S": "p"}, {"S": "missing"}, version]),
    ]
    answer = engine.batch_execute_statement(
        Statements=[
            {"Statement": text.replace('"T"', f'"{table}"'), "Parameters": values} for text, values in requests
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert [each["Error"]["Code"] for each in answer["Responses"]] == ["DuplicateItem", "ConditionalCheckFailed"]
    assert answer["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 4.0}]


def test_the_meter_adds_up_requests_units_and_the_largest_item_by_table(engine: Any, table: str) -> None:
    """Until it is reset; what is refused is a request, too, and a request for two tables is one in all."""
    other = create_table(engine)
    engine.meter.reset()
    engine.put_item(TableName=table, Item=item(v="x" * 3000))
    engine.put_item(TableName=table, Item=item(dp="07", d=1))
    engine.batch_get_item(RequestItems={name: {"Keys": [key()]} for name in (table, other)})
    with pytest.raises(ClientError, match="ValidationException"):
        engine.get_item(TableName=table, Key=item(v=1))
    assert (engine.meter.requests, engine.meter.write_units, engine.meter.read_units) == (4, 3 + 3 + 1, 1.0)
    assert engine.meter.largest_item == bytes_as_billed(item(v="x" * 3000))
    mine, others = engine.meter.tables[table], engine.meter.tables[other]
    assert (mine.requests, mine.write_units, mine.read_units) == (3, 7, 0.5)
    assert (others.requests, others.write_units, others.read_units, others.largest_item) == (1, 0, 0.5, 0)
    engine.meter.reset()
    assert (engine.meter.requests, engine.meter.largest_item, engine.meter.tables) == (0, 0, {})
