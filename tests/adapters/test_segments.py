"""Segments on MiniStack: whatever was spilled is found, whoever else spilled, and nothing else is read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from botocore.stub import Stubber

from milepost.adapters import keys
from milepost.adapters.aws import client
from milepost.adapters.codec import FORMAT, Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.entries import decode_entries
from milepost.adapters.item_size import bytes_as_billed
from milepost.adapters.segment_reader import SegmentReader, UnreadableSegmentError
from milepost.adapters.segments import KEPT, Segments
from milepost.adapters.writes import WAYS, Way
from milepost.application.folding import Folding
from milepost.application.merging import Merging
from milepost.application.ports import Saved, Stored
from milepost.domain.catalog import Catalog
from milepost.domain.event import Alias, Track
from milepost.domain.fold import memory_of
from milepost.domain.instant import DAY, SECOND
from milepost.domain.ledger import Elsewhere, Entry, Ledger
from milepost.domain.progress import Progress
from milepost_tools.engine import Engine
from milepost_tools.local.connection import Connection
from tests.adapters.tables import create_table, scan
from tests.domain.build import SUBJECT, T0, catalog, count, key_of, milestone, track
from tests.fakes.time import InstantBackoff

EVERY: Catalog = catalog(milestone(count(1, repeats=True)))


def store_on(dynamodb: Any, table: str, most: int | None = None, way: Way = WAYS["batch"]) -> DynamoStore:
    """A store as ingest has it."""
    codec = Codec.of(EVERY)
    segments = Segments(dynamodb, table, codec, way, memory_of(EVERY), most)
    return DynamoStore(dynamodb, codec, table, way=way, segments=segments)


@pytest.fixture
def store(connection: Connection) -> DynamoStore:
    """A store that spills as late as it may."""
    return store_on(connection.dynamodb, create_table(connection.dynamodb))


@pytest.fixture(params=[(0, "batch"), (4, "batch"), (4, "single")])
def brief(request: pytest.FixtureRequest, connection: Connection) -> DynamoStore:
    """A store that holds ledgers to next to nothing."""
    most, way = request.param
    return store_on(connection.dynamodb, create_table(connection.dynamodb), most, WAYS[way])


def fold(store: DynamoStore, *events: Track) -> None:
    """Fold events as ingest does."""
    folded = Folding(store, EVERY).fold({SUBJECT: list(events)}, lambda _: T0 + DAY, InstantBackoff(20))
    assert folded.failed == frozenset()


def now(store: DynamoStore) -> Stored:
    """The subject as it stands."""
    return store.load([SUBJECT], consistent=True)[SUBJECT]


def beside(store: DynamoStore) -> Sequence[Any]:
    """The items that are no aggregates."""
    return [item for item in scan(store.client, store.table) if item["sk"]["S"] != keys.AGGREGATE]


def line(first: int, last: int) -> list[Track]:
    """Events one after another."""
    return [track(f"e{at}", T0 + at) for at in range(first, last)]


def test_a_ledger_that_fits_is_left_alone(store: DynamoStore) -> None:
    """No segment before it is worth one."""
    fold(store, *line(0, 40))
    fold(store, *line(40, 45))
    assert beside(store) == []
    assert len(now(store).progress.ledger.entries) == 45


def test_a_ledger_that_costs_a_unit_more_is_spilled_down_to_the_newest(store: DynamoStore) -> None:
    """Design 2: the oldest go, and but for what waits to be told the item is back at one unit."""
    fold(store, *line(0, 90))
    fold(store, *line(90, 91))
    ledger = now(store).progress.ledger
    assert sorted(entry.instant - T0 for entry in ledger.entries.values()) == list(range(90 - KEPT, 91))
    assert ledger.elsewhere.spilled == T0 + 89 - KEPT
    [segment, aggregate] = sorted(scan(store.client, store.table), key=lambda item: item["sk"]["S"] == "a")
    assert bytes_as_billed({name: value for name, value in aggregate.items() if name != keys.OUTBOX}) <= 1024
    assert segment["sk"] == {"S": keys.segment_sort(None, 1)}
    assert segment["x"] == {"N": str((T0 + 89 - KEPT + memory_of(EVERY) + 2 * DAY) // SECOND)}


def test_an_event_newer_than_the_watermark_needs_no_segment(brief: DynamoStore) -> None:
    """Design 2: it is in the ledger or new."""
    fold(brief, *line(0, 8))
    fold(brief, *line(8, 9))
    ledger = now(brief).progress.ledger
    assert not ledger.needs_recall(track("e8", T0 + 8))
    assert ledger.needs_recall(track("e0", T0))


def test_everything_counts_once_in_whatever_order_it_comes(brief: DynamoStore) -> None:
    """Copies, late events and ties, in batches of one to five."""
    dice = Random(7)
    events = [track(f"e{place}", T0 + dice.randrange(12)) for place in range(40)]
    deliveries = [*events, *dice.choices(events, k=40)]
    dice.shuffle(deliveries)
    while deliveries:
        size = dice.randrange(1, 6)
        fold(brief, *deliveries[:size])
        deliveries = deliveries[size:]
    assert now(brief).progress.standings["m"].occurrences == len(events)
    kinds = {item["sk"]["S"][:2] for item in beside(brief)}
    assert kinds == {keys.SEGMENT, keys.STRAGGLER}


def test_a_segment_whose_worker_died_does_no_harm(brief: DynamoStore) -> None:
    """It was put, the aggregate was not written: the events are in both, and nothing is counted twice."""
    fold(brief, *line(0, 9))
    before = now(brief)
    assert brief.segments is not None
    [cut] = brief.segments.relieve([before])
    assert len(decode_entries(cut.values[keys.LEDGER]["B"])) < len(before.progress.ledger.entries)
    fold(brief, *line(9, 12))
    fold(brief, *line(12, 13))
    fold(brief, *line(0, 13))
    assert now(brief).progress.standings["m"].occurrences == 13


def test_a_worker_who_read_an_old_version_spills_into_the_same_turn(brief: DynamoStore) -> None:
    """Its write is refused, and what it put is read along."""
    fold(brief, *line(0, 6))
    stale = now(brief)
    fold(brief, track("late", T0 + 2), *line(6, 9))
    fold(brief, *line(9, 10))
    assert brief.save([stale]) == {SUBJECT: Saved.CONFLICT}
    fold(brief, track("late", T0 + 2), *line(0, 10))
    assert now(brief).progress.standings["m"].occurrences == 11


def test_a_segment_that_is_there_already_is_left_to_the_next_version(connection: Connection) -> None:
    """Another release may have put it, with other entries: the ledger stays whole for once."""
    table = create_table(connection.dynamodb)
    mine, theirs = (store_on(connection.dynamodb, table, most) for most in (2, 4))
    fold(theirs, *line(0, 8))
    before = now(theirs)
    assert theirs.segments is not None
    theirs.segments.relieve([before])
    assert mine.save([before]) == {SUBJECT: Saved.DONE}
    assert now(mine).progress.ledger == before.progress.ledger
    assert mine.save([now(mine)]) == {SUBJECT: Saved.DONE}
    assert len(now(mine).progress.ledger.entries) == 2


def test_two_events_of_one_id_are_both_remembered(brief: DynamoStore) -> None:
    """Semantics 1: beyond the recent events the id is another event's, and a copy of either is known."""
    first, again = track("x", T0), track("x", T0 + 20)
    for event in (first, *line(1, 9), again, *line(21, 30)):
        fold(brief, event)
    assert now(brief).progress.standings["m"].occurrences == 19
    fold(brief, again, track("e1", T0 + 1))
    assert now(brief).progress.standings["m"].occurrences == 19
    fold(brief, first, again)
    assert now(brief).progress.standings["m"].occurrences == 19


def test_events_without_a_timestamp_are_looked_up_among_all(brief: DynamoStore) -> None:
    """Semantics 1: the resend arrives later, and has another instant."""
    events = [replace(each, dated=False) for each in line(0, 12)]
    for event in events:
        fold(brief, event)
    fold(brief, replace(events[3], instant=T0 + 99))
    assert now(brief).progress.standings["m"].occurrences == 12


def test_neighbours_of_a_segment_that_cannot_be_written_are_written(connection: Connection) -> None:
    """Only what was spilled of this subject stays where it is."""
    table = create_table(connection.dynamodb)
    store = store_on(connection.dynamodb, table, 2)
    subjects = ["user:u_1", "user:u_2"]
    changes = [
        Stored(Progress(each, 1, ledger=Ledger({key: Entry(T0 + key, 0) for key in range(5)})), 0) for each in subjects
    ]
    store.save(changes)
    assert store.segments is not None
    loaded = store.load(subjects, consistent=True)
    store.segments.relieve([loaded["user:u_1"]])
    assert set(store.save(list(loaded.values())).values()) == {Saved.DONE}
    sizes = {name: len(each.progress.ledger.entries) for name, each in store.load(subjects, consistent=True).items()}
    assert sizes == {"user:u_1": 5, "user:u_2": 2}


@pytest.mark.usefixtures("aws_environment")
@pytest.mark.parametrize("answer", ["throttled", "unprocessed", "newer"])
def test_a_segment_that_cannot_be_read_is_no_segment_without_entries(answer: str) -> None:
    """Nothing may be judged without it: the subject is read again."""
    event, ledger = track("a", T0), Ledger({}, elsewhere=Elsewhere(T0))
    dynamodb = client("dynamodb")
    with Stubber(dynamodb) as stubbed:
        item: Any = {"pk": {"S": SUBJECT}, "sk": {"S": "s#"}, "l": {"B": b""}, "f": {"N": str(FORMAT + 1)}}
        left: Any = {"table": {"Keys": [{"pk": {"S": SUBJECT}, "sk": {"S": "l#"}}]}}
        match answer:
            case "throttled":
                stubbed.add_client_error("batch_get_item", "ThrottlingException")
            case "unprocessed":
                stubbed.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": left})
            case _:
                stubbed.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {}})
                stubbed.add_response("query", {"Items": [item]})
        with pytest.raises(UnreadableSegmentError):
            SegmentReader(dynamodb, "table").recall(SUBJECT, ledger, [event])
    with Stubber(client("dynamodb")) as stubbed:
        stubbed.add_client_error("batch_get_item", "ThrottlingException")
        assert store_on(stubbed.client, "table").recall(Progress(SUBJECT, ledger=ledger), [event]) is None


def test_stored_ledgers_come_back_stored(store: DynamoStore) -> None:
    """What was read may be spilled; what is counted now may not, before it is written."""
    fold(store, *line(0, 3))
    ledger = now(store).progress.ledger
    assert ledger.stored == len(ledger.entries) == 3
    assert key_of("e0") in ledger.entries


def of(subject: str, *events: Track) -> list[Track]:
    """The same events of somebody else."""
    return [replace(event, subject=subject) for event in events]


@pytest.mark.parametrize(("most", "way"), [(0, "batch"), (4, "single")])
def test_what_two_subjects_spilled_before_they_were_one_is_found(most: int, way: str) -> None:
    """Semantics 3.14: segments and stragglers of either, whomever a copy is sent to, and whatever is spilled since."""
    dynamodb: Any = Engine()
    store = store_on(dynamodb, create_table(dynamodb), most, WAYS[way])
    folding, sides = Folding(store, EVERY), {"user:device": "d", SUBJECT: "u"}
    dice, seen = Random(3), list[Track]()

    def fold_all(events: Sequence[Track]) -> Counter[str]:
        tally = Counter[str]()
        for event in events:
            folded = folding.fold({event.subject: [event]}, lambda _: T0 + DAY, InstantBackoff(20))
            assert folded.failed == frozenset()
            tally += folded.tally
        return tally

    for subject, name in sides.items():
        seen += of(subject, *(track(f"{name}{place}", T0 + dice.randrange(30)) for place in range(25)))
    fold_all(seen)
    kinds = {(item["pk"]["S"], item["sk"]["S"][:2]) for item in beside(store)}
    assert kinds == {(subject, kind) for subject in sides for kind in (keys.SEGMENT, keys.STRAGGLER)}
    alias = Alias(SUBJECT, "alias", 1, 0, T0 + 31, T0 + 31, "user:device")
    assert Merging(store, EVERY, lambda _: T0 + DAY).merge([alias], InstantBackoff(20), Counter()) == []
    copies = [copy for event in seen for subject in sides for copy in of(subject, event)]
    assert fold_all(dice.sample(copies, len(copies)))["duplicate"] == len(copies)
    late = [copy for subject in sides for copy in of(subject, *line(0, 30))]
    assert fold_all(dice.sample(late, len(late))) == Counter(counted=30, duplicate=30)
    assert fold_all(late)["duplicate"] == len(late)
    undated = [replace(copy, instant=T0 + 99, dated=False) for copy in copies]
    assert fold_all(undated)["duplicate"] == len(undated)
    assert now(store).progress.standings["m"].occurrences == len(seen) + 30
