"""The core: everything that Milepost means happens in `advance`.

Its laws:

* It is a function of its arguments. The clock is `now`, and nothing else tells the time.
* An event changes a subject once: what the ledger remembers changes nothing.
* An event is folded before any tick, and in the order of (instant, messageId).
* What waits for the clock is decided by a tick alone, and only up to the tick's `until`.
* Whatever is found is in the outbox of the progress that comes back, under an id that depends on what it is.
* `due` is never later than the first instant at which the clock could change something. It may be earlier:
  an event moves it forward, never back, and the tick that comes too early re-arms it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from milepost.domain import judge
from milepost.domain.catalog import Catalog, Milestone, Path
from milepost.domain.event import Event, Identify, Stimulus, Tick, Track
from milepost.domain.gates import Question, ask
from milepost.domain.instant import Instant
from milepost.domain.judge import Finding
from milepost.domain.ledger import REDELIVERY, Entry
from milepost.domain.outbox import RETRY_AFTER, Joined, Nudge, Outcome, Waiting, stable_id
from milepost.domain.progress import Progress, Standing, Trait

MOST_TRAITS: Final = 128
"""Names of traits that a subject can have: producers that make up names must not fill its item."""


class Advance(NamedTuple):
    """What came of it: the new progress, the outcomes and nudges found, and counts for the metrics."""

    progress: Progress
    outcomes: tuple[Outcome, ...]
    nudges: tuple[Nudge, ...]
    tally: Mapping[str, int]


@dataclass(slots=True)
class _Fold:
    """The work in hand: what changes while the stimuli of one call are folded."""

    catalog: Catalog
    progress: Progress
    traits: dict[str, Trait]
    standings: dict[str, Standing]
    counted: dict[int, Entry]
    found: list[tuple[Milestone, Finding]]
    tally: Counter[str]
    wants: list[Instant]


def advance(progress: Progress, stimuli: Sequence[Stimulus], catalog: Catalog, now: Instant) -> Advance:
    """Fold one subject's events and ticks, and decide what comes of them. See the laws above."""
    fold = _Fold(catalog, progress, dict(progress.traits), dict(progress.standings), {}, [], Counter(), [])
    events: list[Track | Identify] = [each for each in stimuli if not isinstance(each, Tick)]
    ticks = [each for each in stimuli if isinstance(each, Tick)]
    for event in sorted(events, key=lambda each: (each.instant, each.message_id)):
        _fold_event(fold, event)
    for tick in ticks:
        _fold_tick(fold, tick, now)
    # A tick for a subject that nobody has heard of finds nothing, and above all makes nobody a member.
    if not fold.counted and not (ticks and progress.catalog_version):
        return Advance(progress, (), (), fold.tally)
    return _conclude(fold, events, now, rearm=bool(ticks))


def acknowledge(progress: Progress, booked: frozenset[str], catalog: Catalog, now: Instant) -> Progress:
    """The progress once these entries of its outbox have been told and booked."""
    outbox = tuple(each for each in progress.outbox if each.id not in booked)
    kept = replace(progress, outbox=outbox)
    return replace(kept, due=_due(kept, catalog, now))


def _horizon(catalog: Catalog, arrived: Instant) -> Instant:
    """Events older than this cannot arrive any more, not even a second time."""
    return arrived - catalog.max_age - REDELIVERY


def _fold_event(fold: _Fold, event: Track | Identify) -> None:
    entry = fold.counted.get(event.key) or fold.progress.ledger.find(event)
    if entry is not None:
        fold.tally["duplicate"] += 1
        fold.tally["conflicting_body"] += entry.body != event.body
        return
    fold.tally["counted"] += 1
    fold.counted[event.key] = Entry(event.instant, event.body)
    if isinstance(event, Identify):
        _fold_traits(fold, event)
    else:
        _fold_track(fold, event)


def _fold_traits(fold: _Fold, event: Identify) -> None:
    for name, value in event.traits.items():
        known = fold.traits.get(name)
        if known is None and len(fold.traits) >= MOST_TRAITS:
            fold.tally["trait_left_out"] += 1
            continue
        if known is None or event.instant >= known.instant:
            fold.traits[name] = Trait(value, event.instant)


def _fold_track(fold: _Fold, event: Track) -> None:
    if event.name not in fold.catalog.events:
        fold.tally["unknown_event"] += 1
    horizon = _horizon(fold.catalog, event.arrived)
    for milestone in fold.catalog.concerned_by(event):
        if milestone.rule.unusable(event):
            fold.tally["unusable_property"] += 1
        standing = _standing(fold, milestone)
        _keep(fold, milestone, standing, judge.on_event(milestone, standing, event, horizon))


def _fold_tick(fold: _Fold, tick: Tick, now: Instant) -> None:
    horizon = _horizon(fold.catalog, now)
    for milestone in fold.catalog.milestones.values():
        standing = _standing(fold, milestone)
        _keep(fold, milestone, standing, judge.on_clock(milestone, fold.catalog.grace, standing, tick.until, horizon))


def _standing(fold: _Fold, milestone: Milestone) -> Standing:
    """The standing as it is; under a rule or deadline that has changed since, without what the old one remembered."""
    standing = fold.standings.get(milestone.id)
    if standing is None:
        return Standing(shape=milestone.shape)
    return standing if standing.shape == milestone.shape else standing._replace(shape=milestone.shape, memo=None)


def _keep(fold: _Fold, milestone: Milestone, before: Standing, judged: judge.Judgement) -> None:
    if judged.standing is before:
        return
    fold.standings[milestone.id] = judged.standing
    fold.found.extend((milestone, finding) for finding in judged.findings)
    wanted = judge.waits_until(milestone, fold.catalog.grace, judged.standing)
    if wanted is not None:
        fold.wants.append(wanted)


def _conclude(fold: _Fold, events: Sequence[Event], now: Instant, *, rearm: bool) -> Advance:
    before, catalog = fold.progress, fold.catalog
    arrived = max((each.arrived for each in events), default=now)
    joined = () if before.catalog_version else (Joined(now),)
    outcomes = tuple(_outcome(fold, each, finding, now) for each, finding in fold.found)
    # Only now, when all traits of the batch are known, are the gates asked.
    waiting = (*before.outbox, *joined, *outcomes, *_nudges(fold, now))
    progress = Progress(
        subject=before.subject,
        catalog_version=catalog.version,
        traits=fold.traits,
        standings=fold.standings,
        ledger=before.ledger.with_events(fold.counted, _horizon(catalog, arrived)),
        outbox=tuple(_called_back(waiting, outcomes, now)) if waiting else (),
        due=before.due,
    )
    due = _due(progress, catalog, now) if rearm else _earliest(before.due, fold.wants, progress.outbox, now)
    nudges = tuple(each for each in progress.outbox[len(before.outbox) :] if isinstance(each, Nudge))
    return Advance(progress if due == before.due else replace(progress, due=due), outcomes, nudges, fold.tally)


def _outcome(fold: _Fold, milestone: Milestone, found: Finding, now: Instant) -> Outcome:
    catalog, subject = fold.catalog, fold.progress.subject
    return Outcome(
        id=stable_id(catalog.name, milestone.id, subject, found.n, found.outcome),
        subject=subject,
        milestone=milestone.id,
        outcome=found.outcome,
        n=found.n,
        at=found.at,
        ref=found.ref,
        catalog_version=catalog.version,
        decided_at=now,
        undoes=found.undoes,
    )


def _nudges(fold: _Fold, now: Instant) -> Iterable[Nudge]:
    for milestone, finding in fold.found:
        if finding.outcome != "baseline":
            for number, step in enumerate(milestone.steps[finding.outcome]):
                question = Question(fold.catalog, milestone, step, fold.traits, finding.at, now)
                yield _nudge(fold, question, finding, finding.outcome, number)


def _nudge(fold: _Fold, asked: Question, finding: Finding, path: Path, number: int) -> Nudge:
    catalog, subject, milestone = fold.catalog, fold.progress.subject, asked.milestone
    closed = ask(asked)
    return Nudge(
        id=stable_id(catalog.name, milestone.id, subject, finding.n, path, number),
        subject=subject,
        milestone=milestone.id,
        path=path,
        step=number,
        n=finding.n,
        channel=asked.channel,
        template=asked.step.template,
        verdict="sent" if closed is None else closed.verdict,
        reason=None if closed is None else closed.reason,
        at=finding.at,
        decided_at=asked.now,
        not_after=finding.at + milestone.fresh_for,
        catalog_version=catalog.version,
    )


def _called_back(waiting: Sequence[Waiting], outcomes: Sequence[Outcome], now: Instant) -> Iterable[Waiting]:
    """What was waiting, without the nudges that have become untrue or too old to send."""
    turned = {each.milestone for each in outcomes if each.undoes}
    for each in waiting:
        if not isinstance(each, Nudge) or each.verdict != "sent":
            yield each
        elif each.path != "reached" and each.milestone in turned:
            yield each.cancelled("reached_after_all", now)
        else:
            yield each.cancelled("stale", now) if now >= each.not_after else each


def _due(progress: Progress, catalog: Catalog, now: Instant) -> Instant | None:
    """The exact instant: of the open deadlines, and of the outbox if it holds anything."""
    standings = progress.standings
    waits = (
        judge.waits_until(milestone, catalog.grace, standings[milestone.id])
        for milestone in catalog.milestones.values()
        if milestone.id in standings and standings[milestone.id].shape == milestone.shape
    )
    return _earliest(None, [each for each in waits if each is not None], progress.outbox, now)


def _earliest(due: Instant | None, wants: Sequence[Instant], outbox: Sequence[Waiting], now: Instant) -> Instant | None:
    """The earliest of them; what waits in the outbox is looked after once `RETRY_AFTER` has passed."""
    armed = [] if due is None else [due]
    retry = [now + RETRY_AFTER] if outbox else []
    return min([*armed, *wants, *retry], default=None)
