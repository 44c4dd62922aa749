"""What expressions are made of once they are read: operands and conditions in the light of an item."""

import operator
from collections.abc import Callable, Mapping
from decimal import Context
from typing import Any, Final, TypeAlias

from milepost_tools.engine.values import ORDERED, InvalidForItem, Item, Value, canonical, kind_of, order

Values: TypeAlias = Mapping[str, Value]
Operand: TypeAlias = Callable[[Item, Values], Value | None]
"""A value in the light of an item; None if the item lacks the attribute."""
Condition: TypeAlias = Callable[[Item, Values], bool]

ORDERING: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EXACT: Final = Context(prec=300)
"""Enough for any two numbers, so that a sum with more than 38 digits is refused and not rounded."""


def compare(left: Value | None, sign: str, right: Value | None) -> bool:
    """False wherever DynamoDB has no answer: an attribute is missing, or the types differ or have no order."""
    if sign == "<>":  # The one comparison that a missing attribute satisfies.
        return left != right
    if left is None or right is None or kind_of(left) != kind_of(right):
        return False
    return left == right if sign == "=" else kind_of(left) in ORDERED and ORDERING[sign](order(left), order(right))


def begins_with(whole: Value | None, start: Value | None) -> bool:
    """Of text and of bytes."""
    if whole is None or start is None or kind_of(whole) != kind_of(start) or kind_of(whole) not in {"S", "B"}:
        return False
    return bool(order(whole).startswith(order(start)))


def either(left: Condition, right: Condition) -> Condition:
    """One of them, at least."""
    return lambda item, values: left(item, values) or right(item, values)


def both(left: Condition, right: Condition) -> Condition:
    """Both of them."""
    return lambda item, values: left(item, values) and right(item, values)


def total(left: Value | None, right: Value | None, sign: str) -> Value | None:
    """Sum or, by the sign, difference of two numbers; None if there is not one of them."""
    if left is None or right is None:
        return None
    if kind_of(left) != "N" or kind_of(right) != "N":
        raise InvalidForItem("An operand in the update expression has an incorrect data type")
    work_out = _EXACT.add if sign == "+" else _EXACT.subtract
    return {"N": canonical(work_out(order(left), order(right)))}
