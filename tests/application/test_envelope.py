"""Envelopes: a Segment batch, SNS, EventBridge and CloudEvents are understood without configuration."""

from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest

from milepost.application.envelope import DEEPEST, unwrap
from milepost.application.strict_json import UnreadableError
from tests.application.messages import WRAPS, Wrap, body, in_batch


@pytest.mark.parametrize("wrap", WRAPS)
def test_an_envelope_is_taken_off(wrap: Wrap) -> None:
    """1: also understood without configuration."""
    assert list(unwrap(wrap(body()))) == [body()]


@pytest.mark.parametrize("wraps", list(permutations(WRAPS)))
def test_envelopes_within_envelopes_are_taken_off(wraps: tuple[Wrap, ...]) -> None:
    """1: a batch in a CloudEvent in an SNS notification."""
    message: Any = body()
    for wrap in wraps:
        message = wrap(message)
    assert list(unwrap(message)) == [body()]


def test_a_batch_gives_its_messages_in_their_order() -> None:
    """1: a Segment batch."""
    messages = [body(messageId=str(place)) for place in range(5)]
    assert list(unwrap({"batch": messages})) == messages


@pytest.mark.parametrize(
    "message",
    [
        body(),
        body(batch=[body()]),
        body(detail={}, data={}),
        {"specversion": "0.3", "data": body()},
        {"specversion": "1.0"},
        {"Type": "SubscriptionConfirmation", "Message": "{}"},
        {"Type": "Notification", "Message": {}},
        {"detail": body()},
        {"batch": body()},
        {"batch": []},
        [body()],
        "text",
        None,
    ],
    ids=range(13),
)
def test_what_is_no_envelope_is_the_message_itself(message: object) -> None:
    """Whether it is any good is for the boundary to say."""
    assert list(unwrap(message)) == [message]


def errors(messages: Iterable[object]) -> list[str]:
    """What was said of each; no message among them can be read."""
    found = list(messages)
    assert all(isinstance(each, UnreadableError) for each in found)
    return [str(each) for each in found]


def test_a_notification_that_is_not_json_is_unreadable() -> None:
    """1: what an SNS notification carries is read as strictly as the message around it."""
    (error,) = errors(unwrap({"Type": "Notification", "Message": "{"}))
    assert "not JSON" in error


def test_what_is_unreadable_stands_in_its_place_among_its_neighbours() -> None:
    """1: a message whose envelope cannot be opened holds up no other of its batch."""
    first, error, last = unwrap({"batch": [body(), {"Type": "Notification", "Message": "{"}, body(messageId="m2")]})
    assert (first, last) == (body(), body(messageId="m2"))
    assert isinstance(error, UnreadableError)


def test_one_envelope_too_many_is_unreadable() -> None:
    """A message may not order any amount of unwrapping."""
    message: Any = body()
    for _ in range(DEEPEST):
        message = in_batch(message)
    assert list(unwrap(message)) == [body()]
    (error,) = errors(unwrap(in_batch(message)))
    assert f"more than {DEEPEST} envelopes" in error
