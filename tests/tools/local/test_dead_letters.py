"""Looking into a dead-letter queue, and sending from it: nothing is lost on the way."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from milepost_tools.local.dead_letters import DeadLetters, Letter, dead_letters
from milepost_tools.problem import ProblemError


@pytest.fixture
def sqs() -> Iterator[Any]:
    """SQS in this process."""
    with mock_aws():
        yield boto3.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def url(sqs: Any) -> str:
    """A queue with twelve refused messages, so that one request does not hold them all."""
    url = str(sqs.create_queue(QueueName="dlq")["QueueUrl"])
    for n in range(12):
        reason = {"reason": {"DataType": "String", "StringValue": f"reason {n}"}}
        sqs.send_message(QueueUrl=url, MessageBody=f"body {n}", MessageAttributes=reason)
    return url


def _visible(sqs: Any, url: str) -> int:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def test_what_was_looked_at_is_visible_again_at_once(sqs: Any, url: str) -> None:
    """All are seen, with their reasons, hidden meanwhile, and there for the next who looks."""
    with dead_letters(sqs, url, patience=0) as queue:
        assert {letter.reason for letter in queue.in_order()} == {f"reason {n}" for n in range(12)}
        assert _visible(sqs, url) == 0
    assert _visible(sqs, url) == 12


def test_they_are_visible_again_when_something_goes_wrong(sqs: Any, url: str) -> None:
    """An error while looking hides nothing."""
    with pytest.raises(ProblemError), dead_letters(sqs, url, patience=0) as queue:
        queue.find("no such id")
    assert _visible(sqs, url) == 12


def test_what_is_sent_on_leaves_and_the_rest_stays(sqs: Any, url: str) -> None:
    """Bodies arrive unchanged and without the reason, which was ours."""
    target = sqs.create_queue(QueueName="events")["QueueUrl"]
    with dead_letters(sqs, url, patience=0) as queue:
        chosen = [letter for letter in queue.in_order() if letter.body in {"body 1", "body 11"}]
        assert not queue.send_on(chosen, target)
    assert _visible(sqs, url) == 10
    received = sqs.receive_message(QueueUrl=target, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    assert sorted(message["Body"] for message in received) == ["body 1", "body 11"]
    assert not any("MessageAttributes" in message for message in received)


class _Refusing:
    """A queue that takes nothing; whatever else is asked of it is passed on."""

    def __init__(self, sqs: Any) -> None:
        self.sqs = sqs

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803 - as in boto3
        return {"Failed": [{"Id": entry["Id"], "SenderFault": True, "Code": "No"} for entry in Entries]}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sqs, name)


def test_nothing_is_deleted_that_was_not_sent(sqs: Any, url: str) -> None:
    """A queue that refuses leaves every message where it is."""
    with dead_letters(_Refusing(sqs), url, patience=0) as queue:  # type: ignore[arg-type]
        assert len(queue.send_on(queue.in_order(), "anywhere")) == 12
    assert _visible(sqs, url) == 12


def _letters(*ids: str) -> DeadLetters:
    letters = {id_: Letter(id_, "", "", datetime.fromtimestamp(0, UTC), "") for id_ in ids}
    return DeadLetters(None, "", letters)  # type: ignore[arg-type]


def test_short_ids_name_one_message_only() -> None:
    """Eight characters, and more where two ids begin alike; what is shown can be found."""
    queue = _letters("aaaaaaaa-1", "aaaaaaaa-2", "bbbbbbbb-1")
    shown = [queue.short(letter) for letter in queue.in_order()]
    assert shown == ["aaaaaaaa-1", "aaaaaaaa-2", "bbbbbbbb"]
    assert [queue.find(each).id for each in shown] == ["aaaaaaaa-1", "aaaaaaaa-2", "bbbbbbbb-1"]


@pytest.mark.parametrize("beginning", ["aaaa", "c"])
def test_an_id_that_fits_several_or_none_is_refused(beginning: str) -> None:
    """No message is taken for another."""
    with pytest.raises(ProblemError):
        _letters("aaaaaaaa-1", "aaaaaaaa-2").find(beginning)
