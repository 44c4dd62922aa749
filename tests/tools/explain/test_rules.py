"""What is said of each rule kind to somebody who is on the way."""

import pytest

from milepost.domain.rules import KINDS
from tests.tools.explain.people import catalog, facts, identify, track

ORDERS = [track("ordered", f"03-0{day}", amount=amount) for day, amount in ((1, 4), (2, 2), (3, 1.25))]
MISSING = {
    "count": ("count: {event: ordered, at_least: 10}", "3 of 10 events, 7 to go"),
    "count in": ("count: {event: ordered, at_least: 3, in: 1d}", "2 of 3 events within 1d, 1 to go"),
    "sum": ("sum: {event: ordered, of: amount, at_least: 10.5}", "7.25 of 10.5 amount, 3.25 to go"),
    "sum repeat": ("sum: {event: ordered, of: amount, at_least: 5, repeat: true}", "2.25 of 5 amount, 2.75 to go"),
    "days": ("days: {event: ordered, at_least: 5}", "3 of 5 days, 2 to go"),
    "distinct": ("distinct: {event: ordered, of: amount, at_least: 4}", "3 of 4 values, 1 to go"),
    "streak": ("streak: {event: ordered, at_least: 4, unit: day}", "3 of 4 days, 1 to go"),
    "all": ("all: {of: [{event: ordered}, {event: visited}]}", "1 of 2 parts, 1 to go"),
    "any": (
        "any: {of: [{count: {event: ordered, at_least: 10}}, {count: {event: ordered, at_least: 4}}]}",
        "3 of 4 events, 1 to go",
    ),
    "sequence": ("sequence: {steps: [{event: ordered}, {event: visited}]}", "1 of 2 steps, 1 to go"),
    "trait": ("trait: {name: plan, becomes: pro}", "plan has not taken the value"),
}
WAITING = {
    "silence": ("silence: {event: ordered, for: 7d}", "2026-03-10T12:00:00Z"),
    "drop": ("drop: {event: ordered, by: 0.5, over: 7d}", "2026-03-15T12:00:00Z"),
    "date": ("date: {of: {event: ordered}, after: 1mo}", "2026-04-01T11:00:00Z"),
}


@pytest.mark.parametrize("kind", MISSING)
def test_what_is_missing_is_said_in_the_rules_own_unit(kind: str) -> None:
    """Three orders, of 4, 2 and 1.25, on three days; nothing was visited and nobody has a plan."""
    rule, missing = MISSING[kind]
    found = facts(catalog(m=f"reach: {{{rule}}}"), *ORDERS)
    assert found.missing == missing
    assert found.clock is None


@pytest.mark.parametrize("kind", WAITING)
def test_what_only_the_clock_decides_says_when_instead_of_how_much(kind: str) -> None:
    """A month later by the wall clock is an hour less, for summer time has begun in Berlin; grace comes on top."""
    rule, until = WAITING[kind]
    found = facts(catalog(m=f"reach: {{{rule}}}"), *ORDERS)
    assert (found.state, found.missing) == ("open", None)
    assert found.clock is not None
    assert (found.clock.runs, found.clock.until.utc, found.clock.length) == (True, until, None)
    assert found.clock.decided_from.utc[11:13] == f"{int(until[11:13]) + 1}"


def test_every_rule_kind_stands_in_one_of_the_tables() -> None:
    """A new kind has to say what it means to somebody who is on the way."""
    assert {name.split()[0] for name in MISSING | WAITING} == KINDS.keys()


def test_a_date_in_a_trait_is_what_the_clock_waits_for() -> None:
    """The deadline runs from local midnight in Berlin."""
    body = "reach: {count: {event: ordered, at_least: 1}}, within: {from: {trait: trial_ends}, for: 2d}"
    found = facts(catalog(m=body), identify("03-01", trial_ends="2026-03-10"))
    assert (found.state, found.starts_with) == ("open", "the date in trait trial_ends")
    assert found.clock is not None
    assert found.clock.began is not None
    assert (found.clock.began.utc, found.clock.until.utc) == ("2026-03-09T23:00:00Z", "2026-03-11T23:00:00Z")


def test_what_the_rule_looks_at_is_named() -> None:
    """Events of every member and what takes back, traits, and what starts the deadline; None is any event."""
    rule = "any: {of: [{count: {event: paid, at_least: 1}}, {trait: {name: plan, becomes: pro}}]}"
    found = facts(catalog(m=f"reach: {{{rule}}}, within: {{from: {{event: [visited, signed_up]}}, for: 1d}}"), *ORDERS)
    assert (found.events, found.traits) == (("paid", "refunded"), ("plan",))
    assert found.starts_with == "the first signed_up, visited"
    assert facts(catalog(m='reach: {count: {event: "*", at_least: 9}}'), *ORDERS).events is None


def test_a_deadline_after_another_milestone_names_it() -> None:
    """It begins when that one is reached."""
    cat = catalog(
        second="reach: {count: {event: visited, at_least: 1}}, within: {from: {milestone: first}, for: 1d}",
        first="reach: {count: {event: ordered, at_least: 2}}",
    )
    found = facts(cat, *ORDERS, as_of="03-03")
    assert found.starts_with == "the milestone first being reached"
    assert found.clock is not None
    assert found.clock.began is not None
    assert found.clock.began.utc == "2026-03-02T12:00:00Z"
