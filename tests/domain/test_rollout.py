"""Functions are deployed one after another: for a while an older catalog works on what a newer one has judged."""

from milepost.domain.advance import acknowledge, advance
from milepost.domain.event import Tick
from milepost.domain.instant import DAY, HOUR
from milepost.domain.merge import merge
from milepost.domain.outbox import RETRY_AFTER
from milepost.domain.progress import Progress
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
