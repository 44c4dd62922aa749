"""What the sample ships as right: the answers, the nudges, who has agreed to what, and how many of each."""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

Row: TypeAlias = Mapping[str, Any]
"""An outcome or a nudge as it was received, or as a file of the sample lists it."""
COUNTS: Final = ("accepted", "duplicates", "rejected")


class Occurrence(NamedTuple):
    """What an outcome is about; two outcomes of one occurrence are two things."""

    subject: str
    milestone: str
    n: int
    outcome: str


class Told(NamedTuple):
    """What makes a nudge one nudge, and the channel it went to."""

    subject: str
    milestone: str
    path: str
    n: int
    step: int
    channel: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What the sample's files say must come of it. An instant of None may be any."""

    counts: Mapping[str, int]
    outcomes: Mapping[Occurrence, datetime | None]
    statistics: Mapping[str, Mapping[str, int]]
    nudges: frozenset[Told]
    consent: Mapping[str, frozenset[str]]

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
        nudges=frozenset(told_of(each) for each in _rows(sample / "nudges.ndjson.gz")),
        consent={each["subject"]: frozenset(each["channels"]) for each in _rows(sample / "consent.ndjson.gz")},
    )


def _rows(path: Path) -> Iterable[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def occurrence_of(row: Row) -> Occurrence:
    """What an outcome is about."""
    return Occurrence(row["subject"], row["milestone"], row["n"], row["outcome"])


def told_of(row: Row) -> Told:
    """Which nudge it is."""
    return Told(row["subject"], row["milestone"], row["path"], row["n"], row["step"], row["channel"])
