"""Settle: the clock decides what is worked off, and nothing that a tick could claim."""

from collections import deque

from milepost.application.folding import Folding
from milepost.application.ports import TickMessage
from milepost.application.settle import Settle, Settled
from milepost.domain.advance import advance
from milepost.domain.instant import DAY, MINUTE, Instant
from milepost.domain.outbox import RETRY_AFTER, Outcome
from milepost.domain.progress import Progress
from tests.domain.build import GRACE, SUBJECT, T0, catalog, count, milestone, track, within
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import FixedWorkedOff, InstantBackoff

WEEK = catalog(milestone(count(2), deadline=within(7 * DAY)))
DECIDED = T0 + 7 * DAY + GRACE
OTHER = "user:u_2"


def one_purchase(subject: str = SUBJECT) -> MemoryStore:
    """A store in which one purchase has begun a deadline."""
    store = MemoryStore()
    store.put(advance(Progress(subject), [track("a", T0)], WEEK, T0).progress)
    return store


def settle(store: MemoryStore, now: Instant, worked_off: Instant | None, *subjects: str, attempts: int = 2) -> Settled:
    """Settle one tick for these subjects."""
    service = Settle(Folding(store, WEEK), FixedWorkedOff(worked_off), lambda _: now)
    return service.settle([TickMessage(0, subjects or (SUBJECT,), now)], InstantBackoff(attempts))


def found(store: MemoryStore) -> list[str]:
    """What was found for the subject."""
    return [each.outcome for each in store.now(SUBJECT).progress.outbox if isinstance(each, Outcome)]


def test_a_deadline_that_is_worked_off_is_decided() -> None:
    """3.11: the deadline plus grace has passed and the queue is worked off up to it."""
    store = one_purchase()
    assert not settle(store, DECIDED, DECIDED).held
    assert found(store) == ["missed"]


def test_with_a_backlog_nothing_is_missed() -> None:
    """3.11: with a backlog the decision waits, however late it is; `held` is for a mark that is not known at all."""
    store = one_purchase()
    settled = settle(store, DECIDED + 9 * DAY, DECIDED - 1)
    assert (settled.held, found(store)) == (False, [])


def test_while_the_backlog_is_unknown_nothing_is_missed() -> None:
    """3.11: no datapoint is no permission."""
    store = one_purchase()
    settled = settle(store, DECIDED + 9 * DAY, None)
    assert (settled.held, found(store)) == (True, [])


def test_who_waits_for_the_backlog_stays_due() -> None:
    """What was held comes back with the next sweep."""
    store = one_purchase()
    settle(store, DECIDED + 9 * DAY, DECIDED - 1)
    due = store.now(SUBJECT).progress.due
    assert due is not None
    assert due <= DECIDED + 9 * DAY


def test_a_forged_tick_decides_nothing_early() -> None:
    """Design 2: a tick says "look at this subject": the state decides."""
    store = one_purchase()
    settle(store, DECIDED - 1, DECIDED + 99 * DAY)
    assert found(store) == []


def test_a_repeated_tick_changes_nothing() -> None:
    """Design 2: repeated in one call, and in another."""
    store = one_purchase()
    settle(store, DECIDED, DECIDED)
    before = store.now(SUBJECT)
    service = Settle(Folding(store, WEEK), FixedWorkedOff(DECIDED), lambda _: DECIDED)
    service.settle([TickMessage(0, (SUBJECT,), DECIDED), TickMessage(0, (SUBJECT,), DECIDED)], InstantBackoff(0))
    assert store.now(SUBJECT) == before


def test_a_tick_for_somebody_unknown_makes_no_subject() -> None:
    """Design 2, faults: a ghost row of the index, or a forged tick, makes nobody and counts no member."""
    store = one_purchase()
    settle(store, DECIDED, DECIDED, "user:ghost")
    assert store.subjects == {SUBJECT}


def test_what_is_unacknowledged_is_armed_anew_even_with_a_backlog() -> None:
    """Design 2: if `publish` is down, the due index brings the subject back, again and again."""
    store = one_purchase()
    for now in (T0 + RETRY_AFTER, T0 + 2 * RETRY_AFTER):
        settle(store, now, None)
        assert store.now(SUBJECT).progress.due == now + RETRY_AFTER


def test_a_lost_answer_decides_once() -> None:
    """Faults: the retry meets its own condition and finds nothing left to decide."""
    store = one_purchase()
    store.faults = deque([Fault.LOSE_ANSWER])
    assert settle(store, DECIDED, DECIDED).failed == frozenset()
    assert found(store) == ["missed"]


def test_an_event_that_came_first_wins_over_the_tick() -> None:
    """Faults: a race between an event in time and the clock ends with the event."""
    store = one_purchase()

    def event_arrives() -> None:
        progress = store.now(SUBJECT).progress
        store.put(advance(progress, [track("b", T0 + DAY, arrived=DECIDED - MINUTE)], WEEK, DECIDED).progress)

    store.rivals.append(event_arrives)
    settle(store, DECIDED, DECIDED)
    assert found(store) == ["reached"]


def test_a_subject_that_cannot_be_written_fails_alone() -> None:
    """The others of the tick are settled."""
    store = one_purchase()
    store.put(advance(Progress(OTHER), [track("a", T0)], WEEK, T0).progress)
    store.unread[OTHER] = 9
    assert settle(store, DECIDED, DECIDED, SUBJECT, OTHER).failed == {OTHER}
    assert found(store) == ["missed"]
