from json import dumps, loads
from typing import Any

import pytest

from functions.sweep.handler import lambda_handler
from milepost.application.ports import QueueUnavailableError, TickMessage
from milepost.application.sweep import Sweep
from milepost.domain.instant import MINUTE, parse_instant
from milepost.domain.progress import Progress
from tests.fakes.due_index import MemoryDueIndex
from tests.fakes.queues import MemoryTickQueue
from tests.fakes.store import MemoryStore
from tests.functions.lambdas import CANARY, CONTEXT, payload

AT = parse_instant("2026-11-22T08:00:00Z")


def service(queue: MemoryTickQueue, **due: int) -> Sweep:
    """The application over an index of these subjects."""
    store = MemoryStore()
    for name, instant in due.items():
        store.put(Progress(f"user:{name}", due=instant))
    return Sweep(MemoryDueIndex(store, shards=1), queue)


def test_the_instant_of_a_sweep_is_the_time_of_its_event() -> None:
    """Not when it ran: whoever is due exactly then is queued, and nobody after."""
    queue = MemoryTickQueue()
    answer = lambda_handler(payload("sweep", "schedule"), CONTEXT, service(queue, a=AT - MINUTE, b=AT, c=AT + 1))
    assert answer == {"subjects": 2, "held": False}
    assert queue.waiting == [TickMessage(0, ("user:a", "user:b"), AT)]


def test_the_same_event_twice_queues_the_same_ticks() -> None:
    """Which the queue takes for one."""
    queue = MemoryTickQueue()
    for _ in range(2):
        lambda_handler(payload("sweep", "schedule"), CONTEXT, service(queue, a=AT))
    assert len(queue.waiting) == 1


def test_a_sweep_that_finds_its_ticks_waiting_adds_none(capsys: pytest.CaptureFixture[str]) -> None:
    """And says so, because an operator should look if it goes on."""
    waiting = [TickMessage(0, (f"user:{number}",), AT) for number in range(5)]
    answer = lambda_handler(payload("sweep", "schedule"), CONTEXT, service(MemoryTickQueue(waiting=waiting), a=AT))
    assert answer == {"subjects": 0, "held": True}
    assert "sweep held" in capsys.readouterr().out


def test_how_long_the_oldest_has_been_due_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """In seconds: the alarm that tells whether the clock is being settled goes by it."""
    lambda_handler(payload("sweep", "schedule"), CONTEXT, service(MemoryTickQueue(), a=AT - 2 * MINUTE, b=AT))
    [metrics] = [loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (metrics["OverdueSeconds"], metrics["SubjectsSwept"]) == ([120.0], [2.0])


def test_a_sweep_that_could_not_queue_everything_fails() -> None:
    """The next one starts again; what it measured is not lost."""
    with pytest.raises(QueueUnavailableError):
        lambda_handler(payload("sweep", "schedule"), CONTEXT, service(MemoryTickQueue(room=0), a=AT))


def test_no_id_is_ever_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Not in logs, not in metrics, not in the answer, which Lambda may log."""
    event: Any = dict.fromkeys(("version", "id", "detail-type", "source", "account", "region"), CANARY)
    event |= {"resources": [CANARY], "detail": {CANARY: CANARY}, "time": "2026-11-22T08:00:00Z"}
    queue = MemoryTickQueue()
    answer = lambda_handler(event, CONTEXT, service(queue, **{CANARY: AT}))
    written = capsys.readouterr()
    assert queue.waiting[0].subjects == (f"user:{CANARY}",)
    assert CANARY not in written.out + written.err + dumps(answer)
