"""Why each nudge got its verdict."""

from dataclasses import replace

from milepost.domain.instant import DAY, parse_instant
from milepost.domain.outbox import Nudge
from milepost_tools.explain.facts import NudgeFacts
from milepost_tools.explain.known import Known, decision_of
from milepost_tools.explain.reasons import REASONS
from milepost_tools.explain.report import report
from tests.tools.explain.people import catalog, explained, facts, identify, moment, simulated, stored, track

EMAIL = "reach: {count: {event: ordered, at_least: 1}}, on_reached: [{channel: email, template: hi}]"
SHOP = catalog(first=EMAIL)
NOON = parse_instant(moment("03-01"))
NUDGE = Nudge("id", "user:u_1", "first", "reached", 0, 1, "email", "hi", "sent", None, NOON, NOON, NOON + 3 * DAY, 3)


def nudge(*lines: str) -> NudgeFacts:
    """The only nudge of a log."""
    (only,) = facts(SHOP, *lines).nudges
    return only


def test_what_was_sent_says_where() -> None:
    """Path, occurrence, step, channel and template are those of the decision."""
    found = nudge(identify("03-01", email_opt_in=True), track("ordered", "03-02"))
    assert (found.verdict, found.why) == ("sent", "published to the topic of email")
    assert (found.path, found.n, found.step, found.channel, found.template) == ("reached", 1, 0, "email", "hi")
    assert found.decided_at.utc == "2026-03-02T12:00:00Z"


def test_without_consent_the_missing_trait_is_named() -> None:
    """Unknown, and known to be something else than true, are two things."""
    assert nudge(track("ordered", "03-02")).why == "email needs trait email_opt_in to be true, and it is unknown"
    found = nudge(identify("03-01", email_opt_in="yes"), track("ordered", "03-02"))
    assert (found.verdict, found.reason) == ("suppressed", "no_consent")
    assert found.why == (
        'email needs trait email_opt_in to be true, and it is "yes" since 2026-03-01 13:00:00 (2026-03-01T12:00:00Z)'
    )


def test_consent_that_came_too_late_is_told_apart_from_none() -> None:
    """Whoever looks at the traits now would wonder."""
    found = nudge(track("ordered", "03-02"), identify("03-03", email_opt_in=True))
    assert "it is now, since 2026-03-03 13:00:00" in found.why


def test_each_channel_of_a_step_says_what_it_lacks() -> None:
    """The first that has consent would have been taken; a channel that the catalog asks nothing for never opens."""
    body = "reach: {count: {event: ordered, at_least: 1}}, on_reached: [{channel: [email, sms], template: hi}]"
    without_email = replace(catalog(first=body), consent={"sms": "sms_opt_in"})
    (found,) = facts(without_email, track("ordered", "03-02")).nudges
    assert found.why == (
        "the catalog names no consent for email, so nobody is written to there; "
        "sms needs trait sms_opt_in to be true, and it is unknown"
    )


def test_what_was_stale_says_when_it_happened_and_how_old_it_was() -> None:
    """Against the milestone's own fresh_for."""
    found = nudge(identify("03-01", email_opt_in=True), track("ordered", "03-02", arrives="03-06T18:00"))
    assert (found.verdict, found.reason) == ("cancelled", "stale")
    assert found.why.startswith("older than fresh_for 3d: it happened at 2026-03-02 13:00:00")
    assert found.why.endswith("4d 6h before this was decided")


def test_what_was_called_back_says_why() -> None:
    """Taken back, or reached in time after all; a reason of a newer release stands as it is."""
    called = [decision_of(replace(NUDGE.cancelled(reason, NOON), id=reason), waits=False) for reason in REASONS]
    odd = replace(decision_of(NUDGE.cancelled("retracted", NOON), waits=False), reason="moonshine")
    whys = {each.reason: each.why for each in stored(SHOP, *called, odd, occurrences=1, at=NOON).nudges}
    assert "taken back" in whys["retracted"]
    assert "reached in time after all" in whys["reached_after_all"]
    assert whys["moonshine"] == "moonshine"


def test_what_waits_in_the_outbox_is_not_said_to_be_published() -> None:
    """It says until when it may still go."""
    (found,) = stored(SHOP, decision_of(NUDGE, waits=True), occurrences=1, at=NOON).nudges
    assert found.why.startswith("waits in the outbox to be published; not after 2026-03-04 13:00:00")


def test_a_channel_that_needs_no_consent_any_more_says_so() -> None:
    """The catalog at hand need not be the one that decided."""
    body = "reach: {count: {event: ordered, at_least: 1}}, on_reached: [{channel: in_app, template: hi}]"
    refused = replace(NUDGE, channel="in_app", verdict="suppressed", reason="no_consent")
    (found,) = stored(catalog(first=body), decision_of(refused, waits=False), occurrences=1, at=NOON).nudges
    assert found.why.startswith("in_app needs nobody's yes by this catalog")


def test_decisions_on_milestones_that_the_catalog_does_not_have_are_told_apart() -> None:
    """They stand under no milestone, and are not lost."""
    progress = simulated(SHOP, track("ordered", "03-02"))
    gone = decision_of(replace(NUDGE, milestone="gone"), waits=False)
    found = report(Known(progress, "a stack", None, [gone]), SHOP)
    assert [each.milestone for each in found.others] == ["gone"]
    assert found.milestones[0].nudges == ()


def test_the_zone_is_the_traits_else_the_contexts_else_the_catalogs() -> None:
    """And where it comes from is said (semantics, 3.5); a zone that does not exist is none."""
    tokyo = track("visited", "03-01", context={"timezone": "Asia/Tokyo"})
    found = [
        explained(SHOP, track("visited", "03-01")).person,
        explained(SHOP, tokyo).person,
        explained(SHOP, tokyo, identify("03-02", timezone="Europe/Paris")).person,
        explained(SHOP, tokyo, identify("03-02", timezone="Mars/Base")).person,
    ]
    assert [(each.zone, each.zone_from) for each in found] == [
        ("Europe/Berlin", "the catalog"),
        ("Asia/Tokyo", "the last event's context"),
        ("Europe/Paris", "trait timezone"),
        ("Asia/Tokyo", "the last event's context"),
    ]


def test_a_channel_that_was_closed_says_since_when_and_what_opens_it() -> None:
    """The trait that consents to it, set anew."""
    bounce = track("nudge_bounced", "03-02", id="b", channel="email", nudge_id="n")
    found = nudge(identify("03-01", email_opt_in=True), bounce, track("ordered", "03-03"))
    assert (found.verdict, found.reason) == ("suppressed", "channel_closed")
    assert found.why == (
        "a bounce, a complaint or an unsubscribe at 2026-03-02 13:00:00 (2026-03-02T12:00:00Z) has closed email, "
        "until trait email_opt_in is set to true by a later identify"
    )


def test_a_channel_that_needs_no_consent_stays_closed() -> None:
    """Nothing opens it again."""
    body = "reach: {count: {event: ordered, at_least: 1}}, on_reached: [{channel: in_app, template: hi}]"
    left = track("nudge_unsubscribed", "03-02", id="b", channel="in_app", nudge_id="n")
    (found,) = facts(catalog(first=body), left, track("ordered", "03-03")).nudges
    assert found.why.endswith("has closed in_app, it stays closed")
