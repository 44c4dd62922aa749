"""What a run came to, for a person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from milepost.domain.catalog import Catalog
from milepost_tools.history.results import Row
from milepost_tools.local.sending import Unsent

SHOWN: Final = 10
"""Refused lines that are shown one by one."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one simulation."""

    catalog: Catalog
    members: int
    tally: Mapping[str, int]
    refused: Sequence[Unsent]
    outcomes: Sequence[Row]
    nudges: Sequence[Row]


def print_summary(summary: Summary) -> None:
    """Print it."""
    counted, twice = summary.tally.get("counted", 0), summary.tally.get("duplicate", 0)
    print(f"Events: {counted:,} counted, {twice:,} sent again, {len(summary.refused):,} refused.")
    for refused in summary.refused[:SHOWN]:
        print(f"  {refused.ref}: {refused.reason}")
    if len(summary.refused) > SHOWN:
        print(f"  ... and {len(summary.refused) - SHOWN:,} more")
    print(reached_and_missed(summary.catalog, summary.outcomes, summary.members))
    print(_nudges(summary.nudges))


def reached_and_missed(catalog: Catalog, outcomes: Sequence[Row], members: int | None = None) -> str:
    """A line per milestone: subjects that reached, missed and recovered it, and their share of the members."""
    counts = Counter((row["milestone"], row["outcome"]) for row in outcomes if row["n"] == 1)
    width = max([len(milestone) for milestone in catalog.milestones], default=0)
    everyone = "" if members is None else f" of {members:,} members"
    lines = [f"Milestones, by subjects{everyone}:"]
    for milestone in catalog.milestones:
        figures = [f"{kind} {_share(counts[milestone, kind], members)}" for kind in ("reached", "missed", "recovered")]
        shown = figures if catalog.milestones[milestone].within else figures[:1]
        lines.append(f"  {milestone:{width}}  " + "  ".join(shown))
    return "\n".join(lines)


def _share(count: int, members: int | None) -> str:
    return f"{count:7,} ({count / members:6.1%})" if members else f"{count:7,}"


def _nudges(nudges: Sequence[Row]) -> str:
    verdicts = Counter((row["channel"], row["verdict"], row["reason"]) for row in nudges)
    lines = [f"Nudges: {len(nudges):,} decided."]
    for (channel, verdict, reason), count in sorted(verdicts.items(), key=lambda each: each[0][:2]):
        why = f" ({reason})" if reason else ""
        lines.append(f"  {channel:11}  {verdict}{why}: {count:,}")
    return "\n".join(lines)
