"""SQS: groups and deduplication of the tick queue, redelivery, sizes, and the age of what waits."""

from datetime import UTC, datetime
from typing import Any, Final

from milepost.adapters.worked_off import QueueAge
from milepost.domain.instant import from_datetime
from milepost_tools.verify.lab import Lab
from milepost_tools.verify.verdict import NotTestableError, expect

_OF_THE_TICKS: Final = ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
_LARGEST: Final = 1_048_576
"""Bytes."""
_METRIC_WITHIN: Final = 240.0
"""Seconds. More would not fit into the ten minutes."""


def tick_groups(lab: Lab) -> str:
    """While a tick of a group is worked on, the next of that group is not given out, and one of another is."""
    url = _tick_queue(lab, "groups")
    for group, body in (("A", "a1"), ("A", "a2"), ("B", "b1")):
        lab.stack.connection.sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group)
    first = _taken(lab, url, 3)
    expect("given out at once", sorted(first), ["a1", "b1"])
    lab.stack.connection.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["a1"])
    expect("given out after the first was done", list(_taken(lab, url, 2)), ["a2"])
    return "one of a group at a time"


def tick_deduplication(lab: Lab) -> str:
    """A tick with the same id, or without one the same content, is queued once in a group, and again in another."""
    url, sqs = _tick_queue(lab, "deduplication"), lab.stack.connection.sqs
    for body in ("one", "other"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="A", MessageDeduplicationId="same")
    for group in ("B", "B", "C"):
        sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId=group)
    found = [body for _ in range(5) for body in _gone(lab, url)]
    expect("queued", sorted(found), ["one", "same", "same"])
    return "3 of 5 queued"


def redelivery(lab: Lab) -> str:
    """A message that comes again has the id, the SentTimestamp and the attributes that it had."""
    url, sqs = lab.queue("redelivery"), lab.stack.connection.sqs
    reason: Any = {"reason": {"DataType": "String", "StringValue": "why"}}
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=reason)
    first, second = _received(lab, url), _received(lab, url)
    counts = [each["Attributes"].pop("ApproximateReceiveCount") for each in (first, second)]
    expect("receives", counts, ["1", "2"])
    for name in ("MessageId", "MessageAttributes"):
        expect(name, second[name], first[name])
    expect("SentTimestamp", second["Attributes"]["SentTimestamp"], first["Attributes"]["SentTimestamp"])
    return "the same"


def largest_message(lab: Lab) -> str:
    """A queue takes a message of 1 MiB."""
    lab.stack.connection.sqs.send_message(QueueUrl=lab.queue("largest"), MessageBody="x" * _LARGEST)
    return f"{_LARGEST:,} bytes"


def queue_age(lab: Lab) -> str:
    """CloudWatch tells settle how old the oldest message is, so that its mark never passes one that waits."""
    if lab.emulated:
        raise NotTestableError("the emulator has no metrics of queues")
    url, connection = lab.queue("age"), lab.stack.connection
    sent = from_datetime(datetime.now(UTC))
    connection.sqs.send_message(QueueUrl=url, MessageBody="x")
    age = QueueAge(connection.sqs, connection.cloudwatch, url, f"{lab.prefix}-age")
    mark = lab.eventually(lambda: age.until(from_datetime(datetime.now(UTC))), _METRIC_WITHIN)
    if mark is None:
        raise NotTestableError(f"no age within {_METRIC_WITHIN:.0f} s; of a new queue it may take 15 minutes")
    expect("the mark is before the message", mark <= sent, wanted=True)
    return "reported"


def _tick_queue(lab: Lab, name: str) -> str:
    """A queue like that of the ticks: into that itself only sweep may send, and settle would empty it."""
    asked: Any = ["All"]
    found: Any = lab.stack.connection.sqs.get_queue_attributes(QueueUrl=lab.stack.tick_queue_url, AttributeNames=asked)
    attributes = {each: found["Attributes"][each] for each in _OF_THE_TICKS if each in found["Attributes"]}
    return lab.queue(f"{name}.fifo", attributes)


def _taken(lab: Lab, url: str, times: int) -> dict[str, str]:
    """What so many looks, one message each, give out: bodies, and the receipts to delete them by."""
    looks = (
        lab.stack.connection.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=1)
        for _ in range(times)
    )
    return {each["Body"]: each["ReceiptHandle"] for look in looks for each in look.get("Messages", [])}


def _gone(lab: Lab, url: str) -> list[str]:
    """Take one message and delete it."""
    taken = _taken(lab, url, 1)
    for receipt in taken.values():
        lab.stack.connection.sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)
    return list(taken)


def _received(lab: Lab, url: str) -> Any:  # noqa: ANN401  # A message as the client gives it.
    """A message, which is at once there for the next to receive."""
    sqs, everything = lab.stack.connection.sqs, ["All"]
    asked: Any = {"AttributeNames": everything, "MessageAttributeNames": everything, "WaitTimeSeconds": 1}
    found = lab.eventually(lambda: sqs.receive_message(QueueUrl=url, **asked).get("Messages"), 20)
    if not found:
        raise NotTestableError("the message did not come within 20 s")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"], VisibilityTimeout=0)
    return found[0]
