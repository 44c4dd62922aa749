"""What crosses the boundary, how a valid one is made hostile, and what must hold for each of them.

Every input lies between two good neighbours, which must be served as if it were not there. A canary stands in whatever
a person's data could be in; it must not come back in a reason, a log line or a metric.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from json import dumps, loads
from os import environ
from pathlib import Path
from random import Random
from re import sub
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import yaml

from functions.ingest import handler as ingest
from functions.publish import handler as publish
from functions.settle import handler as settle
from functions.sweep import handler as sweep
from milepost.adapters.clock import arrival_by
from milepost.adapters.queues import read_tick
from milepost.adapters.telemetry import Telemetry
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest
from milepost.application.intake import Intake
from milepost.application.publish import Publish
from milepost.application.settle import Settle
from milepost.application.sweep import Sweep
from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost.domain.instant import DAY, format_instant, parse_instant
from milepost.domain.progress import Progress
from milepost_tools.catalog.check import parse_catalog
from milepost_tools.catalog.compile import compiled
from milepost_tools.catalog.problems import CatalogError
from tests.fakes.composer import MemoryComposer
from tests.fakes.due_index import MemoryDueIndex
from tests.fakes.queues import MemoryDeadLetters, MemoryTickQueue
from tests.fakes.store import MemoryStore
from tests.fakes.time import FixedWorkedOff
from tests.fakes.topics import MemoryTopics
from tests.functions.lambdas import CANARY, CONTEXT, failures, queue_batch, stream_batch
from tests.fuzz.mutation import garbled, mutated, spelled

FOLDER: Final = Path(__file__).parent
CATALOG_TEXT: Final = (FOLDER / "catalog.yaml").read_text(encoding="utf-8")
CATALOG: Final = catalog_from_compiled(compiled(parse_catalog(CATALOG_TEXT.encode(), "catalog.yaml")))
NOW: Final = parse_instant("2026-11-22T08:00:00Z")
NEIGHBOURS: Final = ("before", "after")
_OUT: Final = StringIO()


class Boundary(NamedTuple):
    """`make` an input from a seed; `check` some at once: raise where a law is broken, else say what became of each."""

    make: Callable[[Random], str]
    check: Callable[[Sequence[str]], list[str]]


@cache
def _telemetry() -> Telemetry:
    names = {"POWERTOOLS_SERVICE_NAME": "fuzz", "POWERTOOLS_METRICS_NAMESPACE": "Fuzz"}
    with patch.dict(environ, names), redirect_stdout(_OUT):
        return Telemetry()


def run(verb: Any, event: Any, service: Any) -> tuple[Any, str]:
    """What a function answers and what it writes, in which no canary may be."""
    _OUT.seek(0)
    _OUT.truncate()
    with redirect_stdout(_OUT), redirect_stderr(_OUT), patch.object(verb, "_telemetry", _telemetry):
        answer = verb.lambda_handler(event, CONTEXT, service)
    assert CANARY not in _OUT.getvalue().lower(), "the canary is in a log or a metric"
    return answer, _OUT.getvalue()


def good(user: str, name: str = "signed_up", days_ago: int = 9, **more: Any) -> str:
    """A message that nothing is wrong with."""
    at = format_instant(NOW - days_ago * DAY)
    said = {"messageId": f"{user}-{name}-{days_ago}", "userId": user, "event": name, "timestamp": at}
    return dumps({"type": "track", **said, **more})


def code_of(reason: str) -> str:
    """A reason without what differs from one input to the next."""
    return sub(r"`[^`]*`|\d+|'[^']*'", "_", reason.removeprefix("Message ")).split("; ")[0][:90]


# ------------------------------------------------------------------------------------------------- events


def make_event(random: Random) -> str:
    """A message, bare or in one of the envelopes."""
    user = f"u-{CANARY}-{random.randrange(5)}"
    at = format_instant(NOW - random.randrange(3 * DAY))
    more: dict[str, Any] = random.choice(
        (
            {"type": "track", "event": "bought", "properties": {"amount": random.randrange(90), "kind": CANARY}},
            {"type": "track", "event": random.choice(("ordered", "refunded")), "properties": {"amount": 2.5}},
            {"type": "track", "event": "opened", "context": {"groupId": CANARY, "timezone": "Asia/Kathmandu"}},
            {"type": "track", "event": CANARY, "properties": {CANARY: CANARY}},
            {"type": "identify", "traits": {"plan": "pro", "seats": 3, "renews_at": at, "timezone": CANARY}},
            {"type": "identify", "traits": {"email_opt_in": True, CANARY: {CANARY: [CANARY]}}},
            {"type": "group", "groupId": CANARY, "traits": {"plan": CANARY}},
            {"type": "alias", "previousId": f"u-{CANARY}-{random.randrange(5)}"},
        )
    )
    message = {"messageId": f"m-{CANARY}-{random.random()}", "userId": user, "timestamp": at, **more}
    wrapped: Any = random.choice(
        (
            *(message, message, message, {"batch": [message, {**message, "messageId": 7}]}),
            *({"specversion": "1.0", "data": message}, {"detail-type": "x", "detail": message}),
            {"Type": "Notification", "Message": dumps(mutated(random, message))},
        )
    )
    return garbled(random, spelled(mutated(random, wrapped)))


def ingesting(store: Any, dead_letters: MemoryDeadLetters, catalog: Catalog = CATALOG) -> Ingest:
    """The application of ingest."""
    return Ingest(Intake(catalog.max_age, arrival_by("live")), Folding(store, catalog), dead_letters, lambda _: NOW)


def _ingested(event: Any) -> list[str]:
    """Run ingest over neighbours and what is between; what became of that, by its places."""
    store, dead_letters = MemoryStore(), MemoryDeadLetters()
    answer, said = run(ingest, event, ingesting(store, dead_letters))
    assert (failures(answer), "given up" in said) == ([], False), said
    assert [len(store.now(f"user:{each}").progress.ledger.entries) for each in NEIGHBOURS] == [1, 1]
    reasons = {each.message_id: each.reason for each in dead_letters.taken}
    assert not any(CANARY in reason.lower() for reason in reasons.values())
    bodies = {each["messageId"]: each["body"] for each in event["Records"]}
    assert all(each.body == bodies[each.message_id] for each in dead_letters.taken)
    return [code_of(reasons.get(each["messageId"], "accepted")) for each in event["Records"][1:-1]]


def check_events(bodies: Sequence[str]) -> list[str]:
    """Each is counted or refused with a reason of ours, and goes to the dead letters as it came."""
    return _ingested(queue_batch(good("before"), *bodies, good("after")))


# -------------------------------------------------------------------------------------- ticks and payloads


def make_tick(random: Random) -> str:
    """The body of a tick."""
    tick = {"shard": 7, "subjects": [f"user:{CANARY}", "user:gone"], "at": "2026-11-22T08:00:00Z"}
    return garbled(random, spelled(mutated(random, tick)))


@cache
def _due() -> Mapping[str, Progress]:
    """The neighbours nine days after a sign-up: one deadline has passed, and an outbox waits."""
    store = MemoryStore()
    run(ingest, queue_batch(*map(good, NEIGHBOURS)), ingesting(store, MemoryDeadLetters()))
    return {each: store.now(f"user:{each}").progress for each in NEIGHBOURS}


def _settled(event: Any) -> None:
    store = MemoryStore()
    for progress in _due().values():
        store.put(progress)
    answer, said = run(settle, event, Settle(Folding(store, CATALOG), FixedWorkedOff(NOW), lambda _: NOW))
    assert (failures(answer), "given up" in said) == ([], False), said
    assert all(store.now(f"user:{each}").progress.standings["days"].missed for each in NEIGHBOURS)


def tick(*subjects: str) -> str:
    """A tick that nothing is wrong with."""
    return dumps({"shard": 0, "subjects": subjects, "at": "2026-11-22T08:00:00Z"})


def check_ticks(bodies: Sequence[str]) -> list[str]:
    """Each is a tick, or dropped."""
    _settled(queue_batch(tick("user:before"), *bodies, tick("user:after")))
    return ["a tick" if read_tick(body) else "no tick" for body in bodies]


def _payload(path: str) -> Any:
    return loads((FOLDER.parents[1] / "events" / path).read_text(encoding="utf-8"))


PROMISED: Final = {"ingest": ("messageId", "body", "attributes"), "publish": ("dynamodb",), "sweep": ("time",)}
"""What AWS promises of a record, or of the whole event of a sweep, and the code relies on. Settle's are ingest's."""


def make_payload(random: Random) -> str:
    """A record as Lambda hands it over, in which everything may be otherwise that AWS does not promise."""
    verb, path = random.choice((("ingest", "ingest/track"), ("settle", "settle/ticks"), ("publish", "publish/stream")))
    record = _payload(f"{path}.json")["Records"][0]
    if random.random() < 0.1:
        verb, record = "sweep", _payload("sweep/schedule.json")
    changed = mutated(random, {**record, CANARY: CANARY})
    promised = {name: record[name] for name in PROMISED["ingest" if verb == "settle" else verb]}
    return dumps({"verb": verb, "record": {**(changed if isinstance(changed, dict) else {}), **promised}})


def check_payloads(texts: Sequence[str]) -> list[str]:
    """What nothing of ours reads changes nothing."""
    verbs: dict[str, list[Any]] = {"ingest": [], "settle": [], "publish": [], "sweep": []}
    for read in map(loads, texts):
        verbs[read["verb"]].append(read["record"])
    first, last = queue_batch(good("before"), good("after"))["Records"]
    _ingested({"Records": [first, *verbs["ingest"], last]})
    first, last = queue_batch(tick("user:before"), tick("user:after"))["Records"]
    _settled({"Records": [first, *verbs["settle"], last]})
    store = MemoryStore()
    for progress in _due().values():
        store.put(progress)
    first, last = stream_batch("user:before", "user:after")["Records"]
    service = Publish(store, MemoryTopics(), CATALOG, lambda _: NOW, MemoryComposer())
    run(publish, {"Records": [first, *verbs["publish"], last]}, service)
    assert not any(store.now(f"user:{each}").progress.outbox for each in NEIGHBOURS)
    for event in verbs["sweep"]:
        answer, _ = run(sweep, event, Sweep(MemoryDueIndex(store), MemoryTickQueue()))
        assert answer["held"] is False
    return [loads(text)["verb"] for text in texts]


# ---------------------------------------------------------------------------------------------- catalogs


def make_catalog(random: Random) -> str:
    """A catalog of some milestones, as JSON, which is YAML, or as its author wrote it."""
    if random.random() < 0.1:
        return garbled(random, CATALOG_TEXT)
    known = yaml.safe_load(CATALOG_TEXT)
    chosen = random.sample(sorted(known["milestones"]), 2)
    return garbled(
        random, spelled(mutated(random, {**known, "milestones": {name: known["milestones"][name] for name in chosen}}))
    )


def check_catalogs(texts: Sequence[str]) -> list[str]:
    """Each is refused with findings, or compiles to what the core reads. It is its author who reads the findings."""
    return [_checked(text) for text in texts]


def _checked(text: str) -> str:
    try:
        catalog_from_compiled(compiled(parse_catalog(text.encode(errors="surrogatepass"), "c.yaml")))
    except CatalogError as refused:
        return code_of(refused.findings[0].problem.what)
    return "accepted"
