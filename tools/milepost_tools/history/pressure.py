"""How many nudges a member is sent in a day: what decides whether people stay or turn the channel off.

A day is a UTC date, and a nudge belongs to that of its decision. Two views, for they answer different questions: a
day on which a member is written to at all, and any day of a member, from the first event to the end of the run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from milepost.domain.event import Subject
from milepost.domain.instant import DAY, Instant
from milepost_tools.history.quantiles import quantiles
from milepost_tools.history.results import Row

PERCENTS: Final = (50, 95, 99, 100)


@dataclass(frozen=True, slots=True)
class PerDay:
    """Nudges sent per member and day over `days` member-days: at the 50th, 95th and 99th percentile, and the most."""

    days: int
    at: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Pressure:
    """Over the member-days with at least one nudge sent, and over all of them."""

    active: PerDay
    every: PerDay


def pressure_of(nudges: Iterable[Row], first_events: Mapping[Subject, Instant], ended: Instant) -> Pressure:
    """Work it out from the decisions of a run that ended at this instant."""
    sent = Counter((row["subject"], row["decided_at"][:10]) for row in nudges if row["verdict"] == "sent")
    counts = Counter(sent.values())
    days = sum(max(ended // DAY - first // DAY + 1, 1) for first in first_events.values())
    every = Counter(counts)
    every[0] = max(days - len(sent), 0)
    return Pressure(_per_day(counts), _per_day(every))


def _per_day(counts: Counter[int]) -> PerDay:
    return PerDay(counts.total(), quantiles(counts, PERCENTS))
