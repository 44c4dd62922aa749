"""What the topic of a channel carries."""

from collections.abc import Mapping
from typing import Literal, TypedDict

from milepost.adapters.contract.facts import (
    AnyContent,
    CallToAction,
    EmailContent,
    Members,
    Progress,
    PushContent,
    TextContent,
)
from milepost.adapters.contract.terms import Channel, Id, NoneOrMore, OneOrMore, Source, Subject, Tier, Time
from milepost.domain.milestone import Path


class NudgeData(TypedDict):
    """What a channel needs to write to somebody."""

    subject: Subject
    """Whom to write to: `user:` or `account:`, and the id as the producer sent it, in NFC."""
    address: str | None
    """Where the channel reaches the subject: the trait that the catalog's `addresses` names."""
    milestone: str
    """The milestone's id in the catalog."""
    title: str
    """Its name for people; the id, where it has left the catalog meanwhile."""
    stage: str | None
    """Its lifecycle stage."""
    tier: Tier | None
    """How much it is; null where it has left the catalog meanwhile."""
    path: Path
    """What it is about: reached, missed, or met after it was missed."""
    step: NoneOrMore
    """Which step of that path, from 0."""
    n: OneOrMore
    """Which occurrence, from 1, of a milestone that repeats."""
    attempt: OneOrMore
    """1; an operator who sends it again makes it 2, under an id of its own."""
    at: Time
    """When the milestone was reached; of a miss, the deadline."""
    channel: Channel
    """The channel that was chosen, whose topic this is."""
    operational: bool
    """Something that the subject waits for, and no congratulation: caps and quiet hours did not hold it up."""
    template: str
    """The template's name in the catalog."""
    variant: str | None
    """The variant of the milestone that the subject has, for life."""
    catalog_version: int
    """The version of the catalog that it was decided by."""
    totals: Mapping[str, float]
    """The subject's own totals, by the names that the catalog gives them."""
    progress: Progress | None
    """Towards the next milestone; null where there is none, or it cannot be told in numbers."""
    members: Members | None
    """How many others have come this far; null while there are too few to mean anything."""
    reward: str | None
    """The code to hand out."""
    call_to_action: CallToAction | None
    """The one thing to do next."""
    card: str | None
    """The URL of an image of the milestone."""
    content: EmailContent | PushContent | TextContent | AnyContent | None
    """What the channel sends as it is; null where the catalog has no templates, and `template` is for it to look up."""


class NudgeEvent(TypedDict):
    """A nudge as a CloudEvents 1.0 event, on the topic of its channel."""

    specversion: Literal["1.0"]
    """The version of CloudEvents."""
    id: Id
    """The same whenever it is delivered. Hand it on as idempotency key, or remember it and skip what comes again."""
    source: Source
    """`/milepost/` and the name of the catalog."""
    type: Literal["milepost.nudge.v1"]
    """What `data` is."""
    subject: Subject
    """As in `data`."""
    time: Time
    """When it was decided."""
    datacontenttype: Literal["application/json"]
    """What `data` is made of."""
    data: NudgeData
