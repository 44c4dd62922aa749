"""Whole numbers in as few bytes as they need: seven bits a byte, the lowest first."""

from typing import Final

_MORE: Final = 0x80
_SEVEN: Final = 0x7F


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
