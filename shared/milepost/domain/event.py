"""What a producer says happened, after the boundary has accepted it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from milepost.domain.instant import Instant

REPORTS: Final = frozenset(
    {
        *("nudge_delivered", "nudge_opened", "nudge_clicked"),
        *("nudge_bounced", "nudge_complained", "nudge_unsubscribed"),
    }
)
"""Names of track events by which channels report what became of a nudge (semantics, section 1): no activity of the
subject, so only who names them looks at them."""

Subject: TypeAlias = str
"""Whose progress it is: `user:u_42` or `account:acct_7`."""


@dataclass(frozen=True, slots=True)
class Event:
    """What every accepted message has, whatever its type.

    `key` is the 64-bit hash of the messageId, `body` an 8-bit checksum of the content: the ledger remembers
    both, the first to count an event once, the second to notice that a resend says something else. `dated`: the
    message said when it happened; else `instant` is when it arrived, and a resend has another.
    """

    subject: Subject
    message_id: str
    key: int
    body: int
    instant: Instant
    arrived: Instant
    dated: bool = field(default=True, kw_only=True)


@dataclass(frozen=True, slots=True)
class Track(Event):
    """Something happened; `name` names it.

    `user` is who did it, also where the subject is an account. `zone` and `account` are what the event's
    context says of the user's time zone and account.
    """

    name: str
    properties: Mapping[str, object]
    user: str
    zone: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Identify(Event):
    """Traits of the subject; per trait the last write by event time wins."""

    traits: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Group(Event):
    """The user belongs to this account from here on; the traits are the account's."""

    account: str
    traits: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Alias(Event):
    """The subject and `previous`, an anonymous id or a device's, are one person (semantics, 3.14)."""

    previous: Subject


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock: decide what waits for it up to `until`, and no further.

    `until` is never later than the instant up to which the event queue is worked off (semantics, 3.11).
    """

    until: Instant


Message: TypeAlias = Track | Identify | Group
Stimulus: TypeAlias = Message | Tick
