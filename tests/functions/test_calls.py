"""What the functions really call, recorded on MiniStack, is what tests/template holds their roles against."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from json import dumps
from typing import Any

import pytest
from botocore import xform_name

from functions.ingest import handler as ingest
from functions.publish import handler as publish
from functions.settle import handler as settle
from functions.sweep import handler as sweep
from milepost.adapters import aws
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.application.ports import Stored
from milepost_tools.local.stack import CHANNELS
from tests.adapters.examples import CATALOG, GOLDEN, OUTCOME, nudge
from tests.functions.deployed import Deployed, message
from tests.functions.lambdas import CONTEXT, queue_batch, stream_batch
from tests.template.test_permissions import CALLS, SINGLY

pytestmark = pytest.mark.usefixtures("without_templates")

HANDLERS: Mapping[str, Any] = {
    "ingest": ingest.lambda_handler,
    "sweep": sweep.lambda_handler,
    "settle": settle.lambda_handler,
    "publish": publish.lambda_handler,
}
STATEMENT = re.compile(r'(INSERT|UPDATE)(?: INTO)? "([^"]+)"')


class Recorder:
    """Runs functions and remembers, for each, which operation it called on what, as `CALLS` names both."""

    def __init__(self, deployed: Deployed) -> None:
        self.calls: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self._running = ""
        self._logical = {
            deployed.table: "Table",
            deployed.statistics: "StatisticsTable",
            deployed.urls["events"]: "EventQueue",
            deployed.urls["dead"]: "EventDeadLetterQueue",
            deployed.urls["ticks"]: "TickQueue",
            **{arn: f"{name.title().replace('_', '')}Topic" for name, arn in deployed.arns.items()},
        }
        aws._session().register("before-parameter-build", self._called)

    def run(self, verb: str, event: Any) -> None:
        """Run a function as Lambda does."""
        self._running = verb
        HANDLERS[verb](event, CONTEXT)
        self._running = ""

    def _called(self, **event: Any) -> None:
        model, params = event["model"], event["params"]
        method = xform_name(model.name)
        for part, resource in _parts(model.name, params):
            self.calls[self._running].add((f"{method} {part}".strip(), self._logical.get(resource, resource)))


def _parts(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The kinds of write in a request, and the table, queue or topic of each."""
    match operation:
        case "BatchGetItem":
            yield from (("", table) for table in params["RequestItems"])
        case "BatchExecuteStatement":
            for each in params["Statements"]:
                statement = STATEMENT.match(each["Statement"])
                assert statement is not None
                yield statement[1], statement[2]
        case "TransactWriteItems":
            yield from ((kind, of["TableName"]) for item in params["TransactItems"] for kind, of in item.items())
        case "GetMetricData":
            yield "", "*"
        case _:
            yield "", next(params[name] for name in ("TableName", "QueueUrl", "TopicArn") if name in params)


def told_on_every_channel(deployed: Deployed) -> str:
    """A subject for whom something waits for each topic."""
    # Of a milestone of the deployed catalog: how many came as far is told with its nudges.
    nudges = (replace(nudge(number, channel), milestone="habit") for number, channel in enumerate(CHANNELS))
    progress = GOLDEN._replace(subject="user:every-channel", outbox=(OUTCOME, *nudges))
    store = DynamoStore(deployed.connection.dynamodb, Codec.of(CATALOG), deployed.table)
    store.save([Stored(progress, 0)])
    return progress.subject


def lived_through(deployed: Deployed, run: Callable[[str, Any], object]) -> None:
    """Run each function on whatever makes it call all that it can call."""
    first = message("track", "m_1", "2026-11-01T12:00:00Z", event="signed_up")
    run("ingest", queue_batch(first, "not json"))
    run("ingest", queue_batch(message("identify", "m_2", "2026-11-01T12:00:01Z", traits={"plan": "pro"})))
    late = message("track", "m_0", "2026-11-01T11:00:00Z", event="signed_up")
    run("ingest", queue_batch(message("identify", "m_3", "2026-11-01T12:00:02Z", traits={"plan": "free"})))
    run("ingest", queue_batch(late))
    run("ingest", queue_batch(message("alias", "m_4", "2026-11-01T12:00:03Z", previousId="device")))
    run("sweep", {"time": "2026-11-08T12:15:00Z"})
    run("settle", queue_batch(*(each["Body"] for each in deployed.take("ticks"))))
    run("publish", stream_batch("user:u_42", told_on_every_channel(deployed)))


def at_the_time_of_day(monkeypatch: pytest.MonkeyPatch, run: Callable[[str, Any], object]) -> None:
    """Only a stack on AWS, by the time of day, asks for the age of its queue."""
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("CLOCK", "live")
    settle._settle.cache_clear()
    run("settle", queue_batch(dumps({"shard": 0, "subjects": ["user:u_42"], "at": "2026-11-09T00:00:00Z"})))


def test_the_functions_call_exactly_what_their_roles_are_held_against(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A permission that is missing, or that nothing needs, fails here and not in production."""
    recorder = Recorder(deployed)
    lived_through(deployed, recorder.run)
    at_the_time_of_day(monkeypatch, recorder.run)
    assert recorder.calls == CALLS


def test_with_single_writes_they_write_items_in_the_place_of_statements(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And call nothing else."""
    monkeypatch.setenv("PROGRESS_WRITES", "single")
    recorder = Recorder(deployed)
    lived_through(deployed, recorder.run)
    at_the_time_of_day(monkeypatch, recorder.run)
    for verb, calls in CALLS.items():
        kept = {each for each in calls if not each[0].startswith("batch_execute_statement")}
        assert recorder.calls[verb] == kept | {(each, "Table") for each in SINGLY.get(verb, ())}
