"""What only DynamoDB knows of an estate: pages, batches taken in part, and segments that come too late."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from milepost.adapters import keys
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_estate import DynamoEstate, ThrottledError
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.segments import Segments
from milepost.adapters.writes import in_statements
from milepost.application.erasing import Erase
from milepost.application.folding import Folding
from milepost.application.ports import Piece, Saved, Stored
from milepost.domain.advance import advance
from milepost.domain.event import Track
from milepost.domain.fold import memory_of
from milepost.domain.instant import DAY, HOUR
from milepost.domain.progress import Progress
from milepost_tools.engine import Engine
from tests.adapters.tables import create_table, scan
from tests.domain.build import SUBJECT, T0, catalog, count, milestone, track
from tests.fakes.time import InstantBackoff

EVERY = catalog(milestone(count(1, repeats=True)))
CODEC = Codec.of(EVERY)
NOW = T0 + DAY


class Table:
    """A table on the engine, with the store that ingest has and the one that an operator has."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.name = create_table(self.engine)
        segments = Segments(self.engine, self.name, CODEC, in_statements, memory_of(EVERY), 2)
        self.store = DynamoStore(self.engine, CODEC, self.name, segments=segments)
        self.paused: list[float] = []
        self.estate = DynamoEstate(self.engine, self.name, CODEC, self.paused.append)
        self.erase = Erase(self.store, self.estate)

    def fold(self, *events: Track) -> None:
        """Fold events, one by one."""
        for event in events:
            folded = Folding(self.store, EVERY).fold({event.subject: [event]}, lambda _: NOW, InstantBackoff(9))
            assert folded.failed == frozenset()

    def put(self, sort: str, **more: Any) -> None:
        """Put an item beside the subject's aggregate."""
        self.engine.put_item(TableName=self.name, Item={"pk": {"S": SUBJECT}, "sk": {"S": sort}, **more})

    def sorts(self) -> list[str]:
        """What the sort keys of the subject's items begin with, sorted."""
        return [each["sk"]["S"][:2] for each in scan(self.engine, self.name) if each["pk"]["S"] == SUBJECT]


def bought(*minutes: int) -> list[Track]:
    """Purchases, so many minutes after T0."""
    return [track(f"e{each}", T0 + each * HOUR // 60) for each in minutes]


def test_everything_of_several_pages_is_removed_and_of_nobody_else() -> None:
    """More than a megabyte, and whatever this release does not know, or cannot read any more, too."""
    table = Table(Engine())
    table.fold(*bought(*range(30)), *bought(1), *(replace(each, subject="user:other") for each in bought(*range(30))))
    for number in range(40):
        table.put(f"d#{number:02}", text={"S": "x" * 40_000})
    for sort in ("zz", "s#damaged", "l#", "y#user:damaged"):
        table.put(sort)
    others = [each for each in scan(table.engine, table.name) if each["pk"]["S"] == "user:other"]
    assert {"a", "d#", "s#", "l#", "zz", "y#"} == set(table.sorts())
    graves = table.erase.bury(SUBJECT, NOW, InstantBackoff(9))
    removed = table.erase.clear(graves)
    assert (removed["decision"], removed["other"], removed["segment"] > 2) == (40, 4, True)
    assert (table.sorts(), table.erase.remains(graves)) == (["a"], Counter())
    assert [each for each in scan(table.engine, table.name) if each["pk"]["S"] == "user:other"] == others


def test_what_a_newer_release_has_put_into_the_aggregate_is_gone_too() -> None:
    """A write names what it knows; a tombstone takes the place of the whole item."""
    table = Table(Engine())
    table.fold(*bought(1))
    table.engine.update_item(
        TableName=table.name,
        Key={"pk": {"S": SUBJECT}, "sk": {"S": "a"}},
        UpdateExpression="SET zz = :later",
        ExpressionAttributeValues={":later": {"S": "personal"}},
    )
    table.erase.bury(SUBJECT, NOW, InstantBackoff(9))
    (item,) = scan(table.engine, table.name)
    empty = {keys.TRAITS, keys.STANDINGS, keys.LEDGER}
    known = {keys.PARTITION, keys.SORT, keys.VERSION, keys.FORMAT, keys.CATALOG, keys.ERASED, keys.EXPIRES}
    assert item.keys() == known | empty
    assert all(len(item[name]["B"]) < 3 for name in empty)


def test_a_segment_of_a_worker_that_lost_its_race_is_found_by_the_second_pass() -> None:
    """It had read the aggregate before the tombstone, and puts its segment before it writes."""
    table = Table(Engine())
    table.fold(*bought(*range(3)))
    stored = table.store.load([SUBJECT], consistent=True)[SUBJECT]
    graves = table.erase.bury(SUBJECT, NOW, InstantBackoff(9))
    table.erase.clear(graves)
    late = advance(stored.progress, bought(9), EVERY, NOW).progress
    assert table.store.save([Stored(late, stored.version)]) == {SUBJECT: Saved.CONFLICT}
    assert table.erase.remains(graves) == {"segment": 1}
    assert table.erase.clear(graves) == {"segment": 1}
    assert (table.sorts(), table.erase.remains(graves)) == (["a"], Counter())


def test_the_second_pass_leaves_a_new_life_what_it_has_spilled() -> None:
    """Its segments say a later version, its stragglers a later instant: its events still count once."""
    table = Table(Engine())
    table.fold(*bought(*range(5)))
    of_before = table.sorts().count("s#")
    graves = table.erase.bury(SUBJECT, NOW, InstantBackoff(9))
    events = [track(f"n{each}", NOW + each * HOUR) for each in (3, 4, 5, 6, 1, 7, 8)]
    table.fold(*events)
    found = Counter(table.sorts())
    assert (table.erase.clear(graves), of_before > 0) == ({"segment": of_before}, True)
    left = Counter(table.sorts())
    assert left == found - Counter({"s#": of_before})
    assert {"s#", "l#"} < left.keys()
    table.fold(*events)
    assert table.store.load([SUBJECT], consistent=True)[SUBJECT].progress.standings["m"].occurrences == len(events)


def test_a_new_life_does_not_expire() -> None:
    """Its first write takes the tombstone's time to live away."""
    table = Table(Engine())
    table.fold(*bought(1))
    table.erase.bury(SUBJECT, NOW, InstantBackoff(9))
    assert keys.EXPIRES in scan(table.engine, table.name)[0]
    table.fold(track("new", NOW + HOUR))
    (item,) = scan(table.engine, table.name)
    assert (keys.EXPIRES in item, keys.ERASED in item) == (False, True)


def test_a_new_life_begins_where_the_tombstone_has_gone_meanwhile() -> None:
    """DynamoDB deletes what has expired when it likes, also between a worker's read and its write."""
    table = Table(Engine())
    table.erase.bury(SUBJECT, NOW, InstantBackoff(9))
    stored = table.store.load([SUBJECT], consistent=True)[SUBJECT]
    table.engine.delete_item(TableName=table.name, Key={"pk": {"S": SUBJECT}, "sk": {"S": "a"}})
    life = advance(stored.progress, [track("new", NOW + HOUR)], EVERY, NOW + HOUR).progress
    assert table.store.save([Stored(life, stored.version)]) == {SUBJECT: Saved.CONFLICT}
    table.fold(track("new", NOW + HOUR))
    assert table.store.load([SUBJECT], consistent=True)[SUBJECT].version == 1


def test_what_a_busy_table_leaves_is_asked_for_again_with_longer_and_longer_pauses() -> None:
    """And in the end it is said that not all was removed."""
    table = Table(Engine())
    asked: list[Any] = []
    client = Busy(asked, [2, 1, 0, *[1] * 8])
    estate = DynamoEstate(client, "table", CODEC, table.paused.append)  # type: ignore[arg-type]  # One method of it.
    pieces = [Piece("other", name) for name in ("x", "y", "z")]
    estate.remove(SUBJECT, pieces)
    assert ([len(each) for each in asked], table.paused) == ([3, 2, 1], [0.05, 0.1])
    with pytest.raises(ThrottledError):
        estate.remove(SUBJECT, pieces)


class Busy:
    """A client that leaves so many of what is to be removed, one number a request."""

    def __init__(self, asked: list[Any], leaves: list[int]) -> None:
        self.asked, self.leaves = asked, leaves

    def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803  # The service's own name for it.
        """Take what comes first."""
        requests = RequestItems["table"]
        self.asked.append(requests)
        left = requests[len(requests) - self.leaves.pop(0) :]
        return {"UnprocessedItems": {"table": left} if left else {}}


def test_a_tombstone_costs_one_write_unit_and_holds_nothing() -> None:
    """Less than a hundred bytes beside its key."""
    present, _ = CODEC.encode(Progress(SUBJECT, erased=NOW))
    assert sum(len(name) + len(next(iter(value.values()))) for name, value in present.items()) < 100
