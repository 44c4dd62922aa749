"""Settle: a batch of ticks.

A tick that could not be carried out is not handed back: the progress is still due, so the next sweep, a minute
later, finds it again. Handing it back would only hold up its shard for the queue's visibility time-out.
"""

from collections.abc import Mapping
from functools import cache
from os import environ
from typing import TYPE_CHECKING, Any

from milepost.adapters.aws import client
from milepost.adapters.backoff import JitteredBackoff
from milepost.adapters.clock import ticks_clock
from milepost.adapters.codec import Codec
from milepost.adapters.compiled_catalog import deployed_catalog
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.queues import read_tick
from milepost.adapters.settings import Settings
from milepost.adapters.telemetry import LogEvent, Telemetry
from milepost.adapters.worked_off import EmptyQueue, QueueAge
from milepost.adapters.writes import WAYS
from milepost.application.folding import Folding
from milepost.application.ports import WorkedOff
from milepost.application.settle import Settle

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_MILLISECONDS = 1000


@cache
def _settle() -> Settle:
    settings, catalog = Settings(environ), deployed_catalog()
    store = DynamoStore(
        client("dynamodb"), Codec.of(catalog), settings["TABLE_NAME"], way=WAYS[settings["PROGRESS_WRITES"]]
    )
    return Settle(Folding(store, catalog), _worked_off(settings), ticks_clock(settings.clock))


def _worked_off(settings: Settings) -> WorkedOff:
    url = settings["EVENT_QUEUE_URL"]
    if settings.is_local or settings.clock == "replay":
        return EmptyQueue(client("sqs"), url)
    return QueueAge(client("sqs"), client("cloudwatch"), url, settings["EVENT_QUEUE_NAME"])


@cache
def _telemetry() -> Telemetry:
    return Telemetry()


def lambda_handler(
    event: Mapping[str, Any], context: "LambdaContext", settle: Settle | None = None
) -> Mapping[str, Any]:
    """Fold a batch of ticks; `settle` stands in for the real one in tests."""
    telemetry = _telemetry()
    with telemetry.invocation():
        read = [read_tick(record["body"]) for record in event["Records"]]
        ticks = [tick for tick in read if tick is not None]
        if len(ticks) < len(read):
            telemetry.warning(LogEvent.TICK_UNREADABLE, messages=len(read) - len(ticks))
        if ticks:
            backoff = JitteredBackoff(lambda: context.get_remaining_time_in_millis() / _MILLISECONDS)
            result = (settle or _settle()).settle(ticks, backoff)
            telemetry.count(result.tally)
            for fault in result.faults:
                telemetry.warning(LogEvent.GAVE_UP, fault=fault)
            if result.held:
                telemetry.info(LogEvent.DECISIONS_HELD)
            if result.failed:
                telemetry.warning(LogEvent.SETTLE_INCOMPLETE, subjects=len(result.failed))
    return {"batchItemFailures": []}
