from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.template.loading import as_list, attribute_of, stack

KINDS = {
    "AWS::SQS::QueuePolicy": ("Queues", "AWS::SQS::Queue"),
    "AWS::SNS::TopicPolicy": ("Topics", "AWS::SNS::Topic"),
}


def policies(kind: str) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Each queue or topic that has a policy, with the policy's statements; once for each policy."""
    for policy in stack().of_type(kind).values():
        for each in policy[KINDS[kind][0]]:
            yield attribute_of(each), policy["PolicyDocument"]["Statement"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_queue_and_topic_has_one_policy(kind: str) -> None:
    """A second one would silently replace the first."""
    assert sorted(name for name, _ in policies(kind)) == sorted(stack().of_type(KINDS[kind][1]))


@pytest.mark.parametrize("kind", KINDS)
def test_queues_and_topics_speak_tls_only(kind: str) -> None:
    """Everybody is denied everything over plain HTTP."""
    for name, found in policies(kind):
        (tls,) = (s for s in found if s["Sid"] == "OnlyOverTls")
        assert (tls["Effect"], tls["Principal"], tls["Resource"]) == ("Deny", "*", "*"), name
        assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert {"sqs:*"} == set(as_list(tls["Action"])) or {"sns:Publish", "sns:Subscribe"} <= set(tls["Action"])


def test_only_denials_speak_of_everybody_everything_or_every_action() -> None:
    """There a wildcard is the strict reading; in what is allowed there is none."""
    allowed = [s for kind in KINDS for _, found in policies(kind) for s in found if s["Effect"] == "Allow"]
    assert allowed
    for statement in allowed:
        assert statement["Principal"] != "*"
        assert "*" not in statement["Action"]
        assert statement["Resource"] != "*"
        assert "aws:SourceArn" in statement["Condition"]["ArnEquals"]


def test_only_the_sweep_puts_ticks() -> None:
    """A forged tick is harmless; a flood of them would not be."""
    found = dict(policies("AWS::SQS::QueuePolicy"))["TickQueue"]
    (only,) = (s for s in found if s["Sid"] == "OnlyFromTheSweep")
    assert (only["Effect"], only["Principal"], only["Action"]) == ("Deny", "*", "sqs:SendMessage")
    assert only["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": "SweepRole.Arn"}}}
