"""Subscribers of every topic, and one more that fails for a while: what it cannot handle ends in its own queue."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, Final

from milepost.adapters.queues import depth
from milepost_tools.local.stack import OUTCOMES, Stack
from milepost_tools.local.subscriptions import Inbox, subscribe
from milepost_tools.prove.checker.evidence import Told

CHANNEL: Final = "in_app"
"""The one of which a subscriber fails."""
_PAUSE: Final = 0.2


@dataclass(slots=True)
class Subscribers:
    """What they got: all topics' healthy ones `told`, and the one that fails until `well` ids in `handled`."""

    inboxes: list[Inbox]
    failing: Inbox
    dead: Inbox
    told: list[Told] = field(default_factory=list)
    handled: set[str] = field(default_factory=set)
    well: Event = field(default_factory=Event)

    def listen(self, over: Event) -> None:
        """Take what is there until it is over."""
        while not over.wait(_PAUSE):
            for inbox in self.inboxes:
                found = [json.loads(each.body) for each in inbox.receive_all()]
                self.told += [Told(inbox.topic, each, time.time_ns() // 1000) for each in found]
            if self.well.is_set():
                self.handled |= _ids(self.failing)
            else:
                self.failing.sqs.receive_message(QueueUrl=self.failing.queue_url, MaxNumberOfMessages=10)

    @property
    def given_up(self) -> int:
        """About how many nudges lie in the dead-letter queue of the one that fails."""
        return depth(self.dead.sqs, self.dead.queue_url)

    @property
    def behind(self) -> int:
        """About how many messages no healthy one has taken yet."""
        return sum(depth(each.sqs, each.queue_url) for each in (*self.inboxes, self.failing))

    def missing(self) -> set[str]:
        """Nudges of its channel that it neither handled nor has in its dead-letter queue, which this empties."""
        return {each.event["id"] for each in self.told if each.topic == CHANNEL} - self.handled - _ids(self.dead)


@contextmanager
def subscribed(stack: Stack) -> Iterator[Subscribers]:
    """Subscribers who listen while the block lasts."""
    sqs, over = stack.connection.sqs, Event()
    with subscribe(stack, [OUTCOMES, "email", CHANNEL]) as well, subscribe(stack, [CHANNEL]) as ill:
        failing, url = ill[CHANNEL], sqs.create_queue(QueueName="given-up")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy: Any = {"deadLetterTargetArn": arn, "maxReceiveCount": 2}
        attributes: Any = {"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(policy)}
        sqs.set_queue_attributes(QueueUrl=failing.queue_url, Attributes=attributes)
        subscribers = Subscribers(list(well.values()), failing, Inbox(CHANNEL, url, sqs))
        thread = Thread(target=subscribers.listen, args=(over,))
        thread.start()
        try:
            yield subscribers
        finally:
            over.set()
            thread.join()


def _ids(inbox: Inbox) -> set[str]:
    return {json.loads(each.body)["id"] for each in inbox.receive_all()}
