"""How far one subject has come: what the core is given and gives back. It knows nothing of how it is stored."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from milepost.domain.caps import Use
from milepost.domain.event import Subject
from milepost.domain.instant import Instant
from milepost.domain.ledger import Ledger
from milepost.domain.memo import Memo
from milepost.domain.outbox import Waiting
from milepost.domain.schedule import Pending
from milepost.domain.totals import Kept

_NOTHING: Final[Mapping[Any, Any]] = {}
_EMPTY: Final = Ledger()


class Trait(NamedTuple):
    """A trait's value and the event time of the write that set it."""

    value: object
    instant: Instant


class Membership(NamedTuple):
    """From `instant` on the user belongs to this account."""

    instant: Instant
    account: str


def account_at(memberships: Sequence[Membership], instant: Instant) -> str | None:
    """The account that the user belonged to at that instant."""
    joined = [each.account for each in memberships if each.instant <= instant]
    return joined[-1] if joined else None


class Standing(NamedTuple):
    """Where a subject stands on one milestone.

    `occurrences` is how often it was reached, baseline included, and `at` the last time; `missed` and `recovered`
    say what became of the deadline. `memo` is what the rule, or the deadline around it, remembers, and `shape` tells
    of which. `closed`: the milestone came too late to be judged for this subject. `held` is the instant and
    ref of what a subject reached who does not take part: it counts once it does. `baseline`: what `occurrences` says
    last was marked silently, having been met before the milestone was introduced.
    """

    occurrences: int = 0
    at: Instant | None = None
    shape: int = 0
    memo: Memo = None
    missed: int = 0
    recovered: int = 0
    closed: int = 0
    held: tuple[Instant, Instant | None] | None = None
    baseline: int = 0


def with_memo(standing: Standing, memo: Memo) -> Standing:
    """The standing with another memo: `_replace`, at a fifth of its price, for what happens with nearly every event."""
    occurrences, at, shape, _, missed, recovered, closed, held, baseline = standing
    return tuple.__new__(Standing, (occurrences, at, shape, memo, missed, recovered, closed, held, baseline))


class Progress(NamedTuple):
    """One subject's aggregate.

    `catalog_version` is 0 until the first event. `counted` are the events of the tracking plan by name; `zone` is
    what the last event's context said of the time zone; `memberships` are a user's accounts, in order of time.
    `due` is when the clock may matter. `forward` is whom the subject turned out to be: its progress is there.
    `pending` are the nudges that wait, `used` those that were sent or held out lately, as far as a cap or arbitration
    looks back, and `recent` the instants of events that a condition looks back at, by `Watch.key`. `erased`: whoever
    this was is forgotten, and nothing that happened up to that instant is the subject's. `closed` are the channels that
    reports have closed, each since when; `totals` are what nudges tell of the subject, by `Total.key`.
    """

    subject: Subject
    catalog_version: int = 0
    traits: Mapping[str, Trait] = _NOTHING
    standings: Mapping[str, Standing] = _NOTHING
    ledger: Ledger = _EMPTY
    outbox: tuple[Waiting, ...] = ()
    due: Instant | None = None
    counted: Mapping[str, int] = _NOTHING
    zone: Trait | None = None
    memberships: tuple[Membership, ...] = ()
    forward: Subject | None = None
    pending: tuple[Pending, ...] = ()
    used: tuple[Use, ...] = ()
    recent: Mapping[int, tuple[Instant, ...]] = _NOTHING
    erased: Instant | None = None
    closed: Mapping[str, Instant] = _NOTHING
    totals: Mapping[int, Kept] = _NOTHING

    def forgets(self, instant: Instant) -> bool:
        """Whether what happened then is nothing to the subject any more."""
        return self.erased is not None and instant <= self.erased

    @property
    def is_tombstone(self) -> bool:
        """Whether nothing is left of the subject, and nothing new has begun."""
        return self.erased is not None and not self.catalog_version and self.forward is None and not self.outbox
