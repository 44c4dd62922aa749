"""The work in hand: one subject's state while the stimuli of one call are folded into it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from milepost.domain import deadline, judge, reports
from milepost.domain.catalog import Catalog
from milepost.domain.demand import remembered
from milepost.domain.event import REPORTS, Group, Identify, Message, Tick, Track
from milepost.domain.gates import NONE_SHUT, Addressee
from milepost.domain.instant import Duration, Instant
from milepost.domain.introduction import Known, introduce
from milepost.domain.judge import Finding, Judgement, Scene
from milepost.domain.ledger import REDELIVERY, Entry, mark_of
from milepost.domain.local import Local, local_in, zone_of
from milepost.domain.matcher import MISSING
from milepost.domain.milestone import Milestone
from milepost.domain.progress import Membership, Progress, Standing, Trait, account_at, with_memo
from milepost.domain.rules.interface import Change, Past
from milepost.domain.totals import bounded, counted_in

if TYPE_CHECKING:
    from milepost.domain.schedule import Pending

MOST_TRAITS: Final = 128
"""Names of traits that a subject can have: producers that make up names must not fill its item."""
MOST_MEMBERSHIPS: Final = 100
"""Changes of account that are remembered of a user: the newest."""
ZONE_TRAIT: Final = "timezone"
NEVER: Final[Instant] = -(2**63)
"""Before any instant at which a nudge could be due: nothing that waits is decided without a tick."""


class Fold:
    """What changes while stimuli are folded; `found` is what they brought about, in that order.

    `until` is how far nudges that wait may be decided, and `adopted` those that waited for somebody else till now.
    """

    __slots__ = (
        "_horizon",
        "_memory",
        "_values",
        "adopted",
        "arrived",
        "awaited",
        "catalog",
        "closed",
        "counted",
        "erased",
        "found",
        "keys",
        "local",
        "memberships",
        "now",
        "pending",
        "progress",
        "rearm",
        "recent",
        "roster",
        "standings",
        "tally",
        "totals",
        "traits",
        "until",
        "used",
        "zone",
    )

    def __init__(self, progress: Progress, catalog: Catalog, now: Instant) -> None:
        # Asked here, because nearly no catalog has variants, and every event comes through here.
        self.catalog = catalog = catalog.seen_by(progress.subject) if catalog.tested else catalog
        self.progress = progress
        self.now = now
        self.arrived: Instant | None = None
        self.traits = progress.traits
        self.zone = progress.zone
        self.memberships = progress.memberships
        self.erased, self.closed = progress.erased, progress.closed
        self.standings = dict(progress.standings)
        self.counted = dict(progress.counted)
        self.keys: dict[int, Entry] = {}
        self.found: list[tuple[Milestone, Finding]] = []
        self.tally: dict[str, int] = {}
        self.awaited: dict[str, Milestone] = {}
        self.rearm = False
        self.until: Instant = NEVER
        self.adopted: tuple[Pending, ...] = ()
        self.pending, self.used, self.recent = progress.pending, progress.used, progress.recent
        self.totals = progress.totals
        self.roster = catalog.roster(progress.subject)
        self._memory = memory_of(catalog)
        self._horizon = now - self._memory
        self._values: Mapping[str, object] | None = None
        self.local = self._calendar()

    @property
    def addressee(self) -> Addressee:
        """What the gates are told of the subject."""
        local = self.local if self._zone_name() is not None else None
        shut = reports.shut(self.closed, self.traits, self.catalog.consent) if self.closed else NONE_SHUT
        return Addressee(self.progress.subject, self.values, self.standings, self.recent, self.used, local, shut)

    @property
    def is_behind(self) -> bool:
        """Whether a newer catalog than this one has judged the subject: what this one does not know may exist."""
        return self.progress.catalog_version > self.catalog.version

    @property
    def values(self) -> Mapping[str, object]:
        """The traits without the instants at which they were set."""
        if self._values is None:
            self._values = {name: trait.value for name, trait in self.traits.items()}
        return self._values

    def introduce(self) -> None:
        """Meet what is new or changed in the catalog since the subject was last judged."""
        past = Past(self.counted, self.values, self.now)
        for milestone in self.roster.milestones:
            standing = self.standings.get(milestone.id)
            if standing is None or standing.shape != milestone.shape:
                scene, anchor = Scene(self.local, self._horizon), self._known_anchor(milestone)
                known = Known(past, scene, anchor, self.takes_part(milestone))
                self._keep(milestone, introduce(milestone, standing, known))
            standing = self.standings[milestone.id]
            if standing.held is not None and self.takes_part(milestone):  # The audience itself was changed.
                self._keep(milestone, judge.on_joining(milestone, standing))
        watched = {watch.key for watch in self.catalog.watches}
        self.recent = {key: seen for key, seen in self.recent.items() if key in watched}
        self.totals = bounded(self.catalog.kept_totals, self.totals)
        self.rearm = True

    def take(self, event: Message) -> None:
        """Fold one event, unless it was folded before, or is of a time that the subject was erased of."""
        if self.erased is not None and event.instant <= self.erased:
            self._count("erased")
            return
        entry = self.keys.get(event.key) or self.progress.ledger.find(event)
        if entry is not None:
            self._count("duplicate")
            if entry.body != event.body:
                self._count("conflicting_body")
            return
        if self.progress.ledger.reuses_an_id(event):
            self._count("reused_id")
        arrived = event.arrived
        if self.arrived is None or arrived > self.arrived:
            self.arrived = arrived
        self._horizon = arrived - self._memory
        if isinstance(event, Track):
            report = event.name in REPORTS
            # As most users are, who belong to no account; and what became of a nudge is the addressee's own affair.
            alone = report or (event.account is None and not self.memberships)
            account = 0 if alone else self._account_mark(event)
            # At half the price of `Entry(...)`, for what happens with every event.
            self.keys[event.key] = tuple.__new__(Entry, (event.instant, event.body, account))
            self._track(event)
            if report:
                self._report(event)
            self._note(event)
        elif isinstance(event, Identify):
            self.keys[event.key] = Entry(event.instant, event.body)
            self._identify(event)
        else:
            self.keys[event.key] = Entry(event.instant, event.body, self._account_mark(event))
            self._join(event)

    def tick(self, tick: Tick) -> None:
        """Decide what waits for the clock."""
        self.rearm = True
        self.until = max(self.until, tick.until)
        self._horizon = self.now - self._memory
        scene = Scene(self.local, self._horizon)
        for milestone in self.roster.waiting:
            standing = self.standings.get(milestone.id)
            if standing is not None and standing.shape == milestone.shape:
                until = tick.until - self.catalog.grace
                self._keep(
                    milestone, judge.on_clock(milestone, standing, until, scene, part=self.takes_part(milestone))
                )

    def waits(self, milestones: Iterable[Milestone]) -> list[Instant]:
        """When a nudge is due, and when the clock can next change a standing on these, grace included."""
        found = [each.due for each in self.pending] if self.pending else []
        for milestone in milestones:
            standing = self.standings.get(milestone.id)
            if standing is not None and standing.shape == milestone.shape:
                when = judge.waits_until(milestone, standing, self.local)
                # A deadline is decided when the subject takes part, so until then nothing is to be waited for.
                if when is not None and (milestone.within is None or self.takes_part(milestone)):
                    found.append(when + self.catalog.grace)
        return found

    def bears_out(self, milestone: str, n: int) -> bool:
        """Whether what was counted still bears out an occurrence, after whatever has been taken back."""
        known, standing = self.catalog.milestones.get(milestone), self.standings.get(milestone)
        if known is None or standing is None or standing.memo is None or not known.rule.retractable:
            return True
        memo = standing.memo if known.within is None else deadline.course_of(known.rule, standing.memo).inside
        return n <= standing.occurrences - known.rule.lacking(memo)

    def _account_mark(self, event: Track | Group) -> int:
        """By what the ledger knows the account that the event counts for as well."""
        account = event.account or account_at(self.memberships, event.instant)
        return 0 if account is None else mark_of(account)

    def _track(self, event: Track) -> None:  # noqa: C901  # One loop, for its price; see below.
        name = event.name
        concerned = self.roster.by_event.get(name)
        if concerned is None:
            concerned = self._unplanned(name)
        else:
            self.counted[name] = self.counted.get(name, 0) + 1
        if event.zone is not None:
            self._set_zone(event.zone, event.instant)
        standings, local, horizon = self.standings, self.local, self._horizon
        # Nearly every event of every subject comes through here, and most of them meet nothing.
        for milestone in concerned:
            standing = standings.get(milestone.id)
            if standing is None or standing.shape != milestone.shape:
                standing = self._standing(milestone)
            before = standing.memo
            if before is None and (
                (standing.occurrences and not milestone.lasts) or judge.is_over(milestone, standing)
            ):
                continue
            if not milestone.plain:
                self._judge(milestone, standing, event)
                continue
            # As plain as most are: what `judge.on_event` does, without what only others need.
            rule = milestone.rule
            seen = rule.observe(event, local)
            if seen is None:
                if rule.unusable(event):
                    self._count("unusable_property")
                continue
            memo, hits = rule.fold(rule.start if before is None else before, event.instant, seen, horizon)
            if hits:
                self._keep(milestone, judge.met(milestone, standing, memo, hits, part=True))
            elif memo is not before:
                standings[milestone.id] = with_memo(standing, memo)
                if milestone.waits:
                    self.awaited[milestone.id] = milestone

    def _unplanned(self, name: str) -> tuple[Milestone, ...]:
        if name not in REPORTS:
            self._count("unknown_event")
        return self.roster.concerned_by_unplanned(name)

    def _report(self, report: Track) -> None:
        if reports.closes(report):
            closed = reports.with_report(self.closed, report, self.catalog.consent)
            if closed is None:
                self._count("unusable_property")
            else:
                self.closed = closed

    def _note(self, event: Track) -> None:
        """Keep what conditions look back at, and what nudges tell."""
        if self.catalog.watches:
            self.recent = remembered(self.catalog.watches, self.recent, event, self.now)
        totals = self.catalog.kept_totals
        if not totals:
            return
        self.totals = counted_in(totals, self.totals, event, self.local, self._horizon)
        if any(total.unusable(event) for total in totals):
            self._count("unusable_property")

    def _judge(self, milestone: Milestone, standing: Standing, event: Track) -> None:
        scene, part = Scene(self.local, self._horizon), self.takes_part(milestone)
        judged = (
            None if judge.is_over(milestone, standing) else judge.on_event(milestone, standing, event, scene, part=part)
        )
        if judged is not None:
            self._keep(milestone, judged)
        elif milestone.rule.unusable(event):
            self._count("unusable_property")

    def _count(self, what: str) -> None:
        self.tally[what] = self.tally.get(what, 0) + 1

    def _set_zone(self, name: str, instant: Instant) -> None:
        if (self.zone is None or instant >= self.zone.instant) and zone_of(name) is not None:
            self.rearm |= self.zone is None or self.zone.value != name
            self.zone = Trait(name, instant)
            self.local = self._calendar()

    def _identify(self, event: Identify) -> None:
        changes = [
            change for name, value in event.traits.items() if (change := self._write(name, value, event.instant))
        ]
        self._values = None
        self.local = self._calendar()
        self.rearm = True
        scene = Scene(self.local, self._horizon)
        for change in changes:
            for milestone in self.roster.by_trait.get(change.name, ()):
                part, standing = self.takes_part(milestone), self._standing(milestone)
                judged = judge.on_change(milestone, standing, change, event.instant, scene, part=part)
                if judged is not None:
                    self._keep(milestone, judged)
                if part:
                    self._keep(milestone, judge.on_joining(milestone, self._standing(milestone)))

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

    def _join(self, event: Group) -> None:
        self._belong({*self.memberships, Membership(event.instant, event.account)})

    def _belong(self, memberships: Iterable[Membership]) -> None:
        joined = sorted(memberships)
        # Where the user was before the horizon no event can ask any more, but for the last account of that time.
        past = sum(each.instant < self._horizon for each in joined[:-1])
        self.memberships = tuple(joined[max(past - 1, 0) :][-MOST_MEMBERSHIPS:])

    def takes_part(self, milestone: Milestone) -> bool:
        """Whether the subject is one of those whom the milestone is for."""
        audience = milestone.audience
        return not audience or all(condition.holds(self.values) for condition in audience)

    def _standing(self, milestone: Milestone) -> Standing:
        """The standing as it is; under a rule that has changed since, without what the old one remembered."""
        standing = self.standings.get(milestone.id)
        if standing is None:
            return Standing(shape=milestone.shape)
        return standing if standing.shape == milestone.shape else standing._replace(shape=milestone.shape, memo=None)

    def _keep(self, milestone: Milestone, judged: Judgement) -> None:
        standing, findings = judged
        self.standings[milestone.id] = standing
        for finding in findings:
            self.found.append((milestone, finding))
            if finding.outcome == "reached" and finding.n == 1:
                self._start_others(milestone, finding.at)
        if milestone.waits:
            self.awaited[milestone.id] = milestone

    def _start_others(self, milestone: Milestone, at: Instant) -> None:
        """Deadlines that run from this milestone."""
        for other in self.roster.after.get(milestone.id, ()):
            scene = Scene(self.local, self._horizon)
            part = self.takes_part(other)
            self._keep(other, judge.on_start(other, self._standing(other), at, scene, part=part))

    def _known_anchor(self, milestone: Milestone) -> Instant | None:
        """Where the deadline of a milestone that is new began, as far as that is known."""
        if milestone.within is None:
            return None
        if milestone.within.trait is not None:
            return self.local.read_date(self.values.get(milestone.within.trait))
        standing = self.standings.get(milestone.within.milestone or "")
        known = standing is not None and standing.occurrences == 1 and not standing.baseline
        return standing.at if standing is not None and known else None


def _known_zone(trait: Trait) -> str | None:
    """The time zone that a trait names, if there is one of that name."""
    return trait.value if isinstance(trait.value, str) and zone_of(trait.value) is not None else None


def memory_of(catalog: Catalog) -> Duration:
    """How much older than another an event can be that arrives later, if only for a second time."""
    return catalog.max_age + REDELIVERY
