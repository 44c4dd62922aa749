"""An item's size as DynamoDB counts it (its developer guide, "Item sizes and formats")."""

from math import ceil
from typing import Any, Final

from milepost.adapters.codec import Attributes

UNIT: Final = 1024
"""Bytes that one write unit pays for."""


def bytes_as_billed(item: Attributes) -> int:
    """Names and values; two digits of a number share a byte."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def units_to_write(size: int) -> int:
    """What it costs to write an item of so many bytes."""
    return ceil(size / UNIT)


def _value_size(value: Any) -> int:  # noqa: ANN401  # an attribute value in DynamoDB's own notation
    match value:
        case {"S": text}:
            return len(str(text).encode())
        case {"B": data}:
            return len(bytes(data))
        case {"N": number}:
            return ceil(len(str(number).strip("-")) / 2) + 1 + str(number).startswith("-")
    raise ValueError("no text, number or binary")
