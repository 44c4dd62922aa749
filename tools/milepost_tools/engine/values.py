"""Attribute values in DynamoDB's own notation: what it takes, how it stores them, how they compare."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

Value: TypeAlias = Mapping[str, Any]
"""`{"S": "text"}`."""
Item: TypeAlias = Mapping[str, Value]
"""Values by attribute. Never changed in place: a write puts another in its stead."""
Request: TypeAlias = Mapping[str, Any]

_DIGITS: Final = 38
_LARGEST: Final = 125
_SMALLEST: Final = -130
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)
_SCALARS: Final = frozenset({"S", "N", "B", "BOOL", "NULL"})
ORDERED: Final = frozenset({"S", "N", "B"})
"""Types whose values have an order; only they may be keys."""


class Refusal(Exception):  # noqa: N818  # It becomes a ClientError; what it says is what DynamoDB answers.
    """What DynamoDB answers in the place of a result: a code, a message, and what else the error carries."""

    def __init__(self, code: str, message: str, **more: object) -> None:
        super().__init__(code, message)
        self.code, self.message, self.more = code, message, more


class UnsupportedError(Exception):
    """The engine knows no more than its users ask for: it refuses the rest of DynamoDB by name and ignores nothing.

    What it does not know is no mistake of the request, so it is none of the errors that a client would see.
    """


class Invalid(Refusal):
    """The request is wrong, whatever is stored."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class InvalidForItem(Invalid):
    """The request does not fit the item or the table: inside a transaction a reason why it was cancelled."""


def taken(value: Value) -> dict[str, Any]:
    """A copy of a value as DynamoDB stores it: numbers without needless zeros, sets without order."""
    if len(value) != 1:
        raise Invalid("Supplied AttributeValue must contain exactly one of the supported datatypes")
    [(kind, content)] = value.items()
    match kind:
        case "S":  # First, because most are.
            pass
        case "N":
            return {kind: _number(content)}
        case "B":
            return {kind: bytes(content)}
        case "L":
            return {kind: [taken(each) for each in content]}
        case "M":
            return {kind: taken_item(content)}
        case "SS" | "NS" | "BS":
            return {kind: _set(kind, content)}
        case "NULL" if content is not True:
            raise Invalid(
                "One or more parameter values were invalid: Null attribute value types must have the value of true"
            )
    return {kind: content}


def taken_item(item: Item) -> dict[str, Any]:
    """The same for every attribute."""
    return {name: taken(value) for name, value in item.items()}


def shown(item: Item) -> dict[str, Any]:
    """A copy of what is stored, for an answer: nobody can change it there. Collections are few, and go the long way."""
    return {name: {**value} if _SCALARS.issuperset(value) else taken(value) for name, value in item.items()}


def _set(kind: str, members: Sequence[Any]) -> list[Any]:
    if not members:
        raise Invalid("One or more parameter values were invalid: An attribute set may not be empty")
    each = [taken({kind[0]: member})[kind[0]] for member in members]
    if len(set(each)) < len(each):
        raise Invalid("One or more parameter values were invalid: Input collection contains duplicates")
    return sorted(each)


def _number(text: str) -> str:
    if text.isdecimal() and text.isascii() and len(text) <= _DIGITS and text[0] != "0":
        return text  # Most are plain integers, which are what they would become.
    if not _NUMBER.fullmatch(text):
        raise Invalid(f"The parameter cannot be converted to a numeric value: {text}")
    return canonical(Decimal(text))


def canonical(number: Decimal) -> str:
    """A number as DynamoDB answers it: no exponent, no needless zeros, at most 38 digits and within 1E-130 to 1E126."""
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if not digits:
        return "0"
    if len(digits) > _DIGITS:
        raise Invalid("Attempting to store more than 38 significant digits in a Number")
    if not _SMALLEST <= number.adjusted() <= _LARGEST:
        raise Invalid("Number overflow or underflow: the magnitude must be between 1E-130 and 9.99E+125")
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def order(value: Value) -> Any:  # noqa: ANN401  # Text, number or bytes, as the type says.
    """What a value is sorted by. Python orders text by code point, which is the order of its UTF-8 bytes."""
    [(kind, content)] = value.items()
    return Decimal(content) if kind == "N" else content


def kind_of(value: Value) -> str:
    """`S`, `N` and so on."""
    return next(iter(value))
