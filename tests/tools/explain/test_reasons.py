"""Each reason of the core in words, with what it was about."""

import re
from dataclasses import replace
from typing import get_args

import pytest

from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost.domain.guardrails import Guardrails
from milepost.domain.outbox import Reason
from milepost_tools.catalog.check import parse_catalog
from milepost_tools.catalog.compile import compiled
from milepost_tools.explain.facts import NudgeFacts
from milepost_tools.explain.page import page
from milepost_tools.explain.reasons import REASONS
from milepost_tools.explain.report import report
from tests.tools.explain.people import HEAD, explained, identify, track, watched

ONCE = "title: T, reach: {count: {event: ordered, at_least: 1}}"
YES = identify("03-01", email_opt_in=True, sms_opt_in=True)
ORDERED = track("ordered", "03-02")


def guarded(guardrails: str, **milestones: str) -> Catalog:
    """A catalog with these lines at its top."""
    lines = [f"  {name.replace('_', '-')}: {{{body}}}" for name, body in milestones.items()]
    text = HEAD.replace("milestones:\n", f"{guardrails}\nmilestones:\n") + "\n".join(lines)
    return catalog_from_compiled(compiled(parse_catalog(text.encode(), "catalog.yaml")))


def nudges(known: Catalog, *lines: str, as_of: str | None = None) -> list[NudgeFacts]:
    """Every verdict on the nudges of a log, milestone by milestone."""
    return [each for facts in explained(known, *lines, as_of=as_of).milestones for each in facts.nudges]


def step(**more: str) -> str:
    """A milestone that is reached with the first order, and one step of it by email."""
    said = "".join(f", {name}: {value}" for name, value in more.items())
    return f"{ONCE}, on_reached: [{{channel: email, template: hi{said}}}]"


def test_every_reason_of_the_core_has_words() -> None:
    """One without would be shown as a name that nobody but a programmer knows."""
    assert set(REASONS) == set(get_args(Reason))


def test_a_cap_says_which_one_and_by_what_it_was_used_up() -> None:
    """Not the first of the catalog but the one that was full; and until when, by the subject's clock."""
    known = guarded(
        "caps:\n  - {channel: sms, at_most: 1, per: day, else: suppress}\n"
        "  - {channel: email, at_most: 1, per: 2d, else: defer}",
        first=step(),
        again=f"{ONCE.replace('1', '2')}, on_reached: [{{channel: email, template: hi}}]",
    )
    sent, capped, later = nudges(known, YES, ORDERED, track("ordered", "03-03"), as_of="03-20")
    assert (sent.verdict, capped.verdict, capped.reason, later.verdict) == ("sent", "deferred", "cap", "sent")
    assert capped.why == (
        "the cap of 1 nudge per 2d for email was used up by first by email, sent at 2026-03-02 13:00:00 "
        "(2026-03-02T12:00:00Z); it was to wait until 2026-03-04 13:00:00 (2026-03-04T12:00:00Z)"
    )


def test_a_cap_on_a_tier_by_the_calendar_says_so() -> None:
    """Of two at an instant the one of lower priority."""
    known = guarded(
        "caps: [{tier: minor, at_most: 1, per: day, else: suppress}]",
        high=f"{step()}, priority: 90",
        low=f"{step()}, priority: 10",
    )
    sent, capped = nudges(known, YES, ORDERED)
    assert (sent.verdict, capped.verdict) == ("sent", "suppressed")
    assert capped.why.startswith("the cap of 1 nudge per calendar day for tier minor was used up by high by email")


def test_what_the_catalog_has_no_more_is_not_made_up() -> None:
    """The decision is older than the catalog that is looked at."""
    known = guarded("caps: [{at_most: 1, per: day, else: suppress}]", high=step(), low=step())
    decided = watched(known, YES, ORDERED)
    changed = replace(known, guardrails=Guardrails())
    for reason in ("cap", "arbitration", "quiet_hours", "send_window", "holdout", "suppress", "unless", "if"):
        as_decided = [replace(each, reason=reason, verdict="suppressed") for each in decided.decisions]
        for facts in report(replace(decided, decisions=as_decided), changed).milestones:
            assert "this catalog" in facts.nudges[0].why, reason


def test_arbitration_names_what_had_the_higher_priority() -> None:
    """And how long nothing of lower priority goes after it."""
    known = guarded(
        "arbitration: {window: 1h, losers: defer}", high=f"{step()}, priority: 90", low=f"{step()}, priority: 10"
    )
    _, lost, later = nudges(known, YES, ORDERED, as_of="03-20")
    assert (lost.verdict, lost.reason, later.verdict) == ("deferred", "arbitration", "sent")
    assert lost.why.startswith(
        "its priority 10 is less than 90 of high: within 1h of high by email, sent at 2026-03-02"
    )


def test_quiet_hours_and_the_send_window_say_when_it_may_go() -> None:
    """In the subject's zone."""
    quiet = guarded('quiet_hours: {from: "12:00", to: "15:30"}', first=step())
    waits = nudges(quiet, YES, ORDERED)[0]
    assert waits.why == (
        "quiet hours are 12:00 to 15:30 in Europe/Berlin; it waits until 2026-03-02 15:30:00 (2026-03-02T14:30:00Z)"
    )
    assert (waits.waits, waits.until and waits.until.local) == (True, "2026-03-02 15:30:00")
    window = guarded('send_window: {days: [tue, fri], from: "08:00", to: "10:00"}', first=step())
    assert nudges(window, YES, ORDERED)[0].why.startswith(
        "it may go only Tue, Fri 08:00 to 10:00, in Europe/Berlin; it waits until 2026-03-03 08:00:00"
    )


def test_nobodys_zone_waits_for_business_hours() -> None:
    """2026-03-01 is a Sunday."""
    known = replace(guarded('quiet_hours: {from: "21:00", to: "08:00"}', first=step()), timezone=None)
    said = nudges(known, identify("02-28", email_opt_in=True), track("ordered", "03-01"))[0]
    assert (said.verdict, said.reason) == ("deferred", "unknown_zone")
    assert "it may go only Mon, Tue, Wed, Thu, Fri 09:00 to 17:00, in UTC" in said.why


def test_a_ghost_says_how_many_are_told_nothing_and_whose_holdout_it_is() -> None:
    """A milestone's own takes the place of the catalog's."""
    everywhere = guarded("holdout: {share: 0.999999, salt: s}", first=step())
    (ghost,) = nudges(everywhere, YES, ORDERED)
    assert ghost.verdict == "held_out"
    assert ghost.why.endswith("the holdout of the catalog, the 100% of subjects who are told nothing")
    own = guarded("", first=f"{step()}, holdout: {{share: 0.999, salt: s}}")
    assert nudges(own, YES, ORDERED)[0].why.endswith(
        "in the holdout of first, the 99.90% of subjects who are told nothing"
    )


def test_conditions_of_a_step_are_said() -> None:
    """What it goes unless, and what it goes only if."""
    unless = guarded("", first=step(unless="{trait: {plan: pro}}"))
    pro = identify("03-01", email_opt_in=True, plan="pro")
    assert nudges(unless, pro, ORDERED)[0].why == 'it goes unless plan is "pro", and that was so'
    only = guarded("", goal=f"{ONCE.replace('ordered', 'paid')}", first=step(**{"if": "{reached: goal}"}))
    assert nudges(only, YES, ORDERED)[0].why == "it goes only if goal is reached, and that was not so"
    fell = guarded("", first=step(**{"if": "{drop: {event: visited, by: 0.5, over: 7d}}"}))
    assert nudges(fell, YES, ORDERED)[0].why == (
        "it goes only if visited fell by at least 50% in the last 1w against the 1w before, and that was not so"
    )


def test_a_suppression_rule_is_named_and_of_several_the_one_that_applied() -> None:
    """What is looked back at is what was so when it was decided."""
    known = guarded("suppress:\n  - {trait: {vip: true}}\n  - {event: ordered, last: 24h}", first=step())
    assert nudges(known, YES, ORDERED)[0].why == "nobody is written to while ordered in the last 1d"
    trait = guarded("suppress:\n  - {trait: {vip: true}}", first=step())
    gone = nudges(trait, identify("03-01", email_opt_in=True, vip=True), ORDERED, identify("03-03", vip=False))
    assert gone[0].why == "a suppression rule applied then and does not now: vip is true"


def test_what_waits_for_its_time_says_until_when_and_once_it_went_both_are_told() -> None:
    """In the order in which they were decided."""
    known = guarded("", first=step(after="3d", at='"09:00"'))
    (waits,) = nudges(known, YES, ORDERED)
    assert waits.why == "its time had not come; it waits until 2026-03-05 09:00:00 (2026-03-05T08:00:00Z)"
    before, sent = nudges(known, YES, ORDERED, as_of="03-20")
    assert [before.verdict, sent.verdict] == ["deferred", "sent"]
    assert before.why.startswith("its time had not come; it was to wait until 2026-03-05 09:00:00")
    assert (before.waits, before.id) == (False, sent.id)


def test_the_variant_that_a_subject_drew_is_the_milestone_that_is_explained() -> None:
    """Its own threshold and its own template, for life."""
    variants = "variants: {a: {share: 50, at_least: 3}, b: {share: 50, at_least: 2}}"
    known = guarded("", first=f"{step()}, {variants}")
    found = explained(known, YES, ORDERED)
    drawn = known.seen_by(found.subject).milestones["first"].variant
    assert (found.milestones[0].state, found.milestones[0].need) == ("open", {"a": "3", "b": "2"}[drawn or ""])
    assert found.events is not None
    assert [each.did for each in found.events] == ["sets email_opt_in, sms_opt_in", "counted for first"]


@pytest.mark.parametrize("as_of", [None, "03-20"])
def test_the_page_shows_verdict_reason_and_until_when(as_of: str | None) -> None:
    """As text, which wraps."""
    text = re.sub(r"\s+", " ", page(explained(guarded("", first=step(after="3d")), YES, ORDERED, as_of=as_of)))
    assert "deferred (not_yet), decided at 2026-03-02 13:00:00" in text
    assert ("published to the topic of email" in text) == (as_of is not None)
