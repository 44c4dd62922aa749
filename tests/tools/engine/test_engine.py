from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from milepost_tools.engine import Engine, UnsupportedError
from tests.adapters.tables import create_table, scan
from tests.tools.engine.outcomes import outcomes
from tests.tools.engine.requests import Call, delete, item, key, put, query, statements, transact, update


@pytest.fixture
def engine() -> Any:
    """With nothing in it."""
    return Engine()


@pytest.fixture
def table(engine: Any) -> str:
    """An empty table."""
    return create_table(engine)


UNSUPPORTED: dict[str, Call] = {
    "FilterExpression": query("pk = :p", p="p", FilterExpression="a = b"),
    "ReturnItemCollectionMetrics": put(item(), ReturnItemCollectionMetrics="SIZE"),
    "ReturnValues UPDATED_OLD": update("SET v = :v", v=1, ReturnValues="UPDATED_OLD"),
    "ClientRequestToken": (
        "transact_write_items",
        {**transact(put(item()))[1], "ClientRequestToken": "t"},
    ),
    "document path": update("SET a.b = :v", v=1),
    "parentheses": query("(pk = :p)", p="p"),
    "list_append": update("SET v = list_append(v, :v)", v=1),
    "DELETE": update("DELETE v :v", v=1),
    "ADD of the type SS": update("ADD v :v", v={"SS": ["a"]}),
    "size": delete(ConditionExpression="size(v) = sk"),
    "IN": delete(ConditionExpression="pk IN (sk)"),
    "SELECT": statements(('SELECT * FROM "T" WHERE pk = ?', ["p"])),
    "'a': 1": statements(("INSERT INTO \"T\" VALUE {'pk': ?, 'a': 1}", ["p"])),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_not_supported_is_refused_by_name(name: str) -> None:
    """Never ignored: a figure or a simulation would be about something else."""
    with pytest.raises(UnsupportedError, match=name):
        outcomes(Engine(), [UNSUPPORTED[name]])


def test_an_index_of_some_attributes_is_refused_by_name(engine: Any) -> None:
    """It holds keys alone or all: anything else would be billed wrongly."""
    with pytest.raises(UnsupportedError, match="some attributes"):
        engine.create_table(
            TableName="tables",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "all",
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
                }
            ],
        )


def test_a_table_has_no_attributes_but_those_of_its_keys(engine: Any) -> None:
    """One that is defined and not used, or used and not defined."""
    for names in (["pk", "other"], []):
        with pytest.raises(ClientError, match="AttributeDefinitions"):
            engine.create_table(
                TableName="table",
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            )


def test_a_request_that_botocore_would_not_send_is_not_taken(engine: Any, table: str) -> None:
    """A misspelt parameter and a value of the wrong type, with botocore's own error."""
    with pytest.raises(ParamValidationError, match="Kee"):
        engine.get_item(TableName=table, Kee=key())
    with pytest.raises(ParamValidationError, match="valid types"):
        engine.put_item(TableName=table, Item={"pk": {"N": 7}})
    assert engine.meter.requests == 1, "only the table was created"


def test_errors_are_those_of_a_botocore_client(engine: Any, table: str) -> None:
    """By class, code, status and operation; a cancelled transaction says why, action by action."""
    engine.put_item(TableName=table, Item=item(v=1))
    with pytest.raises(engine.exceptions.ConditionalCheckFailedException) as failed:
        engine.delete_item(TableName=table, Key=key(), ConditionExpression="attribute_not_exists(v)")
    assert isinstance(failed.value, ClientError)
    assert failed.value.operation_name == "DeleteItem"
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    action = {"TableName": table, "Key": key(), "ConditionExpression": "attribute_exists(w)"}
    put_another = {"Put": {"TableName": table, "Item": item("b")}}
    with pytest.raises(engine.exceptions.TransactionCanceledException) as cancelled:
        engine.transact_write_items(TransactItems=[put_another, {"ConditionCheck": action}])
    reasons = [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed"]
    assert scan(engine, table) == [item(v=1)]
    with pytest.raises(engine.exceptions.ResourceInUseException):
        engine.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )


def test_what_is_stored_changes_by_writes_alone(engine: Any, table: str) -> None:
    """Neither by what a caller does to an answer nor by what it does to a request it has sent."""
    sent: Any = item(m={"M": {"l": {"L": [{"S": "x"}]}}})
    engine.put_item(TableName=table, Item=sent)
    sent["m"]["M"]["l"]["L"].append({"S": "y"})
    answer = engine.get_item(TableName=table, Key=key())["Item"]
    answer["m"]["M"]["l"]["L"].clear()
    answer["pk"]["S"] = "q"
    stored = engine.get_item(TableName=table, Key=key())["Item"]
    assert stored == item(m={"M": {"l": {"L": [{"S": "x"}]}}})


def test_an_expression_that_was_read_before_is_judged_by_its_own_names_and_values(engine: Any) -> None:
    """It is read once: that it was right for one request says nothing of the next."""
    text = "ADD #c :v SET w = :v"
    for name, number in (("c", 2), ("d", 3), ("c", 4)):
        [answer] = outcomes(engine, [update(text, _c=name, v=number, ReturnValues="ALL_NEW")])
        assert answer["Attributes"] == {**item(w=number), name: {"N": str(number)}}
    with pytest.raises(UnsupportedError, match="ADD of the type SS"):
        outcomes(engine, [update(text, _c="c", v={"SS": ["a"]})])
    wrong = [update(text, _x="c", v=2), update(text, _c="c", x=2), update(text, _c="c", v=2, x=2)]
    assert outcomes(engine, wrong) == [{"refused": "ValidationException"}] * len(wrong)


def test_a_page_ends_at_1_mb_and_the_next_one_goes_on(engine: Any, table: str) -> None:
    """Forwards, backwards, over the whole table and through an index."""
    for number in range(9):
        engine.put_item(TableName=table, Item=item(str(number), v="x" * 300 * 1024, dp="07", d=1))
    first = engine.scan(TableName=table)
    assert (first["Count"], first["LastEvaluatedKey"]) == (3, key("2"))
    pages = engine.get_paginator("scan").paginate(TableName=table)
    assert [page["Count"] for page in pages] == [3, 3, 3]
    request = {
        "TableName": table,
        "IndexName": "due",
        "KeyConditionExpression": "dp = :p",
        "ExpressionAttributeValues": {":p": {"S": "07"}},
        "ScanIndexForward": False,
        "Limit": 4,
    }
    pages = engine.get_paginator("query").paginate(**request)
    assert [[each["sk"]["S"] for each in page["Items"]] for page in pages] == [list("8765"), list("4321"), ["0"]]


def test_a_batch_leaves_what_is_beyond_16_mb_for_another(engine: Any, table: str) -> None:
    """With the parameters of the request, so that it can be sent as it is."""
    for number in range(50):
        engine.put_item(TableName=table, Item=item(str(number), v="x" * 399 * 1024))
    keys = [key(str(number)) for number in range(50)]
    first = engine.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
    left = first["UnprocessedKeys"]
    assert left == {table: {"Keys": keys[42:], "ConsistentRead": True}}
    assert len(engine.batch_get_item(RequestItems=left)["Responses"][table]) == 8


def test_a_statement_that_gives_an_attribute_two_values_is_an_error(engine: Any) -> None:
    """As is one that asks for two values, and one that changes a key."""
    for text, values in (
        ("INSERT INTO \"T\" VALUE {'pk': ?, 'sk': ?, 'sk': ?}", ["p", "a", "b"]),
        ('UPDATE "T" SET v = ? WHERE pk = ? AND sk = ? AND sk = ?', [1, "p", "a", "b"]),
        ('UPDATE "T" SET sk = ? WHERE pk = ? AND sk = ?', ["b", "p", "a"]),
    ):
        [answer] = outcomes(engine, [statements((text, values))])
        assert answer["Responses"] == [{"Error": {"Code": "ValidationError"}}]


def test_no_increment_of_two_threads_is_lost(engine: Any, table: str) -> None:
    """Each of 1,000 is on the condition that the count is what was read, and tried until it holds."""
    engine.put_item(TableName=table, Item=item(n=0))

    def increment(_: int) -> int:
        refused = 0
        while True:
            read = engine.get_item(TableName=table, Key=key(), ConsistentRead=True)["Item"]["n"]
            try:
                engine.update_item(
                    TableName=table,
                    Key=key(),
                    UpdateExpression="SET n = n + :one",
                    ConditionExpression="n = :read",
                    ExpressionAttributeValues={":one": {"N": "1"}, ":read": read},
                )
            except engine.exceptions.ConditionalCheckFailedException:
                refused += 1
            else:
                return refused

    with ThreadPoolExecutor(2) as threads:
        refused = sum(threads.map(increment, range(1000)))
    assert engine.get_item(TableName=table, Key=key())["Item"]["n"] == {"N": "1000"}
    assert engine.meter.requests == 2 + 2 * (1000 + refused) + 1
