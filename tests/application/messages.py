"""Messages as producers send them."""

import json
from collections.abc import Callable
from typing import Any

from milepost.application.ingest import Received
from milepost.domain.instant import Instant, format_instant
from tests.domain.build import T0


def body(**changes: Any) -> dict[str, Any]:
    """A good track message, with some of its fields changed; one that is `...` is left out."""
    message: dict[str, Any] = {
        "type": "track",
        "messageId": "m1",
        "userId": "u_1",
        "event": "bought",
        "timestamp": format_instant(T0),
        "properties": {"amount": 5},
    }
    return {field: value for field, value in (message | changes).items() if value is not ...}


def text(**changes: Any) -> str:
    """The same as JSON."""
    return json.dumps(body(**changes))


def received(name: str, content: str | None = None, sent_at: Instant = T0, **changes: Any) -> Received:
    """A message as the queue hands it over; without content, a track message of that name."""
    return Received(name, text(messageId=name, **changes) if content is None else content, sent_at)


Wrap = Callable[[Any], dict[str, Any]]


def in_batch(message: Any) -> dict[str, Any]:
    """As Segment's HTTP API takes it."""
    return {"batch": [message], "sentAt": "2026-03-01T12:00:00Z"}


def in_sns(message: Any) -> dict[str, Any]:
    """As SNS delivers it to a queue without raw delivery."""
    return {"Type": "Notification", "MessageId": "x", "TopicArn": "arn", "Message": json.dumps(message)}


def in_event_bridge(message: Any) -> dict[str, Any]:
    """As EventBridge delivers it."""
    return {"version": "0", "id": "x", "detail-type": "bought", "source": "shop", "detail": message}


def in_cloud_event(message: Any) -> dict[str, Any]:
    """As a structured CloudEvent."""
    return {"specversion": "1.0", "id": "x", "source": "/shop", "type": "bought", "data": message}


WRAPS: list[Wrap] = [in_batch, in_sns, in_event_bridge, in_cloud_event]
