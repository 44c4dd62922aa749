"""How far one subject has come: what the core is given and gives back. It knows nothing of how it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from milepost.domain.event import Subject
from milepost.domain.instant import Instant
from milepost.domain.ledger import Ledger
from milepost.domain.memo import Memo
from milepost.domain.outbox import Waiting


class Trait(NamedTuple):
    """A trait's value and the event time of the write that set it."""

    value: object
    instant: Instant


class Standing(NamedTuple):
    """Where a subject stands on one milestone.

    `occurrences` is how often it was reached and `at` the last time; `missed` and `recovered` say what became
    of the deadline; `memo` is what the rule, or the deadline around it, remembers, and `shape` tells of which.
    """

    occurrences: int = 0
    at: Instant | None = None
    missed: bool = False
    recovered: bool = False
    memo: Memo = None
    shape: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """One subject's aggregate. `catalog_version` is 0 until the first event; `due` is when the clock may matter."""

    subject: Subject
    catalog_version: int = 0
    traits: Mapping[str, Trait] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    outbox: tuple[Waiting, ...] = ()
    due: Instant | None = None
