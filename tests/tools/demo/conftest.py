"""The sample run through the core once, for whoever judges what comes of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from milepost_tools.catalog import load_catalog
from milepost_tools.demo.checking.check import breaches
from milepost_tools.demo.expected import Expected, load
from milepost_tools.demo.make_sample import SAMPLE
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.results import Row, final_state, nudge_order, nudge_row, outcome_row
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.recording import read_parcels


@dataclass(frozen=True)
class Played:
    """What the sample expects, and the outcomes and decisions that the core made of it."""

    expected: Expected
    outcomes: Sequence[Row]
    decisions: Sequence[Row]

    def of(self, subjects: Iterable[str]) -> "Played":
        """The same of these subjects alone."""
        wanted = frozenset(subjects)
        log = [each for each in self.expected.log if each and f"user:{each['userId']}" in wanted]
        answers = {each: at for each, at in self.expected.outcomes.items() if each.subject in wanted}
        return Played(
            replace(self.expected, log=log, outcomes=answers),
            [row for row in self.outcomes if row["subject"] in wanted],
            [row for row in self.decisions if row["subject"] in wanted],
        )

    def with_row(self, row: Row, **changed: object) -> "Played":
        """The decisions on this subject alone, one of them changed."""
        mine = self.of([row["subject"]])
        return replace(mine, decisions=[{**each, **changed} if each == row else each for each in mine.decisions])

    @property
    def breaches(self) -> Mapping[str, Sequence[str]]:
        """By law, what an independent program finds wrong."""
        expected = self.expected
        return breaches(expected.plan, expected.log, self.outcomes, self.decisions, expected.as_of)

    @property
    def broken(self) -> set[str]:
        """The laws that are."""
        return {law for law, found in self.breaches.items() if found}


@pytest.fixture(scope="session")
def played() -> Played:
    """The whole sample."""
    expected = load(SAMPLE)
    lines = read_parcels(str(SAMPLE / "events.ndjson.gz"))
    run = Simulation(load_catalog(SAMPLE / "catalog.yaml")).run(lines, read_as_of(expected.as_of))
    outcomes = final_state(outcome_row(each) for each in run.outcomes)
    return Played(expected, outcomes, sorted(map(nudge_row, run.decisions), key=nudge_order))


Find = Callable[..., Row]


@pytest.fixture
def find(played: Played) -> Find:
    """Looks for the first decision that has these values."""
    return partial(_first, played.decisions)


def _first(rows: Sequence[Row], **like: Any) -> Row:
    return next(each for each in rows if like.items() <= dict(each).items())
