"""The designs under faults: workers that crash between requests, answers that are lost, batches that come again.

Each worker's client misbehaves after a write has been done, which is where it hurts. A crash ends the invocation as a
time-out does, and the batch comes again when its visibility time-out is over, by then with all that the crashed worker
left behind. An answer is lost in one of two ways: the SDK asks again by itself, or gives up and says so.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Condition, Thread
from time import monotonic, sleep
from typing import Any, Final

from botocore.exceptions import ReadTimeoutError

from milepost.domain.event import Track
from milepost_tools.bench.design import (
    Client,
    Contender,
    Design,
    Record,
    in_batches_of,
    records_of,
    truth_of,
    wrong_users,
)
from milepost_tools.bench.metered import WRITES
from milepost_tools.bench.rivals.idempotency import TIME_LEFT

WORKERS: Final = 4
BATCH: Final = 100
CRASHES: Final = 0.5
"""Crashes for each invocation, spread over as many writes as the design is said to make."""
LOST: Final = 0.5
"""The same for lost answers."""
AGAIN: Final = 0.1
"""Share of batches that the queue delivers twice though all went well."""
INVISIBLE: Final = 1.25 * TIME_LEFT / 1000
"""Seconds until a crashed batch comes again: longer than an invocation can take, as a queue must be set up."""
_PAUSE: Final = 0.0002
"""Seconds that a request takes at least, so that workers meet in the middle of their batches."""


class CrashError(BaseException):
    """The worker is gone. No exception that anything in it could catch."""


@dataclass(slots=True)
class Faults:
    """What befalls writes; counted."""

    crashes: int = 0
    lost: int = 0


class Faulty:
    """A client whose writes are done, and then something happens."""

    def __init__(self, client: Client, writes: float, faults: Faults, seed: int) -> None:
        """`writes` are how many an invocation makes about, among which its faults are spread."""
        self._client, self._faults = client, faults
        self._crash, self._lose = CRASHES / writes, LOST / writes
        self._draw = Random(seed)  # noqa: S311  # nosec B311  # Faults, no secret.

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # Whatever the client has.
        operation = getattr(self._client, name)
        return self._misbehaving(operation) if name in WRITES else operation

    def _misbehaving(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(**request: object) -> object:
            sleep(_PAUSE)
            answer, dice = operation(**request), self._draw.random()
            if dice < self._crash:
                self._faults.crashes += 1
                raise CrashError
            if dice < self._crash + self._lose:
                self._faults.lost += 1
                if self._draw.random() < 0.5:  # noqa: PLR2004  # Heads or tails.
                    raise ReadTimeoutError(endpoint_url="dynamodb")
                return operation(**request)
            return answer

        return call


class _Queue:
    """Batches, some of which come again; over when none waits and none is being worked on."""

    def __init__(self, batches: Iterable[Sequence[Record]]) -> None:
        self._waiting = deque((0.0, batch) for batch in batches)
        self._working = 0
        self._changed = Condition()

    def take(self) -> Sequence[Record] | None:
        with self._changed:
            while self._waiting or self._working:
                ready = next((each for each in self._waiting if each[0] <= monotonic()), None)
                if ready is not None:
                    self._waiting.remove(ready)
                    self._working += 1
                    return ready[1]
                self._changed.wait(INVISIBLE / 10)
        return None

    def done(self, again: Sequence[Record] = ()) -> None:
        with self._changed:
            self._working -= 1
            if again:
                self._waiting.append((monotonic() + INVISIBLE, again))
            self._changed.notify_all()


@dataclass(slots=True)
class ChaosFigures:
    """What became of one design."""

    wrong_subjects: int
    subjects: int
    invocations: int
    crashes: int
    lost_answers: int
    conflicts: int


@dataclass(slots=True)
class _Worker:
    design: Design
    queue: _Queue
    invocations: int = 0
    failures: list[BaseException] = field(default_factory=list)

    def run(self) -> None:
        while (batch := self.queue.take()) is not None:
            again: Sequence[Record] = ()
            self.invocations += 1
            try:
                failed = self.design.receive(batch)
                again = [record for record in batch if record["messageId"] in failed]
            except CrashError:
                again = batch
            except Exception as error:  # noqa: BLE001  # Told by the thread that waits for this one.
                self.failures.append(error)
            finally:
                self.queue.done(again)


def torment(contender: Contender, client: Client, found: Sequence[Track]) -> ChaosFigures:
    """Let a design count these events while everything fails."""
    contender.create(client, "chaos-")
    batches = in_batches_of(BATCH, records_of(found))
    draw = Random(1)  # noqa: S311  # nosec B311  # The same copies every time.
    copies = [batch for batch in batches if draw.random() < AGAIN]
    queue, faults = _Queue([*batches, *copies]), Faults()
    clients = [Faulty(client, contender.writes * BATCH, faults, seed) for seed in range(WORKERS)]
    workers = [_Worker(contender.worker(each, "chaos-"), queue) for each in clients]
    threads = [Thread(target=each.run) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in (failure for each in workers for failure in each.failures):
        raise failure
    truth = truth_of(found)
    counted = contender.worker(client, "chaos-").counts(truth)
    return ChaosFigures(
        wrong_users(counted, truth),
        len(truth),
        sum(each.invocations for each in workers),
        faults.crashes,
        faults.lost,
        sum(each.design.conflicts for each in workers),
    )
