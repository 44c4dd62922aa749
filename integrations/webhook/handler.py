"""The function: a batch of nudges, each posted to the endpoint."""

from collections.abc import Mapping
from functools import cache
from os import environ
from typing import Any

from integrations.webhook.sender import Webhook
from milepost_channels.deliver import Delivery
from milepost_channels.https import endpoint
from milepost_channels.runtime import LambdaContext, answer, delivery, secrets, setting


@cache
def _delivery() -> Delivery:
    url, secret = setting(environ, "ENDPOINT_URL"), setting(environ, "SECRET_NAME")
    return delivery(environ, Webhook(endpoint(url), secrets(secret)), reports=True)


def lambda_handler(event: Mapping[str, Any], context: LambdaContext, work: Delivery | None = None) -> Mapping[str, Any]:
    """Deliver a batch; `work` stands in for the real integration in tests."""
    return answer(event, context, work or _delivery())
