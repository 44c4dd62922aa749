"""What a nudge says: every key of the contract, its template by its channel, or a reason that quotes nothing."""

from dataclasses import replace
from decimal import Decimal
from json import dumps, loads
from typing import Any, Final

import pytest

from milepost.adapters.cloudevents import cloud_event
from milepost.adapters.composing import LiquidComposer
from milepost.adapters.content import Content
from milepost.adapters.topics import MOST_BYTES_AT_ONCE, message, size
from milepost.application.ports import ComposeError, Outgoing
from milepost.domain.catalog import Catalog
from milepost.domain.facts import no_shares
from milepost.domain.milestone import Step
from milepost.domain.progress import Progress, Trait
from tests.adapters.examples import CATALOG, NOW, NUDGE, SUBJECT, catalog, milestone

KEYS: Final = {
    "subject", "milestone", "title", "stage", "tier", "path", "step", "n", "at", "channel", "template", "variant",
    "catalog_version", "operational", "attempt", "address", "totals", "progress", "members", "reward",
    "call_to_action", "card", "content",
}  # fmt: skip
"""All that stands in `data`, whether or not there is anything of it."""


def somebody(**traits: object) -> Progress:
    """A subject with these traits."""
    return Progress(SUBJECT, 12, {name: Trait(value, NOW) for name, value in traits.items()})


def composed(content: Content, channel: str = "email", used: Catalog = CATALOG, **traits: object) -> Any:
    """The content that a template becomes."""
    composer = LiquidComposer(used, {NUDGE.template: {channel: content}}, no_shares)
    return composer.compose(replace(NUDGE, channel=channel), somebody(**traits))["content"]


def told(source: str, **traits: Any) -> str:
    """A text message."""
    text = composed({"text": source}, "sms", **traits)["text"]
    assert isinstance(text, str)
    return text


def test_all_keys_are_always_there() -> None:
    """Null where there is nothing: a subscriber asks for a value, never for a key."""
    data = LiquidComposer(catalog("first"), None, no_shares).compose(NUDGE, somebody())
    event = loads(cloud_event(Outgoing(NUDGE, data), CATALOG))
    assert event["data"].keys() == KEYS
    nothing = {"address", "progress", "members", "reward", "call_to_action", "card", "content", "variant"}
    assert {name for name, value in event["data"].items() if value is None} == nothing
    assert (event["data"]["totals"], event["data"]["operational"], event["data"]["attempt"]) == ({}, False, 1)


@pytest.mark.parametrize(("channel", "address"), [("email", "ada@example.com"), ("sms", "+1 202"), ("push", None)])
def test_where_the_channel_reaches_the_subject_is_told(channel: str, address: str | None) -> None:
    """By the trait for it."""
    nudge = replace(NUDGE, channel=channel)
    data = LiquidComposer(CATALOG, None, no_shares).compose(nudge, somebody(email="ada@example.com", phone="+1 202"))
    assert data["address"] == address


@pytest.mark.parametrize("value", ["", 7, None, True])
def test_an_address_is_a_text(value: object) -> None:
    """Anything else reaches nobody."""
    assert LiquidComposer(CATALOG, None, no_shares).compose(NUDGE, somebody(email=value))["address"] is None


def test_an_operational_step_is_told_as_one() -> None:
    """A channel may treat it otherwise."""
    step = Step(("email",), NUDGE.template, operational=True)
    failed = replace(milestone("first"), steps={"reached": (step,), "missed": (), "recovered": ()})
    used = replace(CATALOG, milestones={"first": failed})
    assert LiquidComposer(used, None, no_shares).compose(NUDGE, somebody())["operational"] is True


@pytest.mark.parametrize(
    ("channel", "content", "expected"),
    [
        (
            "email",
            {"subject": "Hi {{ traits.name }}", "body": "<p>{{ traits.name }}</p>"},
            {"subject": "Hi <A&B>", "body": "<p>&lt;A&amp;B&gt;</p>"},
        ),
        (
            "push",
            {"title": "{{ traits.name }}", "body": "a\n{{ traits.name }}"},
            {"title": "<A&B>", "body": "a\n<A&B>"},
        ),
        ("sms", {"text": "{{ traits.name }}"}, {"text": "<A&B>"}),
        ("ops", {"text": "{{ traits.name }}"}, {"text": "<A&B>"}),
        (
            "in_app",
            {"headline": "{{ traits.name }}", "tags": ["a", "{{ n }}", 3, True, None, 1.5], "at": {"x": "{{ path }}"}},
            {"headline": "<A&B>", "tags": ["a", "1", 3, True, None, 1.5], "at": {"x": "reached"}},
        ),
        ("direct_mail", {"lines": ["{{ traits.name }}"]}, {"lines": ["<A&B>"]}),
    ],
)
def test_each_channel_gets_what_it_sends_as_it_is(channel: str, content: Content, expected: Content) -> None:
    """Escaped where it is HTML, and nowhere else: JSON keeps a text apart from what is around it by itself."""
    assert composed(content, channel, name="<A&B>") == expected


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ subject.id }} {{ subject.kind }}", "u_42 user"),
        (
            "{{ milestone.id }} {{ milestone.title }} {{ milestone.stage }} {{ milestone.tier }}",
            "first First onboarding minor",
        ),
        ("{{ path }} {{ n }}", "reached 1"),
        ("{{ at }}", "2026-11-22T08:00:00+01:00"),
        ("{{ at | date: '%H:%M' }}", "08:00"),
        ("{{ traits.whole }} {{ traits.part | plus: 1 }}", "300 13.5"),
        ("{% if variant %}a{% else %}none{% endif %}", "none"),
        ("{% if traits.nothing %}a{% else %}none{% endif %}", "none"),
        ("{{ traits.deep.inner }}", "x"),
    ],
)
def test_the_variables_of_the_contract_are_there(source: str, text: str) -> None:
    """Times by the subject's clock, numbers as people write them."""
    traits = {"timezone": "Europe/Berlin", "whole": Decimal("3E+2"), "part": Decimal("12.50"), "nothing": None}
    assert told(source, **traits, deep={"inner": "x"}) == text


def test_a_milestone_that_is_gone_is_called_by_its_id() -> None:
    """The catalog has changed while the nudge waited."""
    assert composed({"text": "{{ milestone.title }}"}, "sms", catalog("other")) == {"text": "first"}


def refused(composer: LiquidComposer, **traits: object) -> ComposeError:
    """Why a nudge cannot be composed."""
    with pytest.raises(ComposeError) as error:
        composer.compose(NUDGE, somebody(**traits))
    return error.value


def by_email(**content: str) -> LiquidComposer:
    """One with a template for the nudge's channel."""
    return LiquidComposer(CATALOG, {NUDGE.template: {"email": {"subject": "", "body": "", **content}}}, no_shares)


@pytest.mark.parametrize(
    "composer",
    [
        pytest.param(by_email(subject="{{ traits.name }}"), id="a trait is missing"),
        pytest.param(by_email(body="{{ traits.secret | date: '%d' }}"), id="a value does not fit"),
        pytest.param(
            by_email(body="{% for i in (1..1000) %}{% for j in (1..9) %}{% endfor %}{% endfor %}"), id="a limit"
        ),
        pytest.param(by_email(body="{{ traits.secret | divided_by: 0 }}"), id="division by zero"),
        pytest.param(by_email(body="{{ broken"), id="not Liquid"),
        pytest.param(LiquidComposer(CATALOG, {}, no_shares), id="no such template"),
        pytest.param(LiquidComposer(CATALOG, {NUDGE.template: {"sms": {"text": ""}}}, no_shares), id="no such channel"),
    ],
)
def test_a_template_that_fails_has_one_reason_that_quotes_nothing(composer: LiquidComposer) -> None:
    """Whatever it was: neither the template nor the subject is in it."""
    error = refused(composer, secret="geheim")
    assert (error.reason, str(error)) == ("template_failed", "template_failed")


def test_one_that_fails_for_somebody_works_for_the_next() -> None:
    """What was parsed is kept, and nothing of whom it was for."""
    composer = by_email(subject="{{ traits.name }}")
    refused(composer)
    for name in ("Ada", "Bob"):
        content: Any = composer.compose(NUDGE, somebody(name=name))["content"]
        assert content["subject"] == name


@pytest.mark.parametrize("more", [0, 1])
def test_a_message_is_as_large_as_a_topic_takes_and_no_larger(more: int) -> None:
    """With its envelope and its attributes, to the byte."""
    data = by_email().compose(NUDGE, somebody())
    room = MOST_BYTES_AT_ONCE - size(message(Outgoing(NUDGE, data), CATALOG))
    composer = by_email(body="x" * (room + more))
    if more:
        assert refused(composer).reason == "too_large"
    else:
        assert size(message(Outgoing(NUDGE, composer.compose(NUDGE, somebody())), CATALOG)) == MOST_BYTES_AT_ONCE


def test_a_text_that_never_ends_is_too_large() -> None:
    """Long before it is as large as a function's memory."""
    assert refused(by_email(body="{% for i in (1..900) %}" + "x" * 400 + "{% endfor %}")).reason == "too_large"


def test_what_is_composed_is_json() -> None:
    """Also with every kind of trait that can be stored."""
    traits: Any = {"a": Decimal("1.5"), "b": [Decimal(2), None], "c": {"d": True}}
    assert dumps(composed({"x": "{{ traits.a }} {{ traits.b }} {{ traits.c.d }}"}, "in_app", **traits))
