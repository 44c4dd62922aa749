"""What an operator cancels and sends again, in the core."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from milepost.domain.advance import acknowledge
from milepost.domain.caps import Cap, Use
from milepost.domain.catalog import Catalog
from milepost.domain.demand import Demand
from milepost.domain.gates import Closed
from milepost.domain.guardrails import Holdout
from milepost.domain.hours import Hours
from milepost.domain.instant import DAY, HOUR, MINUTE, Duration
from milepost.domain.local import Span
from milepost.domain.matcher import Condition
from milepost.domain.milestone import Step
from milepost.domain.operator import CANCELLED, Again, cancel, send_again
from milepost.domain.outbox import RETRY_AFTER, Nudge
from milepost.domain.progress import Progress
from milepost.domain.schedule import nudge_id
from tests.domain.build import SUBJECT, T0, Life, bought, catalog, count, identify, milestone, track, within
from tests.domain.test_journeys import guarded

EMAIL, EITHER = Step(("email",), "t"), Step(("email", "sms"), "t")
LATER = Step(("email",), "t", after=Span(elapsed=3 * DAY))
SAYS_YES = identify("yes", T0, email_opt_in=True, sms_opt_in=True)
AGAIN = Again("m", "reached", 0, 1, 1, T0, "email", 2)
PLAIN = catalog(milestone(count(1), reached=[EITHER]))
ONE_A_DAY = Cap(1, DAY, defers=True)


def lived(used: Catalog) -> Life:
    """A subject that says yes to everything and buys; nothing has been told yet."""
    life = Life(used)
    life.get(SAYS_YES)
    return life.each(bought(0))


def told(life: Life) -> Progress:
    """The same subject once everything has been told and booked."""
    return acknowledge(life.progress, frozenset(each.id for each in life.progress.outbox), life.catalog, T0)


def nudges(progress: Progress) -> list[tuple[str, str | None, str]]:
    """Verdict, reason and id of the nudges in the outbox."""
    return [(each.verdict, each.reason, each.id) for each in progress.outbox if isinstance(each, Nudge)]


def again(
    used: Catalog, wanted: Again = AGAIN, *, after: Duration = 10 * DAY, hurry: bool = False, life: Life | None = None
) -> Progress | Closed:
    """What comes of sending the nudge again so long after it happened."""
    progress = told(lived(used) if life is None else life)
    return send_again(progress, wanted, used, T0 + after, hurry=hurry)


def test_what_waits_for_its_time_is_cancelled_and_never_goes() -> None:
    """It is told and booked as every other verdict, under its own id, and the clock does not bring it back."""
    life = lived(catalog(milestone(count(1), reached=[LATER])))
    waiting = told(life)
    (pending,) = waiting.pending
    id_ = nudge_id("shop", SUBJECT, pending)
    cancelled = cancel(waiting, id_, life.catalog, T0 + HOUR)
    assert cancelled is not None
    assert nudges(cancelled) == [("cancelled", CANCELLED, id_)]
    assert (cancelled.pending, cancelled.due) == ((), T0 + HOUR + RETRY_AFTER)
    life.progress = cancelled
    life.tick(T0 + 30 * DAY)
    assert nudges(life.progress) == [("cancelled", CANCELLED, id_)]


def test_a_deferral_that_is_not_booked_yet_makes_way_for_the_cancellation() -> None:
    """One verdict of a nudge waits in the outbox, not two: they would be booked in one transaction."""
    life = lived(catalog(milestone(count(1), reached=[LATER])))
    ((verdict, _, id_),) = nudges(life.progress)
    cancelled = cancel(life.progress, id_, life.catalog, T0)
    assert verdict == "deferred"
    assert cancelled is not None
    assert nudges(cancelled) == [("cancelled", CANCELLED, id_)]
    assert len(cancelled.outbox) == len(life.progress.outbox)


def test_what_has_not_gone_out_yet_is_cancelled_and_gives_back_what_it_used() -> None:
    """The cap is open for the next one."""
    used = guarded(milestone(count(1), reached=[EMAIL]), caps=(ONE_A_DAY,))
    life = lived(used)
    ((_, _, id_),) = nudges(life.progress)
    cancelled = cancel(life.progress, id_, used, T0 + MINUTE)
    assert len(life.progress.used) == 1
    assert cancelled is not None
    assert cancelled.used == ()
    assert nudges(cancelled) == [("cancelled", CANCELLED, id_)]


def test_the_neighbours_of_what_is_cancelled_stay() -> None:
    """One id, one nudge."""
    life = lived(catalog(milestone(count(1), reached=[EMAIL, LATER, LATER])))
    first, second, third = nudges(life.progress)
    cancelled = cancel(life.progress, second[2], life.catalog, T0)
    assert cancelled is not None
    assert {first, third} < set(nudges(cancelled))
    assert [nudge_id("shop", SUBJECT, each) for each in cancelled.pending] == [third[2]]


def test_what_does_not_wait_cannot_be_cancelled() -> None:
    """Suppressed, told, or unheard of."""
    suppressed = Life(PLAIN).each(bought(0))
    ((_, reason, id_),) = nudges(suppressed.progress)
    assert reason == "no_consent"
    assert cancel(suppressed.progress, id_, PLAIN, T0) is None
    life = lived(PLAIN)
    ((_, _, sent),) = nudges(life.progress)
    assert cancel(told(life), sent, PLAIN, T0) is None
    assert cancel(life.progress, "0" * 32, PLAIN, T0) is None


def test_what_is_sent_again_has_an_id_of_its_own_and_touches_nothing_else() -> None:
    """Semantics 6: the attempt is part of it. It is as fresh as the operator's wish."""
    found = again(PLAIN)
    assert isinstance(found, Progress)
    (nudge,) = found.outbox
    assert isinstance(nudge, Nudge)
    ids = {AGAIN._replace(attempt=each).id(PLAIN, SUBJECT) for each in (1, 2, 3)}
    assert len(ids) == 3
    assert (nudge.id, nudge.attempt) == (AGAIN.id(PLAIN, SUBJECT), 2)
    assert (nudge.verdict, nudge.channel, nudge.at, nudge.decided_at) == ("sent", "email", T0, T0 + 10 * DAY)
    assert nudge.not_after == T0 + 13 * DAY
    assert found._replace(outbox=(), due=None, used=()) == told(lived(PLAIN))._replace(used=())


def test_the_first_attempt_keeps_the_id_that_every_nudge_has() -> None:
    """Whoever remembers ids of an earlier release still knows them."""
    ((_, _, id_),) = nudges(lived(PLAIN).progress)
    assert AGAIN._replace(attempt=1).id(PLAIN, SUBJECT) == id_


def test_another_channel_of_the_step_can_be_chosen() -> None:
    """The channel failed, not the nudge; its own consent is asked for."""
    found = again(PLAIN, AGAIN._replace(channel="sms"))
    assert isinstance(found, Progress)
    assert [each.channel for each in found.outbox if isinstance(each, Nudge)] == ["sms"]
    no_sms = lived(PLAIN)
    no_sms.get(identify("no", T0 + DAY, sms_opt_in=False))
    closed = again(PLAIN, AGAIN._replace(channel="sms"), life=no_sms)
    assert closed == Closed("suppressed", "no_consent")


NEVER: Mapping[str, tuple[Catalog, dict[str, object], Closed]] = {
    "consent": (PLAIN, {"email_opt_in": False}, Closed("suppressed", "no_consent")),
    "audience": (
        catalog(replace(milestone(count(1), reached=[EMAIL]), audience=(Condition(("plan",), "ne", "free"),))),
        {"plan": "free"},
        Closed("suppressed", "audience"),
    ),
    "suppression": (
        guarded(milestone(count(1), reached=[EMAIL]), suppress=(Demand((Condition(("case",), "eq", "open"),)),)),
        {"case": "open"},
        Closed("suppressed", "suppress"),
    ),
    "unless": (
        catalog(
            milestone(
                count(1),
                reached=[replace(EMAIL, unless=Demand((Condition(("came_back",), "eq", True),)))],  # noqa: FBT003
            )
        ),
        {"came_back": True},
        Closed("cancelled", "unless"),
    ),
}


@pytest.mark.parametrize("gate", NEVER)
def test_not_even_now_passes_what_protects_the_subject(gate: str) -> None:
    """Consent, audience, suppression rules and conditions: what is true of the subject now decides."""
    used, traits, expected = NEVER[gate]
    life = Life(used)
    life.get(identify("yes", T0, email_opt_in=True, plan="pro"))
    life.each(bought(0))
    assert nudges(life.progress)[0][0] == "sent"
    life.get(identify("later", T0 + DAY, **traits))
    assert again(used, life=life) == expected
    assert again(used, life=life, hurry=True) == expected


def test_who_is_held_out_is_not_told_by_hand_either() -> None:
    """The comparison would be spoilt; a share that was raised since it went counts."""
    everybody = guarded(milestone(count(1), reached=[EMAIL]), holdout=Holdout(Decimal(1), "s"))
    life = lived(PLAIN)
    assert again(everybody, life=life, hurry=True) == Closed("held_out", "holdout")


def test_caps_and_hours_hold_it_up_unless_it_cannot_wait() -> None:
    """Who asks is told until when; with --now it goes, and may be told although the hours are wrong."""
    capped = guarded(milestone(count(1), reached=[EMAIL]), caps=(ONE_A_DAY,))
    assert again(capped, after=HOUR) == Closed("deferred", "cap", T0 + DAY)
    assert isinstance(again(capped, after=HOUR, hurry=True), Progress)
    quiet = guarded(milestone(count(1), reached=[EMAIL]), quiet=Hours(0, 8 * 60))
    assert again(quiet, after=13 * HOUR) == Closed("deferred", "quiet_hours", T0 + 20 * HOUR)
    found = again(quiet, after=13 * HOUR, hurry=True)
    assert isinstance(found, Progress)
    assert [each.not_after for each in found.outbox if isinstance(each, Nudge)] == [T0 + 13 * HOUR + 3 * DAY]


def test_what_is_sent_again_uses_up_caps_as_any_other() -> None:
    """It is one message more that the subject gets."""
    capped = guarded(milestone(count(1), reached=[EMAIL]), caps=(Cap(2, 30 * DAY, defers=True),))
    found = again(capped)
    assert isinstance(found, Progress)
    assert [each.at for each in found.used] == [T0, T0 + 10 * DAY]
    assert all(isinstance(each, Use) for each in found.used)
    assert send_again(found, AGAIN._replace(attempt=3), capped, T0 + 11 * DAY, hurry=False) == Closed(
        "deferred", "cap", T0 + 30 * DAY
    )


def test_what_is_not_true_any_more_is_not_said_again() -> None:
    """3.12: a late event has shown that nothing was missed."""
    used = catalog(milestone(count(1), deadline=within(7 * DAY, "signed_up"), missed=[EMAIL]))
    life = Life(used)
    life.get(SAYS_YES)
    life.get(track("start", T0, "signed_up"))
    life.tick(T0 + 8 * DAY)
    missed = AGAIN._replace(path="missed", at=T0 + 7 * DAY)
    assert isinstance(again(used, missed, life=life), Progress)
    life.get(track("late", T0 + DAY, arrived=T0 + 9 * DAY))
    assert again(used, missed, life=life) == Closed("cancelled", "reached_after_all")


def test_a_step_that_has_left_the_catalog_cannot_be_sent_again() -> None:
    """Nobody knows any more what it says."""
    life = lived(PLAIN)
    fewer = catalog(milestone(count(1)))
    assert again(fewer, life=life) == Closed("cancelled", "not_in_catalog")
    assert again(fewer, AGAIN._replace(milestone="gone"), life=life) == Closed("cancelled", "not_in_catalog")


def test_what_could_not_be_told_in_time_is_cancelled_and_not_asked_about_again() -> None:
    """Otherwise it would wait under the id of the first attempt, which has long been told."""
    found = again(PLAIN)
    assert isinstance(found, Progress)
    life = Life(PLAIN, found)
    life.tick(T0 + 13 * DAY)
    assert nudges(life.progress) == [("cancelled", "stale", AGAIN.id(PLAIN, SUBJECT))]
    assert life.progress.pending == ()
    assert life.progress.used == ()
