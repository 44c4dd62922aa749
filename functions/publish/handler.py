"""Publish: a batch of the table's stream. A record only says whose outbox to look at; the item itself decides.

An outbox that could not be emptied does not fail the record, which would hold up the shard: its subject is due,
and the clock brings it back.
"""

from collections.abc import Mapping
from functools import cache
from os import environ
from typing import TYPE_CHECKING, Any

from milepost.adapters import keys
from milepost.adapters.aws import client
from milepost.adapters.backoff import JitteredBackoff
from milepost.adapters.clock import outbox_clock
from milepost.adapters.codec import Codec
from milepost.adapters.compiled_catalog import deployed_catalog, deployed_templates
from milepost.adapters.composing import LiquidComposer
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.member_shares import MemberShares
from milepost.adapters.settings import Settings
from milepost.adapters.telemetry import LogEvent, Telemetry
from milepost.adapters.topics import SnsTopics
from milepost.application.publish import Publish

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_MILLISECONDS = 1000


@cache
def _publish() -> Publish:
    settings, catalog, dynamodb = Settings(environ), deployed_catalog(), client("dynamodb")
    statistics = settings["STATISTICS_TABLE_NAME"]
    store = DynamoStore(dynamodb, Codec.of(catalog), settings["TABLE_NAME"], statistics, catalog.name)
    topics = SnsTopics(client("sns"), settings.topic_arns, catalog)
    composer = LiquidComposer(catalog, deployed_templates(), MemberShares(dynamodb, statistics, catalog, _unread))
    return Publish(store, topics, catalog, outbox_clock(settings.clock), composer)


@cache
def _telemetry() -> Telemetry:
    return Telemetry()


def _unread(code: str | None) -> None:
    _telemetry().warning(LogEvent.SHARES_UNREAD, code=code or "no answer")


def lambda_handler(
    event: Mapping[str, Any], context: "LambdaContext", publish: Publish | None = None
) -> Mapping[str, Any]:
    """Empty the outboxes that a batch of the stream names; `publish` stands in for the real one in tests."""
    telemetry = _telemetry()
    with telemetry.invocation():
        subjects = {record["dynamodb"]["Keys"][keys.PARTITION]["S"] for record in event["Records"]}
        backoff = JitteredBackoff(lambda: context.get_remaining_time_in_millis() / _MILLISECONDS)
        result = (publish or _publish()).publish(subjects, backoff)
        telemetry.count(result.tally)
        for fault in result.faults:
            telemetry.warning(LogEvent.GAVE_UP, fault=fault)
        if result.unfinished:
            telemetry.warning(LogEvent.PUBLISH_INCOMPLETE, subjects=len(result.unfinished))
    return {"batchItemFailures": []}
