"""Whether a nudge goes out (semantics, section 5): the gates in their order, each a row of `GATES`.

The first gate that does not open gives the verdict, and says until when where the nudge is to wait. A gate is asked
when the nudge is about to go, by the clock of that moment, and again whenever it would go after it had to wait. "In
the last D" is less than D ago.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from milepost.domain import hours
from milepost.domain.caps import Use
from milepost.domain.catalog import ALWAYS, Catalog
from milepost.domain.demand import Demand
from milepost.domain.event import Subject
from milepost.domain.hours import BUSINESS_HOURS, SendWindow
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


Gate: TypeAlias = Callable[[Question], Closed | None]


def fresh(question: Question) -> Closed | None:
    """Nobody is written to about something that is older than `fresh_for`, counted from when the step was to go."""
    return Closed("cancelled", "stale") if question.now - question.planned >= question.lasting else None


def wanted(question: Question) -> Closed | None:
    """What the step was conditional on is true, and what was to come first has not come."""
    step = question.step
    if step.unless is not None and question.is_true(step.unless):
        return Closed("cancelled", "unless")
    return None if step.when is None or question.is_true(step.when) else Closed("cancelled", "if")


def audience(question: Question) -> Closed | None:
    """The subject takes part in the milestone."""
    holds = all(condition.holds(question.addressee.values) for condition in question.milestone.audience)
    return None if holds else Closed("suppressed", "audience")


def consent(question: Question) -> Closed | None:
    """Somebody has said yes to a channel of the step, and it has not been closed since."""
    if question.has_consent(question.channel):
        return None
    shut = question.channel in question.addressee.shut
    return Closed("suppressed", "channel_closed" if shut else "no_consent")


def address(question: Question) -> Closed | None:
    """A channel of the step that somebody has said yes to is one that reaches the subject."""
    return None if question.has_address(question.channel) else Closed("suppressed", "no_address")


def suppression(question: Question) -> Closed | None:
    """No rule says that now is a bad time to write to the subject at all."""
    bad = any(question.is_true(demand) for demand in question.catalog.guardrails.suppress)
    return Closed("suppressed", "suppress") if bad else None


def arbitration(question: Question) -> Closed | None:
    """Nothing of higher priority went just before."""
    rule, now = question.catalog.guardrails.arbitration, question.now
    if rule is None:
        return None
    opens = rule.opens(question.addressee.used, question.milestone.priority, now)
    return None if opens <= now else _too_much(opens, "arbitration", defers=rule.defers)


def caps(question: Question) -> Closed | None:
    """No cap is used up; the first that is gives the verdict."""
    for cap in () if question.step.operational else question.catalog.guardrails.caps:
        if cap.covers(question.use):
            opens = cap.opens(question.addressee.used, _local(question), question.now)
            if opens != question.now:
                return _too_much(opens, "cap", defers=cap.defers)
    return None


def right_hours(question: Question) -> Closed | None:
    """It is no quiet hour, and an hour of the send window: the step's own, or else the catalog's."""
    if not _asks_for_hours(question):
        return None
    opens = _turns(question, lambda instant: _shut(question, instant) is None)
    shut = _shut(question, question.now)
    return None if shut is None else _too_much(opens, shut, defers=True)


def holdout(question: Question) -> Closed | None:
    """The subject is not one of those who are told nothing for the sake of comparison."""
    rule = question.milestone.holdout or question.catalog.guardrails.holdout
    if question.step.operational or rule is None or not rule.holds(question.catalog.name, question.addressee.subject):
        return None
    return Closed("held_out", "holdout")


GATES: Final[tuple[Gate, ...]] = (
    fresh,
    wanted,
    audience,
    consent,
    address,
    suppression,
    arbitration,
    caps,
    right_hours,
    holdout,
)


def ask(question: Question, gates: Iterable[Gate] = GATES) -> Closed | None:
    """The first gate that does not open, or None if the nudge may go."""
    answers = (gate(question) for gate in gates)
    return next((closed for closed in answers if closed is not None), None)


def not_after(question: Question) -> Instant:
    """The instant from which on a nudge that may go now must be asked about again."""
    ends = question.planned + question.lasting
    shuts = _turns(question, lambda at: _shut(question, at) is not None) if _asks_for_hours(question) else None
    return ends if shuts is None else min(ends, shuts)


def _too_much(opens: Instant | None, reason: Reason, *, defers: bool) -> Closed:
    """It waits, if it may and there is an end to it."""
    return Closed("deferred", reason, opens) if defers and opens is not None else Closed("suppressed", reason)


def _local(question: Question) -> Local:
    return question.addressee.local or local_in("UTC", question.catalog.week_starts)


def _window(question: Question) -> SendWindow | None:
    step = question.step
    return step.window or (None if step.operational else question.catalog.guardrails.window)


def _asks_for_hours(question: Question) -> bool:
    quiet = not question.step.operational and question.catalog.guardrails.quiet is not None
    return bool(quiet or _window(question) or question.step.days)


def _shut(question: Question, instant: Instant) -> Reason | None:
    """Why it must not go at that instant, if it must not; where no time zone is known, by UTC business hours."""
    wall = hours.wall_clock(_local(question), instant)
    if question.addressee.local is None:
        return None if BUSINESS_HOURS.cover(wall) else "unknown_zone"
    step, quiet, window = question.step, question.catalog.guardrails.quiet, _window(question)
    if quiet is not None and not step.operational and quiet.cover(wall):
        return "quiet_hours"
    outside = (window is not None and not window.cover(wall)) or (step.days and wall.weekday() not in step.days)
    return "send_window" if outside else None


def _turns(question: Question, holds: Callable[[Instant], bool]) -> Instant | None:
    """The first instant from now on at which the hours are as they should be."""
    window = _window(question)
    windows = (BUSINESS_HOURS.hours, question.catalog.guardrails.quiet, window.hours if window else None)
    return hours.first(_local(question), question.now, hours.edges(*windows), holds)
