"""Sweep: who is due becomes ticks, page by page, and nobody else does."""

import pytest

from milepost.application.ports import QueueUnavailableError, TickMessage
from milepost.application.sweep import PER_SHARD, PER_TICK, WAITING, Sweep
from milepost.domain.instant import SECOND
from milepost.domain.progress import Progress
from tests.domain.build import T0
from tests.fakes.due_index import MemoryDueIndex
from tests.fakes.queues import MemoryTickQueue
from tests.fakes.store import MemoryStore


def index_of(dues: dict[str, int | None], shards: int = 4) -> MemoryDueIndex:
    """An index of subjects who are due then."""
    store = MemoryStore()
    for subject, due in dues.items():
        store.put(Progress(subject, due=due))
    return MemoryDueIndex(store, shards)


def test_who_is_due_becomes_a_tick_of_the_shard() -> None:
    """Due at the sweep's own instant is due; a microsecond later is not; nothing to wait for is never."""
    index = index_of({"user:past": T0 - 1, "user:now": T0, "user:later": T0 + 1, "user:never": None})
    queue = MemoryTickQueue()
    swept = Sweep(index, queue).sweep(T0)
    assert {subject for tick in queue.waiting for subject in tick.subjects} == {"user:past", "user:now"}
    assert all(index.shard_of(each) == tick.shard for tick in queue.waiting for each in tick.subjects)
    assert {tick.at for tick in queue.waiting} == {T0}
    assert (swept.subjects, swept.held) == (2, False)


def test_a_crowd_becomes_pages() -> None:
    """Ticks are of a size that is little to repeat, and nobody falls between two pages."""
    index, queue = index_of({f"user:{place}": T0 for place in range(2 * PER_TICK + 1)}, shards=1), MemoryTickQueue()
    assert Sweep(index, queue).sweep(T0).subjects == 2 * PER_TICK + 1
    assert [len(tick.subjects) for tick in queue.waiting] == [PER_TICK, PER_TICK, 1]
    assert len({each for tick in queue.waiting for each in tick.subjects}) == 2 * PER_TICK + 1


def test_after_days_off_it_catches_up_at_a_bounded_rate() -> None:
    """Faults: a sweep that was off for days takes the longest due first, and no more than it should at a time."""
    index = index_of({f"user:{place:04}": T0 - place for place in range(PER_SHARD + 1)}, shards=1)
    queue = MemoryTickQueue()
    assert Sweep(index, queue).sweep(T0).subjects == PER_SHARD
    assert "user:0000" not in {each for tick in queue.waiting for each in tick.subjects}


@pytest.mark.parametrize(("waiting", "held"), [(WAITING * 4, False), (WAITING * 4 + 1, True)])
def test_a_sweep_is_held_while_many_ticks_wait(waiting: int, held: bool) -> None:  # noqa: FBT001  # A table's column.
    """Faults: a sweep that overlaps itself adds nothing to what is still being worked off."""
    queue = MemoryTickQueue(waiting=[TickMessage(0, (f"user:{place}",), T0) for place in range(waiting)])
    swept = Sweep(index_of({"user:due": T0}), queue).sweep(T0)
    assert (swept.held, swept.subjects, len(queue.waiting) - waiting) == (held, 1 - held, 1 - held)


def test_how_long_the_oldest_has_waited_shows_even_while_held() -> None:
    """An alarm stands on this figure, and it matters most when nothing moves."""
    index = index_of({"user:a": T0 - 90 * SECOND, "user:b": T0 - SECOND})
    full = MemoryTickQueue(waiting=[TickMessage(0, (), place) for place in range(99)])
    assert Sweep(index, MemoryTickQueue()).sweep(T0).overdue_seconds == 90
    assert Sweep(index, full).sweep(T0).overdue_seconds == 90


def test_with_nobody_due_nothing_is_overdue() -> None:
    """The figure is zero when all is well."""
    queue = MemoryTickQueue()
    swept = Sweep(index_of({"user:later": T0 + 1}), queue).sweep(T0)
    assert (swept.subjects, swept.overdue_seconds, queue.waiting) == (0, 0, [])


def test_a_sweep_repeated_queues_the_same_ticks() -> None:
    """Faults: a sweep that dies in the middle starts again, and its ticks are the same."""
    index, queue = index_of({f"user:{place}": T0 for place in range(9)}), MemoryTickQueue()
    Sweep(index, queue).sweep(T0)
    before = list(queue.waiting)
    Sweep(index, queue).sweep(T0)
    assert queue.waiting == before


def test_a_queue_that_does_not_take_everything_is_an_error() -> None:
    """Whoever scheduled the sweep must see that it failed."""
    index = index_of({f"user:{place}": T0 for place in range(2 * PER_TICK)}, shards=1)
    with pytest.raises(QueueUnavailableError):
        Sweep(index, MemoryTickQueue(room=1)).sweep(T0)
