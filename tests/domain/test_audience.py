"""`audience`: who takes part (semantics, section 2). All are judged; who does not take part is told nothing."""

from dataclasses import replace

from milepost.domain.advance import acknowledge
from milepost.domain.event import Identify
from milepost.domain.instant import DAY, Instant
from milepost.domain.local import Span
from milepost.domain.matcher import Condition
from milepost.domain.milestone import Milestone, Within
from milepost.domain.outbox import Nudge
from milepost.domain.rules import Rule
from milepost.domain.rules.date import Date
from milepost.domain.rules.silence import Silence
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
    track,
    within,
)

PRO = Condition(("plan",), "eq", "pro")
WEEK = 7 * DAY
DECIDED = T0 + WEEK + GRACE


def only(rule: Rule, deadline: Within | None = None) -> Milestone:
    """A milestone for those with the plan pro, which tells on every path."""
    steps = [IN_APP]
    known = milestone(
        rule, deadline=deadline, fresh_for=30 * DAY, reached=steps, missed=steps if deadline else (), recovered=()
    )
    return replace(known, audience=(PRO,))


def on_plan(plan: str, at: Instant = T0) -> Identify:
    """The subject takes this plan."""
    return identify(f"{plan}-{at}", at, plan=plan)


def told(life: Life) -> list[tuple[str, str]]:
    """What the subject was told: path and verdict."""
    return [(each.path, each.verdict) for each in life.nudges]


def test_who_takes_part_is_told() -> None:
    """2: the audience is asked when the event comes."""
    life = Life(catalog(only(count(1)))).each([on_plan("pro"), *bought(1)])
    assert [line.outcome for line in life.lines()] == ["reached"]
    assert told(life) == [("reached", "sent")]


def test_who_does_not_take_part_is_told_nothing() -> None:
    """2: no outcome, no nudge; what is known of the subject goes on being counted."""
    life = Life(catalog(only(count(1)))).each([on_plan("free"), *bought(1)])
    assert (life.lines(), told(life)) == ([], [])
    assert life.standing().held == (T0 + 1, None)
    assert life.standing().occurrences == 0


def test_who_joins_later_hears_of_what_is_held_once() -> None:
    """2: at the instant of the event, with its nudge; leaving and joining again tells nothing new."""
    life = Life(catalog(only(count(2)))).each(bought(0, 1))
    life.get(on_plan("pro", T0 + DAY))
    assert life.lines() == [Line("m", "reached", 1, 1, None)]
    assert told(life) == [("reached", "sent")]
    life.each([on_plan("free", T0 + 2 * DAY), on_plan("pro", T0 + 3 * DAY)])
    assert len(life.outcomes) == 1


def test_what_is_held_keeps_its_ref() -> None:
    """3.3: the first event of the span, however much later it is told."""
    life = Life(catalog(only(count(2, span=DAY)))).each([*bought(0, DAY), on_plan("pro", T0 + 2 * DAY)])
    assert life.lines() == [Line("m", "reached", 1, DAY, 0)]


def test_an_identify_and_the_event_in_one_call_are_taken_in_the_order_of_time() -> None:
    """3.1: whether the trait comes before the event or after it, the outcome is the same."""
    for at in (T0, T0 + 2):
        life = Life(catalog(only(count(1))))
        life.get(*bought(1), on_plan("pro", at))
        assert life.lines() == [Line("m", "reached", 1, 1, None)]


def test_what_is_held_is_too_old_to_tell_when_fresh_for_has_passed() -> None:
    """4: the outcome is recorded, and nobody is written to."""
    life = Life(catalog(only(count(1)))).each([*bought(0), on_plan("pro", T0 + 40 * DAY)])
    assert [line.outcome for line in life.lines()] == ["reached"]
    assert told(life) == [("reached", "cancelled")]


def test_a_repeating_milestone_holds_the_last_occurrence_only() -> None:
    """2: who joins hears of where it stands, and the next occurrence is the second."""
    life = Life(catalog(only(count(1, repeats=True)))).each([*bought(0, 1, 2), on_plan("pro", T0 + DAY)])
    assert life.lines() == [Line("m", "reached", 1, 2, None)]
    life.get(track("next", T0 + 2 * DAY))
    assert life.lines()[1:] == [Line("m", "reached", 2, 2 * DAY, None)]


def test_who_leaves_before_the_event_is_told_nothing_until_joining_again() -> None:
    """2: out is out, for as long as it lasts."""
    life = Life(catalog(only(count(1))))
    life.each([on_plan("pro"), on_plan("free", T0 + 1), *bought(2)])
    assert life.lines() == []
    life.get(on_plan("pro", T0 + 3))
    assert life.lines() == [Line("m", "reached", 1, 2, None)]


def test_who_leaves_after_the_event_keeps_what_was_reached() -> None:
    """3.4: milestones latch."""
    life = Life(catalog(only(count(1)))).each([on_plan("pro"), *bought(1), on_plan("free", T0 + 2)])
    assert [line.outcome for line in life.lines()] == ["reached"]


def test_a_deadline_is_not_decided_for_who_does_not_take_part() -> None:
    """2: neither by a tick at its end nor by any later one, and the clock is not armed for it."""
    life = Life(catalog(only(count(2), within(WEEK)))).each(bought(0))
    life.progress = acknowledge(life.progress, frozenset({"joined"}), life.catalog, T0)
    assert life.progress.due is None
    life.tick(DECIDED)
    life.tick(DECIDED + 60 * DAY)
    assert life.lines() == []


def test_who_joins_after_the_deadline_is_told_of_it_by_the_clock_at_once() -> None:
    """2: a deadline is decided when the subject takes part; the joining itself decides nothing (3.11)."""
    life = Life(catalog(only(count(2), within(WEEK)))).each(bought(0))
    life.get(on_plan("pro", DECIDED + DAY))
    assert life.lines() == []
    assert life.progress.due == DECIDED
    life.tick(DECIDED + DAY)
    assert life.lines() == [Line("m", "missed", 1, WEEK, 0)]


def test_who_was_in_time_before_joining_has_missed_nothing() -> None:
    """2, 3.11: reached is held, and no miss is ever decided."""
    life = Life(catalog(only(count(2), within(WEEK)))).each(bought(0, DAY))
    life.tick(DECIDED)
    life.get(on_plan("pro", DECIDED))
    life.tick(DECIDED + DAY)
    assert life.lines() == [Line("m", "reached", 1, DAY, None)]


def test_who_was_too_late_before_joining_has_missed_it_and_recovered() -> None:
    """2: both are told when the clock decides."""
    life = Life(catalog(only(count(2), within(WEEK)))).each(bought(0, 9 * DAY))
    life.get(on_plan("pro", T0 + 10 * DAY))
    life.tick(T0 + 10 * DAY)
    assert life.lines() == [Line("m", "missed", 1, WEEK, 0), Line("m", "recovered", 1, 9 * DAY, None)]


def test_a_miss_that_turns_out_to_be_none_is_undone_also_for_who_was_away_meanwhile() -> None:
    """3.12: told of a miss, gone, in time after all by a late event, and back: reached takes the place of the miss."""
    life = Life(catalog(only(count(2), within(WEEK)))).each([on_plan("pro"), *bought(0)])
    life.tick(DECIDED)
    assert told(life) == [("missed", "sent")]
    life.get(on_plan("free", DECIDED + 1))
    life.get(track("late", T0 + DAY, arrived=DECIDED + 2))
    life.get(on_plan("pro", DECIDED + 3))
    assert life.lines() == [Line("m", "reached", 1, DAY, None)]
    missed = [each for each in life.progress.outbox if isinstance(each, Nudge) and each.path == "missed"]
    assert [(each.verdict, each.reason) for each in missed] == [("cancelled", "reached_after_all")]


def test_a_late_recovery_is_told_to_who_takes_part_again() -> None:
    """2: missed while taking part, recovered while away: what is held counts on joining again."""
    life = Life(catalog(only(count(2), within(WEEK)))).each([on_plan("pro"), *bought(0)])
    life.tick(DECIDED)
    life.each([on_plan("free", DECIDED + 1), track("after", DECIDED + 2), on_plan("pro", DECIDED + 3)])
    assert [line.outcome for line in life.lines()] == ["missed", "recovered"]


def test_the_trait_that_is_the_milestone_may_be_the_one_that_lets_in() -> None:
    """2: all traits of one identify are written before anybody asks who takes part."""
    life = Life(catalog(only(Trait(PRO)))).each([on_plan("free"), on_plan("pro", T0 + 1)])
    assert life.lines() == [Line("m", "reached", 1, 1, None)]


def test_what_the_clock_finds_is_held_as_well() -> None:
    """2: a silence and a date of whoever does not take part are told on joining."""
    for rule, at in ((Silence(matcher("bought"), WEEK), WEEK), (Date(matcher("bought"), None, Span(days=7)), WEEK)):
        life = Life(catalog(only(rule))).each(bought(0))
        life.tick(T0 + 8 * DAY)
        assert life.lines() == []
        life.get(on_plan("pro", T0 + 9 * DAY))
        assert life.lines() == [Line("m", "reached", 1, at, 0)]


def test_a_deadline_that_runs_from_a_milestone_begins_when_that_is_told() -> None:
    """2: a held milestone is not reached yet; on joining it is, and the deadline runs from its instant."""
    first = replace(only(count(1)), id="first")
    second = milestone(count(2), name="second", deadline=Within(WEEK, milestone="first"))
    life = Life(catalog(first, second)).each(bought(0))
    life.tick(DECIDED)
    assert life.lines() == []
    life.get(on_plan("pro", T0 + 10 * DAY))
    life.tick(T0 + 10 * DAY)
    assert life.lines() == [Line("first", "reached", 1, 0, None), Line("second", "missed", 1, WEEK, 0)]


def test_a_catalog_that_opens_the_audience_tells_whom_it_let_in() -> None:
    """2, 3.13: what was held counts once the subject takes part, also if it is the catalog that has changed."""
    life = Life(catalog(only(count(1)))).each(bought(0))
    assert life.lines() == []
    life.catalog = catalog(replace(only(count(1)), audience=()), version=2)
    life.get(track("next", T0 + DAY))
    assert life.lines() == [Line("m", "reached", 1, 0, None)]


def test_a_catalog_that_opens_the_audience_and_raises_the_threshold_tells_them_too() -> None:
    """3.13: what was reached stays reached, also what was held."""
    life = Life(catalog(only(count(1)))).each(bought(0))
    life.catalog = catalog(replace(only(count(5)), audience=()), version=2)
    life.get(track("next", T0 + DAY))
    assert life.lines() == [Line("m", "reached", 1, 0, None)]


def test_another_trait_than_the_audience_s_changes_nothing() -> None:
    """2: only the traits that are asked for matter."""
    life = Life(catalog(only(count(1)))).each([*bought(0), identify("other", T0 + 1, region="eu")])
    assert life.lines() == []
