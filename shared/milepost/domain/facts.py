"""What a nudge knows of its subject: the facts that its `data` and its template tell (semantics, section 6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from milepost.domain.ahead import Ahead, ahead_of
from milepost.domain.catalog import Catalog
from milepost.domain.fold import Fold
from milepost.domain.milestone import CallToAction, Milestone
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress

FEWEST_MEMBERS: Final = 100
"""Of fewer, a share would say more about a single one than about all."""
_PERCENT: Final = 100


class Share(NamedTuple):
    """How many of the members, users or accounts, have come as far as a milestone."""

    reached: int
    of: int

    @property
    def ahead_of(self) -> int:
        """The whole percent of members who have not come this far, rounded down."""
        return (self.of - self.reached) * _PERCENT // self.of


Shares: TypeAlias = Callable[[str], Share | None]
"""The share of members by the id of a milestone; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one nudge.

    `address` is where its channel reaches the subject, `totals` are those of the period in which it was decided.
    `call_to_action` and `card` are as the catalog has them: what is Liquid in them is the composer's to render.
    """

    title: str
    stage: str | None = None
    tier: str | None = None
    operational: bool = False
    address: str | None = None
    totals: Mapping[str, int | Decimal] = field(default_factory=dict)
    progress: Ahead | None = None
    members: Share | None = None
    reward: str | None = None
    call_to_action: CallToAction | None = None
    card: str | None = None

    def as_data(self) -> Mapping[str, object]:
        """The facts as JSON, by their keys in `data`; every key is there, null where there is nothing."""
        progress, members, call = self.progress, self.members, self.call_to_action
        return {
            "title": self.title,
            "stage": self.stage,
            "tier": self.tier,
            "operational": self.operational,
            "address": self.address,
            "totals": {name: as_json(total) for name, total in self.totals.items()},
            "progress": None if progress is None else _progress(progress),
            "members": None if members is None else {**members._asdict(), "ahead_of": members.ahead_of},
            "reward": self.reward,
            "call_to_action": None if call is None else {"label": call.label, "url": call.url},
            "card": self.card,
        }


def no_shares(_: str) -> None:
    """The share of members where nobody counts them."""


def facts_of(progress: Progress, catalog: Catalog, nudge: Nudge, shares: Shares) -> Facts:
    """The facts of a nudge to the subject of this progress, at the instant when it was decided."""
    fold = Fold(progress, catalog, nudge.decided_at)
    milestone = fold.catalog.milestones.get(nudge.milestone)
    address, totals = catalog.addresses.of(nudge.channel, fold.values), _totals(fold)
    if milestone is None:  # It has left the catalog while the nudge waited.
        return Facts(nudge.milestone, address=address, totals=totals)
    steps = milestone.steps[nudge.path]
    return Facts(
        milestone.title,
        milestone.stage,
        milestone.tier,
        nudge.step < len(steps) and steps[nudge.step].operational,
        address,
        totals,
        ahead_of(milestone, fold),
        _members(milestone, shares),
        milestone.reward,
        milestone.call_to_action,
        milestone.card,
    )


def as_json(number: int | Decimal) -> int | float:
    """An exact number as JSON: a whole one as an integer, any other as the nearest double."""
    return int(number) if number == int(number) else float(number)


def _totals(fold: Fold) -> Mapping[str, int | Decimal]:
    return {
        name: total.told(fold.totals.get(total.key), fold.counted, total.period_at(fold.now, fold.local))
        for name, total in fold.catalog.totals.items()
    }


def _members(milestone: Milestone, shares: Shares) -> Share | None:
    """The share that means something: of a milestone that repeats, occurrences are counted and not members."""
    share = None if milestone.rule.repeats else shares(milestone.id)
    return None if share is None or share.of < FEWEST_MEMBERS else share


def _progress(ahead: Ahead) -> Mapping[str, object]:
    numbers = {"have": ahead.have, "need": ahead.need, "left": ahead.left}
    return {
        "milestone": ahead.milestone,
        "title": ahead.title,
        **{name: as_json(number) for name, number in numbers.items()},
    }
