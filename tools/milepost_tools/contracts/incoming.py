"""The messages that the event queue takes: an event, and the envelopes that it may come in."""

from collections.abc import Mapping
from json import dumps
from typing import Any, Final, TypeAlias

from milepost.application.envelope import DEEPEST
from milepost_tools.contracts.examples import sent_in

Object: TypeAlias = dict[str, Any]
FORMAT: Final = "application/schema+json;version=draft-2020-12"
EVENT: Final[Mapping[str, str]] = {"$ref": "./schemas/event.schema.json"}


def incoming_messages() -> dict[str, Object]:
    """By their names. Envelopes may hold envelopes."""
    events = list(sent_in())
    by_type = {each["type"]: each for each in reversed(events)}
    [first, second] = [each for each in events if each["type"] == "track"][:2]
    return {
        "event": _message("One event", EVENT, *by_type.values()),
        "segmentBatch": _message(
            "A Segment batch",
            {"type": "object", "required": ["batch"], "properties": {"batch": {"type": "array", "items": EVENT}}},
            {"batch": [first, second]},
        ),
        "snsNotification": _message(
            "An SNS notification, from a topic without raw message delivery; `Message` is the event as text",
            _envelope({"Type": {"const": "Notification"}, "Message": {"type": "string"}}),
            {"Type": "Notification", "Message": dumps(first)},
        ),
        "eventBridgeEvent": _message(
            "An EventBridge event",
            _envelope({"detail-type": {}, "detail": EVENT}),
            {"detail-type": "signed_up", "source": "acme.shop", "detail": first},
        ),
        "cloudEvent": _message(
            "A CloudEvents 1.0 event in structured mode",
            _envelope({"specversion": {"const": "1.0"}, "data": EVENT}),
            {"specversion": "1.0", "id": "e-1", "source": "/shop", "type": "signed_up", "data": first},
        ),
    }


def _envelope(properties: Object) -> Object:
    return {"type": "object", "required": list(properties), "properties": properties}


def _message(title: str, schema: Mapping[str, Any], *examples: Mapping[str, Any]) -> Object:
    nested = "" if schema is EVENT else f" Up to {DEEPEST} envelopes may be around an event."
    return {
        "title": title,
        "description": f"Message attributes are not read.{nested}",
        "contentType": "application/json",
        "payload": {"schemaFormat": FORMAT, "schema": dict(schema)},
        "examples": [{"payload": each} for each in examples],
    }
