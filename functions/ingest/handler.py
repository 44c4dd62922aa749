"""Ingest: a batch of the event queue. Answers with the messages that must come again, and never with others."""

from collections.abc import Mapping
from functools import cache
from os import environ
from typing import TYPE_CHECKING, Any

from milepost.adapters.aws import client
from milepost.adapters.backoff import JitteredBackoff
from milepost.adapters.clock import arrival_by, events_clock
from milepost.adapters.codec import Codec
from milepost.adapters.compiled_catalog import deployed_catalog
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.queues import SqsDeadLetters
from milepost.adapters.segments import Segments
from milepost.adapters.settings import Settings
from milepost.adapters.telemetry import LogEvent, Telemetry
from milepost.adapters.writes import WAYS
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest, Received
from milepost.application.intake import Intake
from milepost.domain.fold import memory_of

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_MILLISECONDS = 1000


@cache
def _ingest() -> Ingest:
    settings, catalog = Settings(environ), deployed_catalog()
    dynamodb, table, codec = client("dynamodb"), settings["TABLE_NAME"], Codec.of(catalog)
    way, most = WAYS[settings["PROGRESS_WRITES"]], int(settings["LEDGER_ENTRIES"]) or None
    segments = Segments(dynamodb, table, codec, way, memory_of(catalog), most)
    store = DynamoStore(dynamodb, codec, table, way=way, segments=segments)
    return Ingest(
        Intake(catalog.max_age, arrival_by(settings.clock)),
        Folding(store, catalog),
        SqsDeadLetters(client("sqs"), settings["EVENT_DEAD_LETTER_QUEUE_URL"]),
        events_clock(settings.clock),
    )


@cache
def _telemetry() -> Telemetry:
    return Telemetry()


def lambda_handler(
    event: Mapping[str, Any], context: "LambdaContext", ingest: Ingest | None = None
) -> Mapping[str, Any]:
    """Count a batch of messages; `ingest` stands in for the real one in tests."""
    telemetry = _telemetry()
    with telemetry.invocation():
        backoff = JitteredBackoff(lambda: context.get_remaining_time_in_millis() / _MILLISECONDS)
        result = (ingest or _ingest()).ingest([_received(record) for record in event["Records"]], backoff)
        telemetry.count(result.tally)
        for fault in result.faults:
            telemetry.warning(LogEvent.GAVE_UP, fault=fault)
        for refusal in result.refused:
            telemetry.warning(LogEvent.REFUSED, message_id=refusal.message_id, reason=refusal.reason)
        if result.failed:
            telemetry.warning(LogEvent.HANDED_BACK, messages=len(result.failed))
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in sorted(result.failed)]}


def _received(record: Mapping[str, Any]) -> Received:
    sent_at = int(record["attributes"]["SentTimestamp"]) * _MILLISECONDS
    return Received(record["messageId"], record["body"], sent_at)
