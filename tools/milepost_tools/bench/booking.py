"""Publish's transaction under load, in simulated time: who meets whom at the statistics, and what that costs.

Each worker is one invocation at a time of `Publish.publish` for its part of the stream: it gathers a batch, reads it,
tells it, books it in transactions one after the other, waits as `JitteredBackoff` says, and goes round again with what
was refused. Every request takes half its latency and, on average, as much again. A transaction is refused if it meets
a statistics item of one in flight, if one of its subjects was written since it was read, or if a scope has no units
left; a refused one is billed whole, which is never the cheaper reading.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from heapq import heappop, heappush
from itertools import accumulate, count
from math import ceil, exp, inf
from random import Random, getstate, seed, setstate
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from milepost.adapters.backoff import JitteredBackoff
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.topics import PUBLISH_AT_ONCE
from milepost.application.ports import Booking, Increments, Stored
from milepost.application.publish import MOST_IDLE
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress
from milepost_tools.bench.core import CATALOG
from milepost_tools.bench.design import create_table, user_id
from milepost_tools.bench.hot import quantile
from milepost_tools.bench.workload import BEGIN
from milepost_tools.catalog import load_catalog
from milepost_tools.engine import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH, WINDOW = 100, 1.0
"""template.yaml: BatchSize and MaximumBatchingWindowInSeconds of publish."""
SECONDS: Final = 20.0
GOAL: Final = WINDOW + 1.0
"""Seconds from arrival to booked that 99 of 100 may take: a second besides the window, which is ours to choose."""
WRITTEN_EVERY: Final = 60.0
"""Seconds between two writes of a subject that is active: what comes between its reading and its booking."""
SCOPE_UNITS: Final = 1000.0
"""Write units a second of one partition: all shards of a scope share its key, until DynamoDB splits it for heat."""
_SCOPES: Final = tuple(accumulate(1 / rank for rank in range(1, 11)))
_FINE: Final = 1.05


@dataclass(frozen=True, slots=True)
class Load:
    """Outcomes a second over ten milestones by Zipf's law; seconds of a request; and the two numbers in question."""

    rate: float
    latency: float
    workers: int
    shards: int
    subjects: int


@dataclass(slots=True)
class Booked:
    """What came of it: transactions, write units spent on them and on refused ones, seconds from arrival to booked."""

    bookings: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    units: float = 0.0
    delays: list[float] = field(default_factory=list)

    @property
    def units_each(self) -> float:
        """Write units per outcome."""
        return self.units / max(1, len(self.delays))

    @property
    def refused_each(self) -> float:
        """Refused transactions for each that was not."""
        return self.refused.total() / max(1, self.bookings)

    def sustains(self, load: Load) -> bool:
        """Whether 99 of 100 were in time, and no worker stands still with what is not counted here."""
        most_of_it = 0.9 * load.rate * (SECONDS - GOAL)
        return quantile(self.delays, 0.99) <= GOAL and len(self.delays) >= most_of_it


class Waiting(NamedTuple):
    """One outcome with its nudge, in the outbox of a subject of its own."""

    arrived: float
    scope: int
    shard: int


def simulate(load: Load, dice: int = 1) -> Booked:
    """Twenty seconds of it, the same whenever asked."""
    before = getstate()
    seed(dice)  # JitteredBackoff draws from the module's own generator.
    try:
        return _Table(load, Random(dice)).run()  # noqa: S311  # nosec B311  # The same outcomes whenever asked.
    finally:
        setstate(before)


def limit(latency: float, workers: int, shards: int, subjects: int) -> float:
    """The highest rate that is sustained, within 5%; 0 if that is less than 10 a second."""
    low, high = 10.0, 20_000.0
    while high / low > _FINE:
        middle = (low * high) ** 0.5
        load = Load(middle, latency, workers, shards, subjects)
        low, high = (middle, high) if simulate(load).sustains(load) else (low, middle)
    return low


@cache
def units() -> tuple[float, float]:
    """Write units of a subject, its aggregate and one decision, and of a statistics item: what real bookings cost."""
    one, apart, together = (_metered(scopes) for scopes in (("a",), ("a", "b"), ("a", "a")))
    return together - one, apart - together


def _metered(scopes: Sequence[str]) -> float:
    engine, catalog = Engine(), load_catalog(CATALOG)
    create_table(engine, "t", sort=True, index={"dp": "S", "d": "N"})
    create_table(engine, "s", sort=True)
    store = DynamoStore(cast("DynamoDBClient", engine), Codec.of(catalog), "t", "s", catalog.name)
    bookings = [_booking(f"user:{user_id(place)}", scope) for place, scope in enumerate(scopes)]
    store.save([Stored(each.progress, 0) for each in bookings])
    engine.meter.reset()
    store.book(bookings)
    return engine.meter.write_units


def _booking(subject: str, scope: str) -> Booking:
    when = (BEGIN, BEGIN, BEGIN)
    nudge = Nudge("0" * 32, subject, scope, "reached", 0, 1, "email", "t", "sent", None, *when, catalog_version=1)
    return Booking(1, Progress(subject), (nudge,), Increments({(scope, "reached"): 1, (scope, "sent.email"): 1}))


class _Table:
    def __init__(self, load: Load, draw: Random) -> None:
        self._load = load
        self._draw = draw
        self._now = 0.0
        self._held: set[tuple[int, int]] = set()
        # By scope: the units that are left of this second's, and when that was so.
        self._left = dict.fromkeys(range(len(_SCOPES)), (SCOPE_UNITS, 0.0))
        self._booked = Booked()

    def run(self) -> Booked:
        order = count()
        waiting = [(0.0, next(order), self._work()) for _ in range(self._load.workers)]
        while waiting[0][0] < SECONDS:
            self._now, _, worker = heappop(waiting)
            heappush(waiting, (self._now + next(worker), next(order), worker))
        return self._booked

    def _work(self) -> Iterator[float]:
        """A worker: yields the seconds for which it waits or works."""
        coming = self._arrivals()
        ahead = next(coming)
        while True:
            handed, batch = max(self._now, ahead.arrived + WINDOW), list[Waiting]()
            while len(batch) < BATCH and ahead.arrived <= handed:
                batch.append(ahead)
                ahead = next(coming)
            yield max(self._now, handed if len(batch) < BATCH else batch[-1].arrived) - self._now
            yield from self._publish(batch)

    def _arrivals(self) -> Iterator[Waiting]:
        arrived = 0.0
        while True:
            arrived += self._draw.expovariate(self._load.rate / self._load.workers)
            scope = bisect(_SCOPES, self._draw.random() * _SCOPES[-1])
            yield Waiting(arrived, scope, self._draw.randrange(self._load.shards))

    def _publish(self, pending: Sequence[Waiting]) -> Iterator[float]:
        """As `Publish.publish`; what it would hand back comes again at once, and is told again."""
        pauses: list[float] = []
        backoff = JitteredBackoff(lambda: inf, pauses.append)
        idle = MOST_IDLE
        while pending:
            read = self._now
            yield self._request()
            progress = idle == MOST_IDLE
            if progress:  # To the topic of outcomes and to that of a channel.
                for _ in range(2 * ceil(len(pending) / PUBLISH_AT_ONCE)):
                    yield self._request()
            left: list[Waiting] = []
            for begin in range(0, len(pending), self._load.subjects):
                group = pending[begin : begin + self._load.subjects]
                left += yield from self._book(group, read)
            idle = 0 if progress or len(left) < len(pending) else idle + 1
            pending = left
            backoff.wait(idle + 1)
            yield pauses.pop() if pending else 0.0

    def _book(self, group: Sequence[Waiting], read: float) -> Generator[float, None, Sequence[Waiting]]:
        """One transaction; what it leaves to be booked: everything or nothing."""
        scopes = {each.scope for each in group}
        items = {(scope, group[0].shard) for scope in scopes}
        of_subject, of_scope = units()
        self._booked.units += len(group) * of_subject + len(scopes) * of_scope
        if refusal := self._refusal(group, items, read):
            self._booked.refused[refusal] += 1
            yield self._request()
            return group
        self._held |= items
        yield self._request()
        self._held -= items
        self._booked.bookings += 1
        self._booked.delays += (self._now - each.arrived for each in group)
        return ()

    def _refusal(self, group: Sequence[Waiting], items: AbstractSet[tuple[int, int]], read: float) -> str | None:
        if self._draw.random() > exp(-len(group) * (self._now - read) / WRITTEN_EVERY):
            return "changed"
        if items & self._held:
            return "conflict"
        refilled = {scope: self._refilled(scope) - units()[1] for scope, _ in items}
        if min(refilled.values()) < 0:
            return "throttled"
        self._left |= {scope: (left, self._now) for scope, left in refilled.items()}
        return None

    def _refilled(self, scope: int) -> float:
        left, at = self._left[scope]
        return min(SCOPE_UNITS, left + SCOPE_UNITS * (self._now - at))

    def _request(self) -> float:
        return self._load.latency * (1 + self._draw.expovariate(1)) / 2
