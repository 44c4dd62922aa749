"""Sweep: a scheduled event. Its own `time` is the instant of the sweep, so a late start misses nothing."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from os import environ
from typing import TYPE_CHECKING, Any, Final

from milepost.adapters.aws import client
from milepost.adapters.due_index import DynamoDueIndex
from milepost.adapters.queues import SqsTickQueue
from milepost.adapters.settings import Settings
from milepost.adapters.telemetry import LogEvent, Telemetry
from milepost.application.sweep import Sweep
from milepost.domain.instant import parse_instant

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

THREADS: Final = 8
"""As many as botocore keeps connections for, and two to spare."""


@cache
def _sweep() -> Sweep:
    settings = Settings(environ)
    index = DynamoDueIndex(client("dynamodb"), settings["TABLE_NAME"], settings["DUE_INDEX_NAME"])
    threads = ThreadPoolExecutor(THREADS)  # The shards' queries wait for the network, not for each other.
    return Sweep(index, SqsTickQueue(client("sqs"), settings["TICK_QUEUE_URL"]), threads.map)


@cache
def _telemetry() -> Telemetry:
    return Telemetry()


def lambda_handler(
    event: Mapping[str, Any], _context: "LambdaContext", sweep: Sweep | None = None
) -> Mapping[str, Any]:
    """Queue ticks for everybody who is due; `sweep` stands in for the real one in tests."""
    telemetry = _telemetry()
    with telemetry.invocation():
        result = (sweep or _sweep()).sweep(parse_instant(event["time"]))
        telemetry.gauge_seconds("OverdueSeconds", result.overdue_seconds)
        telemetry.count({"swept": result.subjects})
        if result.held:
            telemetry.warning(LogEvent.SWEEP_HELD)
    return {"subjects": result.subjects, "held": result.held}
