"""Reading the options of a compiled catalog: the JSON that `milepost build` writes after it has validated.

Each reader takes the options and a key. A compiled catalog is never edited by hand, so what does not fit
raises `TypeError` or `KeyError` as it stands.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias, TypeVar

from milepost.domain.instant import Duration
from milepost.domain.matcher import Condition, Matcher

Options: TypeAlias = Mapping[str, object]
_T = TypeVar("_T")


def typed(value: object, kind: type[_T]) -> _T:
    """The value itself, known to be of that type."""
    if not isinstance(value, kind):
        raise TypeError(f"compiled catalog: expected {kind.__name__}, found {type(value).__name__}")
    return value


def text(options: Options, key: str) -> str:
    """A required text."""
    return typed(options[key], str)


def text_or_none(options: Options, key: str) -> str | None:
    """A text that may be left out."""
    return None if options.get(key) is None else text(options, key)


def integer(options: Options, key: str) -> int:
    """A required whole number."""
    return typed(options[key], int)


def flag(options: Options, key: str) -> bool:
    """A truth value; False where it is left out."""
    return typed(options.get(key, False), bool)


def decimal(options: Options, key: str) -> Decimal:
    """A required exact number, written as text."""
    return Decimal(text(options, key))


def duration(options: Options, key: str) -> Duration:
    """A required duration in microseconds."""
    return integer(options, key)


def duration_or_none(options: Options, key: str) -> Duration | None:
    """A duration in microseconds that may be left out."""
    return None if options.get(key) is None else duration(options, key)


def options_of(options: Options, key: str) -> Options:
    """A required nested object."""
    return typed(options[key], dict)


def options_or_none(options: Options, key: str) -> Options | None:
    """A nested object that may be left out."""
    return None if options.get(key) is None else options_of(options, key)


def list_of(options: Options, key: str) -> tuple[Options, ...]:
    """A list of nested objects."""
    return tuple(typed(each, dict) for each in typed(options[key], list))


def texts(options: Options, key: str) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(typed(each, str) for each in typed(options[key], list))


def path(options: Options, key: str) -> tuple[str, ...]:
    """A dotted property path, already split."""
    return texts(options, key)


def matcher(options: Options) -> Matcher:
    """The matcher whose keys, `event` and `where`, stand among these options."""
    names = None if options["event"] == "*" else frozenset(texts(options, "event"))
    return Matcher(names, conditions(options, "where"))


def conditions(options: Options, key: str) -> tuple[Condition, ...]:
    """A list of conditions that may be left out."""
    return tuple(_condition(typed(each, dict)) for each in typed(options.get(key, []), list))


def _condition(options: Options) -> Condition:
    return Condition(path(options, "path"), text(options, "operator"), _operand(options["operand"]))


def _operand(value: object) -> object:
    """Numbers are written as `{"number": "1.50"}`, so that they stay exact."""
    if isinstance(value, dict):
        return decimal(value, "number")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_operand(each) for each in value)
    return value
