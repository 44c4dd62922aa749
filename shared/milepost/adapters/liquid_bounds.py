"""Bounds where python-liquid has none: what a stranger's value can make large is measured before it is made."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from liquid import Environment
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LoopIterationLimitError, OutputStreamLimitError
from liquid.filter import flatten

MOST_BYTES: Final = 262_144
"""Of one text: as much as a whole message of SNS may have."""
MOST_TURNS: Final = 1_000
"""Of all loops of a text, inner ones multiplied; and the numbers of a range."""
_MAKE_RANGE: Final = RangeLiteral._make_range  # noqa: SLF001


def bound(environment: Environment) -> None:
    """Bound ranges, for every environment of this process, and the filters that multiply one value by another."""
    RangeLiteral._make_range = _range  # type: ignore[assignment, method-assign]  # noqa: SLF001
    for name, characters in _MULTIPLYING.items():
        environment.filters[name] = _measured(environment.filters[name], characters)


def _range(literal: RangeLiteral, start: object, stop: object) -> range:
    """The numbers of a range: filters and `reversed` make a list of them before the limit of loops is asked."""
    numbers: range = _MAKE_RANGE(literal, start, stop)
    if numbers[MOST_TURNS:]:
        raise LoopIterationLimitError("loop iteration limit reached", token=literal.token)
    return numbers


def _replaced(value: object, searched: object = "", put: object = "", *_: object) -> int:
    return str(value).count(str(searched)) * len(str(put))


def _joined(value: object, separator: object = " ", *_: object) -> int:
    return len(flatten(value)) * len(str(separator)) if isinstance(value, list | tuple | range) else 0


_MULTIPLYING: Final[dict[str, Callable[..., int]]] = {"replace": _replaced, "join": _joined}
"""Filters that write one of their values again and again, and the characters that come of it."""


def _measured(applied: Callable[..., Any], characters: Callable[..., int]) -> Callable[..., Any]:
    @wraps(applied)
    def bounded(*values: object, **named: object) -> object:
        if characters(*values) > MOST_BYTES:
            raise OutputStreamLimitError("output limit reached", token=None)
        return applied(*values, **named)

    return bounded
