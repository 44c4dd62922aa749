"""The core: everything that Milepost means happens in `advance`.

Its laws:

* It is a function of its arguments. The clock is `now`, and nothing else tells the time.
* An event changes a subject once: what the ledger remembers changes nothing.
* What happened before a subject was erased changes nothing, whenever it comes.
* An event is folded before any tick, and in the order of (instant, messageId).
* What waits for the clock is decided by a tick alone, and only up to the tick's `until`.
* Whatever is found is in the outbox of the progress that comes back, under an id that depends on what it is.
* `due` is never later than the first instant at which the clock could change something. It may be earlier:
  an event moves it forward, never back, and the tick that comes too early re-arms it.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from milepost.domain.catalog import Catalog
from milepost.domain.decision import decide, give_back
from milepost.domain.event import Message, Stimulus, Tick
from milepost.domain.findings import outcome_of
from milepost.domain.fold import Fold, memory_of
from milepost.domain.instant import Instant
from milepost.domain.outbox import RETRY_AFTER, Joined, Nudge, Outcome, Waiting
from milepost.domain.progress import Progress
from milepost.domain.schedule import nudge_id

_ORDER: Final = attrgetter("instant", "message_id")


class Advance(NamedTuple):
    """What came of it: the new progress, the outcomes and nudges found, and counts for the metrics."""

    progress: Progress
    outcomes: tuple[Outcome, ...]
    nudges: tuple[Nudge, ...]
    tally: Mapping[str, int]


def advance(progress: Progress, stimuli: Sequence[Stimulus], catalog: Catalog, now: Instant) -> Advance:
    """Fold one subject's events and ticks, and decide what comes of them. See the laws above."""
    fold = Fold(progress, catalog, now)
    events: list[Message] = []
    ticks: list[Tick] = []
    for each in stimuli:
        if isinstance(each, Tick):
            ticks.append(each)
        else:
            events.append(each)
    if 0 < progress.catalog_version < catalog.version and progress.forward is None:
        fold.introduce()
    if len(events) > 1:
        events.sort(key=_ORDER)
    for event in events:
        fold.take(event)
    for tick in ticks:
        fold.tick(tick)
    # A tick for a subject that nobody has heard of finds nothing, and above all makes nobody a member.
    if not fold.keys and not (ticks and progress.catalog_version):
        return Advance(progress, (), (), fold.tally)
    return conclude(fold)


def acknowledge(  # noqa: PLR0913  # One argument for each thing that may have become of what is booked.
    progress: Progress,
    booked: frozenset[str],
    catalog: Catalog,
    now: Instant,
    told: frozenset[str] = frozenset(),
    *,
    unsent: frozenset[str] = frozenset(),
) -> Progress:
    """The progress once these entries of its outbox have been told and booked; what was told does not wait either.

    `unsent` are those of them that were to go and could not: what they used up is given back.
    """
    outbox = tuple(each for each in progress.outbox if each.id not in booked)
    # Only a nudge that was called back while it went out can be among both.
    gone = told and {each for each in progress.pending if nudge_id(catalog.name, progress.subject, each) in told}
    kept = progress._replace(
        outbox=outbox, pending=tuple(each for each in progress.pending if not gone or each not in gone)
    )
    fold = Fold(kept, catalog, now)
    for each in progress.outbox:
        if isinstance(each, Nudge) and each.id in unsent:
            give_back(fold, each)
    due = _earliest(_unknown_due(kept, catalog, now), fold.waits(fold.roster.waiting), outbox, now)
    return kept._replace(due=due, used=fold.used)


def conclude(fold: Fold) -> Advance:
    """What comes of the work in hand."""
    before, catalog, now = fold.progress, fold.catalog, fold.now
    if fold.keys:
        fold.tally["counted"] = len(fold.keys)
    quiet = not (fold.found or before.outbox or fold.pending) and before.catalog_version
    outbox, outcomes, nudges = ((), (), ()) if quiet else _told(fold)
    waits = fold.waits(fold.roster.waiting if fold.rearm else fold.awaited.values())
    horizon = (now if fold.arrived is None else fold.arrived) - memory_of(catalog)
    progress = Progress(
        before.subject,
        max(catalog.version, before.catalog_version),
        fold.traits,
        fold.standings,
        before.ledger.with_events(fold.keys, horizon),
        outbox,
        _earliest(_unknown_due(before, catalog, now) if fold.rearm else before.due, waits, outbox, now),
        fold.counted,
        fold.zone,
        fold.memberships,
        before.forward,
        fold.pending,
        fold.used,
        fold.recent,
        # As with the ledger: nothing that happened so long ago comes any more.
        None if fold.erased is None or fold.erased < horizon else fold.erased,
        fold.closed,
        fold.totals,
    )
    return Advance(progress, outcomes, nudges, fold.tally)


def _told(fold: Fold) -> tuple[tuple[Waiting, ...], tuple[Outcome, ...], tuple[Nudge, ...]]:
    """The outbox afterwards, and what of it is new."""
    before = fold.progress
    joined = () if before.catalog_version else (Joined(fold.now),)
    outcomes = tuple(outcome_of(fold, milestone, finding) for milestone, finding in fold.found)
    # Only now, when all traits of the batch are known, are the gates asked.
    outbox, nudges = decide(fold, before.outbox)
    return (*outbox, *joined, *outcomes, *nudges), outcomes, tuple(nudges)


def _unknown_due(progress: Progress, catalog: Catalog, now: Instant) -> Instant | None:
    """What was armed by a newer catalog, whose milestones this one may not know.

    Functions are deployed one after another: for a while an older one works on what a newer one has judged, and must
    not disarm it. What it can do nothing about though its time has come is looked at again after `RETRY_AFTER`.
    """
    if progress.due is None or progress.catalog_version <= catalog.version:
        return None
    return progress.due if progress.due > now else now + RETRY_AFTER


def _earliest(due: Instant | None, wants: Sequence[Instant], outbox: Sequence[Waiting], now: Instant) -> Instant | None:
    """The earliest of them; what waits in the outbox is looked after once `RETRY_AFTER` has passed."""
    for want in wants:
        if due is None or want < due:
            due = want
    if outbox:
        retry = now + RETRY_AFTER
        return retry if due is None else min(due, retry)
    return due
