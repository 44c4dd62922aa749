"""Who a subject is, while the stimuli of one call are folded: its traits, its time zone, its accounts."""

from collections.abc import Iterable, Mapping
from typing import Final

from milepost.domain.catalog import Catalog
from milepost.domain.event import Group, Track
from milepost.domain.instant import Instant
from milepost.domain.ledger import mark_of
from milepost.domain.local import Local, local_in, zone_of
from milepost.domain.matcher import MISSING
from milepost.domain.milestone import Milestone
from milepost.domain.progress import Membership, Progress, Trait, account_at
from milepost.domain.rules.interface import Change

MOST_TRAITS: Final = 128
"""Names of traits that a subject can have: producers that make up names must not fill its item."""
MOST_MEMBERSHIPS: Final = 100
"""Changes of account that are remembered of a user: the newest."""
ZONE_TRAIT: Final = "timezone"


class Identity:
    """What is known of the subject, and told of it so far; `tally` is what the metrics are told.

    `rearm`: so much has changed that everything that waits for the clock has to be looked at.
    """

    __slots__ = (
        "_horizon",
        "_values",
        "catalog",
        "local",
        "memberships",
        "progress",
        "rearm",
        "tally",
        "traits",
        "zone",
    )

    def __init__(self, progress: Progress, catalog: Catalog, horizon: Instant) -> None:
        self.progress, self.catalog = progress, catalog
        self.traits, self.zone, self.memberships = progress.traits, progress.zone, progress.memberships
        self.tally: dict[str, int] = {}
        self.rearm = False
        self._horizon = horizon
        self._values: Mapping[str, object] | None = None
        self.local = self._calendar()

    @property
    def values(self) -> Mapping[str, object]:
        """The traits without the instants at which they were set."""
        if self._values is None:
            self._values = {name: trait.value for name, trait in self.traits.items()}
        return self._values

    def takes_part(self, milestone: Milestone) -> bool:
        """Whether the subject is one of those whom the milestone is for."""
        audience = milestone.audience
        return not audience or all(condition.holds(self.values) for condition in audience)

    def _account_mark(self, event: Track | Group) -> int:
        """By what the ledger knows the account that the event counts for as well."""
        account = event.account or account_at(self.memberships, event.instant)
        return 0 if account is None else mark_of(account)

    def _set_zone(self, name: str, instant: Instant) -> None:
        if (self.zone is None or instant >= self.zone.instant) and zone_of(name) is not None:
            self.rearm |= self.zone is None or self.zone.value != name
            self.zone = Trait(name, instant)
            self.local = self._calendar()

    def _calendar(self) -> Local:
        """The subject's: by trait `timezone`, else the last context, else the catalog (semantics, 3.5)."""
        return local_in(self._zone_name() or "UTC", self.catalog.week_starts)

    def _zone_name(self) -> str | None:
        trait, zone = self.traits.get(ZONE_TRAIT), self.zone
        known = (trait and _known_zone(trait)) or (zone and _known_zone(zone))
        return known or self.catalog.timezone

    def _write(self, name: str, value: object, instant: Instant) -> Change | None:
        """Set a trait unless a later write has; the change, if it is one."""
        known = self.traits.get(name)
        if known is None and len(self.traits) >= MOST_TRAITS:
            self._count("trait_left_out")
            return None
        if known is not None and instant < known.instant:
            return None
        self.traits = {**self.traits, name: Trait(value, instant)}
        before = MISSING if known is None else known.value
        return None if before == value and type(before) is type(value) else Change(name, before, value)

    def _belong(self, memberships: Iterable[Membership]) -> None:
        joined = sorted(memberships)
        # Where the user was before the horizon no event can ask any more, but for the last account of that time.
        past = sum(each.instant < self._horizon for each in joined[:-1])
        self.memberships = tuple(joined[max(past - 1, 0) :][-MOST_MEMBERSHIPS:])

    def _count(self, what: str) -> None:
        self.tally[what] = self.tally.get(what, 0) + 1


def _known_zone(trait: Trait) -> str | None:
    """The time zone that a trait names, if there is one of that name."""
    return trait.value if isinstance(trait.value, str) and zone_of(trait.value) is not None else None
