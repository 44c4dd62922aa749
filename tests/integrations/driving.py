"""SQS and Lambda around an integration's handler: batches, redelivery, the dead-letter queue, and the time between."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from json import dumps, loads
from random import Random
from threading import Lock
from typing import Any

from milepost_channels.claims import Claim, Claims
from milepost_channels.deliver import Delivery
from milepost_channels.nudge import Nudge
from milepost_channels.queues import DeadLetters, EventQueue
from milepost_tools.engine import Engine

VISIBILITY = 180.0
"""Seconds after which a message that was handed back is given out again, as in the templates."""
MOST_RECEIVES = 10
BATCH = 10
WORKERS = 16


class Clock:
    """Time that only moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 1_795_334_400.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


class Queues:
    """SQS as its client: takes everything, except that one in fifty entries for events fails the first time."""

    def __init__(self, *, flaky: bool = False) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = {"events": [], "dead": []}
        self.flaky, self._tries, self._lock = flaky, Counter[str](), Lock()

    def send_message(self, **request: Any) -> Any:
        """SendMessage."""
        self.messages[request["QueueUrl"]].append(request)
        return {"MessageId": "m"}

    def send_message_batch(self, **request: Any) -> Any:
        """SendMessageBatch, which may take some entries and leave others."""
        entries = request["Entries"]
        assert 0 < len(entries) <= 10
        taken = [each for each in entries if self._takes(each["MessageBody"])]
        self.messages[request["QueueUrl"]] += taken
        return {"Successful": [{"Id": each["Id"]} for each in taken]}

    def _takes(self, body: str) -> bool:
        with self._lock:
            self._tries[body] += 1
            return not self.flaky or self._tries[body] > 1 or Random(body).random() >= 0.02

    def events(self) -> list[Any]:
        """What Milepost would get."""
        return [loads(each["MessageBody"]) for each in self.messages["events"]]

    def dead(self) -> Counter[str]:
        """How many lie in the dead-letter queue for which reason."""
        return Counter(each["MessageAttributes"]["reason"]["StringValue"] for each in self.messages["dead"])


class Context:
    """A Lambda context with so many seconds left."""

    def __init__(self, seconds: float = 30.0) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds."""
        return int(self.seconds * 1000)


@dataclass
class Bench:
    """An integration's surroundings: its table, its queues and the time."""

    queues: Queues = field(default_factory=Queues)
    clock: Clock = field(default_factory=Clock)
    client: Any = field(default_factory=Engine)
    table: str = "nudges"

    def __post_init__(self) -> None:
        """Make the table."""
        self.client.create_table(
            TableName=self.table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def claims(self) -> Claims:
        """The table of nudges."""
        return Claims(self.client, self.table, self.clock, days=30)

    def send(self, number: int, subject: str, **event: str) -> None:
        """A nudge is claimed, taken by the vendor, and noted."""
        found = nudge(number, subject=subject) | event
        sent, owner = Nudge(found["id"], subject, found), self.claims().begin()
        assert owner.claim(sent, again=False) is Claim.OURS
        owner.took(sent)

    def delivery(self, sender: Any, *, reports: bool = True, send_ambiguous: bool = False) -> Delivery:
        """The integration around a sender; its pauses take no time."""
        sqs: Any = self.queues
        events = EventQueue(sqs, "events") if reports else None
        return Delivery(sender, self.claims(), DeadLetters(sqs, "dead"), events, send_ambiguous, sleep=lambda _: None)


def nudge(number: int, channel: str = "email", subject: str | None = None, **data: Any) -> dict[str, Any]:
    """A nudge by the contract: every key is there."""
    subject = subject or f"user:u_{number}"
    facts = {
        "subject": subject,
        "milestone": "spent-500",
        "title": "$500 in the shop",
        "stage": None,
        "tier": "major",
        "path": "reached",
        "step": 0,
        "n": 1,
        "at": "2026-11-22T11:45:30Z",
        "channel": channel,
        "template": "thank-you-500",
        "variant": None,
        "catalog_version": 1,
        "operational": False,
        "attempt": 1,
        "address": f"u{number}@example.com",
        "totals": {"spent": 512.5, "orders": 7},
        "progress": {"milestone": "spent-1000", "title": "$1,000", "have": 512.5, "need": 1000, "left": 487.5},
        "members": {"reached": 80, "of": 1000, "ahead_of": 92},
        "reward": None,
        "call_to_action": {"label": "See what is new", "url": "https://example.com/new"},
        "card": None,
        "content": {"subject": "Danke — $500!", "body": "<p>Thank you</p>"},
    }
    return {
        "specversion": "1.0",
        "id": f"{number:032x}",
        "source": "/milepost/acme",
        "type": "milepost.nudge.v1",
        "subject": subject,
        "time": "2026-11-22T11:45:31.927408Z",
        "datacontenttype": "application/json",
        "data": {**facts, **data},
    }


def record(message_id: str, body: str, **attributes: str) -> dict[str, Any]:
    """A message as Lambda gives it."""
    named = {name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()}
    return {"messageId": message_id, "body": body, "messageAttributes": named, "eventSource": "aws:sqs"}


def records(*nudges: Any, **attributes: str) -> dict[str, Any]:
    """A batch with these nudges."""
    return {"Records": [record(f"m{place}", dumps(each), **attributes) for place, each in enumerate(nudges)]}


def handed_back(answer: Mapping[str, Any]) -> list[str]:
    """The messages in a partial batch response, whose shape is checked as Lambda does."""
    assert answer.keys() == {"batchItemFailures"}
    assert all(each.keys() == {"itemIdentifier"} for each in answer["batchItemFailures"])
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@dataclass
class Driven:
    """What the queue saw of a run."""

    given_out: int = 0
    rounds: int = 0
    given_up: list[Any] = field(default_factory=list)


def drive(
    handler: Callable[..., Mapping[str, Any]], work: Any, bench: Bench, messages: Sequence[Any], again: Sequence[Any]
) -> Driven:
    """Give messages out until none comes back, several batches at a time; `again` come with the second round.

    A round's batches are made before it begins, so that the run is the same however its threads take turns.
    """
    driven, receives, waiting = Driven(), Counter[str](), list(messages)
    while waiting or again:
        batches = [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]
        with ThreadPoolExecutor(WORKERS) as pool:
            answers = list(pool.map(lambda batch: handler({"Records": batch}, Context(), work), batches))
        receives.update(each["messageId"] for each in waiting)
        failed = {id_ for answer in answers for id_ in handed_back(answer)}
        assert failed <= {each["messageId"] for each in waiting}
        driven.given_out += len(waiting)
        driven.rounds += 1
        left = [each for each in waiting if each["messageId"] in failed]
        driven.given_up += [each for each in left if receives[each["messageId"]] == MOST_RECEIVES]
        waiting = [each for each in left if receives[each["messageId"]] < MOST_RECEIVES] + list(again)
        again = ()
        bench.clock.now += VISIBILITY
    return driven
