"""The work in hand: one subject's state while the stimuli of one call are folded into it."""

from milepost.domain import judge, reports
from milepost.domain.catalog import Catalog
from milepost.domain.demand import remembered
from milepost.domain.event import REPORTS, Group, Identify, Message, Track
from milepost.domain.gates import NONE_SHUT, Addressee
from milepost.domain.instant import Duration, Instant
from milepost.domain.judge import Scene
from milepost.domain.judging import Judging
from milepost.domain.ledger import REDELIVERY, Entry
from milepost.domain.milestone import Milestone
from milepost.domain.progress import Membership, Progress, Standing, with_memo
from milepost.domain.totals import counted_in


class Fold(Judging):
    """What changes by events. `keys` are the entries of those counted, `arrived` when the last of them did."""

    __slots__ = ("arrived", "closed", "erased", "keys", "used")

    def __init__(self, progress: Progress, catalog: Catalog, now: Instant) -> None:
        # Asked here, because nearly no catalog has variants, and every event comes through here.
        seen = catalog.seen_by(progress.subject) if catalog.tested else catalog
        super().__init__(progress, seen, now, memory_of(catalog))
        self.arrived: Instant | None = None
        self.erased, self.closed, self.used = progress.erased, progress.closed, progress.used
        self.keys: dict[int, Entry] = {}

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

    def _join(self, event: Group) -> None:
        self._belong({*self.memberships, Membership(event.instant, event.account)})


def memory_of(catalog: Catalog) -> Duration:
    """How much older than another an event can be that arrives later, if only for a second time."""
    return catalog.max_age + REDELIVERY
