"""Values of the core as JSON has them."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
"""What `json.dumps` takes."""
_EXACT: Final = 2**53
"""Up to here every reader of JSON keeps whole numbers exact."""


def plain(value: object) -> Json:
    """The value as JSON; an exact decimal that a number of JSON's readers might not keep exact is text."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return _number(value) if isinstance(value, Decimal) else value


def _number(value: Decimal) -> float | str:
    if value == value.to_integral_value() and abs(value) < _EXACT:
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)
