"""The function: a batch of nudges, tracked in as few requests as they fit into."""

from collections.abc import Mapping
from functools import cache
from os import environ
from typing import Any

from integrations.braze.sender import MOST_AT_ONCE, Braze
from milepost_channels.deliver import Delivery
from milepost_channels.https import endpoint
from milepost_channels.runtime import LambdaContext, answer, delivery, secrets, setting


@cache
def _delivery() -> Delivery:
    where = endpoint(f"{setting(environ, 'ENDPOINT_URL')}/users/track")
    key = secrets(setting(environ, "SECRET_NAME"))
    at_once = min(int(setting(environ, "EVENTS_AT_ONCE")), MOST_AT_ONCE)
    return delivery(environ, Braze(where, key, setting(environ, "EVENT_NAME"), at_once), reports=True)


def lambda_handler(event: Mapping[str, Any], context: LambdaContext, work: Delivery | None = None) -> Mapping[str, Any]:
    """Deliver a batch; `work` stands in for the real integration in tests."""
    return answer(event, context, work or _delivery())
