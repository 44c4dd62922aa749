"""The function that sends: a batch of nudges, an email each."""

from collections.abc import Mapping
from functools import cache
from os import environ
from typing import Any

from integrations.ses.sender import Email
from milepost_channels.deliver import Delivery
from milepost_channels.runtime import LambdaContext, answer, client, delivery, setting


@cache
def _delivery() -> Delivery:
    ses = client("sesv2", tries=1)  # a retry of botocore's after a time-out would be a second email
    sender, configuration_set = setting(environ, "FROM_ADDRESS"), setting(environ, "CONFIGURATION_SET")
    email = Email(ses, sender, configuration_set, environ.get("CONTACT_LIST") or None)
    return delivery(environ, email, reports=False)  # SES itself says what was delivered: see reports


def lambda_handler(event: Mapping[str, Any], context: LambdaContext, work: Delivery | None = None) -> Mapping[str, Any]:
    """Deliver a batch; `work` stands in for the real integration in tests."""
    return answer(event, context, work or _delivery())
