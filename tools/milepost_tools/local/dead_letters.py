"""A dead-letter queue, to look into and to empty: nothing leaves it before it has been sent elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from milepost_tools.local.sending import Parcel, Unsent, batches, send_batch
from milepost_tools.problem import ProblemError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_MOST: Final = 10
"""Messages of one request."""
_HIDDEN: Final = 600
"""Seconds for which letters are ours at most: long enough to look through a hundred thousand."""
_SHORTEST: Final = 8
"""Characters of an id that is shown short."""


@dataclass(frozen=True)
class Letter:
    """A message that ended here. `reason` is empty where it was not refused but failed again and again."""

    id: str
    body: str
    reason: str
    sent: datetime
    receipt: str


@dataclass
class DeadLetters:
    """The letters of one queue, while others do not see them."""

    sqs: "SQSClient"
    queue_url: str
    letters: dict[str, Letter] = field(default_factory=dict)

    def in_order(self) -> Sequence[Letter]:
        """All letters, the oldest first."""
        return sorted(self.letters.values(), key=lambda letter: (letter.sent, letter.id))

    def short(self, letter: Letter) -> str:
        """The shortest beginning of its id, of eight characters or more, that no other letter's id has."""
        others = self.letters.keys() - {letter.id}
        lengths = range(_SHORTEST, len(letter.id))
        fitting = (letter.id[:n] for n in lengths if not any(other.startswith(letter.id[:n]) for other in others))
        return next(fitting, letter.id)

    def find(self, beginning: str) -> Letter:
        """The one letter whose id begins like that.

        Raises:
            ProblemError: none does, or several.
        """
        found = [letter for letter in self.letters.values() if letter.id.startswith(beginning)]
        if len(found) != 1:
            what = f"{len(found) or 'No'} messages in this queue have an id that begins with '{beginning}'."
            raise ProblemError(what, "Take an id that 'milepost dlq list' shows.")
        return found[0]

    def send_on(self, letters: Sequence[Letter], queue_url: str) -> Sequence[Unsent]:
        """Send the letters' bodies to another queue and delete each that was taken; those that were not."""
        unsent: list[Unsent] = []
        for batch in batches(Parcel(letter.id, letter.body) for letter in letters):
            refused = send_batch(self.sqs, queue_url, batch)
            unsent += refused
            stay = {each.ref for each in refused}
            self.delete([parcel.ref for parcel in batch if parcel.ref not in stay])
        return unsent

    def delete(self, ids: Sequence[str]) -> None:
        """Delete letters for good."""
        for some in _tens(ids):
            entries = [{"Id": str(n), "ReceiptHandle": self.letters[id_].receipt} for n, id_ in enumerate(some)]
            answer = self.sqs.delete_message_batch(QueueUrl=self.queue_url, Entries=entries)  # type: ignore[arg-type]
            if answer.get("Failed"):
                what = "Some messages were sent on, but could not be deleted here."
                raise ProblemError(what, "Redrive them again: what is sent twice counts once.")
            for id_ in some:
                del self.letters[id_]

    def take_all(self, patience: int) -> None:
        """Receive until nothing new comes for `patience` seconds."""
        known = -1
        while len(self.letters) > known:
            known = len(self.letters)
            received = self.sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=_MOST,
                VisibilityTimeout=_HIDDEN,
                WaitTimeSeconds=patience,
                AttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            self.letters |= {message["MessageId"]: _letter(message) for message in received.get("Messages", [])}

    def release(self) -> None:
        """Let others see the letters again at once."""
        for some in _tens(list(self.letters)):
            self.sqs.change_message_visibility_batch(
                QueueUrl=self.queue_url,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": self.letters[id_].receipt, "VisibilityTimeout": 0}
                    for n, id_ in enumerate(some)
                ],
            )


@contextmanager
def dead_letters(sqs: "SQSClient", queue_url: str, patience: int = 1) -> Iterator[DeadLetters]:
    """All letters of a queue; those that are still there when the block ends are visible again at once.

    Of a FIFO queue only the first ten of each group: the queue shows no more before these are gone.
    """
    queue = DeadLetters(sqs, queue_url)
    try:
        queue.take_all(patience)
        yield queue
    finally:
        queue.release()


def _letter(message: "MessageTypeDef") -> Letter:
    sent = int(message["Attributes"]["SentTimestamp"]) / 1000
    attributes = message.get("MessageAttributes", {})
    reason = attributes["reason"].get("StringValue", "") if "reason" in attributes else ""
    return Letter(
        message["MessageId"], message["Body"], reason, datetime.fromtimestamp(sent, UTC), message["ReceiptHandle"]
    )


def _tens(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (ids[start : start + _MOST] for start in range(0, len(ids), _MOST))
