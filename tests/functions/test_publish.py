from collections import deque
from dataclasses import replace
from json import loads

import pytest

from functions.publish.handler import lambda_handler
from milepost.adapters.composing import LiquidComposer
from milepost.application.publish import Publish
from milepost.domain.facts import no_shares
from milepost.domain.outbox import Joined
from milepost.domain.progress import Trait
from tests.adapters.examples import CATALOG, NOW, NUDGE, OUTCOME, progress
from tests.fakes.composer import MemoryComposer
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.topics import MemoryTopics
from tests.functions.lambdas import CANARY, CONTEXT, failures, payload, stream_batch


def stored(*subjects: str) -> MemoryStore:
    """A store in which something waits for each of these subjects."""
    store = MemoryStore()
    for subject in subjects:
        nudge = replace(NUDGE, id=f"nudge of {subject}", subject=subject)
        outcome = replace(OUTCOME, id=f"outcome of {subject}", subject=subject)
        store.put(progress(subject)._replace(outbox=(Joined(NOW), outcome, nudge), due=NOW))
    return store


def service(store: MemoryStore, topics: MemoryTopics) -> Publish:
    """The application over a store and topics in memory."""
    return Publish(store, topics, CATALOG, lambda _: NOW, MemoryComposer())


def test_a_batch_empties_the_outboxes_it_names() -> None:
    """Each subject once, however often the stream names it; told, then booked."""
    store, topics = stored("user:u_42", "user:u_43", "user:other"), MemoryTopics()
    assert failures(lambda_handler(payload("publish", "stream"), CONTEXT, service(store, topics))) == []
    assert sorted(topics.ids) == [
        "nudge of user:u_42",
        "nudge of user:u_43",
        "outcome of user:u_42",
        "outcome of user:u_43",
    ]
    assert [bool(store.now(each).progress.outbox) for each in ("user:u_42", "user:u_43", "user:other")] == [0, 0, 1]
    assert store.statistics["*", "members"] == 2


def test_a_batch_that_comes_again_tells_and_counts_nothing_twice() -> None:
    """The record only says where to look."""
    store, topics = stored("user:u_42", "user:u_43"), MemoryTopics()
    for _ in range(2):
        lambda_handler(payload("publish", "stream"), CONTEXT, service(store, topics))
    assert len(topics.ids) == 4
    assert len(store.decisions) == 2
    assert store.statistics["*", "members"] == 2


def test_a_record_of_a_subject_that_is_gone_is_harmless() -> None:
    """Nothing is told and nobody is stored."""
    store, topics = MemoryStore(), MemoryTopics()
    assert failures(lambda_handler(stream_batch("user:gone"), CONTEXT, service(store, topics))) == []
    assert (topics.ids, store.subjects) == ([], frozenset())


def test_an_outbox_that_could_not_be_emptied_does_not_fail_its_record(capsys: pytest.CaptureFixture[str]) -> None:
    """That would hold up the shard: what was not taken stays, and the due index brings the subject back."""
    store, topics = stored("user:a", "user:b"), MemoryTopics(refuses=lambda entry: entry.subject == "user:a")
    assert failures(lambda_handler(stream_batch("user:a", "user:b"), CONTEXT, service(store, topics))) == []
    assert [len(store.now(each).progress.outbox) for each in ("user:a", "user:b")] == [2, 0]
    assert store.now("user:a").progress.due is not None
    assert "outboxes left for the next sweep" in capsys.readouterr().out


def test_a_booking_that_was_refused_is_left_too() -> None:
    """Its entries go out again, under the same ids."""
    store, topics = stored("user:a"), MemoryTopics()
    store.faults = deque([Fault.REFUSE])
    for _ in range(2):
        assert failures(lambda_handler(stream_batch("user:a"), CONTEXT, service(store, topics))) == []
    assert topics.ids == ["outcome of user:a", "nudge of user:a"] * 2
    assert (store.bookings, store.statistics["*", "members"]) == (1, 1)


@pytest.mark.parametrize("refused", [False, True])
def test_no_body_and_no_id_is_ever_written(capsys: pytest.CaptureFixture[str], refused: bool) -> None:  # noqa: FBT001 - a row
    """Not in logs, not in metrics."""
    store, topics = stored(f"user:{CANARY}"), MemoryTopics(refuses=lambda _: refused)
    lambda_handler(stream_batch(f"user:{CANARY}"), CONTEXT, service(store, topics))
    written = capsys.readouterr()
    assert bool(topics.ids) is not refused
    assert CANARY not in written.out + written.err


def test_what_was_done_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """Entries booked, and those that no topic took."""
    store, topics = stored("user:a", "user:b"), MemoryTopics(refuses=lambda entry: entry.subject == "user:a")
    lambda_handler(stream_batch("user:a", "user:b"), CONTEXT, service(store, topics))
    metrics = loads(capsys.readouterr().out.splitlines()[-1])
    assert (sum(metrics["EntriesBooked"]), sum(metrics["EntriesNotTaken"])) == (4, 2)


def test_what_cannot_be_composed_is_measured_and_nothing_of_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """The alarm rings; neither log nor decision quotes what its template met."""
    subject = f"user:{CANARY}"
    store, topics = stored(subject), MemoryTopics()
    trait = {CANARY: Trait(CANARY, NOW)}
    store.put(store.now(subject).progress._replace(traits=trait))
    contents = {NUDGE.template: {NUDGE.channel: {"subject": f"{{{{ traits.{CANARY} | date: '%d' }}}}", "body": ""}}}
    service = Publish(store, topics, CATALOG, lambda _: NOW, LiquidComposer(CATALOG, contents, no_shares))
    lambda_handler(stream_batch(subject), CONTEXT, service)
    written = capsys.readouterr()
    assert sum(loads(written.out.splitlines()[-1])["ComposeFailed"]) == 1
    assert CANARY not in written.out + written.err
    assert [(each.verdict, each.reason) for each in store.decisions] == [("suppressed", "template_failed")]
    assert topics.ids == [f"outcome of {subject}"]
