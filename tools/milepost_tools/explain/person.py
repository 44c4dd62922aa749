"""What is known of the subject itself, whatever the milestone."""

from collections.abc import Mapping
from dataclasses import dataclass

from milepost.domain.catalog import Catalog
from milepost.domain.fold import Fold
from milepost.domain.identity import ZONE_TRAIT
from milepost.domain.local import Local
from milepost.domain.progress import Progress
from milepost_tools.explain.moments import Moment, moment, moment_or_none


@dataclass(frozen=True, slots=True)
class TraitFacts:
    """A trait, and the time of the event that set it."""

    value: object
    since: Moment


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account, and since when the user belongs to it."""

    account: str
    since: Moment


@dataclass(frozen=True, slots=True)
class Person:
    """See the module.

    `judged_by` is the catalog version of the last time, 0 for never; `counted` are the tracking plan's counters,
    `remembered` the events in the ledger, `next_look` is when the clock may matter, `waiting` how much the outbox
    holds. `unknown` counts standings on milestones that this catalog does not have.
    """

    zone: str
    zone_from: str
    traits: Mapping[str, TraitFacts]
    accounts: tuple[AccountFacts, ...]
    judged_by: int
    counted: Mapping[str, int]
    remembered: int
    next_look: Moment | None
    waiting: int
    unknown: int


def calendar_of(progress: Progress, catalog: Catalog) -> Local:
    """The subject's calendar, as the core finds it."""
    return Fold(progress, catalog, 0).local


def person_of(progress: Progress, catalog: Catalog, local: Local) -> Person:
    """What is known of the subject."""
    return Person(
        zone=local.zone.key,
        zone_from=_zone_from(progress, catalog, local.zone.key),
        traits={
            name: TraitFacts(trait.value, moment(trait.instant, local))
            for name, trait in sorted(progress.traits.items())
        },
        accounts=tuple(AccountFacts(each.account, moment(each.instant, local)) for each in progress.memberships),
        judged_by=progress.catalog_version,
        counted={name.replace("\0", "#"): count for name, count in sorted(progress.counted.items())},
        remembered=len(progress.ledger.entries),
        next_look=moment_or_none(progress.due, local),
        waiting=len(progress.outbox),
        unknown=sum(name not in catalog.milestones for name in progress.standings),
    )


def _zone_from(progress: Progress, catalog: Catalog, zone: str) -> str:
    """Where the zone comes from (semantics, 3.5): the first that says it is the one that the core found."""
    trait = progress.traits.get(ZONE_TRAIT)
    if trait is not None and trait.value == zone:
        return f"trait {ZONE_TRAIT}"
    if progress.zone is not None and progress.zone.value == zone:
        return "the last event's context"
    return "the catalog" if catalog.timezone == zone else "nowhere: nothing says one"
