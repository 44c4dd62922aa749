"""What happens to a batch when something goes wrong between two steps."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from json import dumps
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from milepost_channels.answers import Answer, Busy, Refused, Taken, Unclear
from milepost_channels.claims import LEASE
from milepost_channels.deliver import MARGIN, TRIES
from milepost_channels.nudge import Nudge, Reason
from milepost_channels.telemetry import Count
from tests.integrations.driving import Bench, nudge, record, records

ONE = nudge(1)


class Vendor:
    """Answers from a list, and then takes everything."""

    longest = 4.0

    def __init__(self, *answers: Answer, tells_repeats: bool = False, at_once: int = 1) -> None:
        self.answers, self.tells_repeats, self.at_once = list(answers), tells_repeats, at_once
        self.sent: list[str] = []

    def check(self) -> None:
        """See the port."""

    def send(self, nudges: Sequence[Nudge]) -> Sequence[Answer]:
        """See the port."""
        self.sent += [each.id for each in nudges]
        return [self.answers.pop(0) if self.answers else Taken() for _ in nudges]


class Killed(BaseException):
    """The function is gone."""


def deliver(bench: Bench, vendor: Any, batch: Any, seconds: float = 30.0, **how: Any) -> Any:
    """One batch, and what became of it."""
    return bench.delivery(vendor, **how).deliver(batch["Records"], lambda: seconds)


def failing(client: Any, method: str, times: int = 1, error: Exception | None = None) -> Any:
    """The client, except that a method fails so many times before it does anything."""
    left = [error or EndpointConnectionError(endpoint_url="https://example.com")] * times

    class Failing:
        def __getattr__(self, name: str) -> Any:
            if name == method and left:
                raise left.pop()
            return getattr(client, name)

    return Failing()


def test_a_nudge_that_was_taken_is_reported_once_and_its_copies_are_not_sent() -> None:
    """The report names the nudge and whose it is, in the shape of the event queue."""
    bench, vendor = Bench(), Vendor()
    assert not deliver(bench, vendor, records(ONE)).handed_back
    assert not deliver(bench, vendor, records(ONE)).handed_back
    assert vendor.sent == [ONE["id"]]
    (event,) = bench.queues.events()
    assert event == {
        "type": "track",
        "messageId": event["messageId"],
        "userId": "u_1",
        "event": "nudge_delivered",
        "timestamp": "2026-11-22T08:00:00.000+00:00",
        "properties": {"nudge_id": ONE["id"], "channel": "email"},
    }


def test_an_accounts_nudge_is_reported_for_the_account() -> None:
    """As `groupId`."""
    bench = Bench()
    deliver(bench, Vendor(), records(nudge(1, subject="account:a_1")))
    (event,) = bench.queues.events()
    assert event["groupId"] == "a_1"
    assert "userId" not in event


def test_two_messages_for_one_nudge_in_a_batch_are_sent_once() -> None:
    """The second comes again, when it is known what became of the first."""
    bench, vendor = Bench(), Vendor(at_once=10)
    assert deliver(bench, vendor, records(ONE, ONE)).handed_back == {"m1"}
    assert vendor.sent == [ONE["id"]]


def test_two_workers_at_once_send_a_nudge_once() -> None:
    """They really overlap: each waits for the other before it claims."""
    bench, vendor, together = Bench(), Vendor(), Barrier(2)

    def work(_: int) -> Any:
        delivery = bench.delivery(vendor)
        together.wait()
        return delivery.deliver(records(ONE)["Records"], lambda: 30.0)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(work, range(2)))
    assert vendor.sent == [ONE["id"]]
    assert sum(outcome.tally[Count.TAKEN] for outcome in outcomes) == 1


def test_a_busy_vendor_is_tried_three_times_then_the_batch_comes_back_and_nothing_is_held() -> None:
    """The next delivery finds no claim in its way."""
    bench, vendor = Bench(), Vendor(*[Busy()] * TRIES)
    outcome = deliver(bench, vendor, records(ONE, nudge(2)))
    assert outcome.handed_back == {"m0", "m1"}
    assert vendor.sent == [ONE["id"]] * TRIES  # the second was not even tried
    assert not deliver(bench, vendor, records(ONE, nudge(2))).handed_back


@pytest.mark.parametrize(("wait", "tries"), [(20.0, 2), (21.0, 1)])
def test_a_wait_that_the_vendor_asks_for_is_kept_if_there_is_time(wait: float, tries: int) -> None:
    """Of 30 seconds, 9 are for a request and what follows it; else the queue waits."""
    vendor = Vendor(Busy(wait))
    deliver(Bench(), vendor, records(ONE))
    assert len(vendor.sent) == tries


def test_nothing_is_begun_without_the_time_to_end_it() -> None:
    """A function that is killed in the middle leaves an ambiguous nudge behind."""
    vendor = Vendor()
    assert deliver(Bench(), vendor, records(ONE), seconds=vendor.longest + MARGIN).handed_back == {"m0"}
    assert not vendor.sent


def test_what_is_refused_lies_in_the_dead_letter_queue_with_its_reason_and_is_not_tried_again() -> None:
    """Nor reported; a copy of the topic's is dropped."""
    bench, vendor = Bench(), Vendor(Refused(Reason.REFUSED))
    assert not deliver(bench, vendor, records(ONE)).handed_back
    assert not deliver(bench, vendor, records(ONE)).handed_back
    assert bench.queues.dead() == {"refused_by_vendor": 1}
    assert bench.queues.messages["dead"][0]["MessageBody"] == dumps(ONE)
    assert (vendor.sent, bench.queues.events()) == ([ONE["id"]], [])


def test_what_was_sent_back_from_the_dead_letter_queue_is_sent() -> None:
    """Its reason is still on it: somebody decided."""
    bench, vendor = Bench(), Vendor(Refused(Reason.REFUSED))
    deliver(bench, vendor, records(ONE))
    deliver(bench, vendor, records(ONE, reason="refused_by_vendor"))
    assert vendor.sent == [ONE["id"]] * 2
    assert len(bench.queues.events()) == 1


@pytest.mark.parametrize(
    ("how", "sent", "kept"),
    [
        ({"tells_repeats": False, "send_ambiguous": False}, 1, {"ambiguous": 1}),
        ({"tells_repeats": False, "send_ambiguous": True}, 2, {}),
        ({"tells_repeats": True, "send_ambiguous": False}, 2, {}),
    ],
)
def test_without_an_answer_a_nudge_is_kept_unless_a_repeat_does_no_harm_or_is_wanted(
    how: dict[str, bool], sent: int, kept: dict[str, int]
) -> None:
    """And counted as ambiguous in any case."""
    bench = Bench()
    vendor = Vendor(Unclear(), tells_repeats=how["tells_repeats"])
    outcome = deliver(bench, vendor, records(ONE), send_ambiguous=how["send_ambiguous"])
    assert len(vendor.sent) == sent
    assert bench.queues.dead() == kept
    assert outcome.tally[Count.AMBIGUOUS] == 1


class Locked(Vendor):
    """Has no secret."""

    def check(self) -> None:
        """See the port."""
        raise LookupError


def test_without_its_secret_nothing_is_claimed() -> None:
    """Otherwise a nudge that was never sent would seem to have been cut off, and be ambiguous."""
    bench = Bench()
    with pytest.raises(LookupError):
        deliver(bench, Locked(), records(ONE))
    assert bench.claims().subject(ONE["id"]) is None


class Dying(Vendor):
    """Takes a nudge, and the function dies before it hears of it."""

    def send(self, nudges: Sequence[Nudge]) -> Sequence[Answer]:
        """See the port."""
        super().send(nudges)
        raise Killed


@pytest.mark.parametrize(("tells_repeats", "sent", "kept"), [(False, 0, {"ambiguous": 1}), (True, 1, {})])
def test_a_worker_that_dies_while_sending_leaves_an_ambiguous_nudge(
    *, tells_repeats: bool, sent: int, kept: dict[str, int]
) -> None:
    """Held while it might still live, then treated like a request without an answer."""
    bench = Bench()
    with pytest.raises(Killed):
        deliver(bench, Dying(), records(ONE))
    next_one = Vendor(tells_repeats=tells_repeats)
    assert deliver(bench, next_one, records(ONE)).handed_back == {"m0"}
    bench.clock.now += LEASE + 1
    outcome = deliver(bench, next_one, records(ONE))
    assert not outcome.handed_back
    assert (len(next_one.sent), bench.queues.dead()) == (sent, kept)
    assert outcome.tally[Count.AMBIGUOUS] == 1


def test_a_report_that_was_not_taken_is_made_the_next_time_and_is_the_same() -> None:
    """The nudge is not sent again for it, and the event's id and time do not change."""
    bench, vendor = Bench(), Vendor()
    queue = bench.queues
    bench.queues = failing(queue, "send_message_batch")
    outcome = deliver(bench, vendor, records(ONE))
    assert (outcome.handed_back, outcome.failures) == ({"m0"}, ["EndpointConnectionError"])
    bench.queues, bench.clock.now = queue, bench.clock.now + 500
    assert not deliver(bench, vendor, records(ONE)).handed_back
    assert vendor.sent == [ONE["id"]]
    assert [event["timestamp"] for event in queue.events()] == ["2026-11-22T08:00:00.000+00:00"]


BUSY_TABLE = ClientError({"Error": {"Code": "ThrottlingException", "Message": "u_1"}}, "PutItem")


@pytest.mark.parametrize(
    ("method", "answers", "sent", "kept"),
    [
        ("get_item", [], 1, {}),  # nothing was claimed yet
        ("put_item", [], 1, {}),  # nothing was sent yet
        ("update_item", [], 1, {"ambiguous": 1}),  # it was taken, and nobody can remember
        ("delete_item", [Busy()] * TRIES, TRIES, {"ambiguous": 1}),  # it was not, and nobody can remember that
    ],
)
def test_a_table_that_fails_hands_the_message_back_and_nothing_is_sent_twice(
    method: str, answers: list[Answer], sent: int, kept: dict[str, int]
) -> None:
    """Whichever write it is; the code is told, never the service's words."""
    bench, vendor = Bench(), Vendor(*answers)
    client, bench.client = bench.client, failing(bench.client, method, error=BUSY_TABLE)
    outcome = deliver(bench, vendor, records(ONE))
    assert (outcome.handed_back, outcome.failures) == ({"m0"}, ["ThrottlingException"])
    bench.client, bench.clock.now = client, bench.clock.now + LEASE + 1
    assert not deliver(bench, vendor, records(ONE)).handed_back
    assert (len(vendor.sent), bench.queues.dead()) == (sent, kept)


def test_a_dead_letter_queue_that_fails_keeps_the_message() -> None:
    """It is noted as buried only when it lies there."""
    bench, vendor = Bench(), Vendor(Refused(Reason.REFUSED))
    queue = bench.queues
    bench.queues = failing(queue, "send_message")
    assert deliver(bench, vendor, records(ONE)).handed_back == {"m0"}
    bench.queues, bench.clock.now = queue, bench.clock.now + LEASE + 1
    deliver(bench, vendor, records(ONE))
    assert queue.dead() == {"ambiguous": 1}


UNREADABLE: Sequence[Callable[[dict[str, Any]], Any]] = (
    lambda event: event | {"id": "a.b"},
    lambda event: event | {"id": "a\r\nx-other: 1"},
    lambda event: event | {"id": 7},
    lambda event: event | {"id": ""},
    lambda event: event | {"type": "milepost.outcome.v1"},
    lambda event: event | {"subject": "u_1"},
    lambda event: event | {"subject": None},
    lambda event: event | {"data": None},
    lambda event: event | {"data": {}},
    lambda event: event | {"time": None},
    lambda event: event | {"time": "soon"},
    lambda event: event | {"time": "2026-11-22T11:45:31"},
    lambda _: [],
    lambda _: None,
)


@pytest.mark.parametrize("spoil", UNREADABLE)
def test_what_is_no_nudge_is_refused_and_its_neighbour_is_sent(spoil: Callable[[dict[str, Any]], Any]) -> None:
    """An id becomes a header's value, so not every text is one."""
    bench, vendor = Bench(), Vendor()
    assert not deliver(bench, vendor, records(spoil(nudge(2)), ONE)).handed_back
    assert vendor.sent == [ONE["id"]]
    assert bench.queues.dead() == {"unreadable": 1}


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, "\ud800", "NaN"])
def test_a_body_that_is_no_json_is_refused(body: str) -> None:
    """However deep it is nested."""
    bench = Bench()
    assert not deliver(bench, Vendor(), {"Records": [record("m0", body)]}).handed_back
    assert bench.queues.dead() == {"unreadable": 1}
