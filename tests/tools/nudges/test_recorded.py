"""Decisions on DynamoDB: by subject, and by the day through the index, on MiniStack and on the project's own engine."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters import keys
from milepost.adapters.codec import Codec
from milepost.adapters.decisions import decision_item, recorded
from milepost.adapters.dynamo_store import DynamoStore
from milepost.application.ports import Booking, Increments, Saved, Stored
from milepost.domain.instant import DAY, HOUR, Instant
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress
from milepost_tools.engine import Engine
from milepost_tools.engine.capacity import bytes_as_billed
from milepost_tools.nudges.recorded import DynamoDecisions
from tests.adapters.booking import booked
from tests.adapters.examples import CATALOG, NOW, NUDGE, WAITS, progress
from tests.adapters.tables import create_statistics_table, create_table

LONGEST = "x" * 4000
DAYS_WORTH = 600
"""Decisions of so long a name that they are more than two pages."""


@pytest.fixture(params=["ministack", "engine"])
def store(request: pytest.FixtureRequest) -> DynamoStore:
    """An empty store."""
    dynamodb: Any = Engine() if request.param == "engine" else request.getfixturevalue("connection").dynamodb
    return DynamoStore(
        dynamodb, Codec.of(CATALOG), create_table(dynamodb), create_statistics_table(dynamodb), CATALOG.name
    )


def decided(store: DynamoStore, *nudges: Nudge) -> DynamoDecisions:
    """The decisions, once each of these has been booked, one after another."""
    for each in nudges:
        stored = store.load([each.subject], consistent=True)[each.subject]
        if stored.version == 0:
            assert store.save([Stored(progress(each.subject), 0)]) == {each.subject: Saved.DONE}
            stored = store.load([each.subject], consistent=True)[each.subject]
        assert booked(store, Booking(stored.version, stored.progress, (each,), Increments())) is Saved.DONE
    return DynamoDecisions(store.client, store.table)


def at(decided_at: Instant, subject: str = "user:u_42", verdict: Any = "sent") -> Nudge:
    """A nudge that was decided then."""
    return replace(NUDGE, id=f"{subject} {decided_at}", subject=subject, decided_at=decided_at, verdict=verdict)


def ids(found: Sequence[Any]) -> list[str]:
    """Their ids, in order."""
    return [each.id for each in found]


def test_a_decision_is_read_back_with_all_that_explains_it(store: DynamoStore) -> None:
    """Reason, until when, template, attempt, and what tells occurrences apart."""
    again = replace(NUDGE, id="again", attempt=2, channel="sms")
    found = {each.id: each for each in decided(store, NUDGE, replace(WAITS, id="waits"), again).of(NUDGE.subject)}
    sent, second, waits = (found[id_] for id_ in (NUDGE.id, "again", "waits"))
    assert (sent.template, sent.reason, sent.until, sent.attempt, sent.occurrence) == ("well-done", None, None, 1, 1)
    assert (second.attempt, second.channel) == (2, "sms")
    assert (waits.verdict, waits.reason, waits.until, waits.variant) == ("deferred", "not_yet", NOW + DAY, "b")
    assert (waits.occurrence, waits.at, waits.decided_at) == (NOW, NUDGE.at, NOW)


def test_everybodys_decisions_are_found_the_newest_first(store: DynamoStore) -> None:
    """Over days and shards; from the first instant on, and before the last."""
    subjects = [f"user:u_{number}" for number in range(12)]
    nudges = [at(NOW - number * 5 * HOUR, subject) for number, subject in enumerate(subjects)]
    decisions = decided(store, *nudges)
    assert len({keys.shard_of(each, keys.DECISION_SHARDS) for each in subjects}) > 2
    assert ids(list(decisions.between(0 + NOW - 60 * HOUR, NOW + 1))) == [each.id for each in nudges]
    assert ids(list(decisions.between(NOW - 10 * HOUR, NOW))) == [each.id for each in nudges[1:3]]
    assert list(decisions.between(NOW + 1, NOW + 9 * DAY)) == []
    assert list(decisions.between(NOW, NOW)) == list(decisions.between(NOW, NOW - HOUR)) == []


def test_a_later_verdict_takes_the_place_of_the_one_before_on_its_own_day(store: DynamoStore) -> None:
    """Otherwise a nudge that waited would count twice."""
    waits = replace(WAITS, id="one")
    decisions = decided(store, waits, replace(waits, verdict="sent", reason=None, until=None, decided_at=NOW + 2 * DAY))
    assert [(each.id, each.verdict) for each in decisions.between(NOW - DAY, NOW + 9 * DAY)] == [("one", "sent")]
    assert list(decisions.between(NOW - DAY, NOW + DAY)) == []


def test_a_day_of_more_than_a_page_is_found_whole() -> None:
    """DynamoDB gives a megabyte at a time."""
    engine: Any = Engine()
    table = create_table(engine)
    for number in range(DAYS_WORTH):
        nudge = replace(at(NOW + number, "user:one"), milestone=LONGEST)
        engine.put_item(TableName=table, Item=decision_item(nudge))
    found = list(DynamoDecisions(engine, table).between(NOW, NOW + DAYS_WORTH))
    assert [each.decided_at for each in found] == [NOW + number for number in reversed(range(DAYS_WORTH))]


def test_nothing_but_a_decision_is_in_the_index(store: DynamoStore) -> None:
    """Whoever waits and has an outbox is in the other one: no event costs a unit for this one."""
    decided(store, NUDGE)
    assert store.save([Stored(Progress("user:u_1", 1, outbox=(NUDGE,), due=NOW), 0)]) == {"user:u_1": Saved.DONE}
    found = store.client.scan(TableName=store.table, IndexName=keys.DECISIONS_INDEX)["Items"]
    assert [item["sk"]["S"] for item in found] == [keys.decision_sort(NUDGE)]


def test_a_decision_costs_one_unit_in_the_index_and_a_later_verdict_two() -> None:
    """Less than a kilobyte, though the index holds all of it; its old place is taken out, its new one put in."""
    engine: Any = Engine()
    store = DynamoStore(engine, Codec.of(CATALOG), create_table(engine), create_statistics_table(engine), CATALOG.name)
    decided(store, at(NOW - 1))
    spent = []
    for nudge in (at(NOW, verdict="deferred"), replace(at(NOW), decided_at=NOW + HOUR)):
        engine.meter.reset()
        decided(store, nudge)
        spent.append(engine.meter.write_units)
    assert spent == [4 + 1, 4 + 2]


@given(
    st.builds(
        lambda name, who: replace(WAITS, milestone=name * 64, subject="user:" + who * 64),
        *[st.characters(codec="utf-8")] * 2,
    )
)
def test_the_longest_decision_is_less_than_a_kilobyte_of_which_an_index_entry_is_one_unit(nudge: Nudge) -> None:
    """Names of 64 characters of four bytes, ids of 256 bytes, and every field present."""
    item = decision_item(replace(nudge, attempt=99, reason="cancelled_by_operator"))
    assert bytes_as_billed(item) <= 1024
    assert recorded(item).milestone == nudge.milestone


def test_a_decision_of_an_earlier_release_says_what_it_can() -> None:
    """It had neither template nor attempt, and stands in no index."""
    new = {"template", "occurrence", "attempt", keys.DECISION_DAY, keys.DECIDED}
    old = {name: value for name, value in decision_item(NUDGE).items() if name not in new}
    found = recorded(old)
    assert (found.id, found.template, found.attempt, found.occurrence) == (NUDGE.id, None, 1, 1)
