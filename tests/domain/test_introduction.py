"""A catalog that lives: semantics 3.13 for subjects with a past, and milestones that are new, or gone and back."""

from dataclasses import replace

import pytest

from milepost.domain.instant import DAY, parse_instant
from milepost.domain.local import Span
from milepost.domain.matcher import Condition
from milepost.domain.rules import Rule, sequence
from milepost.domain.rules.all import AllOf
from milepost.domain.rules.any import AnyOf
from milepost.domain.rules.count import Count
from milepost.domain.rules.date import Date
from milepost.domain.rules.days import Days
from milepost.domain.rules.distinct import Distinct
from milepost.domain.rules.members import Match
from milepost.domain.rules.silence import Silence
from milepost.domain.rules.streak import Streak
from milepost.domain.rules.trait import Trait
from tests.domain.build import (
    GRACE,
    IN_APP,
    T0,
    Life,
    Line,
    bought,
    catalog,
    count,
    identify,
    matcher,
    milestone,
    sum_of,
    track,
)
from tests.domain.introduced import BOUGHT, NEW, OLD, PURCHASES, introduced, later, lines

PRO = Condition(("plan",), "eq", "pro")


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(count(5), id="count"),
        pytest.param(Count(matcher("bought", "signed_up"), 5), id="count of several"),
        pytest.param(Count(matcher(), 5), id="count of any"),
        pytest.param(Trait(PRO), id="trait"),
        pytest.param(Date(None, "since", Span(days=7)), id="date after"),
        pytest.param(Date(None, "since", Span(days=7), before=True), id="date before"),
        pytest.param(AllOf((Match(BOUGHT), Trait(PRO), count(3))), id="all"),
        pytest.param(AnyOf((count(50), Trait(PRO))), id="any"),
    ],
)
def test_who_meets_a_new_milestone_already_is_marked_silently(rule: Rule) -> None:
    """3.13: baseline at the time of the introduction, no nudge, and no second time later."""
    known = identify("who", T0, plan="pro", since="2026-03-02")
    life = introduced([known, *PURCHASES], milestone(rule, reached=[IN_APP]))
    assert life.lines() == [Line("m", "baseline", 1, NEW - T0, None)]
    life.each([later(), later("more"), identify("again", NEW + 2 * DAY, plan="pro")])
    life.tick(NEW + 60 * DAY)
    assert lines(life) == [("baseline", 1)]
    assert life.nudges == []


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(count(6), id="count"),
        pytest.param(Trait(Condition(("plan",), "eq", "team")), id="trait"),
        pytest.param(Date(None, "since", Span(days=60)), id="date"),
        pytest.param(AllOf((Match(BOUGHT), Match(matcher("signed_up")))), id="all"),
        pytest.param(AnyOf((count(50), Match(matcher("signed_up")))), id="any"),
    ],
)
def test_who_does_not_meet_it_yet_goes_on_from_what_is_known(rule: Rule) -> None:
    """3.13: counters, traits and dates of before count; what is still missing is reached like any other."""
    known = identify("who", T0, plan="pro", since="2026-03-02")
    life = introduced([known, *PURCHASES], milestone(rule, reached=[IN_APP]))
    assert lines(life) == []
    life.each([later(), later("up", "signed_up"), identify("team", NEW + DAY, plan="team")])
    life.tick(NEW + 60 * DAY)
    assert lines(life) == [("reached", 1)]


@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        pytest.param(count(2, span=DAY), 2, id="count in a span"),
        pytest.param(Count(matcher("bought", where=[Condition(("amount",), "gte", 1)]), 2), 2, id="count with where"),
        pytest.param(sum_of(2), 2, id="sum"),
        pytest.param(Days(BOUGHT, 2), 2, id="days"),
        pytest.param(Distinct(BOUGHT, ("amount",), 2), 2, id="distinct"),
        pytest.param(Streak(BOUGHT, 2, "day"), 2, id="streak"),
        pytest.param(sequence.Sequence((BOUGHT, BOUGHT)), 2, id="sequence"),
    ],
)
def test_what_nobody_has_counted_starts_anew(rule: Rule, needed: int) -> None:
    """3.13: amounts, dates and instants of before are not known, so nobody is congratulated for them either."""
    life = introduced(PURCHASES, milestone(rule))
    assert lines(life) == []
    for place in range(needed):
        assert lines(life) == []
        life.get(track(f"later-{place}", NEW + place * DAY, amount=1 + place))
    assert lines(life) == [("reached", 1)]


def test_a_repeating_count_is_baseline_for_all_its_occurrences_and_goes_on_counting() -> None:
    """3.13: five of before are twice two, and one on the way to the third time."""
    life = introduced(PURCHASES, milestone(count(2, repeats=True), reached=[IN_APP]))
    assert lines(life) == [("baseline", 2)]
    life.get(later())
    assert lines(life) == [("baseline", 2), ("reached", 3)]
    assert [each.n for each in life.nudges] == [3]


def test_a_yearly_date_is_baseline_for_those_that_were_and_told_for_the_next() -> None:
    """3.13: nobody is congratulated on birthdays of years ago."""
    birthday = identify("who", T0, born="1990-03-05")
    life = introduced([birthday], milestone(Date(None, "born", Span(months=12), repeats=True)))
    assert lines(life) == [("baseline", 36)]
    life.tick(NEW + 360 * DAY)
    assert lines(life) == [("baseline", 36), ("reached", 37)]


def test_silence_waits_for_the_first_event_after_the_introduction() -> None:
    """3.13: nobody knows when the last one was, so nobody is told of a silence of long ago."""
    life = introduced(PURCHASES, milestone(Silence(BOUGHT, 7 * DAY)))
    life.tick(NEW + 20 * DAY)
    assert lines(life) == []
    life.get(track("back", NEW + 20 * DAY))
    life.tick(NEW + 30 * DAY)
    assert lines(life) == [("reached", 1)]


def test_a_new_milestone_that_wants_to_tell_tells_whoever_meets_it() -> None:
    """3.13: `on_introduction: nudge` makes it reached, with its nudge, at the time of the introduction."""
    loud = replace(milestone(count(5), reached=[IN_APP]), nudges_on_introduction=True)
    life = introduced(PURCHASES, loud)
    assert life.lines() == [Line("m", "reached", 1, NEW - T0, None)]
    assert [(each.path, each.verdict) for each in life.nudges] == [("reached", "sent")]


def test_who_does_not_take_part_is_told_nothing_by_an_introduction_either() -> None:
    """2, 3.13: whoever is outside of the audience hears of it when joining, and not before."""
    only = replace(milestone(count(5), reached=[IN_APP]), nudges_on_introduction=True, audience=(PRO,))
    life = introduced(PURCHASES, only)
    assert life.nudges == []
    assert lines(life) == []
    life.get(identify("joins", NEW + DAY, plan="pro"))
    assert lines(life) == [("reached", 1)]


def test_an_introduction_happens_once() -> None:
    """3.13: neither the next event nor the next tick marks anybody again."""
    life = introduced(PURCHASES, milestone(count(5)))
    before = life.progress.standings
    life.tick(NEW + DAY)
    assert life.progress.standings == before
    life.get(later())
    assert len(life.outcomes) == 1


def test_an_event_meets_the_new_catalog_after_the_introduction() -> None:
    """3.13: the fifth event is reached, because the four before it were not enough."""
    life = Life(catalog(OLD)).each(PURCHASES[:4])
    life.catalog = catalog(milestone(count(5)), version=2)
    life.get(later())
    assert lines(life) == [("reached", 1)]


def test_a_copy_of_an_old_event_introduces_nothing() -> None:
    """3.1: duplicates change nothing, not even the catalog version; the next event or tick does."""
    life = Life(catalog(OLD)).each(PURCHASES)
    before = life.progress
    life.catalog = catalog(milestone(count(5)), version=2)
    life.get(PURCHASES[0], now=NEW)
    assert life.progress == before
    life.tick(NEW)
    assert lines(life) == [("baseline", 1)]


def test_who_has_no_past_meets_every_milestone_as_new() -> None:
    """3.13 is about a live catalog: the first event ever is judged, and nothing is baseline."""
    life = Life(catalog(milestone(count(1)), version=7))
    life.get(bought(0)[0])
    assert lines(life) == [("reached", 1)]


def test_progress_names_the_catalog_version_it_was_last_judged_by() -> None:
    """3.13; and a release that is rolled back does not make it forget."""
    life = introduced(PURCHASES, milestone(count(5)))
    assert life.progress.catalog_version == 2
    assert [each.catalog_version for each in life.outcomes] == [2]
    life.catalog = catalog(OLD, version=1)
    life.get(later())
    assert life.progress.catalog_version == 2


def test_an_introduction_arms_the_clock() -> None:
    """3.13: what a new milestone waits for is waited for, although no event has touched it."""
    life = introduced([identify("who", T0, renews="2026-05-01")], milestone(Date(None, "renews", Span(days=1))))
    life.progress = life.progress._replace(outbox=())
    life.tick(NEW + 1)
    assert life.progress.due == parse_instant("2026-05-02T00:00:00Z") + GRACE


def test_a_milestone_that_is_removed_leaves_alone_what_it_had() -> None:
    """3.13: its standing stays where it was, and nothing waits for it any more."""
    silence = milestone(Silence(BOUGHT, 7 * DAY), name="quiet")
    life = introduced(PURCHASES, OLD, old=[OLD, silence])
    assert "quiet" in life.progress.standings
    life.progress = life.progress._replace(outbox=())
    life.tick(NEW + 60 * DAY)
    assert [line.milestone for line in life.lines() if line.at > NEW - T0] == []
    assert life.progress.due is None


def test_a_milestone_that_comes_back_is_not_reached_a_second_time() -> None:
    """3.13: whoever had reached it has."""
    life = introduced(PURCHASES, OLD, old=[OLD, milestone(count(5))])
    life.catalog = catalog(OLD, milestone(count(5)), version=3)
    life.each([later()])
    assert lines(life) == [("reached", 1)]
