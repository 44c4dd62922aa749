"""Envelopes that events arrive in: a Segment batch, an SNS notification, EventBridge, CloudEvents 1.0."""

from collections.abc import Iterator, Mapping
from typing import Final

from milepost.application.strict_json import UnreadableError, read_json

DEEPEST: Final = 4
"""Envelopes within envelopes: a batch in a CloudEvent in an SNS notification is three."""
_MARKS: Final = frozenset({"batch", "Type", "detail-type", "specversion"})
"""What each of them has, and no message of its own."""


def unwrap(message: object, levels: int = DEEPEST) -> Iterator[object]:
    """The messages inside, in place of one that cannot be read the error; one without an envelope is itself."""
    if not isinstance(message, dict) or _MARKS.isdisjoint(message):
        yield message  # As nearly all are.
        return
    try:
        inner = list(_contents(message))
    except UnreadableError as error:
        yield error
        return
    if inner and levels == 0:
        yield UnreadableError(f"has more than {DEEPEST} envelopes around it")
        return
    if not inner:
        yield message
    for each in inner:
        yield from unwrap(each, levels - 1)


def _contents(message: Mapping[str, object]) -> Iterator[object]:
    batch, text = message.get("batch"), message.get("Message")
    if isinstance(batch, list) and "type" not in message:
        yield from batch
    elif message.get("Type") == "Notification" and isinstance(text, str):
        yield read_json(text)
    elif "detail-type" in message and "detail" in message:
        yield message["detail"]
    elif message.get("specversion") == "1.0" and "data" in message:
        yield message["data"]
