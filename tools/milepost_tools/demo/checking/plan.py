"""The catalog as its file has it, and what its words mean in days, hours and seconds."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import yaml

Plan: TypeAlias = Mapping[str, Any]
Step: TypeAlias = Mapping[str, Any]
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS: Final = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MONTHS: Final = 12
_KNOWN: Final = {"channel", "template", "after", "at", "days", "if", "unless", "class", "expires"}


def read_plan(catalog: Path) -> Plan:
    """The catalog.

    Raises:
        ValueError: a step has a key that this program does not know how to judge.
    """
    plan: Plan = yaml.safe_load(catalog.read_text(encoding="utf-8"))
    for milestone in plan["milestones"].values():
        for path in ("reached", "missed", "recovered"):
            for step in milestone.get(f"on_{path}", []):
                if unknown := step.keys() - _KNOWN:
                    raise ValueError(f"steps with {', '.join(sorted(unknown))} are not known to this program")
    return plan


def duration(text: str) -> timedelta:
    """Elapsed time: `90s`, `10min`, `36h`, `7d` of 24 hours each, `2w`."""
    number, unit = _parts(text)
    return timedelta(**{_UNITS[unit]: number})


def _parts(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"([0-9]+)([a-z]+)", text)
    if not found:
        raise ValueError(f"{text} is no duration")
    return int(found[1]), found[2]


def clock(text: str) -> time:
    """The time of the day that `09:00` is."""
    return time.fromisoformat(text)


def is_between(wall: datetime, hours: Mapping[str, str]) -> bool:
    """Whether the wall clock stands from `from`, included, to `to`, excluded; over midnight, if that comes first."""
    begins, ends, now = clock(hours["from"]), clock(hours["to"]), wall.time()
    return begins <= now < ends if begins < ends else now >= begins or now < ends


def planned(step: Step, at: datetime, zone: ZoneInfo) -> datetime:
    """When a step is to go for what happened at that instant (semantics, section 2, on durations)."""
    after = step.get("after", "0s")
    if "at" not in step:
        return at + duration(after)
    number, unit = _parts(after)
    local = at.astimezone(zone)
    if unit in ("d", "w", "mo", "y"):
        day = _later(local, number, unit)
        wall = datetime.combine(day, clock(step["at"]), zone)
    else:
        moment = (at + duration(after)).astimezone(zone)
        wall = datetime.combine(moment, clock(step["at"]), zone)
        wall += timedelta(days=wall < moment)
    while "days" in step and DAYS[wall.weekday()] not in step["days"]:
        wall += timedelta(days=1)
    return wall.astimezone(UTC)


def _later(local: datetime, number: int, unit: str) -> datetime:
    if unit in ("d", "w"):
        return local + duration(f"{number}{unit}")
    months = local.month - 1 + number * (1 if unit == "mo" else _MONTHS)
    first = local.replace(year=local.year + months // _MONTHS, month=months % _MONTHS + 1, day=1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(local.day, last.day))


def listed(value: str | Sequence[str]) -> Sequence[str]:
    """One name, or several, as several."""
    return [value] if isinstance(value, str) else value
