"""The gates, one by one and in their order: semantics, section 5, against decisions that were worked out by hand."""

from dataclasses import fields, replace
from typing import Any

import pytest

from milepost.domain.addresses import Addresses
from milepost.domain.caps import Use
from milepost.domain.catalog import Catalog
from milepost.domain.gates import Addressee, Question, ask, not_after
from milepost.domain.guardrails import Guardrails
from milepost.domain.instant import DAY, Instant, format_instant
from milepost.domain.local import local_in
from milepost.domain.milestone import Milestone, Step
from tests.domain.build import CONSENT, SUBJECT, count, milestone
from tests.domain.decisions import TABLE, Worked, at

STEP = {each.name for each in fields(Step)}
OF_GUARDRAILS = ("holdout", "quiet", "window", "arbitration")


def question(row: Worked, now: Instant | None = None) -> Question:
    """What the row asks, at its own time or another."""
    facts = row.facts
    own = {name: value for name, value in facts.items() if name in STEP - {"window"}}
    step = Step(**{"channels": ("in_app",), "template": "t", "window": facts.get("own"), **own})
    asked = _milestone(step, facts)
    return Question(_catalog(asked, facts), asked, step, _addressee(facts), _planned(row), now or at(row.now))


def _planned(row: Worked) -> Instant:
    planned: Instant = row.facts.get("planned", at(row.now))
    return planned


def _milestone(step: Step, facts: dict[str, Any]) -> Milestone:
    plain = milestone(count(1), reached=[step])
    given = {
        "priority": facts.get("priority", 50),
        "stage": facts.get("stage"),
        "audience": facts.get("audience", ()),
        "holdout": facts.get("own_holdout"),
    }
    known = {each.name: getattr(plain, each.name) for each in fields(Milestone) if each.init}
    return Milestone(**{**known, **given})


def _catalog(asked: Milestone, facts: dict[str, Any]) -> Catalog:
    given = {name: facts[name] for name in OF_GUARDRAILS if name in facts}
    caps, suppress = (tuple(facts.get(name, ())) for name in ("caps", "suppress"))
    return Catalog.of(
        "shop",
        [asked],
        version=1,
        max_age=35 * DAY,
        grace=0,
        events=frozenset(),
        consent=CONSENT,
        week_starts=facts.get("week_starts", 0),
        guardrails=Guardrails(**given, caps=caps, suppress=suppress),
        addresses=Addresses(facts.get("addresses", {})),
    )


def _addressee(facts: dict[str, Any]) -> Addressee:
    zone = facts.get("zone", "UTC")
    return Addressee(
        SUBJECT,
        facts.get("traits", {}),
        {"x": facts["x"]} if "x" in facts else {},
        {1: facts.get("visits", ()), 2: facts.get("bought", ())},
        facts.get("used", ()),
        None if zone is None else local_in(zone, facts.get("week_starts", 0)),
        facts.get("shut", frozenset()),
    )


def answer(asked: Question) -> str:
    """The gates' answer in the words of the table."""
    closed = ask(asked)
    if closed is None:
        return f"sent {asked.channel}"
    until = "" if closed.until is None else f" {format_instant(closed.until).removesuffix('Z')}"
    return f"{closed.verdict} {closed.reason}{until}"


def test_every_row_has_a_name_of_its_own() -> None:
    """And there are as many as were asked for."""
    assert len({row.name for row in TABLE}) == len(TABLE) >= 120


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_gates_answer_as_worked_out_by_hand(row: Worked) -> None:
    """Verdict, reason, and until when."""
    expected = "sent in_app" if row.answer == "sent" else row.answer
    assert answer(question(row)) == expected


def _later(row: Worked, now: Instant) -> Question:
    """The same asked at another time, with no more age than it had."""
    return replace(question(row, now), planned=now)


WAITING = [row for row in TABLE if row.answer.startswith("deferred")]


@pytest.mark.parametrize("row", WAITING, ids=lambda row: row.name)
def test_the_gate_that_was_closed_opens_at_that_instant_and_not_before(row: Worked) -> None:
    """Exactly: a microsecond before, it is still closed, and until the same instant."""
    before = ask(question(row))
    assert before is not None
    assert before.until is not None
    assert ask(_later(row, before.until - 1)) == before
    after = ask(_later(row, before.until))
    assert after is None or after.reason != before.reason


@pytest.mark.parametrize("row", [row for row in TABLE if row.answer.startswith("sent")], ids=lambda row: row.name)
def test_what_may_go_now_may_not_go_once_it_is_too_late(row: Worked) -> None:
    """`not_after` is the first instant at which age or hours close."""
    asked = question(row)
    assert asked.now < not_after(asked) <= asked.planned + asked.lasting
    assert ask(question(row, not_after(asked))) is not None


def test_what_is_used_up_tells_the_stage_only_where_a_cap_asks_for_it() -> None:
    """It is kept with the subject, so every byte counts."""
    row = Worked("a cap on no stage", "sent", facts={"stage": "growth"})
    assert question(row).use == Use(at(row.now), 50, "in_app", "minor", None)
