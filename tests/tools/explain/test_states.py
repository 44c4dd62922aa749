"""Every state of `milepost_tools.explain.state.STATES`."""

from milepost.domain.instant import parse_instant
from tests.tools.explain.people import catalog, facts, identify, moment, stored, track

FIRST = "reach: {count: {event: ordered, at_least: 2}}, within: {from: {event: signed_up}, for: 7d}"
WEEK = catalog(first=FIRST)
TWO = catalog(two="reach: {count: {event: ordered, at_least: 2}}")
THIRDS = catalog(thirds="reach: {count: {event: ordered, at_least: 3, repeat: true}}")
PROS = catalog(pros="reach: {count: {event: ordered, at_least: 1}}, audience: {plan: pro, seats: {gte: 5}}")
TOLD = catalog(told="reach: {count: {event: ordered, at_least: 1}}, on_reached: [{channel: in_app, template: hi}]")
NOON = parse_instant(moment("03-01"))
SIGNED_UP = track("signed_up", "03-01")


def test_nobody_who_has_done_nothing_is_told_of_anything_but_what_is_open() -> None:
    """Nothing that the milestone looks at was seen, and all of it is to go."""
    found = facts(TWO, track("visited", "03-01"))
    assert (found.state, found.missing) == ("untouched", "0 of 2 events, 2 to go")


def test_a_deadline_that_nothing_has_started_says_what_starts_it() -> None:
    """An order before the sign-up starts nothing."""
    found = facts(WEEK, track("ordered", "03-01"))
    assert found.state == "not_begun"
    assert "the first signed_up starts it" in found.means
    assert found.clock is None


def test_who_is_on_the_way_sees_what_is_missing_and_until_when() -> None:
    """Up to the deadline counts what happened inside, in the subject's own time and in UTC, grace apart."""
    found = facts(WEEK, SIGNED_UP, track("ordered", "03-02"), as_of="03-08T12:59")
    assert (found.state, found.missing) == ("open", "1 of 2 events, 1 to go")
    assert found.clock is not None
    assert found.clock.runs
    assert str(found.clock.began) == "2026-03-01 13:00:00 (2026-03-01T12:00:00Z)"
    assert (found.clock.until.utc, found.clock.decided_from.utc) == ("2026-03-08T12:00:00Z", "2026-03-08T13:00:00Z")


def test_who_missed_it_sees_how_much_was_there_by_then() -> None:
    """And how much is there now, for it can still be recovered."""
    lines = (SIGNED_UP, track("ordered", "03-02"))
    found = facts(WEEK, *lines, as_of="03-09")
    assert found.state == "missed"
    assert found.means.endswith("(2026-03-08T12:00:00Z): 1 of 2 events in the 1w before it")
    assert found.missing == "1 of 2 events, 1 to go to be recovered"
    assert found.clock is not None
    assert not found.clock.runs


def test_what_came_after_the_deadline_brings_the_recovery_nearer_and_changes_nothing_of_the_miss() -> None:
    """One of three orders by the deadline, one after it."""
    three = catalog(three="reach: {count: {event: ordered, at_least: 3}}, within: {from: {event: signed_up}, for: 7d}")
    found = facts(three, SIGNED_UP, track("ordered", "03-02"), track("ordered", "03-20"))
    assert found.means.endswith("1 of 3 events in the 1w before it")
    assert found.missing == "2 of 3 events, 1 to go to be recovered"


def test_who_recovered_sees_both_instants() -> None:
    """The miss, with what there was by then, and when it was met after all; nothing is missing any more."""
    found = facts(WEEK, SIGNED_UP, track("ordered", "03-02"), track("ordered", "03-20"))
    assert found.state == "recovered"
    assert "missed at 2026-03-08" in found.means
    assert "1 of 2 events" in found.means
    assert "recovered at 2026-03-20 13:00:00" in found.means
    assert found.missing is None


def test_who_reached_it_sees_when_and_misses_nothing() -> None:
    """A milestone that comes once says no number of times."""
    found = facts(TWO, track("ordered", "03-01"), track("ordered", "03-02"))
    assert (found.state, found.means) == ("reached", "reached at 2026-03-02 13:00:00 (2026-03-02T12:00:00Z)")
    assert found.missing is None


def test_what_repeats_says_how_often_and_how_far_it_is_to_the_next_time() -> None:
    """Two times three of seven orders: one of three to the next."""
    found = facts(THIRDS, *(track("ordered", f"03-0{day}") for day in range(1, 8)))
    assert (found.state, found.occurrences) == ("reached", 2)
    assert found.means.startswith("reached 2 times, last at 2026-03-06 13:00:00")
    assert found.missing == "1 of 3 events, 2 to go"


def test_what_was_taken_back_since_is_said() -> None:
    """It stays reached (it latches), but would not be reached any more."""
    paid = catalog(paid="reach: {count: {event: paid, at_least: 2}}")
    found = facts(paid, track("paid", "03-01"), track("paid", "03-02"), track("refunded", "03-03"))
    assert found.state == "reached"
    assert "1 of them would not be any more" in found.means
    assert found.missing == "1 of 2 events, 1 to go"


def test_what_was_met_outside_the_audience_is_held_and_says_which_condition_fails() -> None:
    """Only conditions that fail are named, each with what the trait is instead."""
    found = facts(PROS, identify("03-01", seats=7), track("ordered", "03-02"))
    assert found.state == "held"
    assert found.means.startswith("met at 2026-03-02 13:00:00")
    assert found.failing == ('plan is "pro", and it is unknown',)
    assert not found.takes_part


def test_who_does_not_take_part_and_has_not_met_it_either_is_outside() -> None:
    """A number that is too small fails as an unknown trait does."""
    found = facts(PROS, identify("03-01", plan="pro", seats=4), track("visited", "03-02"))
    assert found.state == "outside"
    assert found.failing == ("seats is at least 5, and it is 4",)


def test_who_takes_part_fails_no_condition() -> None:
    """All conditions are met, so it is reached."""
    found = facts(PROS, identify("03-01", plan="pro", seats=5), track("ordered", "03-02"))
    assert (found.state, found.failing, found.takes_part) == ("reached", (), True)


def test_a_deadline_that_has_passed_on_a_stack_without_a_decision_is_due() -> None:
    """With grace it has passed at 13:00: the sweep, or the backlog, is what to look at."""
    memo = (NOON, 0, (), (0, None, 0), (0, None, 0), None)
    assert stored(WEEK, memo=memo, now="03-08T12:59").state == "open"
    found = stored(WEEK, memo=memo, now="03-08T13:00")
    assert found.state == "due"
    assert "worked off" in found.means


def test_a_deadline_of_somebody_who_does_not_take_part_is_never_due() -> None:
    """It is decided when the subject takes part; a rule that waits for the clock is decided all the same."""
    part = catalog(first=f"{FIRST}, audience: {{plan: pro}}")
    assert stored(part, memo=(NOON, 0, (), (0, None, 0), (0, None, 0), None), now="03-09").state == "outside"
    quiet = catalog(quiet="reach: {silence: {event: ordered, for: 7d}}, audience: {plan: pro}")
    assert stored(quiet, memo=(NOON, NOON, 0), now="03-09").state == "due"


def test_a_stack_that_does_not_tell_the_time_never_calls_a_decision_due() -> None:
    """One that goes by the messages' clock does not store where that clock stands."""
    assert stored(WEEK, memo=(NOON, 0, (), (0, None, 0), (0, None, 0), None)).state == "open"


def test_who_may_have_begun_before_the_milestone_was_introduced_is_closed() -> None:
    """Nobody is judged by a deadline that started nobody knows when."""
    assert stored(WEEK, closed=1).state == "closed"


def test_a_miss_under_a_deadline_that_has_changed_since_names_no_instant() -> None:
    """What is remembered of it is of the former deadline."""
    found = stored(WEEK, shape=WEEK.milestones["first"].shape ^ 1, missed=1, memo=("anything",))
    assert (found.state, found.means) == ("missed", "missed under a deadline that has changed since")


def test_a_rule_that_has_changed_since_is_not_read_with_what_the_former_remembered() -> None:
    """Nothing is said of how far it is: the memo means something else."""
    found = stored(WEEK, shape=WEEK.milestones["first"].shape ^ 1, memo=("anything",))
    assert (found.state, found.missing, found.clock) == ("changed", None, None)


def test_what_was_met_before_it_was_introduced_is_a_baseline() -> None:
    """Whoever was silently marked is told so, and who was not is not."""
    found = stored(TOLD, occurrences=1, at=NOON, baseline=1)
    assert found.state == "baseline"
    assert "nobody is told" in found.means
    assert stored(TOLD, occurrences=1, at=NOON).state == "reached"
