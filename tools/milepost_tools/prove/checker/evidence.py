"""What a run leaves behind for the judge, and how it is looked at: plain facts, instants in microseconds since 1970."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Sent:
    """One message that a producer meant, however often it sent it; `name` is None unless it is a track.

    `instant` is None where the message has no timestamp. `sent` is when the queue first took it. `valid` says
    whether the rules of the boundary accept it. `exhausted` is set if it ever went to the dead letters unread.
    """

    subject: str
    message_id: str
    name: str | None
    instant: int | None
    sent: int
    body: str
    valid: bool
    amount: int = 0
    account: str | None = None
    exhausted: bool = False
    consent: bool = False
    """Whether it says yes to email."""
    zone: str = "UTC"
    """Of the wall clock of whoever did it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A message that a subscriber got: the CloudEvent, and when."""

    topic: str
    event: Mapping[str, Any]
    when: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What is known of somebody who was erased, and is nowhere else in the evidence.

    `buried` is when nothing of before could count any more, None if it never came to that. `left` is what is stored
    of them beside a tombstone. `may_count` is what statistics may count of them, for what was booked stays counted.
    """

    subject: str
    buried: int | None
    told: Sequence[Told]
    left: Sequence[str]
    may_count: Counter[tuple[str, str]]


@dataclass(slots=True)
class Evidence:
    """Everything."""

    sent: list[Sent]
    aliases: dict[str, str]
    told: list[Told]
    statistics: Counter[tuple[str, str]]
    decisions: Sequence[Mapping[str, str]]
    """Subject, id, milestone, verdict and channel of each decision record."""
    counted: dict[str, Mapping[str, int]]
    """Events by name of each subject that is stored and has not become another."""
    dead: list[tuple[str, str | None]]
    """Bodies and reasons in the dead-letter queue."""
    waiting: dict[str, int] = field(default_factory=dict)
    """What has not come to rest, by what it is: outboxes, due subjects, messages in queues."""
    history: Sequence[Mapping[str, str]] = ()
    """Each decision record as it was booked, in that order; where nobody has watched, as they are at the end."""
    now: int = 0
    """When all this was gathered."""
    skew: int = 0
    """How far apart two times can be that workers take for the same: their clocks differ, and each looks but once."""
    erased: Erased | None = None
    grace: int = 900_000_000
    """The catalog's. Clocks that are wrong by minutes must not eat into it."""


def is_wrong(evidence: Evidence, key: tuple[str, str], wanted: int) -> bool:
    """Whether statistics count another number, and not because of somebody who was erased."""
    may = 0 if evidence.erased is None else evidence.erased.may_count[key]
    return not wanted <= evidence.statistics[key] <= wanted + may


def tracks(evidence: Evidence) -> list[Sent]:
    """Everything that was meant to count."""
    return [each for each in evidence.sent if each.valid and each.name is not None]


def head_of(evidence: Evidence, subject: str) -> str:
    """Whom a subject has become, or itself."""
    return evidence.aliases.get(subject, subject)


def by_subject(evidence: Evidence) -> dict[str, list[Sent]]:
    """What each has done, under the id that they had."""
    found: defaultdict[str, list[Sent]] = defaultdict(list)
    for each in tracks(evidence):
        found[each.subject].append(each)
    return found


def by_head(evidence: Evidence) -> dict[str, list[Sent]]:
    """What each has done, under all of their ids."""
    found: defaultdict[str, list[Sent]] = defaultdict(list)
    for each in tracks(evidence):
        found[head_of(evidence, each.subject)].append(each)
    return found


def instants(events: Sequence[Sent], name: str) -> list[int]:
    """When they did something of that name, where it says so."""
    return [each.instant for each in events if each.name == name and each.instant is not None]


def told_of(evidence: Evidence, milestone: str) -> Iterator[tuple[str, str, Told]]:
    """Subject, outcome and the first message of each occurrence."""
    seen = set()
    for each in evidence.told:
        data = each.event["data"]
        if each.topic == "outcomes" and data["milestone"] == milestone and each.event["id"] not in seen:
            seen.add(each.event["id"])
            yield data["subject"], data["outcome"], each
