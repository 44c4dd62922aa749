"""The share of members who came as far: read off the statistics, remembered, and never in anybody's way."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from milepost.adapters import keys
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.member_shares import KEPT, KEPT_UNREAD, MemberShares
from milepost.application.ports import Booking, Increments, Saved, Stored
from milepost.domain.facts import Share
from milepost_tools.engine import Engine
from tests.adapters.booking import booked
from tests.adapters.examples import CATALOG, progress
from tests.adapters.tables import create_statistics_table, create_table

COUNTS = {
    ("*", "members"): 1,
    ("*", "accounts"): 7,
    ("first", "reached"): 1,
    ("first", "sent.email"): 5,
}


class Bench:
    """Shares by a clock that stands still, and what they warned of."""

    def __init__(self, client: Any, table: str) -> None:
        self.now = 0.0
        self.warnings: list[str | None] = []
        self.shares = MemberShares(client, table, CATALOG, self.warnings.append, lambda: self.now)


class Client:
    """Answers with these items or errors, one a query; remembers the scopes that it was asked for."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def query(self, **request: Any) -> Any:
        """The next answer."""
        self.asked.append(request["ExpressionAttributeValues"][":pk"]["S"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def page(*items: dict[str, int], more: bool = False) -> dict[str, Any]:
    """A page of items, as DynamoDB has it."""
    listed = [
        {"pk": {"S": "acme#x"}, "sk": {"S": f"{n:02d}"}, **{name: {"N": str(count)} for name, count in item.items()}}
        for n, item in enumerate(items)
    ]
    return {"Items": listed, **({"LastEvaluatedKey": {"pk": {"S": "acme#x"}}} if more else {})}


def throttled(code: str = "ThrottlingException") -> ClientError:
    """What the table answers when it is too busy, or refuses us."""
    return ClientError({"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Query")  # type: ignore[typeddict-item]  # Part of it.


@pytest.fixture(params=["ministack", "engine"])
def dynamodb(request: pytest.FixtureRequest) -> Any:
    """Both that the store's own contract is run on."""
    return Engine() if request.param == "engine" else request.getfixturevalue("connection").dynamodb


def test_bookings_are_read_back_from_all_shards(dynamodb: Any) -> None:
    """What thirty bookings of the real store counted, each subject in a shard of its own."""
    table, statistics = create_table(dynamodb), create_statistics_table(dynamodb)
    store = DynamoStore(dynamodb, Codec.of(CATALOG), table, statistics, CATALOG.name)
    for number in range(30):
        extra = {("first", "recovered"): 1, ("first", "reached"): 0} if number % 3 == 0 else {}
        counts = {**COUNTS, ("*", "members"): 2, **extra}
        subject = progress(f"user:{number}")
        store.save([Stored(subject, 0)])
        assert booked(store, Booking(1, subject, (), Increments(counts))) is Saved.DONE
    items = dynamodb.query(
        TableName=statistics,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.statistics_partition(CATALOG.name, "first")}},
    )["Items"]
    assert len(items) > 10
    bench = Bench(dynamodb, statistics)
    assert bench.shares("first") == Share(30, 60)
    assert bench.shares("second") == Share(0, 60)
    assert bench.warnings == []


def test_whoever_has_it_has_come_this_far() -> None:
    """Reached, recovered or baseline; a miss, a run taken back and what became of nudges are none of them."""
    counts = {"reached": 5, "recovered": 3, "baseline": 2, "missed": 50, "retracted": 70, "sent.email": 90}
    bench = Bench(Client(page(counts, {"reached": 10}), page({"members": 200, "accounts": 9})), "t")
    assert bench.shares("first") == Share(20, 200)


def test_all_pages_are_added_up() -> None:
    """A scope whose items are more than one answer holds."""
    answers = Client(page({"reached": 1}, more=True), page({"reached": 2}), page({"members": 100}))
    assert Bench(answers, "t").shares("first") == Share(3, 100)
    assert answers.asked == ["acme#first", "acme#first", "acme#*"]


def test_nobody_is_asked_twice_within_minutes() -> None:
    """And after them everybody is, so that a share that grows is told."""
    answers = Client(page({"reached": 1}), page({"members": 100}), page({"reached": 2}), page({"members": 101}))
    bench = Bench(answers, "t")
    bench.shares("first")
    bench.now = KEPT - 1
    assert bench.shares("first") == Share(1, 100)
    bench.now = KEPT
    assert bench.shares("first") == Share(2, 101)


@pytest.mark.parametrize(
    ("error", "warned"),
    [
        (throttled(), "ThrottlingException"),
        (throttled("AccessDeniedException"), "AccessDeniedException"),
        (EndpointConnectionError(endpoint_url="https://x.test"), None),
    ],
)
def test_what_cannot_be_read_is_not_known_and_not_asked_for_a_while(error: Exception, warned: str | None) -> None:
    """No nudge is held up: neither by an error nor by asking again with each of them. Somebody is told."""
    answers = Client(error, page({"members": 100}), page({"reached": 1}))
    bench = Bench(answers, "t")
    assert bench.shares("first") is None
    bench.now = KEPT_UNREAD - 1
    assert bench.shares("first") is None
    assert bench.warnings == [warned]
    assert len(answers.asked) == 2
    bench.now = KEPT_UNREAD
    assert bench.shares("first") == Share(1, 100)


def test_more_than_all_have_not_come_this_far() -> None:
    """The two counts are not of one instant."""
    assert Bench(Client(page({"reached": 120}), page({"members": 100})), "t").shares("first") == Share(100, 100)


@pytest.mark.parametrize("members", [{}, {"members": 0}, {"accounts": 500}])
def test_of_nobody_there_is_no_share(members: dict[str, int]) -> None:
    """Accounts are not users."""
    assert Bench(Client(page({"reached": 1}), page(members)), "t").shares("first") is None
