"""The outbox: stable ids, nudges called back, and how the clock looks after what waits."""

from milepost.domain.advance import acknowledge
from milepost.domain.instant import DAY, MINUTE
from milepost.domain.outbox import RETRY_AFTER, Joined, Nudge
from milepost.domain.progress import Progress
from tests.domain.build import (
    GRACE,
    IN_APP,
    SUBJECT,
    T0,
    Life,
    bought,
    catalog,
    count,
    identify,
    milestone,
    track,
    within,
)

DECIDED = T0 + 7 * DAY + GRACE


def life() -> Life:
    """A second purchase within a week, every path with two steps, and a milestone that repeats."""
    steps = [IN_APP] * 2
    second = milestone(count(2), name="second", deadline=within(7 * DAY), reached=steps, missed=steps, recovered=steps)
    return Life(catalog(second, milestone(count(1, repeats=True), name="every", reached=[IN_APP] * 2)))


def nudges(progress: Progress) -> dict[tuple[str, str], set[tuple[str, str | None]]]:
    """Verdicts and reasons of the nudges that wait, by milestone and path."""
    found: dict[tuple[str, str], set[tuple[str, str | None]]] = {}
    for each in progress.outbox:
        if isinstance(each, Nudge):
            found.setdefault((each.milestone, each.path), set()).add((each.verdict, each.reason))
    return found


def test_everything_found_has_an_id_of_its_own() -> None:
    """6: catalog, milestone, subject, occurrence, path and step each make another id."""
    lived = life().each(bought(0))
    lived.tick(DECIDED)
    lived.each(bought(0, 8 * DAY, 9 * DAY)[1:])
    lived.get(track("late", T0 + DAY, arrived=T0 + 10 * DAY))
    ids = [each.id for each in lived.outcomes] + [each.id for each in lived.nudges]
    assert {each.path for each in lived.nudges} == {"reached", "missed", "recovered"}
    assert len(set(ids)) == len(ids) == 7 + 14


def test_an_id_depends_on_what_it_names_and_not_on_how_it_came_about() -> None:
    """6: whoever decides it again, later or in another batch, decides it under the same id."""
    one_by_one, at_once = life().each(bought(0, DAY)), life()
    at_once.get(*bought(0, DAY), now=T0 + 2 * DAY)
    assert {each.id for each in one_by_one.outcomes} == {each.id for each in at_once.outcomes}
    assert {each.id for each in one_by_one.nudges} == {each.id for each in at_once.nudges}


def test_another_subject_or_catalog_has_other_ids() -> None:
    """6: ids never collide between subjects."""
    first, second = life(), life()
    second.progress = Progress("user:u_2")
    found = [{each.id for each in lived.each(bought(0, DAY)).outcomes} for lived in (first, second)]
    assert not found[0] & found[1]


def test_an_id_is_that_of_the_first_release() -> None:
    """6: ids are remembered by subscribers, so no release may change how they are made."""
    lived = life().each(bought(0))
    assert [each.id for each in lived.outcomes] == ["bea13c551956142957623504e1046c63"]


def test_a_subject_joins_once() -> None:
    """A member is counted when first seen, and never again."""
    lived = life().each([identify("who", T0), *bought(1, 2)])
    assert [each for each in lived.progress.outbox if isinstance(each, Joined)] == [Joined(T0)]


def test_a_miss_that_was_undone_is_called_back() -> None:
    """3.12: cancels what was not yet sent, and nothing else."""
    lived = life().each(bought(0))
    lived.tick(DECIDED)
    assert nudges(lived.progress)["second", "missed"] == {("sent", None)}
    lived.get(track("late", T0 + 6 * DAY, arrived=DECIDED + 1))
    waiting = nudges(lived.progress)
    assert waiting["second", "missed"] == {("cancelled", "reached_after_all")}
    assert waiting["second", "reached"] == {("sent", None)}


def test_a_recovery_that_was_undone_is_called_back() -> None:
    """3.12: the recovery was as untrue as the miss."""
    lived = life().each(bought(0))
    lived.tick(DECIDED)
    lived.get(track("after", T0 + 8 * DAY))
    lived.get(track("late", T0 + 6 * DAY, arrived=T0 + 8 * DAY + 1))
    assert nudges(lived.progress)["second", "recovered"] == {("cancelled", "reached_after_all")}


def test_a_nudge_that_has_grown_stale_is_called_back() -> None:
    """4, 5: gates are asked again for whatever had to wait; exactly `fresh_for` old is too old."""
    lived = life().each(bought(0))
    lived.tick(T0 + 3 * DAY - 1)
    assert nudges(lived.progress)["every", "reached"] == {("sent", None)}
    lived.tick(T0 + 3 * DAY)
    assert nudges(lived.progress)["every", "reached"] == {("cancelled", "stale")}


def test_a_verdict_that_was_given_stays() -> None:
    """5: what was called back is not called back again, at another time for another reason."""
    lived = life().each(bought(0))
    lived.tick(T0 + 4 * DAY)
    before = lived.progress.outbox
    lived.tick(T0 + 5 * DAY)
    assert lived.progress.outbox == before


def test_what_waits_in_the_outbox_arms_the_clock() -> None:
    """Design 2: if `publish` is down, the due index brings the subject back."""
    lived = life().each(bought(0))
    assert lived.progress.due == T0 + RETRY_AFTER == T0 + 15 * MINUTE


def test_what_still_waits_is_armed_anew_by_a_tick() -> None:
    """Design 2: unacknowledged entries come back until they are acknowledged."""
    lived = life().each(bought(0))
    lived.tick(T0 + RETRY_AFTER)
    assert lived.progress.due == T0 + 2 * RETRY_AFTER


def test_acknowledging_takes_out_what_was_booked_and_nothing_else() -> None:
    """Design 2: entry by entry."""
    lived = life().each(bought(0))
    first, *rest = lived.progress.outbox
    progress = acknowledge(lived.progress, frozenset({first.id}), lived.catalog, T0 + 1)
    assert progress.outbox == tuple(rest)
    assert progress.due == T0 + 1 + RETRY_AFTER


def test_an_empty_outbox_leaves_the_deadlines() -> None:
    """`due` is the exact earliest instant once everything is acknowledged."""
    lived = life().each(bought(0))
    everything = frozenset(each.id for each in lived.progress.outbox)
    assert acknowledge(lived.progress, everything, lived.catalog, T0 + 1).due == DECIDED


def test_what_needs_no_clock_is_not_due() -> None:
    """The due index is sparse: who waits for nothing is not in it."""
    lived = Life(catalog(milestone(count(5)))).each(bought(0))
    joined = frozenset(each.id for each in lived.progress.outbox)
    assert acknowledge(lived.progress, joined, lived.catalog, T0).due is None


def test_a_tick_makes_no_subject() -> None:
    """Design 2: a forged tick is harmless: nobody comes into being, or is counted as a member, by the clock."""
    lived = Life(catalog(milestone(count(1))), Progress(SUBJECT))
    lived.tick(T0)
    assert lived.progress == Progress(SUBJECT)


def test_the_clock_is_never_armed_too_late() -> None:
    """An event moves `due` forward and never back; the tick that comes too early re-arms it."""
    lived = Life(catalog(milestone(count(4), deadline=within(7 * DAY))))
    lived.each(bought(3 * DAY))
    lived.progress = acknowledge(lived.progress, frozenset({"joined"}), lived.catalog, T0)
    assert lived.progress.due == DECIDED + 3 * DAY
    lived.get(track("earlier", T0 + DAY, arrived=T0 + 3 * DAY))
    assert lived.progress.due == DECIDED + DAY
    lived.get(track("not-earlier", T0 + 2 * DAY, arrived=T0 + 3 * DAY))
    assert lived.progress.due == DECIDED + DAY
    lived.get(track("done", T0 + 2 * DAY, arrived=T0 + 3 * DAY))
    assert lived.progress.due is not None
    assert lived.progress.due <= DECIDED + DAY
