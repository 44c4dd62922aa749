"""Keys and attribute names of both tables, an example beside each. Short, because every byte is billed."""

from hashlib import blake2b
from typing import Final

from milepost.domain.event import Subject
from milepost.domain.instant import SECOND, format_instant
from milepost.domain.outbox import Nudge

PARTITION: Final = "pk"
"""Main table: the subject, `user:u_42`. Statistics: catalog and scope, `acme-fitness#first-workout`."""
SORT: Final = "sk"
"""Main table: `a` for the aggregate, `d#2026-11-22T08:00:00Z.000000#<nudge id>` for a decision. Statistics: `07`."""
AGGREGATE: Final = "a"
DECISION: Final = "d#"
"""What the sort key of a decision begins with."""

VERSION: Final = "v"
"""How often the item was written; every write is on the condition that it has not changed."""
FORMAT: Final = "f"
"""Major version of the encoding; see `codec`."""
CATALOG: Final = "c"
TRAITS: Final = "t"
STANDINGS: Final = "m"
LEDGER: Final = "l"
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
EXPIRES: Final = "x"
"""Seconds since 1970; the table's time to live."""

DUE_SHARDS: Final = 64
STATISTICS_SHARDS: Final = 16


def shard_of(subject: Subject, shards: int) -> int:
    """A number below `shards` that depends on the subject alone."""
    return int.from_bytes(blake2b(subject.encode(), digest_size=4).digest(), "big") % shards


def shard_name(shard: int) -> str:
    """`7` as `07`."""
    return f"{shard:02d}"


def decision_sort(nudge: Nudge) -> str:
    """`d#2026-11-22T08:00:00Z.000000#3f...`: a subject's decisions in the order in which they were made."""
    seconds, rest = divmod(nudge.decided_at, SECOND)
    return f"{DECISION}{format_instant(seconds * SECOND)}.{rest:06d}#{nudge.id}"


def statistics_partition(catalog: str, scope: str) -> str:
    """`acme-fitness#first-workout`; the scope is a milestone, or `*` for what belongs to none."""
    return f"{catalog}#{scope}"
