"""Plain values as few bytes: None, booleans, integers, decimals, texts, and tuples and mappings of them.

One tag byte, then the value; integers from 0 to 127 are their own tag, and others up to 15 bytes have their length in
it. A tuple of large integers, which is what instants are, is kept as the steps from one to the next, and a tuple of
rows of integers column by column. DynamoDB's own nested types cost three bytes a collection, one an element and every
name again, which is twice to three times as much for what is kept here, and JSON can hold no exact decimal. Lists
come back as tuples. `unpack` reads it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, cast

from milepost.adapters import tags
from milepost.adapters.steps import write_steps
from milepost.adapters.tags import BYTES, LARGEST_SMALL, MOST_BYTES, NONE
from milepost.adapters.varint import fold_sign, write_number

_FEWEST: Final = 2
_SMALL: Final = range(-(2**14), 2**14 + 1)


def pack(value: object) -> bytes:
    """Encode a plain value.

    Raises:
        TypeError: the value, or one inside it, is of another type.
    """
    out = bytearray()
    _write(out, value)
    return bytes(out)


def write_row(out: bytearray, values: Sequence[object]) -> None:
    """Append plain values: how many, then each as `pack` has it."""
    write_number(out, len(values))
    write_values(out, values)


def write_values(out: bytearray, values: Iterable[object]) -> None:
    """Append plain values, each as `pack` has it."""
    for each in values:
        # Here and not by a writer alone: most values are one of these, and a call costs more than the writing.
        if type(each) is int and each >= 0:
            if each <= LARGEST_SMALL:
                out.append(each)
                continue
            size = (each.bit_length() + 7) >> 3
            if size <= MOST_BYTES:
                out.append(BYTES + size)
                out += each.to_bytes(size, "big")
                continue
        elif each is None:
            out.append(NONE)
            continue
        elif type(each) is tuple:
            _write_tuple(out, each)
            continue
        _write(out, each)


def _write(out: bytearray, value: object) -> None:
    write = _WRITERS.get(type(value))
    if write is not None:
        write(out, value)
    elif isinstance(value, tuple):  # One with names.
        _write_tuple(out, value)
    else:
        raise TypeError(f"cannot pack a {type(value).__name__}")


def _write_integer(out: bytearray, value: int) -> None:
    size = (value.bit_length() + 7) >> 3
    if 0 <= value <= LARGEST_SMALL:
        out.append(value)
    elif value > 0 and size <= MOST_BYTES:
        out.append(BYTES + size)
        out += value.to_bytes(size, "big")
    else:
        out.append(tags.INTEGER)
        write_number(out, fold_sign(value))


def _write_mapping(out: bytearray, value: Mapping[object, object]) -> None:
    out.append(tags.MAPPING)
    write_number(out, len(value))
    for pair in value.items():
        write_values(out, pair)


def _write_tuple(out: bytearray, values: Sequence[object]) -> None:
    kind = type(values[0]) if len(values) >= _FEWEST else None
    if kind is int and values[0] not in _SMALL and _is_instants(values):
        out.append(tags.STEPS)
        write_number(out, len(values))
        write_steps(out, cast("Sequence[int]", values))
    elif kind is tuple and _is_table(values):
        _write_table(out, cast("Sequence[tuple[int, ...]]", values))
    else:
        out.append(tags.TUPLE)
        write_number(out, len(values))
        write_values(out, values)


def _is_instants(values: Sequence[object]) -> bool:
    """Whether steps are shorter: all of them integers, none of which is small."""
    # A loop, because `all` costs several times what is asked here: mostly the first one answers.
    for each in values:  # noqa: SIM110  # See above.
        if type(each) is not int or each in _SMALL:
            return False
    return True


def _is_table(rows: Sequence[object]) -> bool:
    """Whether these are tuples of as many integers each, two or more."""
    if not all(type(row) is tuple and len(row) >= _FEWEST for row in rows):
        return False
    tuples = cast("Sequence[tuple[object, ...]]", rows)
    return len({len(row) for row in tuples}) == 1 and all(type(each) is int for row in tuples for each in row)


def _write_table(out: bytearray, rows: Sequence[tuple[int, ...]]) -> None:
    """Column by column: what stands in one column is alike, and mostly grows."""
    out.append(tags.TABLE)
    write_number(out, len(rows))
    write_number(out, len(rows[0]))
    for column in zip(*rows, strict=True):
        write_steps(out, column)


def _write_bytes(out: bytearray, tag: int, data: bytes) -> None:
    out.append(tag)
    write_number(out, len(data))
    out += data


_WRITERS: Final[Mapping[type, Callable[[bytearray, Any], None]]] = {
    int: _write_integer,
    tuple: _write_tuple,
    list: _write_tuple,
    dict: _write_mapping,
    str: lambda out, value: _write_bytes(out, tags.TEXT, value.encode()),
    Decimal: lambda out, value: _write_bytes(out, tags.DECIMAL, str(value).encode()),
    bool: lambda out, value: out.append(tags.TRUE if value else tags.FALSE),
    type(None): lambda out, _: out.append(NONE),
}
