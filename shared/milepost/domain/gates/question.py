"""What a gate is asked, of whom, and what it answers when it stays closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from milepost.domain.caps import Use
from milepost.domain.catalog import ALWAYS, Catalog
from milepost.domain.demand import Demand
from milepost.domain.event import Subject
from milepost.domain.instant import Duration, Instant
from milepost.domain.local import Local, local_in
from milepost.domain.milestone import Milestone, Step
from milepost.domain.outbox import Reason, Verdict
from milepost.domain.progress import Standing

NONE_SHUT: Final = frozenset[str]()


class Addressee(NamedTuple):
    """What is known of a subject when a nudge is about to go.

    `values` are its traits, `recent` the instants of watched events, `used` the nudges sent or held out lately, oldest
    first. `local` is its calendar, None where neither it nor the catalog names a time zone. `shut` are the
    channels that reports have closed and nobody has opened since.
    """

    subject: Subject
    values: Mapping[str, object]
    standings: Mapping[str, Standing]
    recent: Mapping[int, Sequence[Instant]]
    used: Sequence[Use]
    local: Local | None
    shut: frozenset[str] = NONE_SHUT


@dataclass(frozen=True)
class Question:
    """May this step go to this subject now? It was to go at `planned`."""

    catalog: Catalog
    milestone: Milestone
    step: Step
    addressee: Addressee
    planned: Instant
    now: Instant

    @cached_property
    def channel(self) -> str:
        """The first channel of the step with consent and an address; else the first with consent, else the first."""
        consenting = [channel for channel in self.step.channels if self.has_consent(channel)]
        usable = (channel for channel in consenting if self.has_address(channel))
        return next(usable, next(iter(consenting), self.step.channels[0]))

    def has_consent(self, channel: str) -> bool:
        """Only an explicit yes opens a channel: a trait that is true, not merely truthy; unknown is no."""
        if channel in self.addressee.shut:
            return False
        needed = self.catalog.consent.get(channel)
        return needed == ALWAYS or (needed is not None and self.addressee.values.get(needed) is True)

    def has_address(self, channel: str) -> bool:
        """Whether the channel reaches the subject, as far as the catalog asks for it."""
        return self.catalog.addresses.allow(channel, self.addressee.values)

    def is_true(self, demand: Demand) -> bool:
        """Whether what is asked of the subject is true now."""
        known, now = self.addressee, self.now
        if demand.fall is not None:
            return demand.fall.holds(known.recent.get(demand.fall.watch.key, ()), now)
        if demand.seen is not None:
            return any(now - each < demand.seen.span for each in known.recent.get(demand.seen.key, ()))
        if demand.reached is not None:
            met = known.standings.get(demand.reached)
            return met is not None and bool(met.occurrences or met.recovered)
        if demand.missed is not None:
            missed = known.standings.get(demand.missed)
            return missed is not None and bool(missed.missed)
        return all(condition.holds(known.values) for condition in demand.traits)

    @property
    def local(self) -> Local:
        """The calendar by which days and hours are counted: by UTC where no time zone is known."""
        return self.addressee.local or local_in("UTC", self.catalog.week_starts)

    @property
    def lasting(self) -> Duration:
        """How long after `planned` it is too late."""
        return self.milestone.fresh_for if self.step.lasting is None else self.step.lasting

    @property
    def use(self) -> Use:
        """What it uses up if it goes."""
        milestone = self.milestone
        # Its stage only where a cap asks for it: what is used up is kept with the subject.
        stage = milestone.stage if any(cap.stages for cap in self.catalog.guardrails.caps) else None
        return Use(self.now, milestone.priority, self.channel, milestone.tier, stage)


class Closed(NamedTuple):
    """A gate did not open; where the nudge waits, until when."""

    verdict: Verdict
    reason: Reason
    until: Instant | None = None


def too_much(opens: Instant | None, reason: Reason, *, defers: bool) -> Closed:
    """It waits, if it may and there is an end to it."""
    return Closed("deferred", reason, opens) if defers and opens is not None else Closed("suppressed", reason)
