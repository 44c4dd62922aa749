"""Laws about nudges, whatever the catalog says and however events arrive."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.advance import advance
from milepost.domain.caps import Cap
from milepost.domain.catalog import Catalog
from milepost.domain.event import Identify, Tick, Track
from milepost.domain.guardrails import Guardrails, Holdout
from milepost.domain.hours import Hours
from milepost.domain.instant import DAY, HOUR, SECOND, Instant
from milepost.domain.local import Span
from milepost.domain.milestone import Step
from milepost.domain.schedule import MOST_PENDING
from tests.domain.build import MAX_AGE, T0, Life, bought, count, identify, milestone, track
from tests.domain.laws.histories import LAW
from tests.domain.laws.nudged import CAPS, HOURS, Nudged, catalogs, histories

ZONES = sorted(available_timezones() - {"localtime"})
EVERYBODY = Holdout(Decimal("0.999999999999999999999"), "s")
LATER = Span(elapsed=DAY)


def wall(instant: Instant, zone: str) -> datetime:
    """The wall clock, reckoned apart from the code under test."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant // SECOND)).astimezone(ZoneInfo(zone))


def period(cap: Cap, instant: Instant, zone: str) -> object:
    """The calendar day, or the Monday, that an instant belongs to."""
    day = wall(instant, zone).date()
    return day if cap.per == "day" else day - timedelta(days=day.weekday())


@LAW
@given(catalogs(st.builds(Guardrails, caps=st.lists(CAPS, min_size=1, max_size=3).map(tuple))), histories())
def test_no_cap_is_ever_exceeded(catalog: Catalog, events: list[Track | Identify]) -> None:
    """In whatever order events arrive: reckoned from what was sent, not from what the subject's state says."""
    sent = Nudged(catalog).lives(events).used
    for cap in catalog.guardrails.caps:
        covered = [each.decided_at for each in sent if not cap.channels or each.channel in cap.channels]
        if isinstance(cap.per, int):
            most = max((sum(0 <= at - first < cap.per for at in covered) for first in covered), default=0)
        else:
            most = max(Counter(period(cap, at, catalog.timezone or "UTC") for at in covered).values(), default=0)
        assert most <= cap.at_most


@LAW
@given(st.sampled_from(ZONES), HOURS, st.lists(st.integers(0, 366 * 24 * 60), min_size=1, max_size=12))
def test_nothing_is_sent_in_quiet_hours_in_any_zone(zone: str, quiet: Hours, minutes: list[int]) -> None:
    """At any minute of a year; and none is forgotten for it."""
    step = Step(("in_app",), "t")
    catalog = replace(Nudged(_catalog(Guardrails(quiet=quiet), step)).life.catalog, timezone=zone)
    nudged = Nudged(catalog)
    events = [track(f"e{at}", T0 + at * 60 * SECOND) for at in sorted(set(minutes))]
    sent = nudged.lives(events, T0 + 400 * DAY).used
    assert len(sent) == len(events)
    for each in sent:
        clock = wall(each.decided_at, zone)
        minute = clock.hour * 60 + clock.minute
        inside = quiet.begins <= minute < quiet.ends
        outside_over_midnight = quiet.ends <= minute < quiet.begins
        assert not inside if quiet.begins < quiet.ends else outside_over_midnight


def _catalog(guardrails: Guardrails, *steps: Step) -> Catalog:
    again = milestone(count(1, repeats=True), reached=steps)
    return Catalog.of(
        "shop",
        [again],
        version=1,
        max_age=MAX_AGE,
        grace=0,
        events=frozenset({"bought"}),
        consent={"in_app": "always"},
        guardrails=guardrails,
    )


@LAW
@given(catalogs(), histories(), st.booleans())
def test_whoever_is_held_out_gets_nothing_but_what_is_operational(
    catalog: Catalog,
    events: list[Track | Identify],
    operational: bool,  # noqa: FBT001  # hypothesis gives it
) -> None:
    """And would have got the rest at the same moments: both groups are compared on the same terms."""
    if operational:
        catalog = _operational(catalog)
    held = replace(catalog, guardrails=replace(catalog.guardrails, holdout=EVERYBODY))
    told, untold = Nudged(catalog).lives(events), Nudged(held).lives(events)
    verdict = "sent" if operational else "held_out"
    assert {each.verdict for each in untold.used} <= {verdict}
    assert [(each.id, each.decided_at) for each in untold.used] == [(each.id, each.decided_at) for each in told.used]


def _operational(catalog: Catalog) -> Catalog:
    milestones = [
        replace(
            each,
            steps={
                path: tuple(replace(step, operational=True) for step in steps) for path, steps in each.steps.items()
            },
        )
        for each in catalog.milestones.values()
    ]
    return Catalog.of(
        catalog.name,
        milestones,
        version=1,
        max_age=catalog.max_age,
        grace=catalog.grace,
        events=catalog.events,
        consent=catalog.consent,
        timezone=catalog.timezone,
        guardrails=catalog.guardrails,
    )


@LAW
@given(catalogs(), histories())
def test_every_nudge_ends_in_exactly_one_final_verdict(catalog: Catalog, events: list[Track | Identify]) -> None:
    """Nothing is dropped without a record, nothing is decided twice, and nobody waits for ever."""
    nudged = Nudged(catalog).lives(events)
    for verdicts in nudged.verdicts.values():
        assert [each.is_final for each in verdicts] == [False] * (len(verdicts) - 1) + [True]
        assert all((each.until is None) is each.is_final for each in verdicts)
    assert nudged.life.progress.pending == ()
    assert nudged.most_pending <= MOST_PENDING
    steps = {each.id: each.steps for each in catalog.milestones.values()}
    wanted = sum(
        len(steps[each.milestone][each.outcome])
        for each in nudged.life.outcomes
        if each.outcome in ("reached", "missed", "recovered")
    )
    assert len(nudged.verdicts) == wanted


@LAW
@given(catalogs(), histories())
def test_ids_and_verdicts_are_the_same_under_every_retry(catalog: Catalog, events: list[Track | Identify]) -> None:
    """A call whose write was lost is made again; a call whose answer was lost finds nothing left to do."""
    life = Life(catalog)
    for event in events:
        before = life.progress
        first = life.get(event)
        assert advance(before, [event], catalog, event.arrived) == first
        again = advance(life.progress, [event], catalog, event.arrived)
        assert again.nudges == ()
        if life.progress.due is not None and life.progress.due <= event.arrived + 30 * DAY:
            due = life.progress.due
            before = life.progress
            ticked = life.tick(due)
            assert advance(before, [Tick(due)], catalog, due) == ticked


def test_more_than_can_wait_are_suppressed_the_last_ones_first() -> None:
    """Of equal priority; and recorded, like everything else."""
    waits = Step(("in_app",), "t", after=LATER)
    nudged = Nudged(_catalog(Guardrails(), waits)).lives(bought(*(place * HOUR for place in range(10))))
    reasons = Counter((each.verdict, each.reason) for each in nudged.final.values())
    assert reasons == {("sent", None): MOST_PENDING, ("suppressed", "too_many_waiting"): 2}
    assert nudged.most_pending == MOST_PENDING


def test_consent_that_is_withdrawn_while_a_nudge_waits_keeps_it_back() -> None:
    """It is asked when it would go."""
    step = Step(("email",), "t", after=LATER)
    catalog = replace(_catalog(Guardrails(), step), consent={"email": "email_opt_in"})
    yes, no = identify("yes", T0, email_opt_in=True), identify("no", T0 + 2 * HOUR, email_opt_in=False)
    events: list[Track | Identify] = [yes, *bought(HOUR), no]
    (nudge,) = Nudged(catalog).lives(events).final.values()
    assert (nudge.verdict, nudge.reason, nudge.decided_at) == ("suppressed", "no_consent", T0 + HOUR + DAY)
