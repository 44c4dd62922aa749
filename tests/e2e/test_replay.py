"""The whole line on the local stack: queue, functions under their own roles, table, stream, topics, subscribers."""

import gzip
import itertools
import json
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from milepost.domain.catalog import Catalog
from milepost_tools.catalog import load_catalog
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.replay import Replay, data_of
from milepost_tools.history.results import Row, final_state, outcome_row
from milepost_tools.history.simulation import Simulation
from milepost_tools.history.stored import statistics
from milepost_tools.local.deploy import local_stack
from milepost_tools.local.processes import processes_of
from milepost_tools.local.sending import Parcel
from milepost_tools.local.stack import OUTCOMES, Stack

CDNOW = Path(__file__).parents[1] / "data" / "cdnow"
CATALOG = CDNOW / "catalog.yaml"
UNTIL = "1997-10-01T00:00:00-04:00"
"""Nine months: what comes later repeats what came before, and each sweep is waited for."""
AS_OF = read_as_of(UNTIL)
CUSTOMERS = 40
WAVES = 5
"""How often all workers are killed: less often than a message is given out before it ends as a dead letter."""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """All 16 milestones of CDNOW."""
    return load_catalog(CATALOG)


@pytest.fixture(scope="module")
def lines() -> Sequence[Parcel]:
    """Purchases of the first customers, each sent twice on the spot."""
    with gzip.open(CDNOW / "events.ndjson.gz", "rt") as file:
        rows = ((json.loads(line), line.strip()) for line in file)
        bodies = [body for row, body in rows if int(row["userId"]) <= CUSTOMERS and row["timestamp"] < UNTIL]
    return [Parcel(f"line {number}", body) for number, body in enumerate(bodies, 1) for _ in range(2)]


@pytest.fixture(scope="module")
def simulated(catalog: Catalog, lines: Sequence[Parcel]) -> list[Row]:
    """What the pure core makes of them."""
    return final_state(outcome_row(each) for each in Simulation(catalog).run(lines, AS_OF).outcomes)


def replayed(stack: Stack, catalog: Catalog, lines: Sequence[Parcel], sent: Callable[[int], None]) -> list[Row]:
    """What subscribers were told, in its final state and without ids."""
    replay = Replay(stack, catalog, sent)
    replay.run(lines, AS_OF)
    rows = [dict(row) for row in data_of(replay.messages, OUTCOMES)]
    ids = {(row["subject"], row["milestone"], row["outcome"], row["n"], row.pop("id")) for row in rows}
    assert len(ids) == len({each[:4] for each in ids})
    return final_state(rows)


def test_killing_the_workers_of_ingest_while_it_runs_changes_nothing(
    catalog: Catalog, lines: Sequence[Parcel], simulated: list[Row]
) -> None:
    """The stack gives the simulation's file, every instant in it, and its statistics count each outcome once.

    SIGKILL loses what a worker had in hand; the queue gives it again and the ledger counts it once. It holds four
    entries here, so that most of it is in segments.
    """
    with local_stack(catalog=CATALOG, clock="replay", parameters={"LedgerEntries": "4"}) as stack:
        _come_back_after(stack, seconds=2)
        with _killing(lambda: processes_of(stack, "ingest")) as kills:
            assert replayed(stack, catalog, lines, lambda _: None) == simulated
        assert statistics(stack, catalog.name, "*") == {"members": CUSTOMERS}
        for milestone in catalog.milestones:
            counted = statistics(stack, catalog.name, milestone)
            for outcome in ("reached", "missed", "recovered"):
                told = [row for row in simulated if (row["milestone"], row["outcome"]) == (milestone, outcome)]
                assert counted.get(outcome, 0) == len(told)
    assert kills


def _come_back_after(stack: Stack, seconds: int) -> None:
    """What a killed worker had in hand is back after so long; the template's minute would only be waited for."""
    stack.connection.sqs.set_queue_attributes(
        QueueUrl=stack.event_queue_url, Attributes={"VisibilityTimeout": str(seconds)}
    )


@contextmanager
def _killing(pids: Callable[[], Iterable[int]]) -> Iterator[list[int]]:
    """Kill what is found there, again and again; yields whom."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        for _ in itertools.takewhile(lambda _: not over.wait(2), range(WAVES)):
            for pid in pids():
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()
