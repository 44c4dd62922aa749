from typing import Any

import pytest

from milepost.adapters import keys
from milepost.adapters.aws import client
from milepost.adapters.due_index import DynamoDueIndex
from milepost.domain.event import Subject
from tests.adapters.examples import NOW
from tests.adapters.tables import DUE_INDEX, create_table


@pytest.fixture
def index(moto_aws: None) -> DynamoDueIndex:
    """An index over an empty table."""
    dynamodb = client("dynamodb")
    return DynamoDueIndex(dynamodb, create_table(dynamodb), DUE_INDEX)


def put(index: DynamoDueIndex, subject: Subject, due: int | None, shard: int = 7) -> None:
    """A subject that waits for the clock, or one that does not."""
    item: dict[str, Any] = {"pk": {"S": subject}, "sk": {"S": "a"}}
    if due is not None:
        item |= {"dp": {"S": keys.shard_name(shard)}, "d": {"N": str(due)}}
    index.client.put_item(TableName=index.table, Item=item)


def test_who_is_due_is_found_the_earliest_first(index: DynamoDueIndex) -> None:
    """With the instant; whoever waits for nothing is not in the index at all."""
    for subject, due in (("b", NOW), ("a", NOW - 1), ("later", NOW + 1), ("never", None), ("old", -5)):
        put(index, subject, due)
    assert index.due(7, NOW, 10) == [("old", -5), ("a", NOW - 1), ("b", NOW)]


def test_a_shard_shows_nobody_of_another(index: DynamoDueIndex) -> None:
    """Each is worked off by itself."""
    put(index, "seven", NOW, shard=7)
    put(index, "eight", NOW, shard=8)
    assert [index.due(shard, NOW, 10) for shard in (7, 8, 9)] == [[("seven", NOW)], [("eight", NOW)], []]


def test_no_more_are_found_than_asked_for(index: DynamoDueIndex) -> None:
    """The earliest: after days without a sweep it catches up at a bounded rate."""
    for number in range(5):
        put(index, f"u_{number}", NOW - number)
    assert index.due(7, NOW, 2) == [("u_4", NOW - 4), ("u_3", NOW - 3)]


def test_there_are_as_many_shards_as_the_codec_spreads_over(index: DynamoDueIndex) -> None:
    """A sweep that knew fewer would never find some subjects."""
    assert index.shards == keys.DUE_SHARDS
