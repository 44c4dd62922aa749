"""The four functions as they are deployed: the real handlers over the real adapters, and what starts them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from functions.ingest import handler as ingest
from functions.publish import handler as publish
from functions.settle import handler as settle
from functions.sweep import handler as sweep
from milepost.adapters import backoff as waiting
from milepost.adapters import keys
from milepost.adapters.backoff import JitteredBackoff
from milepost.adapters.codec import Attributes, Codec
from milepost.adapters.composing import LiquidComposer
from milepost.adapters.due_index import DynamoDueIndex
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.queues import SqsDeadLetters, SqsTickQueue
from milepost.adapters.segments import Segments
from milepost.adapters.topics import SnsTopics
from milepost.adapters.worked_off import QueueAge
from milepost.adapters.writes import WAYS
from milepost.application.arrival import LiveArrival
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest
from milepost.application.intake import Intake
from milepost.application.publish import Publish
from milepost.application.settle import Settle
from milepost.application.sweep import Sweep
from milepost.domain.catalog import Catalog
from milepost.domain.facts import no_shares
from milepost.domain.fold import memory_of
from milepost.domain.instant import SECOND, Duration, Instant
from milepost.domain.progress import Progress
from milepost_tools.catalog import load_catalog
from milepost_tools.engine import reads, table, writes
from milepost_tools.prove.clients import CloudWatch, Sns, Sqs
from milepost_tools.prove.dynamodb import DynamoDb
from milepost_tools.prove.faults import Faults
from milepost_tools.prove.machine import Machine, World
from milepost_tools.prove.recorded import INDEX, STATISTICS, TABLE

DUE_SHARDS: Final = 2
"""Few, because each is a request of every sweep, and none of them knows of another."""
TIMEOUTS: Final[Mapping[str, Duration]] = {
    "ingest": 60 * SECOND,
    "sweep": 50 * SECOND,
    "settle": 30 * SECOND,
    "publish": 60 * SECOND,
}
"""As in template.yaml."""
_HANDLERS: Final[Mapping[str, Any]] = {"ingest": ingest, "sweep": sweep, "settle": settle, "publish": publish}
_TOPICS: Final = {name: name for name in ("outcomes", "email", "in_app", "ops")}


@cache
def catalogs() -> tuple[Catalog, Catalog]:
    """The catalog at first, and the one that is deployed later."""
    here = Path(__file__)
    return load_catalog(here.with_name("catalog.yaml")), load_catalog(here.with_name("catalog_later.yaml"))


@dataclass(slots=True)
class _Context:
    """What Lambda gives a handler."""

    machine: Machine

    def get_remaining_time_in_millis(self) -> int:
        return max(0, (self.machine.ends - self.machine.world.kernel.now) // 1000)


class _Quiet:
    """Telemetry that says nothing."""

    def invocation(self) -> Any:  # noqa: ANN401
        return nullcontext()

    def count(self, _: object) -> None:
        """See the real one."""

    gauge_seconds = warning = info = lambda *_, **__: None


@dataclass(frozen=True, slots=True)
class Deployed:
    """Parameters of the template."""

    ledger_entries: int
    progress_writes: str


@dataclass(slots=True)
class Function:
    """One environment of a function: a machine, and its services by the catalog that they know."""

    verb: str
    machine: Machine
    deployed: Deployed
    switch: Instant = 2**62
    """From when on it has the later catalog."""
    services: dict[int, Any] = field(default_factory=dict)

    def run(self, event: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """One invocation. Raises CrashError where it dies."""
        world = self.machine.world
        self.machine.ends = world.kernel.now + TIMEOUTS[self.verb]
        later = int(world.kernel.now >= self.switch)
        if later not in self.services:
            world.faults.count["catalog switched"] += later and 0 in self.services
            self.services[later] = _SERVICES[self.verb](self.machine, catalogs()[later], self.deployed)
        world.note(self.machine.name, "begins")
        world.running += 1
        world.crowd = max(world.crowd, world.running)
        try:
            answer: Mapping[str, Any] = _HANDLERS[self.verb].lambda_handler(
                event, _Context(self.machine), self.services[later]
            )
        finally:
            world.running -= 1
            self.machine.reading.clear()
        return answer


class Remembering:
    """A codec that decodes the same item once: it is read again and again, and nobody may change what is made of it."""

    def __init__(self, codec: Codec) -> None:
        self.encode = codec.encode
        self._decode = lru_cache(4096)(
            lambda subject, item: codec.decode(subject, {name: dict([pair]) for name, pair in item})
        )

    def decode(self, subject: str, item: Attributes) -> Progress:
        """See the codec."""
        return self._decode(subject, tuple([(name, *value.items()) for name, value in item.items()]))


def codec_of(world: World, catalog: Catalog) -> Any:  # noqa: ANN401  # The real one, or one that remembers.
    """The codec of a catalog; in seeds that are checked every item is decoded anew."""
    codec = Codec.of(catalog)
    return world.codecs.setdefault(catalog.version, codec if world.engine.checked else Remembering(codec))


@dataclass(slots=True)
class _Waits:
    """Counts how often the time left did not allow it."""

    backoff: JitteredBackoff
    faults: Faults

    def wait(self, attempt: int) -> bool:
        waited = self.backoff.wait(attempt)
        self.faults.count["stopped at the margin"] += not waited
        return waited


def _ingest(machine: Machine, catalog: Catalog, deployed: Deployed) -> Ingest:
    client, codec = DynamoDb(machine, machine.world.engine), codec_of(machine.world, catalog)
    way = WAYS[deployed.progress_writes]
    segments = Segments(client, TABLE, codec, way, memory_of(catalog), deployed.ledger_entries)  # type: ignore[arg-type]
    store = DynamoStore(client, codec, TABLE, way=way, segments=segments)  # type: ignore[arg-type]
    dead: Any = Sqs(machine)
    return Ingest(
        Intake(catalog.max_age, LiveArrival()),
        Folding(store, catalog),
        SqsDeadLetters(dead, "dead"),
        lambda _: machine.now(),
    )


def _sweep(machine: Machine, _: Catalog, __: Deployed) -> Sweep:
    client: Any = DynamoDb(machine, machine.world.engine)
    queue: Any = Sqs(machine)
    return Sweep(DynamoDueIndex(client, TABLE, INDEX, DUE_SHARDS), SqsTickQueue(queue, "ticks"))


def _settle(machine: Machine, catalog: Catalog, deployed: Deployed) -> Settle:
    client: Any = DynamoDb(machine, machine.world.engine)
    queues: Any = Sqs(machine)
    metrics: Any = CloudWatch(machine)
    store = DynamoStore(client, codec_of(machine.world, catalog), TABLE, way=WAYS[deployed.progress_writes])
    return Settle(Folding(store, catalog), QueueAge(queues, metrics, "events", "events"), lambda _: machine.now())


def _publish(machine: Machine, catalog: Catalog, _: Deployed) -> Publish:
    client: Any = DynamoDb(machine, machine.world.engine)
    topics: Any = Sns(machine)
    store = DynamoStore(client, codec_of(machine.world, catalog), TABLE, STATISTICS, catalog.name)
    composer = LiquidComposer(catalog, None, no_shares)
    return Publish(store, SnsTopics(topics, _TOPICS, catalog), catalog, lambda _: machine.now(), composer)


_SERVICES: Final[Mapping[str, Callable[[Machine, Catalog, Deployed], Any]]] = {
    "ingest": _ingest,
    "sweep": _sweep,
    "settle": _settle,
    "publish": _publish,
}


@contextmanager
def simulated(world: World) -> Iterator[None]:
    """Handlers that wait in simulated time, draw their jitter from the seed and measure nothing, while this lasts."""

    def waits_of(remaining: Callable[[], float]) -> _Waits:
        context: Any = remaining
        machine: Machine = context.__closure__[0].cell_contents.machine
        backoff = JitteredBackoff(remaining, lambda seconds: machine.pause(round(seconds * SECOND)))
        return _Waits(backoff, world.faults)

    quiet = _Quiet()
    changes: Iterable[tuple[Any, str, Any]] = [
        *((each, "_telemetry", lambda: quiet) for each in _HANDLERS.values()),
        *((each, "JitteredBackoff", waits_of) for each in (ingest, settle, publish)),
        (waiting, "uniform", world.faults.draw.uniform),
        (keys, "DUE_SHARDS", DUE_SHARDS),
        # Nobody asks here what anything costs, and no item comes near a limit.
        *((each, "bytes_as_billed", lambda _: 1) for each in (reads, table, writes)),
    ]
    patches = [patch.object(*each) for each in changes]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()


def queue_event(messages: Sequence[Any]) -> Mapping[str, Any]:
    """A batch of a queue, as Lambda hands it over."""
    return {
        "Records": [
            {"messageId": each.id, "body": each.body, "attributes": {"SentTimestamp": str(each.sent // 1000)}}
            for each in messages
        ]
    }
