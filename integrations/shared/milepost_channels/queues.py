"""The two queues that an integration writes to: its own dead letters, and Milepost's events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from json import dumps
from typing import TYPE_CHECKING, Any, Final

from milepost_channels.nudge import Reason

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REASON: Final = "reason"
"""The message attribute that says why a message lies in the dead-letter queue. One that comes with it was sent back."""
_AT_ONCE: Final = 10
"""SQS's limit for SendMessageBatch."""


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The integration's dead-letter queue."""

    client: "SQSClient"
    url: str

    def put(self, body: str, reason: Reason) -> None:
        """Send a message there, unchanged, with its reason as an attribute."""
        self.client.send_message(
            QueueUrl=self.url,
            MessageBody=body,
            MessageAttributes={REASON: {"DataType": "String", "StringValue": reason.value}},
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a nudge: `event` is `nudge_delivered`, `nudge_bounced` and so on, `at` seconds since 1970.

    `key` tells two such events of one nudge apart, such as two clicks; the same key is the same event.
    """

    nudge: str
    subject: str
    channel: str
    event: str
    at: float
    key: str = ""
    more: tuple[tuple[str, str], ...] = ()

    def message(self) -> Mapping[str, Any]:
        """The track event; the same report gives the same message, so that Milepost counts it once."""
        kind, _, id_ = self.subject.partition(":")
        named = f"{self.nudge}\n{self.event}\n{self.key}".encode()
        return {
            "type": "track",
            "messageId": f"nudge-{blake2b(named, digest_size=16).hexdigest()}",
            "userId" if kind == "user" else "groupId": id_,
            "event": self.event,
            "timestamp": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds"),
            "properties": {"nudge_id": self.nudge, "channel": self.channel, **dict(self.more)},
        }


@dataclass(frozen=True, slots=True)
class EventQueue:
    """Milepost's event queue."""

    client: "SQSClient"
    url: str

    def put(self, reports: Sequence[Report]) -> Sequence[bool]:
        """Send reports; for each, whether the queue took it."""
        chunks = (reports[start : start + _AT_ONCE] for start in range(0, len(reports), _AT_ONCE))
        return [taken for chunk in chunks for taken in self._put(chunk)]

    def _put(self, reports: Sequence[Report]) -> Sequence[bool]:
        entries: Any = [
            {"Id": str(place), "MessageBody": dumps(report.message(), ensure_ascii=False)}
            for place, report in enumerate(reports)
        ]
        answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
        taken = {each["Id"] for each in answer.get("Successful", [])}
        return [str(place) in taken for place in range(len(reports))]
