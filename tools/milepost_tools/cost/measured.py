"""What was measured, for `milepost cost`: each row with its source. A new measurement changes this file alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PerEvent:
    """What ingest needs for one event: write units, requests to DynamoDB, milliseconds of a whole CPU."""

    write_units: float
    requests: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class PerOutcome:
    """What telling and booking one outcome with one nudge needs beyond the write that counted the event."""

    write_units: float
    read_units: float
    requests: float
    publishes: float


SUBJECTS: Final = 2000
"""In the measured workload: 20,000 events, Zipf's law, 3% duplicates, 10 milestones."""

OURS: Final[Mapping[int, PerEvent]] = {
    # By events in a batch. `milepost bench hotpath`, 2026-11-22; its CPU, the least of three turns on two busy cores.
    10: PerEvent(0.899, 0.213, 0.73),
    100: PerEvent(0.668, 0.048, 0.32),
    1000: PerEvent(0.407, 0.021, 0.20),
}

RIVALS: Final[Mapping[str, PerEvent]] = {
    # The same run. Powertools' idempotency utility, then UpdateItem ADD; the same for batches of any size.
    "idempotency utility": PerEvent(2.938, 2.938, 4.3),
    # TransactWriteItems of a marker and a counter, event by event.
    "transaction per event": PerEvent(4.000, 1.000, 1.7),
}

# The same run: what the whole path needs beyond counting, by its outcomes in batches of 10, where they share least.
# Units: the outbox lifts the item over 1 KB, the due index there and back, acknowledgement, decision and statistics
# at a transaction's price, and the decision in its index. Requests: 1.8 to DynamoDB; one publish to `outcomes` and one
# to the nudge's channel.
OUTCOME: Final = PerOutcome(write_units=9.0, read_units=1.0, requests=3.8, publishes=2)

# Counted in the code, not measured: the aggregate, and its old and new place in the due index.
SETTLE_WRITE_UNITS: Final = 3

MILLISECONDS_PER_REQUEST: Final = 10.0
"""Assumed, not measured: from Lambda to DynamoDB or SNS and back, for a batch request."""
