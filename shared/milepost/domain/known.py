"""What a nudge knows of its subject beside what it is about.

`progress`, `totals`, `members`, `reward`, `call_to_action` and `card` are not known to this release: they are empty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from milepost.domain.catalog import Catalog
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress

Shares: TypeAlias = Callable[[str], object | None]
"""By milestone id, the share of members who came this far; None while nobody can tell."""
_ADDRESSES: Final = {"email": "email", "sms": "phone"}
"""By channel, the trait that says where it reaches the subject."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one nudge; None is what there is nothing of."""

    title: str
    stage: str | None
    tier: str | None
    operational: bool
    address: str | None
    totals: Mapping[str, object] = field(default_factory=dict)
    progress: Mapping[str, object] | None = None
    members: Mapping[str, object] | None = None
    reward: str | None = None
    call_to_action: Mapping[str, str] | None = None
    card: str | None = None

    def as_data(self) -> dict[str, object]:
        """As keys of `data`; texts that may hold Liquid are not rendered yet."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def no_shares(_: str) -> None:
    """The share of members where nobody counts them."""


def facts_of(progress: Progress, catalog: Catalog, nudge: Nudge, shares: Shares) -> Facts:  # noqa: ARG001  # Nothing of them is told yet.
    """What can be said of this nudge's subject."""
    milestone = catalog.milestones.get(nudge.milestone)
    steps = () if milestone is None else milestone.steps[nudge.path]
    trait = progress.traits.get(_ADDRESSES.get(nudge.channel, ""))
    return Facts(
        title=nudge.milestone if milestone is None else milestone.title,
        stage=None if milestone is None else milestone.stage,
        tier=None if milestone is None else milestone.tier,
        operational=nudge.step < len(steps) and steps[nudge.step].operational,
        address=trait.value if trait is not None and isinstance(trait.value, str) and trait.value else None,
    )
