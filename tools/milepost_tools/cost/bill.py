"""A month's bill, line by line. Every assumption about the path stands here as a constant with its reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from milepost.adapters import keys
from milepost_tools.cost.measured import MILLISECONDS_PER_REQUEST, OUTCOME, RIVALS, SETTLE_WRITE_UNITS, PerEvent
from milepost_tools.cost.model import distinct, per_event
from milepost_tools.cost.prices import Price

MONTH: Final = 30 * 86_400
MEMORY: Final = 0.5
"""GB of each function; with it comes 512/1769 of a CPU (Lambda's developer guide, "Configure memory")."""
SLOWER: Final = 1769 / 512
POLLERS, POLL_SECONDS, PER_REQUEST = 5, 20, 10
"""Lambda polls a queue with five long polls at a time and takes and deletes ten messages a request."""
SWEEPS: Final = MONTH // 60
SETTLES: Final = 2
"""Times a month that the clock looks at a subject."""
AGGREGATE, DECISION, DECISIONS_KEPT = 1124, 400, 400 / 30
"""Bytes with DynamoDB's own 100, and the months that a decision is kept; the index by day holds all of it again."""
LOGGED: Final = 2000
"""Bytes a call: three lines of the platform and one of metrics."""
METRICS, ALARMS = 25, 17
"""Metrics that some function can report, by service; alarms in template.yaml."""
KEY_REQUESTS: Final = 15 * MONTH // 300
"""Seven topics, and two tables for each of four functions, fetch a data key every five minutes."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A month: messages, subjects, events that meet in a batch, outcomes per event."""

    events: float
    subjects: int
    batch: int
    outcomes_share: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill."""

    service: str
    what: str
    usage: float
    price: Price

    @property
    def dollars(self) -> float:
        """Usage times unit price."""
        return self.usage / self.price.per * self.price.dollars


def ours(work: Workload, prices: Mapping[str, Price]) -> Sequence[Line]:
    """The bill of this design."""
    reads = work.events / work.batch * distinct(work.batch, work.subjects) / 2  # eventually consistent
    return [*_counting(work, per_event(work.batch, work.subjects), reads, prices), *_rest(work, prices)]


def rivals(work: Workload, prices: Mapping[str, Price]) -> Mapping[str, Sequence[Line]]:
    """The bills of two other ways to count. All but the counting is the same.

    In their favour, their batches are as large, and their markers take no storage.
    """
    rest = list(_rest(work, prices))
    return {name: [*_counting(work, each, 0, prices), *rest] for name, each in RIVALS.items()}


def total(lines: Sequence[Line]) -> float:
    """Dollars a month."""
    return sum(line.dollars for line in lines)


def _counting(work: Workload, each: PerEvent, reads: float, prices: Mapping[str, Price]) -> Iterator[Line]:
    seconds = (each.requests * MILLISECONDS_PER_REQUEST + each.cpu_ms * SLOWER) / 1000
    yield Line("Lambda", "ingest, duration", work.events * seconds * MEMORY, prices["lambda_arm64"])
    yield Line("DynamoDB", "count events", work.events * each.write_units, prices["writes"])
    yield Line("DynamoDB", "read progress", reads, prices["reads"])


def _rest(work: Workload, prices: Mapping[str, Price]) -> Iterator[Line]:
    outcomes, settles = work.events * work.outcomes_share, work.subjects * SETTLES
    # Ticks of a sweep go by shard, ten tick messages at a time.
    tick_batches = SWEEPS * min(settles / SWEEPS, ceil(min(keys.DUE_SHARDS, settles / SWEEPS) / PER_REQUEST))
    calls = work.events / work.batch + SWEEPS + tick_batches + min(outcomes, 2 * MONTH)
    waiting = 3 * tick_batches + SWEEPS * keys.DUE_SHARDS / 8 + outcomes * OUTCOME.requests  # sweep has eight threads
    yield Line("SQS", "send, take, delete events", work.events * (1 + 2 / PER_REQUEST), prices["sqs"])
    yield Line("SQS", "poll for events", POLLERS * MONTH / POLL_SECONDS, prices["sqs"])
    yield Line("SQS", "ticks and poll for them", POLLERS * MONTH / POLL_SECONDS + 3 * tick_batches, prices["sqs_fifo"])
    yield Line("Lambda", "calls of all functions", calls, prices["lambda_requests"])
    yield Line(
        "Lambda",
        "sweep, settle, publish, duration",
        waiting * MILLISECONDS_PER_REQUEST / 1000 * MEMORY,
        prices["lambda_arm64"],
    )
    yield Line("DynamoDB", "tell and book outcomes", outcomes * OUTCOME.write_units, prices["writes"])
    yield Line("DynamoDB", "settle", settles * SETTLE_WRITE_UNITS, prices["writes"])
    reads = outcomes * OUTCOME.read_units + settles / 2 + SWEEPS * keys.DUE_SHARDS / 2
    yield Line("DynamoDB", "sweep, settle, publish", reads, prices["reads"])
    indexed = outcomes * DECISION * DECISIONS_KEPT / 1e9
    stored = work.subjects * AGGREGATE / 1e9 + indexed
    yield Line("DynamoDB", "storage, after 400 days", stored + indexed, prices["storage"])
    yield Line("DynamoDB", "point-in-time recovery", stored, prices["recovery"])  # Of the table, without its indexes.
    yield Line("SNS", "outcomes and nudges", outcomes * OUTCOME.publishes, prices["sns"])
    yield Line("CloudWatch", "logs", calls * LOGGED / 1e9, prices["logs"])
    yield Line("CloudWatch", "metrics", METRICS, prices["metrics"])
    yield Line("CloudWatch", "alarms", ALARMS, prices["alarms"])
    yield Line("CloudWatch", "age of the backlog", tick_batches, prices["metric_reads"])
    yield Line("KMS", "data keys", KEY_REQUESTS, prices["kms"])
