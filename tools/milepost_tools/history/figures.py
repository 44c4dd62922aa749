"""The figures of a run: how many got where, how long it took them, where they drop off, how much they are written to.

Whoever *reached* a milestone or *recovered* it got there; both count the first occurrence only.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost.domain.instant import Duration, Instant, parse_instant
from milepost.domain.milestone import Milestone
from milepost_tools.history.nudging import NudgeFigures, nudge_figures
from milepost_tools.history.part import Refused, Run
from milepost_tools.history.pressure import Pressure, pressure_of
from milepost_tools.history.quantiles import quantiles

THERE: Final = ("reached", "recovered")
QUARTERS: Final = (25, 50, 75)


@dataclass(frozen=True, slots=True)
class Funnel:
    """Of `before` subjects that got to the milestone before it in its stage, `after` got to this one too.

    `previous` is None at the first milestone of a stage, which is compared with all members.
    """

    previous: str | None
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class MilestoneFigures:
    """One milestone. `missed` and `recovered` are None where there is no deadline.

    `times` are the quartiles of the time from a subject's first counted event until it got there, in microseconds;
    None where nobody did.
    """

    milestone: str
    stage: str | None
    members: int
    """Of its kind of subject: users, or accounts."""
    reached: int
    missed: int | None
    recovered: int | None
    times: tuple[Duration, ...] | None
    funnel: Funnel


@dataclass(frozen=True, slots=True)
class Figures:
    """All of a run."""

    catalog: str
    version: int
    members: int
    accounts: int
    tally: Mapping[str, int]
    refused: Sequence[Refused]
    milestones: Sequence[MilestoneFigures]
    nudges: NudgeFigures
    pressure: Pressure


def figures_of(catalog: Catalog, run: Run) -> Figures:
    """Work them out."""
    return Figures(
        catalog=catalog.name,
        version=catalog.version,
        members=run.members,
        accounts=run.accounts,
        tally=run.tally,
        refused=run.refused,
        milestones=tuple(_milestones(catalog, run)),
        nudges=nudge_figures(run.decisions, run.first_events),
        pressure=pressure_of(run.nudges, run.first_events, run.ended),
    )


def _milestones(catalog: Catalog, run: Run) -> Iterator[MilestoneFigures]:
    counts = Counter((row["milestone"], row["outcome"]) for row in run.outcomes if row["n"] == 1)
    arrivals = _arrivals(run)
    last: dict[tuple[str, str | None], str] = {}
    for milestone in in_stages(catalog):
        there = arrivals.get(milestone.id, {})
        members = run.accounts if milestone.subject == "account" else run.members
        unit = (milestone.subject, milestone.stage)
        previous = last.get(unit)
        yield MilestoneFigures(
            milestone=milestone.id,
            stage=milestone.stage,
            members=members,
            reached=counts[milestone.id, "reached"],
            missed=counts[milestone.id, "missed"] if milestone.within else None,
            recovered=counts[milestone.id, "recovered"] if milestone.within else None,
            times=quantiles(_times(there, run.first_events), QUARTERS),
            funnel=_funnel(previous, None if previous is None else arrivals.get(previous, {}), there, members),
        )
        last[unit] = milestone.id


def in_stages(catalog: Catalog) -> list[Milestone]:
    """The milestones in catalog order, those of one stage together, stages as they first appear."""
    order = {stage: place for place, stage in enumerate(dict.fromkeys(m.stage for m in catalog.milestones.values()))}
    return sorted(catalog.milestones.values(), key=lambda each: order[each.stage])


def _arrivals(run: Run) -> dict[str, dict[Subject, Instant]]:
    """By milestone when each subject got there; in time counts before too late."""
    found: dict[str, dict[Subject, Instant]] = {}
    for row in run.outcomes:
        if row["n"] == 1 and row["outcome"] in THERE:
            found.setdefault(row["milestone"], {}).setdefault(row["subject"], parse_instant(row["at"]))
    return found


def _times(there: Mapping[Subject, Instant], first: Mapping[Subject, Instant]) -> Counter[Duration]:
    return Counter(at - first[subject] for subject, at in there.items() if subject in first)


def _funnel(
    previous: str | None, before: Mapping[Subject, Instant] | None, there: Mapping[Subject, Instant], members: int
) -> Funnel:
    if before is None:
        return Funnel(None, members, len(there))
    return Funnel(previous, len(before), len(before.keys() & there.keys()))
