"""What a report holds: plain values, fit for a page and for JSON."""

from collections.abc import Mapping
from dataclasses import dataclass

from milepost_tools.explain.moments import Moment
from milepost_tools.explain.person import Person
from milepost_tools.explain.story import Told


@dataclass(frozen=True, slots=True)
class NudgeFacts:
    """What became of one nudge, and why.

    It `waits` in the outbox, or `until` its gates are asked again.
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
    why: str
    at: Moment
    decided_at: Moment
    until: Moment | None
    waits: bool
    attempt: int


@dataclass(frozen=True, slots=True)
class Clock:
    """What the clock waits for: since when, until when, and when it is decided at the earliest, grace included.

    `began` is None where no deadline runs but the rule itself waits.
    """

    runs: bool
    began: Moment | None
    until: Moment
    decided_from: Moment
    length: str | None
    grace: str


@dataclass(frozen=True, slots=True)
class MilestoneFacts:
    """Where the subject stands on a milestone.

    `state` is a name of `state.STATES`; `have` and `need` are exact numbers, `missing` says them in words. `audience`
    are the conditions for taking part, `failing` those that are not met. `events` is None where it looks at all.
    """

    id: str
    title: str
    state: str
    means: str
    occurrences: int
    last: Moment | None
    missing: str | None
    have: str | None
    need: str | None
    clock: Clock | None
    takes_part: bool
    audience: tuple[str, ...]
    failing: tuple[str, ...]
    events: tuple[str, ...] | None
    traits: tuple[str, ...]
    starts_with: str | None
    steps: Mapping[str, int]
    nudges: tuple[NudgeFacts, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything. `others` are nudges of milestones that this catalog does not know.

    `asked` is who was asked for, if that one has become the subject, and `since` when it did, as far as that is known.
    """

    subject: str
    asked: str | None
    since: Moment | None
    source: str
    as_of: Moment | None
    catalog: str
    version: int
    person: Person
    milestones: tuple[MilestoneFacts, ...]
    others: tuple[NudgeFacts, ...]
    events: tuple[Told, ...] | None
    unreadable: int
