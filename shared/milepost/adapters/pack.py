"""Plain values as few bytes: None, booleans, integers, decimals, texts, and tuples and mappings of them.

One tag byte, then the value; integers from 0 to 127 are their own tag, and others up to 15 bytes have their length in
it. A tuple of large integers, which is what instants are, is kept as the steps from one to the next, and a tuple of
rows of integers column by column. DynamoDB's own nested types cost three bytes a collection, one an element and every
name again, which is twice to three times as much for what is kept here, and JSON can hold no exact decimal. Lists
come back as tuples.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from math import gcd
from typing import Any, Final, TypeAlias, cast

_NONE: Final = 0x80
_TRUE: Final = 0x81
_FALSE: Final = 0x82
_INTEGER: Final = 0x83
_DECIMAL: Final = 0x84
_TEXT: Final = 0x85
_TUPLE: Final = 0x86
_MAPPING: Final = 0x87
_STEPS: Final = 0x88
_TABLE: Final = 0x89
_BYTES: Final = 0x90
"""Plus the length of a positive integer."""
_MOST_BYTES: Final = 15
_FEWEST: Final = 2
_LARGE: Final = 2**14
_MOST_ZEROS: Final = 9
_MORE: Final = 0x80
_SEVEN: Final = 0x7F
_DAMAGE: Final = (IndexError, KeyError, UnicodeDecodeError, ArithmeticError, TypeError, RecursionError)
"""What goes wrong when bytes are read that `pack` has not written."""
_Read: TypeAlias = "Callable[[bytes, int], tuple[object, int]]"


def pack(value: object) -> bytes:
    """Encode a plain value.

    Raises:
        TypeError: the value, or one inside it, is of another type.
    """
    out = bytearray()
    _write(out, value)
    return bytes(out)


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


def write_number(out: bytearray, number: int) -> None:
    """Append a number of 0 or more, seven bits a byte, the lowest first."""
    while number > _SEVEN:
        out.append(number & _SEVEN | _MORE)
        number >>= 7
    out.append(number)


def read_number(data: bytes, place: int) -> tuple[int, int]:
    """The number that `write_number` appended at this place, and the place after it."""
    number = shift = 0
    while (byte := data[place]) > _SEVEN:
        number |= (byte & _SEVEN) << shift
        shift += 7
        place += 1
    return number | byte << shift, place + 1


def write_row(out: bytearray, values: Sequence[object]) -> None:
    """Append plain values: how many, then each as `pack` has it."""
    write_number(out, len(values))
    for each in values:
        if type(each) is int:  # Most are, and this is where most are written.
            _write_integer(out, each)
        else:
            _write(out, each)


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


def fold_sign(number: int) -> int:
    """Any number as one of 0 or more, small if it was: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def unfold_sign(number: int) -> int:
    """The number that `fold_sign` was given."""
    return -((number + 1) >> 1) if number & 1 else number >> 1


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
    if 0 <= value <= _SEVEN:
        out.append(value)
    elif value > 0 and size <= _MOST_BYTES:
        out.append(_BYTES + size)
        out += value.to_bytes(size, "big")
    else:
        out.append(_INTEGER)
        write_number(out, fold_sign(value))


def _write_mapping(out: bytearray, value: Mapping[object, object]) -> None:
    out.append(_MAPPING)
    write_number(out, len(value))
    for name, each in value.items():
        _write(out, name)
        _write(out, each)


def _write_tuple(out: bytearray, values: Sequence[object]) -> None:
    kind = type(values[0]) if len(values) >= _FEWEST else None
    if kind is int and _is_instants(values):
        out.append(_STEPS)
        write_number(out, len(values))
        _write_steps(out, cast("Sequence[int]", values))
    elif kind is tuple and _is_table(values):
        _write_table(out, cast("Sequence[tuple[int, ...]]", values))
    else:
        out.append(_TUPLE)
        write_row(out, values)


def _is_instants(values: Sequence[object]) -> bool:
    """Whether steps are shorter: all of them integers, none of which is small."""
    # A loop, because `all` costs several times what is asked here: mostly the first one answers.
    for each in values:  # noqa: SIM110  # See above.
        if type(each) is not int or -_LARGE <= each <= _LARGE:
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
    out.append(_TABLE)
    write_number(out, len(rows))
    write_number(out, len(rows[0]))
    for column in zip(*rows, strict=True):
        _write_steps(out, column)


def _write_steps(out: bytearray, values: Sequence[int]) -> None:
    """The integers in units of the largest power of ten that divides all of them: few clocks tell microseconds."""
    common, scale = gcd(*values), 0
    while scale < _MOST_ZEROS and common % 10 == 0:
        common //= 10
        scale += 1
    out.append(scale)
    before, unit = 0, 10**scale
    for each in values:
        scaled = each // unit
        write_number(out, fold_sign(scaled - before))
        before = scaled


def _write_bytes(out: bytearray, tag: int, data: bytes) -> None:
    out.append(tag)
    write_number(out, len(data))
    out += data


_WRITERS: Final[Mapping[type, Callable[[bytearray, Any], None]]] = {
    int: _write_integer,
    tuple: _write_tuple,
    list: _write_tuple,
    dict: _write_mapping,
    str: lambda out, value: _write_bytes(out, _TEXT, value.encode()),
    Decimal: lambda out, value: _write_bytes(out, _DECIMAL, str(value).encode()),
    bool: lambda out, value: out.append(_TRUE if value else _FALSE),
    type(None): lambda out, _: out.append(_NONE),
}


def _read_bytes(data: bytes, place: int) -> tuple[int, int]:
    end = place + 1 + data[place] - _BYTES
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


def _read_values(data: bytes, place: int, size: int) -> tuple[tuple[object, ...], int]:
    values: list[object] = []
    for _ in range(size):
        tag = data[place]
        if tag <= _SEVEN:  # Here and not by a reader alone: every second value is one.
            values.append(tag)
            place += 1
        else:
            value, place = _READERS[tag](data, place)
            values.append(value)
    return tuple(values), place


def _read_steps(data: bytes, place: int) -> tuple[tuple[int, ...], int]:
    size, place = read_number(data, place + 1)
    return _read_column(data, place, size)


def _read_table(data: bytes, place: int) -> tuple[object, int]:
    size, place = read_number(data, place + 1)
    count, place = read_number(data, place)
    columns: list[tuple[int, ...]] = []
    for _ in range(count):
        column, place = _read_column(data, place, size)
        columns.append(column)
    return tuple(zip(*columns, strict=True)), place


def _read_column(data: bytes, place: int, size: int) -> tuple[tuple[int, ...], int]:
    unit, place = 10 ** data[place], place + 1
    values, scaled = [], 0
    for _ in range(size):
        step, place = read_number(data, place)
        scaled += unfold_sign(step)
        values.append(scaled * unit)
    return tuple(values), place


_READERS: Final[Mapping[int, _Read]] = {
    **dict.fromkeys(range(_SEVEN + 1), lambda data, place: (data[place], place + 1)),
    **dict.fromkeys(range(_BYTES + 1, _BYTES + _MOST_BYTES + 1), _read_bytes),
    _NONE: lambda _, place: (None, place + 1),
    _TRUE: lambda _, place: (True, place + 1),
    _FALSE: lambda _, place: (False, place + 1),
    _INTEGER: _read_integer,
    _DECIMAL: _read_decimal,
    _TEXT: _read_text,
    _TUPLE: _read_tuple,
    _MAPPING: _read_mapping,
    _STEPS: _read_steps,
    _TABLE: _read_table,
}
