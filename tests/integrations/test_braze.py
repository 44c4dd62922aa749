"""Braze's /users/track: its payload, its limits, and its answers."""

from http.client import HTTPConnection
from json import loads
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from integrations.braze.event import custom_event
from integrations.braze.handler import _delivery, lambda_handler
from integrations.braze.sender import Braze, taken
from milepost_channels.answers import Busy, Refused, Taken, Unclear
from milepost_channels.https import Endpoint, Response
from milepost_channels.nudge import Nudge, Reason, RefusedError
from tests.integrations import clients
from tests.integrations.driving import Bench, Context, nudge, records
from tests.integrations.standin import running
from tests.integrations.vendors import TRACK, BrazeVendor

REFUSED = Refused(Reason.REFUSED)
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=300), inner, max_size=3),
    max_leaves=12,
)


def nudges(count: int) -> list[Nudge]:
    """So many."""
    return [Nudge(nudge(number)["id"], f"user:u_{number}", nudge(number)) for number in range(count)]


def test_a_nudge_is_a_custom_event_of_its_user() -> None:
    """Flat properties; neither address nor subject are among them."""
    assert custom_event(nudges(1)[0], "milepost_nudge") == {
        "external_id": "u_0",
        "name": "milepost_nudge",
        "time": "2026-11-22T11:45:30Z",
        "properties": {
            "nudge_id": "0" * 32,
            "milestone": "spent-500",
            "title": "$500 in the shop",
            "tier": "major",
            "path": "reached",
            "step": 0,
            "n": 1,
            "channel": "email",
            "template": "thank-you-500",
            "catalog_version": 1,
            "operational": False,
            "attempt": 1,
            "totals_spent": 512.5,
            "totals_orders": 7,
            "progress_milestone": "spent-1000",
            "progress_title": "$1,000",
            "progress_have": 512.5,
            "progress_need": 1000,
            "progress_left": 487.5,
            "members_reached": 80,
            "members_of": 1000,
            "members_ahead_of": 92,
            "call_to_action_label": "See what is new",
            "call_to_action_url": "https://example.com/new",
            "content_subject": "Danke — $500!",
            "content_body": "<p>Thank you</p>",
        },
    }


@given(totals=st.dictionaries(st.text(max_size=300), DATA, max_size=4), content=DATA)
def test_whatever_a_nudge_holds_its_event_is_within_brazes_limits(totals: Any, content: Any) -> None:
    """By the schema of the stand-in, which was written after Braze's documentation."""
    dollar: Any = {"$x": 1}
    found = custom_event(Nudge("a", "user:u", nudge(1, totals=totals, content=content, **dollar)), "e")
    assert Draft202012Validator(TRACK).is_valid({"events": [found]})


def test_braze_knows_no_accounts() -> None:
    """Such a nudge is refused by itself, and its neighbours go out."""
    account = Nudge("a" * 32, "account:a_1", nudge(1, subject="account:a_1"))
    with pytest.raises(RefusedError, match="not_a_user"):
        custom_event(account, "e")
    with running(BrazeVendor(clients.KEY)) as stand_in:
        answers = clients.braze(stand_in).send([account, *nudges(1)])
        assert clients.braze(stand_in).send([account]) == [Refused(Reason.NOT_A_USER)]
    assert answers == [Refused(Reason.NOT_A_USER), Taken()]
    assert len(stand_in.log) == 1


def test_a_batch_goes_out_in_requests_of_at_most_75_events() -> None:
    """120 of them are two."""
    bench = Bench()
    with running(BrazeVendor(clients.KEY)) as stand_in:
        work = bench.delivery(clients.braze(stand_in, at_once=75))
        lambda_handler(records(*(nudge(number) for number in range(120))), Context(), work)
    assert [len(raw.taken) for raw in stand_in.log] == [75, 45]
    assert len(bench.queues.events()) == 120


def test_no_setting_makes_a_request_larger_than_braze_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says."""
    for name in ("SECRET_NAME", "EVENT_NAME", "TABLE_NAME", "DEAD_LETTER_QUEUE_URL", "EVENT_QUEUE_URL"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("ENDPOINT_URL", "https://example.com")
    monkeypatch.setenv("REMEMBER_DAYS", "30")
    monkeypatch.setenv("EVENTS_AT_ONCE", "200")
    assert _delivery().sender.at_once == 75


def test_an_event_that_braze_names_in_its_errors_is_refused_and_the_others_are_taken() -> None:
    """With the reason in the dead-letter queue, and no report."""
    bench, wrong = Bench(), nudge(2)["id"]
    with running(BrazeVendor(clients.KEY, frozenset({wrong}))) as stand_in:
        work = bench.delivery(clients.braze(stand_in, at_once=75))
        lambda_handler(records(*(nudge(number) for number in range(5))), Context(), work)
    assert bench.queues.dead() == {"refused_by_vendor": 1}
    assert {event["properties"]["nudge_id"] for event in bench.queues.events()} == stand_in.taken().keys()
    assert wrong not in stand_in.taken()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"message": "success"}', [Taken(), Taken()]),
        (b'{"message": "queued"}', [Taken(), Taken()]),
        (b"", [Taken(), Taken()]),
        (b"<html>", [Taken(), Taken()]),
        (b'{"errors": [{"input_array": "events", "index": 1}]}', [Taken(), REFUSED]),
        (b'{"errors": [{"input_array": "events", "index": 2}]}', [Unclear(), Unclear()]),
        (b'{"errors": [{"input_array": "attributes", "index": 1}]}', [Unclear(), Unclear()]),
        (b'{"errors": ["something"]}', [Unclear(), Unclear()]),
    ],
)
def test_what_a_yes_says_of_each_event(body: bytes, expected: list[Any]) -> None:
    """An error that names no event of ours leaves all of them open."""
    assert taken(Response(201, {}, body), 2) == expected


class Once:
    """A vendor whose every request is refused whole, as long as a certain nudge is in it."""

    def __init__(self, bad: str) -> None:
        self.bad, self.good = bad, BrazeVendor(clients.KEY)
        self.ids, self.failure = self.good.ids, self.good.failure

    def answer(self, path: str, headers: Any, body: bytes) -> Any:
        """400 does not say which one it is."""
        reply = self.good.answer(path, headers, body)
        return type(reply)(400, {"message": "Bad Request"}) if self.bad in body.decode() else reply


def test_a_request_that_is_refused_whole_is_halved_until_the_wrong_one_is_alone() -> None:
    """One bad event does not keep 49 others."""
    bad = nudges(50)[17].id
    with running(Once(bad)) as stand_in:
        answers = clients.braze(stand_in, at_once=50).send(nudges(50))
    assert [place for place, answer in enumerate(answers) if answer == REFUSED] == [17]
    assert answers.count(Taken()) == 49
    assert len(stand_in.log) <= 13


def with_status(status: int, headers: dict[str, str] | None = None, now: float = 1000.0) -> Any:
    """What Braze's answer to one event means."""
    braze = Braze(Endpoint(lambda: HTTPConnection("nowhere.invalid"), "/"), lambda: "", "e", 1, lambda: now)
    return braze._meaning(Response(status, headers or {}, b""))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, REFUSED),
        (413, REFUSED),
        *((status, Busy()) for status in (401, 403, 404, 408, 429, 500, 503)),
        (502, Unclear()),
        (504, Unclear()),
    ],
)
def test_what_a_no_means(status: int, expected: Any) -> None:
    """Braze says that with a fatal error nothing was tracked; a gateway before it says nothing of the kind."""
    assert with_status(status) == expected


@pytest.mark.parametrize(("reset", "wait"), [("1004", 4.0), ("900", 0.0), ("soon", 0.0), ("", 0.0)])
def test_the_rate_limits_window_is_waited_for(reset: str, wait: float) -> None:
    """`X-RateLimit-Reset` is in seconds since 1970."""
    assert with_status(429, {"x-ratelimit-reset": reset}) == Busy(wait)
    assert with_status(500, {"x-ratelimit-reset": reset}) == Busy()


def test_without_an_answer_all_of_a_request_are_unclear() -> None:
    """And none of it where there was no connection."""
    with running(BrazeVendor(clients.KEY), plan={1: "time-out after"}) as stand_in:
        assert clients.braze(stand_in, patience=0.2).send(nudges(2)) == [Unclear(), Unclear()]
    gone = Endpoint(lambda: HTTPConnection("nowhere.invalid"), "/")
    assert Braze(gone, lambda: "", "e", 2).send(nudges(2)) == [Busy(), Busy()]


def test_a_request_is_exactly_what_braze_documents() -> None:
    """Method, path, headers and the one key of the body."""
    with running(BrazeVendor(clients.KEY)) as stand_in:
        clients.braze(stand_in).send(nudges(1))
    (raw,) = stand_in.log
    assert raw.path == "/users/track"
    assert raw.headers["authorization"] == "Bearer made-up-key"
    assert raw.headers["content-type"] == "application/json"
    assert loads(raw.body).keys() == {"events"}
