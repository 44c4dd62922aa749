"""Each law of nudges by an example that breaks it, and one that does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from milepost_tools.prove.checker import plan
from milepost_tools.prove.checker.clock import WITHIN
from milepost_tools.prove.checker.evidence import Evidence
from milepost_tools.prove.checker.laws import judge
from milepost_tools.prove.checker.plan import DAY, HOUR, MINUTE
from milepost_tools.prove.functions import catalogs
from tests.tools.prove.examples import BEGIN, SECOND, decided, nudge, recorded, sent, sound, told

MISS = BEGIN + WITHIN
NIGHT = BEGIN + 16 * HOUR
"""At 23:00."""
WAITS: dict[str, Any] = {"verdict": "deferred", "milestone": "each", "n": 2, "at": BEGIN + HOUR}


def _changed(name: str, **more: str) -> Callable[[Evidence], None]:
    """With a record that says something else, and the same nudge as it was told."""

    def change(evidence: Evidence) -> None:
        evidence.history = [{**each, **more} if each["id"] == name else each for each in evidence.history]

    return change


def _later(name: str, by: int) -> Callable[[Evidence], None]:
    """Decided, and told, so much later."""

    def change(evidence: Evidence) -> None:
        record = next(each for each in evidence.history if each["id"] == name)
        then = plan.wall(plan.instant(record["decided_at"]) + by, "UTC").isoformat()
        _changed(name, decided_at=then)(evidence)
        evidence.told = [each for each in evidence.told if each.event["id"] != name]
        evidence.told.append(nudge({**record, "decided_at": then}))

    return change


def _first(*records: dict[str, str]) -> Callable[[Evidence], None]:
    """With decisions on the same nudge before the one that there is."""

    def change(evidence: Evidence) -> None:
        evidence.history = [*records, *evidence.history]

    return change


def _more(*records: dict[str, str]) -> Callable[[Evidence], None]:
    return lambda evidence: recorded(evidence, *records)


def _knew(milestone: str, at: int, kind: str = "reached") -> Callable[[Evidence], None]:
    """They had reached that as well, and it was known when it happened."""
    return lambda evidence: evidence.told.append(told(milestone, kind, at=at, when=at))


def _noted(evidence: Evidence) -> None:
    at = BEGIN + HOUR - 29 * MINUTE
    evidence.sent.append(sent("noted", "n", at))
    evidence.told.append(told("each", n=3, at=at, when=at))


def _held_out(evidence: Evidence) -> None:
    record = decided("other", "each") | {"subject": "user:w"}
    recorded(evidence, record)


def _loses(evidence: Evidence) -> None:
    recorded(evidence, decided("beside", "three", at=BEGIN + HOUR - 19 * MINUTE))


def _emails(number: int, apart: int) -> Callable[[Evidence], None]:
    at = BEGIN + 2 * DAY
    return _more(*(decided(f"{n}", "each", n=9 + n, at=at + n * apart, channel="email") for n in range(number)))


def _lost(evidence: Evidence) -> None:
    evidence.aliases["user:d"] = "user:v"
    waits = decided("d", "each", verdict="deferred", until=BEGIN + HOUR)
    merged = decided("d", "each", verdict="cancelled", reason="merged")
    recorded(evidence, waits | {"subject": "user:d"}, merged | {"subject": "user:d"})


WRONG: dict[str, Callable[[Evidence], object]] = {
    "nobody has decided on step 0 of three reached #1 of user:u": _knew("three", BEGIN),
    "each reached #2 step 0 of user:u was to be asked about again, and was not": _changed(
        "second", verdict="deferred", reason="not_yet", until="2026-11-02T09:00:00Z"
    ),
    "each reached #2 step 0 of user:u has had several final verdicts": _first(
        decided("second", "each", n=2, at=BEGIN + HOUR, verdict="held_out")
    ),
    "each reached #2 step 0 of user:u is on record under two ids": _more(
        decided("again", "each", n=2, at=BEGIN + HOUR, verdict="cancelled", decided=BEGIN + DAY)
    ),
    "onboarded missed #1 step 1 of user:u went before its time": _later("try", -MINUTE),
    "onboarded missed #1 step 1 of user:u went after it had expired": _later("try", 18 * HOUR),
    "each reached #2 step 0 of user:u went after it had expired": _later("second", 12 * HOUR),
    "onboarded missed #1 step 1 of user:u went at a time that is shut": _later("try", 8 * HOUR),
    "quiet reached #1 step 0 of user:u went at a time that is shut": _later("silence", 4 * HOUR),
    "onboarded missed #1 step 1 of user:u went long after it had to be asked about again": lambda found: (
        found.told.append(replace(found.told.pop(-3), when=NIGHT))
    ),
    "each reached #1 step 0 of user:w went though they are held out": _held_out,
    "each reached #1 step 0 of user:u was held_out, holdout, for no reason": _changed(
        "first", verdict="held_out", reason="holdout"
    ),
    "onboarded missed #1 step 2 of user:u went by a channel that is not the step's": lambda found: found.told.append(
        replace(found.told.pop(-2), topic="email")
    ),
    "went without consent": lambda found: (_knew("withdrew", BEGIN)(found), _emails(1, 0)(found)),
    "each reached #2 step 0 of user:u went though they have a complaint": _knew("complained", BEGIN),
    "each reached #2 step 0 of user:u went right after what suppresses it": _noted,
    "onboarded missed #1 step 0 of user:u went though they had reached it": _knew("onboarded", BEGIN + HOUR),
    "onboarded missed #1 step 1 of user:u went though what it was to come before had come": _knew(
        "onboarded", MISS + HOUR, "recovered"
    ),
    "habit reached #1 step 0 of user:u went in another variant": _more(
        decided("tip", "habit", decided=BEGIN + 3 * HOUR) | {"variant": "a"}
    ),
    "each reached #2 step 0 of user:u did not wait for three reached #1 step 0 of user:u": _loses,
    "user:u was due more than 2 emails in three hours": _emails(3, 80 * MINUTE),
    "user:u was due 4 minor nudges on 2026-11-04": _emails(4, 3 * HOUR),
    "each reached #1 step 0 of user:d was lost when user:d became user:v": _lost,
}


@pytest.mark.parametrize("finding", WRONG)
def test_what_is_wrong_with_a_nudge_is_named(finding: str) -> None:
    """Each law by an example that breaks it."""
    evidence = sound()
    WRONG[finding](evidence)
    assert any(finding in each for each in judge(evidence)), judge(evidence)


REASONS: dict[str, dict[str, Any]] = {
    "stale": {"verdict": "cancelled", "decided": BEGIN + 12 * HOUR},
    "not_yet": {"verdict": "deferred", "until": BEGIN + 2 * DAY},
    "quiet_hours": {"verdict": "deferred", "until": BEGIN + 2 * DAY},
    "send_window": {"verdict": "deferred", "until": BEGIN + 2 * DAY},
    "no_consent": {"verdict": "suppressed"},
    "suppress": {"verdict": "suppressed"},
    "arbitration": {"verdict": "deferred", "until": BEGIN + 80 * MINUTE},
    "cap": {"verdict": "suppressed"},
    "unless": {"verdict": "cancelled"},
    "reached_after_all": {"verdict": "cancelled"},
    "holdout": {"verdict": "held_out"},
    "merged": {"verdict": "cancelled"},
    "too_many_waiting": {"verdict": "suppressed"},
}


@pytest.mark.parametrize("reason", [each for each in REASONS if each != "stale"])
def test_a_reason_that_does_not_hold_is_named(reason: str) -> None:
    """Whoever is not told something has to have been spared for what is true: here nothing is."""
    evidence = sound()
    recorded(evidence, decided("other", "each", n=3, at=BEGIN + HOUR, reason=reason, **REASONS[reason]))
    verdict = REASONS[reason]["verdict"]
    assert f"each reached #3 step 0 of user:u was {verdict}, {reason}, for no reason" in judge(evidence)


def test_what_is_not_stale_yet_is_not_cancelled_for_it() -> None:
    """To the second."""
    for seconds, named in ((-1, True), (0, False)):
        evidence = sound()
        then = BEGIN + 12 * HOUR + seconds * SECOND
        recorded(evidence, decided("other", "each", n=3, verdict="cancelled", reason="stale", decided=then))
        assert any("stale, for no reason" in each for each in judge(evidence)) is named


def test_what_waits_beyond_the_end_of_the_run_is_no_fault() -> None:
    """Only what was due by then should have been asked about."""
    evidence = sound()
    waits = decided("tip", "habit", verdict="deferred", reason="not_yet", until=BEGIN + 3 * HOUR)
    recorded(evidence, waits)
    assert any("was to be asked about again" in each for each in judge(evidence))
    evidence.now = BEGIN + 2 * HOUR
    assert judge(evidence) == []


def test_a_clock_that_is_wrong_excuses_as_much_as_it_is_wrong_by() -> None:
    """Two times that are no further apart than clocks are may stand in the other order."""
    evidence = sound()
    _knew("complained", BEGIN + HOUR - MINUTE)(evidence)
    assert judge(evidence) != []
    evidence.told = [each for each in evidence.told if each.event["id"] not in {"miss", "try", "call", "silence"}]
    evidence.history = [each for each in evidence.history if each["id"] in {"first", "second"}]
    evidence.skew = 2 * MINUTE
    assert not any("complaint" in each for each in judge(evidence))


def test_the_judge_has_the_catalog_as_it_is() -> None:
    """It reads none: what a person has written down of it is compared here, and nowhere does the judge ask the code."""
    for catalog in catalogs():
        steps = {(name, path): found for name, each in catalog.milestones.items() for path, found in each.steps.items()}
        for key, found in steps.items():
            known = plan.STEPS.get(key, ())
            assert [(each.channels, each.operational) for each in found] == [
                (each.channels, each.operational) for each in known
            ], key
            lasting = [each.lasting or catalog.milestones[key[0]].fresh_for for each in found]
            assert lasting == [each.lasts for each in known]
            after = [
                each.after.elapsed + timedelta(days=each.after.days) // timedelta(microseconds=1) for each in found
            ]
            assert after == [each.after for each in known]
            unless = [None if each.unless is None else each.unless.reached for each in found]
            assert unless == [each.unless for each in known]
        assert {name: each.priority for name, each in catalog.milestones.items()} == {
            name: plan.PRIORITY.get(name, plan.OTHERS) for name in catalog.milestones
        }
        assert {name for name, each in catalog.milestones.items() if each.tier == "major"} == plan.MAJOR
        rules = catalog.guardrails
        assert [(each.at_most, each.per) for each in rules.caps] == [(plan.EMAILS, plan.ROLLING), (plan.MINORS, "day")]
        assert rules.arbitration is not None
        assert rules.arbitration.window == plan.WINDOW


def test_the_judge_draws_the_lots_that_the_code_draws() -> None:
    """Each by what is written of them."""
    catalog = catalogs()[1]
    for number in range(200):
        subject = f"user:u{number}"
        for name, milestone in catalog.milestones.items():
            rule = milestone.holdout or catalog.guardrails.holdout
            assert rule is not None
            assert plan.is_held_out(name, subject) == rule.holds("prove", subject)
            assert plan.variant(name, subject) == milestone.drawn("prove", subject).variant
