"""Journeys, caps, hours, holdout and variants on the local stack: every decision is that of the simulation."""

from collections.abc import Sequence

import pytest

from milepost_tools.catalog import load_catalog
from milepost_tools.demo.checking.log import messages
from milepost_tools.demo.run import SAMPLE
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.replay import Replay, data_of
from milepost_tools.history.results import nudge_order, nudge_row
from milepost_tools.history.stored import decisions
from milepost_tools.local.deploy import local_stack
from milepost_tools.local.recording import read_parcels
from milepost_tools.local.sending import Parcel
from milepost_tools.local.stack import CHANNELS

CATALOG, LOG = SAMPLE / "catalog.yaml", SAMPLE / "events.ndjson.gz"
CUSTOMERS = 40
UNTIL = "1997-02-21T00:00:00-05:00"
"""After the first deadlines, and after the next day on which nudges go."""


@pytest.fixture(scope="module")
def lines() -> Sequence[Parcel]:
    """What the first customers of the sample had said and bought by then, in the order of arrival."""
    end = read_as_of(UNTIL)
    found = [(parcel, body) for parcel, body in zip(read_parcels(str(LOG)), messages(LOG), strict=True) if body]
    mine = sorted({body["userId"] for _, body in found})[:CUSTOMERS]
    return [
        parcel
        for parcel, body in found
        if isinstance(parcel, Parcel) and body["userId"] in mine and (read_as_of(body["receivedAt"]) or 0) < (end or 0)
    ]


def test_every_decision_of_the_stack_is_that_of_the_simulation_and_what_was_sent_is_received(
    lines: Sequence[Parcel],
) -> None:
    """Ids, last verdicts, reasons and instants: what waits is woken at its time."""
    catalog = load_catalog(CATALOG)
    with local_stack(catalog=CATALOG, clock="replay") as stack:
        replay = Replay(stack, catalog, lambda _: None)
        simulation = replay.run(lines, read_as_of(UNTIL))
        decided = sorted(decisions(stack), key=nudge_order)
    simulated = sorted(map(nudge_row, simulation.nudges), key=nudge_order)
    assert decided == simulated
    assert {row["verdict"] for row in decided} == {"sent", "held_out", "suppressed", "cancelled", "deferred"}
    received = {row["id"] for channel in CHANNELS for row in data_of(replay.messages, channel)}
    assert received == {row["id"] for row in decided if row["verdict"] == "sent"}
