"""One set of claims about the table's stream as publish relies on it: the simulation's and MiniStack's.

With `pytest --aws` also AWS's own.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

import pytest

from milepost.adapters import keys
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.writes import WAYS
from milepost.application.ports import Booking, Increments, Saved, Stored
from milepost.domain.progress import Progress
from milepost_tools.local.connection import Connection, to_aws
from milepost_tools.prove.dynamodb import DynamoDb
from milepost_tools.prove.faults import Faults
from milepost_tools.prove.machine import Machine, World
from milepost_tools.prove.recorded import STATISTICS, TABLE, Recorded
from milepost_tools.prove.sources import heard_by
from tests.adapters.booking import booked
from tests.adapters.examples import CATALOG, GOLDEN, SUBJECT, progress
from tests.adapters.services import Clock
from tests.adapters.tables import create_statistics_table, create_table

BARE = progress(SUBJECT)
FULL = GOLDEN
OTHER = "user:u_43"


class Bench(NamedTuple):
    """A store, and whose writes the stream handed on that have something to publish, in order."""

    store: DynamoStore
    heard: Callable[[], list[str]]


class Shard(list[str]):
    """Remembers whom it was told of."""

    hear = list.append


def simulated() -> Bench:
    """The simulation's, while nothing goes wrong."""
    clock, faults, shard = Clock(), Faults(Random(1)), Shard()
    faults.stop()
    shards: Any = [shard]
    engine = Recorded(lambda: clock.now, heard_by(shards, lambda _: 0))
    kernel: Any = clock
    client: Any = DynamoDb(Machine("worker", World(kernel, faults, engine, {}), 0, ends=2**62), engine)
    return Bench(store_of(client, TABLE, STATISTICS), lambda: list(shard))


def store_of(client: Any, table: str, statistics: str) -> DynamoStore:
    """The store of ingest and publish."""
    return DynamoStore(client, Codec.of(CATALOG), table, statistics, CATALOG.name, WAYS["batch"])


def deployed(connection: Connection) -> Iterator[Bench]:
    """The stream of a table, read from its beginning, of which the mapping's filter lets through what has an outbox."""
    client, streams = (
        connection.dynamodb,
        connection.session.client("dynamodbstreams", endpoint_url=connection.endpoint),
    )
    tables = create_table(client), create_statistics_table(client)
    for table in tables:
        client.get_waiter("table_exists").wait(TableName=table)

    def heard() -> list[str]:
        arn = client.describe_table(TableName=tables[0])["Table"]["LatestStreamArn"]
        found: list[str] = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            start: Any = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = streams.get_shard_iterator(StreamArn=arn, **start)["ShardIterator"]
            records = [each["dynamodb"] for each in streams.get_records(ShardIterator=iterator)["Records"]]
            found += [each["Keys"][keys.PARTITION]["S"] for each in records if keys.OUTBOX in each["NewImage"]]
        return found

    yield Bench(store_of(client, *tables), heard)
    for table in tables:
        client.delete_table(TableName=table)


@pytest.fixture
def bench(request: pytest.FixtureRequest, kind: str) -> Iterator[Bench]:
    """A store whose stream nobody has heard of anything."""
    if kind == "simulated":
        yield simulated()
    else:
        yield from deployed(to_aws() if kind == "aws" else request.getfixturevalue("connection"))


def save(bench: Bench, change: Progress, version: int) -> Saved:
    """Write one."""
    return bench.store.save([Stored(change, version)])[change.subject]


def test_a_write_that_leaves_something_to_publish_is_heard(bench: Bench) -> None:
    """An insert as an update; one without an outbox is not."""
    for version, change in enumerate((FULL, BARE, FULL)):
        assert save(bench, change, version) is Saved.DONE
    assert bench.heard() == [SUBJECT] * 2


def test_each_write_of_a_batch_is_heard(bench: Bench) -> None:
    """Of subjects that have something to publish."""
    others = [FULL._replace(subject=f"user:o{number}") for number in range(3)]
    bench.store.save([Stored(each, 0) for each in (*others, BARE)])
    assert sorted(bench.heard()) == sorted(each.subject for each in others)


def test_a_write_that_lost_its_race_is_not_heard(bench: Bench) -> None:
    """Nothing was written."""
    assert save(bench, FULL, 0) is Saved.DONE
    assert save(bench, FULL, 0) is Saved.CONFLICT
    assert save(bench, FULL, 7) is Saved.CONFLICT
    assert bench.heard() == [SUBJECT]


def test_an_acknowledgement_that_empties_an_outbox_is_not_heard(bench: Bench) -> None:
    """Else publish would start itself again and again."""
    save(bench, FULL, 0)
    assert booked(bench.store, Booking(1, FULL._replace(outbox=()), (), Increments())) is Saved.DONE
    assert bench.heard() == [SUBJECT]


def test_of_two_who_become_one_each_is_heard_whose_outbox_is_not_empty(bench: Bench) -> None:
    """They are written in one transaction."""
    other = BARE._replace(subject=OTHER)
    assert bench.store.join(Stored(FULL, 0), Stored(other, 0)) is Saved.DONE
    assert bench.heard() == [SUBJECT]
