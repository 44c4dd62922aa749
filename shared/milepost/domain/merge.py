"""Two subjects turn out to be one person: their progress becomes one (semantics, 3.14).

What either was counted is added up, and nobody is told again what one of the two was told. Whatever the two together
have done that neither had is found now, and told to the user. What comes later is for the user alone.
"""

from collections import Counter
from collections.abc import Mapping
from operator import attrgetter
from typing import Final, TypeAlias

from milepost.domain import standings, totals
from milepost.domain.advance import Advance, acknowledge, advance, conclude
from milepost.domain.catalog import Catalog
from milepost.domain.decision import waits_no_more
from milepost.domain.event import Tick
from milepost.domain.fold import Fold
from milepost.domain.identity import MOST_TRAITS
from milepost.domain.instant import Instant
from milepost.domain.judge import Finding
from milepost.domain.milestone import Milestone, Path
from milepost.domain.outbox import Kind, Nudge, Outcome, Parted, Waiting
from milepost.domain.progress import Progress, Standing, Trait
from milepost.domain.reports import together
from milepost.domain.schedule import Pending
from milepost.domain.shape import same_form

Instants: TypeAlias = tuple[Instant, ...]
_NOTHING_YET: Final = Tick(0)
"""Decides nothing; but a subject that hears of it is judged by the catalog as it is now."""


def needs_newer_catalog(user: Progress, other: Progress, catalog: Catalog) -> bool:
    """Whether a newer catalog has judged both on a milestone that this one lacks, and so only that one can merge them.

    Or the other waits for a nudge of such a milestone, which is to go on with the user: what it is, only the newer one
    can say. A milestone that has left the catalog is another matter: nobody is judged on it any more.
    """
    if max(user.catalog_version, other.catalog_version) <= catalog.version:
        return False
    of_both = user.standings.keys() & other.standings.keys()
    return any(each not in catalog.milestones for each in (*of_both, *(each.milestone for each in other.pending)))


def merge(user: Progress, other: Progress, catalog: Catalog, now: Instant) -> Advance:
    """The progress of the user, once the other has turned out to be the same person. See the module."""
    mine, theirs = (advance(each, [_NOTHING_YET], catalog, now) for each in (user, other))
    both = _merged(mine.progress, theirs.progress, catalog, now)
    return both._replace(outcomes=mine.outcomes + both.outcomes, nudges=mine.nudges + both.nudges)


def forwarded(other: Progress, user: Progress, catalog: Catalog, now: Instant) -> Progress:
    """What stays of the other once it is the user's; `user` is the progress from before it was.

    Its outbox stays until it is acknowledged, but nobody is told that they missed what the user has reached.
    """
    mine, theirs = (advance(each, [_NOTHING_YET], catalog, now).progress for each in (user, other))
    both = _merged(mine, theirs, catalog, now)
    outbox = (
        *(_still_true(each, both.progress, now) for each in theirs.outbox),
        *_parted(mine, theirs, both, catalog, now),
    )
    # What waits goes with the user from now on, under another id.
    gone = {nudge.id: nudge for nudge in waits_no_more(Fold(theirs, catalog, now), "merged")}
    outbox = (*(each for each in outbox if each.id not in gone), *gone.values())
    # What happened before the other was erased stays forgotten, although later events are the user's.
    rest = Progress(other.subject, theirs.catalog_version, outbox=outbox, forward=user.subject, erased=other.erased)
    return acknowledge(rest, frozenset(), catalog, now)


def _merged(user: Progress, other: Progress, catalog: Catalog, now: Instant) -> Advance:
    if not (user.catalog_version or other.catalog_version):
        return Advance(user, (), (), {})
    fold = _Merge(user, other, catalog, now)
    fold.judge(user.standings, other.standings)
    return conclude(fold)


class _Merge(Fold):
    """The work in hand: the user with what is known of both, whose standings are to be judged."""

    __slots__ = ("_turned",)

    def __init__(self, user: Progress, other: Progress, catalog: Catalog, now: Instant) -> None:
        before = user._replace(
            catalog_version=max(user.catalog_version, other.catalog_version),  # Who was a member does not join again.
            due=min((due for due in (user.due, other.due) if due is not None), default=None),
            ledger=user.ledger.merged(other.ledger, other.subject),
        )
        super().__init__(before, catalog, now)
        self.rearm = True
        self._turned = {name for name, trait in other.traits.items() if _is_later(trait, user.traits.get(name))}
        self._write_all(other)
        self._belong({*user.memberships, *other.memberships})
        self.zone = other.zone if other.zone is not None and _is_later(other.zone, user.zone) else user.zone
        self.counted = dict(Counter(user.counted) + Counter(other.counted))
        self.used = tuple(sorted(user.used + other.used, key=attrgetter("at")))
        self.recent = _both(user.recent, other.recent)
        self.closed = together(user.closed, other.closed)
        self.totals = totals.merged(user.totals, other.totals, self._horizon)
        mine = {_occasion(each) for each in user.pending}
        self.adopted = tuple(each for each in other.pending if _is_news(each, user) and _occasion(each) not in mine)
        self.pending += self.adopted

    def _write_all(self, other: Progress) -> None:
        written = {**self.traits, **{name: other.traits[name] for name in other.traits if name in self._turned}}
        names = [*self.progress.traits, *(name for name in other.traits if name not in self.progress.traits)]
        if len(names) > MOST_TRAITS:
            self.tally["trait_left_out"] = len(names) - MOST_TRAITS
        self.traits = {name: written[name] for name in names[:MOST_TRAITS]}

    def judge(self, mine: Mapping[str, Standing], theirs: Mapping[str, Standing]) -> None:
        """Make one of the standings of both, and only then tell: what is found may start other deadlines."""
        self.standings = {**theirs, **mine}
        found = [
            (milestone, self._merged(milestone, mine, theirs))
            for milestone in self.roster.milestones
            if milestone.id in self.standings
        ]
        for milestone, findings in found:
            self._keep(milestone, (self.standings[milestone.id], findings))

    def _merged(
        self, milestone: Milestone, mine: Mapping[str, Standing], theirs: Mapping[str, Standing]
    ) -> tuple[Finding, ...]:
        one, other = (_of_shape(milestone, each.get(milestone.id)) for each in (mine, theirs))
        turned, part = not self._turned.isdisjoint(milestone.traits), self.takes_part(milestone)
        standing, findings = standings.merged(milestone, (one, other), self._horizon, turned=turned, part=part)
        self.standings[milestone.id] = standing
        return findings


def _both(one: Mapping[int, Instants], other: Mapping[int, Instants]) -> Mapping[int, Instants]:
    """The instants of both, in the order of time."""
    return {key: tuple(sorted((*one.get(key, ()), *other.get(key, ())))) for key in {*one, *other}}


def _occasion(pending: Pending) -> tuple[str, Path, int, int]:
    """What a nudge that waits is about."""
    return pending.standing, pending.path, pending.step, pending.occurrence


def _is_news(pending: Pending, user: Progress) -> bool:
    """Whether what waits for the other is neither something that the user was told, nor untrue of the user."""
    standing = user.standings.get(pending.standing, Standing())
    if pending.path == "reached":
        return standing.occurrences < pending.n
    told = standing.missed if pending.path == "missed" else standing.recovered
    return not told and not standing.occurrences


def _is_later(trait: Trait, than: Trait | None) -> bool:
    return than is None or trait.instant > than.instant


def _of_shape(milestone: Milestone, standing: Standing | None) -> Standing:
    """The standing; of one from another catalog than this, which knows nothing of its rule, only what was told.

    Under another variant it was the same rule with another threshold: what was counted counts for the user's.
    """
    if standing is None:
        return Standing(shape=milestone.shape)
    if standing.shape == milestone.shape:
        return standing
    counts = milestone.variant is not None and same_form(standing.shape, milestone.shape)
    return standing._replace(shape=milestone.shape, memo=standing.memo if counts else None)


def _still_true(entry: Waiting, user: Progress, now: Instant) -> Waiting:
    if not isinstance(entry, Nudge) or entry.verdict != "sent" or entry.path == "reached":
        return entry
    standing = user.standings.get(entry.milestone)
    untrue = standing is not None and standing.occurrences and not standing.missed
    return entry.cancelled("reached_after_all", now) if untrue else entry


def _parted(user: Progress, other: Progress, both: Advance, catalog: Catalog, now: Instant) -> list[Parted]:
    """What the statistics count for both and must count once.

    Of a milestone that has left the catalog nobody knows any more which they are: they stay as they were booked.
    """
    members = [Parted("parted", now)] if user.catalog_version and other.catalog_version else []
    known = (name for name in both.progress.standings if name in catalog.milestones)
    surplus = {name: _surplus(name, user, other, both) for name in known}
    return members + [
        Parted(f"parted {name}", now, name, tuple(counts.items())) for name, counts in surplus.items() if counts
    ]


def _surplus(name: str, user: Progress, other: Progress, both: Advance) -> Counter[Kind]:
    """How often more than the merged standing says each kind has been counted."""
    counted = _counted(user, name)
    counted.update(_counted(other, name))
    for each in both.outcomes:
        if each.milestone == name:
            counted.update(_kinds(each))
            counted.subtract(each.undoes)
    return counted - _counted(both.progress, name)


def _kinds(outcome: Outcome) -> tuple[Kind, ...]:
    """What an outcome counts for; one that was taken back is a count of its own, which nothing takes off."""
    return () if outcome.outcome == "retracted" else (outcome.outcome,)


def _counted(progress: Progress, name: str) -> Counter[Kind]:
    standing = progress.standings.get(name, Standing())
    counts: dict[Kind, int] = {
        "reached": 0 if standing.baseline else standing.occurrences,
        "baseline": standing.baseline,
        "missed": standing.missed,
        "recovered": standing.recovered,
    }
    return Counter(counts)
