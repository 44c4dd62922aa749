"""`milepost erase` and `milepost export` on a stack of which only the tables exist."""

import json
from collections import Counter
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.segments import Segments
from milepost.adapters.writes import in_statements
from milepost.application.erasing import LONGEST_AT_WORK
from milepost.application.folding import Folding
from milepost.application.merging import Merging
from milepost.application.publish import Publish
from milepost.domain.event import Alias
from milepost.domain.fold import memory_of
from milepost.domain.instant import SECOND, parse_instant
from milepost_tools.cli import main
from milepost_tools.commands import erase, explain, export
from milepost_tools.engine import Engine
from milepost_tools.local.stack import Stack
from tests.adapters.tables import create_statistics_table, create_table, scan
from tests.fakes.composer import MemoryComposer
from tests.fakes.time import InstantBackoff
from tests.fakes.topics import MemoryTopics
from tests.template.loading import stack as template
from tests.tools.explain.people import HEAD, catalog, identify, read, track

FIRST = "reach: {count: {event: ordered, at_least: 1, repeat: true}}, on_reached: [{channel: in_app, template: hi}]"
CATALOG = catalog(first=FIRST)
NOW = parse_instant("2026-03-20T12:00:00Z")


class Deployed:
    """Tables on the engine, and workers that write them."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.table, statistics = create_table(self.engine), create_statistics_table(self.engine)
        codec = Codec.of(CATALOG)
        segments = Segments(self.engine, self.table, codec, in_statements, memory_of(CATALOG), 2)
        self.store = DynamoStore(self.engine, codec, self.table, statistics, "shop", segments=segments)

    def fold(self, *lines: str) -> None:
        """Count events, one by one."""
        for event in (event for line in lines for event in read(CATALOG, line)):
            work = {event.subject: [event]}
            assert not Folding(self.store, CATALOG).fold(work, lambda _: NOW, InstantBackoff(9)).failed

    def publish(self) -> None:
        """Tell and book everything."""
        publish = Publish(self.store, MemoryTopics(), CATALOG, lambda _: NOW, MemoryComposer())
        assert not publish.publish(self.subjects(), InstantBackoff(9)).unfinished

    def join(self, user: str, previous: str) -> None:
        """Make two ids one person."""
        alias = Alias(f"user:{user}", "alias", 7, 0, NOW, NOW, f"user:{previous}")
        assert not Merging(self.store, CATALOG, lambda _: NOW).merge([alias], InstantBackoff(9), Counter())

    def subjects(self) -> list[str]:
        """Everybody of whom something is stored."""
        return sorted({item["pk"]["S"] for item in scan(self.engine, self.table)})

    def sorts(self, user: str) -> Counter[str]:
        """What the sort keys of a user's items begin with."""
        items = scan(self.engine, self.table)
        return Counter(item["sk"]["S"][:2] for item in items if item["pk"]["S"] == f"user:{user}")


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """A stack with a person of two ids, and somebody else."""
    deployed = Deployed(Engine())
    connection: Any = type("Connection", (), {"dynamodb": deployed.engine})()
    names: Any = {field.name: "" for field in fields(Stack)} | {"name": "test", "table_name": deployed.table}
    stack = Stack(**{**names, "connection": connection})
    for command in (erase, explain, export):
        monkeypatch.setattr(command, "find_stack", lambda _name: stack)
    deployed.fold(identify("03-01", plan="pro"), *(track("ordered", f"03-0{day}") for day in range(1, 8)))
    deployed.fold(track("ordered", "03-01", user="device"), track("ordered", "03-01", user="other"))
    deployed.publish()
    deployed.join("u_1", "device")
    deployed.publish()
    deployed.fold(track("ordered", "03-08"))
    return deployed


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the command has waited, in seconds."""
    slept: list[float] = []
    monkeypatch.setattr(erase, "sleep", slept.append)
    return slept


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """The catalog's file, as the commands are told of it."""
    (tmp_path / "c.yaml").write_text(f"{HEAD}  first: {{{FIRST}}}\n", encoding="utf-8")
    return ["--catalog", str(tmp_path / "c.yaml")]


@pytest.mark.parametrize("asked", ["u_1", "user:device"])
def test_a_person_is_shown_erased_and_read_again(
    deployed: Deployed, slept: list[float], options: list[str], capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    """Both ids, and nobody else; what was found, removed and remains is said."""
    before = [item for item in scan(deployed.engine, deployed.table) if item["pk"]["S"] == "user:other"]
    found = deployed.sorts("u_1")
    assert {"a", "d#", "s#", "y#"} <= found.keys()
    assert main(["erase", asked, "--yes", *options]) == 0
    said = capsys.readouterr().out
    assert "is one of 2 ids of a person" in said
    assert "1 trait, 1 milestone, 3 events remembered, 2 waiting to be told" in said
    assert "user:device: has become user:u_1, 0 waiting to be told; beside it 1 decision" in said
    assert f"Removed: 2 aggregates, {found['d#'] + 1} decisions, {found['s#']} segment" in said
    assert "Read again: nothing remains but 2 tombstones. Whatever happened to user:u_1, user:device up to" in said
    assert slept == [60.0]
    assert (deployed.sorts("u_1"), deployed.sorts("device")) == ({"a": 1}, {"a": 1})
    assert [item for item in scan(deployed.engine, deployed.table) if item["pk"]["S"] == "user:other"] == before
    deployed.fold(track("ordered", "03-08"), track("ordered", "03-09", user="device"))
    assert (deployed.sorts("u_1"), deployed.sorts("device")) == ({"a": 1}, {"a": 1})


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("YES \n", 0), ("n\n", 1), ("\n", 1), ("", 1)])
@pytest.mark.usefixtures("slept")
def test_it_asks_first_and_only_a_yes_is_one(  # noqa: PLR0913, PLR0917  # Two fixtures of pytest's, three of ours.
    deployed: Deployed,
    options: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    status: int,
) -> None:
    """No answer at all, as of a script without --yes, is a no."""
    monkeypatch.setattr("sys.stdin", StringIO(answer))
    before = scan(deployed.engine, deployed.table)
    assert main(["erase", "u_1", *options]) == status
    assert (scan(deployed.engine, deployed.table) == before) is bool(status)
    assert ("Nothing was erased." in capsys.readouterr().out) is bool(status)


def test_what_a_worker_leaves_meanwhile_is_removed_and_what_remains_is_said(
    deployed: Deployed, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A segment of a worker that lost its race is found by the second pass; one that comes after it, by the last read.

    No worker lives as long as that: it is there for the case that it does.
    """
    stray: Any = {"pk": {"S": "user:u_1"}, "sk": {"S": "s#0#1"}, "f": {"N": "4"}, "l": {"B": b""}}
    put = deployed.engine.put_item
    monkeypatch.setattr(erase, "sleep", lambda _: put(TableName=deployed.table, Item=stray))
    assert main(["erase", "u_1", "--yes", *options]) == 0
    assert deployed.sorts("u_1") == {"a": 1}
    prove = erase._prove

    def proves(service: Any, graves: Any) -> int:
        put(TableName=deployed.table, Item=stray)
        return prove(service, graves)

    capsys.readouterr()
    monkeypatch.setattr(erase, "_prove", proves)
    assert main(["erase", "u_1", "--yes", *options]) == 1
    assert "Read again: 1 segment remain. Erase again." in capsys.readouterr().out


def test_of_whom_nothing_is_held_that_is_said_and_they_are_kept_away(
    deployed: Deployed, slept: list[float], options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """There is nobody to wait for; an event that is on its way is dropped."""
    assert main(["erase", "nobody", "--yes", *options]) == 0
    said = capsys.readouterr().out
    assert "Nothing is held of user:nobody; messages may still be on their way." in said
    assert "Removed: nothing." in said
    assert slept == []
    deployed.fold(track("ordered", "03-01", user="nobody"))
    assert deployed.sorts("nobody") == {"a": 1}


def test_who_cannot_be_read_is_a_problem_and_stays(
    deployed: Deployed, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What a newer release wrote may lead to ids that this one would leave behind."""
    deployed.engine.put_item(
        TableName=deployed.table, Item={"pk": {"S": "user:u_9"}, "sk": {"S": "a"}, "f": {"N": "99"}, "v": {"N": "1"}}
    )
    before = scan(deployed.engine, deployed.table)
    assert main(["erase", "u_9", "--yes", *options]) == 2
    assert "cannot be read by this release" in capsys.readouterr().err
    assert scan(deployed.engine, deployed.table) == before


def test_it_waits_as_long_as_a_worker_of_ingest_can_live() -> None:
    """Or the second pass would come before the segment."""
    assert template().functions()["ingest"]["Timeout"] * SECOND == LONGEST_AT_WORK


@pytest.mark.parametrize("asked", ["u_1", "device"])
def test_everything_that_is_held_is_handed_out(
    deployed: Deployed, options: list[str], capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    """Of both ids: each item that the table has is in it, decoded."""
    assert main(["export", asked, *options]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["subject"], shown["held"]) == (f"user:{asked}", True)
    one, device = shown["ids"]
    assert (one["subject"], device["subject"]) == ("user:u_1", "user:device")
    assert {"a": len(one["aggregate"]), "d#": len(one["decisions"]), "s#": len(one["segments"]), "y#": 1} == {
        kind: count for kind, count in deployed.sorts("u_1").items() if kind != "l#"
    }
    aggregate = one["aggregate"][0]
    assert aggregate["t"]["value"]["plan"]["value"] == "pro"
    assert one["aliases"][0]["sk"] == "y#user:device"
    assert {entry["instant"] for segment in one["segments"] for entry in segment["l"]} >= {"2026-03-01T12:00:00Z"}
    assert device["aggregate"][0]["w"]["value"] == "user:u_1"


def test_it_is_written_to_a_file(deployed: Deployed, options: list[str], tmp_path: Path) -> None:
    """Where that cannot be, it is a problem."""
    file = tmp_path / "u_1.json"
    assert main(["export", "u_1", "--output", str(file), *options]) == 0
    assert json.loads(file.read_text(encoding="utf-8"))["held"] is True
    assert main(["export", "u_1", "--output", str(tmp_path / "no" / "u_1.json"), *options]) == 2


def test_of_whom_nothing_is_held_the_status_is_1(
    deployed: Deployed, slept: list[float], options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Unheard of, and erased: the tombstone is shown, for it is stored, but holds nothing."""
    assert main(["export", "nobody", *options]) == 1
    assert json.loads(capsys.readouterr().out)["ids"] == [{"subject": "user:nobody"}]
    assert main(["erase", "u_1", "--yes", *options]) == 0
    capsys.readouterr()
    assert main(["export", "u_1", *options]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["held"], set(shown["ids"][0])) == (False, {"subject", "aggregate"})
    assert "erased" in shown["ids"][0]["aggregate"][0]["q"]["meaning"]


def test_who_was_erased_is_explained_as_nobody_until_there_is_a_new_life(
    deployed: Deployed, slept: list[float], options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A tombstone is no person; that there is one is said."""
    assert main(["erase", "u_1", "--yes", *options]) == 0
    assert slept
    assert main(["explain", "u_1", *options]) == 2
    assert "somebody of that id was erased" in capsys.readouterr().err
