"""What `pack` has written, read again; whatever else is read is damage, and said to be."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from milepost.adapters import tags
from milepost.adapters.steps import read_steps
from milepost.adapters.tags import BYTES, LARGEST_SMALL, MOST_BYTES, NONE
from milepost.adapters.varint import read_number, unfold_sign

_LONGEST: Final = BYTES + MOST_BYTES
_DAMAGE: Final = (IndexError, KeyError, UnicodeDecodeError, ArithmeticError, TypeError, RecursionError)
"""What goes wrong when bytes are read that `pack` has not written."""
_Read: TypeAlias = "Callable[[bytes, int], tuple[object, int]]"


def unpack(data: bytes) -> object:
    """Decode what `pack` encoded.

    Raises:
        ValueError: the bytes are not what `pack` writes.
    """
    try:
        value, end = _READERS[data[0]](data, 0)
    except _DAMAGE:
        raise ValueError("packed value is cut off or damaged") from None
    if end != len(data):
        raise ValueError("packed value is cut off or followed by something else")
    return value


def read_row(data: bytes, place: int) -> tuple[tuple[Any, ...], int]:
    """The values that `write_row` appended at this place, and the place after them.

    Raises:
        ValueError: the bytes are not what `write_row` writes.
    """
    try:
        size, place = read_number(data, place)
        return _read_values(data, place, size)
    except _DAMAGE:
        raise ValueError("packed row is cut off or damaged") from None


def _read_values(data: bytes, place: int, size: int) -> tuple[tuple[object, ...], int]:
    values: list[object] = []
    for _ in range(size):
        tag = data[place]
        # Here and not by a reader alone: most values are one of these, and a call costs more than the reading.
        if tag <= LARGEST_SMALL:
            values.append(tag)
            place += 1
        elif tag == NONE:
            values.append(None)
            place += 1
        elif BYTES < tag <= _LONGEST and (end := place + 1 + tag - BYTES) <= len(data):
            values.append(int.from_bytes(data[place + 1 : end], "big"))
            place = end
        else:
            value, place = _READERS[tag](data, place)
            values.append(value)
    return tuple(values), place


def _read_bytes(data: bytes, place: int) -> tuple[int, int]:
    end = place + 1 + data[place] - BYTES
    return int.from_bytes(_part(data, place + 1, end), "big"), end


def _part(data: bytes, begin: int, end: int) -> bytes:
    """A slice that is not shorter than it was written."""
    if end > len(data):
        raise IndexError
    return data[begin:end]


def _read_integer(data: bytes, place: int) -> tuple[int, int]:
    number, place = read_number(data, place + 1)
    return unfold_sign(number), place


def _read_text(data: bytes, place: int) -> tuple[str, int]:
    size, place = read_number(data, place + 1)
    return _part(data, place, place + size).decode(), place + size


def _read_decimal(data: bytes, place: int) -> tuple[Decimal, int]:
    text, place = _read_text(data, place)
    return Decimal(text), place


def _read_tuple(data: bytes, place: int) -> tuple[tuple[object, ...], int]:
    size, place = read_number(data, place + 1)
    return _read_values(data, place, size)


def _read_mapping(data: bytes, place: int) -> tuple[object, int]:
    size, place = read_number(data, place + 1)
    flat, place = _read_values(data, place, 2 * size)
    return dict(zip(flat[::2], flat[1::2], strict=True)), place


def _read_column(data: bytes, place: int) -> tuple[tuple[int, ...], int]:
    size, place = read_number(data, place + 1)
    return read_steps(data, place, size)


def _read_table(data: bytes, place: int) -> tuple[object, int]:
    size, place = read_number(data, place + 1)
    count, place = read_number(data, place)
    columns: list[tuple[int, ...]] = []
    for _ in range(count):
        column, place = read_steps(data, place, size)
        columns.append(column)
    return tuple(zip(*columns, strict=True)), place


_READERS: Final[Mapping[int, _Read]] = {
    **dict.fromkeys(range(LARGEST_SMALL + 1), lambda data, place: (data[place], place + 1)),
    **dict.fromkeys(range(BYTES + 1, _LONGEST + 1), _read_bytes),
    NONE: lambda _, place: (None, place + 1),
    tags.TRUE: lambda _, place: (True, place + 1),
    tags.FALSE: lambda _, place: (False, place + 1),
    tags.INTEGER: _read_integer,
    tags.DECIMAL: _read_decimal,
    tags.TEXT: _read_text,
    tags.TUPLE: _read_tuple,
    tags.MAPPING: _read_mapping,
    tags.STEPS: _read_column,
    tags.TABLE: _read_table,
}
