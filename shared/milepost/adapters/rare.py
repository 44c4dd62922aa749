"""What many subjects lack, as bytes; nothing of it is no attribute at all."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast

from milepost.adapters import keys
from milepost.adapters.names import Names
from milepost.adapters.nudging import decode_pending, decode_used, encode_pending, encode_used
from milepost.adapters.outbox_rows import decode_outbox, encode_outbox
from milepost.adapters.pack import pack
from milepost.adapters.unpack import unpack
from milepost.domain.event import Subject
from milepost.domain.progress import Membership, Progress, Trait
from milepost.domain.totals import Kept

_Field: TypeAlias = str
_Decode: TypeAlias = "Callable[[bytes, Subject, Names], object]"


def encode_rare(progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Attributes and their bytes."""
    if progress.zone is not None:
        yield keys.ZONE, pack(tuple(progress.zone))
    if progress.memberships:
        yield keys.MEMBERSHIPS, pack([tuple(each) for each in progress.memberships])
    if progress.outbox:
        yield keys.OUTBOX, encode_outbox(progress.outbox)
    if progress.pending:
        yield keys.PENDING, encode_pending(progress.pending)
    if progress.used:
        yield keys.USED, encode_used(progress.used)
    if progress.closed:
        yield keys.CLOSED, pack(progress.closed)
    if progress.recent:
        yield keys.RECENT, pack(progress.recent)
    if progress.totals:
        yield keys.TOTALS, pack(progress.totals)


def decode_rare(item: Mapping[str, Mapping[str, Any]], subject: Subject, names: Names) -> dict[_Field, Any]:
    """The fields of a progress that are in an item.

    Raises:
        ValueError: the bytes are damaged. A `LookupError` or `TypeError` says the same.
    """
    present = _FIELDS.keys() & item.keys()
    found = {}
    for name in present:
        field, decode = _FIELDS[name]
        found[field] = decode(item[name]["B"], subject, names)
    return found


def _zone(data: bytes, _: Subject, __: Names) -> Trait:
    return Trait(*cast("tuple[object, int]", unpack(data)))


def _memberships(data: bytes, _: Subject, __: Names) -> tuple[Membership, ...]:
    return tuple(Membership(*each) for each in cast("tuple[tuple[int, str], ...]", unpack(data)))


def _closed(data: bytes, _: Subject, __: Names) -> Mapping[str, int]:
    closed = cast("dict[str, int]", unpack(data))
    if not all(type(since) is int for since in closed.values()):
        raise ValueError("is no instant")  # It would be compared with instants, whenever a nudge is decided.
    return closed


def _totals(data: bytes, _: Subject, __: Names) -> Mapping[int, Kept]:
    rows = cast("Mapping[int, tuple[Any, Any]]", unpack(data))
    return {key: _kept(*row) for key, row in rows.items()}


def _kept(period: object, amount: Any) -> Kept:  # noqa: ANN401  # What `unpack` has found.
    # Checked, unlike what rules remember: it is read again where a nudge goes out beside its neighbours.
    dates = isinstance(amount, tuple) and [type(each) for each in amount] == [int] * 3
    number = type(amount) is int or (isinstance(amount, Decimal) and amount.is_finite())
    if type(period) is not int or not (dates or number):
        raise ValueError("is no total")
    return Kept(period, amount)


_FIELDS: Final[Mapping[str, tuple[_Field, _Decode]]] = {
    keys.ZONE: ("zone", _zone),
    keys.MEMBERSHIPS: ("memberships", _memberships),
    keys.OUTBOX: ("outbox", lambda data, subject, _: decode_outbox(subject, data)),
    keys.PENDING: ("pending", lambda data, _, names: decode_pending(data, names)),
    keys.USED: ("used", lambda data, *_: decode_used(data)),
    keys.CLOSED: ("closed", _closed),
    keys.RECENT: ("recent", lambda data, *_: unpack(data)),
    keys.TOTALS: ("totals", _totals),
}
"""The field that each attribute holds, and how it is read."""
