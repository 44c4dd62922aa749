"""The queues: refused messages go to the events' dead-letter queue, ticks to their own queue, and how deep one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from json import dumps, loads
from typing import TYPE_CHECKING, Any, Final

from milepost.adapters import keys
from milepost.adapters.aws import PassingErrors, code_of, in_batches, in_chunks, passes
from milepost.application.ports import QueueUnavailableError, Refusal, TickMessage
from milepost.domain.instant import format_instant, parse_instant

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SEND_AT_ONCE: Final = 10
"""SQS's limit for SendMessageBatch."""
MOST_BYTES_AT_ONCE: Final = 262_144
REASON: Final = "reason"
"""The message attribute that says why a message was refused."""
_TOO_LARGE: Final = frozenset(
    {"BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong", "InvalidParameterValue"}
)
_DEPTHS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def depth(client: "SQSClient", url: str) -> int:
    """About how many messages a queue holds: waiting, being worked on or delayed."""
    found: Any = client.get_queue_attributes(QueueUrl=url, AttributeNames=list(_DEPTHS))
    return sum(int(found["Attributes"][name]) for name in _DEPTHS)


@dataclass(frozen=True, slots=True)
class SqsDeadLetters:
    """The dead-letter queue of the event queue."""

    client: "SQSClient"
    url: str

    def put(self, refusals: Sequence[Refusal]) -> frozenset[str]:
        """Send refused messages, unchanged, with the reason as an attribute; see the port."""
        taken: set[str] = set()
        for batch in in_batches(refusals, SEND_AT_ONCE, MOST_BYTES_AT_ONCE, _size):
            taken |= self._put(batch)
        return frozenset(taken)

    def _put(self, refusals: Sequence[Refusal]) -> frozenset[str]:
        entries: Any = [
            {
                "Id": str(place),
                "MessageBody": refusal.body,
                "MessageAttributes": {REASON: {"DataType": "String", "StringValue": refusal.reason}},
            }
            for place, refusal in enumerate(refusals)
        ]
        try:
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
        except PassingErrors as error:
            # A body at the limit leaves no room for its reason. Handed back, it ends in the same queue without.
            if passes(error) or (len(refusals) == 1 and code_of(error) in _TOO_LARGE):
                return frozenset()
            raise
        return frozenset(refusals[int(each["Id"])].message_id for each in answer.get("Successful", []))


def _size(refusal: Refusal) -> int:
    """Bytes of a message as SQS counts them: the body, and the attribute's name, type and value."""
    return len(refusal.body.encode()) + len(REASON) + len("String") + len(refusal.reason.encode())


@dataclass(frozen=True, slots=True)
class SqsTickQueue:
    """A FIFO queue grouped by shard: two ticks for one subject are never worked off at the same time."""

    client: "SQSClient"
    url: str

    def depth(self) -> int:
        """About how many tick messages there are."""
        return depth(self.client, self.url)

    def put(self, ticks: Sequence[TickMessage]) -> None:
        """Queue ticks; see the port."""
        for chunk in in_chunks(ticks, SEND_AT_ONCE):
            entries: Any = [{"Id": str(place), **_tick_entry(tick)} for place, tick in enumerate(chunk)]
            if not self._took_all(entries):
                raise QueueUnavailableError("The tick queue did not take every tick.")

    def _took_all(self, entries: Any) -> bool:  # noqa: ANN401  # Entries as the client wants them.
        try:
            return not self.client.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed")
        except PassingErrors as error:
            if passes(error):
                return False
            raise


def _tick_entry(tick: TickMessage) -> dict[str, str]:
    body = dumps({"shard": tick.shard, "subjects": tick.subjects, "at": format_instant(tick.at)})
    return {
        "MessageBody": body,
        "MessageGroupId": keys.shard_name(tick.shard),
        # The same sweep running twice queues its ticks once.
        "MessageDeduplicationId": blake2b(body.encode(), digest_size=16).hexdigest(),
    }


def read_tick(body: str) -> TickMessage | None:
    """The tick in a message, or None if it is none."""
    try:
        tick = loads(body)
        subjects = tuple(each for each in tick["subjects"] if isinstance(each, str) and keys.may_be_subject(each))
        return TickMessage(int(tick["shard"]), subjects, parse_instant(tick["at"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
