"""What it takes at least to reach a rule: how many events, and how much time."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from milepost.domain.instant import DAY, WEEK, Duration, parse_duration
from milepost.domain.local import Unit, parse_calendar
from milepost_tools.catalog.matching import Matcher
from milepost_tools.catalog.rules import Reach
from milepost_tools.catalog.rules.all import AllOf
from milepost_tools.catalog.rules.any import AnyOf
from milepost_tools.catalog.rules.date import Date

_MONTH: Final = 28 * DAY
_UNITS: Final[Mapping[Unit, Duration]] = {"day": DAY, "week": WEEK, "month": _MONTH}


class Effort(NamedTuple):
    """At least so many events, over at least so much time."""

    events: int = 1
    time: Duration = 0


def least_effort(reach: Reach) -> Effort:
    """The least that reaches it; what nobody can tell, such as the amounts of a sum, is taken for little."""
    effort = _OF_KIND.get(reach.kind)
    return effort(reach.rule) if effort else Effort()


def _streak(rule: Any) -> Effort:  # noqa: ANN401  # the table knows which kind it is
    return Effort(rule.at_least * rule.per_period, (rule.at_least - 1) * _UNITS[cast("Unit", rule.unit)])


def _date(rule: Date) -> Effort:
    """With a date in a trait nobody knows how far away it is."""
    if rule.after is None or not isinstance(rule.of, Matcher):
        return Effort(0)
    months, days, elapsed = parse_calendar(rule.after)
    return Effort(1, months * _MONTH + days * DAY + elapsed)


def _members(of: Iterable[Matcher | Reach]) -> list[Effort]:
    return [least_effort(each) if isinstance(each, Reach) else Effort() for each in of]


def _all(rule: AllOf) -> Effort:
    """One event may serve several members."""
    efforts = _members(rule.of)
    return Effort(max(each.events for each in efforts), max(each.time for each in efforts))


def _any(rule: AnyOf) -> Effort:
    """Whichever comes first: the one that takes least time."""
    return min(_members(rule.of), key=lambda each: (each.time, each.events))


_OF_KIND: Final[Mapping[str, Callable[[Any], Effort]]] = {
    "count": lambda rule: Effort(rule.at_least),
    "distinct": lambda rule: Effort(rule.at_least),
    "days": lambda rule: Effort(rule.at_least, (rule.at_least - 1) * DAY),
    "streak": _streak,
    "sequence": lambda rule: Effort(len(rule.steps)),
    "silence": lambda rule: Effort(1, parse_duration(rule.span)),
    "drop": lambda rule: Effort(1, 2 * parse_duration(rule.over)),
    "date": _date,
    "all": _all,
    "any": _any,
}
