from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from json import dumps, loads
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from milepost.adapters.aws import client
from milepost.adapters.cloudevents import cloud_event
from milepost.adapters.topics import MOST_BYTES_AT_ONCE, SnsTopics
from milepost.application.ports import Outgoing
from tests.adapters.examples import CATALOG, NUDGE, OUTCOME, nudge, outgoing
from tests.adapters.test_aws import refusal
from tests.adapters.test_queues import received

ARNS = {name: f"arn:aws:sns:us-east-1:123456789012:{name}" for name in ("email", "in_app", "outcomes")}


class Recorder:
    """SNS that takes everything but what is sent to the topics that `refuse` it."""

    def __init__(self, **refuse: Exception) -> None:
        self.refuse = refuse
        self.batches: list[tuple[str, Sequence[Any]]] = []

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: Sequence[Any]) -> Any:  # noqa: N803
        """Take it."""
        topic = TopicArn.rpartition(":")[2]
        if topic in self.refuse:
            raise self.refuse[topic]
        self.batches.append((topic, PublishBatchRequestEntries))
        return {"Successful": [{"Id": entry["Id"]} for entry in PublishBatchRequestEntries], "Failed": []}


def topics(sns: Any, arns: Mapping[str, str] = ARNS) -> SnsTopics:
    """The topics behind a stand-in for SNS."""
    return SnsTopics(sns, arns, CATALOG)


@dataclass(frozen=True)
class Fanout:
    """Topics with a queue behind each."""

    topics: SnsTopics
    sqs: Any
    urls: Mapping[str, str]

    def received(self, name: str) -> list[Any]:
        """What the queue behind a topic got."""
        return received(self.sqs, self.urls[name])


@pytest.fixture
def fanout(moto_aws: None) -> Fanout:
    """Two channels and the outcomes; the channel `in_app` is subscribed for tier major alone."""
    sns, sqs = client("sns"), client("sqs")
    arns = {name: sns.create_topic(Name=name)["TopicArn"] for name in ARNS}
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ARNS}
    for name, arn in arns.items():
        queue = sqs.get_queue_attributes(QueueUrl=urls[name], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        options = {"RawMessageDelivery": "true"}
        if name == "in_app":
            options["FilterPolicy"] = dumps({"path": ["missed"]})
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes=options)
    return Fanout(topics(sns, arns), sqs, urls)


def test_each_entry_arrives_at_the_topic_of_its_channel_with_its_attributes(fanout: Fanout) -> None:
    """Nudges at their channel's, outcomes at their own, the CloudEvent as it was built."""
    assert fanout.topics.publish(outgoing(NUDGE, OUTCOME)) == {NUDGE.id, OUTCOME.id}
    [email], [outcome] = fanout.received("email"), fanout.received("outcomes")
    assert email["Body"] == cloud_event(Outgoing(NUDGE), CATALOG)
    assert outcome["Body"] == cloud_event(Outgoing(OUTCOME), CATALOG)
    found = {name: value["StringValue"] for name, value in email["MessageAttributes"].items()}
    assert found == {"milestone": "first", "path": "reached", "tier": "minor", "stage": "onboarding"}
    assert fanout.received("in_app") == []


def test_a_subscriber_filters_by_attributes(fanout: Fanout) -> None:
    """A filter policy on the path lets through what it names and nothing else."""
    reached, missed = nudge(1, "in_app"), replace(nudge(2, "in_app"), path="missed")
    assert fanout.topics.publish(outgoing(reached, missed)) == {reached.id, missed.id}
    assert [loads(each["Body"])["id"] for each in fanout.received("in_app")] == [missed.id]


def test_more_than_ten_entries_all_arrive(fanout: Fanout) -> None:
    """In as many requests as SNS's limit of ten wants."""
    nudges = [nudge(number) for number in range(23)]
    assert fanout.topics.publish(outgoing(*nudges)) == {each.id for each in nudges}
    assert {loads(each["Body"])["id"] for each in fanout.received("email")} == {each.id for each in nudges}


@pytest.fixture
def stubber(aws_environment: None) -> Iterator[Stubber]:
    """SNS with recorded answers."""
    with Stubber(client("sns")) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def test_a_batch_that_succeeds_in_part_is_acknowledged_in_part(stubber: Stubber) -> None:
    """What failed goes again under the same id."""
    answer = {
        "Successful": [{"Id": nudge(1).id, "MessageId": "m"}],
        "Failed": [{"Id": nudge(2).id, "Code": "InternalError", "SenderFault": False}],
    }
    stubber.add_response("publish_batch", answer)
    assert topics(stubber.client).publish(outgoing(nudge(1), nudge(2))) == {nudge(1).id}


def test_a_throttled_topic_took_nothing(stubber: Stubber) -> None:
    """And raises nothing: the neighbours' entries can still be booked."""
    stubber.add_client_error("publish_batch", "Throttling")
    assert topics(stubber.client).publish(outgoing(NUDGE)) == frozenset()


def test_a_silent_topic_holds_up_no_other() -> None:
    """Its entries may have gone out and go again; the others are acknowledged."""
    recorder = Recorder(email=ReadTimeoutError(endpoint_url="https://sns"))
    assert topics(recorder).publish(outgoing(NUDGE, OUTCOME)) == {OUTCOME.id}


@pytest.mark.parametrize("code", ["AuthorizationError", "NotFound", "KMSDisabled", "InternalError"])
def test_a_broken_topic_holds_up_no_other(code: str) -> None:
    """Design, section 2: an SNS error never fails the record for its neighbours."""
    recorder = Recorder(email=refusal(code))
    assert topics(recorder).publish(outgoing(NUDGE, OUTCOME)) == {OUTCOME.id}


def test_a_batch_holds_ten_entries_of_one_topic() -> None:
    """SNS's limit, and a topic for each channel."""
    recorder = Recorder()
    topics(recorder).publish(outgoing(*(nudge(number) for number in range(21)), nudge(99, "in_app"), OUTCOME))
    assert [(topic, len(batch)) for topic, batch in recorder.batches] == [
        ("email", 10),
        ("email", 10),
        ("email", 1),
        ("in_app", 1),
        ("outcomes", 1),
    ]


def test_a_batch_stays_below_256_kilobytes_with_its_attributes() -> None:
    """SNS counts names, types and values of attributes too; nothing is lost where a batch is cut."""
    recorder = Recorder()
    rest = len(cloud_event(Outgoing(replace(NUDGE, template="")), CATALOG).encode())
    half = MOST_BYTES_AT_ONCE // 2 - rest
    nudges = [replace(nudge(number), template="x" * half) for number in range(1, 6)]
    assert topics(recorder).publish(outgoing(*nudges)) == {each.id for each in nudges}
    assert all(_bytes_as_sns_counts(batch) <= MOST_BYTES_AT_ONCE for _, batch in recorder.batches)


def test_bytes_are_those_of_utf_8() -> None:
    """A character can be four of them."""
    recorder = Recorder()
    nudges = [replace(nudge(number), template="🏃" * 20_000) for number in range(6)]
    assert topics(recorder).publish(outgoing(*nudges)) == {each.id for each in nudges}
    assert [len(batch) for _, batch in recorder.batches] == [3, 3]


def test_nothing_to_publish_is_no_request() -> None:
    """SNS refuses an empty batch."""
    recorder = Recorder()
    assert topics(recorder).publish([]) == frozenset()
    assert recorder.batches == []


def _bytes_as_sns_counts(batch: Sequence[Any]) -> int:
    total = 0
    for entry in batch:
        total += len(entry["Message"].encode())
        for name, value in entry["MessageAttributes"].items():
            total += len(name) + len(value["DataType"]) + len(value["StringValue"].encode())
    return total


def test_an_entry_for_a_channel_that_this_release_does_not_have_is_not_taken() -> None:
    """Rolled back to: it waits for the newer release, and holds up no other."""
    sns, later = Recorder(), nudge(2, "letter")
    assert topics(sns).publish(outgoing(later, NUDGE, OUTCOME)) == {NUDGE.id, OUTCOME.id}
