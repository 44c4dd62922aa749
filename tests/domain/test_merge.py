"""`alias`: two subjects turn out to be one person (semantics, 3.14)."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.domain.advance import Advance, acknowledge, advance
from milepost.domain.catalog import Catalog
from milepost.domain.event import Tick, Track
from milepost.domain.identity import MOST_TRAITS
from milepost.domain.instant import DAY, HOUR, Instant
from milepost.domain.local import Span
from milepost.domain.matcher import Condition
from milepost.domain.merge import forwarded, merge
from milepost.domain.milestone import Milestone, Within
from milepost.domain.outbox import Joined, Nudge, Outcome, Parted
from milepost.domain.progress import Membership, Progress, Standing, Trait
from milepost.domain.rules import Rule
from milepost.domain.rules.count import Count
from milepost.domain.rules.date import Date
from milepost.domain.rules.silence import Silence
from milepost.domain.rules.streak import Streak
from milepost.domain.rules.trait import Trait as Turns
from tests.domain.build import (
    GRACE,
    IN_APP,
    MAX_AGE,
    T0,
    Life,
    catalog,
    count,
    identify,
    matcher,
    milestone,
    track,
    within,
)
from tests.domain.laws.catalogs import catalog as of_zone
from tests.domain.laws.catalogs import of_events, with_deadlines
from tests.domain.laws.histories import HISTORIES, Happening, final, tracks

OTHER = "user:device-7"
WEEK = 7 * DAY
NOW = T0 + 6 * DAY
"""When the two turn out to be one."""
DECIDED = T0 + WEEK + GRACE
PRO = Condition(("plan",), "eq", "pro")
BOUGHT, REFUNDED = matcher("bought"), matcher("refunded")
LAW = settings(max_examples=60)


class Two:
    """Two lives under one catalog, until they are one."""

    def __init__(self, *milestones: Milestone, version: int = 1) -> None:
        self.catalog = catalog(*milestones, version=version)
        self.user, self.other = Life(self.catalog), Life(self.catalog, Progress(OTHER))

    def merge(self, now: Instant = NOW, catalog: Catalog | None = None) -> Advance:
        """What comes of it; the user lives on with it."""
        used = catalog or self.catalog
        self.before = self.user.progress
        merged = merge(self.user.progress, self.other.progress, used, now)
        self.rest = forwarded(self.other.progress, self.before, used, now)
        self.user = Life(used, merged.progress, [*self.user.outcomes, *merged.outcomes])
        return merged

    def standing(self, name: str = "m") -> Standing:
        """Of both."""
        return self.user.standing(name)

    @property
    def surplus(self) -> dict[str, dict[str, int]]:
        """What the statistics take off, by milestone; a member less is an empty one."""
        parted = (each for each in self.rest.outbox if isinstance(each, Parted))
        return {each.milestone or "*": dict(each.surplus) for each in parted}


def two(rule: Rule, deadline: Within | None = None, **changes: object) -> Two:
    """Two lives with one milestone."""
    steps = [IN_APP]
    known = milestone(rule, deadline=deadline, fresh_for=30 * DAY, reached=steps, missed=steps if deadline else ())
    return Two(replace(known, **changes))  # type: ignore[arg-type]  # Fields of a milestone.


def purchases(prefix: str, *instants: Instant) -> list[Track]:
    """Purchases so long after T0, which nobody else has made."""
    return [track(f"{prefix}{place}", T0 + instant) for place, instant in enumerate(instants)]


def told(result: Advance) -> list[tuple[str, int, Instant, tuple[str, ...]]]:
    """The outcomes found: which, how often, when and what they undo."""
    return [(each.outcome, each.n, each.at - T0, each.undoes) for each in result.outcomes]


# ------------------------------------------------------------------------------------------- what is known


def test_what_both_counted_is_added_up_and_what_neither_had_is_told() -> None:
    """3.14: 3 purchases on one side and 2 on the other are 5."""
    lives = two(count(5))
    lives.user.each(purchases("u", 0, 1, 2))
    lives.other.each(purchases("o", 5, 3))
    result = lives.merge()
    assert told(result) == [("reached", 1, 5, ())]
    assert [each.subject for each in result.outcomes] == ["user:u_1"]
    assert [(each.path, each.verdict) for each in result.nudges] == [("reached", "sent")]
    assert result.progress.counted == {"bought": 5}
    assert (lives.rest.counted, lives.rest.standings, lives.rest.forward) == ({}, {}, "user:u_1")


def test_what_comes_later_is_deduplicated_against_what_both_had_seen() -> None:
    """3.14: a copy of what the other had counted counts no second time."""
    lives = two(count(99))
    lives.user.each(purchases("u", 0))
    lives.other.each(purchases("o", 1))
    lives.merge()
    assert lives.user.get(*purchases("u", 0), *purchases("o", 1)).tally["duplicate"] == 2
    assert lives.user.progress.counted == {"bought": 2}


def test_of_each_trait_the_later_write_stays() -> None:
    """3.14 with section 1: last write by event time wins; at one instant the user's."""
    lives = two(count(1))
    lives.user.each([identify("u", T0 + 5, plan="pro", region="eu", seat=1)])
    lives.other.each([identify("o", T0 + 5, plan="free"), identify("p", T0 + 9, region="us", source="ad")])
    traits = lives.merge().progress.traits
    assert {name: trait.value for name, trait in traits.items()} == {
        "plan": "pro",
        "region": "us",
        "seat": 1,
        "source": "ad",
    }


def test_traits_beyond_the_most_are_left_out() -> None:
    """The other's, if the user's are as many as there may be."""
    lives = two(count(1))
    lives.user.each([identify("u", T0, **{f"u{n}": n for n in range(MOST_TRAITS)})])
    lives.other.each([identify("o", T0 + 1, plan="free", u1="later")])
    result = lives.merge()
    assert len(result.progress.traits) == MOST_TRAITS
    assert (result.tally["trait_left_out"], result.progress.traits["u1"].value) == (1, "later")


def test_the_later_zone_and_the_accounts_of_both_stay() -> None:
    """3.5: what the last event's context said; accounts in the order of time."""
    lives = two(count(1))
    lives.user.progress = Progress(
        "user:u_1", 1, zone=Trait("Europe/Berlin", T0), memberships=(Membership(NOW - 5, "a"), Membership(NOW - 1, "c"))
    )
    lives.other.progress = Progress(
        OTHER, 1, zone=Trait("Asia/Tokyo", T0 + 1), memberships=(Membership(NOW - 3, "b"), Membership(NOW - 1, "c"))
    )
    progress = lives.merge().progress
    assert progress.zone == Trait("Asia/Tokyo", T0 + 1)
    assert [each.account for each in progress.memberships] == ["a", "b", "c"]


def test_somebody_of_whom_nothing_is_known_changes_nothing() -> None:
    """3.14: an alias to a device that never sent an event; and back, the user is who the device was."""
    lives = two(count(3), within(WEEK))
    lives.user.each(purchases("u", 0, 1))
    before = lives.user.progress
    assert told(lives.merge()) == []
    assert lives.user.progress == before._replace(due=lives.user.progress.due)
    assert lives.rest == Progress(OTHER, forward="user:u_1")
    fresh = Two(*lives.catalog.milestones.values())
    fresh.other.progress = before
    progress = fresh.merge().progress
    assert progress == before._replace(outbox=(), due=progress.due)
    assert fresh.surplus == {}


def test_two_of_whom_nothing_is_known_are_nobody() -> None:
    """And above all no member."""
    lives = two(count(1))
    assert lives.merge() == Advance(Progress("user:u_1"), (), (), {})


def test_nobody_joins_twice() -> None:
    """One who had joined as both is one member; one who had joined as the other has joined."""
    lives = two(count(9))
    lives.other.each(purchases("o", 0))
    assert not any(isinstance(each, Joined) for each in lives.merge().progress.outbox)
    assert lives.surplus == {}
    lives = two(count(9))
    lives.user.each(purchases("u", 0))
    lives.other.each(purchases("o", 0))
    lives.merge()
    assert lives.surplus == {"*": {}}


# ---------------------------------------------------------------------------------------------- standings


def test_reached_by_either_is_reached_and_told_once() -> None:
    """At the earlier instant; the statistics count it once."""
    lives = two(count(1))
    lives.user.each(purchases("u", 9))
    lives.other.each(purchases("o", 4))
    assert told(lives.merge()) == []
    assert (lives.standing().occurrences, lives.standing().at) == (1, T0 + 4)
    assert lives.surplus == {"*": {}, "m": {"reached": 1}}


@pytest.mark.parametrize(("user", "other"), [([0], []), ([], [0])])
def test_reached_by_one_is_reached_and_nothing_is_taken_off(user: list[Instant], other: list[Instant]) -> None:
    """The one outcome there is stays counted, whoever it was told to."""
    lives = two(count(1))
    lives.user.each([*purchases("u", *user), track("x", T0, "signed_up")])
    lives.other.each([*purchases("o", *other), track("y", T0, "signed_up")])
    assert told(lives.merge()) == []
    assert lives.standing().occurrences == 1
    assert lives.surplus == {"*": {}}


def test_repeating_occurrences_are_those_of_the_sum() -> None:
    """3.14: 5 and 4 with N = 2 are 9, which is 4 times; 2 have been told, 2 are new, 2 were counted twice."""
    lives = two(count(2, repeats=True))
    lives.user.each(purchases("u", 0, 1, 2, 3, 7))
    lives.other.each(purchases("o", 4, 5, 6, 9))
    assert told(lives.merge()) == [("reached", 3, 9, ()), ("reached", 4, 9, ())]
    assert lives.surplus["m"] == {"reached": 2}
    lives.user.get(track("more", T0 + 10))
    assert lives.standing().occurrences == 5


def test_what_was_taken_back_is_taken_back_from_both() -> None:
    """3.10: a refund on one side takes a purchase of the other back, and what was reached stays."""
    lives = two(Count(BOUGHT, 2, repeats=True, back=REFUNDED))
    lives.user.each(purchases("u", 0, 1))
    lives.other.each([*purchases("o", 2), track("r", T0 + 3, "refunded")])
    assert told(lives.merge()) == []
    assert told(lives.user.get(track("a", T0 + 4))) == []
    assert told(lives.user.get(track("b", T0 + 5))) == [("reached", 2, 5, ())]


def test_a_day_of_the_other_that_joins_two_runs_takes_one_back() -> None:
    """3.6: one run where two were told of; that there was a retraction is a count of its own, and stays."""
    lives = two(Streak(BOUGHT, 2, "day", repeats=True))
    lives.user.each(purchases("u", 0, DAY, 3 * DAY, 4 * DAY))
    lives.other.each(purchases("o", 2 * DAY))
    assert told(lives.merge()) == [("retracted", 2, 4 * DAY, ("reached",))]
    assert (lives.standing().occurrences, lives.surplus) == (1, {"*": {}})


def test_a_deadline_runs_from_the_earlier_anchor() -> None:
    """2: the first `from` instant of the person; what was after that one's deadline is not in time."""
    lives = two(count(2), within(WEEK, "signed_up"))
    lives.user.each([track("us", T0 + 3 * DAY, "signed_up"), *purchases("u", 8 * DAY)])
    lives.other.each([track("os", T0, "signed_up"), *purchases("o", DAY)])
    assert told(lives.merge(T0 + 8 * DAY)) == []
    assert told(lives.user.tick(T0 + 20 * DAY)) == [("missed", 1, WEEK, ()), ("recovered", 1, 8 * DAY, ())]


def test_what_both_did_in_time_reaches_it() -> None:
    """3.14: one has the anchor, the other what is missing."""
    lives = two(count(1), within(WEEK, "signed_up"))
    lives.user.each(purchases("u", DAY))
    lives.other.each([track("os", T0, "signed_up")])
    assert told(lives.merge()) == [("reached", 1, DAY, ())]


def test_a_deadline_that_is_still_open_is_waited_for() -> None:
    """`due` is that of the merged progress."""
    lives = two(count(2), within(WEEK, "signed_up"))
    lives.other.each([track("os", T0, "signed_up")])
    lives.other.progress = acknowledge(lives.other.progress, frozenset({"joined"}), lives.catalog, NOW)
    lives.merge()
    assert lives.user.progress.due == DECIDED
    assert lives.rest.due is None


def test_both_missed_is_missed_once() -> None:
    """And the statistics count one miss; done together after all, it undoes that one."""
    lives = two(count(3), within(WEEK, "signed_up"))
    for life, name in ((lives.user, "u"), (lives.other, "o")):
        life.each([track(f"{name}s", T0, "signed_up"), *purchases(name, DAY)])
        life.tick(DECIDED)
    assert told(lives.merge(DECIDED)) == []
    assert (lives.standing().missed, lives.surplus["m"]) == (1, {"missed": 1})
    late = track("late", T0 + 2 * DAY, arrived=DECIDED)
    assert told(lives.user.get(late)) == [("reached", 1, 2 * DAY, ("missed",))]


def test_both_missed_what_they_did_together() -> None:
    """3.12: each too little, both enough and in time: the miss is undone."""
    lives = two(count(2), within(WEEK, "signed_up"))
    for life, name in ((lives.user, "u"), (lives.other, "o")):
        life.each([track(f"{name}s", T0, "signed_up"), *purchases(name, DAY)])
        life.tick(DECIDED)
    result = lives.merge(DECIDED)
    assert told(result) == [("reached", 1, DAY, ("missed",))]
    assert [(each.path, each.verdict) for each in result.progress.outbox if isinstance(each, Nudge)] == [
        ("missed", "cancelled"),
        ("reached", "sent"),
    ]
    assert lives.surplus["m"] == {"missed": 1}
    assert [(each.path, each.verdict, each.reason) for each in lives.rest.outbox if isinstance(each, Nudge)] == [
        ("missed", "cancelled", "reached_after_all")
    ]


def missed_and_reached(at: Instant = DAY) -> tuple[Life, Life]:
    """One has missed, the other, who signed up a day later, has reached it."""
    lives = two(count(1), within(WEEK, "signed_up"))
    lives.user.each([track("us", T0, "signed_up")])
    lives.user.tick(DECIDED)
    lives.other.each([track("os", T0 + DAY, "signed_up"), *purchases("o", at)])
    return lives.user, lives.other


def test_a_miss_that_the_other_reached_in_time_is_undone() -> None:
    """3.12: the user, who was told of the miss, is told; it is counted once."""
    lives = two(count(1), within(WEEK, "signed_up"))
    lives.user.progress, lives.other.progress = (each.progress for each in missed_and_reached())
    assert told(lives.merge(DECIDED)) == [("reached", 1, DAY, ("missed",))]
    assert (lives.standing().missed, lives.surplus["m"]) == (0, {"reached": 1})


def test_a_miss_of_the_other_that_the_user_reached_in_time_is_undone_silently() -> None:
    """3.12: the user knows; the miss is taken off, and what waits to be told of it is called back."""
    lives = two(count(1), within(WEEK, "signed_up"))
    missed, reached = (each.progress for each in missed_and_reached())
    lives.user.progress, lives.other.progress = reached._replace(subject="user:u_1"), missed._replace(subject=OTHER)
    assert told(lives.merge(DECIDED)) == []
    assert (lives.standing().occurrences, lives.standing().missed, lives.surplus["m"]) == (1, 0, {"missed": 1})
    assert [each.verdict for each in lives.rest.outbox if isinstance(each, Nudge)] == ["cancelled"]


def test_a_miss_that_the_other_reached_too_late_stands_beside_it() -> None:
    """3.12: in time for the other's anchor, not for the earlier one: both were told, and both stay."""
    lives = two(count(1), within(WEEK, "signed_up"))
    lives.user.progress, lives.other.progress = (each.progress for each in missed_and_reached(WEEK + 1))
    assert told(lives.merge(DECIDED)) == []
    assert (lives.standing().occurrences, lives.standing().missed, lives.surplus) == (1, 1, {"*": {}})


def test_a_miss_that_stands_is_still_told() -> None:
    """3.12: what waits in the other's outbox is true: the user was too late for that one's anchor."""
    lives = two(count(1), within(WEEK, "signed_up"))
    missed, reached = (each.progress for each in missed_and_reached(WEEK + 1))
    lives.user.progress, lives.other.progress = reached._replace(subject="user:u_1"), missed._replace(subject=OTHER)
    lives.merge(DECIDED)
    assert [each.verdict for each in lives.rest.outbox if isinstance(each, Nudge)] == ["sent"]


def test_a_miss_is_not_undone_by_what_was_marked_silently() -> None:
    """3.13: nobody knows whether that was in time; nor does a closed one keep a miss from being undone."""
    lives = two(count(1), within(WEEK, "signed_up"))
    lives.user.progress = missed_and_reached()[0].progress
    shape = lives.catalog.milestones["m"].shape
    lives.other.progress = Progress(OTHER, 1, standings={"m": Standing(1, T0, shape, closed=1, baseline=1)})
    assert told(lives.merge(DECIDED)) == []
    assert lives.standing().missed == 1
    lives = two(count(1), within(WEEK, "signed_up"))
    lives.user.progress = missed_and_reached()[0].progress
    lives.other.progress = Progress(OTHER, 1, standings={"m": Standing(shape=shape, closed=1)})
    lives.merge(DECIDED)
    late = track("late", T0 + DAY, arrived=DECIDED)
    assert told(lives.user.get(late)) == [("reached", 1, DAY, ("missed",))]


def test_a_settled_course_takes_in_what_was_loose() -> None:
    """3.12: the user missed, decided and settled; the other's purchase was in time, without any anchor."""
    lives = two(count(2), within(WEEK, "signed_up"))
    lives.user.each([track("us", T0, "signed_up"), *purchases("u", DAY)])
    lives.user.tick(DECIDED)
    lives.other.each(purchases("o", 2 * DAY))
    assert told(lives.merge(DECIDED)) == [("reached", 1, 2 * DAY, ("missed",))]


def test_what_was_missed_and_done_late_is_recovered() -> None:
    """2: of two who missed, one has done it since."""
    lives = two(count(2), within(WEEK, "signed_up"))
    for life, name, at in ((lives.user, "u", DAY), (lives.other, "o", 9 * DAY)):
        life.get(track(f"{name}s", T0, "signed_up"))
        life.tick(DECIDED)
        life.get(track(f"{name}b", T0 + at, arrived=T0 + 9 * DAY))
    assert told(lives.merge(T0 + 9 * DAY)) == [("recovered", 1, 9 * DAY, ())]
    assert lives.surplus["m"] == {"missed": 1}


def test_where_nobody_knows_whether_it_was_in_time_it_was() -> None:
    """3.11: both are settled, and the later one ran longer; what it saw counts, at the deadline at the latest."""
    lives = two(count(2), within(WEEK, "signed_up"))
    lives.user.each([track("us", T0, "signed_up"), *purchases("u", DAY)])
    lives.user.tick(DECIDED)
    lives.other.each([track("os", T0 + 5 * DAY, "signed_up"), *purchases("o", 9 * DAY)])
    lives.other.tick(DECIDED + 5 * DAY)
    assert told(lives.merge(DECIDED + 5 * DAY)) == [("reached", 1, WEEK, ("missed",))]


def test_a_deadline_from_another_milestone_starts_when_the_merge_reaches_that() -> None:
    """2: as it does when an event reaches it; what was done since counts."""
    first, second = milestone(count(2), name="first"), milestone(count(1, event="signed_up"), name="m")
    lives = Two(first, replace(second, within=Within(WEEK, milestone="first")))
    lives.user.each([*purchases("u", 0), track("us", T0 + 9, "signed_up")])
    lives.other.each(purchases("o", 5))
    assert [(each.milestone, each.at - T0) for each in lives.merge().outcomes] == [("first", 5), ("m", 9)]


def test_a_deadline_from_a_trait_runs_from_the_date_that_stays() -> None:
    """2: from the later write, not from the earlier date."""
    lives = two(count(9), Within(WEEK, trait="renews_at"))
    lives.user.each([identify("u", T0, renews_at="2026-04-01T00:00:00Z")])
    lives.other.each([identify("o", T0 + 1, renews_at="2026-05-01T00:00:00Z")])
    lives.merge()
    (missed,) = lives.user.tick(T0 + 300 * DAY).outcomes
    assert missed.at - WEEK - T0 == 60 * DAY + 12 * HOUR


def test_a_trait_that_either_has_taken_is_reached() -> None:
    """2: whoever has the value has reached it."""
    lives = two(Turns(PRO))
    lives.user.each([identify("u", T0, plan="free")])
    lives.other.each([identify("o", T0 + 1, plan="pro")])
    assert told(lives.merge()) == []
    assert lives.standing().occurrences == 1


def test_a_date_waits_for_the_trait_that_stays() -> None:
    """2: what the earlier write said is off, and nobody is told of it."""
    lives = two(Date(None, "renews_at", Span(days=2)))
    lives.user.each([identify("u", T0, renews_at="2026-04-01T00:00:00Z")])
    lives.other.each([identify("o", T0 + 1, renews_at="2026-05-01T00:00:00Z")])
    lives.merge()
    (reached,) = lives.user.tick(T0 + 300 * DAY).outcomes
    assert reached.at - T0 == 62 * DAY + 12 * HOUR


def test_a_silence_that_the_other_broke_is_none() -> None:
    """3.8: neither was silent for D together, so nothing is due but the last of both."""
    lives = two(Silence(BOUGHT, 4 * DAY))
    lives.user.each(purchases("u", 0, 6 * DAY))
    lives.other.each(purchases("o", 3 * DAY))
    lives.merge()
    assert [each.at - T0 for each in lives.user.tick(T0 + 30 * DAY).outcomes] == [10 * DAY]


def test_what_was_held_counts_once_the_two_take_part() -> None:
    """2, `audience`: the other had the plan, the user the purchases."""
    lives = two(count(1), audience=(PRO,))
    lives.user.each(purchases("u", 1))
    lives.other.each([identify("o", T0, plan="pro")])
    assert told(lives.merge()) == [("reached", 1, 1, ())]


def test_what_was_held_counts_no_second_time() -> None:
    """2, `audience`: the user was told, the other did not take part."""
    lives = two(count(1), audience=(PRO,))
    lives.user.each([identify("u", T0, plan="pro"), *purchases("u", 1)])
    lives.other.each(purchases("o", 2))
    assert told(lives.merge()) == []
    assert (lives.standing().occurrences, lives.standing().held) == (1, None)


def test_who_does_not_take_part_is_told_nothing_of_what_both_did() -> None:
    """2, `audience`: it is held."""
    lives = two(count(2), audience=(PRO,))
    lives.user.each(purchases("u", 1))
    lives.other.each(purchases("o", 2))
    assert told(lives.merge()) == []
    assert lives.standing().held == (T0 + 2, None)
    assert told(lives.user.get(identify("pro", T0 + DAY, plan="pro"))) == [("reached", 1, 2, ())]


def test_both_are_judged_by_the_new_catalog_before() -> None:
    """3.13: each is marked baseline by itself, and the statistics count one."""
    lives = Two(milestone(count(99), name="old"))
    lives.user.each(purchases("u", 0))
    lives.other.each(purchases("o", 0))
    result = lives.merge(catalog=catalog(milestone(count(1)), version=2))
    assert told(result) == [("baseline", 1, NOW - T0, ())]
    assert lives.surplus == {"*": {}, "m": {"baseline": 1}}
    assert [each.outcome for each in lives.rest.outbox if isinstance(each, Outcome)] == ["baseline"]


def test_who_has_reached_it_is_not_baseline() -> None:
    """3.13: one marked silently, one congratulated: that one stays in the statistics."""
    lives = two(count(1))
    lives.user.each([track("x", T0, "signed_up")])
    lives.user.progress = lives.user.progress._replace(
        standings={"m": Standing(1, T0, lives.catalog.milestones["m"].shape, baseline=1)}
    )
    lives.other.each(purchases("o", 4))
    lives.merge()
    assert (lives.standing().baseline, lives.surplus["m"]) == (0, {"baseline": 1})


def test_a_deadline_that_began_before_anybody_knows_is_nobodys() -> None:
    """3.13: closed for one, so for both: nobody is told that they missed it."""
    lives = two(count(9), within(WEEK, "signed_up"))
    shape = lives.catalog.milestones["m"].shape
    lives.user.progress = Progress("user:u_1", 1, standings={"m": Standing(shape=shape, closed=1)})
    lives.other.each([track("os", T0, "signed_up")])
    lives.merge()
    assert lives.user.tick(T0 + 99 * DAY).outcomes == ()


def test_a_standing_of_another_shape_tells_only_what_was_told() -> None:
    """3.13: a worker with an older catalog cannot read what the newer rule remembers."""
    lives = two(count(2))
    lives.user.each(purchases("u", 0))
    lives.other.progress = Progress(OTHER, 9, standings={"m": Standing(shape=7, memo=(1, T0, 0)), "gone": Standing(2)})
    assert told(lives.merge()) == []
    assert told(lives.user.get(track("next", T0 + 3))) == [("reached", 1, 3, ())]
    assert lives.user.progress.standings["gone"] == Standing(2)


def test_what_waits_in_the_others_outbox_stays_there() -> None:
    """3.14: what one was told, that one was told; the clock looks after it."""
    lives = two(count(1))
    lives.other.each(purchases("o", 0))
    waiting = lives.other.progress.outbox
    lives.merge()
    assert (lives.user.progress.outbox, lives.rest.outbox) == ((), waiting)
    assert lives.rest.due is not None


def test_what_waits_there_for_too_long_is_cancelled() -> None:
    """Section 5: of whom the other was nothing is known there any more, so no gate can be asked about them."""
    lives = two(count(1), fresh_for=2 * DAY)
    lives.other.each(purchases("o", DAY))
    lives.merge(now=T0 + 2 * DAY)
    rest = advance(lives.rest, [Tick(T0 + 4 * DAY)], lives.catalog, T0 + 4 * DAY).progress
    nudges = [each for each in rest.outbox if isinstance(each, Nudge)]
    assert [(each.verdict, each.reason, each.decided_at) for each in nudges] == [("cancelled", "merged", T0 + 4 * DAY)]


def test_what_has_become_another_meets_no_new_catalog() -> None:
    """A tick that sees to its outbox makes no standings for it, and its name stays."""
    lives = two(count(1))
    lives.other.each(purchases("o", 0))
    lives.merge()
    life = Life(catalog(milestone(count(7)), version=2), lives.rest)
    life.tick(NOW)
    assert (life.progress.standings, life.progress.forward) == ({}, "user:u_1")


# --------------------------------------------------------------------------------------------------- laws


def one_of_two(
    used: Catalog, arriving: Iterable[Track], sides: list[bool], cut: int
) -> tuple[Life, set[tuple[str, str, int]]]:
    """The life after the two were made one at the cut, and what either had been told before."""
    user, other = Life(used), Life(used, Progress(OTHER))
    events = list(arriving)
    for event, side in zip(events[:cut], sides, strict=False):
        (user if side else other).get(event)
    now = max((event.arrived for event in events[:cut]), default=T0)
    merged = merge(user.progress, other.progress, used, now)
    before = final(user.outcomes) | final(other.outcomes)
    return Life(used, merged.progress, [*merged.outcomes]).each(events[cut:]), before


def after(before: set[tuple[str, str, int]], life: Life) -> set[tuple[str, str, int]]:
    """What is left in the end of what was told before and since."""
    undone = {(each.milestone, kind, each.n) for each in life.outcomes for kind in each.undoes}
    found = final(life.outcomes)
    return (before - undone) | found


SIDES = st.lists(st.booleans(), min_size=41, max_size=41)


def month(history: list[Happening]) -> list[Track]:
    """Within what is remembered, in the order of arrival."""
    events = tracks([each._replace(after=each.after % MAX_AGE) for each in history])
    return sorted(events, key=lambda each: (each.arrived, each.key))


@given(HISTORIES, SIDES, st.integers(0, 40))
@LAW
def test_a_divided_log_reaches_what_the_whole_does(history: list[Happening], sides: list[bool], cut: int) -> None:
    """3.14 with 3.1: for every rule that looks at events only, whoever had seen which, and whenever they became one."""
    used, events = of_zone(of_events(), "UTC"), month(history)
    life, before = one_of_two(used, events, sides, cut)
    assert after(before, life) == final(Life(used).each(events).outcomes)


@given(HISTORIES, SIDES, st.integers(1, 40))
@LAW
def test_a_divided_log_ends_a_deadline_as_the_whole_does(history: list[Happening], sides: list[bool], cut: int) -> None:
    """3.14 with 3.7: as long as none was decided before, and whichever of the two had signed up."""
    used = of_zone(with_deadlines(), "UTC")
    since = month([each for each in history if each.name != "signed_up"])
    anchor = track("anchor", min((each.arrived for each in since), default=T0) - HOUR, "signed_up")
    events = [anchor, *since]
    life, before = one_of_two(used, events, sides, cut)
    whole = Life(used).each(events)
    for each in (life, whole):
        each.tick(T0 + 900 * DAY)
    assert after(before, life) == final(whole.outcomes)


def test_of_a_milestone_that_has_left_the_catalog_the_statistics_stay_as_they_were_booked() -> None:
    """Its name is not known any more, so nobody can say what they are to be taken off from."""
    lives = two(count(1))
    for life in (lives.user, lives.other):
        life.progress = life.progress._replace(catalog_version=1, standings=dict.fromkeys(("m", "gone"), Standing(1)))
    lives.merge()
    assert lives.surplus == {"*": {}, "m": {"reached": 1}}


@given(HISTORIES, SIDES)
@LAW
def test_the_statistics_count_one_person(history: list[Happening], sides: list[bool]) -> None:
    """What was booked for both, less what is taken off, is what the merged standing says."""
    used, events = of_zone([*of_events(), *with_deadlines()], "UTC"), month(history)
    user, other = Life(used), Life(used, Progress(OTHER))
    for event, side in zip(events, sides, strict=False):
        (user if side else other).get(event)
    for life in (user, other):
        life.tick(T0 + 12 * DAY)
    merged = merge(user.progress, other.progress, used, T0 + 90 * DAY)
    booked: dict[tuple[str, str], int] = {}
    for each in (*user.outcomes, *other.outcomes, *merged.outcomes):
        booked[each.milestone, each.outcome] = booked.get((each.milestone, each.outcome), 0) + 1
        for kind in each.undoes:
            booked[each.milestone, kind] -= 1
    for entry in forwarded(other.progress, user.progress, used, T0 + 90 * DAY).outbox:
        for kind, times in entry.surplus if isinstance(entry, Parted) else ():
            booked[entry.milestone or "", kind] -= times  # type: ignore[union-attr]  # Nothing else has a surplus.
    standings = merged.progress.standings
    for name in standings:
        assert booked.get((name, "reached"), 0) == standings[name].occurrences
        assert booked.get((name, "missed"), 0) == standings[name].missed
        assert booked.get((name, "recovered"), 0) == standings[name].recovered
