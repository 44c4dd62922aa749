"""What crosses the boundary, how a valid one is made hostile, and what must hold for each of them.

Every input lies between two good neighbours, which must be served as if it were not there. A canary stands in whatever
a person's data could be in; it must not come back in a reason, a log line or a metric.
"""

from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from json import dumps
from os import environ
from pathlib import Path
from random import Random
from re import sub
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import yaml

from functions.ingest import handler as ingest
from milepost.adapters.clock import arrival_by
from milepost.adapters.telemetry import Telemetry
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest
from milepost.application.intake import Intake
from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost.domain.instant import DAY, format_instant, parse_instant
from milepost_tools.catalog.check import parse_catalog
from milepost_tools.catalog.compile import compiled
from milepost_tools.catalog.problems import CatalogError
from tests.fakes.queues import MemoryDeadLetters
from tests.fakes.store import MemoryStore
from tests.functions.lambdas import CANARY, CONTEXT, failures, queue_batch
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


def ingested(event: Any) -> list[str]:
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
    return ingested(queue_batch(good("before"), *bodies, good("after")))


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
