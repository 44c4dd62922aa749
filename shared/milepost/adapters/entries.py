"""Entries of a ledger as bytes, in the aggregate and in the segments beside it.

Most events are newer than all that their subject's ledger holds, so entries that were read know their bytes, and what
has been added since is appended to them.
"""

import struct
from collections.abc import Iterable, Mapping
from itertools import islice
from operator import itemgetter
from typing import Final, TypeAlias

from milepost.adapters.varint import fold_sign, read_number, unfold_sign, write_number
from milepost.domain.ledger import Entry

_PLAIN: Final = struct.Struct(">QB")
_MARKED: Final = struct.Struct(">QBB")
"""Hash, checksum, and the mark of the account. Most users have none, so a first byte says whether there are marks."""
_Rows: TypeAlias = Iterable[tuple[int, Entry]]
_IN_ORDER: Final = itemgetter(1, 0)


class _Read(dict[int, Entry]):
    """Entries that were read, in the order of time. A ledger adds to them and does nothing else to them."""

    __slots__ = ("count", "data", "last")
    count: int
    data: bytes
    last: int


def encode_entries(entries: Mapping[int, Entry]) -> bytes:
    """Entries in the order of time: microseconds since the one before, hash, checksum and mark of the account."""
    if type(entries) is _Read:
        added = sorted(islice(entries.items(), entries.count, None), key=_IN_ORDER)
        if not added:
            return entries.data
        marked = bool(entries.data[0])
        if added[0][1].instant > entries.last and (marked or not any(entry.account for _, entry in added)):
            return _written(bytearray(entries.data), added, entries.last, marked=marked)
    ordered = sorted(entries.items(), key=_IN_ORDER)
    marked = any(entry.account for _, entry in ordered)
    return _written(bytearray([marked]) if ordered else bytearray(), ordered, 0, marked=marked)


def _written(out: bytearray, ordered: _Rows, before: int, *, marked: bool) -> bytes:
    for key, (instant, body, account) in ordered:
        write_number(out, fold_sign(instant - before))
        out += _MARKED.pack(key, body, account) if marked else _PLAIN.pack(key, body)
        before = instant
    return bytes(out)


def decode_entries(data: bytes) -> Mapping[int, Entry]:
    """What `encode_entries` encoded.

    Raises:
        ValueError: the bytes are cut off. A `LookupError` says the same.
    """
    entries = _Read()
    instant, place, end = 0, 1, len(data)
    row = _MARKED if end and data[0] else _PLAIN
    try:
        while place < end:
            step, place = read_number(data, place)
            instant += unfold_sign(step)
            key, body, *account = row.unpack_from(data, place)
            # At half the price of `Entry(...)`, for each event that is remembered of each subject.
            entries[key] = tuple.__new__(Entry, (instant, body, account[0] if account else 0))
            place += row.size
    except struct.error:
        raise ValueError("entries are cut off") from None
    if not entries:
        return {}
    entries.count, entries.data, entries.last = len(entries), data, instant
    return entries
