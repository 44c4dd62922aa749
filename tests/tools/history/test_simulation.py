import json
from pathlib import Path

import pytest

from milepost_tools.catalog import load_catalog
from milepost_tools.history.clock import read_as_of
from milepost_tools.history.results import final_state, outcome_row
from milepost_tools.history.simulation import Simulation
from milepost_tools.local.sending import Parcel

CATALOG = """
catalog: shop
version: 3
grace: 1h
consent: {email: email_opt_in, in_app: always}
events: {signed_up: {}, ordered: {}}
milestones:
  first-order:
    reach: {count: {event: ordered, at_least: 1}}
    within: {from: {event: signed_up}, for: 7d}
    on_reached: [{channel: in_app, template: hello}]
    on_missed: [{channel: email, template: need-a-hand}]
    on_recovered: [{channel: in_app, template: welcome-back}]
"""


@pytest.fixture
def simulation(tmp_path: Path) -> Simulation:
    """A shop whose first order is due a week after the sign-up."""
    file = tmp_path / "catalog.yaml"
    file.write_text(CATALOG, encoding="utf-8")
    return Simulation(load_catalog(file))


def line(event: str, timestamp: str, **more: str) -> Parcel:
    """A line of a log."""
    body = {"type": "track", "messageId": f"{event}{timestamp}", "userId": "u_1", "event": event}
    return Parcel("line", json.dumps({**body, "timestamp": timestamp, **more}))


def outcomes(run: Simulation) -> list[tuple[str, str]]:
    """Kinds and instants in the final state."""
    return [(row["outcome"], row["at"]) for row in final_state(outcome_row(each) for each in run.outcomes)]


def test_an_event_exactly_at_the_deadline_meets_it(simulation: Simulation) -> None:
    """The end of the span is included (semantics, 3.7)."""
    run = simulation.run([line("signed_up", "2026-01-01T00:00:00Z"), line("ordered", "2026-01-08T00:00:00Z")])
    assert outcomes(run) == [("reached", "2026-01-08T00:00:00Z")]


def test_a_deadline_at_as_of_has_passed_once_its_grace_has(simulation: Simulation) -> None:
    """At an as-of of deadline plus grace it is missed; a second before it is pending."""
    signed_up = [line("signed_up", "2026-01-01T00:00:00Z")]
    assert outcomes(simulation.run(signed_up, read_as_of("2026-01-08T00:59:59Z"))) == []
    assert outcomes(simulation.run([], read_as_of("2026-01-08T01:00:00Z"))) == [("missed", "2026-01-08T00:00:00Z")]


def test_what_was_missed_and_met_later_is_recovered_and_both_lines_stay(simulation: Simulation) -> None:
    """A recovered has a line of its own beside its missed (semantics, section 7)."""
    run = simulation.run([line("signed_up", "2026-01-01T00:00:00Z"), line("ordered", "2026-01-20T00:00:00Z")])
    assert outcomes(run) == [("missed", "2026-01-08T00:00:00Z"), ("recovered", "2026-01-20T00:00:00Z")]


def test_a_late_order_that_beats_its_deadline_takes_the_place_of_the_miss(simulation: Simulation) -> None:
    """Nobody stays told that they missed what they did (semantics, 3.12)."""
    late = line("ordered", "2026-01-05T00:00:00Z", receivedAt="2026-01-25T00:00:00Z")
    run = simulation.run([line("signed_up", "2026-01-01T00:00:00Z"), line("ordered", "2026-01-20T00:00:00Z"), late])
    assert outcomes(run) == [("reached", "2026-01-05T00:00:00Z")]
    assert [nudge.path for nudge in run.nudges if nudge.verdict == "sent"] == ["recovered"]
    assert [nudge.reason for nudge in run.nudges if nudge.path == "reached"] == ["stale"]


def test_the_clock_never_goes_back_so_lateness_is_measured_against_it(simulation: Simulation) -> None:
    """A line without receivedAt that is older than max_age when its turn comes is refused."""
    run = simulation.run([line("ordered", "2026-03-01T00:00:00Z"), line("signed_up", "2026-01-01T00:00:00Z")])
    assert [refused.reason.split()[0:3] for refused in run.refused] == [["timestamp", "is", "older"]]


def alias(timestamp: str, previous: str, user: str = "u_1") -> Parcel:
    """A line that says who was the user."""
    body = {"type": "alias", "messageId": f"{previous} {timestamp}", "userId": user, "previousId": previous}
    return Parcel("line", json.dumps({**body, "timestamp": timestamp}))


@pytest.mark.parametrize("order", [("01", "02"), ("02", "01")], ids=["first link first", "last link first"])
def test_a_chain_of_aliases_ends_in_one_member(simulation: Simulation, order: tuple[str, str]) -> None:
    """Semantics 3.14: repeats and cycles change nothing, an event counts once, and so does the member."""
    first, second = order
    links = [alias(f"2026-01-{first}T12:00:00Z", "a", "b"), alias(f"2026-01-{second}T12:00:00Z", "b", "u_1")]
    run = simulation.run(
        [
            line("signed_up", "2026-01-01T00:00:00Z", userId="a"),
            line("ordered", "2026-01-01T00:00:00Z", userId="b"),
            line("signed_up", "2026-01-01T06:00:00Z"),
            *(links if first < second else reversed(links)),
            alias("2026-01-03T00:00:00Z", "a", "b"),
            alias("2026-01-03T00:00:01Z", "u_1", "a"),
            alias("2026-01-03T00:00:02Z", "u_1"),
            line("ordered", "2026-01-01T00:00:00Z", userId="a"),
            line("ordered", "2026-01-04T00:00:00Z", userId="a"),
        ]
    )
    assert [run.head(f"user:{user}").subject for user in ("a", "b", "u_1")] == ["user:u_1"] * 3
    assert [subject for subject, each in run.subjects.items() if each.forward is None] == ["user:u_1"]
    assert run.head("user:a").counted == {"ordered": 2, "signed_up": 2}
    assert (run.tally["counted"], run.tally["duplicate"]) == (4, 1)
    assert run.first_events.keys() == {"user:u_1"}
    assert outcomes(run.end(read_as_of("2026-02-01T00:00:00Z"))) == [("reached", "2026-01-01T00:00:00Z")]


def test_a_chain_of_a_thousand_and_more_is_followed(simulation: Simulation) -> None:
    """Whoever has so many devices is still one person."""
    links = [alias("2026-01-01T00:00:00Z", f"u{place}", f"u{place + 1}") for place in range(1_100)]
    run = simulation.run([*links, line("ordered", "2026-01-01T00:00:00Z", userId="u0")])
    assert run.head("user:u0").subject == "user:u1100"
    assert run.tally["counted"] == 1
