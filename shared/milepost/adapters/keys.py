"""Keys and attribute names of both tables, an example beside each. Short, because every byte is billed."""

from hashlib import blake2b
from typing import Final

from milepost.domain.event import Subject
from milepost.domain.instant import SECOND, Instant, format_instant
from milepost.domain.outbox import Nudge

PARTITION: Final = "pk"
"""Main table: the subject, `user:u_42`. Statistics: catalog and scope, `acme-fitness#first-workout`."""
SORT: Final = "sk"
"""Main table: `a` for the aggregate, `d#2026-11-22T08:00:00Z.000000#<nudge id>` for a decision. Statistics: `07`."""
AGGREGATE: Final = "a"
DECISION: Final = "d#"
"""What the sort key of a decision begins with."""
SEGMENT: Final = "s#"
"""And that of a segment of spilled entries: `s#09225167371254775808#41`, the instant that all of them are newer
than, and the version of the aggregate that they were spilled from."""
STRAGGLER: Final = "l#"
"""And that of an entry spilled alone, late: `l#09225167371254775808#7f00a1b2c3d4e5f6`, its instant and its hash."""
ALIAS: Final = "y#"
"""And that of word of somebody who has become this subject: `y#user:device`."""

VERSION: Final = "v"
"""How often the item was written; every write is on the condition that it has not changed."""
FORMAT: Final = "f"
"""Major version of the encoding; see `codec`."""
CATALOG: Final = "c"
TRAITS: Final = "t"
STANDINGS: Final = "m"
LEDGER: Final = "l"
SPILLED: Final = "s"
"""The newest instant among the entries that were spilled."""
ORIGINS: Final = "y"
"""Who has become this subject and had spilled entries, which are still where they were."""
COUNTED: Final = "e"
"""Events of the tracking plan by name."""
ZONE: Final = "z"
MEMBERSHIPS: Final = "g"
OUTBOX: Final = "o"
"""Binary, and there only while something waits: the stream's filter looks for it."""
DUE: Final = "d"
"""Microseconds since 1970; range key of the due index."""
DUE_SHARD: Final = "dp"
"""`07`; hash key of the due index, there only together with `d`."""
DECISION_DAY: Final = "dd"
"""`2026-11-22#3`: the UTC day of a decision, and a shard; hash key of the index of decisions, in decisions alone."""
DECIDED: Final = "dt"
"""Microseconds since 1970; range key of the index of decisions."""
FORWARD: Final = "w"
"""`user:u_42`: whom the subject turned out to be."""
PENDING: Final = "n"
"""Nudges that wait."""
WAITING: Final = "i"
"""`first second`: the ids of the milestones that these are of, for when a catalog does not know them any more."""
USED: Final = "u"
"""What caps and arbitration look back at."""
RECENT: Final = "r"
"""Instants of events that conditions of guardrails and steps look back at."""
CLOSED: Final = "h"
"""Channels that reports of a bounce, a complaint or an unsubscribe have closed, each since when."""
ERASED: Final = "q"
"""Up to which instant whatever happened is forgotten: the subject was erased."""
TOTALS: Final = "k"
"""What nudges tell of the subject, by a hash of what is counted."""
EXPIRES: Final = "x"
"""Seconds since 1970; the table's time to live. An aggregate has it only while nothing else is left of the subject."""

_ERA: Final = 2**63
DUE_SHARDS: Final = 64
DECISIONS_INDEX: Final = "decisions"
DECISION_SHARDS: Final = 8
"""Each takes 1,000 decisions a second, and each is a query for a day of them."""
STATISTICS_SHARDS: Final = 64
"""Items of one scope, which readers add up: how many is publish's business alone, see `milepost bench booking`."""


LONGEST_SUBJECT: Final = 264
"""Bytes: `account:` and the longest id that the boundary takes."""


def may_be_subject(text: str) -> bool:
    """Whether the table could hold it: one key that it refuses would fail a whole request."""
    return 0 < len(text.encode(errors="replace")) <= LONGEST_SUBJECT


def shard_of(subject: Subject, shards: int) -> int:
    """A number below `shards` that depends on the subject alone."""
    return int.from_bytes(blake2b(subject.encode(), digest_size=4).digest(), "big") % shards


def shard_name(shard: int) -> str:
    """`7` as `07`."""
    return f"{shard:02d}"


def decision_sort(nudge: Nudge) -> str:
    """`d#2026-11-22T08:00:00Z.000000#3f...`: a subject's decisions in the order of what they are about.

    The same for each verdict of one nudge: a later one takes the place of the one before.
    """
    seconds, rest = divmod(nudge.at, SECOND)
    return f"{DECISION}{format_instant(seconds * SECOND)}.{rest:06d}#{nudge.id}"


def decision_day(decided: Instant, shard: int) -> str:
    """`2026-11-22#3`."""
    day, _, _ = format_instant(decided).partition("T")
    return f"{day}#{shard}"


def instant_sort(instant: Instant | None) -> str:
    """Digits that sort as instants do, those before 1970 and None, which is before all, included."""
    return f"{0 if instant is None else instant + _ERA:020d}"


def instant_of(sorted_digits: str) -> Instant:
    """The instant that such digits stand for."""
    return int(sorted_digits) - _ERA


def segment_sort(after: Instant | None, version: int) -> str:
    """`s#09225167371254775808#41`."""
    return f"{SEGMENT}{instant_sort(after)}#{version}"


def straggler_sort(instant: Instant, key: int) -> str:
    """`l#09225167371254775808#7f00a1b2c3d4e5f6`."""
    return f"{STRAGGLER}{instant_sort(instant)}#{key:016x}"


def alias_sort(other: Subject) -> str:
    """`y#user:device`."""
    return f"{ALIAS}{other}"


def statistics_partition(catalog: str, scope: str) -> str:
    """`acme-fitness#first-workout`; the scope is a milestone, or `*` for what belongs to none."""
    return f"{catalog}#{scope}"
