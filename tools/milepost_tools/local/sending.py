"""Bodies onto a queue: unchanged, ten at a time, and each one that was not taken named with the reason."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from milepost.adapters.aws import in_batches

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LARGEST: Final = 262_144
"""Bytes that a message, and all messages of one request together, may have."""

_MOST: Final = 10
"""Messages of one request."""
_ATTEMPTS: Final = 4
_FIRST_PAUSE: Final = 0.2
"""Seconds before the second attempt; each further pause is twice as long."""
_CONTROLS: Final = frozenset(map(chr, range(0x20))) - set("\t\n\r")
_NON_CHARACTERS: Final = frozenset("\ufffe\uffff")


@dataclass(frozen=True)
class Parcel:
    """A body to send, and what to call it in messages: a line's number, a message's id."""

    ref: str
    body: str


@dataclass(frozen=True)
class Unsent:
    """What was not sent, and why."""

    ref: str
    reason: str


def flaw(body: str) -> str | None:
    """Why a queue cannot carry this body, if so."""
    try:
        size = len(body.encode())
    except UnicodeEncodeError:
        return "holds half of a surrogate pair, which is no text"
    if size > LARGEST:
        return f"is too large: {size:,} bytes, and a message may have {LARGEST:,}"
    if not _CONTROLS.isdisjoint(body) or not _NON_CHARACTERS.isdisjoint(body):
        return "holds a control character that a queue does not carry; escape it as JSON does"
    return None


def batches(parcels: Iterable[Parcel]) -> Iterator[Sequence[Parcel]]:
    """Cut into what fits one request, in order."""
    return in_batches(parcels, _MOST, LARGEST, lambda parcel: len(parcel.body.encode()))


def send_batch(sqs: "SQSClient", queue_url: str, batch: Sequence[Parcel]) -> Sequence[Unsent]:
    """Send one request's worth, again what the queue could not take for the moment; what it did not take at all."""
    left: Sequence[Parcel] = batch
    refused: list[Unsent] = []
    for attempt in range(_ATTEMPTS):
        left, hopeless = _attempt(sqs, queue_url, left)
        refused += hopeless
        if not left:
            return refused
        if attempt < _ATTEMPTS - 1:
            time.sleep(_FIRST_PAUSE * 2**attempt)
    return [
        *refused,
        *(Unsent(parcel.ref, "was not taken in four attempts: the queue is overloaded") for parcel in left),
    ]


def _attempt(sqs: "SQSClient", queue_url: str, batch: Sequence[Parcel]) -> tuple[Sequence[Parcel], Sequence[Unsent]]:
    answer = sqs.send_message_batch(
        QueueUrl=queue_url, Entries=[{"Id": str(n), "MessageBody": parcel.body} for n, parcel in enumerate(batch)]
    )
    failed = answer.get("Failed", [])
    again = [batch[int(each["Id"])] for each in failed if not each["SenderFault"]]
    hopeless = [
        Unsent(batch[int(each["Id"])].ref, f"was refused: {each.get('Message', each['Code'])}")
        for each in failed
        if each["SenderFault"]
    ]
    return again, hopeless
