"""One set of claims about the topics as the code uses them: the simulation's, MiniStack's, and the unit tests' fake.

With `pytest --aws` also AWS's own.
"""

from collections.abc import Mapping, Sequence
from json import loads
from typing import Any, Protocol

import pytest
from botocore.exceptions import ClientError

from milepost.adapters.cloudevents import cloud_event
from milepost.adapters.topics import SnsTopics
from milepost.application.ports import Outgoing, Topics
from tests.adapters.examples import CATALOG, NUDGE, OUTCOME, nudge, outgoing
from tests.adapters.services import TOPICS, Services
from tests.fakes.topics import MemoryTopics

TAKEN, REFUSED = "taken", "refused"


class Port(Protocol):
    """Where the code publishes, and who was told."""

    @property
    def topics(self) -> Topics:
        """The port."""

    def told(self, topic: str) -> list[str]:
        """Ids of what a topic's subscriber has got, sorted."""


class Faked:
    """The fake of the unit tests."""

    def __init__(self) -> None:
        self.topics = MemoryTopics()

    def told(self, topic: str) -> list[str]:
        """See the protocol."""
        return sorted(each.id for each in self.topics.published if getattr(each, "channel", "outcomes") == topic)


class Adapted:
    """The adapter over services."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.topics = SnsTopics(services.sns, {name: services.arn(name) for name in TOPICS}, CATALOG)

    def told(self, topic: str) -> list[str]:
        """See the protocol."""
        return sorted(each["id"] for each in self.services.told(topic))


@pytest.fixture
def port(request: pytest.FixtureRequest, kind: str) -> Port:
    """One of them, of which nobody was told anything."""
    return Faked() if kind == "memory" else Adapted(request.getfixturevalue("services"))


def test_a_nudge_goes_to_its_channel_and_an_outcome_to_the_outcomes(port: Port) -> None:
    """And nothing to any other; both are told to have been taken."""
    assert port.topics.publish(outgoing(NUDGE, OUTCOME)) == {NUDGE.id, OUTCOME.id}
    assert {name: port.told(name) for name in TOPICS} == {"email": [NUDGE.id], "outcomes": [OUTCOME.id]}


def test_more_entries_than_one_request_takes_all_arrive(port: Port) -> None:
    """Ten a request."""
    nudges = [nudge(number) for number in range(23)]
    assert port.topics.publish(outgoing(*nudges)) == {each.id for each in nudges}
    assert port.told("email") == sorted(each.id for each in nudges)


def test_what_is_published_again_arrives_again_under_the_same_id(port: Port) -> None:
    """No topic remembers; so whoever subscribes goes by the id."""
    for _ in range(2):
        assert port.topics.publish(outgoing(NUDGE)) == {NUDGE.id}
    assert port.told("email") == [NUDGE.id] * 2


def test_a_subscriber_gets_the_event_as_it_was_built(services: Services) -> None:
    """The CloudEvent and nothing around it."""
    Adapted(services).topics.publish(outgoing(NUDGE))
    assert services.told("email") == [loads(cloud_event(Outgoing(NUDGE), CATALOG))]


def entry(place: int, message: str = "{}") -> Any:
    """One of a request."""
    return {"Id": f"e{place}", "Message": message}


LARGE = f'"{"x" * 140_000}"'
LIMITS: Mapping[str, tuple[Sequence[Any], Mapping[str, str]]] = {
    "eleven entries": ([entry(place) for place in range(11)], {"simulated": TAKEN}),
    "no entry": ([], {"simulated": TAKEN}),
    "two under one id": ([entry(0), entry(0)], {"simulated": TAKEN}),
    "more than 256 KiB together": ([entry(0, LARGE), entry(1, LARGE)], {"simulated": TAKEN, "ministack": TAKEN}),
}
"""Requests that AWS refuses whole (SNS, API reference, PublishBatch), and by whom else they are taken.

The adapter never sends them: `test_topics.py` shows that. A difference that goes away has to go from here."""


@pytest.mark.parametrize("name", LIMITS)
def test_they_differ_in_what_they_refuse_as_is_known(services: Services, kind: str, name: str) -> None:
    """The simulation relies on the adapter to keep to the limits; MiniStack weighs messages one by one."""
    entries, exceptions = LIMITS[name]
    try:
        answer = services.sns.publish_batch(TopicArn=services.arn("email"), PublishBatchRequestEntries=entries)
        found = TAKEN if len(answer["Successful"]) == len(entries) else "taken in part"
    except ClientError:
        found = REFUSED
    assert found == exceptions.get(kind, REFUSED)
