"""Folding: whatever befalls a read or a write, each event counts once, or its subject is named as failed."""

from collections import Counter, deque
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.application.folding import MOST_ATTEMPTS, Folded, Folding, Work
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject, Track
from milepost.domain.progress import Progress
from tests.domain.build import SUBJECT, T0, catalog, count, milestone, track
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import InstantBackoff

EVERY: Catalog = catalog(milestone(count(1, repeats=True)))
OTHER = "user:u_2"
FIRST = [track("a", T0), track("b", T0 + 1)]


def theirs(subject: Subject, *events: Track) -> list[Track]:
    """The same events of somebody else."""
    return [replace(event, subject=subject) for event in events]


def fold(store: MemoryStore, work: Work, attempts: int = 9) -> Folded:
    """Fold events, with time for so many more attempts."""
    return Folding(store, EVERY).fold(work, lambda _: T0 + 9, InstantBackoff(attempts))


def reached(store: MemoryStore, subject: Subject = SUBJECT) -> int:
    """How many events were counted."""
    standing = store.now(subject).progress.standings.get("m")
    return 0 if standing is None else standing.occurrences


@pytest.mark.parametrize(
    "faults",
    [
        [],
        [Fault.CONFLICT],
        [Fault.REFUSE],
        [Fault.LOSE_ANSWER],
        [Fault.CONFLICT, Fault.REFUSE, Fault.CONFLICT, Fault.LOSE_ANSWER],
    ],
    ids=str,
)
def test_whatever_befalls_the_write_each_event_counts_once(faults: list[Fault | None]) -> None:
    """Faults: conflict, throttling, and a write whose answer was lost."""
    store = MemoryStore(deque(faults))
    assert fold(store, {SUBJECT: FIRST}).failed == frozenset()
    assert reached(store) == 2
    assert not store.faults


def test_a_worker_who_lost_the_race_counts_what_the_other_did_not() -> None:
    """Faults: the same event in two workers at once: the loser re-reads and acknowledges."""
    store = MemoryStore()
    store.rivals.append(lambda: fold(store, {SUBJECT: [FIRST[0]]}))
    folded = fold(store, {SUBJECT: FIRST})
    assert (folded.failed, reached(store)) == (frozenset(), 2)
    assert (folded.tally["conflict"], folded.tally["counted"], folded.tally["duplicate"]) == (1, 1, 1)


def test_the_first_read_may_be_stale_and_those_after_a_conflict_are_not() -> None:
    """Design 2: read eventually consistent; the retry reads consistently."""
    store = MemoryStore(deque([Fault.CONFLICT]))
    fold(store, {SUBJECT: FIRST})
    assert store.reads == [((SUBJECT,), False), ((SUBJECT,), True)]


def test_a_stale_read_is_harmless() -> None:
    """Faults: the version condition catches it."""
    store = MemoryStore(stale=True)
    for event in FIRST:
        fold(store, {SUBJECT: [event]})
    folded = fold(store, {SUBJECT: FIRST})
    assert (reached(store), folded.failed) == (2, frozenset())


def test_only_the_subjects_that_failed_go_round_again() -> None:
    """Design 2: per-statement errors send only those subjects round again."""
    store = MemoryStore(deque([Fault.REFUSE, None]))
    fold(store, {SUBJECT: FIRST, OTHER: theirs(OTHER, *FIRST)})
    assert [subjects for subjects, _ in store.reads] == [(SUBJECT, OTHER), (SUBJECT,)]
    assert (reached(store), reached(store, OTHER)) == (2, 2)


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.REFUSE])
def test_out_of_time_only_those_subjects_have_failed(fault: Fault) -> None:
    """Faults: conflict storm or throttling: then only that subject's messages are handed back."""
    store = MemoryStore(deque([fault, None, fault, fault]))
    folded = fold(store, {SUBJECT: FIRST, OTHER: theirs(OTHER, *FIRST)}, attempts=2)
    assert folded.failed == {SUBJECT}
    assert (reached(store), reached(store, OTHER)) == (0, 2)


def test_the_tally_is_that_of_what_was_written() -> None:
    """Metrics: what was tried in vain is not counted."""
    store = MemoryStore(deque([Fault.REFUSE, None, Fault.REFUSE]))
    folded = fold(store, {SUBJECT: FIRST, OTHER: theirs(OTHER, FIRST[0])}, attempts=1)
    assert (folded.tally["counted"], folded.tally["refused"]) == (1, 2)


def test_subjects_left_unread_are_read_again() -> None:
    """Design 2: unprocessed keys go round again."""
    store = MemoryStore()
    store.unread[OTHER] = 2
    folded = fold(store, {SUBJECT: FIRST, OTHER: theirs(OTHER, *FIRST)})
    assert (folded.failed, reached(store), reached(store, OTHER)) == (frozenset(), 2, 2)


def test_a_subject_that_cannot_be_read_fails_alone() -> None:
    """Faults: an item of a newer major version is retried, never overwritten."""
    store = MemoryStore()
    store.unread[OTHER] = 99
    folded = fold(store, {SUBJECT: FIRST, OTHER: theirs(OTHER, *FIRST)}, attempts=3)
    assert folded.failed == {OTHER}
    assert store.subjects == {SUBJECT}


def test_after_the_most_attempts_it_stops_whatever_time_is_left() -> None:
    """Who cannot be read by this release must not keep a worker busy until its time is up."""
    store = MemoryStore()
    store.unread[OTHER] = 99
    folded = fold(store, {SUBJECT: FIRST, OTHER: theirs(OTHER, *FIRST)}, attempts=99)
    assert folded.failed == {OTHER}
    assert reached(store) == 2
    assert len(store.reads) == MOST_ATTEMPTS == 20


def test_what_changes_nothing_is_not_written() -> None:
    """A duplicate costs a read and no write."""
    store = MemoryStore()
    fold(store, {SUBJECT: FIRST})
    before = store.now(SUBJECT).version
    assert fold(store, {SUBJECT: FIRST}).tally["duplicate"] == 2
    assert store.now(SUBJECT).version == before


def test_nothing_to_fold_asks_nothing_of_the_store() -> None:
    """An empty batch is no read."""
    store = MemoryStore()
    assert fold(store, {}) == Folded(frozenset(), Counter(), {})
    assert store.reads == []


# ---------------------------------------------------------------------------------------------- what was spilled


def test_a_late_event_is_judged_with_what_was_spilled() -> None:
    """Design 2: an event newer than the watermark needs only the ledger, an older one needs the segments."""
    store = MemoryStore(most=0)
    fold(store, {SUBJECT: FIRST})
    fold(store, {SUBJECT: [track("c", T0 + 2)]})
    assert store.recalls == []
    folded = fold(store, {SUBJECT: [FIRST[0], track("late", T0 - 1)]})
    assert (store.recalls, folded.tally["duplicate"], reached(store)) == ([SUBJECT], 1, 4)


def test_nothing_is_judged_without_what_could_not_be_read() -> None:
    """It goes round again, and fails alone when time is up."""
    store = MemoryStore(most=0)
    fold(store, {SUBJECT: FIRST})
    fold(store, {SUBJECT: [track("c", T0 + 2)]})
    late = {SUBJECT: [FIRST[0]], OTHER: theirs(OTHER, *FIRST)}
    store.unrecalled = 2
    folded = fold(store, late)
    assert (folded.failed, folded.tally["duplicate"], reached(store), reached(store, OTHER)) == (frozenset(), 1, 3, 2)
    store.unrecalled = 9
    assert fold(store, late, attempts=2).failed == {SUBJECT}


@given(st.data(), st.integers(0, 4))
def test_however_short_the_ledger_each_event_counts_once(data: st.DataObject, most: int) -> None:
    """In any order, in any batches, with copies, lost answers and lost races."""
    events = [
        track(f"e{place}", T0 + at) for place, at in enumerate(data.draw(st.lists(st.integers(0, 9), max_size=12)))
    ]
    deliveries = data.draw(st.permutations([*events, *data.draw(st.lists(st.sampled_from(events or [FIRST[0]])))]))
    store = MemoryStore(most=most)
    while deliveries:
        size = data.draw(st.integers(1, 4))
        store.faults.extend(data.draw(st.lists(st.sampled_from([None, *Fault]), max_size=2)))
        assert fold(store, {SUBJECT: deliveries[:size]}).failed == frozenset()
        store.faults.clear()
        deliveries = deliveries[size:]
    if events:
        assert reached(store) == len(events)


def damaged(subject: Subject) -> MemoryStore:
    """A store in which nobody can tell what the rule remembers of this subject."""
    store = MemoryStore()
    fold(store, {subject: theirs(subject, track("c", T0))})
    progress = store.now(subject).progress
    store.put(progress._replace(standings={"m": progress.standings["m"]._replace(memo="u_42 was here")}))
    return store


def test_a_subject_that_the_core_cannot_go_on_from_fails_alone() -> None:
    """Its neighbours are counted; where it happened is told, and nothing of what the error says."""
    store = damaged(OTHER)
    folded = fold(store, {SUBJECT: FIRST, OTHER: theirs(OTHER, *FIRST)})
    assert folded.failed == {OTHER}
    assert reached(store) == 2
    [fault] = folded.faults
    assert "Error in line" in fault
    assert "u_42" not in fault
    assert store.now(OTHER).version == 2


def test_what_the_core_cannot_go_on_from_is_not_tried_again() -> None:
    """It would fail in the same way, and its neighbours would wait for it."""
    store = damaged(OTHER)
    fold(store, {OTHER: theirs(OTHER, *FIRST)})
    assert len(store.reads) == 2


def with_a_device(faults: deque[Fault | None]) -> MemoryStore:
    """OTHER has become SUBJECT, which is known only once SUBJECT's own events are written."""
    store = MemoryStore(faults)
    store.put(Progress(OTHER, catalog_version=1, forward=SUBJECT))
    store.unread[OTHER] = 1
    return store


def test_who_is_written_and_then_gets_anothers_events_has_failed_until_these_are_written_too() -> None:
    """Faults: time runs out between the two. The other's messages would be gone for ever."""
    store = with_a_device(deque([None, *[Fault.REFUSE] * 9]))
    work = {SUBJECT: FIRST, OTHER: theirs(OTHER, track("c", T0 + 2))}
    assert fold(store, work, attempts=2).failed == {SUBJECT, OTHER}
    assert fold(store, work).failed == frozenset()
    assert reached(store) == 3


def test_an_exception_over_anothers_events_fails_both() -> None:
    """Faults: the first write is done, and then somebody leaves what the core cannot go on from."""
    store = with_a_device(deque())
    work = {SUBJECT: FIRST, OTHER: theirs(OTHER, track("c", T0 + 2))}
    clock = iter([T0 + 9])

    def once(_: object) -> int:
        return next(clock)

    folded = Folding(store, EVERY).fold(work, once, InstantBackoff(9))
    assert folded.failed == {SUBJECT, OTHER}
    assert len(folded.faults) == 1
