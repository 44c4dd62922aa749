"""SNS: ten messages a request, and what a subscribed queue gets of them.

A new queue may refuse its topic, and a new filter let everything through, until all of AWS knows of them. So rounds
are published until one arrives as it should.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from milepost.adapters.topics import PUBLISH_AT_ONCE
from milepost_tools.local.stack import OUTCOMES
from milepost_tools.local.subscriptions import FilterPolicy, Inbox, subscribe
from milepost_tools.verify.lab import Lab
from milepost_tools.verify.verdict import expect

_MISSED: Final[FilterPolicy] = {"path": ["missed"]}
_QUIET: Final = 2
"""Seconds without a message after which no more is expected."""
_BODIES: Final = [f"m{place}" for place in range(PUBLISH_AT_ONCE)]


def publish_batch(lab: Lab) -> str:
    """Ten messages at once reach a queue raw, with their attributes, and one with a filter policy if these match."""
    topic = lab.topic("topic")
    everything, missed = _subscribed(lab, topic, None), _subscribed(lab, topic, _MISSED)
    wanted = [(each, "missed" if place % 2 else "reached") for place, each in enumerate(_BODIES)]
    got: list[list[tuple[str, str]]] = []

    def arrive() -> bool:
        answer = lab.stack.connection.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=_entries(wanted))
        expect("answered", (len(answer["Successful"]), answer.get("Failed", [])), (PUBLISH_AT_ONCE, []))
        got[:] = _all(everything), _all(missed)
        return got == [wanted, wanted[1::2]]

    lab.eventually(arrive)  # The last round tells, if none is right.
    expect("delivered without and with a filter", got, [wanted, wanted[1::2]])
    return "10 without a filter, 5 with one"


def _subscribed(lab: Lab, topic: str, policy: FilterPolicy | None) -> Inbox:
    """A queue on a topic of our own, in the place of one of the stack's."""
    subscribing = subscribe(replace(lab.stack, outcomes_topic_arn=topic), [OUTCOMES], policy)
    what = "subscription with a filter" if policy else "subscription without a filter"
    return lab.use(f"{what} to {lab.prefix}-topic", subscribing)[OUTCOMES]


def _entries(messages: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401  # As the client wants them.
    return [
        {
            "Id": body,
            "Message": body,
            "MessageAttributes": {"path": {"DataType": "String", "StringValue": path}},
        }
        for body, path in messages
    ]


def _all(inbox: Inbox) -> list[tuple[str, str]]:
    """Bodies and paths of all that comes until there is a pause; what comes twice is one."""
    found: set[tuple[str, str]] = set()
    while some := inbox.receive(_QUIET):
        found |= {(each.body, each.attributes.get("path", "")) for each in some}
    return sorted(found)
