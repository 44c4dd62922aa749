"""The gaps of MiniStack that `milepost_tools.local.emulator` closes: an upgrade that changes one of them fails here."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from milepost_tools.local.connection import Connection
from tests.adapters.tables import create_table
from tests.tools.conftest import AsUser

NUMBERS = count()


def insert(table: str, name: str) -> Any:
    """A statement that makes an item."""
    parameters = [{"S": name}, {"S": "a"}, {"N": "1"}]
    return {"Statement": f"INSERT INTO \"{table}\" VALUE {{'pk': ?, 'sk': ?, 'v': ?}}", "Parameters": parameters}


def update(table: str, name: str, version: int = 1) -> Any:
    """A statement that changes one, on condition."""
    parameters = [{"N": str(version + 1)}, {"S": name}, {"S": "a"}, {"N": str(version)}]
    statement = f'UPDATE "{table}" SET v = ? WHERE pk = ? AND sk = ? AND v = ?'  # noqa: S608 - our own table
    return {"Statement": statement, "Parameters": parameters}


def codes(client: Any, *statements: Any) -> list[str | None]:
    """What came of each statement: an error's code, or None where all is well."""
    answer = client.batch_execute_statement(Statements=list(statements))
    return [response.get("Error", {}).get("Code") for response in answer["Responses"]]


def denied(call: Callable[[], Any]) -> bool:
    """Whether a call is refused for want of a permission."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert "AccessDenied" in code or "AuthorizationError" in code, code
        return True
    return False


@pytest.fixture
def table(connection: Connection) -> str:
    """The main table, with its stream."""
    return create_table(connection.dynamodb)


def stream_of(connection: Connection, table: str) -> list[tuple[str, str, str]]:
    """Kind, subject and new version of each record in a table's stream."""
    streams = connection.session.client("dynamodbstreams", endpoint_url=connection.endpoint)
    arn = connection.dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    found: list[Any] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += streams.get_records(ShardIterator=iterator)["Records"]
    changes = [(record["eventName"], record["dynamodb"]) for record in found]
    return [(kind, change["Keys"]["pk"]["S"], change["NewImage"]["v"]["N"]) for kind, change in changes]


def arn_of(connection: Connection, table: str) -> str:
    """A table's ARN."""
    return connection.dynamodb.describe_table(TableName=table)["Table"]["TableArn"]


def test_a_write_by_partiql_reaches_the_stream(connection: Connection, table: str) -> None:
    """Else nothing that `ingest` and `settle` write would ever be published here."""
    assert codes(connection.dynamodb, insert(table, "a"), insert(table, "b")) == [None, None]
    assert codes(connection.dynamodb, update(table, "a")) == [None]
    assert stream_of(connection, table) == [("INSERT", "a", "1"), ("INSERT", "b", "1"), ("MODIFY", "a", "2")]


def test_a_write_that_meets_its_condition_reaches_no_stream(connection: Connection, table: str) -> None:
    """Nothing was written, so nobody is told; nor of an item that is not there."""
    codes(connection.dynamodb, insert(table, "a"))
    statements = [insert(table, "a"), update(table, "a", version=7), update(table, "nobody")]
    assert codes(connection.dynamodb, *statements) == ["DuplicateItem", *["ConditionalCheckFailed"] * 2]
    assert stream_of(connection, table) == [("INSERT", "a", "1")]


@pytest.mark.parametrize(
    ("actions", "allowed"),
    [
        (["dynamodb:PartiQLInsert"], ["insert"]),
        (["dynamodb:PartiQLUpdate"], ["update"]),
        (["dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"], ["insert", "update", "both"]),
        (["dynamodb:BatchExecuteStatement", "dynamodb:ExecuteStatement", "dynamodb:PutItem"], []),
        ([], []),
    ],
    ids=["insert", "update", "both", "what AWS does not ask for", "nothing"],
)
def test_statements_need_the_permissions_that_they_need_on_aws(
    connection: Connection, as_user: AsUser, table: str, actions: list[str], allowed: list[str]
) -> None:
    """Each kind its own, and a batch of both kinds needs both."""
    codes(connection.dynamodb, insert(table, "known"))
    dynamodb = as_user(arn_of(connection, table), *actions).dynamodb
    batches = {
        "insert": [insert(table, "new")],
        "update": [update(table, "known")],
        "both": [insert(table, "newer"), update(table, "known", version=2)],
    }
    assert [name for name, batch in batches.items() if not denied(partial(codes, dynamodb, *batch))] == allowed


def test_a_permission_on_one_table_is_none_on_another(connection: Connection, as_user: AsUser, table: str) -> None:
    """Nor in one batch with a statement that is allowed."""
    other = create_table(connection.dynamodb)
    dynamodb = as_user(arn_of(connection, table), "dynamodb:PartiQLInsert").dynamodb
    assert codes(dynamodb, insert(table, "a")) == [None]
    assert denied(lambda: codes(dynamodb, insert(other, "a")))
    assert denied(lambda: codes(dynamodb, insert(table, "b"), insert(other, "b")))


@pytest.mark.parametrize(
    ("actions", "allowed"),
    [(["sqs:SendMessage"], True), (["sqs:SendMessageBatch"], False), ([], False)],
    ids=["SendMessage", "SendMessageBatch", "nothing"],
)
def test_a_batch_to_a_queue_needs_send_message(
    connection: Connection,
    as_user: AsUser,
    actions: list[str],
    allowed: bool,  # noqa: FBT001 - a row
) -> None:
    """AWS knows no other action for it."""
    url = connection.sqs.create_queue(QueueName=f"queue-{uuid4().hex}")["QueueUrl"]
    found = connection.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sqs = as_user(found["QueueArn"], *actions).sqs
    entries: Any = [{"Id": "0", "MessageBody": "x"}]
    assert denied(lambda: sqs.send_message_batch(QueueUrl=url, Entries=entries)) is not allowed


@pytest.mark.parametrize(
    ("actions", "allowed"),
    [(["sns:Publish"], True), (["sns:PublishBatch"], False), ([], False)],
    ids=["Publish", "PublishBatch", "nothing"],
)
def test_a_batch_to_a_topic_needs_publish(
    connection: Connection,
    as_user: AsUser,
    actions: list[str],
    allowed: bool,  # noqa: FBT001 - a row
) -> None:
    """AWS knows no other action for it."""
    arn = connection.sns.create_topic(Name=f"topic-{uuid4().hex}")["TopicArn"]
    sns = as_user(arn, *actions).sns
    entries: Any = [{"Id": "0", "Message": "x"}]
    assert denied(lambda: sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)) is not allowed
