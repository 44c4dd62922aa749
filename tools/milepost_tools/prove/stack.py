"""Everything that is deployed, and what comes to rest in it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from milepost.adapters import keys
from milepost.domain.advance import acknowledge
from milepost.domain.instant import DAY, HOUR, MINUTE, SECOND, Duration, Instant
from milepost.domain.outbox import RETRY_AFTER
from milepost_tools.engine.values import Item
from milepost_tools.prove.checker.evidence import Evidence, Sent
from milepost_tools.prove.erasure import Operator
from milepost_tools.prove.faults import SKEW, Faults
from milepost_tools.prove.functions import Deployed, Function, catalogs, codec_of
from milepost_tools.prove.kernel import Kernel
from milepost_tools.prove.machine import Machine, World
from milepost_tools.prove.queues import Message, Queue
from milepost_tools.prove.recorded import STATISTICS, TABLE, Recorded
from milepost_tools.prove.sources import Clock, QueueSource, StreamShard, heard_by
from milepost_tools.prove.workload import BEGIN, Workload

_ROUNDS: Final = 12


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is; the standard is the least that lets workers meet."""

    ingest: int = 3
    batch: int = 10
    """Events of a batch, at most."""
    receives: int = 10
    """After how many a message is given up; fewer than in template.yaml too, for it to happen."""
    ledger: int = 2
    writes: str = "batch"


class Stack:
    """What template.yaml deploys, and what people have sent to it."""

    def __init__(self, faults: Faults, work: Workload, size: Size, watcher: Callable[[str], None] | None) -> None:
        self.work = work
        kernel = Kernel(BEGIN)
        self.shards: list[StreamShard] = []
        hear = heard_by(self.shards, lambda subject: crc32(subject.encode()) % len(self.shards))
        dead = Queue("dead", kernel, faults)
        self.queues = {
            "events": Queue("events", kernel, faults, 420 * SECOND, dead, size.receives),
            "ticks": Queue("ticks", kernel, faults, 180 * SECOND, Queue("dead ticks", kernel, faults)),
            "dead": dead,
        }
        self.world = World(kernel, faults, Recorded(lambda: kernel.now, hear), self.queues, watcher=watcher)
        workers = {"ingest": size.ingest, "settle": 2, "sweep": 2, "publish": 2}
        functions = {
            verb: [self._function(verb, number, size) for number in range(many)] for verb, many in workers.items()
        }
        self._functions = [each for several in functions.values() for each in several]
        self.shards += [StreamShard(self.world, each) for each in functions["publish"]]
        self.forgotten = 0
        self.sources: dict[str, QueueSource] = {}
        self.clock = Clock(self.world, functions["sweep"])
        for queue, verb, most in (("events", "ingest", size.batch), ("ticks", "settle", 10)):
            self.sources[verb] = QueueSource(self.world, self.queues[queue], functions[verb], SECOND, most)
            self.queues[queue].wake = self.sources[verb].wake
        self.queues["events"].exhausted = self._exhausted
        self.operator: Operator | None = None

    def _function(self, verb: str, number: int, size: Size) -> Function:
        faults = self.world.faults
        machine = Machine(f"{verb}-{number}", self.world, faults.clock())
        faults.count["clock skew"] += abs(machine.skew) > MINUTE
        self.world.machines.append(machine)
        return Function(verb, machine, Deployed(size.ledger, size.writes))

    def deploy(self, at: Instant) -> None:
        """Have the later catalog from then on, one environment after another."""
        for each in self._functions:
            each.switch = at + self.world.faults.draw.choice((0, 30 * SECOND, 2 * MINUTE))

    def erase(self, at: Instant) -> None:
        """Have an operator erase the one who leaves, from then on."""
        self.operator = Operator(self.world)
        self.world.kernel.at(at, self.operator.begin)

    def come_back(self) -> None:
        """Have the one who was erased begin anew, if nothing is left of them."""
        if self.operator is not None and self.operator.leaves_room:
            self.world.faults.count["came back"] += 1
            self.operator.let_come_back()
            self.work.come_back()

    def send(self, sends: Iterable[tuple[Instant, Sent]]) -> None:
        """Have these sent when their time has come."""
        seen = set()
        for when, sent in sends:
            self.world.faults.count["sent again"] += id(sent) in seen
            seen.add(id(sent))
            self.world.kernel.at(when, lambda body=sent.body: self.queues["events"].send(body))  # type: ignore[misc]

    def come_to_rest(self, step: Duration = HOUR) -> None:
        """Let nothing go wrong any more, and everything be done that is left; then all again, days later.

        What waits for the clock is looked after no sooner than a step later; each step is twice as long.
        """
        kernel = self.world.kernel
        self.world.faults.stop()
        for shard in self.shards:
            shard.lost = False
        self._rest()
        while dues := [int(item[keys.DUE]["N"]) for item in self._aggregates() if keys.DUE in item]:
            kernel.run(max(kernel.now + step, min(dues)))
            self._rest()
            step *= 2
        kernel.run(kernel.now + 2 * DAY)
        self._rest()
        self.look_for_forgotten()

    def _rest(self) -> None:
        """Let everything come to rest, with an operator who sends again what was given up."""
        kernel, dead = self.world.kernel, self.queues["dead"]
        self.world.engine.expire()
        for turn in range(_ROUNDS):
            old = sum(kernel.now - each.sent > DAY for each in dead.messages if each.reason is None)
            self.world.faults.count["redriven after days"] += old
            dead.redrive(self.queues["events"])
            self.clock.strike()
            kernel.run(kernel.now + 16 * MINUTE)
            if turn and not any(self._waiting().values()):
                return

    def _waiting(self) -> dict[str, int]:
        now = self.world.kernel.now
        items = list(self._aggregates())
        return {
            "outboxes": sum(keys.OUTBOX in item for item in items),
            "due subjects": sum(keys.DUE in item and int(item[keys.DUE]["N"]) <= now for item in items),
            "events": len(self.queues["events"].messages),
            "ticks": len(self.queues["ticks"].messages),
            "dead letters without a reason": sum(each.reason is None for each in self.queues["dead"].messages),
        }

    def look_for_forgotten(self) -> None:
        """Count subjects that will not be looked at when the clock can change something, nor soon.

        Whoever worked on one with an older catalog than it was judged by, and by a clock that may be fast, leaves it
        for a little later.
        """
        codec, now = codec_of(self.world, catalogs()[1]), self.world.kernel.now
        for item in self._aggregates():
            progress = codec.decode(item["pk"]["S"], item)
            catalog = catalogs()[max(progress.catalog_version, 1) - 1]
            due = acknowledge(progress._replace(due=None, outbox=()), frozenset(), catalog, now).due
            if due is not None and (progress.due is None or progress.due > max(due, now + RETRY_AFTER + SKEW)):
                self.forgotten += 1

    def _aggregates(self) -> Iterator[Item]:
        return (item for item in self.world.engine.items(TABLE) if item["sk"]["S"] == keys.AGGREGATE)

    def _exhausted(self, message: Message) -> None:
        self.world.faults.count["given up"] += 1
        for each in self.work.sent:
            each.exhausted |= each.body == message.body

    def evidence(self) -> Evidence:
        """What the judge gets to see."""
        codec = codec_of(self.world, catalogs()[1])
        statistics: Counter[tuple[str, str]] = Counter()
        for item in self.world.engine.items(STATISTICS):
            scope = item["pk"]["S"].partition("#")[2]
            statistics.update({(scope, name): int(value["N"]) for name, value in item.items() if "N" in value})
        gone = self.operator.is_of_before if self.operator is not None else lambda *_: False
        forgotten = self.operator.forgets if self.operator is not None else lambda _: False
        history = [_decision(who, item) for when, who, item in self.world.engine.booked() if not gone(who, when)]
        counted: dict[str, Mapping[str, int]] = {}
        decisions = []
        for item in self.world.engine.items(TABLE):
            subject, sort = item["pk"]["S"], item["sk"]["S"]
            if sort.startswith(keys.DECISION) and not gone(subject, self.world.kernel.now):
                decisions.append(_decision(subject, item))
            elif sort == keys.AGGREGATE and keys.FORWARD not in item:
                progress = codec.decode(subject, item)
                counted.update({subject: progress.counted} if progress.counted else {})
        return Evidence(
            [each for each in self.work.sent if not forgotten(each)],
            self.work.aliases,
            [each for each in self.world.told if not gone(each.event["data"]["subject"], each.when)],
            statistics,
            decisions,
            counted,
            [(each.body, each.reason) for each in self.queues["dead"].messages],
            {
                **self._waiting(),
                "deadlines that nobody looks for": self.forgotten,
                "subjects with two ticks at once": len(self.world.ticked),
            },
            history,
            self.world.kernel.now,
            2 * self.world.faults.skew + MINUTE,
            None if self.operator is None else self.operator.evidence(),
        )


def _decision(subject: str, item: Item) -> Mapping[str, str]:
    return {"subject": subject, **{name: str(value.get("S", value.get("N"))) for name, value in item.items()}}
