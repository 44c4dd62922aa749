"""Plain values as few bytes: None, booleans, integers, decimals, texts, and tuples and mappings of them.

One tag byte, then the value; integers from 0 to 127 are their own tag. A tuple of large integers, which is what
instants are, is kept as the steps from one to the next, and a tuple of rows of integers column by column. DynamoDB's
own nested types cost three bytes a collection, one an element and every name again, which is twice to three times as
much for what is kept here, and JSON can hold no exact decimal. Lists come back as tuples.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, cast

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
_FEWEST: Final = 2
_LARGE: Final = 2**14
_MOST_ZEROS: Final = 9
_MORE: Final = 0x80
_SEVEN: Final = 0x7F


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
        value, end = _read(data, 0)
    except (IndexError, KeyError, UnicodeDecodeError, ArithmeticError, TypeError, RecursionError):
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


def fold_sign(number: int) -> int:
    """Any number as one of 0 or more, small if it was: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def unfold_sign(number: int) -> int:
    """The number that `fold_sign` was given."""
    return -((number + 1) >> 1) if number & 1 else number >> 1


def _write(out: bytearray, value: object) -> None:  # noqa: C901  # One branch a type, as the tags are.
    # Most are integers, and most of what is not is a tuple of them.
    if type(value) is int:
        if 0 <= value <= _SEVEN:
            out.append(value)
        else:
            out.append(_INTEGER)
            write_number(out, value << 1 if value >= 0 else (-value << 1) - 1)
    elif isinstance(value, tuple | list):
        _write_tuple(out, value)
    elif value is None:
        out.append(_NONE)
    elif value is True:
        out.append(_TRUE)
    elif value is False:
        out.append(_FALSE)
    elif isinstance(value, Decimal):
        _write_bytes(out, _DECIMAL, str(value).encode())
    elif isinstance(value, str):
        _write_bytes(out, _TEXT, value.encode())
    elif isinstance(value, Mapping):
        out.append(_MAPPING)
        write_number(out, len(value))
        for name, each in value.items():
            _write(out, name)
            _write(out, each)
    else:
        raise TypeError(f"cannot pack a {type(value).__name__}")


def _write_tuple(out: bytearray, values: Sequence[object]) -> None:
    if _is_instants(values):
        out.append(_STEPS)
        write_number(out, len(values))
        _write_steps(out, cast("Sequence[int]", values))
    elif _is_table(values):
        _write_table(out, cast("Sequence[tuple[int, ...]]", values))
    else:
        out.append(_TUPLE)
        write_number(out, len(values))
        for each in values:
            _write(out, each)


def _is_instants(values: Sequence[object]) -> bool:
    """Whether steps are shorter: several integers, none of which is small."""
    if len(values) < _FEWEST:
        return False
    # A loop, because `all` costs several times what is asked here: mostly the first one answers.
    for each in values:  # noqa: SIM110  # See above.
        if type(each) is not int or -_LARGE <= each <= _LARGE:
            return False
    return True


def _is_table(rows: Sequence[object]) -> bool:
    """Whether these are several tuples of as many integers each, two or more."""
    if len(rows) < _FEWEST or type(rows[0]) is not tuple:
        return False
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


def _read_table(data: bytes, place: int, size: int) -> tuple[object, int]:
    count, place = read_number(data, place)
    columns: list[tuple[int, ...]] = []
    for _ in range(count):
        column, place = _read_steps(data, place, size)
        columns.append(column)
    return tuple(zip(*columns, strict=True)), place


def _write_steps(out: bytearray, values: Sequence[int]) -> None:
    """The integers in units of the largest power of ten that divides all of them: few clocks tell microseconds."""
    scale = next(scale for scale in range(_MOST_ZEROS, -1, -1) if all(each % 10**scale == 0 for each in values))
    out.append(scale)
    before = 0
    for each in values:
        scaled = each // 10**scale
        write_number(out, fold_sign(scaled - before))
        before = scaled


def _read_steps(data: bytes, place: int, size: int) -> tuple[tuple[int, ...], int]:
    scale, place = data[place], place + 1
    values, scaled = [], 0
    for _ in range(size):
        step, place = read_number(data, place)
        scaled += unfold_sign(step)
        values.append(scaled * 10**scale)
    return tuple(values), place


def _write_bytes(out: bytearray, tag: int, data: bytes) -> None:
    out.append(tag)
    write_number(out, len(data))
    out += data


def _read(data: bytes, place: int) -> tuple[object, int]:
    tag = data[place]
    if tag <= _SEVEN:
        return tag, place + 1
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], place + 1
    size, place = read_number(data, place + 1)
    if tag == _INTEGER:
        return unfold_sign(size), place
    if tag in _COLLECTIONS:
        return _COLLECTIONS[tag](data, place, size)
    text = data[place : place + size].decode()
    return _READERS[tag](text), place + size


def _read_mapping(data: bytes, place: int, size: int) -> tuple[object, int]:
    flat, place = _read_tuple(data, place, 2 * size)
    return dict(zip(flat[::2], flat[1::2], strict=True)), place


def _read_tuple(data: bytes, place: int, size: int) -> tuple[tuple[object, ...], int]:
    values = []
    for _ in range(size):
        value, place = _read(data, place)
        values.append(value)
    return tuple(values), place


_CONSTANTS: Final = {_NONE: None, _TRUE: True, _FALSE: False}
_COLLECTIONS: Final[Mapping[int, Callable[[bytes, int, int], tuple[object, int]]]] = {
    _TUPLE: _read_tuple,
    _STEPS: _read_steps,
    _TABLE: _read_table,
    _MAPPING: _read_mapping,
}
_READERS: Final[Mapping[int, Callable[[str], object]]] = {_DECIMAL: Decimal, _TEXT: str}
