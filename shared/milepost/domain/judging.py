"""Where a subject stands, while the stimuli of one call are folded, and what is found of it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from milepost.domain import deadline, judge
from milepost.domain.catalog import Catalog
from milepost.domain.event import Tick
from milepost.domain.identity import Identity
from milepost.domain.instant import Duration, Instant
from milepost.domain.introduction import Known, introduce
from milepost.domain.judge import Finding, Judgement, Scene
from milepost.domain.milestone import Milestone
from milepost.domain.progress import Progress, Standing
from milepost.domain.rules.interface import Past
from milepost.domain.totals import bounded

if TYPE_CHECKING:
    from milepost.domain.schedule import Pending

NEVER: Final[Instant] = -(2**63)
"""Before any instant at which a nudge could be due: nothing that waits is decided without a tick."""


class Judging(Identity):
    """What changes by judging; `found` is what the stimuli brought about, in that order.

    `until` is how far nudges that wait may be decided, `adopted` those that waited for somebody else till now, and
    `awaited` are milestones whose standing has changed and for which the clock may matter.
    """

    __slots__ = (
        "_memory",
        "adopted",
        "awaited",
        "counted",
        "found",
        "now",
        "pending",
        "recent",
        "roster",
        "standings",
        "totals",
        "until",
    )

    def __init__(self, progress: Progress, catalog: Catalog, now: Instant, memory: Duration) -> None:
        super().__init__(progress, catalog, now - memory)
        self.now, self._memory = now, memory
        self.standings, self.counted = dict(progress.standings), dict(progress.counted)
        self.found: list[tuple[Milestone, Finding]] = []
        self.awaited: dict[str, Milestone] = {}
        self.until: Instant = NEVER
        self.adopted: tuple[Pending, ...] = ()
        self.pending, self.recent, self.totals = progress.pending, progress.recent, progress.totals
        self.roster = catalog.roster(progress.subject)

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
