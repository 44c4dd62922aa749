import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from milepost_tools.prove.checker.evidence import Evidence, Sent, Told
from milepost_tools.prove.local.crew import Crew, Kill
from milepost_tools.prove.local.producer import Course, Producer
from milepost_tools.prove.local.report import Proven, report
from milepost_tools.prove.local.subscribers import Subscribers

NOTED = Sent("user:p0", "1", "noted", 0, 0, "one", valid=True)
POISON = Sent("user:p0", "2", "noted", 0, 0, "poison", valid=False)


def evidence(counted: int, **more: Any) -> Evidence:
    """One event was sent and so many are counted."""
    told: Any = []
    statistics = Counter({("each", "reached"): 1, ("*", "members"): 1})
    dead = more.get("dead", [("poison", "why")])
    return Evidence([NOTED, POISON], {}, told, statistics, [], {"user:p0": {"noted": counted}}, dead)


def proven(found: Evidence) -> Proven:
    """A run in which everything was tried."""
    nobody: Any = None
    crew = Crew(nobody, {}, 4, kills=[Kill(10, 2), Kill(0, 1), Kill(3, 0)], came_again=7)
    return Proven(Course(60), Producer("", "", Course(60)), found, crew, 3, Subscribers([], nobody, nobody), 5, set())


@pytest.mark.parametrize(("counted", "lost", "twice"), [(0, 1, 0), (1, 0, 0), (3, 0, 2)])
def test_lost_and_counted_twice_are_what_the_counters_lack_and_have_too_much(
    counted: int, lost: int, twice: int
) -> None:
    """Events, not users."""
    figures = proven(evidence(counted)).figures
    assert (figures["lost"], figures["counted_twice"]) == (lost, twice)


def test_a_kill_counts_as_overlapping_if_it_hit_a_batch_while_another_had_one() -> None:
    """One of three; one hit nobody at work, one hit somebody alone."""
    figures = proven(evidence(1)).figures
    assert [figures[f"kills{which}"] for which in ("", "_in_a_batch", "_in_a_batch_with_overlap")] == [3, 2, 1]


def test_poison_that_lies_there_without_a_reason_is_not_refused_with_one() -> None:
    """It was given up and nobody redrove it."""
    assert proven(evidence(1)).figures["poison_refused_with_a_reason"] == 1
    assert proven(evidence(1, dead=[("poison", None)])).figures["poison_refused_with_a_reason"] == 0


def sound() -> Proven:
    """One in which nothing is wrong."""
    data = {
        "subject": "user:p0",
        "milestone": "each",
        "outcome": "reached",
        "n": 1,
        "at": "1970-01-01T00:00:00Z",
        "ref": None,
    }
    told = Told("outcomes", {"id": "a", "type": "o", "time": data["at"], "data": data}, 0)
    about = {"id": "b", "subject": "user:p0", "milestone": "each", "path": "reached", "step": "0", "n": "1"}
    late = {"verdict": "cancelled", "reason": "stale", "channel": "in_app", "decided_at": "1970-01-02T00:00:00Z"}
    record = {**about, **late, "at": str(data["at"])}
    found = evidence(1)
    found.statistics["each", "cancelled.in_app"] = 1
    return proven(replace(found, told=[told], decisions=[record], history=[record]))


def test_a_run_holds_if_nothing_is_wrong() -> None:
    """Its last line says so to programs."""
    assert json.loads(report(sound()).splitlines()[-1])["holds"] is True


@pytest.mark.parametrize(
    "change",
    [{"redriven": 0}, {"gave_up": 0}, {"lost_by_subscriber": {"id"}}, {"evidence": evidence(2)}],
    ids=["nothing was redriven", "no subscriber failed", "a subscriber lost a nudge", "counted twice"],
)
def test_a_run_does_not_hold_if_something_is_wrong_or_was_not_tried(change: dict[str, Any]) -> None:
    """Nothing that never happened has been shown to do no harm."""
    assert not replace(sound(), **change).holds
