"""What the sample ships as right: the answers, how many messages of each kind, and what they are answers to."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from milepost_tools.demo.checking.log import Body, messages
from milepost_tools.demo.checking.plan import Plan, read_plan

Row: TypeAlias = Mapping[str, Any]
"""An outcome or a nudge as it was received, or as a file of the sample lists it."""
COUNTS: Final = ("accepted", "duplicates", "rejected")


class Occurrence(NamedTuple):
    """What an outcome is about; two outcomes of one occurrence are two things."""

    subject: str
    milestone: str
    n: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What the sample's files say must come of it. An instant of None may be any."""

    counts: Mapping[str, int]
    outcomes: Mapping[Occurrence, datetime | None]
    statistics: Mapping[str, Mapping[str, int]]
    plan: Plan
    log: Sequence[Body | None]
    as_of: str

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """The milestones and outcomes that the answers list in full; recoveries, say, are not judged."""
        return frozenset((each.milestone, each.outcome) for each in self.outcomes)


def load(sample: Path) -> Expected:
    """Read what the sample in this folder expects.

    Raises:
        OSError, ValueError, KeyError: a file of the sample is missing or damaged.
    """
    expected = json.loads((sample / "expected.json").read_text(encoding="utf-8"))
    answers = list(_rows(sample / "answers.ndjson.gz"))
    return Expected(
        counts={name: expected[name] for name in COUNTS},
        outcomes={
            occurrence_of(each): None if each["at"] is None else datetime.fromisoformat(each["at"]) for each in answers
        },
        statistics={"*": {"members": expected["members"]}, **expected["outcomes"]},
        plan=read_plan(sample / "catalog.yaml"),
        log=list(messages(sample / "events.ndjson.gz")),
        as_of=expected["as_of"],
    )


def _rows(path: Path) -> Iterable[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def occurrence_of(row: Row) -> Occurrence:
    """What an outcome is about."""
    return Occurrence(row["subject"], row["milestone"], row["n"], row["outcome"])
