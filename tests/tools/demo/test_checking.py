"""Who checks the decisions on nudges finds nothing where nothing is wrong, and each wrong that is planted."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from milepost_tools.demo.checking.check import main
from milepost_tools.demo.make_sample import SAMPLE
from milepost_tools.history.results import Row, last_decisions, write_rows
from tests.tools.demo.conftest import Find, Played


def moved(row: Row, **by: int) -> str:
    """When a decision would have been, that much later."""
    return (datetime.fromisoformat(row["decided_at"]) + timedelta(**by)).isoformat()


def test_no_law_is_broken_by_what_the_core_makes_of_the_sample(played: Played) -> None:
    """Every decision on nudges to 1,000 customers is explained by a program that knows nothing of the core."""
    assert played.broken == set()


def test_the_sample_has_every_verdict_and_most_reasons(played: Played) -> None:
    """A law that nothing in the sample comes near would not have been checked."""
    last = Counter((row["verdict"], row["reason"]) for row in last_decisions(played.decisions))
    deferred = {row["reason"] for row in played.decisions if row["verdict"] == "deferred"}
    for each in (
        ("sent", None),
        ("held_out", "holdout"),
        ("suppressed", "no_consent"),
        ("suppressed", "suppress"),
        ("suppressed", "cap"),
        ("cancelled", "unless"),
        ("cancelled", "if"),
        ("cancelled", "stale"),
    ):
        assert last[each] >= 10, each
    assert deferred == {"not_yet", "quiet_hours", "send_window", "arbitration", "cap"}
    assert {row["variant"] for row in played.outcomes} == {None, "early", "late"}


@pytest.mark.parametrize(
    ("verdict", "reason", "law"),
    [
        ("held_out", "holdout", "holdout"),
        ("suppressed", "no_consent", "consent"),
        ("suppressed", "cap", "caps"),
        ("cancelled", "stale", "expiry"),
        ("suppressed", "suppress", "explained"),
        ("cancelled", "unless", "explained"),
        ("cancelled", "if", "explained"),
    ],
)
def test_what_goes_through_a_gate_that_is_shut_is_found(
    played: Played, find: Find, verdict: str, reason: str, law: str
) -> None:
    """As if the gate were not there."""
    row = find(verdict=verdict, reason=reason)
    assert {law, "explained"} <= played.with_row(row, verdict="sent", reason=None).broken


@pytest.mark.parametrize("channel", ["email", "sms", "in_app", "ops"])
def test_what_is_held_back_without_a_cause_is_found(played: Played, find: Find, channel: str) -> None:
    """A program that sends nothing breaks no cap."""
    row = find(verdict="sent", channel=channel)
    assert "explained" in played.with_row(row, verdict="suppressed", reason="cap").broken


@pytest.mark.parametrize("by", [{"hours": -8}, {"hours": 8}, {"days": 1}])
def test_what_goes_at_night_or_on_a_wrong_day_is_found(played: Played, find: Find, by: dict[str, int]) -> None:
    """Windows open at 10 on Tuesdays and Thursdays by the customer's own clock."""
    row = find(verdict="sent", channel="email")
    assert "hours" in played.with_row(row, decided_at=moved(row, **by)).broken


def test_what_waits_and_goes_too_early_is_found(played: Played, find: Find) -> None:
    """A deferral tells until when."""
    row = find(verdict="deferred", reason="quiet_hours")
    assert "waiting" in played.with_row(row, send_at=moved(row, days=9)).broken


def test_a_nudge_that_is_gone_without_a_verdict_is_found(played: Played, find: Find) -> None:
    """Nothing is ever dropped without a record."""
    row = find(verdict="sent")
    mine = played.of([row["subject"]])
    without = [each for each in mine.decisions if each["id"] != row["id"]]
    assert "one verdict" in replace(mine, decisions=without).broken


def test_a_nudge_that_waits_beyond_its_time_is_found(played: Played, find: Find) -> None:
    """The clock of the run has passed, and nobody has asked about it again."""
    row = find(verdict="deferred", reason="not_yet")
    mine = played.of([row["subject"]])
    without = [each for each in mine.decisions if each["id"] != row["id"] or each == row]
    assert "one verdict" in replace(mine, decisions=without).broken


def test_two_final_verdicts_on_one_nudge_are_found(played: Played, find: Find) -> None:
    """Sent, and then suppressed after all."""
    row = find(verdict="sent")
    mine = played.of([row["subject"]])
    again = {**row, "verdict": "suppressed", "reason": "suppress"}
    assert "one verdict" in replace(mine, decisions=[*mine.decisions, again]).broken


def test_another_id_for_the_same_nudge_is_found(played: Played, find: Find) -> None:
    """Its subscriber would handle it twice."""
    row = find(verdict="deferred", reason="quiet_hours")
    assert "ids" in played.with_row(row, id="another").broken


def test_a_nudge_about_nothing_is_found(played: Played, find: Find) -> None:
    """An occurrence that there never was."""
    row = find(verdict="sent")
    assert "no outcome" in played.with_row(row, n=99).broken


def test_a_nudge_to_somebody_who_is_not_in_the_log_is_found(played: Played, find: Find) -> None:
    """Nobody has said yes, and nothing has happened."""
    row = find(verdict="sent", channel="email")
    mine = played.of([row["subject"]])
    nobody = replace(
        mine,
        outcomes=[{**each, "subject": "user:nobody"} for each in mine.outcomes],
        decisions=[{**each, "subject": "user:nobody"} for each in mine.decisions],
    )
    assert {"consent", "explained"} <= nobody.broken


def test_another_variant_than_the_lot_falls_on_is_found(played: Played) -> None:
    """For life, by the hash that is documented."""
    row = next(row for row in played.outcomes if row["variant"] == "early")
    mine = played.of([row["subject"]])
    other = [{**each, "variant": "late"} if each == row else each for each in mine.outcomes]
    assert "variants" in replace(mine, outcomes=other).broken


def test_the_program_judges_files(
    played: Played, find: Find, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its last line counts the breaches; the exit status says whether there are any."""
    row = find(verdict="held_out")
    names = [str(tmp_path / name) for name in ("outcomes", "nudges")]
    log, catalog = str(SAMPLE / "events.ndjson.gz"), str(SAMPLE / "catalog.yaml")
    for verdict, status in (("held_out", 0), ("sent", 1)):
        write_rows(names[0], played.outcomes)
        write_rows(names[1], [{**each, "verdict": verdict} if each == row else each for each in played.decisions])
        assert main([log, catalog, *names, played.expected.as_of]) == status
        figures = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert figures["breaches"]["holdout"] == status
        assert figures["decisions"] == len(played.decisions)
