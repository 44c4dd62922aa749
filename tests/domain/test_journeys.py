"""Nudges that wait: steps with a time of their own, gates that open later, and two people who are one."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from milepost.domain.advance import acknowledge
from milepost.domain.caps import Arbitration, Cap, Use, kept
from milepost.domain.catalog import Catalog
from milepost.domain.demand import Demand, Watch
from milepost.domain.guardrails import Guardrails, Holdout
from milepost.domain.hours import Hours
from milepost.domain.instant import DAY, HOUR, MINUTE, Instant, parse_instant
from milepost.domain.local import Span, local_in
from milepost.domain.merge import forwarded, merge
from milepost.domain.milestone import Milestone, Path, Step
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress
from milepost.domain.schedule import Pending, planned
from tests.domain.build import SUBJECT, T0, Life, bought, catalog, count, identify, matcher, milestone, track, within

NOW, LATER = Step(("in_app",), "now"), Step(("in_app",), "later", after=Span(elapsed=3 * DAY))
UNLESS = Step(("in_app",), "unless", after=Span(elapsed=3 * DAY), unless=Demand(reached="goal"))
ABOUT: tuple[Path, int, int, int, Instant, Instant, Instant] = ("reached", 0, 1, 1, T0, T0 + 3 * DAY, T0 + 3 * DAY)
"""Of a nudge that waits, all but its milestone."""
GOAL = milestone(count(1, event="signed_up"), name="goal")


def guarded(*milestones: Milestone, **guardrails: object) -> Catalog:
    """A catalog with guardrails."""
    plain = catalog(*milestones)
    return replace(
        Catalog.of(
            plain.name,
            milestones,
            version=1,
            max_age=plain.max_age,
            grace=plain.grace,
            events=plain.events,
            consent=plain.consent,
            timezone="UTC",
            guardrails=replace(Guardrails(), **guardrails),  # type: ignore[arg-type]  # Whatever a test needs.
        )
    )


def verdicts(life: Life) -> list[tuple[str, str, str | None, Instant]]:
    """What was said of each nudge, and when."""
    return [(each.template, each.verdict, each.reason, each.decided_at - T0) for each in life.nudges]


@pytest.mark.parametrize(
    ("step", "zone", "expected"),
    [
        (Step((), "t"), "UTC", "2026-03-05T22:00:00Z"),
        (Step((), "t", after=Span(elapsed=36 * HOUR)), "UTC", "2026-03-07T10:00:00Z"),
        (Step((), "t", at=9 * 60), "UTC", "2026-03-06T09:00:00Z"),
        (Step((), "t", at=22 * 60), "UTC", "2026-03-05T22:00:00Z"),
        (Step((), "t", at=9 * 60, after=Span(days=1)), "UTC", "2026-03-06T09:00:00Z"),
        (Step((), "t", at=9 * 60, after=Span(elapsed=12 * HOUR)), "UTC", "2026-03-07T09:00:00Z"),
        (Step((), "t", at=9 * 60, after=Span(months=1)), "UTC", "2026-04-05T09:00:00Z"),
        (Step((), "t", at=9 * 60, days=frozenset({0})), "UTC", "2026-03-09T09:00:00Z"),
        (Step((), "t", at=9 * 60, after=Span(days=1)), "Asia/Tokyo", "2026-03-07T00:00:00Z"),
        (Step((), "t", at=150, after=Span(days=3)), "America/New_York", "2026-03-08T07:30:00Z"),
        (Step((), "t", at=150, after=Span(elapsed=36 * HOUR)), "America/New_York", "2026-03-08T07:30:00Z"),
    ],
)
def test_a_step_is_planned_by_the_calendar_where_it_has_a_time_of_the_day(step: Step, zone: str, expected: str) -> None:
    """On Thursday 2026-03-05 at 22:00 UTC; in New York an hour is skipped on the 8th, and 02:30 is 03:30."""
    assert planned(step, parse_instant("2026-03-05T22:00:00Z"), local_in(zone, 0)) == parse_instant(expected)


def test_a_later_step_waits_and_goes_when_it_is_due() -> None:
    """Its first verdict says until when; an event in between changes nothing."""
    life = Life(catalog(milestone(count(1), reached=[NOW, LATER])))
    life.each(bought(0, HOUR))
    assert (life.progress.due, life.nudges[1].until) == (T0 + 15 * MINUTE, T0 + 3 * DAY)
    life.tick(T0 + 3 * DAY - 1)
    life.tick(T0 + 3 * DAY)
    assert verdicts(life) == [
        ("now", "sent", None, 0),
        ("later", "deferred", "not_yet", 0),
        ("later", "sent", None, 3 * DAY),
    ]
    assert life.nudges[1].id == life.nudges[2].id
    assert life.progress.pending == ()


def test_what_waits_arms_the_clock() -> None:
    """Once the outbox is told, the next thing to look at is the nudge."""
    life = Life(catalog(milestone(count(1), reached=[LATER]))).each(bought(0))
    told = frozenset(each.id for each in life.progress.outbox)
    assert acknowledge(life.progress, told, life.catalog, T0).due == T0 + 3 * DAY


def test_a_nudge_that_waits_is_not_decided_before_the_queue_is_worked_off() -> None:
    """An event in flight may show that the goal is reached (semantics, 3.11)."""
    life = Life(catalog(milestone(count(1), reached=[LATER]))).each(bought(0))
    life.tick(T0 + 3 * DAY - 1, now=T0 + 3 * DAY + HOUR)
    assert [each.verdict for each in life.nudges] == ["deferred"]
    assert life.progress.due is not None
    assert life.progress.due <= T0 + 3 * DAY


def test_the_goal_reached_while_a_nudge_waits_cancels_it() -> None:
    """It is asked when it would go."""
    life = Life(catalog(milestone(count(1), reached=[UNLESS]), GOAL)).each(bought(0))
    life.get(track("goal", T0 + DAY, "signed_up"))
    life.tick(T0 + 3 * DAY)
    assert verdicts(life)[1:] == [("unless", "cancelled", "unless", 3 * DAY)]


def test_a_late_event_cancels_what_waits_on_a_miss_that_is_none() -> None:
    """3.12: at once, for it has become untrue."""
    missing = milestone(count(1), deadline=within(7 * DAY, "signed_up"), missed=[LATER], reached=[NOW])
    life = Life(catalog(missing))
    life.get(track("start", T0, "signed_up"))
    life.tick(T0 + 7 * DAY + 15 * MINUTE)
    life.get(track("late", T0 + DAY, arrived=T0 + 8 * DAY))
    assert [each[:3] for each in verdicts(life)] == [
        ("later", "deferred", "not_yet"),
        ("later", "cancelled", "reached_after_all"),
        ("now", "cancelled", "stale"),
    ]


def test_of_two_at_a_time_the_higher_priority_goes_and_the_other_after_the_window() -> None:
    """Whatever their order in the catalog."""
    low = replace(milestone(count(1), name="low", reached=[Step(("in_app",), "low")]), priority=10)
    high = replace(milestone(count(1), name="high", reached=[Step(("in_app",), "high")]), priority=90)
    life = Life(guarded(low, high, arbitration=Arbitration(HOUR, defers=True))).each(bought(0))
    life.tick(T0 + HOUR)
    assert verdicts(life) == [
        ("high", "sent", None, 0),
        ("low", "deferred", "arbitration", 0),
        ("low", "sent", None, HOUR),
    ]


def test_what_was_called_back_gives_back_what_it_used() -> None:
    """Only what goes uses up a cap: here it became too old in the outbox."""
    cap = Cap(1, 30 * DAY, defers=False)
    life = Life(guarded(milestone(count(1, repeats=True), reached=[NOW]), caps=(cap,)))
    life.each(bought(0))
    assert list(life.progress.used) == [Use(T0, 50, "in_app", "minor", None)]
    life.tick(T0 + 4 * DAY)
    assert not life.progress.used
    life.get(track("again", T0 + 5 * DAY))
    assert life.nudges[-1].verdict == "sent"


def test_a_nudge_that_was_not_told_before_the_quiet_hours_waits_for_their_end() -> None:
    """Publish found its `not_after` passed; what it decided before is asked again."""
    quiet = Hours(21 * 60, 8 * 60)
    life = Life(guarded(milestone(count(1), reached=[NOW]), quiet=quiet)).each(bought(0))
    (nudge,) = [each for each in life.progress.outbox if isinstance(each, Nudge)]
    assert nudge.not_after == T0 + 9 * HOUR
    life.tick(T0 + 10 * HOUR)
    (nudge,) = [each for each in life.progress.outbox if isinstance(each, Nudge)]
    assert (nudge.verdict, nudge.reason, nudge.until) == ("deferred", "quiet_hours", T0 + 20 * HOUR)
    life.tick(T0 + 20 * HOUR)
    (nudge,) = [each for each in life.progress.outbox if isinstance(each, Nudge)]
    assert (nudge.verdict, life.progress.pending) == ("sent", ())


def test_what_went_out_while_it_was_called_back_does_not_wait_any_more() -> None:
    """Nobody is told twice: publish knows best what it has told."""
    life = Life(guarded(milestone(count(1), reached=[NOW]), quiet=Hours(21 * 60, 8 * 60))).each(bought(0))
    life.tick(T0 + 10 * HOUR)
    told = frozenset(each.id for each in life.progress.outbox)
    assert life.progress.pending
    assert acknowledge(life.progress, told, life.catalog, T0 + 10 * HOUR, told).pending == ()
    assert acknowledge(life.progress, told, life.catalog, T0 + 10 * HOUR).pending == life.progress.pending


def test_a_nudge_whose_step_has_left_the_catalog_is_cancelled() -> None:
    """When it would have gone, with its reason."""
    life = Life(catalog(milestone(count(1), reached=[NOW, LATER]))).each(bought(0))
    life.catalog = catalog(milestone(count(1), reached=[NOW]), version=2)
    life.tick(T0 + 3 * DAY)
    assert (life.nudges[-1].verdict, life.nudges[-1].reason) == ("cancelled", "not_in_catalog")


def test_an_older_release_leaves_alone_what_it_does_not_know() -> None:
    """Functions are deployed one after another: the newer one will decide it."""
    life = Life(catalog(milestone(count(1), reached=[NOW, LATER]), version=2)).each(bought(0))
    life.catalog = catalog(milestone(count(1), reached=[NOW]), version=1)
    life.tick(T0 + 3 * DAY)
    assert [each.milestone for each in life.progress.pending] == ["m"]


def test_an_event_of_late_keeps_nudges_back() -> None:
    """`suppress: {event, last}`: remembered as long as it counts."""
    watch = Watch(7, matcher("signed_up"), DAY, 1)
    life = Life(guarded(milestone(count(1, repeats=True), reached=[NOW]), suppress=(Demand(seen=watch),)))
    life.get(track("in", T0, "signed_up"))
    life.each(bought(HOUR, DAY))
    assert [each[1:3] for each in verdicts(life)] == [("suppressed", "suppress"), ("sent", None)]
    assert life.progress.recent == {7: (T0,)}


def split(share: int) -> Milestone:
    """A milestone with two variants: one purchase, or two with a template of its own."""
    plain = milestone(count(1), reached=[NOW])
    other = milestone(count(2), reached=[Step(("in_app",), "b")])
    both = [replace(each, variant=name) for name, each in (("a", plain), ("b", other))]
    return replace(plain, variants=((1 - share, both[0]), (share, both[1])))  # type: ignore[arg-type]  # 0 or 1.


@pytest.mark.parametrize(("share", "expected"), [(0, [("a", "now", 1)]), (1, [("b", "b", 2)])])
def test_a_variant_has_its_own_threshold_and_template(share: int, expected: list[tuple[str, str, int]]) -> None:
    """And stands on outcome and nudge."""
    life = Life(catalog(split(share)))
    found = []
    for number, event in enumerate(bought(0, HOUR), start=1):
        came = life.get(event)
        found += [(str(each.variant), each.template, number) for each in came.nudges]
    assert found == expected
    assert [each.variant for each in life.outcomes] == [expected[0][0]]


def other_life(used: Catalog) -> Life:
    """Somebody else's life."""
    return Life(used, Progress("user:device"))


def events_of(subject: str, *instants: Instant) -> list[object]:
    """Purchases of somebody else."""
    return [replace(each, subject=subject, user=subject) for each in bought(*instants)]


def test_what_waits_for_a_device_waits_for_its_user_under_the_users_id() -> None:
    """3.14: who is told later is the user, once; the device's own nudge is over, with a record."""
    used = catalog(milestone(count(1), reached=[LATER]))
    device = other_life(used)
    for event in events_of("user:device", 0):
        device.get(event)  # type: ignore[arg-type]
    user = Life(used)
    user.get(identify("i", T0 + HOUR, plan="pro"))
    both = merge(user.progress, device.progress, used, T0 + DAY)
    rest = forwarded(device.progress, user.progress, used, T0 + DAY)
    (deferred,) = both.nudges
    assert (deferred.verdict, deferred.reason, deferred.until) == ("deferred", "merged", T0 + 3 * DAY)
    ended = [each for each in rest.outbox if isinstance(each, Nudge)]
    assert [(each.id, each.verdict, each.reason) for each in ended] == [
        (device.nudges[0].id, "cancelled", "merged"),
    ]
    assert rest.pending == ()
    merged = Life(used, both.progress)
    merged.tick(T0 + 3 * DAY)
    assert [(each.id, each.verdict) for each in merged.nudges] == [(deferred.id, "sent")]
    assert deferred.id != device.nudges[0].id


def test_what_the_user_has_been_told_is_not_told_again_for_the_device() -> None:
    """Both had reached it: one of the two nudges goes."""
    used = catalog(milestone(count(1), reached=[LATER]))
    device, user = other_life(used), Life(used)
    device.get(events_of("user:device", 0)[0])  # type: ignore[arg-type]
    user.each(bought(HOUR)).tick(T0 + HOUR + 3 * DAY)
    both = merge(user.progress, device.progress, used, T0 + 4 * DAY)
    assert both.progress.pending == ()
    assert both.nudges == ()


@pytest.mark.parametrize("mine", [Pending("gone", *ABOUT, "#stand-in"), Pending("#stand-in", *ABOUT)])
def test_what_waits_for_both_waits_once(mine: Pending) -> None:
    """Of a milestone that has left the catalog too, also where an earlier release has not kept the user's its name."""
    used, theirs = catalog(milestone(count(1))), Pending("gone", *ABOUT, "#stand-in")
    user, device = Progress(SUBJECT, 1, pending=(mine,)), Progress("user:device", 1, pending=(theirs,))
    assert merge(user, device, used, T0 + HOUR).progress.pending == (mine,)


def test_what_both_have_used_up_counts_together() -> None:
    """Two people who were told once each have been told twice."""
    used = guarded(milestone(count(1, repeats=True), reached=[NOW]), caps=(Cap(2, 30 * DAY, defers=False),))
    device, user = other_life(used), Life(used).each(bought(HOUR))
    device.get(events_of("user:device", 0)[0])  # type: ignore[arg-type]
    both = merge(user.progress, device.progress, used, T0 + DAY).progress
    assert [each.at for each in both.used] == [T0, T0 + HOUR]
    merged = Life(used, both)
    merged.get(track("third", T0 + 2 * DAY))
    assert (merged.nudges[-1].verdict, merged.nudges[-1].reason) == ("suppressed", "cap")


def test_whoever_is_held_out_uses_up_caps_like_whoever_is_told() -> None:
    """Both groups are compared on the same terms."""
    cap, everybody = Cap(1, 30 * DAY, defers=False), Holdout(Decimal("0.999999999999999999999"), "s")
    again = milestone(count(1, repeats=True), reached=[NOW])
    life = Life(guarded(again, caps=(cap,), holdout=everybody)).each(bought(0, HOUR))
    assert [each[1:3] for each in verdicts(life)] == [("held_out", "holdout"), ("suppressed", "cap")]


@pytest.mark.parametrize(
    ("caps", "arbitration", "left"),
    [
        ((), None, []),
        ((Cap(2, 7 * DAY, defers=True),), None, [3, 4]),
        ((Cap(9, 2 * DAY, defers=True),), None, [3, 4]),
        ((Cap(1, 7 * DAY, defers=True, channels=frozenset({"email"})),), None, [2]),
        ((), Arbitration(3 * DAY, defers=True), [3, 4]),
    ],
    ids=["nobody looks back", "the newest two", "those of two days", "of its channel", "those not outranked"],
)
def test_what_was_used_up_is_forgotten_once_nobody_can_look_back_at_it(
    caps: tuple[Cap, ...], arbitration: Arbitration | None, left: list[int]
) -> None:
    """A nudge a day, the newest just now, of falling priority from the third on; the second by email."""
    told = [(1, 10, "in_app"), (2, 20, "email"), (3, 90, "in_app"), (4, 80, "in_app")]
    uses = [Use(T0 + day * DAY, priority, channel, "minor", None) for day, priority, channel in told]
    assert [(use.at - T0) // DAY for use in kept(uses, caps, arbitration, T0 + 4 * DAY)] == left


def test_what_was_counted_under_another_variant_counts_for_the_user() -> None:
    """3.14: the user's variant stays, and its threshold is what both together reach."""
    halves = (Fraction(1, 2), Fraction(1, 2))
    rules = [replace(milestone(count(at_least), reached=[NOW]), variant=f"{at_least}") for at_least in (3, 9)]
    used = catalog(replace(rules[0], variants=tuple(zip(halves, rules, strict=True))))
    names = [f"user:{number}" for number in range(20)]
    drawn = {used.seen_by(name).milestones["m"].variant: name for name in names}
    user, device = (Life(used, Progress(drawn[variant])) for variant in ("3", "9"))
    for event in bought(0, HOUR):
        device.get(replace(event, subject=drawn["9"], user=drawn["9"]))
    user.get(replace(track("own", T0 + DAY), subject=drawn["3"], user=drawn["3"]))
    both = merge(user.progress, device.progress, used, T0 + DAY)
    assert [(each.outcome, each.variant, each.at) for each in both.outcomes] == [("reached", "3", T0 + DAY)]
