"""What starts the functions: event source mappings of the queues and of the stream, and the clock."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from json import loads
from typing import Any, Final

from milepost.adapters import keys
from milepost.application.ports import QueueUnavailableError
from milepost.domain.instant import SECOND, Instant, format_instant
from milepost_tools.engine.values import Item
from milepost_tools.prove.faults import CrashError
from milepost_tools.prove.functions import Function, queue_event
from milepost_tools.prove.machine import World
from milepost_tools.prove.queues import Message, Queue

_RETRIES: Final = 3
_AT_ONCE: Final = 10


@dataclass(slots=True)
class QueueSource:
    """Hands a queue's messages to a function, in as many environments as there are."""

    world: World
    queue: Queue
    idle: list[Function]
    window: int
    """Most microseconds that it waits for a batch to fill."""
    most: int = 10
    """Messages of a batch."""
    off_until: Instant = 0
    _ticked: Counter[str] = field(default_factory=Counter)
    """Subjects that ticks are being worked off for."""

    def wake(self, instant: Instant) -> None:
        """There is something from this instant on."""
        self.world.kernel.at(instant + self.world.faults.draw.randrange(self.window), self.poll)

    def switch_off(self, until: Instant) -> None:
        """Hand nothing on before this instant."""
        self.off_until = until
        self.world.kernel.at(until, self.poll)

    def poll(self) -> None:
        """Start an invocation, if somebody is free and something is there."""
        works = self.idle and self.world.kernel.now >= self.off_until
        batch = self.queue.receive(self.world.faults.draw.randrange(1, self.most + 1)) if works else ()
        if not batch:
            return
        function = self.idle.pop(self.world.faults.draw.randrange(len(self.idle)))
        self.world.kernel.start(lambda: self._run(function, batch))
        self.poll()

    def _run(self, function: Function, batch: Sequence[Message]) -> None:
        self.world.faults.count["reordered"] += any(one.sent > two.sent for one, two in pairwise(batch))
        ticked = {name for each in batch if each.group is not None for name in loads(each.body)["subjects"]}
        self._ticked.update(ticked)
        self.world.ticked += [name for name in sorted(ticked) if self._ticked[name] > 1]
        try:
            answer = function.run(queue_event(batch))
        except CrashError:
            self.world.note(function.machine.name, "dies")
        else:
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            if not failed <= {each.id for each in batch}:
                raise AssertionError(f"{function.verb} has handed back what it was never given")
            self.queue.delete(each for each in batch if each.id not in failed)
        self._ticked.subtract(ticked)
        self.idle.append(function)
        self.wake(self.world.kernel.now)


@dataclass(slots=True)
class StreamShard:
    """Hands a shard of the table's stream to publish, one batch after another, the same again if it died."""

    world: World
    function: Function
    records: deque[str] = field(default_factory=deque)
    lost: bool = False
    busy: bool = False

    def hear(self, subject: str) -> None:
        """An item was written that has something to tell."""
        if self.lost:
            self.world.faults.count["stream lost"] += 1
            return
        self.records.append(subject)
        self.world.kernel.at(self.world.kernel.now + self.world.faults.draw.randrange(2 * SECOND), self.poll)

    def poll(self) -> None:
        """Start an invocation, unless one is running."""
        if self.records and not self.busy:
            size = self.world.faults.draw.randrange(1, _AT_ONCE)
            batch = [self.records.popleft() for _ in range(min(size, len(self.records)))]
            self.busy = True
            self.world.kernel.start(lambda: self._run(batch))

    def _run(self, batch: Sequence[str]) -> None:
        records = [{"dynamodb": {"Keys": {"pk": {"S": each}, "sk": {"S": keys.AGGREGATE}}}} for each in batch]
        again = 1 + self.world.faults.happens("stream again")
        failures = 0
        while again and failures <= _RETRIES:
            try:
                self.function.run({"Records": records})
                again -= 1
            except CrashError:
                self.world.note(self.function.machine.name, "dies")
                failures += 1
        self.busy = False
        self.world.kernel.at(self.world.kernel.now, self.poll)


@dataclass(slots=True)
class Clock:
    """Runs a sweep; two may overlap."""

    world: World
    idle: list[Function]

    def strike(self) -> None:
        """A sweep at this instant, if an environment is free."""
        if self.idle:
            function, at = self.idle.pop(), self.world.kernel.now
            self.world.kernel.start(lambda: self._run(function, {"time": format_instant(at - at % SECOND)}))

    def _run(self, function: Function, event: Any) -> None:  # noqa: ANN401
        try:
            function.run(event)
        except (CrashError, QueueUnavailableError):
            self.world.note(function.machine.name, "dies")
        except Exception as error:  # A sweep that a passing error ends is followed by the next.
            if not hasattr(error, "response") and type(error).__name__ != "ReadTimeoutError":
                raise
            self.world.note(function.machine.name, "fails")
        self.idle.append(function)


def heard_by(shards: Sequence[StreamShard], shard_of: Callable[[str], int]) -> Callable[[Item], None]:
    """What the stream's filter lets through, to the shard of its item."""

    def hear(item: Item) -> None:
        if keys.OUTBOX in item and shards:
            subject = item[keys.PARTITION]["S"]
            shards[shard_of(subject)].hear(subject)

    return hear
