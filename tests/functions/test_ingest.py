from collections import deque
from json import dumps, loads
from pathlib import Path
from typing import Any

import pytest

from functions.ingest.handler import lambda_handler
from milepost.adapters.clock import arrival_by
from milepost.application.folding import Folding
from milepost.application.ingest import Ingest
from milepost.application.intake import Intake
from milepost.domain.instant import DAY, parse_instant
from tests.adapters.examples import CATALOG
from tests.fakes.queues import MemoryDeadLetters
from tests.fakes.store import Fault, MemoryStore
from tests.functions.lambdas import CANARY, CONTEXT, ROOT, Context, canary_bodies, failures, ids, payload, queue_batch

NOW = parse_instant("2026-11-22T08:00:00Z")
PAYLOADS = sorted((ROOT / "events" / "ingest").glob("*.json"))


def service(store: MemoryStore | None = None, dead_letters: MemoryDeadLetters | None = None) -> Ingest:
    """The application over stores in memory."""
    folding = Folding(store or MemoryStore(), CATALOG)
    return Ingest(Intake(35 * DAY, arrival_by("live")), folding, dead_letters or MemoryDeadLetters(), lambda _: NOW)


def counted(store: MemoryStore) -> dict[str, int]:
    """How many events of each subject were counted."""
    return {subject: len(store.now(subject).progress.ledger.entries) for subject in store.subjects}


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_when_all_is_well_nothing_is_handed_back(path: Path) -> None:
    """An empty list, whatever the batch holds: a missing one would make Lambda send everything again."""
    event = loads(path.read_text(encoding="utf-8"))
    assert failures(lambda_handler(event, CONTEXT, service())) == []


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_only_ids_of_the_batch_are_handed_back(path: Path) -> None:
    """Each once: an id that Lambda does not know would fail the whole batch."""
    event = loads(path.read_text(encoding="utf-8"))
    store = MemoryStore(faults=deque([Fault.REFUSE] * 20))
    dead_letters = MemoryDeadLetters(refuses=frozenset(ids(event)))
    handed_back = failures(lambda_handler(event, CONTEXT, service(store, dead_letters)))
    assert sorted(handed_back) == sorted(ids(event))


def test_a_batch_counts_what_is_good_and_refuses_what_is_not() -> None:
    """The neighbours of a broken message are counted, and it goes to the dead letters as it came."""
    store, dead_letters = MemoryStore(), MemoryDeadLetters()
    event = payload("ingest", "batch")
    assert failures(lambda_handler(event, CONTEXT, service(store, dead_letters))) == []
    assert counted(store) == {"user:u_42": 2}
    [refused] = dead_letters.taken
    assert (refused.message_id, refused.body) == (ids(event)[2], event["Records"][2]["body"])


def test_duplicates_count_once() -> None:
    """Within a batch and when the batch comes again."""
    store = MemoryStore()
    for _ in range(2):
        assert failures(lambda_handler(payload("ingest", "duplicates"), CONTEXT, service(store))) == []
    assert counted(store) == {"user:u_42": 1, "user:u_43": 1}


def test_every_malformed_message_is_refused_for_a_reason() -> None:
    """And nothing is stored."""
    store, dead_letters = MemoryStore(), MemoryDeadLetters()
    event = payload("ingest", "malformed")
    lambda_handler(event, CONTEXT, service(store, dead_letters))
    assert [refused.message_id for refused in dead_letters.taken] == ids(event)
    assert all(refused.reason for refused in dead_letters.taken)
    assert store.subjects == frozenset()


def test_only_the_messages_of_a_subject_that_was_not_written_come_again() -> None:
    """Time has run out for one of two."""
    event = payload("ingest", "duplicates")  # the second message is another subject's
    store = MemoryStore(faults=deque([Fault.REFUSE]))
    handed_back = failures(lambda_handler(event, CONTEXT, service(store)))
    assert handed_back == [ids(event)[0], ids(event)[2]]
    assert counted(store) == {"user:u_43": 1}


def test_while_there_is_time_a_throttled_write_is_tried_again() -> None:
    """The context says how much."""
    store = MemoryStore(faults=deque([Fault.REFUSE, Fault.CONFLICT]))
    context: Any = Context(60_000)
    assert failures(lambda_handler(payload("ingest", "track"), context, service(store))) == []
    assert counted(store) == {"user:u_42": 1}


def test_a_message_that_the_dead_letters_did_not_take_comes_again() -> None:
    """Nothing is ever lost between two queues."""
    event = payload("ingest", "batch")
    dead_letters = MemoryDeadLetters(refuses=frozenset(ids(event)))
    assert failures(lambda_handler(event, CONTEXT, service(dead_letters=dead_letters))) == [ids(event)[2]]


def test_a_message_without_a_timestamp_happened_when_the_queue_took_it() -> None:
    """The queue says when that was, in milliseconds."""
    body = dumps({"type": "track", "messageId": "m", "userId": "u", "event": "happened"})
    store = MemoryStore()
    lambda_handler(queue_batch(body, sent_at=1_795_334_400_123), CONTEXT, service(store))
    [entry] = store.now("user:u").progress.ledger.entries.values()
    assert entry.instant == NOW + 123_000


@pytest.mark.parametrize("faults", [0, 50], ids=["written", "handed back"])
def test_no_body_and_no_id_is_ever_written(capsys: pytest.CaptureFixture[str], faults: int) -> None:
    """Not in logs, not in metrics; the queue's own message id, which names nobody, is all that leads back."""
    dead_letters = MemoryDeadLetters()
    store = MemoryStore(faults=deque([Fault.REFUSE] * faults))
    event = queue_batch(*canary_bodies())
    response = lambda_handler(event, CONTEXT, service(store, dead_letters))
    written = capsys.readouterr()
    assert len(dead_letters.taken) >= 15
    assert bool(failures(response)) is bool(faults)
    assert "message refused" in written.out
    assert CANARY not in (written.out + written.err).lower()
    assert not any(CANARY in refused.reason.lower() for refused in dead_letters.taken)


def test_what_was_done_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """One line of metrics an invocation, and one log line a refused message."""
    lambda_handler(payload("ingest", "batch"), CONTEXT, service())
    *logs, metrics = [loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {name: metrics[name] for name in ("EventsCounted", "MessagesRejected", "Invocations")} == {
        "EventsCounted": [2.0],
        "MessagesRejected": [1.0],
        "Invocations": [1.0],
    }
    assert [(line["level"], line["message"]) for line in logs] == [("WARNING", "message refused")]
