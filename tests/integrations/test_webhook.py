"""The signed webhook against Standard Webhooks 1.0.0."""

from base64 import b64decode
from http.client import HTTPConnection
from json import loads
from typing import Any

import pytest

from integrations.webhook.handler import lambda_handler
from integrations.webhook.sender import BadSecretError, Webhook, meaning, payload, signature_headers
from milepost_channels.answers import Busy, Refused, Taken, Unclear
from milepost_channels.https import Endpoint, Response
from milepost_channels.nudge import Nudge, Reason
from tests.integrations import clients
from tests.integrations.driving import Bench, Context, nudge, records
from tests.integrations.standin import running
from tests.integrations.vendors import WebhookVendor

NUDGE = Nudge("a" * 32, "user:u_1", nudge(1))


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    """The vector that its reference libraries are tested with."""
    headers = signature_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_changed_both_sign() -> None:
    """So the receiver may know either."""
    other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    vendor = WebhookVendor(clients.SECRET, b64decode(other.removeprefix("whsec_")))
    with running(vendor) as stand_in:
        sender = Webhook(clients.webhook(stand_in).endpoint, lambda: f"{clients.WHSEC} {other}")
        assert sender.send([NUDGE]) == [Taken()]
    (raw,) = stand_in.log
    assert raw.headers["webhook-signature"].count("v1,") == 2


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%%"])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    """Too short, without its prefix, or not base64; and the error does not hold it."""
    with pytest.raises(BadSecretError) as raised:
        signature_headers("a", 1, b"", secret)
    assert not str(raised.value)


def test_the_payload_is_the_cloudevent_and_the_one_that_is_recommended() -> None:
    """`type`, `timestamp` and `data` of the standard, beside all that the event has."""
    found = loads(payload(NUDGE))
    assert found == {**NUDGE.event, "timestamp": NUDGE.event["time"]}


def test_a_repeat_goes_out_under_the_same_id_with_a_time_of_its_own() -> None:
    """The id is the receiver's key to tell it by."""
    bench = Bench()
    now = iter((1_000_000, 1_000_009))
    with running(WebhookVendor(clients.SECRET), plan={1: "503"}) as stand_in:
        work = bench.delivery(Webhook(clients.webhook(stand_in).endpoint, lambda: clients.WHSEC, lambda: next(now)))
        lambda_handler(records(nudge(1)), Context(), work)
    assert [raw.headers["webhook-id"] for raw in stand_in.log] == [nudge(1)["id"]] * 2
    assert [raw.headers["webhook-timestamp"] for raw in stand_in.log] == ["1000000", "1000009"]


ANSWERS: list[tuple[int, Any]] = [
    *((status, Taken()) for status in (200, 201, 202, 204)),
    *((status, Refused(Reason.REFUSED)) for status in (400, 410, 413, 415, 422)),
    *((status, Busy()) for status in (301, 302, 307, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504)),
]


@pytest.mark.parametrize(("status", "expected"), ANSWERS)
def test_what_an_answer_means(status: int, expected: Any) -> None:
    """Success is 2xx and nothing else; redirections are not followed."""
    assert meaning(Response(status, {}, b"")) == expected


@pytest.mark.parametrize(("header", "wait"), [("7", 7.0), ("soon", 0.0), ("-1", 0.0), ("²", 0.0), ("", 0.0)])
def test_a_wait_is_kept_where_it_is_a_number(header: str, wait: float) -> None:
    """HTTP also allows a date, which the queue's own pause covers."""
    assert meaning(Response(503, {"retry-after": header}, b"")) == Busy(wait)


def test_without_an_answer_it_is_unclear_and_without_a_connection_it_is_not() -> None:
    """The one may have arrived, the other has not."""
    with running(WebhookVendor(clients.SECRET), plan={1: "time-out after"}) as stand_in:
        assert clients.webhook(stand_in, patience=0.2).send([NUDGE]) == [Unclear()]
    gone = Endpoint(lambda: HTTPConnection("nowhere.invalid"), "/")
    assert Webhook(gone, lambda: clients.WHSEC).send([NUDGE]) == [Busy()]
