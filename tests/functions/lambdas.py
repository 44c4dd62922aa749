"""What Lambda gives a function: its payload and a context."""

from collections.abc import Iterator, Mapping
from json import dumps, loads
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Context:
    """As much of a Lambda context as a handler uses. Below the margin nothing is tried twice."""

    def __init__(self, remaining: int = 4_000) -> None:
        self.remaining = remaining

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds."""
        return self.remaining


CONTEXT: Any = Context()


def payload(verb: str, name: str) -> Any:
    """One of the payloads under events/."""
    return loads((ROOT / "events" / verb / f"{name}.json").read_text(encoding="utf-8"))


def ids(event: Mapping[str, Any]) -> list[str]:
    """The ids of a batch, in order."""
    return [record["messageId"] for record in event["Records"]]


def failures(response: Mapping[str, Any]) -> list[str]:
    """The ids in a partial batch response, whose shape is checked as Lambda does."""
    assert response.keys() == {"batchItemFailures"}
    items = response["batchItemFailures"]
    assert isinstance(items, list)
    assert all(item.keys() == {"itemIdentifier"} for item in items)
    return [item["itemIdentifier"] for item in items]


def queue_batch(*bodies: str, sent_at: int = 1_795_334_400_000, **more: str) -> Any:
    """A batch of a queue with these bodies; the canary stands in every field that no code reads."""
    return {
        "Records": [
            {
                "messageId": f"00000000-0000-4000-8000-{place:012d}",
                "receiptHandle": CANARY,
                "body": body,
                "attributes": {"SentTimestamp": str(sent_at), "SenderId": CANARY, **more},
                "messageAttributes": {CANARY: {"stringValue": CANARY, "dataType": "String"}},
                "md5OfBody": CANARY,
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:{CANARY}",
                "awsRegion": CANARY,
            }
            for place, body in enumerate(bodies)
        ]
    }


def stream_batch(*subjects: str) -> Any:
    """A batch of the table's stream that names these subjects."""
    return {
        "Records": [
            {
                "eventID": CANARY,
                "eventName": "MODIFY",
                "dynamodb": {
                    "Keys": {"pk": {"S": subject}, "sk": {"S": "a"}},
                    "NewImage": {"t": {"S": CANARY}},
                    "SequenceNumber": CANARY,
                },
                "eventSourceARN": CANARY,
            }
            for subject in subjects
        ]
    }


CANARY = "kanarienvogel"
"""A word that nothing of ours contains."""


def canary_bodies() -> Iterator[str]:
    """Messages that are used and messages that are refused, for every reason, with the canary in every field."""
    good: dict[str, Any] = {
        "type": "track",
        "messageId": f"m-{CANARY}",
        "userId": f"u-{CANARY}",
        "event": "workout_completed",
        "timestamp": "2026-11-22T07:31:04Z",
        "properties": {CANARY: CANARY, "minutes": CANARY},
        "context": {CANARY: CANARY},
    }
    yield dumps(good)
    yield dumps({**good, "properties": {"minutes": 7}})
    yield dumps({**good, "type": "identify", "messageId": f"t-{CANARY}", "traits": {CANARY: CANARY}})
    yield dumps({**good, "event": CANARY, "messageId": f"e-{CANARY}"})
    yield dumps({**good, "messageId": f"z-{CANARY}", "context": {"groupId": CANARY, "timezone": CANARY}})
    yield dumps({**good, "type": "group", "messageId": f"g-{CANARY}", "groupId": CANARY, "traits": {CANARY: CANARY}})
    yield dumps({**good, "type": "alias", "messageId": f"a-{CANARY}", "previousId": f"device-{CANARY}"})
    yield dumps({**good, "type": "alias", "previousId": CANARY * 100})
    yield dumps({**good, "type": "group", "groupId": [CANARY]})
    for field, value in (
        ("type", CANARY),
        ("messageId", [CANARY]),
        ("userId", CANARY * 100),
        ("userId", {CANARY: CANARY}),
        ("event", [CANARY]),
        ("timestamp", CANARY),
        ("timestamp", f"2026-11-22T07:31:04{CANARY}"),
        ("timestamp", "1999-01-01T00:00:00Z"),
        ("timestamp", "2099-01-01T00:00:00Z"),
        ("properties", CANARY),
        ("context", [CANARY]),
    ):
        yield dumps({**good, field: value})
    yield dumps({**good, "type": "identify", "traits": {CANARY: CANARY * 2_000}})
    yield dumps({"batch": [{**good, "type": CANARY}, CANARY]})
    yield f'{{"{CANARY}": "{CANARY}"'
    yield f'{{"{CANARY}": 1, "{CANARY}": 2}}'
    yield f'{{"{CANARY}": NaN}}'
    yield f'{{"{CANARY}": 1e999}}'
    yield f'{{"{CANARY}": "\\ud800"}}'
    yield CANARY
    yield dumps({"Type": "Notification", "Message": CANARY})
