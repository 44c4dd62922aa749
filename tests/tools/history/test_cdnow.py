"""69,659 real purchases against answers that two other programs computed: all 16 milestones."""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from milepost.domain.instant import DAY, format_instant, parse_instant
from milepost_tools.cli import main

CDNOW = Path(__file__).parents[2] / "data" / "cdnow"
AS_OF = "1998-07-01T00:00:00-04:00"
SILENT = "inactive-30d"
"""The one milestone that waits for silence: what a late event does to it depends on when it comes."""
DUPLICATES = 0.05
LATEST = 2 * DAY
ONE_OF = 3
"""Customers are judged apart, so that a third of them shows what all of them would."""


def rows_of(file: Iterable[str]) -> Iterator[Any]:
    """The objects of an NDJSON file."""
    return (json.loads(line) for line in file)


@pytest.fixture(scope="module")
def right() -> dict[tuple[str, str, str, int], str]:
    """The instant of each answer."""
    with gzip.open(CDNOW / "outcomes.ndjson.gz", "rt") as file:
        return {place(row): row["at"] for row in rows_of(file)}


def place(row: Any) -> tuple[str, str, str, int]:
    """What an answer is of."""
    return row["subject"], row["milestone"], row["outcome"], row["n"]


def simulated(log: Path, folder: Path) -> dict[tuple[str, str, str, int], str]:
    """What `milepost simulate` makes of a log, in two processes."""
    found = folder / "outcomes.ndjson"
    options = ["--catalog", str(CDNOW / "catalog.yaml"), "--as-of", AS_OF, "--outcomes", str(found)]
    assert main(["simulate", str(log), *options, "--processes", "2"]) == 0
    with found.open(encoding="utf-8") as file:
        return {place(row): row["at"] for row in rows_of(file)}


def test_all_of_cdnow_gives_the_right_answers_every_row_and_every_instant(
    right: dict[tuple[str, str, str, int], str], tmp_path: Path
) -> None:
    """141,197 rows: none missing, none at another instant, none extra among the outcomes that are listed."""
    found = simulated(CDNOW / "events.ndjson.gz", tmp_path)
    listed = {(milestone, outcome) for _, milestone, outcome, _ in right}
    assert len(right) == 141_197
    assert len({milestone for milestone, _ in listed}) == 16
    assert {key: at for key, at in found.items() if key[1:3] in listed} == right


def test_what_comes_twice_and_up_to_two_days_late_gives_the_same_answers(
    right: dict[tuple[str, str, str, int], str], tmp_path: Path
) -> None:
    """3.1: the same subjects, milestones, outcomes and occurrences, for every rule that does not wait for silence."""
    right = {key: at for key, at in right.items() if is_one(key[0].removeprefix("user:"))}
    assert len({subject for subject, *_ in right}) == 7_856
    log = tmp_path / "shuffled.ndjson"
    log.write_text("".join(shuffled(Random(1))), encoding="utf-8")
    found = simulated(log, tmp_path)
    listed = {(milestone, outcome) for _, milestone, outcome, _ in right} - {(SILENT, "reached")}
    assert {key for key in found if key[1:3] in listed} == {key for key in right if key[1] != SILENT}


def is_one(customer: str) -> bool:
    """Whether it is one of those whose purchases come late."""
    return int(customer) % ONE_OF == 0


def shuffled(random: Random) -> Iterator[str]:
    """The log as it would arrive from careless producers."""
    arrivals: list[tuple[int, int, Any]] = []
    with gzip.open(CDNOW / "events.ndjson.gz", "rt") as file:
        for row in filter(lambda row: is_one(row["userId"]), rows_of(file)):
            for _ in range(1 + (random.random() < DUPLICATES)):
                late = random.randrange(LATEST)
                arrivals.append((parse_instant(row["timestamp"]) + late, len(arrivals), row))
    for arrived, _, row in sorted(arrivals, key=lambda each: each[:2]):
        yield json.dumps({**row, "receivedAt": format_instant(arrived)}) + "\n"
