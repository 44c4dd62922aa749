"""The figures of a run as one JSON object, for programs. Durations are in seconds."""

from collections.abc import Sequence
from typing import Final

from milepost.domain.instant import SECOND, Duration
from milepost_tools.history.figures import Figures, MilestoneFigures
from milepost_tools.history.nudging_text import nudges_json
from milepost_tools.history.pressure import PerDay
from milepost_tools.history.results import Row
from milepost_tools.history.summary import SHOWN

_QUARTILES: Final = ("first_quartile", "median", "third_quartile")
_PERCENTILES: Final = ("p50", "p95", "p99", "most")


def as_json(figures: Figures) -> Row:
    """All figures; of the refused lines only the first few."""
    return {
        "catalog": figures.catalog,
        "catalog_version": figures.version,
        "members": figures.members,
        "accounts": figures.accounts,
        "events": {
            "counted": figures.tally.get("counted", 0),
            "duplicate": figures.tally.get("duplicate", 0),
            "refused": len(figures.refused),
        },
        "tally": dict(sorted(figures.tally.items())),
        "refused": [{"line": each.unsent.ref, "reason": each.unsent.reason} for each in figures.refused[:SHOWN]],
        "milestones": {each.milestone: _milestone(each) for each in figures.milestones},
        "nudges": nudges_json(figures.nudges),
        "nudges_sent_per_member_day": {
            "days_with_at_least_one": _per_day(figures.pressure.active),
            "all_days": _per_day(figures.pressure.every),
        },
    }


def _milestone(figures: MilestoneFigures) -> Row:
    return {
        "stage": figures.stage,
        "reached": figures.reached,
        "missed": figures.missed,
        "recovered": figures.recovered,
        "seconds_from_first_event": _seconds(figures.times),
        "funnel": {
            "previous": figures.funnel.previous,
            "before": figures.funnel.before,
            "after": figures.funnel.after,
        },
    }


def _seconds(times: Sequence[Duration] | None) -> Row | None:
    return None if times is None else {name: time / SECOND for name, time in zip(_QUARTILES, times, strict=True)}


def _per_day(found: PerDay) -> Row:
    return {"member_days": found.days, **dict(zip(_PERCENTILES, found.at or (None,) * 4, strict=True))}
