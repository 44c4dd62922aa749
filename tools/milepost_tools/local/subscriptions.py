"""Subscribers: a queue on each topic, as the integration of a channel has one."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from milepost_tools.local.connection import Connection
from milepost_tools.local.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FilterPolicy = Mapping[str, list[str]]
"""Values of message attributes, one of which a message must have; see SNS's subscription filter policies."""

_RETENTION: Final = "3600"
"""Seconds. Should a queue be left behind, what is in it soon goes."""
_MOST: Final = 10
"""Messages that one request can receive or delete."""


@dataclass(frozen=True)
class Message:
    """What a subscriber gets: the CloudEvent as text, and the attributes by which it could have filtered."""

    topic: str
    body: str
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Inbox:
    """The queue on one topic."""

    topic: str
    queue_url: str
    sqs: "SQSClient"

    def receive(self, wait: int = 0) -> list[Message]:
        """At most ten messages, which are then gone from the queue; `wait` at most that many seconds for one."""
        received = self.sqs.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=_MOST,
            WaitTimeSeconds=wait,
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if received:
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(received)]
            self.sqs.delete_message_batch(QueueUrl=self.queue_url, Entries=entries)  # type: ignore[arg-type]
        return [
            Message(
                self.topic,
                message["Body"],
                {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()},
            )
            for message in received
        ]

    def receive_all(self) -> list[Message]:
        """All that is there now."""
        messages: list[Message] = []
        while some := self.receive():
            messages += some
        return messages


@contextmanager
def subscribe(
    stack: Stack, topics: Iterable[str], filter_policy: FilterPolicy | None = None
) -> Iterator[Mapping[str, Inbox]]:
    """Inboxes on these topics (channels, `outcomes`), by topic; queues and subscriptions go when the block ends."""
    with ExitStack() as cleaning:
        yield {topic: _subscribed(stack, topic, filter_policy, cleaning) for topic in topics}


def _subscribed(stack: Stack, topic: str, filter_policy: FilterPolicy | None, cleaning: ExitStack) -> Inbox:
    sqs, sns, arn = stack.connection.sqs, stack.connection.sns, stack.topics[topic]
    url = sqs.create_queue(
        QueueName=f"{stack.name[:40]}-{topic}-{token_hex(6)}", Attributes={"MessageRetentionPeriod": _RETENTION}
    )["QueueUrl"]
    cleaning.callback(sqs.delete_queue, QueueUrl=url)
    queue_arn = let_in(stack.connection, url, arn)
    attributes = {"RawMessageDelivery": "true"}
    if filter_policy is not None:
        attributes["FilterPolicy"] = json.dumps(filter_policy)
    subscription = sns.subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes=attributes, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    cleaning.callback(sns.unsubscribe, SubscriptionArn=subscription)
    return Inbox(topic, url, sqs)


def let_in(connection: Connection, url: str, topic_arn: str) -> str:
    """Let the topic, and no other, send to the queue; the queue's ARN."""
    queue_arn = connection.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    connection.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return queue_arn
