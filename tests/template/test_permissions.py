"""A role holds what its function does, and nothing else.

`CALLS` is what each function calls, by client method and by the resource it calls it on; `IN_ITS_NAME` what Lambda
does with the function's role. Both together must be exactly what the role allows.
"""

import ast
from collections.abc import Iterator, Mapping

import pytest

from tests.template.loading import ROOT, STAGES, as_list, attribute_of, raw, stack, statements

NEEDS: Mapping[str, frozenset[str]] = {
    "batch_get_item": frozenset({"dynamodb:BatchGetItem"}),
    "query": frozenset({"dynamodb:Query"}),
    "put_item": frozenset({"dynamodb:PutItem"}),
    "update_item": frozenset({"dynamodb:UpdateItem"}),
    "batch_execute_statement INSERT": frozenset({"dynamodb:PartiQLInsert"}),
    "batch_execute_statement UPDATE": frozenset({"dynamodb:PartiQLUpdate"}),
    "transact_write_items Put": frozenset({"dynamodb:PutItem"}),
    "transact_write_items Update": frozenset({"dynamodb:UpdateItem"}),
    "send_message_batch": frozenset({"sqs:SendMessage"}),
    "get_queue_attributes": frozenset({"sqs:GetQueueAttributes"}),
    "get_metric_data": frozenset({"cloudwatch:GetMetricData"}),
    "publish_batch": frozenset({"sns:Publish"}),
}
"""What IAM asks for when a method is called; an action of a transaction or a batch is asked for each of its parts."""

TOPICS = ("EmailTopic", "SmsTopic", "PushTopic", "InAppTopic", "DirectMailTopic", "OpsTopic", "OutcomesTopic")

CALLS: Mapping[str, frozenset[tuple[str, str]]] = {
    "ingest": frozenset(
        {
            ("batch_get_item", "Table"),
            ("query", "Table"),
            ("batch_execute_statement INSERT", "Table"),
            ("batch_execute_statement UPDATE", "Table"),
            ("transact_write_items Put", "Table"),
            ("transact_write_items Update", "Table"),
            ("send_message_batch", "EventDeadLetterQueue"),
        }
    ),
    "sweep": frozenset(
        {
            ("query", "Table"),
            ("send_message_batch", "TickQueue"),
            ("get_queue_attributes", "TickQueue"),
        }
    ),
    "settle": frozenset(
        {
            ("batch_get_item", "Table"),
            ("batch_execute_statement UPDATE", "Table"),
            ("get_queue_attributes", "EventQueue"),
            ("get_metric_data", "*"),
        }
    ),
    "publish": frozenset(
        {
            ("batch_get_item", "Table"),
            ("transact_write_items Put", "Table"),
            ("transact_write_items Update", "Table"),
            ("transact_write_items Update", "StatisticsTable"),
            ("query", "StatisticsTable"),
            *(("publish_batch", topic) for topic in TOPICS),
        }
    ),
}

OPERATORS = frozenset({"batch_write_item"})
"""What no function calls: it erases, which is the business of whoever runs `milepost erase`."""
SINGLY: Mapping[str, frozenset[str]] = {
    "ingest": frozenset({"put_item", "update_item"}),
    "settle": frozenset({"update_item"}),
}
"""With the parameter ProgressWrites at `single`: what is called in the place of statements.

Ingest needs both ways at once, since an alias writes items by their own requests' permissions.
"""

_POLL_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_POLL_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")

IN_ITS_NAME: Mapping[str, frozenset[tuple[str, str]]] = {
    "ingest": frozenset((action, "EventQueue") for action in _POLL_QUEUE),
    "sweep": frozenset({("sqs:SendMessage", "SweepDeadLetterQueue")}),
    "settle": frozenset((action, "TickQueue") for action in _POLL_QUEUE),
    "publish": frozenset(
        {*((action, "Table") for action in _POLL_STREAM), ("sqs:SendMessage", "PublishDeadLetterQueue")}
    ),
}

ON_EVERYTHING = {"cloudwatch:GetMetricData"}
"""Actions allowed on resource "*": CloudWatch knows no resources for this one."""


def role_of(verb: str) -> str:
    """Logical id of the role that a function runs under."""
    return attribute_of(stack().functions()[verb]["Role"])


def held(verb: str, writes: str = "batch") -> list[tuple[str, str]]:
    """Every (action, resource) that the function's role allows."""
    role = stack(writes=writes).of_type("AWS::IAM::Role")[role_of(verb)]
    return [
        (action, attribute_of(resource))
        for statement in statements(role)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]


@pytest.mark.parametrize("verb", CALLS)
def test_a_role_holds_every_permission_that_its_function_uses_and_no_other(verb: str) -> None:
    """Exactly what the code calls, what Lambda does in its name, and its own log."""
    calls = {(action, resource) for method, resource in CALLS[verb] for action in NEEDS[method]}
    log = {(f"logs:{action}", f"{verb.title()}LogGroup") for action in ("CreateLogStream", "PutLogEvents")}
    assert set(held(verb)) == calls | IN_ITS_NAME[verb] | log
    assert len(held(verb)) == len(set(held(verb)))


@pytest.mark.parametrize("verb", SINGLY)
def test_with_single_writes_a_role_may_write_items(verb: str) -> None:
    """The fallback: what is called in the place of statements is allowed."""
    single = set(held(verb, "single"))
    assert {(action, "Table") for method in SINGLY[verb] for action in NEEDS[method]} <= single


def test_with_single_writes_settle_needs_no_statements() -> None:
    """Each permission for a statement gives way."""
    assert not [action for action, _ in held("settle", "single") if "PartiQL" in action]


def test_every_function_has_a_role_of_its_own() -> None:
    """Without an explicit one SAM attaches broad managed policies."""
    roles = [role_of(verb) for verb in stack().functions()]
    assert sorted(roles) == sorted(stack().of_type("AWS::IAM::Role"))
    assert len(set(roles)) == len(roles)
    for role in stack().of_type("AWS::IAM::Role").values():
        assert set(role) == {"AssumeRolePolicyDocument", "Policies"}  # no managed policies


def test_roles_are_assumed_by_lambda_for_this_account_only() -> None:
    """A confused deputy of another account gets nothing."""
    for role in stack().of_type("AWS::IAM::Role").values():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize("verb", CALLS)
def test_no_action_has_a_wildcard_and_no_resource_is_everything_without_a_reason(verb: str) -> None:
    """Exact names on exact resources."""
    assert not [action for action, _ in held(verb) if "*" in action]
    assert {action for action, resource in held(verb) if resource == "*"} <= ON_EVERYTHING


def test_the_due_index_is_all_that_the_sweep_may_read() -> None:
    """It finds subjects; it does not look at them."""
    sweep = stack().of_type("AWS::IAM::Role")[role_of("sweep")]
    (query,) = (s for s in statements(sweep) if s["Action"] == "dynamodb:Query")
    assert query["Resource"] == {"Fn::Sub": "${Table.Arn}/index/due"}


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_but_the_roles_themselves_grants_permissions(stage: str) -> None:
    """Neither on AWS nor on the local stack, so that what is seen there is what the roles allow."""
    kinds = {resource["Type"] for resource in stack(stage).resources.values()}
    assert not kinds & {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::User", "AWS::Lambda::Permission"}
    for function in stack(stage).functions().values():
        assert "Policies" not in function
    assert "Policies" not in raw()["Globals"]["Function"]


def test_the_table_above_knows_every_call_that_the_adapters_make() -> None:
    """A new call without a line above fails here, not in production."""
    known = {method.split()[0] for calls in CALLS.values() for method, _ in calls}.union(*SINGLY.values())
    assert set(client_calls()) == known | OPERATORS
    assert not known & OPERATORS


def client_calls() -> Iterator[str]:
    """Methods that the adapters call on a client: `self.client.query(...)`, `client.query(...)`, ..."""
    for path in (ROOT / "shared" / "milepost" / "adapters").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(attr=method, value=ast.Name(id=owner) | ast.Attribute(attr=owner))):
                    if owner in {"client", "queues", "metrics"}:
                        yield method
