"""Ingest: each message is counted, refused with a reason, or handed back; never two of them, never none."""

import json
from collections import deque

from milepost.application.arrival import LiveArrival
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest, Ingested, Received
from milepost.application.intake import Intake
from milepost.domain.instant import MINUTE
from tests.application.messages import body, received
from tests.domain.build import MAX_AGE, T0, catalog, count, milestone
from tests.fakes.queues import MemoryDeadLetters
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import InstantBackoff

BAD = '{"type": "track"'


def ingest(
    store: MemoryStore, *messages: Received, letters: MemoryDeadLetters | None = None, attempts: int = 2
) -> Ingested:
    """Ingest a batch."""
    folding = Folding(store, catalog(milestone(count(1, repeats=True))))
    intake = Intake(MAX_AGE, LiveArrival())
    service = Ingest(intake, folding, letters or MemoryDeadLetters(), lambda _: T0 + MINUTE)
    return service.ingest(messages, InstantBackoff(attempts))


def counted(store: MemoryStore, user: str = "u_1") -> int:
    """How many of a user's events were counted."""
    standing = store.now(f"user:{user}").progress.standings.get("m")
    return 0 if standing is None else standing.occurrences


def test_good_messages_are_counted_and_none_comes_again() -> None:
    """1: counts once for its subject."""
    store = MemoryStore()
    result = ingest(store, received("a"), received("b"), received("c", userId="u_2"))
    assert (result.failed, result.refused) == (frozenset(), ())
    assert (counted(store), counted(store, "u_2"), result.tally["counted"]) == (2, 1, 3)


def test_a_bad_message_is_refused_alone() -> None:
    """1: rejected messages never hold up their neighbours and end where an operator finds them."""
    store, letters = MemoryStore(), MemoryDeadLetters()
    result = ingest(store, received("a"), received("bad", BAD), received("b"), letters=letters)
    assert (result.failed, counted(store)) == (frozenset(), 2)
    (refusal,) = letters.taken
    assert (refusal.message_id, refusal.body) == ("bad", BAD)
    assert refusal.reason.startswith("The message is not JSON")
    assert (result.refused, result.tally["rejected"]) == ((refusal,), 1)


def test_a_batch_of_bad_messages_asks_nothing_of_the_store() -> None:
    """Nothing to count is no read."""
    store = MemoryStore()
    assert len(ingest(store, received("x", BAD), received("y", "[]")).refused) == 2
    assert store.reads == []


def test_a_message_of_a_failed_subject_comes_again_and_its_neighbours_do_not() -> None:
    """Faults: then only that subject's messages are handed back."""
    store = MemoryStore(deque([Fault.REFUSE, None, Fault.REFUSE, Fault.REFUSE]))
    result = ingest(store, received("a"), received("b"), received("c", userId="u_2"))
    assert result.failed == {"a", "b"}
    assert (counted(store), counted(store, "u_2"), result.tally["handed_back"]) == (0, 1, 2)


def half_bad(user: str = "u_1") -> Received:
    """A Segment batch of a good message and a bad one."""
    content = {"batch": [body(messageId="good", userId=user), body(messageId="")]}
    return Received("half", json.dumps(content), T0)


def test_a_half_bad_batch_counts_what_is_good_and_is_refused_for_the_rest() -> None:
    """1: neighbours in one body are neighbours too."""
    store, letters = MemoryStore(), MemoryDeadLetters()
    result = ingest(store, half_bad(), letters=letters)
    assert (counted(store), result.failed) == (1, frozenset())
    assert [each.message_id for each in letters.taken] == ["half"]


def test_a_message_that_comes_again_is_not_refused_yet() -> None:
    """An operator finds it once: when what is good in it has been counted."""
    store, letters = MemoryStore(deque([Fault.REFUSE] * 3)), MemoryDeadLetters()
    result = ingest(store, half_bad(), letters=letters)
    assert result.failed == {"half"}
    assert (result.refused, letters.taken) == ((), [])
    assert ingest(store, half_bad(), letters=letters).failed == frozenset()
    assert (counted(store), len(letters.taken)) == (1, 1)


def test_what_the_dead_letter_queue_does_not_take_comes_again() -> None:
    """A refused message is never lost: it stays in the event queue until it is somewhere else."""
    store, letters = MemoryStore(), MemoryDeadLetters(refuses=frozenset({"x"}))
    result = ingest(store, received("a"), received("x", BAD), received("y", BAD), letters=letters)
    assert result.failed == {"x"}
    assert counted(store) == 1
    assert [each.message_id for each in result.refused] == ["y"]
    assert (result.tally["rejected"], result.tally["handed_back"]) == (1, 1)


def test_the_same_event_in_two_messages_of_a_batch_counts_once() -> None:
    """1: a resend counts once, and both messages are done with."""
    store = MemoryStore()
    result = ingest(store, received("a"), Received("again", received("a").body, T0))
    assert (result.failed, counted(store)) == (frozenset(), 1)
    assert (result.tally["counted"], result.tally["duplicate"]) == (1, 1)


def test_a_batch_delivered_twice_counts_once() -> None:
    """Faults: killed before it answered: the whole batch is redelivered and deduplicated."""
    store, letters = MemoryStore(), MemoryDeadLetters()
    for _ in range(2):
        assert ingest(store, received("a"), received("b"), letters=letters).failed == frozenset()
    assert counted(store) == 2


def test_only_ids_that_were_received_are_named() -> None:
    """Faults: a malformed batch response is impossible."""
    store = MemoryStore(deque([Fault.REFUSE] * 9))
    messages = [received("a"), received("x", BAD), half_bad("u_2")]
    result = ingest(store, *messages, letters=MemoryDeadLetters(refuses=frozenset({"x"})))
    assert result.failed == {"a", "x", "half"}


def test_an_empty_batch_is_nothing() -> None:
    """Faults: empty list when all is well."""
    assert ingest(MemoryStore()).failed == frozenset()
