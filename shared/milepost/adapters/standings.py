"""Standings as bytes: a milestone's 32 bits, then its standing as a row without the defaults at its end.

An event moves few of a subject's standings, so a standing that was read knows its bytes, and is written as it was read.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from milepost.adapters.names import MILESTONE_BYTES, Names, milestone_key
from milepost.adapters.pack import write_row, write_values
from milepost.adapters.unpack import read_row, unpack
from milepost.adapters.varint import write_number
from milepost.domain.progress import Standing

_Rows: TypeAlias = "Mapping[int, tuple[Any, ...]]"
_NOTHING: Final = Standing()
_BEFORE_MEMO: Final = Standing._fields.index("memo")
_AFTER_MEMO: Final = tuple(_NOTHING[_BEFORE_MEMO + 1 :])
_NUMBERS: Final = frozenset({int, type(None)})


class _Read(Standing):
    """One that was read. Whatever is made of it is a plain standing, or has no bytes."""

    row: bytes | None = None


def encode_standings(standings: Mapping[str, Standing]) -> bytes:
    """All of them; most milestones are either reached or untouched."""
    out = bytearray()
    for milestone, standing in standings.items():
        if type(standing) is _Read and standing.row is not None:
            out += _key_bytes(milestone)
            out += standing.row
        elif standing.memo is not None and standing[_BEFORE_MEMO + 1 :] == _AFTER_MEMO:
            # As most are that an event moves: what stands before the memo has changed for few of them.
            out += _begun(milestone, standing[:_BEFORE_MEMO])
            write_values(out, (standing.memo,))
        else:
            out += _key_bytes(milestone)
            write_row(out, _without_defaults(standing))
    return bytes(out)


@lru_cache(maxsize=4096)
def _begun(milestone: str, before: tuple[object, ...]) -> bytes:
    """Whatever is stored of a standing that ends with its memo, up to there."""
    out = bytearray(_key_bytes(milestone))
    write_number(out, _BEFORE_MEMO + 1)
    write_values(out, before)
    return bytes(out)


def _without_defaults(standing: Standing) -> tuple[object, ...]:
    size = len(standing)
    while size and standing[size - 1] == _NOTHING[size - 1]:
        size -= 1
    return standing[:size]


@lru_cache(maxsize=4096)
def _key_bytes(milestone: str) -> bytes:
    return milestone_key(milestone).to_bytes(MILESTONE_BYTES, "big")


def decode_standings(data: bytes, names: Names) -> dict[str, Standing]:
    """What `encode_standings` encoded.

    Raises:
        ValueError: the bytes are not what it writes. A `TypeError` or `LookupError` says the same.
    """
    found: dict[str, Standing] = {}
    for key, values, row in rows_of(data):
        _refuse_damage(values)
        found[names.milestone(key)] = standing = _Read(*values)
        standing.row = row
    return found


def _refuse_damage(values: Sequence[object]) -> None:
    if not _NUMBERS.issuperset(map(type, values[:_BEFORE_MEMO])):
        raise ValueError("a standing begins with something else than numbers")


def rows_of(data: bytes) -> Iterator[tuple[int, tuple[Any, ...], bytes]]:
    """Each milestone's bits, the values of its standing, and these as they are stored."""
    place, end = 0, len(data)
    while place < end:
        begin = place + MILESTONE_BYTES
        key = int.from_bytes(data[place:begin], "big")
        values, place = read_row(data, begin)
        yield key, values, data[begin:place]


def decode_packed(data: bytes, names: Names) -> dict[str, Standing]:
    """Standings as they were before format 4: a mapping that was packed."""
    rows = cast("_Rows", unpack(data))
    for row in rows.values():
        _refuse_damage(row)
    return {names.milestone(key): Standing(*row) for key, row in rows.items()}
