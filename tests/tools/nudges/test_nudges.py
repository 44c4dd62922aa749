"""`milepost nudges`: what became of everybody's nudges, out of a stack and out of a file."""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from milepost.adapters.aws import client
from milepost.adapters.clock import worker_clock
from milepost.adapters.decisions import decision_item
from milepost.domain.instant import HOUR, MINUTE, format_instant
from milepost.domain.outbox import Nudge, Verdict
from milepost_tools.cli import main
from milepost_tools.commands import nudges
from milepost_tools.history.results import nudge_row, write_rows
from milepost_tools.local.connection import Connection
from milepost_tools.local.stack import Stack
from tests.adapters.examples import NUDGE
from tests.adapters.tables import create_table

NOW = worker_clock()
DECIDED: Sequence[tuple[int, Verdict, str | None, str, str]] = (
    (5 * MINUTE, "sent", None, "email", "first"),
    (HOUR, "suppressed", "cap", "email", "first"),
    (2 * HOUR, "suppressed", "cap", "sms", "second"),
    (3 * HOUR, "suppressed", "no_consent", "sms", "first"),
    (4 * HOUR, "deferred", "quiet_hours", "email", "second"),
    (30 * HOUR, "held_out", "holdout", "email", "first"),
)
"""So long ago, and what."""


def made() -> list[Nudge]:
    """The decisions on the nudges of as many subjects."""
    return [
        replace(
            NUDGE,
            id=f"id-{number}",
            subject=f"user:u_{number}",
            verdict=verdict,
            reason=reason,  # type: ignore[arg-type]  # One of them, as the table above has it.
            channel=channel,
            milestone=milestone,
            decided_at=NOW - ago,
            until=NOW + HOUR if verdict == "deferred" else None,
        )
        for number, (ago, verdict, reason, channel, milestone) in enumerate(DECIDED)
    ]


Ask = Callable[..., Any]


@pytest.fixture(params=["stack", "file"])
def ask(
    request: pytest.FixtureRequest, moto_aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> Ask:
    """Ask for JSON, a stack's table or a file of the same decisions."""
    source: list[str] = []
    if request.param == "file":
        source = [str(tmp_path / "nudges.ndjson")]
        write_rows(source[0], (nudge_row(each) for each in made()))
    else:
        dynamodb = client("dynamodb")
        table = create_table(dynamodb)
        for each in made():
            dynamodb.put_item(TableName=table, Item=decision_item(each))
        names = {field.name: "" for field in fields(Stack)} | {"table_name": table}
        connection = Connection(None)  # type: ignore[arg-type]  # Only its client is asked for.
        connection.__dict__["dynamodb"] = dynamodb
        stack = Stack(**{**names, "connection": connection})  # type: ignore[arg-type]
        monkeypatch.setattr(nudges, "find_stack", lambda _name: stack)

    def asked(*options: str) -> Any:
        assert main(["nudges", *source, *options, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return asked


def ids(found: Any) -> list[str]:
    """The ids of the rows, as they are listed."""
    return [row["id"] for row in found["nudges"]]


def test_verdicts_are_counted_by_reason_and_listed_the_newest_first(ask: Ask) -> None:
    """The most frequent first; whoever waits says until when."""
    found = ask("--since", "2d")
    assert found["total"] == 6
    assert found["counts"][0] == {"verdict": "suppressed", "reason": "cap", "count": 2}
    assert sum(each["count"] for each in found["counts"]) == 6
    assert ids(found) == [f"id-{number}" for number in range(6)]
    assert found["nudges"][4]["send_at"] == format_instant(NOW + HOUR)
    assert found["nudges"][0]["send_at"] == found["nudges"][0]["decided_at"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--verdict", "suppressed"], [1, 2, 3]),
        (["--verdict", "suppressed", "--reason", "cap"], [1, 2]),
        (["--milestone", "second"], [2, 4]),
        (["--channel", "sms"], [2, 3]),
        (["--reason", "cap", "--channel", "sms", "--milestone", "second"], [2]),
        (["--verdict", "cancelled"], []),
    ],
)
def test_decisions_are_chosen_by_what_they_say(ask: Ask, options: list[str], expected: list[int]) -> None:
    """All that is asked for must be so; counts are of those chosen."""
    found = ask("--since", "2d", *options)
    assert ids(found) == [f"id-{number}" for number in expected]
    assert found["total"] == len(expected)


def test_a_span_is_closed_at_its_begin_and_open_at_its_end(ask: Ask) -> None:
    """So that spans laid end to end show each decision once; times and lengths of time alike."""
    begin, end = (format_instant(NOW - ago) for ago in (3 * HOUR, HOUR))
    assert ids(ask("--since", begin, "--until", end)) == ["id-2", "id-3"]
    assert ids(ask("--since", "90min")) == ["id-0", "id-1"]


def test_the_rest_is_found_by_going_on_before_the_last_that_was_shown(ask: Ask) -> None:
    """Pages: everything is counted, so many are shown."""
    first = ask("--since", "2d", "--limit", "2")
    assert (ids(first), first["total"]) == (["id-0", "id-1"], 6)
    rest = ask("--since", "2d", "--until", first["nudges"][-1]["decided_at"])
    assert ids(rest) == ["id-2", "id-3", "id-4", "id-5"]


def test_a_page_ends_with_an_instant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of decisions of one instant none is lost to whoever goes on before it."""
    file = str(tmp_path / "nudges.ndjson")
    write_rows(file, (nudge_row(replace(each, decided_at=NOW)) for each in made()))
    assert main(["nudges", file, "--limit", "2", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["nudges"]) == 6
    assert main(["nudges", file, "--limit", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["nudges"] == []


def test_a_file_is_shown_whole_and_a_stack_for_a_day(ask: Ask, request: pytest.FixtureRequest) -> None:
    """What was simulated may be years old; of a stack nobody wants all by accident."""
    assert ask()["total"] == (6 if request.node.callspec.params["ask"] == "file" else 5)


def test_the_text_says_how_many_and_how_to_see_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For a person, who may not want a terminal to obey an id."""
    file = str(tmp_path / "nudges.ndjson")
    write_rows(file, (nudge_row(replace(each, subject="user:\x1b[2J")) for each in made()))
    assert main(["nudges", file, "--limit", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["6 nudges decided", "          2  suppressed (cap)"]
    when = format_instant(made()[0].decided_at)
    assert lines[-2] == f"{when}  id-0  user:\\x1b[2J  first  reached, step 0, email: sent"
    assert (
        lines[-1] == f"1 of them are shown, the newest: --limit shows more, and --until {when} what was before these."
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "yesterday"], "--since yesterday is no time"),
        (["nudges.ndjson", "--stack", "prod"], "contradict each other"),
        (["missing.ndjson"], "missing.ndjson"),
    ],
)
def test_what_cannot_be_asked_is_a_problem(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With a sentence of what is wrong."""
    assert main(["nudges", *options]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("line", ["{", "{}", '{"decided_at": "soon"}', "[]", '{"decided_at": "2026-01-01T00:00:00Z"}'])
def test_a_file_of_something_else_is_a_problem(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the number of the line."""
    (tmp_path / "f").write_text(f"{line}\n", encoding="utf-8")
    assert main(["nudges", str(tmp_path / "f")]) == 2
    assert "Line 1" in capsys.readouterr().err
