"""Matchers: which track events a rule looks at (semantics, section 2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final

from milepost.domain.event import REPORTS, Track

MISSING: Final = object()


def property_at(properties: Mapping[str, object], path: tuple[str, ...]) -> object:
    """The value at a dotted path, or `MISSING`; a path never looks into lists."""
    value: object = properties
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return MISSING
        value = value[name]
    return value


def is_number(value: object) -> bool:
    """Whether a value is a JSON number; `True` and `False` are not."""
    return type(value) is int or type(value) is Decimal


def _alike(value: object, operand: object) -> bool:
    """Whether two values are of one JSON type, so that comparing them means something."""
    return (is_number(value) and is_number(operand)) or type(value) is type(operand)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def holds(value: object, operand: object) -> bool:
        if is_number(value):
            return is_number(operand) and compare(value, operand)
        return isinstance(value, str) and isinstance(operand, str) and compare(value, operand)

    return holds


def _equal(value: object, operand: object) -> bool:
    return _alike(value, operand) and eq(value, operand)


def _unequal(value: object, operand: object) -> bool:
    return _alike(value, operand) and ne(value, operand)


def _one_of(value: object, operand: object) -> bool:
    return isinstance(operand, tuple) and any(_equal(value, each) for each in operand)


OPERATORS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "eq": _equal,
    "ne": _unequal,
    "gte": _ordered(ge),
    "gt": _ordered(gt),
    "lte": _ordered(le),
    "lt": _ordered(lt),
    "in": _one_of,
}
"""Every comparison but `exists`; a missing property makes each of these false, `ne` too."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of `where`: the property at `path` stands in relation `operator` to `operand`."""

    path: tuple[str, ...]
    operator: str
    operand: object

    def holds(self, properties: Mapping[str, object]) -> bool:
        """Whether these properties meet the condition."""
        value = property_at(properties, self.path)
        if self.operator == "exists":
            return (value is not MISSING) is self.operand
        return value is not MISSING and OPERATORS[self.operator](value, self.operand)


@dataclass(frozen=True, slots=True)
class Matcher:
    """Picks track events by name (`names` is None for `"*"`, which no report is) and by all of its conditions."""

    names: frozenset[str] | None
    where: tuple[Condition, ...] = ()

    def matches(self, event: Track) -> bool:
        """Whether the event is one that this matcher picks."""
        if event.name in REPORTS if self.names is None else event.name not in self.names:
            return False
        # A loop, because `all` costs several times what is asked here: most matchers have no conditions, or one.
        for condition in self.where:  # noqa: SIM110  # See above.
            if not condition.holds(event.properties):
                return False
        return True
