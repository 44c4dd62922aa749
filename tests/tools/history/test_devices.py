"""Two devices of one person: whatever part of their purchases came under an anonymous id, the answers are the same."""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from milepost_tools.cli import main
from milepost_tools.history.results import Row

# One worker for all of them: what they look at takes long to make.
pytestmark = pytest.mark.xdist_group("devices")

CDNOW = Path(__file__).parents[2] / "data" / "cdnow"
AS_OF = "1998-07-01T00:00:00-04:00"
CUSTOMERS = 500
OF_THE_CLOCK = {"inactive-30d", "anniversary-1y", "second-within-45d", "no-second-45d"}
"""What the clock decides is decided for each of two subjects while nobody knows that they are one, and the first
purchase of each begins a deadline."""
OF_A_SPAN = {"days-7", "streak-2d", "streak-4w", "three-in-30d"}
"""From before `max_age` and redelivery a rule remembers no single date or instant, only what it has come to: halves
of one group can no longer be put together, and a date that both had is two."""
Line = dict[str, Any]


@pytest.fixture(scope="module")
def purchases() -> list[Line]:
    """Those of the first customers."""
    with gzip.open(CDNOW / "events.ndjson.gz", "rt") as file:
        found = [json.loads(line) for line in file]
    customers = sorted({each["userId"] for each in found})[:CUSTOMERS]
    return [each for each in found if each["userId"] in set(customers)]


def alias(first: Line, name: str) -> Line:
    """Says that a customer's device is the customer."""
    user = first["userId"]
    return {
        "type": "alias",
        "messageId": f"alias-{name}-{user}",
        "userId": user,
        "previousId": f"device-{user}",
        "timestamp": first["timestamp"],
    }


def divided(purchases: Iterable[Line], when: str) -> Iterator[Line]:
    """Every other purchase of a customer comes from a device; the alias early, in the middle, late, or twice."""
    own: dict[str, list[Line]] = {}
    for each in purchases:
        own.setdefault(each["userId"], []).append(each)
    for lines in own.values():
        places = {"early": [0], "middle": [len(lines) // 2], "late": [len(lines)], "twice": [0, len(lines)]}[when]
        for place, line in enumerate(lines):
            if place in places:
                yield alias(line, str(place))
            yield {**line, "userId": f"device-{line['userId']}"} if place % 2 else line
        if len(lines) in places:
            yield alias(lines[-1], "end")


def simulated(lines: Iterable[Line], folder: Path) -> list[Row]:
    """The outcomes of a log, in the order of time."""
    log, found = folder / "events.ndjson", folder / "outcomes.ndjson"
    ordered = sorted(lines, key=lambda line: line["timestamp"])
    log.write_text("".join(f"{json.dumps(line)}\n" for line in ordered), encoding="utf-8")
    options = ["--catalog", str(CDNOW / "catalog.yaml"), "--as-of", AS_OF, "--outcomes", str(found)]
    assert main(["simulate", str(log), *options]) == 0
    return [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def undivided(purchases: list[Line], tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """What the customers have done, as one log says it."""
    return simulated(purchases, tmp_path_factory.mktemp("undivided"))


def of_events(rows: Iterable[Row]) -> set[tuple[str, ...]]:
    """What events alone decide, whoever it was told: a device is its customer."""
    return {
        (row["milestone"], row["subject"].replace("device-", ""), row["outcome"], str(row["n"]))
        for row in rows
        if row["milestone"] not in OF_THE_CLOCK and row["outcome"] == "reached"
    }


@pytest.mark.parametrize("when", ["early", "twice"])
def test_with_an_early_alias_every_row_and_every_instant_is_that_of_the_undivided_log(
    purchases: list[Line], undivided: list[Row], when: str, tmp_path: Path
) -> None:
    """Semantics 3.14: from then on the two ids are one subject; a second alias changes nothing."""
    assert simulated(divided(purchases, when), tmp_path) == undivided


@pytest.mark.parametrize("when", ["middle", "late"])
def test_whenever_the_alias_comes_what_was_counted_is_that_of_the_undivided_log(
    purchases: list[Line], undivided: list[Row], when: str, tmp_path: Path
) -> None:
    """Semantics 3.14: progress that was counted before is added up, to the last row where no date or span is meant."""
    found, right = of_events(simulated(divided(purchases, when), tmp_path)), of_events(undivided)
    assert {milestone for milestone, *_ in found ^ right} <= OF_A_SPAN
    assert len(found ^ right) <= 0.05 * len(right)
