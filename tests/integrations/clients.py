"""The integrations' own senders, pointed at a stand-in: the only things that differ are host, TLS and time-outs."""

from base64 import b64encode
from functools import cache
from http.client import HTTPConnection
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

from integrations.braze.sender import Braze
from integrations.ses.sender import Email
from integrations.webhook.sender import Webhook
from milepost_channels.https import READ, Endpoint
from tests.integrations.standin import StandIn

SECRET = b"0123456789abcdef0123456789abcdef"
WHSEC = f"whsec_{b64encode(SECRET).decode()}"
KEY = "made-up-key"
PATIENCE = READ
"""Seconds for an answer, as deployed; what waits for one that never comes may have less."""


@cache
def _session() -> Session:
    return get_session()  # its model of SES takes a third of a second to read


def _endpoint(stand_in: StandIn, path: str, patience: float) -> Endpoint:
    return Endpoint(lambda: HTTPConnection("127.0.0.1", stand_in.port, timeout=PATIENCE), path, patience)


def webhook(stand_in: StandIn, patience: float = PATIENCE) -> Webhook:
    """The signed webhook."""
    return Webhook(_endpoint(stand_in, "/hook", patience), lambda: WHSEC)


def braze(stand_in: StandIn, patience: float = PATIENCE, at_once: int = 2) -> Braze:
    """Braze, two events a request, so that a thousand nudges make enough requests that fail."""
    return Braze(_endpoint(stand_in, "/users/track", patience), lambda: KEY, "milepost_nudge", at_once)


def email(stand_in: StandIn, patience: float = PATIENCE, contact_list: str | None = None) -> Email:
    """SES, by the client that the function has."""
    config = Config(connect_timeout=1, read_timeout=patience, retries={"total_max_attempts": 1})
    client: Any = _session().create_client("sesv2", config=config, endpoint_url=f"http://127.0.0.1:{stand_in.port}")
    return Email(client, "Acme <news@example.com>", "milepost", contact_list)
