"""What a source knows of one subject, whatever the source: a log that was simulated, or a stack."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost.domain.instant import Instant
from milepost.domain.outbox import Nudge, Outcome
from milepost.domain.progress import Progress
from milepost.domain.schedule import nudge_id


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one step for one occurrence.

    `template` is None where nobody can tell any more; `waits` while it is still in the outbox, `not_after` the
    instant from which on it must not go any more. `until` is when one that was deferred was to be asked about again,
    and it is `pending` while that is to come. `attempt` is 2 for the first time that an operator sent it again.
    """

    id: str
    milestone: str
    path: str
    step: int
    n: int
    channel: str
    template: str | None
    verdict: str
    reason: str | None
    at: Instant
    decided_at: Instant
    not_after: Instant | None = None
    waits: bool = False
    until: Instant | None = None
    pending: bool = False
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event did to one milestone: a key of `effect.WORDS`."""

    did: str
    milestone: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to the subject: an event, or a decision of the clock, which has no `ref`.

    `ref` is the line of the log, `arrived` when it came, `note` what it did beside its `effects`. One that was
    refused, which has no `instant`, or that came twice was not `counted`.
    """

    instant: Instant | None
    arrived: Instant
    name: str
    message_id: str | None
    ref: str | None
    note: str | None
    effects: tuple[Effect, ...] = ()
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """All that a source knows. What only a log can tell is None for a stack: `outcomes` and `happenings`.

    `now` is the instant by which it is looked at, None where nobody can tell. `unreadable` are lines of the log
    of which nobody can say whose they were. `asked` is who was asked for, if that one has become the subject, and
    `since` when it did, None where nobody can tell.
    """

    progress: Progress
    source: str
    now: Instant | None
    decisions: Sequence[Decision]
    outcomes: Sequence[Outcome] | None = None
    happenings: Sequence[Happening] | None = None
    unreadable: int = 0
    asked: Subject | None = None
    since: Instant | None = None

    @property
    def subject(self) -> Subject:
        """Whom it is about."""
        return self.progress.subject


def decision_of(nudge: Nudge, *, waits: bool) -> Decision:
    """A nudge as the core decided it."""
    return Decision(
        id=nudge.id,
        milestone=nudge.milestone,
        path=nudge.path,
        step=nudge.step,
        n=nudge.n,
        channel=nudge.channel,
        template=nudge.template,
        verdict=nudge.verdict,
        reason=nudge.reason,
        at=nudge.at,
        decided_at=nudge.decided_at,
        not_after=nudge.not_after,
        waits=waits,
        until=nudge.until,
        attempt=nudge.attempt or 1,
    )


def with_pending(decisions: Iterable[Decision], progress: Progress, catalog: Catalog) -> list[Decision]:
    """The decisions in the order in which they were made, and which of them are about nudges that wait now."""
    waiting = {nudge_id(catalog.name, progress.subject, each): each for each in progress.pending}
    ordered = sorted(decisions, key=lambda each: each.decided_at)
    last = {each.id: place for place, each in enumerate(ordered)}
    for id_, pending in waiting.items():
        if id_ in last and ordered[last[id_]].verdict == "deferred":
            place = last[id_]
            ordered[place] = replace(ordered[place], pending=True, until=pending.due)
    return ordered
