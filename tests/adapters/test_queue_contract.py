"""One set of claims about the queues as the code uses them, for the simulation's and for those of MiniStack.

With `pytest --aws` also for AWS's own. A simulation is worth what its queues are worth.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pytest
from botocore.exceptions import ClientError

from milepost.adapters.queues import SqsDeadLetters, SqsTickQueue, depth, read_tick
from milepost.application.ports import DeadLetters, Refusal, TickMessage, TickQueue
from milepost.domain.instant import MINUTE
from tests.adapters.examples import NOW
from tests.adapters.services import RECEIVES, Received, Services, Simulated
from tests.fakes.queues import MemoryDeadLetters, MemoryTickQueue

TICK = TickMessage(7, ("user:u_42", "user:ü"), NOW)
TAKEN, REFUSED = "taken", "refused"
BODY = ' {"a": 1,\t"ü": "🏃"}\n'


def send(services: Services, *bodies: str, queue: str = "events", **more: str) -> None:
    """Messages for a queue, in one request."""
    entries = [{"Id": str(place), "MessageBody": body, **more} for place, body in enumerate(bodies)]
    assert not services.sqs.send_message_batch(QueueUrl=services.url(queue), Entries=entries).get("Failed")


def bodies(found: Sequence[Received]) -> list[str]:
    """Sorted: a standard queue keeps no order."""
    return sorted(each.body for each in found)


def test_ten_messages_of_one_request_arrive_unchanged(services: Services) -> None:
    """White space, line ends and what is no JSON included."""
    sent = [BODY, "{not json", *(f"body {number}" for number in range(8))]
    send(services, *sent)
    assert bodies(services.receive("events")) == sorted(sent)


def test_what_somebody_has_nobody_else_gets_until_it_is_visible_again(services: Services) -> None:
    """A worker that dies loses nothing: the message comes again with the id and the instant that it had."""
    send(services, "x")
    [first] = services.receive("events")
    assert services.receive("events") == []
    services.wait()
    [again] = services.receive("events")
    assert (again.id, again.sent, again.body) == (first.id, first.sent, "x")
    assert (first.receives, again.receives) == (1, 2)


def test_what_is_deleted_does_not_come_again(services: Services) -> None:
    """Its neighbour, which was handed back, does."""
    send(services, "done", "failed")
    [done] = [each for each in services.receive("events") if each.body == "done"]
    services.delete("events", done)
    services.wait()
    assert bodies(services.receive("events")) == ["failed"]


def test_what_was_given_out_too_often_ends_among_the_dead_letters(services: Services) -> None:
    """Unchanged and without a reason, which only ingest gives; an operator sends it again."""
    send(services, BODY)
    for _ in range(RECEIVES):
        assert bodies(services.receive("events")) == [BODY]
        services.wait()
    assert services.receive("events") == []
    [letter] = services.receive("dead")
    assert (letter.body, letter.reason) == (BODY, None)


def test_depth_counts_what_waits_and_what_is_worked_on(services: Services) -> None:
    """By it settle knows, here and in a replay, that nothing is left that could still be in time."""
    url = services.url("events")
    assert depth(services.sqs, url) == 0
    send(services, "a", "b", "c")
    [first] = services.receive("events", 1)
    assert depth(services.sqs, url) == 3
    services.delete("events", first)
    assert depth(services.sqs, url) == 2


def test_of_a_group_nothing_is_given_out_while_one_is_worked_on(services: Services) -> None:
    """So two ticks of a subject never run at the same time; another group does not wait for it."""
    for group, body in (("A", "a1"), ("A", "a2"), ("B", "b1")):
        send(services, body, queue="ticks", MessageGroupId=group, MessageDeduplicationId=body)
    first, second = (*services.receive("ticks", 1), *services.receive("ticks", 1))
    assert [first.body, second.body] == ["a1", "b1"]
    assert services.receive("ticks", 1) == []
    services.delete("ticks", first)
    assert bodies(services.receive("ticks", 1)) == ["a2"]


def test_a_group_stands_still_until_what_was_lost_comes_back(services: Services) -> None:
    """A killed settle must not let the next tick of its subjects pass it."""
    for body in ("a1", "a2"):
        send(services, body, queue="ticks", MessageGroupId="A", MessageDeduplicationId=body)
    services.receive("ticks", 1)
    services.wait()
    assert [each.body for each in services.receive("ticks", 1)] == ["a1"]


# ------------------------------------------------------------------------------ the ports, which fakes stand for too


class Port(Protocol):
    """Where the code puts messages, and what is there."""

    @property
    def letters(self) -> DeadLetters:
        """The port of refused messages."""

    @property
    def ticks(self) -> TickQueue:
        """The port of ticks."""

    def refused(self) -> list[tuple[str, str | None]]:
        """Body and reason of each dead letter, sorted."""


class Faked:
    """The fakes of the unit tests."""

    def __init__(self) -> None:
        self.letters = MemoryDeadLetters()
        self.ticks = MemoryTickQueue()

    def refused(self) -> list[tuple[str, str | None]]:
        """See the protocol."""
        return sorted((each.body, each.reason) for each in self.letters.taken)


class Adapted:
    """The adapters over services."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.letters = SqsDeadLetters(services.sqs, services.url("dead"))
        self.ticks = SqsTickQueue(services.sqs, services.url("ticks"))

    def refused(self) -> list[tuple[str, str | None]]:
        """See the protocol."""
        return sorted((each.body, each.reason) for each in self.services.receive("dead", 100))


@pytest.fixture
def port(request: pytest.FixtureRequest, kind: str) -> Port:
    """One of them, empty."""
    return Faked() if kind == "memory" else Adapted(request.getfixturevalue("services"))


def test_refused_messages_lie_unchanged_beside_their_reasons(port: Port) -> None:
    """More of them than go into one request, and each is told to have been taken."""
    refusals = [Refusal(f"m{number}", f"{BODY}{number}", f"why {number}") for number in range(23)]
    assert port.letters.put(refusals) == {each.message_id for each in refusals}
    assert port.refused() == sorted((each.body, each.reason) for each in refusals)


def test_a_message_that_is_refused_twice_lies_there_twice(port: Port) -> None:
    """Whoever died before the message was deleted has refused it all the same; nothing is lost by a second letter."""
    for _ in range(2):
        port.letters.put([Refusal("m", BODY, "why")])
    assert port.refused() == [(BODY, "why")] * 2


def test_the_same_tick_put_again_is_queued_once(port: Port) -> None:
    """Also where it stands among others; the next sweep's, whose instant differs, is queued again."""
    other = TickMessage(8, ("user:u_1",), NOW)
    port.ticks.put([TICK])
    port.ticks.put([other, TICK])
    assert port.ticks.depth() == 2
    port.ticks.put([TickMessage(TICK.shard, TICK.subjects, NOW + MINUTE)])
    assert port.ticks.depth() == 3


def test_more_ticks_than_one_request_takes_are_all_queued(port: Port) -> None:
    """Ten a request."""
    port.ticks.put([TickMessage(shard, ("user:u_1",), NOW) for shard in range(64)])
    assert port.ticks.depth() == 64


def test_a_tick_reads_as_it_was_put(services: Services) -> None:
    """By whoever gets it out of the queue."""
    SqsTickQueue(services.sqs, services.url("ticks")).put([TICK])
    assert [read_tick(each.body) for each in services.receive("ticks")] == [TICK]


# ------------------------------------------------------------------------------------------- where they are not alike


def message(place: int, body: str = "x", reason: str | None = None) -> Any:
    """One of a request."""
    attributes = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
    return {"Id": str(place), "MessageBody": body, "MessageAttributes": attributes}


LIMITS: Mapping[str, tuple[Sequence[Any], Mapping[str, str]]] = {
    "eleven messages": ([message(place) for place in range(11)], {"simulated": TAKEN}),
    "no message": ([], {"simulated": TAKEN}),
    "two under one id": ([message(0), message(0)], {"simulated": TAKEN}),
    "more than 1 MiB together": ([message(0, "x" * 600_000), message(1, "x" * 600_000)], {"simulated": TAKEN}),
    "more than 1 MiB with its attributes": (
        [message(0, "x" * 1_048_570, "a reason")],
        {"simulated": TAKEN, "ministack": TAKEN},
    ),
}
"""Requests that AWS refuses whole (SQS, API reference, SendMessageBatch), and by whom else they are taken.

The adapters never send them: `test_queues.py` shows that. A difference that goes away has to go from here."""


@pytest.mark.parametrize("name", LIMITS)
def test_they_differ_in_what_they_refuse_as_is_known(services: Services, kind: str, name: str) -> None:
    """The simulation relies on the adapters to keep to the limits; MiniStack counts bodies alone."""
    entries, exceptions = LIMITS[name]
    try:
        services.sqs.send_message_batch(QueueUrl=services.url("events"), Entries=entries)
        found = TAKEN
    except ClientError:
        found = REFUSED
    assert found == exceptions.get(kind, REFUSED)


def test_what_a_queue_was_sent_is_forgotten_after_minutes_and_by_the_fake_never() -> None:
    """The simulation's queue takes a tick again after five minutes, as SQS does; the fake needs no clock."""
    simulated, fake = Simulated(), MemoryTickQueue()
    ticks = SqsTickQueue(simulated.sqs, simulated.url("ticks"))
    for queue in (ticks, fake):
        queue.put([TICK])
    simulated.clock.pause(5 * MINUTE)
    for queue in (ticks, fake):
        queue.put([TICK])
    assert (ticks.depth(), fake.depth()) == (2, 1)


def test_of_one_group_a_receive_of_ten_gives_several_in_order(services: Services) -> None:
    """On AWS too; a batch of settle can hold two ticks of one subject, which it works off one after another."""
    for body in ("a1", "a2", "a3"):
        send(services, body, queue="ticks", MessageGroupId="A", MessageDeduplicationId=body)
    assert [each.body for each in services.receive("ticks")] == ["a1", "a2", "a3"]
