"""`milepost bench hotpath`: what it costs to count an event exactly, beside two other designs that count it.

Write units, read units, requests and bytes come from the strict engine in memory, the same on every machine;
processor time from real clients against MiniStack. Floor is the number of different subjects in each batch: one
write unit each is the least that a design can spend that stores every subject's events apart.

Milepost's members have joined before the workload begins, which is told apart, as is what follows from an outcome:
the due index, acknowledgements, decisions and statistics.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, Final

from milepost.adapters.aws import CONFIG
from milepost.adapters.wire import in_one_piece
from milepost.domain.event import Track
from milepost_tools.bench.design import (
    Contender,
    Record,
    in_batches_of,
    records_of,
    truth_of,
    user_id,
    wrong_users,
)
from milepost_tools.bench.hotpath_chaos import ChaosFigures, torment
from milepost_tools.bench.hotpath_cpu import EVENTS as CPU_EVENTS
from milepost_tools.bench.hotpath_cpu import RIVALS as CPU_RIVALS
from milepost_tools.bench.hotpath_cpu import TURNS as CPU_TURNS
from milepost_tools.bench.hotpath_cpu import cpu_seconds, cross_check
from milepost_tools.bench.hotpath_goals import BATCHES, CPU
from milepost_tools.bench.metered import Metered
from milepost_tools.bench.ours import MILEPOST, Milepost
from milepost_tools.bench.rivals.idempotency import IDEMPOTENCY
from milepost_tools.bench.rivals.transaction import TRANSACTION
from milepost_tools.bench.workload import BEGIN, events
from milepost_tools.engine import Engine
from milepost_tools.local.connection import to_ministack
from milepost_tools.local.ministack import running_ministack

EXPONENT: Final = 1.0
"""Of Zipf's law: floors of 0.910, 0.662 and 0.387 with 20,000 events of 2,000 users, within 0.5 % of the design's."""
RIVALS: Final = (IDEMPOTENCY, TRANSACTION)
CHAOS_EVENTS: Final = 2500
_RIVALS_BATCH: Final = 100
"""Rivals go event by event: what they cost is measured at this batch size and holds for all."""
_PROCESSES: Final = 3
"""One more than two cores have work for: those under faults wait most of the time."""


@dataclass(slots=True)
class Cost:
    """Units and requests, in all."""

    write: float = 0
    index: float = 0
    """Write units of the due index, which are in `write` too."""
    read: float = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One design at one batch size; units and requests are those of counting, the index left out."""

    cost: Cost
    largest: int
    wrong: int


@dataclass(frozen=True, slots=True)
class WholePath:
    """What else Milepost spends at one batch size: all of it, the statistics' part, and on members who join."""

    all: Cost
    booking: Cost
    statistics: float
    outcomes: int
    joining: Cost
    members: int


@dataclass(slots=True)
class HotpathFigures:
    """Everything that was measured, by batch size and design."""

    events: int
    subjects: int
    floor: dict[int, float]
    rows: dict[int, dict[str, Row]] = field(default_factory=dict)
    whole: dict[int, WholePath] = field(default_factory=dict)
    cpu: dict[int, dict[str, float]] = field(default_factory=dict)
    """Seconds per event."""
    checked: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    chaos: dict[str, ChaosFigures] = field(default_factory=dict)

    @property
    def wrong_under_faults(self) -> int:
        """Milepost's wrong subjects in the part in which everything fails."""
        return self.chaos[MILEPOST.name].wrong_subjects if self.chaos else 0

    def ratios(self, batch: int) -> dict[str, float]:
        """What the goals are about."""
        rows = self.rows[batch]
        ours, idempotency, transaction = (rows[each.name].cost for each in (MILEPOST, IDEMPOTENCY, TRANSACTION))
        found = {
            "write_units_to_floor": ours.write / self.events / self.floor[batch],
            "write_units_to_idempotency": ours.write / idempotency.write,
            "write_units_to_transaction": ours.write / transaction.write,
            "requests_per_event": ours.requests / self.events,
            "wrong_subjects": rows[MILEPOST.name].wrong,
        }
        if batch in self.cpu:
            found[CPU] = self.cpu[batch][MILEPOST.name] / self.cpu[batch][IDEMPOTENCY.name]
        return found


def measure(count: int, users: int, *, cpu: bool, chaos: bool) -> HotpathFigures:
    """Measure all designs on the same events."""
    found = events(count, users, exponent=EXPONENT, user_id=user_id)
    floors = {batch: floor_of([event.subject for event in found], batch) for batch in BATCHES}
    figures = HotpathFigures(len(found), len({event.subject for event in found}), floors)
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        ours = {batch: pool.submit(ours_of, found, batch) for batch in BATCHES}
        rivals = {each.name: pool.submit(rival_of, each, found, _RIVALS_BATCH) for each in RIVALS}
        if chaos:
            few = _within_days(min(count, CHAOS_EVENTS), users)
            doomed = {each.name: pool.submit(_chaos, each, few) for each in (MILEPOST, *RIVALS)}
            figures.chaos = {name: each.result() for name, each in doomed.items()}
        for batch in BATCHES:
            row, figures.whole[batch] = ours[batch].result()
            figures.rows[batch] = {MILEPOST.name: row, **{name: each.result() for name, each in rivals.items()}}
    if cpu:  # Alone, so that nothing else takes the processor.
        _measure_cpu(figures, found[:CPU_EVENTS])
    return figures


def floor_of(subjects: Sequence[str], batch: int) -> float:
    """Write units per event if every subject of a batch were written once, at one unit."""
    batches = (subjects[begin : begin + batch] for begin in range(0, len(subjects), batch))
    return sum(len(set(each)) for each in batches) / len(subjects)


@dataclass(frozen=True, slots=True)
class _Till:
    """Charges what is spent to whom it is spent for."""

    engine: Engine
    client: Metered

    @contextmanager
    def charging(self, *costs: Cost) -> Iterator[None]:
        meter, client = self.engine.meter, self.client
        before = meter.write_units, client.index_writes, meter.read_units, meter.requests
        yield
        for cost in costs:
            cost.write += meter.write_units - before[0]
            cost.index += client.index_writes - before[1]
            cost.read += meter.read_units - before[2]
            cost.requests += meter.requests - before[3]


def ours_of(found: Sequence[Track], batch: int) -> tuple[Row, WholePath]:
    """Milepost, in batches of one size: ingest, and after each batch publish."""
    engine = Engine()
    client = Metered(engine)
    till = _Till(engine, client)
    MILEPOST.create(client, "")
    worker = Milepost(client, "")
    joins = [_opened(subject) for subject in dict.fromkeys(event.subject for event in found)]
    joining, ingest, booking, all_ = Cost(), Cost(), Cost(), Cost()
    for records in in_batches_of(batch, records_of(joins, "joining-")):
        with till.charging(joining):
            _receive_all(worker, records)
            worker.publish()
    engine.meter.reset()
    outcomes = 0
    for records in in_batches_of(batch, records_of(found)):
        with till.charging(ingest, all_):
            _receive_all(worker, records)
        with till.charging(booking, all_):
            outcomes += worker.publish()
    spent, largest = engine.meter.tables["statistics"].write_units, engine.meter.largest_item
    ingest.write -= ingest.index
    truth = truth_of([*joins, *found])
    row = Row(ingest, largest, wrong_users(worker.counts(truth), truth))
    return row, WholePath(all_, booking, spent, outcomes, joining, len(joins))


def _receive_all(worker: Milepost, records: Sequence[Record]) -> None:
    if worker.receive(records):
        raise AssertionError("nothing fails here, and yet messages were handed back")


def _opened(subject: str) -> Track:
    return Track(subject, f"joining-{subject}", 0, 0, BEGIN, BEGIN, "opened", {}, subject)


def rival_of(contender: Contender, found: Sequence[Track], batch: int) -> Row:
    """Another design."""
    engine = Engine()
    contender.create(engine, "")
    worker = contender.worker(engine, "")
    engine.meter.reset()
    for records in in_batches_of(batch, records_of(found)):
        worker.receive(records)
    meter = engine.meter
    cost, largest = Cost(meter.write_units, 0, meter.read_units, meter.requests), meter.largest_item
    truth = truth_of(found)
    return Row(cost, largest, wrong_users(worker.counts(truth), truth))


def _within_days(count: int, users: int) -> Sequence[Track]:
    """Events of twelve days, so that what comes again does so while the queues could still hold it."""
    return events(5 * count, users, exponent=EXPONENT, user_id=user_id)[:count]


def _chaos(contender: Contender, found: Sequence[Track]) -> ChaosFigures:
    return torment(contender, Engine(), found)


def _measure_cpu(figures: HotpathFigures, found: Sequence[Track]) -> None:
    with running_ministack() as ministack:
        connection = to_ministack(ministack.endpoint)
        # As the functions make theirs, for all designs alike: what a client can be spared is no merit of a design.
        client: Any = in_one_piece(
            connection.session.client("dynamodb", endpoint_url=ministack.endpoint, config=CONFIG)
        )
        least: dict[tuple[str, int], float] = {}
        for turn in range(CPU_TURNS):
            for each, batch in [*((MILEPOST, batch) for batch in BATCHES), *((each, _RIVALS_BATCH) for each in RIVALS)]:
                some = found if each is MILEPOST else found[:CPU_RIVALS]
                spent = cpu_seconds(each, client, some, batch, turn)
                least[each.name, batch] = min(spent, least.get((each.name, batch), spent))
        rivals = {each.name: least[each.name, _RIVALS_BATCH] for each in RIVALS}
        figures.cpu = {batch: {MILEPOST.name: least[MILEPOST.name, batch], **rivals} for batch in BATCHES}
        figures.checked = cross_check((MILEPOST, *RIVALS), client, found)
