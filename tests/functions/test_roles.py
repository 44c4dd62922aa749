"""Each function under its own role, with IAM on: what it must do it may, and what it need not do it may not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from json import dumps
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from milepost.adapters import aws, keys
from milepost_tools.local.connection import Connection
from milepost_tools.local.launch import REGION
from tests.functions.conftest import _CACHES
from tests.functions.deployed import Deployed
from tests.functions.lambdas import CONTEXT, failures
from tests.functions.test_calls import HANDLERS, at_the_time_of_day, lived_through
from tests.template.loading import as_list, attribute_of, stack, statements
from tests.template.test_permissions import role_of
from tests.tools.local.test_emulator import denied

pytestmark = pytest.mark.usefixtures("without_templates")

FORBIDDEN: Mapping[str, Callable[[Connection, Deployed], object]] = {
    "scan everybody": lambda it, of: it.dynamodb.scan(TableName=of.table),
    "read one": lambda it, of: it.dynamodb.get_item(TableName=of.table, Key={"pk": {"S": "user:u"}, "sk": {"S": "a"}}),
    "delete one": lambda it, of: it.dynamodb.delete_item(
        TableName=of.table, Key={"pk": {"S": "user:u"}, "sk": {"S": "a"}}
    ),
    "read by statement": lambda it, of: it.dynamodb.execute_statement(Statement=f'SELECT * FROM "{of.table}"'),  # noqa: S608
    "empty the statistics": lambda it, of: it.dynamodb.delete_table(TableName=of.statistics),
    "send events": lambda it, of: it.sqs.send_message(QueueUrl=of.urls["events"], MessageBody="x"),
    "read refused messages": lambda it, of: it.sqs.receive_message(QueueUrl=of.urls["dead"]),
    "change a topic": lambda it, of: it.sns.set_topic_attributes(
        TopicArn=of.arns["EMAIL"], AttributeName="Policy", AttributeValue="{}"
    ),
    "forge a tick": lambda it, of: it.sqs.send_message(
        QueueUrl=of.urls["ticks"], MessageBody="x", MessageGroupId="0", MessageDeduplicationId="0"
    ),
    "publish": lambda it, of: it.sns.publish(TopicArn=of.arns["EMAIL"], Message="x"),
}
ITS_OWN = {"sweep": "forge a tick", "publish": "publish"}
"""What one function is there for."""


class Roles:
    """Users of MiniStack who hold what template.yaml gives the roles, on the resources of a stack."""

    def __init__(self, deployed: Deployed, writes: str = "batch") -> None:
        self.deployed, self.writes = deployed, writes
        self.iam: Any = deployed.connection.session.client("iam", endpoint_url=deployed.connection.endpoint)
        self._arns = self._named()

    def _named(self) -> Mapping[str, str]:
        """ARNs by the names that the template has for them."""
        of, dynamodb, sqs = self.deployed, self.deployed.connection.dynamodb, self.deployed.connection.sqs
        tables = {"Table": of.table, "StatisticsTable": of.statistics}
        queues = {"EventQueue": "events", "EventDeadLetterQueue": "dead", "TickQueue": "ticks"}
        topics = {f"{name.title().replace('_', '')}Topic": arn for name, arn in of.arns.items()}
        return {
            **{name: dynamodb.describe_table(TableName=table)["Table"]["TableArn"] for name, table in tables.items()},
            **{
                name: sqs.get_queue_attributes(QueueUrl=of.urls[queue], AttributeNames=["QueueArn"])["Attributes"][
                    "QueueArn"
                ]
                for name, queue in queues.items()
            },
            **topics,
        }

    def _policy(self, verb: str) -> str:
        role = stack(writes=self.writes).of_type("AWS::IAM::Role")[role_of(verb)]
        held = [
            {"Effect": each["Effect"], "Action": each["Action"], "Resource": self._resources(each["Resource"])}
            for each in statements(role)
        ]
        return dumps({"Version": "2012-10-17", "Statement": held})

    def _resources(self, of: Any) -> Sequence[str]:
        """What only AWS itself touches in the function's name, a log or a stream, is not there and named so."""
        return [
            "*" if each == "*" else self._arns.get(attribute_of(each), "arn:aws:none") + _path(each)
            for each in as_list(of)
        ]

    @contextmanager
    def taken(self, verb: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
        """This process, and a connection, as somebody who holds a function's role."""
        name = f"{verb}-{uuid4().hex}"
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=self._policy(verb))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        own = (key["AccessKeyId"], key["SecretAccessKey"])
        with monkeypatch.context() as patched:
            for variable, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), own, strict=True):
                patched.setenv(variable, value)
            forget()
            yield Connection(boto3.Session(*own, region_name=REGION), self.deployed.connection.endpoint)
        forget()
        self.iam.delete_access_key(UserName=name, AccessKeyId=own[0])
        self.iam.delete_user_policy(UserName=name, PolicyName="p")
        self.iam.delete_user(UserName=name)


def forget() -> None:
    """Make session and collaborators anew, with the credentials of now."""
    aws._session.cache_clear()
    for cached in _CACHES:
        cached.cache_clear()


def _path(resource: Any) -> str:
    match resource:
        case {"Fn::Sub": text}:
            return str(text).partition("}")[2]
        case {"Fn::GetAtt": path} if str(path).endswith("StreamArn"):
            return "/stream/none"
    return ""


@pytest.mark.parametrize("writes", ["batch", "single"])
def test_under_its_own_role_each_function_does_all_that_it_is_there_for(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, writes: str
) -> None:
    """In both ways of writing: nothing is refused, handed back or left in an outbox, and every topic is told."""
    monkeypatch.setenv("PROGRESS_WRITES", writes)
    roles = Roles(deployed, writes)

    def run(verb: str, event: Any) -> None:
        with roles.taken(verb, monkeypatch):
            answer = HANDLERS[verb](event, CONTEXT)
        assert verb == "sweep" or failures(answer) == []

    lived_through(deployed, run)
    assert [each["Body"] for each in deployed.take("dead")] == ["not json"]
    assert keys.OUTBOX not in deployed.aggregate("user:every-channel")
    assert deployed.take("email")
    assert deployed.aggregate("user:device")[keys.FORWARD] == {"S": "user:u_42"}
    at_the_time_of_day(monkeypatch, run)


@pytest.mark.parametrize("verb", HANDLERS)
def test_nothing_that_a_function_need_not_do_is_it_let_do(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Whoever takes a function over has no more than it, and only the root of the account is let do the rest."""
    with Roles(deployed).taken(verb, monkeypatch) as connection:
        allowed = {name for name, call in FORBIDDEN.items() if not denied(lambda call=call: call(connection, deployed))}  # type: ignore[misc]
    assert allowed == {ITS_OWN[verb]} if verb in ITS_OWN else not allowed
    others = {name: call for name, call in FORBIDDEN.items() if name != "empty the statistics"}
    assert not [name for name, call in others.items() if denied(lambda call=call: call(deployed.connection, deployed))]  # type: ignore[misc]


def test_a_function_without_a_permission_that_it_needs_fails(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the first test could not fail: here each runs under a role of another."""
    roles = Roles(deployed)
    with roles.taken("sweep", monkeypatch), pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
        lived_through(deployed, lambda verb, event: HANDLERS[verb](event, CONTEXT))
