from collections import deque
from dataclasses import replace
from json import dumps, loads
from typing import Any

import pytest

from functions.settle.handler import lambda_handler
from milepost.application.folding import Folding
from milepost.application.settle import Settle
from milepost.domain.advance import acknowledge, advance
from milepost.domain.catalog import Catalog
from milepost.domain.event import Track
from milepost.domain.instant import DAY, HOUR, Instant, parse_instant
from milepost.domain.matcher import Matcher
from milepost.domain.milestone import Within
from milepost.domain.progress import Progress
from tests.adapters.examples import CATALOG
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import FixedWorkedOff
from tests.functions.lambdas import CANARY, CONTEXT, failures, payload, queue_batch

AT = parse_instant("2026-11-22T08:00:00Z")
STARTED = AT - DAY - 2 * HOUR
WITHIN = Within(DAY, Matcher(frozenset({"began"}), ()))
DEADLINE: Catalog = Catalog.of(
    CATALOG.name,
    [replace(CATALOG.milestones["first"], within=WITHIN)],
    version=CATALOG.version,
    max_age=CATALOG.max_age,
    grace=CATALOG.grace,
    events=frozenset({"began", "happened"}),
    consent=CATALOG.consent,
)
"""A day to reach `first` after `began`, and an hour of grace."""


def begun(subject: str) -> Progress:
    """A subject whose deadline and grace have passed an hour ago, with an empty outbox."""
    event = Track(subject, "m", 1, 1, STARTED, STARTED, "began", {}, subject)
    found = advance(Progress(subject), [event], DEADLINE, STARTED).progress
    return acknowledge(found, frozenset(entry.id for entry in found.outbox), DEADLINE, STARTED)


def stored(*subjects: str, faults: int = 0) -> MemoryStore:
    """A store with these subjects."""
    store = MemoryStore()
    for subject in subjects:
        store.put(begun(subject))
    store.faults = deque([Fault.REFUSE] * faults)
    return store


def service(store: MemoryStore, mark: Instant | None = AT, now: Instant = AT) -> Settle:
    """The application, with the event queue worked off up to `mark`."""
    return Settle(Folding(store, DEADLINE), FixedWorkedOff(mark), lambda _: now)


def missed(store: MemoryStore) -> set[str]:
    """Who has missed the deadline."""
    return {each for each in store.subjects if any(s.missed for s in store.now(each).progress.standings.values())}


def tick(*subjects: Any, shard: Any = 0, at: Any = "2026-11-22T08:00:00Z") -> str:
    """The body of a tick."""
    return dumps({"shard": shard, "subjects": subjects, "at": at})


def test_everybody_in_a_batch_of_ticks_is_looked_at() -> None:
    """And nothing is handed back."""
    store = stored("user:u_42", "user:u_43", "user:u_44", "user:other")
    assert failures(lambda_handler(payload("settle", "ticks"), CONTEXT, service(store))) == []
    assert missed(store) == {"user:u_42", "user:u_43", "user:u_44"}


def test_a_repeated_tick_changes_nothing() -> None:
    """The state decides, not the tick."""
    store = stored("user:u_42")
    event = queue_batch(tick("user:u_42"), tick("user:u_42"))
    lambda_handler(event, CONTEXT, service(store))
    once = store.now("user:u_42").progress
    lambda_handler(event, CONTEXT, service(store))
    assert store.now("user:u_42").progress == once
    assert [getattr(each, "outcome", None) for each in once.outbox] == ["missed"]


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "2026-11-22T08:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_forged_tick_decides_nothing_early(at: str) -> None:
    """Whatever instant it names: the worker's clock and the event queue say how far decisions go."""
    store = stored("user:u_42")
    before = STARTED + DAY + HOUR - 1
    lambda_handler(queue_batch(tick("user:u_42", at=at)), CONTEXT, service(store, mark=before, now=before))
    assert missed(store) == set()


def test_a_forged_tick_makes_no_subject() -> None:
    """Nor does a ghost row of the index for one who was erased: the clock counts no members."""
    store = stored("user:u_42")
    assert failures(lambda_handler(queue_batch(tick("user:nobody", "user:u_42")), CONTEXT, service(store))) == []
    assert store.subjects == {"user:u_42"}
    assert missed(store) == {"user:u_42"}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[[]]",
        tick("user:u_42", shard="x"),
        tick("user:u_42", at="soon"),
        '{"shard": 1e999, "subjects": ["user:u_42"], "at": "2026-11-22T08:00:00Z"}',
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_what_is_no_tick_holds_up_no_other(body: str) -> None:
    """It is dropped, and its neighbours in the batch are worked off."""
    store = stored("user:u_42")
    assert failures(lambda_handler(queue_batch(body, tick("user:u_42")), CONTEXT, service(store))) == []
    assert missed(store) == {"user:u_42"}


def test_a_batch_without_any_tick_needs_no_collaborator(capsys: pytest.CaptureFixture[str]) -> None:
    """And an operator learns of it."""
    assert failures(lambda_handler(queue_batch("not a tick"), CONTEXT)) == []
    assert "tick unreadable" in capsys.readouterr().out


def test_the_unreadable_in_a_payload_is_counted_and_the_rest_worked_off(capsys: pytest.CaptureFixture[str]) -> None:
    """Of two."""
    store = stored("user:u_42")
    assert failures(lambda_handler(payload("settle", "unreadable"), CONTEXT, service(store))) == []
    assert missed(store) == {"user:u_42"}
    lines = [loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["messages"] for line in lines if line.get("message") == "tick unreadable"] == [1]


@pytest.mark.parametrize(("mark", "held"), [(None, True), (STARTED + DAY + HOUR - 1, False)])
def test_with_a_backlog_nobody_is_told_that_they_missed(
    capsys: pytest.CaptureFixture[str],
    mark: Instant | None,
    held: bool,  # noqa: FBT001 - a row
) -> None:
    """The event that meets the deadline may still wait in the queue; that nobody knows how far it is, is logged."""
    store = stored("user:u_42")
    lambda_handler(payload("settle", "ticks"), CONTEXT, service(store, mark))
    assert missed(store) == set()
    assert ("decisions wait for the event queue" in capsys.readouterr().out) is held


def test_a_subject_that_was_not_written_is_left_for_the_next_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    """Its tick is not handed back, which would hold up the shard; it is still due."""
    store = stored("user:u_42", faults=1)
    assert failures(lambda_handler(queue_batch(tick("user:u_42")), CONTEXT, service(store))) == []
    due = store.now("user:u_42").progress.due
    assert due is not None
    assert due <= AT
    assert "subjects left for the next sweep" in capsys.readouterr().out


@pytest.mark.parametrize("faults", [0, 9])
def test_no_body_and_no_id_is_ever_written(capsys: pytest.CaptureFixture[str], faults: int) -> None:
    """Not in logs, not in metrics."""
    store = stored(f"user:{CANARY}", faults=faults)
    bodies = [tick(f"user:{CANARY}"), CANARY, tick(CANARY, at=CANARY), tick(CANARY, shard=CANARY)]
    event = queue_batch(*bodies, MessageGroupId=CANARY, MessageDeduplicationId=CANARY, SequenceNumber=CANARY)
    assert failures(lambda_handler(event, CONTEXT, service(store))) == []
    written = capsys.readouterr()
    assert "tick unreadable" in written.out
    assert CANARY not in written.out + written.err
