"""SES v2: what is sent, what its errors mean, and what its events are reported as."""

from json import dumps, loads
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from integrations.ses.handler import _delivery, lambda_handler
from integrations.ses.reports import Reporter
from integrations.ses.reports import lambda_handler as report_handler
from integrations.ses.sender import Email, address
from milepost_channels.answers import Busy, Refused, Taken, Unclear
from milepost_channels.nudge import Nudge, Reason, RefusedError
from milepost_channels.queues import EventQueue
from milepost_channels.telemetry import Count
from tests.integrations import clients
from tests.integrations.driving import Bench, Context, Queues, handed_back, nudge, record, records
from tests.integrations.standin import running
from tests.integrations.vendors import SesVendor

NUDGE = Nudge(nudge(1)["id"], "user:u_1", nudge(1))
AT = "https://email.example.com"


def sent(found: dict[str, Any], **how: Any) -> Any:
    """The body of the one request that a nudge makes."""
    with running(SesVendor()) as stand_in:
        answers = clients.email(stand_in, **how).send([Nudge(found["id"], found["subject"], found)])
    assert answers == [Taken()]
    (raw,) = stand_in.log
    return loads(raw.body)


def test_a_nudge_is_one_email_that_can_be_told_by_its_tag() -> None:
    """The request that SES's model describes, with everything that is needed and no more."""
    assert sent(nudge(1)) == {
        "FromEmailAddress": "Acme <news@example.com>",
        "Destination": {"ToAddresses": ["u1@example.com"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Danke — $500!", "Charset": "UTF-8"},
                "Body": {"Html": {"Data": "<p>Thank you</p>", "Charset": "UTF-8"}},
            }
        },
        "ConfigurationSetName": "milepost",
        "EmailTags": [{"Name": "nudge_id", "Value": nudge(1)["id"]}],
    }


def test_a_contact_list_adds_the_way_to_unsubscribe() -> None:
    """SES does it, and tells of whoever takes it."""
    assert sent(nudge(1), contact_list="news")["ListManagementOptions"] == {"ContactListName": "news"}


def test_a_subject_has_one_line() -> None:
    """Whatever a template made of it."""
    found = sent(nudge(1, content={"subject": " You did it,\r\n Ann\t!", "body": ""}))
    assert found["Content"]["Simple"]["Subject"]["Data"] == "You did it, Ann !"


ADDRESSES = {
    "ann@example.com": "ann@example.com",
    "ann+news@mail.example.co.uk": "ann+news@mail.example.co.uk",
    "o'hara@example.com": "o'hara@example.com",
    "ann@bücher.example": "ann@xn--bcher-kva.example",
}


@pytest.mark.parametrize(("given", "expected"), ADDRESSES.items())
def test_an_address_is_taken_as_it_is_its_domain_in_ascii(given: str, expected: str) -> None:
    """SES takes punycode only."""
    assert address(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "ann@example.com,bob@example.com",
        "ann@example.com;bob@example.com",
        "ann@example.com\r\nBcc: bob@example.com",
        "ann@example.com ",
        "Ann <ann@example.com>",
        '"ann"@example.com',
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@exam ple.com",
        "ann@-..com",
        "änn@example.com",
        "a" * 65 + "@example.com",
        "ann@" + "a" * 64 + ".com",
        "ann@example.com\x00",
    ],
)
def test_what_is_not_one_plain_address_is_refused(given: str) -> None:
    """It is a trait: nobody has checked it, and a list would write to all of them."""
    with pytest.raises(RefusedError, match="bad_address"):
        address(given)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"address": None}, Reason.NO_ADDRESS),
        ({"address": ""}, Reason.NO_ADDRESS),
        ({"address": 7}, Reason.NO_ADDRESS),
        ({"content": None}, Reason.NO_CONTENT),
        ({"content": {"text": "sms"}}, Reason.NO_CONTENT),
    ],
)
def test_an_email_that_lacks_something_is_refused_without_a_request(data: dict[str, Any], reason: Reason) -> None:
    """And says what it lacks."""
    with running(SesVendor()) as stand_in:
        assert clients.email(stand_in).send([Nudge("a", "user:u_1", nudge(1, **data))]) == [Refused(reason)]
    assert not stand_in.log


def coded(code: str, status: int) -> ClientError:
    """An error that came as an answer."""
    response: Any = {
        "Error": {"Code": code, "Message": "u1@example.com"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "SendEmail")


ERRORS: list[tuple[Exception, Any]] = [
    (coded("MessageRejected", 400), Refused(Reason.REFUSED)),
    (coded("BadRequestException", 400), Refused(Reason.REFUSED)),
    (coded("TooManyRequestsException", 429), Busy()),
    (coded("LimitExceededException", 400), Busy()),
    (coded("SendingPausedException", 400), Busy()),
    (coded("AccountSuspendedException", 400), Busy()),
    (coded("MailFromDomainNotVerifiedException", 400), Busy()),
    (coded("NotFoundException", 404), Busy()),
    (coded("AccessDeniedException", 403), Busy()),
    (coded("InternalServiceErrorException", 500), Busy()),
    (coded("503", 503), Busy()),
    (coded("502", 502), Unclear()),
    (coded("504", 504), Unclear()),
    (ConnectTimeoutError(endpoint_url=AT), Busy()),
    (EndpointConnectionError(endpoint_url=AT), Busy()),
    (SSLError(endpoint_url=AT, error=OSError()), Busy()),
    (ReadTimeoutError(endpoint_url=AT), Unclear()),
    (ConnectionClosedError(endpoint_url=AT), Unclear()),
]


@pytest.mark.parametrize(("error", "expected"), ERRORS, ids=lambda each: str(each)[:40])
def test_what_an_error_means(error: Exception, expected: Any) -> None:
    """What is about the account waits; what is about this email does not; no answer is no answer."""

    class Failing:
        def send_email(self, **request: Any) -> Any:
            """Fail."""
            raise error

    assert Email(Failing(), "news@example.com", "milepost").send([NUDGE]) == [expected]


def test_the_functions_own_client_sends_a_request_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry of its own after a time-out would be a second email."""
    told = ("FROM_ADDRESS", "CONFIGURATION_SET", "TABLE_NAME", "DEAD_LETTER_QUEUE_URL")
    for name in told:
        monkeypatch.setenv(name, "news@example.com")
    monkeypatch.setenv("REMEMBER_DAYS", "30")
    with running(SesVendor(), plan={1: "500", 2: "time-out before"}) as stand_in:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{stand_in.port}")
        email = _delivery().sender
        assert email.send([NUDGE]) == [Busy()]
        assert email.send([NUDGE]) == [Unclear()]
    assert len(stand_in.log) == 2


def event(kind: str, part: str, **facts: Any) -> dict[str, Any]:
    """An event of SES in the shape of its documentation, shortened where nobody looks."""
    mail = {
        "timestamp": "2026-11-22T08:00:00.012Z",
        "messageId": "0100-example",
        "destination": ["u1@example.com"],
        "tags": {"ses:configuration-set": ["milepost"], "nudge_id": [NUDGE.id]},
    }
    return {"eventType": kind, "mail": mail, part: {"timestamp": "2026-11-22T08:05:00.669Z", **facts}}


PREFERENCES = {"unsubscribeAll": False, "topicSubscriptionStatus": [{"topicName": "a", "subscriptionStatus": "OptIn"}]}
OPTED_OUT = {"unsubscribeAll": False, "topicSubscriptionStatus": [{"topicName": "a", "subscriptionStatus": "OptOut"}]}
EVENTS: list[tuple[dict[str, Any], tuple[str, str | None] | None]] = [
    (event("Delivery", "delivery", recipients=["u1@example.com"]), ("nudge_delivered", None)),
    (event("Open", "open", ipAddress="192.0.2.1"), ("nudge_opened", None)),
    (event("Click", "click", link="https://example.com"), ("nudge_clicked", None)),
    (event("Bounce", "bounce", bounceType="Permanent", feedbackId="f"), ("nudge_bounced", "hard")),
    (event("Bounce", "bounce", bounceType="Transient", feedbackId="f"), ("nudge_bounced", "soft")),
    (event("Bounce", "bounce", bounceType="Undetermined", feedbackId="f"), ("nudge_bounced", "soft")),
    (event("Complaint", "complaint", feedbackId="f"), ("nudge_complained", None)),
    (event("Complaint", "complaint", feedbackId="f", complaintFeedbackType="abuse"), ("nudge_complained", None)),
    (event("Complaint", "complaint", feedbackId="f", complaintFeedbackType="not-spam"), None),
    (event("Subscription", "subscription", newTopicPreferences={"unsubscribeAll": True}), ("nudge_unsubscribed", None)),
    (event("Subscription", "subscription", newTopicPreferences=OPTED_OUT), ("nudge_unsubscribed", None)),
    (event("Subscription", "subscription", newTopicPreferences=PREFERENCES), None),
    (event("Send", "send"), None),
    (event("DeliveryDelay", "deliveryDelay"), None),
]


def reporter(bench: Bench) -> Reporter:
    """What reports, with the nudge remembered."""
    sqs: Any = bench.queues
    bench.claims().begin().claim(NUDGE, again=False)
    return Reporter(bench.claims(), EventQueue(sqs, "events"))


@pytest.mark.parametrize(("found", "expected"), EVENTS)
def test_what_an_event_is_reported_as(found: dict[str, Any], expected: tuple[str, str | None] | None) -> None:
    """In the words of Milepost's reserved events, for the nudge's subject, at the instant that SES says."""
    bench = Bench()
    batch = {"Records": [record("m0", dumps(found))]}
    assert handed_back(report_handler(batch, Context(), reporter(bench))) == []
    told = [(each["event"], each["properties"].get("bounce_type")) for each in bench.queues.events()]
    assert told == ([expected] if expected else [])
    for each in bench.queues.events():
        assert (each["userId"], each["timestamp"]) == ("u_1", "2026-11-22T08:05:00.669+00:00")
        assert (each["properties"]["nudge_id"], each["properties"]["channel"]) == (NUDGE.id, "email")


def test_an_event_that_is_told_twice_is_one_and_two_opens_are_two() -> None:
    """By the id of the message to Milepost."""
    bench = Bench()
    again = event("Open", "open") | {"open": {"timestamp": "2026-11-22T09:00:00.000Z"}}
    bodies = [event("Open", "open"), event("Open", "open"), again]
    reporter(bench).report([record(f"m{place}", dumps(each)) for place, each in enumerate(bodies)])
    first, second, third = (each["messageId"] for each in bench.queues.events())
    assert first == second != third


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "{}",
        dumps({"eventType": "Bounce"}),
        dumps(event("Bounce", "bounce", feedbackId="f")),
        dumps(event("Delivery", "delivery", timestamp="soon")),
        dumps(event("Delivery", "delivery") | {"mail": {"tags": {}}}),
        dumps(event("Delivery", "delivery") | {"mail": {"tags": {"nudge_id": ["a", "b"]}}}),
    ],
)
def test_an_event_that_cannot_be_read_is_left_to_the_dead_letter_queue(body: str) -> None:
    """And its neighbour is reported."""
    bench = Bench()
    failed, tally = reporter(bench).report([record("bad", body), record("good", dumps(event("Open", "open")))])
    assert (failed, tally[Count.REPORTED]) == (["bad"], 1)


def test_an_event_of_a_nudge_that_is_no_longer_remembered_is_counted() -> None:
    """A complaint may come after months."""
    bench = Bench()
    sqs: Any = bench.queues
    failed, tally = Reporter(bench.claims(), EventQueue(sqs, "events")).report(
        [record("m0", dumps(event("Complaint", "complaint", feedbackId="f")))]
    )
    assert (failed, tally[Count.UNKNOWN], bench.queues.events()) == ([], 1, [])


def test_an_event_that_milepost_did_not_take_comes_again() -> None:
    """Nothing that SES tells is lost."""
    bench = Bench()
    work = reporter(bench)

    class Deaf(Queues):
        def send_message_batch(self, **request: Any) -> Any:
            """Take nothing."""
            return {"Failed": request["Entries"]}

    deaf: Any = Deaf()
    deaf_work = Reporter(work.claims, EventQueue(deaf, "events"))
    assert deaf_work.report([record("m0", dumps(event("Open", "open")))])[0] == ["m0"]


def test_an_email_that_ses_took_is_not_reported_before_ses_says_so() -> None:
    """Taken is not delivered."""
    bench = Bench()
    with running(SesVendor()) as stand_in:
        work = bench.delivery(clients.email(stand_in), reports=False)
        for _ in range(2):
            assert handed_back(lambda_handler(records(nudge(1)), Context(), work)) == []
    assert not bench.queues.events()
    assert len(stand_in.log) == 1
