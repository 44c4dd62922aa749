"""The boundary: what semantics, section 1, accepts and what it rejects, one reason at a time."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.application.arrival import LiveArrival, ReplayedArrival
from milepost.application.intake import MOST_REASONS, Intake, Reading
from milepost.domain.event import REPORTS, Alias, Identify, Message, Track
from milepost.domain.instant import DAY, MINUTE, SECOND, format_instant
from tests.application.messages import WRAPS, Wrap, body, text
from tests.domain.build import MAX_AGE, T0

LIVE, REPLAY = Intake(MAX_AGE, LiveArrival()), Intake(MAX_AGE, ReplayedArrival())
CANARY = "canary-7f3a"


def read(content: str, sent_at: int = T0, intake: Intake = LIVE) -> Reading:
    """What the boundary makes of a body."""
    return intake.read(content, sent_at)


def accepted(content: str, sent_at: int = T0, intake: Intake = LIVE) -> Message:
    """The one event of a body that must be accepted."""
    reading = read(content, sent_at, intake)
    assert reading.reasons == ()
    (event,) = reading.events
    return event


def rejected(content: str, sent_at: int = T0, intake: Intake = LIVE) -> str:
    """The one reason against a body that must be rejected."""
    reading = read(content, sent_at, intake)
    assert reading.events == ()
    (reason,) = reading.reasons
    return reason


def test_a_track_message_becomes_an_event() -> None:
    """1: the shape of the Segment spec."""
    event = accepted(text(context={"groupId": "acct_7"}), T0 + 7)
    assert isinstance(event, Track)
    assert (event.subject, event.message_id, event.name) == ("user:u_1", "m1", "bought")
    assert (event.instant, event.arrived, event.properties) == (T0, T0 + 7, {"amount": 5})


def test_an_identify_message_becomes_traits() -> None:
    """1: identify sets traits of the user."""
    event = accepted(text(type="identify", traits={"plan": "pro"}, event=..., properties=...))
    assert isinstance(event, Identify)
    assert event.traits == {"plan": "pro"}


def aliased(**changes: Any) -> Alias:
    """The one alias of a body that must be accepted."""
    reading = read(text(**{"type": "alias", "previousId": "p", "event": ..., "properties": ..., **changes}))
    assert (reading.reasons, reading.events) == ((), ())
    (alias,) = reading.aliases
    return alias


def test_an_alias_message_says_who_was_the_user() -> None:
    """1: `previousId` and `userId` are one person."""
    alias = aliased()
    assert (alias.subject, alias.previous, alias.message_id, alias.instant) == ("user:u_1", "user:p", "m1", T0)


@pytest.mark.parametrize(
    ("previous", "as_text"), [(42, "42"), ("e\u0301", "\u00e9"), ("é" * 128, "é" * 128)], ids=ascii
)
def test_the_previous_id_is_an_id_like_any_other(previous: object, as_text: str) -> None:
    """1: an integer id is read as its decimal text, and ids are compared as NFC."""
    assert aliased(previousId=previous).previous == f"user:{as_text}"


def test_an_alias_stands_beside_events_in_a_batch() -> None:
    """1: each is what it is, and a bad one holds up neither."""
    alias = body(type="alias", previousId="p", messageId="b")
    batch = [body(messageId="a"), alias, body(type="alias", messageId="bad"), body(messageId="c")]
    reading = read(json.dumps({"batch": batch}))
    assert [event.message_id for event in reading.events] == ["a", "c"]
    assert [each.message_id for each in reading.aliases] == ["b"]
    assert [reason.split(" is ")[0] for reason in reading.reasons] == ["Message 2 of the batch: previousId"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"type": ...}, "type is missing or unknown"),
        ({"type": "page"}, "type is missing or unknown"),
        ({"type": ["track"]}, "type is missing or unknown"),
        ({"type": None}, "type is missing or unknown"),
        ({"type": "group"}, "groupId is missing"),
        ({"context": {"groupId": ""}}, "context.groupId is missing, empty"),
        ({"type": "alias"}, "previousId is missing, empty or neither text nor a whole number: give every message one"),
        ({"type": "alias", "previousId": ""}, "previousId is missing, empty"),
        ({"type": "alias", "previousId": ["p"]}, "previousId is missing, empty or neither"),
        ({"type": "alias", "previousId": "é" * 129}, "previousId is longer than 256 bytes of UTF-8: shorten it"),
        ({"type": "alias", "previousId": "p", "userId": ...}, "userId is missing"),
        ({"messageId": ...}, "messageId is missing"),
        ({"messageId": ""}, "messageId is missing, empty"),
        ({"messageId": None}, "messageId is missing"),
        ({"messageId": True}, "messageId is missing, empty or neither"),
        ({"messageId": 1.5}, "messageId is missing, empty or neither"),
        ({"messageId": ["m"]}, "messageId is missing, empty or neither"),
        ({"messageId": "m" * 257}, "messageId is longer than 256 bytes"),
        ({"userId": ...}, "userId is missing"),
        ({"userId": ""}, "userId is missing, empty"),
        ({"userId": {}}, "userId is missing, empty or neither"),
        ({"userId": "é" * 129}, "userId is longer than 256 bytes"),
        ({"userId": "\U0001f600" * 65}, "userId is longer than 256 bytes"),
        ({"userId": "x" * 2049}, "userId is longer than 256 bytes"),
        ({"userId": "\ud83d"}, "half of a surrogate pair"),
        ({"properties": {"x": "\ude00"}}, "half of a surrogate pair"),
        ({"event": ...}, "event is missing or not text"),
        ({"event": ""}, "event is missing or not text"),
        ({"event": 7}, "event is missing or not text"),
        ({"properties": []}, "properties is not a JSON object"),
        ({"properties": None}, "properties is not a JSON object"),
        ({"context": "x"}, "context is not a JSON object"),
        ({"type": "identify", "traits": [1]}, "traits is not a JSON object"),
        ({"type": "identify", "traits": {str(place): 0 for place in range(65)}}, "traits are more than 64"),
        ({"type": "identify", "traits": {"x": "y" * 16_384}}, "larger than 16384 bytes"),
        ({"type": "identify", "traits": {"x": "y" * 1_017}}, "a trait is larger than 1024 bytes"),
        ({"type": "identify", "traits": {"x": {"y": "é" * 512}}}, "a trait is larger than 1024 bytes"),
        ({"timestamp": None}, "timestamp is not text"),
        ({"timestamp": 1795329064}, "timestamp is not text"),
        ({"timestamp": "2026-03-01T12:00:00"}, "timestamp has no offset"),
        ({"timestamp": "2026-03-01"}, "timestamp is not an ISO 8601"),
        ({"timestamp": "2026-02-30T12:00:00Z"}, "timestamp names a date or time that does not exist"),
        ({"properties": {"x": float("nan")}}, "NaN or Infinity"),
        ({"properties": {"x": float("inf")}}, "NaN or Infinity"),
        ({"properties": {"x": 10**38}}, "beyond 38 digits"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_message_is_rejected_for_one_thing_at_a_time(changes: dict[str, Any], why: str) -> None:
    """1: reject at the boundary, with one clear sentence."""
    reason = rejected(text(**changes))
    assert why in reason
    assert reason.endswith(".")
    assert not reason.rstrip(".").count(". ")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("17", "not a JSON object"),
        ('"track"', "not a JSON object"),
        (json.dumps([body()]), "not a JSON object"),
        ('{"batch": []}', "type is missing"),
        ('{"batch": [17]}', "not a JSON object"),
        ('{"a": 1e999}', "beyond 38 digits"),
        (f'{{"a": {"1" * 5000}}}', "beyond 38 digits"),
        ('{"a": 1, "a": 1}', "same key twice"),
        ('{"a":' * 200 + "1" + "}" * 200, "nested deeper"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_body_that_is_no_message_is_rejected(content: str, why: str) -> None:
    """1: anything else is rejected."""
    assert why in rejected(content)


@pytest.mark.parametrize(
    ("identifier", "as_text"),
    [
        (42, "42"),
        (0, "0"),
        (-7, "-7"),
        (10**37, "1" + "0" * 37),
        (" ", " "),
        ("x" * 256, "x" * 256),
        ("é" * 128, "é" * 128),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_an_id_is_text_of_up_to_256_bytes_or_a_whole_number(identifier: object, as_text: str) -> None:
    """1: an integer id is read as its decimal text; limits are in bytes."""
    assert accepted(text(userId=identifier)).subject == f"user:{as_text}"
    assert accepted(text(messageId=identifier)).message_id == as_text


def test_ids_are_compared_as_nfc() -> None:
    """1: composed and decomposed are the same id."""
    composed, decomposed = (
        accepted(text(userId="\u00e9", messageId="\u00e9")),
        accepted(text(userId="e\u0301", messageId="e\u0301")),
    )
    assert (composed.subject, composed.message_id, composed.key) == (
        decomposed.subject,
        decomposed.message_id,
        decomposed.key,
    )


def test_the_length_of_an_id_is_that_of_its_nfc() -> None:
    """1: 256 bytes of what is compared, not of how it was spelled."""
    assert accepted(text(userId="e\u0301" * 128)).subject == "user:" + "é" * 128


@pytest.mark.parametrize("seconds", [-1, 0])
def test_an_event_up_to_max_age_old_is_accepted(seconds: int) -> None:
    """4: up to `max_age` late: counted in full."""
    assert accepted(text(), T0 + MAX_AGE + seconds * SECOND).instant == T0


@pytest.mark.parametrize("later", [SECOND, 1])
def test_an_event_older_than_max_age_is_rejected(later: int) -> None:
    """4: older than `max_age`: rejected."""
    assert "older than the catalog's max_age" in rejected(text(), T0 + MAX_AGE + later)


@pytest.mark.parametrize("seconds", [-1, 0])
def test_an_event_up_to_five_minutes_ahead_is_accepted(seconds: int) -> None:
    """1: clocks differ a little."""
    assert accepted(text(), T0 - 5 * MINUTE - seconds * SECOND).instant == T0


@pytest.mark.parametrize("further", [SECOND, 1])
def test_an_event_more_than_five_minutes_ahead_is_rejected(further: int) -> None:
    """1: more than 5 minutes in the future: rejected."""
    assert "more than 5 minutes in the future" in rejected(text(), T0 - 5 * MINUTE - further)


def test_a_missing_timestamp_is_the_arrival() -> None:
    """1: the time at which the queue took the message."""
    assert accepted(text(timestamp=...), T0 + 3).instant == T0 + 3


def test_a_live_stack_does_not_believe_what_a_message_says_of_its_arrival() -> None:
    """Design 4: checks on arrival use the time at which the queue took the message."""
    assert accepted(text(receivedAt="1999-01-01T00:00:00Z"), T0 + 5).arrived == T0 + 5


@pytest.mark.parametrize(
    ("changes", "arrived"),
    [
        ({"receivedAt": format_instant(T0 + DAY)}, T0 + DAY),
        ({}, T0),
        ({"timestamp": ...}, T0 + 900 * DAY),
        ({"timestamp": ..., "receivedAt": format_instant(T0 + DAY)}, T0 + DAY),
    ],
    ids=["receivedAt", "timestamp", "neither", "receivedAt alone"],
)
def test_a_replay_goes_by_the_messages_own_clock(changes: dict[str, Any], arrived: int) -> None:
    """Design 4: `receivedAt`, else `timestamp`."""
    assert accepted(text(**changes), T0 + 900 * DAY, REPLAY).arrived == arrived


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"receivedAt": format_instant(T0 + MAX_AGE + SECOND)}, "max_age"),
        ({"receivedAt": format_instant(T0 - 5 * MINUTE - SECOND)}, "in the future"),
        ({"receivedAt": "noon"}, "receivedAt is not an ISO 8601"),
        ({"receivedAt": 5}, "receivedAt is not text"),
        ({"timestamp": "noon"}, "timestamp is not an ISO 8601"),
    ],
    ids=str,
)
def test_a_replayed_message_is_rejected_by_its_own_clock(changes: dict[str, Any], why: str) -> None:
    """7: lateness is measured against the clock of the log."""
    assert why in rejected(text(**changes), T0 + 900 * DAY, REPLAY)


@pytest.mark.parametrize("wrap", WRAPS)
def test_a_message_in_an_envelope_is_the_same_event(wrap: Wrap) -> None:
    """1: understood without configuration."""
    assert accepted(json.dumps(wrap(body()))) == accepted(text())


def test_a_bad_message_in_a_batch_does_not_hold_up_its_neighbours() -> None:
    """1: rejected messages never hold up their neighbours, and the reason says which it was."""
    reading = read(json.dumps({"batch": [body(messageId="a"), body(messageId=""), body(messageId="b")]}))
    assert [event.message_id for event in reading.events] == ["a", "b"]
    (reason,) = reading.reasons
    assert reason.startswith("Message 1 of the batch: messageId is missing")


def test_a_trait_of_1024_bytes_of_json_is_accepted() -> None:
    """1: the limit itself is allowed; the name and the quotation marks count."""
    event = accepted(text(type="identify", traits={"x": "y" * 1_016}, event=..., properties=...))
    assert isinstance(event, Identify)


@pytest.mark.parametrize(("bad", "more"), [(MOST_REASONS, []), (MOST_REASONS + 2, ["And 2 more."])])
def test_a_message_has_at_most_five_reasons_and_a_number(bad: int, more: list[str]) -> None:
    """Reasons travel as an attribute of the message, and a queue limits both together."""
    reading = read(json.dumps({"batch": [body(messageId="a"), *[body(messageId="")] * bad]}))
    assert len(reading.events) == 1
    assert [reason[:9] for reason in reading.reasons[:MOST_REASONS]] == [f"Message {n}" for n in range(1, 6)]
    assert list(reading.reasons[MOST_REASONS:]) == more


def test_an_unreadable_notification_in_a_batch_does_not_hold_up_its_neighbours() -> None:
    """1: the same for a message whose envelope cannot be opened."""
    notification = {"Type": "Notification", "Message": "{"}
    reading = read(json.dumps({"batch": [body(messageId="a"), notification]}))
    assert [event.message_id for event in reading.events] == ["a"]
    assert len(reading.reasons) == 1


def test_what_an_event_says_shows_in_its_checksum_and_how_it_was_spelled_does_not() -> None:
    """1: a second body that differs is noticed; another order of keys is no difference."""
    one, same = accepted(text(properties={"a": 1, "b": 2})), accepted(text(properties={"b": 2, "a": 1}))
    others = {accepted(text(properties={"a": value})).body for value in range(20)}
    assert one.body == same.body
    assert len(others) > 10


@pytest.mark.parametrize("field", ["type", "messageId", "userId", "event", "timestamp", "properties", "context"])
def test_no_reason_quotes_the_message(field: str) -> None:
    """Security: canary strings in every field, then search the reasons."""
    hostile: list[Any] = [f"{CANARY}" * 30, [CANARY], {"x": CANARY, "y": [[CANARY]]}, f"{CANARY}\ud800"]
    for value in hostile:
        everywhere = body(messageId=f"{CANARY}-1", userId=f"{CANARY}-2", event=f"{CANARY}-3")
        for intake in (LIVE, REPLAY):
            assert CANARY not in " ".join(read(json.dumps(everywhere | {field: value}), intake=intake).reasons)


FIELDS = ["type", "messageId", "userId", "event", "timestamp", "receivedAt", "properties", "traits", "context"]
ENVELOPES = ["batch", "Type", "Message", "detail-type", "detail", "specversion", "data"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(
        ["track", "identify", "Notification", "1.0", "{}", "2026-03-01T12:00:00Z", "9999-12-31T23:59:59Z"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS + ENVELOPES) | st.text(), inner, max_size=5)
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(FIELDS + ENVELOPES), VALUES), st.sampled_from([LIVE, REPLAY]))
@settings(max_examples=200)
def test_whatever_is_sent_is_an_event_or_a_reason(changes: dict[str, Any], intake: Intake) -> None:
    """Faults: never raises for what a producer can send, and never loses a message without a word."""
    reading = read(json.dumps(body() | changes), intake=intake)
    assert reading.events or reading.reasons


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_a_report_about_an_account_names_the_account(name: str) -> None:
    """1: what became of a nudge is said of whom it was for, and an account is no user."""
    assert accepted(text(event=name, userId=..., groupId="acct_7")).subject == "account:acct_7"
    assert accepted(text(event=name, groupId="acct_7")).subject == "user:u_1"


@pytest.mark.parametrize("changes", [{}, {"event": "bought"}, {"type": "identify"}, {"event": ["nudge_opened"]}])
def test_nothing_else_does_without_a_user(changes: dict[str, object]) -> None:
    """1: a user did it."""
    assert "userId is missing" in rejected(text(**{"userId": ..., "groupId": "acct_7", **changes}))
