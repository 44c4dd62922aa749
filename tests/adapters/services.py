"""Queues and topics to make one set of claims about: the simulation's, MiniStack's, and on request AWS's own."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from milepost.domain.instant import SECOND, Duration
from milepost_tools.local.connection import Connection
from milepost_tools.local.subscriptions import let_in
from milepost_tools.prove.clients import Sns, Sqs
from milepost_tools.prove.faults import Faults
from milepost_tools.prove.machine import Machine, World
from milepost_tools.prove.queues import Message, Queue
from tests.adapters.examples import NOW

RECEIVES = 2
"""After so many a message of the queue `events` goes to `dead`."""
INVISIBLE = 1
"""Seconds."""
TOPICS = ("email", "outcomes")


class Received(NamedTuple):
    """A message as a worker gets it, and what to delete it by. `sent` is in milliseconds since 1970."""

    id: str
    body: str
    sent: int
    receives: int
    reason: str | None
    receipt: Any


class Services(Protocol):
    """Queues `events`, `dead` and `ticks` as template.yaml connects them, and topics with a queue behind each."""

    @property
    def sqs(self) -> Any:
        """The client that the code uses."""

    @property
    def sns(self) -> Any:
        """The same of the topics."""

    def url(self, queue: str) -> str:
        """A queue's."""

    def arn(self, topic: str) -> str:
        """A topic's."""

    def receive(self, queue: str, most: int = 10) -> Sequence[Received]:
        """At most so many messages, as an event source mapping asks for them."""

    def delete(self, queue: str, done: Received) -> None:
        """Done with it."""

    def wait(self) -> None:
        """Until what was received and not deleted is visible again."""

    def told(self, topic: str) -> Sequence[Any]:
        """The messages that its subscriber has got, as objects."""


@dataclass(slots=True)
class Clock:
    """Time that passes when somebody waits, for one worker alone."""

    now: int = NOW

    def pause(self, duration: Duration) -> None:
        """Let it pass."""
        self.now += duration


@dataclass
class Simulated:
    """Those of `milepost prove`, while nothing goes wrong."""

    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        clock: Any = self.clock
        faults = Faults(Random(1))
        faults.stop()
        dead = Queue("dead", clock, faults)
        events = Queue("events", clock, faults, INVISIBLE * SECOND, dead, RECEIVES)
        queues = {"events": events, "dead": dead, "ticks": Queue("ticks", clock, faults, INVISIBLE * SECOND)}
        engine: Any = None
        self.world = World(clock, faults, engine, queues)
        machine = Machine("worker", self.world, 0, ends=2**62)
        self.sqs: Any = Sqs(machine)
        self.sns: Any = Sns(machine)

    def url(self, queue: str) -> str:
        """See the protocol."""
        return queue

    arn = url

    def receive(self, queue: str, most: int = 10) -> Sequence[Received]:
        """See the protocol."""
        found: Sequence[Message] = self.world.queues[queue].receive(most)
        return [Received(each.id, each.body, each.sent // 1000, each.receives, each.reason, each) for each in found]

    def delete(self, queue: str, done: Received) -> None:
        """See the protocol."""
        self.world.queues[queue].delete([done.receipt])

    def wait(self) -> None:
        """See the protocol."""
        self.clock.pause((INVISIBLE + 1) * SECOND)

    def told(self, topic: str) -> Sequence[Any]:
        """See the protocol."""
        return [each.event for each in self.world.told if each.topic == topic]


@dataclass
class Deployed:
    """Those behind a connection; in seconds, how long a message may be on its way, and how long it is invisible."""

    connection: Connection
    patience: int
    invisible: int
    urls: dict[str, str]
    arns: dict[str, str]

    @property
    def sqs(self) -> Any:
        """See the protocol."""
        return self.connection.sqs

    @property
    def sns(self) -> Any:
        """See the protocol."""
        return self.connection.sns

    def url(self, queue: str) -> str:
        """See the protocol."""
        return self.urls[queue]

    def arn(self, topic: str) -> str:
        """See the protocol."""
        return self.arns[topic]

    def receive(self, queue: str, most: int = 10) -> Sequence[Received]:
        """See the protocol; a queue of AWS may have more than it shows at once."""
        found: list[Received] = []
        while len(found) < most and (some := self._receive(queue, min(10, most - len(found)))):
            found += some
        return found

    def _receive(self, queue: str, most: int) -> Sequence[Received]:
        asked: Any = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"], "WaitTimeSeconds": self.patience}
        answer = self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=most, **asked)
        return [_received(each) for each in answer.get("Messages", [])]

    def delete(self, queue: str, done: Received) -> None:
        """See the protocol."""
        self.sqs.delete_message(QueueUrl=self.urls[queue], ReceiptHandle=done.receipt)

    def wait(self) -> None:
        """See the protocol."""
        time.sleep(self.invisible + 0.2)

    def told(self, topic: str) -> Sequence[Any]:
        """See the protocol."""
        found = []
        while some := self._receive(topic, 10):
            found += [json.loads(each.body) for each in some]
            for each in some:
                self.delete(topic, each)
        return found


@contextmanager
def deployed(connection: Connection, patience: int, invisible: int = INVISIBLE) -> Iterator[Deployed]:
    """Queues and topics under names of their own, which go when the block ends."""
    with ExitStack() as cleaning:
        found = Deployed(connection, patience, invisible, {}, {})
        dead = _queue(found, cleaning, "dead", {})
        policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": RECEIVES})
        _queue(found, cleaning, "events", {"VisibilityTimeout": str(invisible), "RedrivePolicy": policy})
        fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": str(invisible)}
        _queue(found, cleaning, "ticks", fifo, ".fifo")
        for topic in TOPICS:
            _topic(found, cleaning, topic)
        yield found


def _queue(found: Deployed, cleaning: ExitStack, name: str, attributes: dict[str, str], kind: str = "") -> str:
    """A queue of this name; its ARN."""
    sqs = found.connection.sqs
    options: Any = attributes
    url = sqs.create_queue(QueueName=f"contract-{uuid4().hex}-{name}{kind}", Attributes=options)["QueueUrl"]
    cleaning.callback(sqs.delete_queue, QueueUrl=url)
    found.urls[name] = url
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _topic(found: Deployed, cleaning: ExitStack, name: str) -> None:
    """A topic of this name, and a queue on it."""
    sns = found.connection.sns
    found.arns[name] = sns.create_topic(Name=f"contract-{uuid4().hex}-{name}")["TopicArn"]
    cleaning.callback(sns.delete_topic, TopicArn=found.arns[name])
    _queue(found, cleaning, name, {})
    arn = let_in(found.connection, found.urls[name], found.arns[name])
    options: Any = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=found.arns[name], Protocol="sqs", Endpoint=arn, Attributes=options)


def _received(message: Any) -> Received:
    """As the client has it."""
    of_queue, reason = message["Attributes"], message.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
    sent, receives = int(of_queue["SentTimestamp"]), int(of_queue["ApproximateReceiveCount"])
    return Received(message["MessageId"], message["Body"], sent, receives, reason, message["ReceiptHandle"])
