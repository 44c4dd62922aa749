import re
from dataclasses import replace
from json import loads
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from milepost.adapters.cloudevents import attributes, cloud_event
from milepost.application.ports import Outgoing
from milepost.domain.instant import HOUR, parse_instant
from milepost.domain.milestone import Step
from milepost.domain.outbox import Nudge, Outcome
from tests.adapters.examples import CATALOG, NOW, NUDGE, OUTCOME, catalog, milestone

CARRIED = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
REQUIRED = {"id", "source", "specversion", "type"}
OPTIONAL = {"datacontenttype", "dataschema", "subject", "time"}
ENTRIES: list[Outcome | Nudge] = [OUTCOME, NUDGE]
either = pytest.mark.parametrize("entry", ENTRIES, ids=["outcome", "nudge"])


def sent(entry: Outcome | Nudge) -> Any:
    """The message, read as a subscriber does."""
    return loads(cloud_event(Outgoing(entry), CATALOG))


@either
def test_a_message_has_the_shape_of_cloudevents_1_0(entry: Outcome | Nudge) -> None:
    """All that is required, nothing unknown, names of lower-case letters and digits, texts that are not empty."""
    event = sent(entry)
    context = event.keys() - {"data"}
    assert REQUIRED <= context <= REQUIRED | OPTIONAL
    assert all(isinstance(event[name], str) and event[name] for name in context)
    assert event["specversion"] == "1.0"
    assert event["datacontenttype"] == "application/json"
    assert event["source"] == "/milepost/acme"
    assert event["subject"] == entry.subject
    assert parse_instant(event["time"]) == entry.decided_at
    assert event["id"] == entry.id


def test_the_type_tells_outcomes_from_nudges() -> None:
    """With a major version of its own each."""
    assert [sent(entry)["type"] for entry in ENTRIES] == ["milepost.outcome.v1", "milepost.nudge.v1"]


def test_an_outcome_carries_the_shape_of_the_outcomes_file() -> None:
    """Semantics, section 7, key by key."""
    assert sent(replace(OUTCOME, ref=NOW - 2 * HOUR))["data"] == {
        "subject": "user:u_42",
        "milestone": "first",
        "outcome": "reached",
        "n": 1,
        "at": "2026-11-22T07:00:00Z",
        "ref": "2026-11-22T06:00:00Z",
        "variant": None,
        "catalog_version": 12,
    }
    assert sent(OUTCOME)["data"]["ref"] is None


def test_a_nudge_carries_what_a_channel_needs() -> None:
    """Whom, for what, by which template, and the title that the catalog gives the milestone."""
    assert sent(NUDGE)["data"] == {
        "subject": "user:u_42",
        "address": None,
        "milestone": "first",
        "title": "First",
        "stage": "onboarding",
        "tier": "minor",
        "path": "reached",
        "step": 0,
        "n": 1,
        "attempt": 1,
        "at": "2026-11-22T07:00:00Z",
        "channel": "email",
        "operational": False,
        "template": "well-done",
        "variant": None,
        "catalog_version": 12,
        "totals": {},
        **dict.fromkeys(("progress", "members", "reward", "call_to_action", "card", "content")),
    }


def test_what_is_known_of_the_subject_stands_in_its_place() -> None:
    """Whoever knows more of a nudge's subject adds it; the rest stays as it is."""
    event = loads(cloud_event(Outgoing(NUDGE, {"totals": {"hours": 47}, "reward": "SAVE10"}), CATALOG))
    assert event == {**sent(NUDGE), "data": {**sent(NUDGE)["data"], "totals": {"hours": 47}, "reward": "SAVE10"}}


def test_a_nudge_says_whether_it_is_operational() -> None:
    """A channel may treat it otherwise than a congratulation, as the gates do."""
    steps = {**milestone("first").steps, "reached": (Step(("email",), "t", operational=True),)}
    used = replace(CATALOG, milestones={"first": replace(milestone("first"), steps=steps)})
    assert [
        loads(cloud_event(Outgoing(each), used))["data"]["operational"] for each in (NUDGE, replace(NUDGE, step=1))
    ] == [
        True,
        False,
    ]


def test_a_nudge_of_a_milestone_that_is_gone_still_goes_out() -> None:
    """The catalog has changed while it waited; its id stands in for the title."""
    event = loads(cloud_event(Outgoing(NUDGE), catalog("other")))
    assert [event["data"][key] for key in ("title", "stage", "tier")] == ["first", None, None]
    assert attributes(NUDGE, catalog("other")) == {"milestone": "first", "path": "reached"}


@either
def test_the_same_entry_gives_the_same_bytes(entry: Outcome | Nudge) -> None:
    """Whenever and wherever it is built: also from an equal copy and another instance of the catalog."""
    assert cloud_event(Outgoing(entry), CATALOG) == cloud_event(Outgoing(replace(entry)), catalog("first", "second"))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@example("\ufffe\uffff\x00\x7f")
def test_any_subject_arrives_as_it_is(name: str) -> None:
    """Quotes, line breaks and emoji included, in characters that a queue carries (SQS API, SendMessage)."""
    message = cloud_event(Outgoing(replace(NUDGE, subject=f"user:{name}")), CATALOG)
    assert CARRIED.fullmatch(message)
    event = loads(message)
    assert event["subject"] == event["data"]["subject"] == f"user:{name}"


def test_attributes_are_what_subscribers_filter_by() -> None:
    """For an outcome, path says which one it is."""
    expected = {"milestone": "first", "path": "reached", "tier": "minor", "stage": "onboarding"}
    assert attributes(NUDGE, CATALOG) == expected
    assert attributes(replace(OUTCOME, outcome="missed"), CATALOG) == {**expected, "path": "missed"}


def test_an_attribute_without_a_value_is_left_out() -> None:
    """SNS refuses an empty one."""
    stageless = replace(CATALOG, milestones={"first": milestone("first", stage=None)})
    assert "stage" not in attributes(NUDGE, stageless)
