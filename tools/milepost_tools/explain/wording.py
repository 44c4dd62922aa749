"""Conditions, numbers and rules' surroundings in words."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from json import dumps
from typing import Final

from milepost.domain.matcher import MISSING, Condition, property_at
from milepost.domain.milestone import Milestone, Within
from milepost_tools.explain.plain import plain

_OPERATORS: Final[Mapping[str, str]] = {
    "eq": "is",
    "ne": "is not",
    "gte": "is at least",
    "gt": "is more than",
    "lte": "is at most",
    "lt": "is less than",
    "in": "is one of",
}


def value_text(value: object) -> str:
    """A value as JSON writes it."""
    return dumps(plain(value), ensure_ascii=False)


def number_text(number: float | Decimal) -> str:
    """An exact number for people."""
    return f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"


def condition_text(condition: Condition) -> str:
    """`plan is "pro"`."""
    name = ".".join(condition.path)
    if condition.operator == "exists":
        return f"{name} is {'known' if condition.operand else 'unknown'}"
    return f"{name} {_OPERATORS[condition.operator]} {value_text(condition.operand)}"


def failing(milestone: Milestone, values: Mapping[str, object]) -> tuple[str, ...]:
    """The conditions on taking part that these traits do not meet, and what they are instead."""
    return tuple(
        f"{condition_text(each)}, and it is {_found(values, each)}"
        for each in milestone.audience
        if not each.holds(values)
    )


def _found(values: Mapping[str, object], condition: Condition) -> str:
    value = property_at(values, condition.path)
    return "unknown" if value is MISSING else value_text(value)


def names_text(names: Iterable[str] | None) -> str:
    """Event names; None is any event."""
    return "any event" if names is None else ", ".join(sorted(names))


def start_text(within: Within) -> str:
    """What starts a deadline."""
    if within.milestone is not None:
        return f"the milestone {within.milestone} being reached"
    if within.trait is not None:
        return f"the date in trait {within.trait}"
    return f"the first {names_text(within.names)}"
