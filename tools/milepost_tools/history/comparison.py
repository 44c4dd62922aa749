"""Two catalogs over the same log: what the candidate would change about what is live.

*Gained* is what the candidate has and the live catalog has not, *lost* the reverse, and *moved* what both have at
different instants. All of it is about outcomes in their final state.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from milepost.domain.catalog import Catalog
from milepost_tools.history.part import Run
from milepost_tools.history.results import Row, place

Change: TypeAlias = Literal["gained", "lost", "moved"]
CHANGES: Final[Sequence[Change]] = ("gained", "lost", "moved")
EXAMPLES: Final = 5
"""Subjects that are named for each kind of change."""


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """One milestone and kind of outcome: how many occurrences each catalog has, what changes, and for whom."""

    milestone: str
    outcome: str
    live: int
    candidate: int
    changes: Mapping[Change, int]
    examples: Mapping[Change, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs. `nudges` holds counts as (live, candidate) by channel and verdict."""

    new: Sequence[str]
    removed: Sequence[str]
    outcomes: Sequence[OutcomeChange]
    rows: Sequence[Row]
    """Every difference as a line of a file: `at` is the candidate's, `at_against` that of what is live."""
    nudges: Mapping[tuple[str, str], tuple[int, int]]
    refused: tuple[int, int]


def compared(live: tuple[Catalog, Run], candidate: tuple[Catalog, Run]) -> Comparison:
    """Compare them."""
    (live_catalog, live_run), (candidate_catalog, candidate_run) = live, candidate
    rows = list(_differences(live_run.outcomes, candidate_run.outcomes))
    names = dict.fromkeys([*candidate_catalog.milestones, *live_catalog.milestones])
    return Comparison(
        new=[name for name in names if name not in live_catalog.milestones],
        removed=[name for name in names if name not in candidate_catalog.milestones],
        outcomes=list(_by_outcome(list(names), live_run.outcomes, candidate_run.outcomes, rows)),
        rows=rows,
        nudges=_nudges(live_run, candidate_run),
        refused=(len(live_run.refused), len(candidate_run.refused)),
    )


def _differences(live: Sequence[Row], candidate: Sequence[Row]) -> Iterator[Row]:
    before, after = ({place(row): row["at"] for row in rows} for rows in (live, candidate))
    for each in sorted(before.keys() | after.keys()):
        at, at_against = after.get(each), before.get(each)
        if at != at_against:
            change = "gained" if at_against is None else "lost" if at is None else "moved"
            subject, milestone, n, outcome = each
            named = {"subject": subject, "milestone": milestone, "outcome": outcome, "n": n}
            yield {**named, "change": change, "at": at, "at_against": at_against}


def _by_outcome(
    names: Sequence[str], live: Sequence[Row], candidate: Sequence[Row], rows: Sequence[Row]
) -> Iterator[OutcomeChange]:
    before, after = (Counter((row["milestone"], row["outcome"]) for row in each) for each in (live, candidate))
    changes = Counter((row["milestone"], row["outcome"], row["change"]) for row in rows)
    examples = _examples(rows)
    for name in names:
        for outcome in sorted({outcome for milestone, outcome in before.keys() | after.keys() if milestone == name}):
            yield OutcomeChange(
                milestone=name,
                outcome=outcome,
                live=before[name, outcome],
                candidate=after[name, outcome],
                changes={each: changes[name, outcome, each] for each in CHANGES},
                examples={each: examples.get((name, outcome, each), []) for each in CHANGES},
            )


def _examples(rows: Sequence[Row]) -> Mapping[tuple[str, str, str], Sequence[str]]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        subjects = found.setdefault((row["milestone"], row["outcome"], row["change"]), [])
        if len(subjects) < EXAMPLES and row["subject"] not in subjects:
            subjects.append(row["subject"])
    return found


def _nudges(live: Run, candidate: Run) -> Mapping[tuple[str, str], tuple[int, int]]:
    before, after = (Counter((row["channel"], row["verdict"]) for row in run.nudges) for run in (live, candidate))
    return {each: (before[each], after[each]) for each in sorted(before.keys() | after.keys())}
