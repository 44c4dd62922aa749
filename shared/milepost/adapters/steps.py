"""Integers of which each is near the one before, such as instants, as the steps between them."""

from collections.abc import Sequence
from math import gcd
from typing import Final

from milepost.adapters.varint import fold_sign, read_number, unfold_sign, write_number

_MOST_ZEROS: Final = 9


def write_steps(out: bytearray, values: Sequence[int]) -> None:
    """Append two or more integers, in units of the largest power of ten that divides all of them.

    Few clocks tell microseconds.
    """
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


def read_steps(data: bytes, place: int, size: int) -> tuple[tuple[int, ...], int]:
    """The integers that `write_steps` appended at this place, of which there were `size`, and the place after them."""
    unit, place = 10 ** data[place], place + 1
    values, scaled = [], 0
    for _ in range(size):
        step, place = read_number(data, place)
        scaled += unfold_sign(step)
        values.append(scaled * unit)
    return tuple(values), place
