"""Ticks, and what Lambda hands over: whatever stands in it, neighbours are told what their template says."""

from collections.abc import Mapping, Sequence
from functools import cache
from json import dumps, loads
from random import Random
from typing import Any, Final

from functions.ingest import handler as ingest
from functions.publish import handler as publish
from functions.settle import handler as settle
from functions.sweep import handler as sweep
from milepost.adapters.composing import LiquidComposer
from milepost.adapters.content import Contents
from milepost.adapters.queues import read_tick
from milepost.adapters.topics import MOST_BYTES_AT_ONCE, OUTCOMES, SnsTopics
from milepost.application.folding import Folding
from milepost.application.publish import Publish
from milepost.application.settle import Settle
from milepost.application.sweep import Sweep
from milepost.domain.catalog import Catalog
from milepost.domain.facts import no_shares
from milepost.domain.progress import Progress
from milepost_tools.local.stack import CHANNELS
from tests.fakes.due_index import MemoryDueIndex
from tests.fakes.queues import MemoryDeadLetters, MemoryTickQueue
from tests.fakes.store import MemoryStore
from tests.fakes.time import FixedWorkedOff
from tests.functions.lambdas import CANARY, failures, payload, queue_batch, stream_batch
from tests.fuzz.boundaries import CATALOG, NEIGHBOURS, NOW, good, ingested, ingesting, run
from tests.fuzz.mutation import garbled, mutated, spelled

NAME: Final = f"<{CANARY}>"
CONTENTS: Final[Contents] = {"t": {"in_app": {"text": "{{ milestone.title }} {{ path }}, {{ traits.name }}"}}}
SAID: Final = {"text": f"Days missed, {NAME}"}
"""What the neighbours are told."""


class Topic:
    """As much of an SNS client as publish uses: it takes everything, by topic, and no batch that is too large."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any]] = []

    def publish_batch(self, TopicArn: str, PublishBatchRequestEntries: Sequence[Any]) -> Any:  # noqa: N803  # As boto names it.
        """Takes everything."""
        assert sum(len(each["Message"].encode()) for each in PublishBatchRequestEntries) <= MOST_BYTES_AT_ONCE
        self.taken += [(TopicArn, loads(each["Message"])["data"]) for each in PublishBatchRequestEntries]
        return {"Successful": PublishBatchRequestEntries}


def topics_to(topic: Topic, catalog: Catalog) -> SnsTopics:
    """Every topic is this one, under its own name."""
    client: Any = topic
    return SnsTopics(client, {name: name for name in (*CHANNELS, OUTCOMES)}, catalog)


def make_tick(random: Random) -> str:
    """The body of a tick."""
    tick = {"shard": 7, "subjects": [f"user:{CANARY}", "user:gone"], "at": "2026-11-22T08:00:00Z"}
    return garbled(random, spelled(mutated(random, tick)))


@cache
def _due() -> Mapping[str, Progress]:
    """The neighbours nine days after a sign-up: one deadline has passed, and an outbox waits."""
    store = MemoryStore()
    named = [good(each, "", type="identify", traits={"name": NAME}) for each in NEIGHBOURS]
    run(ingest, queue_batch(*named, *map(good, NEIGHBOURS)), ingesting(store, MemoryDeadLetters()))
    return {each: store.now(f"user:{each}").progress for each in NEIGHBOURS}


def _settled(event: Any) -> MemoryStore:
    store = MemoryStore()
    for progress in _due().values():
        store.put(progress)
    answer, said = run(settle, event, Settle(Folding(store, CATALOG), FixedWorkedOff(NOW), lambda _: NOW))
    assert (failures(answer), "given up" in said) == ([], False), said
    assert all(store.now(f"user:{each}").progress.standings["days"].missed for each in NEIGHBOURS)
    return store


def tick(*subjects: str) -> str:
    """A tick that nothing is wrong with."""
    return dumps({"shard": 0, "subjects": subjects, "at": "2026-11-22T08:00:00Z"})


def check_ticks(bodies: Sequence[str]) -> list[str]:
    """Each is a tick, or dropped."""
    _settled(queue_batch(tick("user:before"), *bodies, tick("user:after")))
    return ["a tick" if read_tick(body) else "no tick" for body in bodies]


PROMISED: Final = {"ingest": ("messageId", "body", "attributes"), "publish": ("dynamodb",), "sweep": ("time",)}
"""What AWS promises of a record, or of the whole event of a sweep, and the code relies on. Settle's are ingest's."""


def make_payload(random: Random) -> str:
    """A record as Lambda hands it over, in which everything may be otherwise that AWS does not promise."""
    verb, name = random.choice((("ingest", "track"), ("settle", "ticks"), ("publish", "stream")))
    record = payload(verb, name)["Records"][0]
    if random.random() < 0.1:
        verb, record = "sweep", payload("sweep", "schedule")
    changed = mutated(random, {**record, CANARY: CANARY})
    promised = {name: record[name] for name in PROMISED["ingest" if verb == "settle" else verb]}
    return dumps({"verb": verb, "record": {**(changed if isinstance(changed, dict) else {}), **promised}})


def check_payloads(texts: Sequence[str]) -> list[str]:
    """What nothing of ours reads changes nothing, from an event to the message that SNS takes."""
    verbs: dict[str, list[Any]] = {"ingest": [], "settle": [], "publish": [], "sweep": []}
    for read in map(loads, texts):
        verbs[read["verb"]].append(read["record"])
    first, last = queue_batch(good("before"), good("after"))["Records"]
    ingested({"Records": [first, *verbs["ingest"], last]})
    first, last = queue_batch(tick("user:before"), tick("user:after"))["Records"]
    store = _settled({"Records": [first, *verbs["settle"], last]})
    for event in verbs["sweep"]:
        answer, _ = run(sweep, event, Sweep(MemoryDueIndex(store), MemoryTickQueue()))
        assert answer["held"] is False
    first, last = stream_batch("user:before", "user:after")["Records"]
    _published({"Records": [first, *verbs["publish"], last]}, store)
    return [loads(text)["verb"] for text in texts]


def _published(event: Any, store: MemoryStore) -> None:
    topic, composer = Topic(), LiquidComposer(CATALOG, CONTENTS, no_shares)
    run(publish, event, Publish(store, topics_to(topic, CATALOG), CATALOG, lambda _: NOW, composer))
    assert not any(store.now(f"user:{each}").progress.outbox for each in NEIGHBOURS)
    told = {data["subject"]: data["content"] for name, data in topic.taken if name == "in_app"}
    assert told == {f"user:{each}": SAID for each in NEIGHBOURS}
