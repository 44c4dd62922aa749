"""Plain YAML words as values: the core schema of YAML 1.2, numbers exact, and no word with two readings.

YAML 1.1 and 1.2 disagree on `no`, `on`, `0123` and more. A catalog that means something else in another
reader is refused, not guessed at.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from milepost.application.strict_json import LARGEST_EXPONENT, MOST_DIGITS, SMALLEST_EXPONENT
from milepost_tools.catalog.problems import Problem, quoted

Scalar: TypeAlias = str | bool | int | Decimal | None

_LONGEST_NUMBER: Final = 400

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TWO_READINGS: Final = re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|[-+]?0[0-9]+")
_WHOLE: Final = re.compile(r"[-+]?[0-9]+", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_ENDLESS: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class ScalarError(Exception):
    """A word that is no value."""

    def __init__(self, what: str, remedy: str) -> None:
        """See `Problem`."""
        super().__init__(what)
        self.problem = Problem(what, remedy)


def read_scalar(word: str) -> Scalar:
    """The value of an unquoted word.

    Raises:
        ScalarError: it has two readings, or is a number that cannot be kept.
    """
    if word in _WORDS:
        return _WORDS[word]
    if _TWO_READINGS.fullmatch(word):
        raise ScalarError(
            f"{quoted(word)} means different things to different readers of YAML",
            f"Write '{word}' in quotes for the text; true, false or a number without a leading zero for a value.",
        )
    if _ENDLESS.fullmatch(word):
        raise ScalarError("is not a finite number", "Write an ordinary number.")
    return _number(word) if _NUMBER.fullmatch(word) else word


def _number(word: str) -> int | Decimal:
    try:
        number = Decimal(word) if len(word) <= _LONGEST_NUMBER else Decimal("NaN")
    except InvalidOperation:  # An exponent beyond all bounds.
        number = Decimal("NaN")
    if not _fits(number):
        raise ScalarError(
            "is a number that cannot be kept exactly",
            f"Use at most {MOST_DIGITS} digits, between 1E{SMALLEST_EXPONENT} and 9E{LARGEST_EXPONENT}.",
        )
    return int(word) if _WHOLE.fullmatch(word) else number


def _fits(number: Decimal) -> bool:
    """Whether an event could hold the number as well."""
    if not number.is_finite() or len(number.as_tuple().digits) > MOST_DIGITS:
        return False
    return number == 0 or SMALLEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT
