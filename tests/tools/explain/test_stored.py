"""`milepost explain` of a subject in a stack: item, decisions and outbox as DynamoDB has them."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from milepost.adapters.codec import FORMAT, Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.application.ports import Booking, Increments, Saved, Stored
from milepost.domain.advance import acknowledge, advance
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress
from milepost_tools.cli import main
from milepost_tools.commands import explain
from milepost_tools.local.connection import Connection
from milepost_tools.local.stack import Stack
from tests.adapters.tables import create_statistics_table, create_table
from tests.tools.explain.people import HEAD, U1, catalog, read, track

FIRST = "reach: {count: {event: ordered, at_least: 1}}, on_reached: [{channel: email, template: hi}]"
AGAIN = "reach: {count: {event: ordered, at_least: 2}}, on_reached: [{channel: in_app, template: hello}]"


@pytest.fixture
def stack(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack of which only the tables exist."""
    names = {field.name: "" for field in fields(Stack)} | {"name": "test", "clock_mode": "replay"}
    names["table_name"] = create_table(connection.dynamodb)
    names["statistics_table_name"] = create_statistics_table(connection.dynamodb)
    stack = Stack(**{**names, "connection": connection})  # type: ignore[arg-type]
    monkeypatch.setattr(explain, "find_stack", lambda _name: stack)
    return stack


@pytest.fixture
def asked(stack: Stack, tmp_path: Path) -> list[str]:
    """The question about a subject with one decision booked, and one nudge still in the outbox."""
    (tmp_path / "c.yaml").write_text(f"{HEAD}  first: {{{FIRST}}}\n  again: {{{AGAIN}}}\n", encoding="utf-8")
    cat = catalog(first=FIRST, again=AGAIN)
    store = DynamoStore(stack.connection.dynamodb, Codec.of(cat), stack.table_name, stack.statistics_table_name, "shop")
    one, two = (read(cat, track("ordered", day)) for day in ("03-01", "03-02"))
    first = advance(Progress(U1), one, cat, one[0].instant).progress
    nudges = tuple(each for each in first.outbox if isinstance(each, Nudge))
    told = acknowledge(first, frozenset(each.id for each in first.outbox), cat, one[0].instant)
    second = advance(told, two, cat, two[0].instant).progress
    assert store.save([Stored(first, 0)]) == {U1: Saved.DONE}
    assert store.book([Booking(1, told, nudges, Increments())]) == {U1: Saved.DONE}
    assert store.save([Stored(second, 2)]) == {U1: Saved.DONE}
    return ["explain", "u_1", "--catalog", str(tmp_path / "c.yaml")]


def test_decisions_and_what_waits_are_told_of_a_stacks_subject(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Templates come from the catalog; the events themselves no stack has."""
    assert main([*asked, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    nudges = [each["nudges"][0] for each in shown["milestones"]]
    assert [each["state"] for each in shown["milestones"]] == ["reached", "reached"]
    assert [(each["verdict"], each["reason"], each["waits"], each["template"]) for each in nudges] == [
        ("suppressed", "no_consent", False, "hi"),
        ("sent", None, True, "hello"),
    ]
    assert (shown["events"], shown["person"]["waiting"], shown["as_of"]) == (None, 2, None)


def test_raw_shows_every_item_of_a_subject(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The aggregate first, then its decisions."""
    assert main([*asked, "--raw"]) == 0
    aggregate, decision = json.loads(capsys.readouterr().out)
    assert (aggregate["v"]["value"], aggregate["m"]["value"]["again"]["occurrences"]) == (3, 1)
    assert (decision["verdict"], decision["reason"]) == ("suppressed", "no_consent")


def test_what_waits_of_a_milestone_that_has_left_the_catalog_is_told_under_its_name(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is the nudge whose deferral is on record, and it still waits."""
    later = f"{FIRST.removesuffix('}]')}, after: 3d}}]"
    cat, (event,) = catalog(first=later), read(catalog(first=later), track("ordered", "03-01"))
    store = DynamoStore(stack.connection.dynamodb, Codec.of(cat), stack.table_name, stack.statistics_table_name, "shop")
    waits = advance(Progress(U1), [event], cat, event.instant)
    assert store.save([Stored(waits.progress, 0)]) == {U1: Saved.DONE}
    told = acknowledge(waits.progress, frozenset(each.id for each in waits.progress.outbox), cat, event.instant)
    assert store.book([Booking(1, told, waits.nudges, Increments())]) == {U1: Saved.DONE}
    (tmp_path / "later.yaml").write_text(f"{HEAD}  again: {{{AGAIN}}}\n", encoding="utf-8")
    assert main(["explain", "u_1", "--catalog", str(tmp_path / "later.yaml"), "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)["others"]
    assert [shown[name] for name in ("milestone", "verdict", "waits")] == ["first", "deferred", True]


def test_who_has_become_another_is_explained_as_that_one(
    stack: Stack, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Semantics 3.14: it says so first; since when, a stack does not store. --raw shows what is stored of that id."""
    store = DynamoStore(stack.connection.dynamodb, Codec.of(catalog(first=FIRST, again=AGAIN)), stack.table_name)
    links = ("user:device", "user:middle"), ("user:middle", U1)
    store.save([Stored(Progress(other, forward=user), 0) for other, user in links])
    assert main(["explain", "device", *asked[2:]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["user:device is user:u_1", "user:u_1 in the stack 'test'"]
    assert main(["explain", "device", *asked[2:], "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [shown[name] for name in ("asked", "subject", "since")] == ["user:device", U1, None]
    assert main(["explain", "device", *asked[2:], "--raw"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["w"] == {
        "meaning": "whom the subject has become: its progress is there",
        "value": "user:middle",
    }


def test_whom_a_stack_does_not_know_or_cannot_read_is_a_problem(
    stack: Stack, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Unheard of, known by an old decision alone, and written by a newer release."""
    assert main(["explain", "u_2", *asked[2:]]) == 2
    assert "Nobody called user:u_2 is known in the stack 'test'" in capsys.readouterr().err
    stack.connection.dynamodb.put_item(
        TableName=stack.table_name, Item={"pk": {"S": "user:u_3"}, "sk": {"S": "d#2026"}}
    )
    assert main(["explain", "u_3", *asked[2:]]) == 2
    assert "Nobody called user:u_3" in capsys.readouterr().err
    stack.connection.dynamodb.update_item(
        TableName=stack.table_name,
        Key={"pk": {"S": U1}, "sk": {"S": "a"}},
        UpdateExpression="SET f = :newer",
        ExpressionAttributeValues={":newer": {"N": str(FORMAT + 1)}},
    )
    assert main(asked) == 2
    assert f"has format {FORMAT + 1}" in capsys.readouterr().err
