"""What the topic `outcomes` carries."""

from typing import Literal, TypedDict

from milepost.adapters.contract.terms import Id, OneOrMore, Source, Subject, Time
from milepost.domain.outbox import Kind


class OutcomeData(TypedDict):
    """What became of a milestone for a subject; a line of `milepost simulate --outcomes` as well."""

    subject: Subject
    """Whose it is: `user:` or `account:`, and the id as the producer sent it, in NFC."""
    milestone: str
    """The milestone's id in the catalog."""
    outcome: Kind
    """`recovered`: met after it was missed. `baseline`: met before the milestone was there. `retracted`: a late event
    has joined two runs of a repeating streak, and the one that `ref` names was never one of its own."""
    n: OneOrMore
    """Which occurrence, from 1, of a milestone that repeats. A reached takes the place of a missed of the same n."""
    at: Time
    """When it happened; of a miss, the deadline."""
    ref: Time | None
    """What else tells the occurrence: the first event of a streak or span, the anchor of a deadline."""
    variant: str | None
    """The variant of the milestone that the subject has, for life."""
    catalog_version: int
    """The version of the catalog that it was decided by."""


class OutcomeEvent(TypedDict):
    """An outcome as a CloudEvents 1.0 event, on the topic `outcomes`."""

    specversion: Literal["1.0"]
    """The version of CloudEvents."""
    id: Id
    """The same whenever it is delivered. Remember it, and skip what comes again."""
    source: Source
    """`/milepost/` and the name of the catalog."""
    type: Literal["milepost.outcome.v1"]
    """What `data` is."""
    subject: Subject
    """As in `data`."""
    time: Time
    """When it was decided."""
    datacontenttype: Literal["application/json"]
    """What `data` is made of."""
    data: OutcomeData
