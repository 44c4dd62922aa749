from collections.abc import Iterator, Sequence
from json import dumps, loads
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from milepost.adapters.aws import client
from milepost.adapters.queues import MOST_BYTES_AT_ONCE, SqsDeadLetters, SqsTickQueue, depth, read_tick
from milepost.application.fields import LONGEST_ID
from milepost.application.ports import QueueUnavailableError, Refusal, TickMessage
from milepost.domain.catalog import ACCOUNT, USER
from milepost.domain.instant import MINUTE
from tests.adapters.examples import NOW
from tests.adapters.test_aws import refusal as error

URL = "https://queue"
TICK = TickMessage(7, ("user:u_42", "user:ü"), NOW)


class Recorder:
    """SQS that takes everything and remembers the requests."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Any]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> Any:  # noqa: N803 - botocore's
        """Take it."""
        self.batches.append(Entries)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


class Silent:
    """SQS that never answers."""

    def send_message_batch(self, **_: Any) -> Any:
        """Time out."""
        raise ReadTimeoutError(endpoint_url=URL)


def dead_letters(sqs: Any) -> SqsDeadLetters:
    """Dead letters behind a stand-in for SQS."""
    return SqsDeadLetters(sqs, URL)


def ticks_to(sqs: Any) -> SqsTickQueue:
    """Ticks behind a stand-in for SQS."""
    return SqsTickQueue(sqs, URL)


def refusal(name: str, body: str = "body", reason: str = "reason") -> Refusal:
    """A refused message."""
    return Refusal(name, body, reason)


def received(sqs: Any, url: str) -> list[Any]:
    """Everything in a queue, attributes included."""
    found: list[Any] = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
    ).get("Messages"):
        found += messages
    return found


@pytest.fixture
def sqs(moto_aws: None) -> Any:
    """SQS in memory."""
    return client("sqs")


@pytest.fixture
def stubber(aws_environment: None) -> Iterator[Stubber]:
    """SQS with recorded answers."""
    with Stubber(client("sqs")) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def test_a_refused_message_arrives_unchanged_with_its_reason(sqs: Any) -> None:
    """So that it can be repaired or sent again as it came: whitespace, line ends and broken JSON included."""
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    bodies = {"1": ' {"a": 1,\t"ü": "🏃"}\n', "2": "{not json"}
    taken = SqsDeadLetters(sqs, url).put([refusal(name, body, f"why {name}") for name, body in bodies.items()])
    found = {each["Body"]: each["MessageAttributes"]["reason"]["StringValue"] for each in received(sqs, url)}
    assert taken == {"1", "2"}
    assert found == {bodies["1"]: "why 1", bodies["2"]: "why 2"}


def test_more_than_ten_refused_messages_all_arrive(sqs: Any) -> None:
    """In as many requests as SQS's limit of ten wants."""
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    refusals = [refusal(str(number), body=f"body {number}") for number in range(23)]
    assert SqsDeadLetters(sqs, url).put(refusals) == {each.message_id for each in refusals}
    assert {each["Body"] for each in received(sqs, url)} == {each.body for each in refusals}


def test_only_what_the_queue_took_is_taken(stubber: Stubber) -> None:
    """The rest of a batch that failed in part comes again."""
    answer = {
        "Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "x"}],
        "Failed": [{"Id": "1", "SenderFault": False, "Code": "InternalError"}],
    }
    stubber.add_response("send_message_batch", answer)
    assert dead_letters(stubber.client).put([refusal("a"), refusal("b")]) == {"a"}


def test_a_throttled_queue_took_nothing(stubber: Stubber) -> None:
    """And does not fail the messages that were counted."""
    stubber.add_client_error("send_message_batch", "RequestThrottled")
    assert dead_letters(stubber.client).put([refusal("a")]) == frozenset()


def test_a_silent_queue_took_nothing() -> None:
    """As far as anybody knows: what comes again may be there twice."""
    assert dead_letters(Silent()).put([refusal("a")]) == frozenset()


def test_one_request_that_fails_does_not_undo_another(stubber: Stubber) -> None:
    """Ten were taken before the queue was throttled, and stay taken."""
    successful = [{"Id": str(place), "MessageId": "m", "MD5OfMessageBody": "x"} for place in range(10)]
    stubber.add_response("send_message_batch", {"Successful": successful, "Failed": []})
    stubber.add_client_error("send_message_batch", "RequestThrottled")
    taken = dead_letters(stubber.client).put([refusal(str(number)) for number in range(12)])
    assert taken == {str(number) for number in range(10)}


def test_a_queue_that_is_not_there_is_an_error(stubber: Stubber) -> None:
    """A wrong deployment must be seen, not retried."""
    stubber.add_client_error("send_message_batch", "QueueDoesNotExist")
    with pytest.raises(ClientError, match="QueueDoesNotExist"):
        dead_letters(stubber.client).put([refusal("a")])


def test_messages_too_large_together_are_sent_in_requests_that_fit() -> None:
    """In bytes of UTF-8, reasons included: the event queue took each of them alone."""
    recorder = Recorder()
    large = "ü" * (MOST_BYTES_AT_ONCE // 4)
    refusals = [refusal("a", large), refusal("b", large), refusal("c")]
    assert dead_letters(recorder).put(refusals) == {"a", "b", "c"}
    assert [len(batch) for batch in recorder.batches] == [1, 2]


def test_messages_that_fit_go_together() -> None:
    """One request for ten."""
    recorder = Recorder()
    dead_letters(recorder).put([refusal(str(number)) for number in range(10)])
    assert [len(batch) for batch in recorder.batches] == [10]


class StrictQueue(Recorder):
    """SQS's limit for a request, which counts attributes; MiniStack counts bodies alone and moto nothing."""

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> Any:  # noqa: N803 - botocore's
        """Take it unless it is larger than 1 MiB."""
        values = (value["StringValue"] for entry in Entries for value in entry["MessageAttributes"].values())
        size = sum(len(entry["MessageBody"].encode()) for entry in Entries) + sum(
            len(value.encode()) for value in values
        )
        if size > 1_048_576:
            raise error("BatchRequestTooLong")
        return super().send_message_batch(QueueUrl=QueueUrl, Entries=Entries)


@pytest.mark.parametrize(
    "bad",
    [refusal("bad", reason="Message 1 of the batch: no. " * 40_000), refusal("bad", body="x" * 1_048_576)],
    ids=["long reason", "long body"],
)
def test_a_message_too_large_with_its_reason_holds_up_nobody(bad: Refusal) -> None:
    """The event queue took the body alone; a Segment batch of 20,000 bad messages has 20,000 reasons."""
    assert dead_letters(StrictQueue()).put([bad, refusal("neighbour")]) == {"neighbour"}


@pytest.mark.parametrize("code", ["BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"])
def test_a_batch_of_several_that_is_too_large_is_an_error(stubber: Stubber, code: str) -> None:
    """Handed over one by one, only the one that is too large is handed back; so this cannot be, and must be seen."""
    for _ in range(2):
        stubber.add_client_error("send_message_batch", code)
    assert dead_letters(stubber.client).put([refusal("alone")]) == frozenset()
    with pytest.raises(ClientError, match="TooLong"):
        dead_letters(stubber.client).put([refusal("a"), refusal("b")])


def fifo(sqs: Any) -> SqsTickQueue:
    """A tick queue as the template makes it."""
    options = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    return SqsTickQueue(sqs, sqs.create_queue(QueueName="ticks.fifo", Attributes=options)["QueueUrl"])


def test_ticks_are_grouped_by_shard(sqs: Any) -> None:
    """SQS gives a group's messages to one worker at a time, so two ticks of one subject never run together."""
    queue = fifo(sqs)
    queue.put([TICK, TickMessage(8, ("user:u_1",), NOW)])
    groups = {each["Attributes"]["MessageGroupId"]: read_tick(each["Body"]) for each in received(sqs, queue.url)}
    assert groups == {"07": TICK, "08": TickMessage(8, ("user:u_1",), NOW)}


def test_the_same_sweep_run_twice_queues_its_ticks_once(sqs: Any) -> None:
    """And the next sweep's ticks, whose instant differs, again."""
    queue = fifo(sqs)
    queue.put([TICK])
    queue.put([TICK])
    assert queue.depth() == 1
    queue.put([TickMessage(TICK.shard, TICK.subjects, NOW + MINUTE)])
    assert queue.depth() == 2


def test_many_ticks_are_all_queued(sqs: Any) -> None:
    """Ten a request."""
    queue = fifo(sqs)
    queue.put([TickMessage(shard, ("user:u_1",), NOW) for shard in range(64)])
    assert queue.depth() == 64


def test_no_ticks_are_no_request() -> None:
    """SQS refuses an empty batch."""
    recorder = Recorder()
    ticks_to(recorder).put([])
    assert recorder.batches == []


def test_a_tick_that_was_not_taken_is_told(stubber: Stubber) -> None:
    """The sweep fails and the next one finds the same subjects."""
    answer = {"Successful": [], "Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]}
    stubber.add_response("send_message_batch", answer)
    with pytest.raises(QueueUnavailableError):
        ticks_to(stubber.client).put([TICK])


def test_a_throttled_tick_queue_is_told_as_the_port_says(stubber: Stubber) -> None:
    """Its callers know QueueUnavailableError and nothing of botocore."""
    stubber.add_client_error("send_message_batch", "RequestThrottled")
    with pytest.raises(QueueUnavailableError):
        ticks_to(stubber.client).put([TICK])


def test_depth_counts_what_waits_and_what_is_worked_on(sqs: Any) -> None:
    """And what is delayed: all of it is still to come."""
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    assert depth(sqs, url) == 0
    for seconds in (0, 0, 0, 600):
        sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=seconds)
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    assert depth(sqs, url) == 4


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not a tick",
        "null",
        "[]",
        "7",
        '"tick"',
        "{}",
        '{"shard": 0, "subjects": ["user:u"]}',
        '{"shard": 0, "subjects": 5, "at": "2026-11-22T08:00:00Z"}',
        '{"shard": null, "subjects": [], "at": "2026-11-22T08:00:00Z"}',
        '{"shard": "x", "subjects": [], "at": "2026-11-22T08:00:00Z"}',
        '{"shard": 0, "subjects": [], "at": "yesterday"}',
        '{"shard": 0, "subjects": [], "at": 5}',
        '{"shard": 1e999, "subjects": [], "at": "2026-11-22T08:00:00Z"}',
        '{"shard": NaN, "subjects": [], "at": "2026-11-22T08:00:00Z"}',
        pytest.param("[" * 100_000, id="deep"),
        pytest.param('{"shard": %s}' % ("9" * 5_000), id="5,000 digits"),
    ],
)
def test_what_is_no_tick_is_none(body: str) -> None:
    """And never an error: it would come again and hold up its shard."""
    assert read_tick(body) is None


def test_a_tick_reads_as_it_was_written() -> None:
    """What is not text among the subjects is left out."""
    body = {"shard": 7, "subjects": ["user:u_42", 5, None, "user:ü"], "at": "2026-11-22T08:00:00Z"}
    assert read_tick(dumps(body)) == TICK
    assert loads(dumps(body))["shard"] == TICK.shard


@pytest.mark.parametrize("longest", [f"{USER}{'x' * LONGEST_ID}", f"{ACCOUNT}{'x' * LONGEST_ID}"])
def test_a_tick_for_the_longest_id_that_the_boundary_takes_is_read(longest: str) -> None:
    """Of an account too: its deadlines would never be looked at."""
    tick = read_tick(dumps({"shard": 1, "subjects": [longest], "at": "2026-11-22T08:00:00Z"}))
    assert tick is not None
    assert tick.subjects == (longest,)
