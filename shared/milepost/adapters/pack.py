"""Plain values as few bytes: None, booleans, integers, decimals, texts, and tuples and mappings of them.

One tag byte, then the value; integers from 0 to 127 are their own tag. DynamoDB's own nested types cost three
bytes a collection, one an element and every name again, which is twice to three times as much for what is
kept here, and JSON can hold no exact decimal. Lists come back as tuples.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

_NONE: Final = 0x80
_TRUE: Final = 0x81
_FALSE: Final = 0x82
_INTEGER: Final = 0x83
_DECIMAL: Final = 0x84
_TEXT: Final = 0x85
_TUPLE: Final = 0x86
_MAPPING: Final = 0x87
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


def _write(out: bytearray, value: object) -> None:  # noqa: C901, PLR0912  # One branch a type, as the tags are.
    if value is None:
        out.append(_NONE)
    elif value is True:
        out.append(_TRUE)
    elif value is False:
        out.append(_FALSE)
    elif isinstance(value, int):
        if 0 <= value <= _SEVEN:
            out.append(value)
        else:
            out.append(_INTEGER)
            write_number(out, fold_sign(value))
    elif isinstance(value, Decimal):
        _write_bytes(out, _DECIMAL, str(value).encode())
    elif isinstance(value, str):
        _write_bytes(out, _TEXT, value.encode())
    elif isinstance(value, tuple | list):
        out.append(_TUPLE)
        write_number(out, len(value))
        for each in value:
            _write(out, each)
    elif isinstance(value, Mapping):
        out.append(_MAPPING)
        write_number(out, len(value))
        for name, each in value.items():
            _write(out, name)
            _write(out, each)
    else:
        raise TypeError(f"cannot pack a {type(value).__name__}")


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
    if tag == _TUPLE:
        return _read_tuple(data, place, size)
    if tag == _MAPPING:
        flat, place = _read_tuple(data, place, 2 * size)
        return dict(zip(flat[::2], flat[1::2], strict=True)), place
    text = data[place : place + size].decode()
    return _READERS[tag](text), place + size


def _read_tuple(data: bytes, place: int, size: int) -> tuple[tuple[object, ...], int]:
    values = []
    for _ in range(size):
        value, place = _read(data, place)
        values.append(value)
    return tuple(values), place


_CONSTANTS: Final = {_NONE: None, _TRUE: True, _FALSE: False}
_READERS: Final[Mapping[int, Callable[[str], object]]] = {_DECIMAL: Decimal, _TEXT: str}
