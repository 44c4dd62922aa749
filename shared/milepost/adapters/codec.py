"""A subject's progress as the attributes of one item, and back.

The major version of this encoding is `FORMAT`. A newer release may add attributes without raising it, and they
survive our writes because a write names only what it knows. An item of a newer major version is not read at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from milepost.adapters import keys
from milepost.adapters.counted import decode_counted, encode_counted
from milepost.adapters.entries import decode_entries, encode_entries
from milepost.adapters.names import Names, waiting_for
from milepost.adapters.pack import pack
from milepost.adapters.rare import decode_rare, encode_rare
from milepost.adapters.standings import decode_packed, decode_standings, encode_standings
from milepost.adapters.unpack import unpack
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost.domain.fold import memory_of
from milepost.domain.instant import DAY, SECOND, Duration
from milepost.domain.ledger import Elsewhere, Ledger, Origin
from milepost.domain.progress import Progress, Trait

FORMAT: Final = 5
"""The newest that is read. 3 since the ledger spills: a release that does not know `s` would count what was spilled a
second time; 4 since integers are kept by their length, and standings as rows; 5 since subjects are erased: a release
that does not know `q` would count what is forgotten."""
USUAL: Final = 4
"""What everything has that holds nothing of a newer format, so that a release that is older can go on with it."""
_SLACK: Final[Duration] = 2 * DAY
"""Beyond the last event that a tombstone has to keep away."""
_MOST_DIGITS: Final = 30
_ROWS: Final = 4
"""The first format whose standings are rows."""

OPTIONAL: Final = frozenset(
    {
        *(keys.SPILLED, keys.ORIGINS, keys.COUNTED, keys.ZONE, keys.MEMBERSHIPS, keys.OUTBOX),
        *(keys.DUE, keys.DUE_SHARD, keys.FORWARD, keys.PENDING, keys.USED, keys.RECENT, keys.CLOSED),
        *(keys.WAITING, keys.TOTALS, keys.ERASED, keys.EXPIRES),
    }
)
"""Attributes that an item may lack."""

Attributes: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Attribute values in DynamoDB's own notation: `{"v": {"N": "7"}}`."""


class UnreadableItemError(Exception):
    """The item cannot be read. It is not nothing: it must not be begun anew, let alone overwritten."""


class NewerFormatError(UnreadableItemError):
    """The item was written by a newer major version."""


def whole(number: Mapping[str, Any]) -> int:
    """A whole number of ours.

    Raises:
        ValueError: it is none, or so large that nothing could be added to it.
    """
    if len(number["N"]) > _MOST_DIGITS:
        raise ValueError("is larger than anything that is written here")
    return int(number["N"])


@dataclass(frozen=True, slots=True)
class Codec:
    """Encodes and decodes for one catalog."""

    names: Names
    memory: Duration
    """How long after an event a copy of it can come."""

    @classmethod
    def of(cls, catalog: Catalog) -> "Codec":
        """The codec that knows this catalog's milestones and events."""
        return cls(Names.of(catalog), memory_of(catalog))

    def encode(self, progress: Progress) -> tuple[Attributes, frozenset[str]]:
        """The attributes to set, and the names of those to remove; keys and version are the store's."""
        present: dict[str, dict[str, Any]] = {
            keys.FORMAT: {"N": str(USUAL if progress.erased is None else FORMAT)},
            keys.CATALOG: {"N": str(progress.catalog_version)},
            keys.TRAITS: {"B": pack({name: tuple(trait) for name, trait in progress.traits.items()})},
            keys.STANDINGS: {"B": encode_standings(progress.standings)},
            keys.LEDGER: {"B": encode_entries(progress.ledger.entries)},
        }
        spilled, origins, _ = progress.ledger.elsewhere
        if spilled is not None:
            present[keys.SPILLED] = {"N": str(spilled)}
        if origins:
            present[keys.ORIGINS] = {"B": pack([tuple(each) for each in origins])}
        if progress.counted:
            present[keys.COUNTED] = {"B": encode_counted(progress.counted)}
        if progress.due is not None:
            shard = keys.shard_of(progress.subject, keys.DUE_SHARDS)
            present[keys.DUE] = {"N": str(progress.due)}
            present[keys.DUE_SHARD] = {"S": keys.shard_name(shard)}
        if progress.forward is not None:
            present[keys.FORWARD] = {"S": progress.forward}
        if progress.erased is not None:
            present[keys.ERASED] = {"N": str(progress.erased)}
            if progress.is_tombstone:  # Whatever begins anew takes this away with its first write.
                present[keys.EXPIRES] = {"N": str((progress.erased + self.memory + _SLACK) // SECOND)}
        if waiting := waiting_for(progress.pending):
            present[keys.WAITING] = {"S": waiting}
        for name, data in encode_rare(progress):
            present[name] = {"B": data}
        return present, frozenset(OPTIONAL - present.keys())

    def decode(self, subject: Subject, item: Attributes) -> Progress:
        """The progress in an item.

        Raises:
            NewerFormatError: the item is of a newer major version.
            UnreadableItemError: it is damaged, or was not written by us.
        """
        try:
            return self._decode(subject, item)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise UnreadableItemError from error

    def _decode(self, subject: Subject, item: Attributes) -> Progress:
        format_ = whole(item[keys.FORMAT])
        if format_ > FORMAT:
            raise NewerFormatError
        traits = cast("dict[str, tuple[Any, int]]", unpack(item[keys.TRAITS]["B"]))
        standings = decode_standings if format_ >= _ROWS else decode_packed
        names = self.names.with_waiting(item[keys.WAITING]["S"]) if keys.WAITING in item else self.names
        return Progress(
            subject=subject,
            catalog_version=whole(item[keys.CATALOG]),
            traits={name: Trait(*trait) for name, trait in traits.items()},
            standings=standings(item[keys.STANDINGS]["B"], self.names),
            ledger=_decode_ledger(item),
            due=whole(item[keys.DUE]) if keys.DUE in item else None,
            counted=decode_counted(item[keys.COUNTED]["B"], self.names) if keys.COUNTED in item else {},
            forward=_decode_forward(subject, item[keys.FORWARD]["S"]) if keys.FORWARD in item else None,
            erased=whole(item[keys.ERASED]) if keys.ERASED in item else None,
            **decode_rare(item, subject, names),
        )


def _decode_ledger(item: Attributes) -> Ledger:
    entries = decode_entries(item[keys.LEDGER]["B"])
    spilled = whole(item[keys.SPILLED]) if keys.SPILLED in item else None
    rows: Any = unpack(item[keys.ORIGINS]["B"]) if keys.ORIGINS in item else ()
    return Ledger(entries, stored=len(entries), elsewhere=Elsewhere(spilled, tuple(Origin(*row) for row in rows)))


def _decode_forward(subject: Subject, forward: Subject) -> Subject:
    if forward == subject or not keys.may_be_subject(forward):
        raise ValueError("leads nowhere")  # Whoever followed it would go round for ever, or fail a whole request.
    return forward
