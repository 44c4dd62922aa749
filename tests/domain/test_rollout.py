"""Functions are deployed one after another: for a while an older catalog works on what a newer one has judged."""

from milepost.domain.advance import acknowledge, advance
from milepost.domain.event import Tick
from milepost.domain.instant import DAY, HOUR
from milepost.domain.merge import merge, needs_newer_catalog
from milepost.domain.outbox import RETRY_AFTER
from milepost.domain.progress import Progress
from milepost.domain.schedule import MOST_PENDING, Pending
from tests.domain.build import GRACE, SUBJECT, T0, bought, catalog, count, milestone, within

OLD = catalog(milestone(count(9), name="nine"), version=1)
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


def waits(name: str, hours: int) -> Pending:
    """A nudge that is to go so many hours after a miss."""
    return Pending(
        milestone=name,
        path="missed",
        n=1,
        occurrence=1,
        step=0,
        at=T0,
        planned=T0 + hours * HOUR,
        due=T0 + hours * HOUR,
    )


def test_of_too_many_nudges_an_older_catalog_suppresses_only_those_that_it_can_name() -> None:
    """What it does not know waits for the newer one, although it is the last to come."""
    several = tuple(waits("nine", 2 + place) for place in range(MOST_PENDING))
    progress = Progress(SUBJECT, 2, pending=(*several, waits("second", 99)))
    found = advance(progress, [Tick(T0 + HOUR)], OLD, T0 + HOUR)
    assert [(each.milestone, each.reason) for each in found.nudges] == [("nine", "too_many_waiting")]
    assert found.progress.pending == (*several[:-1], waits("second", 99))


def test_an_older_catalog_leaves_it_to_a_newer_one_to_merge_what_waits_for_a_nudge_that_it_cannot_name() -> None:
    """It would go on record under a name that nobody knows. What waits with the user stays as it is."""
    user, other = Progress(SUBJECT, 2), Progress("user:device-7", 2, pending=(waits("second", 3),))
    assert needs_newer_catalog(user, other, OLD)
    assert not needs_newer_catalog(other, user, OLD)
    assert not needs_newer_catalog(user, other, NEW)
