"""Entries of a ledger as bytes, in the aggregate and in the segments beside it."""

from collections.abc import Mapping
from typing import Final

from milepost.adapters.pack import fold_sign, read_number, unfold_sign, write_number
from milepost.domain.ledger import Entry

_KEY_BYTES: Final = 8


def encode_entries(entries: Mapping[int, Entry]) -> bytes:
    """Entries in the order of time: microseconds since the one before, hash, checksum and mark of the account.

    Most users have no account, so a first byte says whether there are marks.
    """
    ordered = sorted(entries.items(), key=lambda each: (each[1].instant, each[0]))
    marked = any(entry.account for _, entry in ordered)
    out = bytearray([marked]) if ordered else bytearray()
    before = 0
    for key, entry in ordered:
        write_number(out, fold_sign(entry.instant - before))
        out += key.to_bytes(_KEY_BYTES, "big")
        out.append(entry.body)
        if marked:
            out.append(entry.account)
        before = entry.instant
    return bytes(out)


def decode_entries(data: bytes) -> Mapping[int, Entry]:
    """What `encode_entries` encoded."""
    entries: dict[int, Entry] = {}
    instant, place = 0, 1
    while place < len(data):
        step, place = read_number(data, place)
        instant += unfold_sign(step)
        body = place + _KEY_BYTES
        key = int.from_bytes(data[place:body], "big")
        entries[key] = Entry(instant, data[body], data[body + 1] if data[0] else 0)
        place = body + 1 + bool(data[0])
    return entries
