"""What one write has decided and somebody has yet to tell or to book.

Entries stay in the subject's item until they are acknowledged, one by one. An entry's id is a function of
what it is, so that whatever happens between a decision and its acknowledgement, nobody meets it under two ids.
"""

from dataclasses import dataclass, replace
from hashlib import blake2b
from json import JSONEncoder
from typing import Final, Literal, TypeAlias

from milepost.domain.event import Subject
from milepost.domain.instant import MINUTE, Duration, Instant
from milepost.domain.milestone import Path

RETRY_AFTER: Duration = 15 * MINUTE
"""How long an entry may stay unacknowledged before the clock brings its subject back."""

Kind: TypeAlias = Literal["reached", "missed", "recovered", "baseline", "retracted"]
"""`retracted` takes the last occurrence of a repeating streak back: a late event has joined two runs to one."""
Verdict: TypeAlias = Literal["sent", "held_out", "deferred", "suppressed", "cancelled"]
"""All are final but `deferred`, which another one follows. `held_out` would have been sent."""
Reason: TypeAlias = Literal[
    "stale",
    "unless",
    "if",
    "audience",
    "no_consent",
    "channel_closed",
    "no_address",
    "suppress",
    "arbitration",
    "cap",
    "quiet_hours",
    "send_window",
    "unknown_zone",
    "holdout",
    "not_yet",
    "merged",
    "not_in_catalog",
    "too_many_waiting",
    "retracted",
    "reached_after_all",
    "template_failed",
    "too_large",
    "erased",
    "cancelled_by_operator",
]
"""Why a nudge was not sent, or not yet."""
_JSON: Final = JSONEncoder(ensure_ascii=False)
"""Made once: `dumps` makes one for each call that does not want what it does by default."""


def stable_id(*parts: str | int) -> str:
    """128 bits that depend on the parts and on nothing else, in hexadecimal."""
    return blake2b(_JSON.encode(parts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Joined:
    """The subject has been seen for the first time: one member more."""

    at: Instant
    id: str = "joined"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A milestone was reached, missed or recovered (semantics, section 7)."""

    id: str
    subject: Subject
    milestone: str
    outcome: Kind
    n: int
    at: Instant
    ref: Instant | None
    catalog_version: int
    decided_at: Instant
    undoes: tuple[Kind, ...] = ()
    """Earlier outcomes of this occurrence whose place it takes (semantics, 3.12)."""
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class Nudge:
    """What became of one step for one occurrence: its verdict, and why.

    `not_after` is the instant from which on a nudge with verdict `sent` must not be published any more, but asked about
    again. `until` is when one that is `deferred` is asked about again, `planned` when the step was to go, if that is
    not `at`, and `occurrence` what tells its
    occurrences apart, if that is not `n`. `attempt` is 2 for the first time that an operator sends it again.
    """

    id: str
    subject: Subject
    milestone: str
    path: Path
    step: int
    n: int
    channel: str
    template: str
    verdict: Verdict
    reason: Reason | None
    at: Instant
    decided_at: Instant
    not_after: Instant
    catalog_version: int
    variant: str | None = None
    until: Instant | None = None
    planned: Instant | None = None
    occurrence: int | None = None
    attempt: int | None = None

    @property
    def is_final(self) -> bool:
        """Whether no other verdict follows."""
        return self.verdict != "deferred"

    def as_sent(self) -> "Nudge":
        """The same nudge, known to have gone out."""
        return replace(self, verdict="sent", reason=None, until=None)

    def cancelled(self, reason: Reason, now: Instant) -> "Nudge":
        """The same nudge, called back before it went out."""
        return replace(self, verdict="cancelled", reason=reason, decided_at=now, until=None)

    def suppressed(self, reason: Reason, now: Instant) -> "Nudge":
        """The same nudge, which cannot go out as it is."""
        return replace(self, verdict="suppressed", reason=reason, decided_at=now, until=None)


@dataclass(frozen=True, slots=True)
class Parted:
    """The subject turned out to be another one: what the statistics counted for both is taken off again.

    An entry for each milestone, with how often which kind was counted too often; that of no milestone is a member
    less. So a booking needs no more than one item of the statistics for an entry, as with any other kind.
    """

    id: str
    at: Instant
    milestone: str | None = None
    surplus: tuple[tuple[Kind, int], ...] = ()


Waiting: TypeAlias = Joined | Outcome | Nudge | Parted
"""One entry of the outbox."""
