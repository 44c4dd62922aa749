"""Figures of nudges: each counted once, by the last verdict on it, and what it waited for told apart."""

from collections.abc import Sequence

from milepost.domain.instant import DAY, HOUR
from milepost_tools.history.nudging import HeldBack, NudgeFigures, nudge_figures
from milepost_tools.history.nudging_text import nudge_lines, nudges_json
from milepost_tools.history.results import Row, last_decisions


def decided(name: str, verdict: str, at: str, reason: str | None = None, subject: str = "user:a") -> Row:
    """A decision on the nudge of that name; `at` is the day and hour of a January."""
    return {
        "id": name,
        "subject": subject,
        "milestone": "m",
        "channel": "email",
        "verdict": verdict,
        "reason": reason,
        "decided_at": f"2026-01-{at}:00:00Z",
    }


DECISIONS: Sequence[Row] = [
    decided("one", "deferred", "01T00", "quiet_hours"),
    decided("one", "deferred", "01T08", "cap"),
    decided("one", "deferred", "03T22", "quiet_hours"),
    decided("one", "sent", "04T08"),
    decided("two", "sent", "02T09"),
    decided("three", "suppressed", "02T09", "cap", "user:b"),
    decided("four", "deferred", "02T23", "quiet_hours", "user:b"),
]


def figures() -> NudgeFigures:
    """Of four nudges, two of them sent, to one of three members; an account is nobody to write to."""
    return nudge_figures(DECISIONS, ["user:a", "user:b", "user:c", "account:x"])


def test_every_nudge_counts_once_by_its_last_verdict() -> None:
    """Deferrals on the way are no nudges of their own; what still waits is `deferred`."""
    found = figures()
    assert found.total == len(last_decisions(DECISIONS)) == 4
    assert found.verdicts == {"sent": 2, "held_out": 0, "suppressed": 1, "cancelled": 0, "deferred": 1}
    assert found.counts["m", "email", "suppressed", "cap"] == 1


def test_nudges_per_member_are_over_all_members_also_those_who_got_none() -> None:
    """Median, 95th percentile and the most of 2, 0 and 0."""
    found = figures().per_member
    assert (found.members, found.sent, found.at) == (3, 2, (0, 2, 2))
    assert found.mean == 2 / 3


def test_a_reason_tells_what_it_stopped_and_what_it_made_wait_and_how_long() -> None:
    """Two waits of one nudge for one reason are one, of 8 and 10 hours; what still waits has no length yet."""
    by_reason = {each.reason: each for each in figures().held_back}
    assert by_reason["quiet_hours"] == HeldBack("quiet_hours", 0, 2, (18 * HOUR, 18 * HOUR), 1)
    assert by_reason["cap"] == HeldBack("cap", 1, 1, (2 * DAY + 14 * HOUR,) * 2, 0)


def test_a_person_is_told_all_of_it() -> None:
    """The share is that of all nudges."""
    lines = list(nudge_lines(figures()))
    for line in (
        "Nudges: 4 decided.",
        "  sent              2 ( 50.0%)",
        "Nudges sent per member: mean 0.67  median 0  p95 2  most 2  of 3 members",
        "  cap          for good       1 ( 25.0%)  for a while       1 ( 25.0%)  median 2d 14h, p95 2d 14h",
        "  m  email        sent 2  suppressed 1  deferred 1",
    ):
        assert line in lines, "\n".join(lines)
    assert any("(1 still wait)" in line for line in lines)
    assert max(map(len, lines)) <= 120


def test_a_program_is_told_the_same_in_seconds() -> None:
    """Durations are seconds, shares are of 1."""
    found = nudges_json(figures())
    (quiet,) = (each for each in found["held_back"] if each["reason"] == "quiet_hours")
    assert quiet["seconds_waited"] == {"median": 64_800.0, "p95": 64_800.0}
    assert (quiet["share_for_good"], quiet["share_deferred"], quiet["still_waiting"]) == (0.0, 0.5, 1)
    assert found["sent_per_member"] == {"members": 3, "mean": 2 / 3, "median": 0, "p95": 2, "most": 2}


def test_a_run_without_nudges_has_no_shares() -> None:
    """Nothing is divided by nothing."""
    nobody = nudge_figures([], [])
    assert list(nudge_lines(nobody)) == ["Nudges: 0 decided."]
    assert nudges_json(nobody)["sent_per_member"]["mean"] is None
