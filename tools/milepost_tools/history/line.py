"""A line of the file of nudges (semantics, section 7), as a type; its JSON Schema is made of it."""

from typing import Literal, TypedDict

from milepost.adapters.contract.terms import Channel, Id, NoneOrMore, OneOrMore, Subject, Time
from milepost.domain.milestone import Path
from milepost.domain.outbox import Verdict


class NudgeLine(TypedDict):
    """What became of one nudge; a line of `milepost simulate --nudges`."""

    id: Id
    """The id under which it goes out, if it does."""
    subject: Subject
    """Whom it is for."""
    milestone: str
    """The milestone's id in the catalog."""
    path: Path
    """What it is about: reached, missed, or met after it was missed."""
    step: NoneOrMore
    """Which step of that path, from 0."""
    n: OneOrMore
    """Which occurrence, from 1, of a milestone that repeats."""
    channel: Channel | Literal["none"]
    """The channel that was chosen; `none`, where the milestone has left the catalog."""
    verdict: Verdict
    """`deferred` waits until `send_at` and is asked about again. All others are final."""
    reason: str | None
    """Which gate did not open; null for what was sent."""
    decided_at: Time
    """When it was decided."""
    send_at: Time | None
    """When it went, or is to be asked about again; null for what never goes."""
