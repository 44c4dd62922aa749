"""What subscribers filter by."""

from typing import TypedDict

from milepost.adapters.contract.terms import Tier
from milepost.domain.outbox import Kind


class Attributes(TypedDict, total=False):
    """Message attributes, all of type String, for filter policies. One that has no value is left out."""

    milestone: str
    """The milestone's id."""
    path: Kind
    """Of a nudge reached, missed or recovered; of an outcome which one it is."""
    tier: Tier
    """The milestone's; left out where it has left the catalog meanwhile."""
    stage: str
    """The milestone's, where it has one."""
    variant: str
    """The subject's, where the milestone has variants."""
