"""Sweep: who is due becomes ticks. It decides nothing, so running twice, late or half-way does no harm."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol, TypeAlias

from milepost.application.ports import DueIndex, TickMessage, TickQueue
from milepost.domain.event import Subject
from milepost.domain.instant import SECOND, Instant

Due: TypeAlias = Sequence[tuple[Subject, Instant]]
"""Subjects and since when they are due."""
PER_TICK: Final = 50
"""Subjects in one tick message: two write requests, and little to repeat if one of them fails."""
WAITING: Final = 2
"""Tick messages per shard that may wait before a sweep adds none."""
PER_SHARD: Final = 500
"""Subjects that one sweep takes from a shard: after days without a sweep it catches up at this rate a minute."""


class Map(Protocol):
    """What `map` does, on one sequence."""

    def __call__(self, function: Callable[[int], Due], over: Iterable[int], /) -> Iterable[Due]:
        """The function's answers, in order."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many subjects were queued, and by how much the oldest due instant has passed, in seconds."""

    subjects: int
    overdue_seconds: float
    held: bool
    """Earlier ticks are still being worked off, so none were added."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Looks through the due index. `each` maps a function over the shards, one by one unless it is given threads."""

    index: DueIndex
    ticks: TickQueue
    each: Map = map

    def sweep(self, at: Instant) -> Swept:
        """Queue everybody who is due at `at`, the scheduled instant of this sweep.

        Raises:
            QueueUnavailableError: the tick queue did not take everything; the next sweep starts again.
        """
        found = list(self.each(lambda shard: self.index.due(shard, at, PER_SHARD), range(self.index.shards)))
        oldest = min((due for rows in found for _, due in rows), default=at)
        overdue = (at - oldest) / SECOND
        # Ticks that wait would only be queued again. A few may: one shard in trouble must not stop the others.
        if self.ticks.depth() > WAITING * self.index.shards:
            return Swept(0, overdue, held=True)
        ticks = [tick for shard, rows in enumerate(found) for tick in _ticks(shard, [each for each, _ in rows], at)]
        self.ticks.put(ticks)
        return Swept(sum(len(each.subjects) for each in ticks), overdue, held=False)


def _ticks(shard: int, subjects: Sequence[Subject], at: Instant) -> Iterator[TickMessage]:
    rest = iter(subjects)
    while page := tuple(islice(rest, PER_TICK)):
        yield TickMessage(shard, page, at)
