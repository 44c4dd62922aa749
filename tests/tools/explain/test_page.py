"""The page, where a source or a subject is not as usual."""

from typing import Any

from milepost.domain.instant import DAY, parse_instant
from milepost.domain.outbox import Joined
from milepost.domain.progress import Progress, Standing, Trait
from milepost_tools.explain.known import Decision, Known
from milepost_tools.explain.page import WIDTH, page
from milepost_tools.explain.report import report
from tests.tools.explain.people import U1, catalog, explained, identify, moment, track

SHOP = catalog(
    first="reach: {count: {event: ordered, at_least: 1}}, audience: {plan: {exists: true}}",
    quiet="reach: {silence: {event: ordered, for: 7d}}",
)
NOON = parse_instant(moment("03-01"))
GONE = Decision("id", "gone", "missed", 1, 2, "sms", None, "cancelled", "stale", NOON, NOON)
PROGRESS = Progress(U1, 2, outbox=(Joined(NOON),), due=NOON, standings={"#00000001": Standing(1, NOON)})


def shown(progress: Progress, *decisions: Decision, **more: Any) -> str:
    """The page on a subject of a stack."""
    return page(report(Known(progress, "a stack", None, decisions, **more), SHOP))


def test_what_a_stack_still_has_to_do_for_a_subject_is_shown() -> None:
    """When it looks again, what waits in the outbox, and what this catalog does not know."""
    lines = shown(PROGRESS).splitlines()
    assert lines[0] == "user:u_1 in a stack"
    assert "  catalog     shop version 3; last judged by version 2" in lines
    assert "  next look   by the clock, not before 2026-03-01 13:00:00 (2026-03-01T12:00:00Z)" in lines
    assert "  outbox      1 waiting to be told or booked" in lines
    assert "  unknown     1 milestone that this catalog does not have" in lines
    assert lines[-1].startswith("A stack keeps no events")


def test_a_subject_that_was_never_counted_says_so() -> None:
    """Version 0 is no version."""
    assert "shop version 3; no event of the subject has been counted" in shown(Progress(U1))


def test_nudges_of_a_milestone_that_is_gone_come_at_the_end() -> None:
    """By the name of their milestone, with the reason as it was recorded and without a template."""
    text = shown(PROGRESS, GONE)
    assert (
        "Nudges of milestones that this catalog does not have\n  gone        missed #2, step 1: sms: cancelled" in text
    )


def test_lines_that_nobody_can_read_are_counted_on_the_page() -> None:
    """One of them might be the one that is looked for; bytes that are no text among them."""
    found = explained(SHOP, track("ordered", "03-01"), "{", "\x00", "\udcff")
    assert page(found).endswith("\n\n3 lines of the log cannot be read: whose, nobody can tell.")


def test_who_takes_part_sees_under_which_condition() -> None:
    """A condition that a trait is known at all among them."""
    assert "  takes part  yes: plan is known" in page(explained(SHOP, identify("03-01", plan="free")))
    assert "  takes part  no: plan is known, and it is unknown" in page(explained(SHOP, track("ordered", "03-01")))


def test_what_is_reached_without_a_step_says_why_nobody_heard_of_it() -> None:
    """The catalog tells nobody."""
    text = page(explained(SHOP, identify("03-01", plan="free"), track("ordered", "03-02")))
    assert "  nudge       none: the catalog has no step for `on_reached`" in text


def test_a_rule_that_waits_for_the_clock_says_when_it_decides() -> None:
    """And when with grace."""
    text = page(explained(SHOP, track("ordered", "03-01")))
    assert (
        "  clock       decides at 2026-03-08 13:00:00 (2026-03-08T12:00:00Z); with 1h of grace 2026-03-08 14:00:00"
        in text
    )


def test_an_instant_beyond_the_calendar_is_shown_as_it_is() -> None:
    """What is stored need not make sense to be explained."""
    odd = Progress(U1, 3, traits={"plan": Trait("free", 10**6 * 366 * DAY)})
    assert f'plan is "free" since {10**6 * 366 * DAY}us' in shown(odd)


def test_no_line_is_wider_than_the_page() -> None:
    """Whatever is in it."""
    long = Progress(U1, 3, traits={"plan": Trait("word " * 200, NOON), "x" * 300: Trait("y" * 300, NOON)})
    assert max(map(len, shown(long).splitlines())) == WIDTH
