"""One hot subject in simulated time: queue, workers, races, jittered retries.

Each worker does what ingest does with a batch: it takes what has arrived, reads, folds, and writes on condition of the
version that it read. Whoever loses the race waits as `JitteredBackoff` says, reads again and tries again, until it
wins or hands back. If the hot subject is an account, its users come first, as in `Ingest`: each has requests of its
own, and no other worker touches them. A request takes half its latency and, on average, as much again, and takes
effect half-way. No failures, no throttling, no stale reads, one poller.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import heappop, heappush
from itertools import count
from random import Random, getstate, seed, setstate
from typing import Final

from milepost.adapters.backoff import JitteredBackoff
from milepost.application.folding import MOST_ATTEMPTS
from milepost_tools.cost.bill import SLOWER
from milepost_tools.cost.measured import SUBJECTS, PerEvent
from milepost_tools.cost.model import per_event

WORKERS, WINDOW, TIMEOUT = 10, 5.0, 60.0
"""template.yaml: IngestMaximumConcurrency, EventBatchingWindow, ingest's Timeout."""
SECONDS: Final = 60.0
_GROWTH: Final = 0.02
_SAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Offered:
    """Events a second in batches of at most `batch`; seconds for a read or a write; CPU seconds to fold an event.

    `account`: the events are of many users, who are folded first. Where it is not `contended`, every write succeeds:
    what the others would wait if nothing were hot.
    """

    rate: float
    batch: int
    latency: float
    fold: float
    account: bool = True
    workers: int = WORKERS
    contended: bool = True


@dataclass(slots=True)
class Served:
    """What came of it: events written, conflicts, events handed back.

    Seconds from arrival to commit, for the hot subject and for others whose events came in the same batches.
    """

    events: int = 0
    commits: int = 0
    conflicts: int = 0
    handed_back: int = 0
    by_half: int = 0
    delays: list[float] = field(default_factory=list)
    neighbours: list[float] = field(default_factory=list)

    def keeps_up(self, offered: Offered) -> bool:
        """Whether the queue did not grow over the second half, but for the batch that is being gathered."""
        came = offered.rate * SECONDS / 2
        return self.events - self.by_half >= came * (1 - _GROWTH) - min(offered.batch, offered.rate * WINDOW)


def simulate(offered: Offered, dice: int = 1) -> Served:
    """A minute of it, the same whenever asked."""
    before = getstate()
    seed(dice)  # JitteredBackoff draws from the module's own generator.
    try:
        return _Hot(offered, Random(dice)).run()  # noqa: S311  # nosec B311  # The same latencies whenever asked.
    finally:
        setstate(before)


def limit(batch: int, latency: float, fold: float, *, account: bool) -> float:
    """The highest rate that is served in a steady state, within 2%."""
    low, high = 10.0, 1e6
    while high / low > 1 + _GROWTH:
        middle = (low * high) ** 0.5
        offered = Offered(middle, batch, latency, fold, account)
        low, high = (middle, high) if simulate(offered).keeps_up(offered) else (low, middle)
    return low


def quantile(found: Sequence[float], share: float) -> float:
    """The value that so large a share does not exceed; nothing of nothing."""
    return sorted(found)[min(int(len(found) * share), len(found) - 1)] if found else 0.0


@cache
def _users(events: int) -> PerEvent:
    return per_event(events, SUBJECTS)


class _Hot:
    def __init__(self, offered: Offered, draw: Random) -> None:
        self._offered = offered
        self._draw = draw
        self._now = 0.0
        self._taken = 0
        self._version = 0
        self._served = Served()

    def run(self) -> Served:
        order = count()
        waiting = [(0.0, next(order), self._work()) for _ in range(self._offered.workers)]
        while waiting[0][0] < SECONDS:
            self._now, _, worker = heappop(waiting)
            heappush(waiting, (self._now + next(worker), next(order), worker))
        return self._served

    def _work(self) -> Iterator[float]:
        """A worker: yields the seconds for which it waits or works."""
        while True:
            first, events, start = self._take()
            yield start - self._now
            deadline = self._now + TIMEOUT
            if self._offered.account:
                each = _users(events)
                yield self._requests(events * each.requests) + events * each.cpu_ms * SLOWER / 1000
                self._served.neighbours += self._delays(first, events)
            yield from self._fold(first, events, deadline)

    def _take(self) -> tuple[int, int, float]:
        """The next events, how many, and when they can be had: a full batch, or what the window gathered."""
        rate, first = self._offered.rate, self._taken
        ready = min((first + self._offered.batch) / rate, (first + 1) / rate + WINDOW)
        start = max(self._now, ready)
        events = max(1, min(self._offered.batch, round(start * rate) - first))
        self._taken += events
        return first, events, start

    def _fold(self, first: int, events: int, deadline: float) -> Iterator[float]:
        pauses: list[float] = []
        backoff = JitteredBackoff(lambda: deadline - self._now, pauses.append)
        for attempt in range(1, MOST_ATTEMPTS + 1):
            reading, writing = self._requests(1), self._requests(1)
            yield reading / 2
            read = self._version
            yield reading / 2 + events * self._offered.fold + writing / 2
            if attempt == 1 and not self._offered.account:  # Others are written whatever becomes of the hot one.
                self._served.neighbours += self._delays(first, events)
            if self._version == read or not self._offered.contended:
                self._commit(first, events)
                yield writing / 2
                return
            self._served.conflicts += 1
            yield writing / 2
            if not backoff.wait(attempt):
                break
            yield pauses.pop()
        self._served.handed_back += events

    def _requests(self, many: float) -> float:
        return self._offered.latency * (many + self._draw.gammavariate(many, 1)) / 2

    def _commit(self, first: int, events: int) -> None:
        self._version += 1
        served = self._served
        served.commits += 1
        served.events += events
        served.by_half += events if self._now < SECONDS / 2 else 0
        served.delays += self._delays(first, events)

    def _delays(self, first: int, events: int) -> Iterator[float]:
        """Since the arrival of some events of a batch, evenly spread over it."""
        places = (first + events * (each + 0.5) / _SAMPLES for each in range(_SAMPLES))
        return (self._now - place / self._offered.rate for place in places)
