"""What steps and guardrails ask of a subject, in words."""

from typing import TYPE_CHECKING, cast

from milepost.domain.demand import Demand
from milepost.domain.instant import format_duration
from milepost_tools.explain.wording import condition_text, names_text

if TYPE_CHECKING:
    from milepost.domain.demand import Fall, Watch


def demand_text(demand: Demand) -> str:
    """`plan is "pro"`, `ordered in the last 24h`."""
    if demand.traits:
        return " and ".join(map(condition_text, demand.traits))
    if demand.reached is not None:
        return f"{demand.reached} is reached"
    if demand.missed is not None:
        return f"{demand.missed} is missed"
    watched = _watched(cast("Watch", demand.watch))
    if demand.fall is None:
        return f"{watched} in the last {format_duration(cast('Watch', demand.seen).span)}"
    return _fall(watched, demand.fall)


def _fall(watched: str, fall: "Fall") -> str:
    span = format_duration(fall.over)
    return f"{watched} fell by at least {float(fall.by):.0%} in the last {span} against the {span} before"


def _watched(watch: "Watch") -> str:
    where = " and ".join(map(condition_text, watch.matcher.where))
    return names_text(watch.matcher.names) + (f" where {where}" if where else "")
