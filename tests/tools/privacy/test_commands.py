"""`milepost erase` and `milepost export` on a stack of which only the tables exist."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from milepost.application.erasing import LONGEST_AT_WORK
from milepost.domain.instant import SECOND
from milepost_tools.cli import main
from milepost_tools.commands import erase
from tests.adapters.tables import scan
from tests.template.loading import stack as template
from tests.tools.explain.people import track
from tests.tools.privacy.conftest import Deployed


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

    def proves(*everything: Any) -> int:
        put(TableName=deployed.table, Item=stray)
        return prove(*everything)

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
