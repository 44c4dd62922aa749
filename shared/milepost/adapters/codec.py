"""A subject's progress as the attributes of one item, and back.

The major version of this encoding is `FORMAT`. A newer release may add attributes without raising it, and they
survive our writes because a write names only what it knows. An item of a newer major version is not read at all.
Milestones are kept under 32 bits of a hash of their id, events under 24 bits of one of their name; what the
catalog does not know keeps its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, TypeAlias, cast

from milepost.adapters import keys
from milepost.adapters.entries import decode_entries, encode_entries
from milepost.adapters.nudging import decode_pending, decode_used, encode_pending, encode_used
from milepost.adapters.outbox_rows import decode_outbox, encode_outbox
from milepost.adapters.pack import pack, read_number, read_row, unpack, write_number, write_row
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost.domain.fold import memory_of
from milepost.domain.instant import DAY, SECOND, Duration
from milepost.domain.ledger import Elsewhere, Ledger, Origin
from milepost.domain.progress import Membership, Progress, Standing, Trait
from milepost.domain.totals import Kept

FORMAT: Final = 5
"""The newest that is read. 3 since the ledger spills: a release that does not know `s` would count what was spilled a
second time; 4 since integers are kept by their length, and standings as rows; 5 since subjects are erased: a release
that does not know `q` would count what is forgotten."""
USUAL: Final = 4
"""What everything has that holds nothing of a newer format, so that a release that is older can go on with it."""
_SLACK: Final[Duration] = 2 * DAY
"""Beyond the last event that a tombstone has to keep away."""
_MOST_DIGITS: Final = 30
_NAME_BYTES: Final = 3
_MILESTONE_BYTES: Final = 4
_Rows: TypeAlias = "Mapping[int, tuple[Any, ...]]"
_Recent: TypeAlias = "Mapping[int, tuple[int, ...]]"
_ROWS: Final = 4
"""The first format whose standings are rows."""
_NOTHING: Final = Standing()
_UNKNOWN: Final = "#"
"""Before the hash of a milestone that the catalog does not know; no milestone id starts so."""
_UNKNOWN_EVENT: Final = "\0"
"""The same for an event, whose name may be almost anything else."""

OPTIONAL: Final = frozenset(
    {
        *(keys.SPILLED, keys.ORIGINS, keys.COUNTED, keys.ZONE, keys.MEMBERSHIPS, keys.OUTBOX),
        *(keys.DUE, keys.DUE_SHARD, keys.FORWARD, keys.PENDING, keys.USED, keys.RECENT, keys.CLOSED),
        *(keys.TOTALS, keys.ERASED, keys.EXPIRES),
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


@lru_cache(maxsize=4096)
def milestone_key(milestone: str) -> int:
    """The 32 bits under which an item keeps a milestone."""
    if milestone.startswith(_UNKNOWN):
        return int(milestone[1:], 16)
    return int.from_bytes(blake2b(milestone.encode(), digest_size=_MILESTONE_BYTES).digest(), "big")


@lru_cache(maxsize=4096)
def event_key(event: str) -> int:
    """The 24 bits under which an item counts events of a name."""
    if event.startswith(_UNKNOWN_EVENT):
        return int(event[1:], 16)
    return int.from_bytes(blake2b(event.encode(), digest_size=_NAME_BYTES).digest(), "big")


@dataclass(frozen=True, slots=True)
class Codec:
    """Encodes and decodes for one catalog."""

    milestones: Mapping[int, str]
    events: Mapping[int, str]
    memory: Duration
    """How long after an event a copy of it can come."""

    @classmethod
    def of(cls, catalog: Catalog) -> "Codec":
        """The codec that knows this catalog's milestones and events."""
        return cls(
            {milestone_key(milestone): milestone for milestone in catalog.milestones},
            {event_key(event): event for event in catalog.events},
            memory_of(catalog),
        )

    def encode(self, progress: Progress) -> tuple[Attributes, frozenset[str]]:
        """The attributes to set, and the names of those to remove; keys and version are the store's."""
        present: dict[str, dict[str, Any]] = {
            keys.FORMAT: {"N": str(USUAL if progress.erased is None else FORMAT)},
            keys.CATALOG: {"N": str(progress.catalog_version)},
            keys.TRAITS: {"B": pack({name: tuple(trait) for name, trait in progress.traits.items()})},
            keys.STANDINGS: {"B": _encode_standings(progress.standings)},
            keys.LEDGER: {"B": encode_entries(progress.ledger.entries)},
        }
        spilled, origins, _ = progress.ledger.elsewhere
        if spilled is not None:
            present[keys.SPILLED] = {"N": str(spilled)}
        if origins:
            present[keys.ORIGINS] = {"B": pack([tuple(each) for each in origins])}
        if progress.counted:
            present[keys.COUNTED] = {"B": _encode_counted(progress.counted)}
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
        present |= {name: {"B": data} for name, data in _rare(progress) if data}
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
        if whole(item[keys.FORMAT]) > FORMAT:
            raise NewerFormatError
        traits = cast("dict[str, tuple[Any, int]]", unpack(item[keys.TRAITS]["B"]))
        return Progress(
            subject=subject,
            catalog_version=whole(item[keys.CATALOG]),
            traits={name: Trait(*trait) for name, trait in traits.items()},
            standings=dict(self._decode_standings(item)),
            ledger=_decode_ledger(item),
            outbox=decode_outbox(subject, item[keys.OUTBOX]["B"]) if keys.OUTBOX in item else (),
            due=whole(item[keys.DUE]) if keys.DUE in item else None,
            counted=self._decode_counted(item[keys.COUNTED]["B"]) if keys.COUNTED in item else {},
            zone=_decode_zone(item[keys.ZONE]["B"]) if keys.ZONE in item else None,
            memberships=_decode_memberships(item[keys.MEMBERSHIPS]["B"]) if keys.MEMBERSHIPS in item else (),
            forward=_decode_forward(subject, item[keys.FORWARD]["S"]) if keys.FORWARD in item else None,
            pending=decode_pending(item[keys.PENDING]["B"], self._milestone) if keys.PENDING in item else (),
            used=decode_used(item[keys.USED]["B"]) if keys.USED in item else (),
            recent=cast("_Recent", unpack(item[keys.RECENT]["B"])) if keys.RECENT in item else {},
            closed=_decode_closed(item[keys.CLOSED]["B"]) if keys.CLOSED in item else {},
            erased=whole(item[keys.ERASED]) if keys.ERASED in item else None,
            totals=_decode_totals(item[keys.TOTALS]["B"]) if keys.TOTALS in item else {},
        )

    def _decode_counted(self, data: bytes) -> Mapping[str, int]:
        counted: dict[str, int] = {}
        place = 0
        while place < len(data):
            key = int.from_bytes(data[place : place + _NAME_BYTES], "big")
            count, place = read_number(data, place + _NAME_BYTES)
            counted[self.events.get(key, f"{_UNKNOWN_EVENT}{key:06x}")] = count
        return counted

    def _decode_standings(self, item: Attributes) -> Iterator[tuple[str, Standing]]:
        data = item[keys.STANDINGS]["B"]
        rows = _rows(data) if whole(item[keys.FORMAT]) >= _ROWS else cast("_Rows", unpack(data)).items()
        for key, row in rows:
            yield self._milestone(key), Standing(*row)

    def _milestone(self, key: int) -> str:
        return self.milestones.get(key, f"{_UNKNOWN}{key:08x}")


def _rare(progress: Progress) -> Iterator[tuple[str, bytes]]:
    """What many subjects lack; nothing of it is nothing to write."""
    yield keys.ZONE, b"" if progress.zone is None else pack(tuple(progress.zone))
    yield keys.MEMBERSHIPS, pack([tuple(each) for each in progress.memberships]) if progress.memberships else b""
    yield keys.OUTBOX, encode_outbox(progress.outbox) if progress.outbox else b""
    yield keys.PENDING, encode_pending(progress.pending, milestone_key) if progress.pending else b""
    yield keys.USED, encode_used(progress.used) if progress.used else b""
    yield keys.CLOSED, pack(progress.closed) if progress.closed else b""
    yield keys.RECENT, pack(progress.recent) if progress.recent else b""
    yield keys.TOTALS, pack(progress.totals) if progress.totals else b""


def _rows(data: bytes) -> Iterator[tuple[int, tuple[Any, ...]]]:
    place = 0
    while place < len(data):
        key = int.from_bytes(data[place : place + _MILESTONE_BYTES], "big")
        row, place = read_row(data, place + _MILESTONE_BYTES)
        yield key, row


def _encode_standings(standings: Mapping[str, Standing]) -> bytes:
    """Each standing without the defaults at its end: most milestones are either reached or untouched."""
    out = bytearray()
    for milestone, standing in standings.items():
        size = len(standing)
        while size and standing[size - 1] == _NOTHING[size - 1]:
            size -= 1
        out += milestone_key(milestone).to_bytes(_MILESTONE_BYTES, "big")
        write_row(out, standing[:size])
    return bytes(out)


def _encode_counted(counted: Mapping[str, int]) -> bytes:
    """Each name's hash and count, in the order of the hashes."""
    out = bytearray()
    for key, count in sorted((event_key(event), count) for event, count in counted.items()):
        out += key.to_bytes(_NAME_BYTES, "big")
        write_number(out, count)
    return bytes(out)


def _decode_ledger(item: Attributes) -> Ledger:
    entries = decode_entries(item[keys.LEDGER]["B"])
    spilled = whole(item[keys.SPILLED]) if keys.SPILLED in item else None
    rows: Any = unpack(item[keys.ORIGINS]["B"]) if keys.ORIGINS in item else ()
    return Ledger(entries, stored=len(entries), elsewhere=Elsewhere(spilled, tuple(Origin(*row) for row in rows)))


def _decode_forward(subject: Subject, forward: Subject) -> Subject:
    if forward == subject or not keys.may_be_subject(forward):
        raise ValueError("leads nowhere")  # Whoever followed it would go round for ever, or fail a whole request.
    return forward


def _decode_zone(data: bytes) -> Trait:
    return Trait(*cast("tuple[object, int]", unpack(data)))


def _decode_totals(data: bytes) -> Mapping[int, Kept]:
    rows = cast("Mapping[int, tuple[Any, Any]]", unpack(data))
    return {key: _kept(*row) for key, row in rows.items()}


def _kept(period: object, amount: Any) -> Kept:  # noqa: ANN401  # What `unpack` has found.
    # Checked, unlike what rules remember: it is read again where a nudge goes out beside its neighbours.
    dates = isinstance(amount, tuple) and [type(each) for each in amount] == [int] * 3
    number = type(amount) is int or (isinstance(amount, Decimal) and amount.is_finite())
    if type(period) is not int or not (dates or number):
        raise ValueError("is no total")
    return Kept(period, amount)


def _decode_memberships(data: bytes) -> tuple[Membership, ...]:
    return tuple(Membership(*each) for each in cast("tuple[tuple[int, str], ...]", unpack(data)))


def _decode_closed(data: bytes) -> Mapping[str, int]:
    closed = cast("dict[str, int]", unpack(data))
    if not all(type(since) is int for since in closed.values()):
        raise ValueError("is no instant")  # It would be compared with instants, whenever a nudge is decided.
    return closed
