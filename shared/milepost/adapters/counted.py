"""Counters of events as bytes: each name's 24 bits and its count, in the order of these bits."""

from collections.abc import Mapping

from milepost.adapters.names import EVENT_BYTES, Names, event_key
from milepost.adapters.varint import read_number, write_number


def encode_counted(counted: Mapping[str, int]) -> bytes:
    """The counters of one subject."""
    out = bytearray()
    for key, count in sorted([(event_key(event), count) for event, count in counted.items()]):
        out += key.to_bytes(EVENT_BYTES, "big")
        write_number(out, count)
    return bytes(out)


def decode_counted(data: bytes, names: Names) -> Mapping[str, int]:
    """What `encode_counted` encoded."""
    counted: dict[str, int] = {}
    place = 0
    while place < len(data):
        key = int.from_bytes(data[place : place + EVENT_BYTES], "big")
        count, place = read_number(data, place + EVENT_BYTES)
        counted[names.event(key)] = count
    return counted
