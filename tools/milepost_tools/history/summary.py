"""What a run came to, for a person."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from milepost.domain.catalog import Catalog
from milepost_tools.history.figures import Figures, Funnel, MilestoneFigures
from milepost_tools.history.layout import clipped, elapsed, share, width_of
from milepost_tools.history.nudging_text import nudge_lines
from milepost_tools.history.part import Refused
from milepost_tools.history.pressure import PerDay
from milepost_tools.history.results import Row
from milepost_tools.local.text import counted

SHOWN: Final = 10
"""Refused lines that are shown one by one."""


def summary(figures: Figures) -> str:
    """Everything, section by section."""
    return "\n".join(
        [
            *events_lines(figures),
            *_milestone_lines(figures),
            *_time_lines(figures.milestones),
            *_funnel_lines(figures.milestones),
            *_nudge_lines(figures),
        ]
    )


def events_lines(figures: Figures) -> Iterator[str]:
    """What became of the lines of the log."""
    new, twice = figures.tally.get("counted", 0), figures.tally.get("duplicate", 0)
    yield f"Events: {new:,} counted, {twice:,} sent again, {len(figures.refused):,} refused."
    yield from refused_lines(figures.refused)


def refused_lines(refused: Sequence[Refused]) -> Iterator[str]:
    """The first few refused lines with their reasons."""
    for each in refused[:SHOWN]:
        yield f"  {each.unsent.ref}: {each.unsent.reason}"
    if len(refused) > SHOWN:
        yield f"  ... and {len(refused) - SHOWN:,} more"


def reached_and_missed(catalog: Catalog, outcomes: Sequence[Row]) -> str:
    """A line per milestone: subjects that reached, missed and recovered it."""
    counts = Counter((row["milestone"], row["outcome"]) for row in outcomes if row["n"] == 1)
    width = width_of(catalog.milestones)
    lines = ["Milestones, by subjects:"]
    for milestone in catalog.milestones.values():
        kinds = ("reached", "missed", "recovered") if milestone.within else ("reached",)
        figures = "  ".join(f"{kind} {counts[milestone.id, kind]:7,}" for kind in kinds)
        lines.append(f"  {clipped(milestone.id):{width}}  {figures}")
    return "\n".join(lines)


def _milestone_lines(figures: Figures) -> Iterator[str]:
    accounts = f" and {counted(figures.accounts, 'account')}" if figures.accounts else ""
    yield f"Milestones, by subjects of {counted(figures.members, 'member')}{accounts}:"
    width = width_of(each.milestone for each in figures.milestones)
    for each in figures.milestones:
        kinds = (("reached", each.reached), ("missed", each.missed), ("recovered", each.recovered))
        known = "  ".join(f"{kind} {share(count, each.members)}" for kind, count in kinds if count is not None)
        yield f"  {clipped(each.milestone):{width}}  {known}".rstrip()


def _time_lines(milestones: Sequence[MilestoneFigures]) -> Iterator[str]:
    yield "Time to a milestone from a member's first event, of those who got there, in time or after the deadline:"
    width = width_of(each.milestone for each in milestones)
    for each in milestones:
        quarter, half, rest = map(elapsed, each.times) if each.times else ("-",) * 3
        yield f"  {clipped(each.milestone):{width}}  median {half:>11}   half of them {quarter:>11} to {rest:>11}"


def _funnel_lines(milestones: Sequence[MilestoneFigures]) -> Iterator[str]:
    yield "Drop-off, in catalog order within each stage: of those who got to the one before, how many got to this one:"
    width = width_of(each.milestone for each in milestones)
    for stage, grouped in groupby(milestones, key=lambda each: each.stage):
        yield f"  {clipped(stage or '(no stage)')}"
        for each in grouped:
            yield f"    {clipped(each.milestone):{width}}  {_funnel(each.funnel)}"


def _funnel(funnel: Funnel) -> str:
    whom = "" if funnel.previous is None else f" with {clipped(funnel.previous)}"
    return f"{share(funnel.after, funnel.before)} of {counted(funnel.before, 'member')}{whom}"


def _nudge_lines(figures: Figures) -> Iterator[str]:
    yield from nudge_lines(figures.nudges)
    yield "Nudges sent per member and day (UTC date of the decision):"
    yield _per_day_line("on days with at least one", figures.pressure.active)
    yield _per_day_line("on all days, first event to end", figures.pressure.every)


def _per_day_line(what: str, found: PerDay) -> str:
    half, most_days, nearly_all, most = found.at or ("-",) * 4
    shown = f"p50 {half:>3}  p95 {most_days:>3}  p99 {nearly_all:>3}  most {most:>3}"
    return f"  {what:31}  {shown}  of {counted(found.days, 'member-day')}"
