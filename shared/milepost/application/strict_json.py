"""JSON as the boundary takes it: no duplicate keys, no NaN, no number that DynamoDB could not hold exactly."""

from decimal import Decimal
from json import JSONDecodeError, JSONDecoder, dumps
from typing import Final, NoReturn

MOST_DIGITS: Final = 38
LARGEST_EXPONENT: Final = 125
SMALLEST_EXPONENT: Final = -130
"""DynamoDB's numbers: 38 significant digits, from 1E-130 to 9.9E+125."""
DEEPEST: Final = 32
"""Levels of nesting. Segment's own events have five."""


class UnreadableError(ValueError):
    """The text cannot be taken; the message says why and quotes nothing of it."""


def read_json(text: str) -> object:
    """Read one JSON value; numbers come back as `int` or `Decimal`.

    Raises:
        UnreadableError: it is not JSON, or not JSON that means one thing.
    """
    try:
        value: object = _DECODER.decode(text)
    except JSONDecodeError as error:
        raise UnreadableError(f"is not JSON (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise UnreadableError(_TOO_DEEP) from None
    # Few brackets cannot nest deeply, so most messages need no walk.
    if text.count("{") + text.count("[") > DEEPEST and _deeper_than(value, DEEPEST):
        raise UnreadableError(_TOO_DEEP)
    if not text.isascii() or "\\u" in text:
        _refuse_surrogates(value)
    return value


_TOO_DEEP: Final = f"is nested deeper than {DEEPEST} levels"


def _refuse_surrogates(value: object) -> None:
    # The decoder joins an escaped pair to one character; what is left of one cannot be written as UTF-8.
    try:
        dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise UnreadableError("holds half of a surrogate pair") from None


def _deeper_than(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper_than(each, levels - 1) for each in inner)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableError("has the same key twice in one object")
    return found


def _whole(text: str) -> int:
    # Checked on the text: turning thousands of digits into a number is work that nobody should be able to order.
    if len(text.lstrip("-")) > MOST_DIGITS:
        raise UnreadableError(_TOO_LARGE)
    return int(text)


def _fraction(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except ArithmeticError:  # An exponent of more digits than decimal arithmetic itself can count.
        raise UnreadableError(_TOO_LARGE) from None
    exponent = number.adjusted()
    fits = len(number.as_tuple().digits) <= MOST_DIGITS and SMALLEST_EXPONENT <= exponent <= LARGEST_EXPONENT
    if not (fits or number == 0):
        raise UnreadableError(_TOO_LARGE)
    return number


_TOO_LARGE: Final = f"has a number beyond {MOST_DIGITS} digits or beyond the exponents -130 to 125"


def _constant(_: str) -> NoReturn:
    raise UnreadableError("has NaN or Infinity, which are not JSON")


_DECODER: Final = JSONDecoder(
    object_pairs_hook=_unique, parse_int=_whole, parse_float=_fraction, parse_constant=_constant
)
