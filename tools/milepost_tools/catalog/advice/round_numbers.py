"""Which thresholds people take for round.

Up to 5 every number is: so many are seen at a glance. Beyond, 1, 1.5, 2, 2.5, 3, 4, 5 and 7.5 with any number of
noughts; 7, 12, 24 and 365, by which days, months and hours are counted; for days, weeks and months what makes a
larger unit; and an amount of seconds or minutes that is a round number of hours or days. That people make for such
numbers is shown by Pope and Simonsohn, Round Numbers as Goals (Psychological Science, 2011).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from milepost_tools.catalog.walk import Held

_AT_A_GLANCE: Final = 5
_LEADING: Final = frozenset(map(Decimal, ("1", "1.5", "2", "2.5", "3", "4", "5", "7.5")))
_NAMED: Final = frozenset((7, 12, 24, 365))
_DAYS: Final = frozenset((14, 21, 28, 60, 90, 180, 365, 730))
_CALENDAR: Final[Mapping[str, frozenset[int]]] = {
    "day": _DAYS,
    "week": frozenset((8, 13, 26, 52, 104)),
    "month": frozenset((6, 18, 24, 36)),
}
_TIME: Final = (60, 3600, 1440, 86400)
"""Seconds or minutes in what is larger."""


def is_round(number: int | Decimal, held: "Held") -> bool:
    """Whether people would name that number for what the rule counts."""
    exact = Decimal(number)
    if exact in _NAMED or _leads(exact):
        return True
    if held.kind == "sum":
        return any(exact >= unit and _leads(exact / unit) for unit in _TIME)
    unit = cast("Any", held.rule).unit if held.kind == "streak" else "day" if held.kind == "days" else None
    return unit is not None and exact in _CALENDAR[unit]


def _leads(number: Decimal) -> bool:
    whole = number <= _AT_A_GLANCE and number == number.to_integral_value()
    return whole or number.scaleb(-number.adjusted()) in _LEADING
