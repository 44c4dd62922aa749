"""What a run leaves behind for the judge: plain facts, instants in microseconds since 1970."""

from collections import Counter
from collections.abc import Mapping, Sequence
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
