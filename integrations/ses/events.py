"""What an event of SES says of a nudge, in Milepost's words.

Shapes: SES, "Contents of event data that Amazon SES publishes to Amazon SNS".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any, Final

from integrations.ses.sender import TAG

_PART: Final = {
    "Delivery": ("delivery", "nudge_delivered"),
    "Open": ("open", "nudge_opened"),
    "Click": ("click", "nudge_clicked"),
    "Bounce": ("bounce", "nudge_bounced"),
    "Complaint": ("complaint", "nudge_complained"),
    "Subscription": ("subscription", "nudge_unsubscribed"),
}
"""Where each type of event keeps its own facts, and what it is reported as."""


class UnreadableEventError(Exception):
    """The message is not an event of SES about an email that this integration sent."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a nudge's email; `at` is in seconds since 1970."""

    nudge: str
    event: str
    at: float
    key: str
    more: tuple[tuple[str, str], ...] = ()


def read_event(body: str) -> Happened | None:
    """What an event says; None if it is nothing that Milepost wants to know. Raises `UnreadableEventError`."""
    try:
        event = loads(body)
        if event["eventType"] not in _PART:
            return None
        part, name = _PART[event["eventType"]]
        return _happened(event, event[part], name)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise UnreadableEventError from None


def _happened(event: Mapping[str, Any], part: Mapping[str, Any], name: str) -> Happened | None:
    (nudge,) = event["mail"]["tags"][TAG]
    # two opens are two events, one that SES tells twice is one: its own id where it has one, else its instant
    key = part.get("feedbackId") or part["timestamp"]
    happened = Happened(str(nudge), name, datetime.fromisoformat(part["timestamp"]).timestamp(), str(key))
    if name == "nudge_bounced":
        kind = "hard" if part["bounceType"] == "Permanent" else "soft"
        return Happened(happened.nudge, name, happened.at, happened.key, (("bounce_type", kind),))
    if name == "nudge_complained" and part.get("complaintFeedbackType") == "not-spam":
        return None
    if name == "nudge_unsubscribed" and not _unsubscribed(part["newTopicPreferences"]):
        return None
    return happened


def _unsubscribed(preferences: Mapping[str, Any]) -> bool:
    """Whether somebody wants no more, of everything or of a topic."""
    topics = preferences.get("topicSubscriptionStatus") or ()
    return bool(preferences.get("unsubscribeAll")) or any(each["subscriptionStatus"] == "OptOut" for each in topics)
