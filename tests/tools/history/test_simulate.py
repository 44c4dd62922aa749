"""`milepost simulate` from the command line."""

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from milepost_tools import cli
from milepost_tools.history.progress import reading_bar
from milepost_tools.local.recording import read_lines
from tests.tools.history.logs import SHOP, message, ndjson, shop

CANDIDATE = (
    SHOP.replace("at_least: 2}", "at_least: 3}")
    .replace("for: 7d", "for: 12d")
    .replace("  spent-20:", "  spent-10:")
    .replace("at_least: 20", "at_least: 10")
)
Simulate = Callable[..., int]


@pytest.fixture
def simulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulate:
    """The command over the shop's catalog, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    shop(tmp_path)
    return lambda *arguments: cli.main(["simulate", "--catalog", "shop.yaml", *arguments])


def rows(file: str) -> list[dict[str, Any]]:
    """The lines of a file."""
    return [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()]


def test_bad_lines_are_named_the_rest_goes_on_and_only_the_first_ten_are_shown(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are a matter for whoever exported the log, not a reason to stop."""
    ndjson(tmp_path, message("ordered", "01-05"), *["{"] * 11, message("ordered", "01-06"))
    assert simulate("log.ndjson") == 0
    shown = capsys.readouterr().out
    assert "Events: 2 counted, 0 sent again, 11 refused." in shown
    assert "  log.ndjson:2: The message is not JSON (line 1, column 2)." in shown
    assert "log.ndjson:11:" in shown
    assert "log.ndjson:12:" not in shown
    assert "  ... and 1 more" in shown


def test_strict_stops_at_the_first_refused_line_and_writes_nothing(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For logs that are meant to be right."""
    ndjson(tmp_path, message("ordered", "01-05"), "{", "[")
    assert simulate("log.ndjson", "--strict", "--outcomes", "o", "--nudges", "n") == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("log.ndjson:2: The message is not JSON")
    assert "log.ndjson:3" not in told.err
    assert not Path("o").exists()
    assert not Path("n").exists()
    ndjson(tmp_path, message("ordered", "01-05"))
    assert simulate("log.ndjson", "--strict") == 0


def test_each_nudge_is_one_line_and_with_deferrals_each_wait_is_one_too(simulate: Simulate, tmp_path: Path) -> None:
    """At midnight nobody is woken: it waits till eight. What still waits when the run ends is `deferred`."""
    shop(tmp_path, SHOP + 'timezone: Etc/UTC\nquiet_hours: {from: "21:00", to: "08:00"}\n')
    amount = {"amount": 25}
    orders = [message("ordered", day, user, properties=amount) for day, user in (("01-05", "u_1"), ("01-07", "u_2"))]
    ndjson(tmp_path, *orders)
    for options, told in (
        ((), ["sent", "deferred"]),
        (("--deferrals",), ["deferred", "sent", "deferred"]),
    ):
        assert simulate("log.ndjson", "--as-of", "2026-01-07T01:00:00Z", "--nudges", "n", *options) == 0
        lines = rows("n")
        assert [line["verdict"] for line in lines] == told
        assert lines[-1]["send_at"] == "2026-01-07T08:00:00Z"
        assert len({line["id"] for line in lines}) == 2


@pytest.mark.parametrize("content", [None, gzip.compress(b"{}\n" * 1000, mtime=0)[:-9], b"\xff\xfe{\x00"])
def test_a_log_that_cannot_be_read_is_a_problem(
    simulate: Simulate, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    """Missing, cut short, in another encoding."""
    if content:
        Path("log.ndjson").write_bytes(content)
    assert simulate("log.ndjson") == 2
    assert capsys.readouterr().err.startswith("milepost: log.ndjson ")


def test_a_table_is_simulated_as_it_was_exported(simulate: Simulate, capsys: pytest.CaptureFixture[str]) -> None:
    """With its lines in what is refused, its clock and its numbers."""
    table = "customer,day,amount\nu_1,2026-01-05,19.99\nu_1,2026-01-05,\nu_1,20260106,0.01\nu_2,soon,5\n"
    Path("export.csv").write_text(table, encoding="utf-8")
    mapped = ["--map", "userId=customer", "--map", "timestamp=day", "--set", "event=ordered", "--timezone", "UTC"]
    assert simulate("export.csv", *mapped, "--outcomes", "o") == 0
    assert "export.csv:5: timestamp is not a time such as" in capsys.readouterr().out
    assert [(each["milestone"], each["at"]) for each in rows("o")] == [
        ("second-order", "2026-01-05T00:00:00Z"),
        ("spent-20", "2026-01-06T00:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["log.ndjson", "--map", "event=x"], "--map is for tables"),
        (["log.csv", "--map", "evnt=x"], "does not name a field"),
        (["log.csv", "--map", "event"], "does not name a field"),
        (["log.csv", "--map", "properties.=x"], "does not name a field"),
        (["log.csv", "--map", "event=x", "--map", "event=y"], "names event twice"),
        (["log.csv", "--map", "event=x", "--set", "event=y"], "both --map and --set"),
        (["log.csv", "--timezone", "Mars/Olympus"], "is no time zone"),
        (["log.csv", "--timezone", "Europe"], "is no time zone"),
        (["log.ndjson", "--changes", "c"], "compares two catalogs"),
        (["-", "--against", "shop.yaml"], "reads the log twice"),
    ],
)
def test_arguments_that_make_no_sense_are_a_problem(
    simulate: Simulate, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    """Said before anything is read."""
    assert simulate(*arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_number_of_processes_is_at_least_one(simulate: Simulate, count: str) -> None:
    """Anything else is no number of processes."""
    with pytest.raises(SystemExit):
        simulate("log.ndjson", "--processes", count)


def test_the_summary_as_json_is_all_that_is_printed(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One object, for programs."""
    ndjson(tmp_path, message("ordered", "01-05"), "{")
    assert simulate("log.ndjson", "--json", "--as-of", "2026-02-01T00:00:00Z") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["catalog"], found["catalog_version"], found["members"]) == ("shop", 3, 1)
    assert found["refused"] == [{"line": "log.ndjson:2", "reason": "The message is not JSON (line 1, column 2)."}]


def test_two_catalogs_are_compared_and_it_is_plain_which_is_which(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--catalog is the candidate, --against what is live: gained is what the candidate has more."""
    shop(tmp_path, CANDIDATE, "candidate.yaml")
    ndjson(
        tmp_path,
        message("signed_up", "01-01"),
        message("ordered", "01-10", properties={"amount": 15}),
        message("ordered", "01-11", properties={"amount": 5}),
    )
    compared = ["--catalog", "candidate.yaml", "--against", "shop.yaml"]
    assert simulate("log.ndjson", *compared, "--changes", "c", "--as-of", "2026-02-01T00:00:00Z") == 0
    assert rows("c") == [
        change("first-order", "missed", "lost", None, "2026-01-08T00:00:00Z"),
        change("first-order", "reached", "gained", "2026-01-10T00:00:00Z", None),
        change("first-order", "recovered", "lost", None, "2026-01-10T00:00:00Z"),
        change("second-order", "reached", "lost", None, "2026-01-11T00:00:00Z"),
        change("spent-10", "reached", "gained", "2026-01-10T00:00:00Z", None),
        change("spent-10", "reached", "gained", "2026-01-11T00:00:00Z", None) | {"n": 2},
        change("spent-20", "reached", "lost", None, "2026-01-11T00:00:00Z"),
    ]
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 120
    for line in (
        "  candidate (--catalog)  candidate.yaml",
        "  live      (--against)  shop.yaml",
        "  New milestones: spent-10",
        "  Removed milestones: spent-20",
        "  second-order  reached            1          0          0          1          0",
        "    lost: user:u_1",
        "  in_app       sent                2          3         +1",
        "  all                              4          3         -1",
    ):
        assert line in shown, "\n".join(shown)


def change(milestone: str, outcome: str, kind: str, at: str | None, at_against: str | None) -> dict[str, Any]:
    """A line of the file of changes."""
    named = {"subject": "user:u_1", "milestone": milestone, "outcome": outcome, "n": 1}
    return {**named, "change": kind, "at": at, "at_against": at_against}


def test_an_outcome_at_another_instant_has_moved(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both instants are told; and in JSON the comparison is part of the summary."""
    shop(tmp_path, SHOP.replace("at_least: 20", "at_least: 10"), "candidate.yaml")
    ndjson(
        tmp_path,
        message("ordered", "01-10", properties={"amount": 12}),
        message("ordered", "01-11", properties={"amount": 12}),
    )
    compared = ["--catalog", "candidate.yaml", "--against", "shop.yaml"]
    assert simulate("log.ndjson", *compared, "--changes", "c", "--json") == 0
    first, second = rows("c")
    assert first == change("spent-20", "reached", "moved", "2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z")
    assert (second["n"], second["change"]) == (2, "gained")
    against = json.loads(capsys.readouterr().out)["against"]
    assert (against["candidate"], against["live"], against["changes"]) == ("candidate.yaml", "shop.yaml", 2)


def test_a_catalog_against_itself_changes_nothing(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing gained, nothing lost, and it says so."""
    ndjson(tmp_path, message("ordered", "01-10"))
    assert simulate("log.ndjson", "--against", "shop.yaml", "--changes", "c") == 0
    assert rows("c") == []
    assert "  No outcome differs." in capsys.readouterr().out


def test_a_log_can_be_piped_in(tmp_path: Path) -> None:
    """Its lines are those of stdin, and so they are called."""
    log = ndjson(tmp_path, message("ordered", "01-05"), "{")
    command = "import sys; from milepost_tools.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = [sys.executable, "-c", command, "simulate", "-", "--catalog", str(shop(tmp_path)), "--processes", "2"]
    with Path(log).open("rb") as piped:
        ended = subprocess.run(  # noqa: S603  # Our own command, with arguments of this test.
            arguments, stdin=piped, capture_output=True, text=True, check=True
        )
    assert "  stdin:2: The message is not JSON" in ended.stdout
    assert ended.stderr == ""


def test_progress_is_told_in_bytes_of_the_file_as_it_lies_there(tmp_path: Path) -> None:
    """Packed ones, where it is packed, for they add up to what its size says."""
    file = tmp_path / "log.gz"
    file.write_bytes(gzip.compress(b"".join(b"%d\n" % (n * n) for n in range(200_000))))
    told: list[int] = []
    assert sum(1 for _ in read_lines(str(file), told.append)) == 200_000
    assert sum(told) == file.stat().st_size
    assert len(told) > 3


@pytest.mark.parametrize("watched", [True, False])
def test_a_bar_is_drawn_only_where_somebody_watches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, watched: bool
) -> None:
    """On standard error, so that what is printed stays clean."""
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: watched)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    file = tmp_path / "log"
    file.write_bytes(b"x" * 1000)
    with reading_bar("simulating", str(file)) as advanced:
        advanced(1000)
    assert ("simulating" in screen.getvalue()) is watched
    with reading_bar("simulating", "-") as advanced:
        advanced(1000)
