"""Functions are deployed one after another: for a while an older catalog works on what a newer one has judged."""

import pytest

from milepost.domain.advance import acknowledge, advance
from milepost.domain.event import Tick
from milepost.domain.instant import DAY, HOUR
from milepost.domain.merge import merge, needs_newer_catalog
from milepost.domain.milestone import Step
from milepost.domain.outbox import RETRY_AFTER
from milepost.domain.progress import Progress
from milepost.domain.schedule import MOST_PENDING, Pending
from tests.domain.build import GRACE, SUBJECT, T0, bought, catalog, count, milestone, within

REMINDER = Step(("in_app",), "reminder")
OLD = catalog(milestone(count(9), name="nine", missed=[REMINDER]), version=1)
NEW = catalog(*OLD.milestones.values(), milestone(count(2), name="second", deadline=within(7 * DAY)), version=2)
DEADLINE = T0 + 7 * DAY + GRACE


def judged() -> Progress:
    """A deadline runs that only the newer catalog knows, and nothing else waits."""
    progress = advance(Progress(SUBJECT), bought(0), NEW, T0).progress
    return acknowledge(progress, frozenset(each.id for each in progress.outbox), NEW, T0)


def test_an_older_catalog_does_not_disarm_what_a_newer_one_waits_for() -> None:
    """Neither when something is booked nor when the clock is folded."""
    progress = judged()
    assert progress.due == DEADLINE
    assert acknowledge(progress, frozenset(), OLD, T0 + HOUR).due == DEADLINE
    assert advance(progress, [Tick(T0 + HOUR)], OLD, T0 + HOUR).progress.due == DEADLINE


def test_an_older_catalog_that_merges_two_waits_for_what_either_waited_for() -> None:
    """Whichever of the two it is that a newer catalog has judged."""
    nobody = Progress("user:device-7")
    assert merge(judged(), nobody, OLD, T0 + HOUR).progress.due == DEADLINE
    assert merge(nobody, judged(), OLD, T0 + HOUR).progress.due == DEADLINE


def test_what_an_older_catalog_cannot_decide_is_looked_at_again_soon() -> None:
    """Not at once: it would be due again and again until the newer one is back."""
    late = DEADLINE + HOUR
    assert advance(judged(), [Tick(late)], OLD, late).progress.due == late + RETRY_AFTER


def test_then_the_newer_catalog_decides_it() -> None:
    """Late, but not never."""
    late = DEADLINE + HOUR
    progress = advance(judged(), [Tick(late)], OLD, late).progress
    assert [each.outcome for each in advance(progress, [Tick(late + HOUR)], NEW, late + HOUR).outcomes] == ["missed"]


def waits(name: str, hours: int, step: int = 0) -> Pending:
    """A nudge that is to go so many hours after a miss."""
    return Pending(
        milestone=name,
        path="missed",
        n=1,
        occurrence=1,
        step=step,
        at=T0,
        planned=T0 + hours * HOUR,
        due=T0 + hours * HOUR,
    )


@pytest.mark.parametrize("newer", [waits("second", 99), waits("nine", 99, step=1)], ids=["milestone", "step"])
def test_of_too_many_nudges_an_older_catalog_suppresses_only_those_that_it_knows(newer: Pending) -> None:
    """What it does not know waits for the newer one, although it is the last to come: its priority may be any."""
    several = tuple(waits("nine", 2 + place) for place in range(MOST_PENDING))
    progress = Progress(SUBJECT, 2, pending=(*several, newer))
    found = advance(progress, [Tick(T0 + HOUR)], OLD, T0 + HOUR)
    assert [(each.template, each.reason) for each in found.nudges] == [("reminder", "too_many_waiting")]
    assert found.progress.pending == (*several[:-1], newer)


def test_an_older_catalog_leaves_it_to_a_newer_one_to_merge_what_waits_for_a_nudge_that_it_does_not_know() -> None:
    """It would be on record without channel and template. What waits with the user stays as it is."""
    user, other = Progress(SUBJECT, 2), Progress("user:device-7", 2, pending=(waits("second", 3),))
    assert needs_newer_catalog(user, other, OLD)
    assert not needs_newer_catalog(other, user, OLD)
    assert not needs_newer_catalog(user, other, NEW)
