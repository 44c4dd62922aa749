"""What a nudge tells beside itself: how far its subject is, what to do next, and what the channel sends."""

from collections.abc import Mapping
from typing import Final, TypeAlias, TypedDict

from milepost.adapters.contract.terms import Channel, NoneOrMore, Percent


class Progress(TypedDict):
    """How far the subject is towards the next milestone."""

    milestone: str
    """The next milestone's id."""
    title: str
    """Its name for people."""
    have: float
    """What the subject has of what is asked for."""
    need: float
    """What is asked for."""
    left: float
    """What is missing."""


class Members(TypedDict):
    """How many others have come this far."""

    reached: NoneOrMore
    """Members who have."""
    of: NoneOrMore
    """All members."""
    ahead_of: Percent
    """Whole percent of members who have not come this far, rounded down."""


class CallToAction(TypedDict):
    """The one thing to do next."""

    label: str
    """What stands on the button."""
    url: str
    """Where it leads."""


class EmailContent(TypedDict):
    """An email, rendered."""

    subject: str
    """One line of plain text."""
    body: str
    """HTML; what came from users is escaped."""


class PushContent(TypedDict):
    """A push notification, rendered."""

    title: str
    """Plain text."""
    body: str
    """Plain text."""


class TextContent(TypedDict):
    """A text message, or a note to the team, rendered."""

    text: str
    """Plain text."""


AnyContent: TypeAlias = Mapping[str, object]
"""A JSON object that the channel's own template shapes."""
CONTENT: Final[Mapping[Channel, object]] = {
    "email": EmailContent,
    "sms": TextContent,
    "push": PushContent,
    "in_app": AnyContent,
    "direct_mail": AnyContent,
    "ops": TextContent,
}
"""What `content` is on each channel, where it is not null."""
