"""The store on DynamoDB, request by request.

moto refuses BatchExecuteStatement with parameters, so what `save` writes is shown on MiniStack (also in
test_store_contract), and what it makes of each refusal from recorded answers.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from milepost.adapters import keys
from milepost.adapters.aws import client
from milepost.adapters.codec import FORMAT, Codec
from milepost.adapters.decisions import DECISIONS_KEPT
from milepost.adapters.dynamo_store import DynamoStore
from milepost.application.ports import Booking, Increments, Saved, Stored
from milepost.domain.instant import SECOND
from milepost.domain.progress import Progress
from milepost_tools.local.connection import Connection
from tests.adapters.booking import booked
from tests.adapters.examples import CATALOG, GOLDEN, NOW, NUDGE, SUBJECT, nudge, progress
from tests.adapters.tables import create_statistics_table, create_table, scan

CODEC = Codec.of(CATALOG)
BOOKING = Booking(
    version=3,
    progress=progress(SUBJECT),
    decisions=(NUDGE,),
    increments=Increments({("first", "reached"): 1, ("first", "sent.email"): 1, ("*", "members"): 1}),
)


class Silent:
    """DynamoDB that never answers."""

    def __getattr__(self, name: str) -> Any:
        """Every operation times out."""
        if name == "exceptions":
            return client("dynamodb").exceptions

        def time_out(**_: Any) -> Any:
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

        return time_out


def store_on(dynamodb: Any, table: str = "table", statistics: str = "statistics") -> DynamoStore:
    """A store behind a client."""
    return DynamoStore(dynamodb, CODEC, table, statistics, "acme")


def put(store: DynamoStore, stored: Stored, **more: Any) -> None:
    """Write an item as it is."""
    item: Any = {
        "pk": {"S": stored.progress.subject},
        "sk": {"S": "a"},
        "v": {"N": str(stored.version)},
        **CODEC.encode(stored.progress)[0],
        **more,
    }
    store.client.put_item(TableName=store.table, Item=item)


@pytest.fixture
def store(moto_aws: None) -> DynamoStore:
    """A store on moto's tables."""
    dynamodb = client("dynamodb")
    return store_on(dynamodb, create_table(dynamodb), create_statistics_table(dynamodb))


@pytest.fixture
def stubber(aws_environment: None) -> Iterator[Stubber]:
    """DynamoDB with recorded answers."""
    with Stubber(client("dynamodb")) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


@pytest.fixture
def real_store(connection: Connection) -> DynamoStore:
    """A store on MiniStack's tables."""
    dynamodb = connection.dynamodb
    return store_on(dynamodb, create_table(dynamodb), create_statistics_table(dynamodb))


# ---------------------------------------------------------------------------------------------- load


@pytest.mark.parametrize("consistent", [True, False])
def test_what_is_stored_is_loaded_with_its_version(store: DynamoStore, consistent: bool) -> None:  # noqa: FBT001 - a row
    """Whoever is not stored is at version 0, with nothing counted."""
    put(store, Stored(GOLDEN, 7))
    assert store.load([SUBJECT, "user:new"], consistent=consistent) == {
        SUBJECT: Stored(GOLDEN, 7),
        "user:new": Stored(Progress("user:new"), 0),
    }


def test_more_than_a_hundred_subjects_are_all_loaded(store: DynamoStore) -> None:
    """In as many requests as BatchGetItem's limit wants."""
    subjects = [f"user:u_{number}" for number in range(230)]
    for subject in subjects[::50]:
        put(store, Stored(progress(subject), 2))
    loaded = store.load(subjects, consistent=False)
    assert loaded.keys() == set(subjects)
    assert Counter(stored.version for stored in loaded.values()) == {0: 225, 2: 5}


def test_nobody_is_loaded_without_a_request() -> None:
    """DynamoDB refuses an empty one."""
    assert store_on(Silent()).load([], consistent=True) == {}


def test_an_item_of_a_newer_major_version_is_not_loaded(store: DynamoStore) -> None:
    """Not even as version 0: that would invite to overwrite it."""
    put(store, Stored(GOLDEN, 7), f={"N": str(FORMAT + 1)})
    assert store.load([SUBJECT, "user:new"], consistent=True).keys() == {"user:new"}


def test_subjects_that_dynamodb_left_unprocessed_are_not_loaded(stubber: Stubber) -> None:
    """They are not taken for new ones, which would begin at nothing."""
    unprocessed = {"table": {"Keys": [{"pk": {"S": "user:b"}, "sk": {"S": "a"}}], "ConsistentRead": True}}
    stubber.add_response("batch_get_item", {"Responses": {"table": []}, "UnprocessedKeys": unprocessed})
    assert store_on(stubber.client).load(["user:a", "user:b"], consistent=True).keys() == {"user:a"}


def test_reads_are_consistent_only_where_it_was_asked_for(stubber: Stubber) -> None:
    """A consistent read costs twice as much."""
    for consistent in (True, False):
        request = {"table": {"Keys": [{"pk": {"S": SUBJECT}, "sk": {"S": "a"}}], "ConsistentRead": consistent}}
        stubber.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {}}, {"RequestItems": request})
        assert store_on(stubber.client).load([SUBJECT], consistent=consistent)[SUBJECT].version == 0


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"]
)
def test_a_throttled_read_loads_nobody(stubber: Stubber, code: str) -> None:
    """And raises nothing: the caller waits and asks again."""
    stubber.add_client_error("batch_get_item", code)
    assert store_on(stubber.client).load([SUBJECT], consistent=True) == {}


def test_a_read_that_is_not_answered_loads_nobody() -> None:
    """The same."""
    assert store_on(Silent()).load([SUBJECT], consistent=True) == {}


def test_a_read_that_is_refused_is_an_error(stubber: Stubber) -> None:
    """A wrong deployment must be seen, not retried."""
    stubber.add_client_error("batch_get_item", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        store_on(stubber.client).load([SUBJECT], consistent=True)


# ---------------------------------------------------------------------------------------------- save

ANSWERS = [
    (None, Saved.DONE),
    ("ConditionalCheckFailed", Saved.CONFLICT),
    ("DuplicateItem", Saved.CONFLICT),
    ("TransactionConflict", Saved.REFUSED),
    ("ThrottlingError", Saved.REFUSED),
    ("ProvisionedThroughputExceeded", Saved.REFUSED),
    ("RequestLimitExceeded", Saved.REFUSED),
    ("InternalServerError", Saved.REFUSED),
    ("ValidationError", Saved.REFUSED),
    ("ItemCollectionSizeLimitExceeded", Saved.REFUSED),
]


def response(code: str | None) -> Any:
    """One statement's answer."""
    return {"TableName": "table"} if code is None else {"Error": {"Code": code, "Message": "no"}}


@pytest.mark.parametrize(("code", "saved"), ANSWERS)
def test_each_answer_to_a_statement_has_its_meaning(stubber: Stubber, code: str | None, saved: Saved) -> None:
    """Lost races are read again; what passes is tried again, and so is an item too large: it fails alone."""
    stubber.add_response("batch_execute_statement", {"Responses": [response(code)]})
    assert store_on(stubber.client).save([Stored(GOLDEN, 3)]) == {SUBJECT: saved}


def test_each_statement_of_a_batch_has_an_answer_of_its_own(stubber: Stubber) -> None:
    """In the order in which they were sent."""
    stubber.add_response("batch_execute_statement", {"Responses": [response(code) for code, _ in ANSWERS]})
    changes = [Stored(progress(f"user:u_{place}"), place) for place in range(len(ANSWERS))]
    expected = {f"user:u_{place}": saved for place, (_, saved) in enumerate(ANSWERS)}
    assert store_on(stubber.client).save(changes) == expected


@pytest.mark.parametrize("code", ["AccessDenied", "ResourceNotFound", "SomethingNew"])
def test_an_answer_that_nobody_expected_is_an_error(stubber: Stubber, code: str) -> None:
    """It names the code, and neither subject nor content."""
    stubber.add_response("batch_execute_statement", {"Responses": [response(code)]})
    with pytest.raises(RuntimeError, match=code) as raised:
        store_on(stubber.client).save([Stored(GOLDEN, 3)])
    assert SUBJECT not in str(raised.value)


@pytest.mark.parametrize("code", ["ThrottlingException", "RequestLimitExceeded", "InternalServerError"])
def test_a_request_that_is_throttled_refuses_its_subjects_and_no_others(stubber: Stubber, code: str) -> None:
    """25 statements a request: the other request stands."""
    stubber.add_client_error("batch_execute_statement", code)
    stubber.add_response("batch_execute_statement", {"Responses": [response(None)] * 5})
    subjects = [f"user:u_{number}" for number in range(30)]
    saved = store_on(stubber.client).save([Stored(progress(subject), 1) for subject in subjects])
    assert [saved[subject] for subject in subjects] == [Saved.REFUSED] * 25 + [Saved.DONE] * 5


def test_a_write_that_is_not_answered_is_refused() -> None:
    """If it was done after all, the next try meets its own condition."""
    assert store_on(Silent()).save([Stored(GOLDEN, 3)]) == {SUBJECT: Saved.REFUSED}


def test_a_request_that_is_wrong_is_an_error(stubber: Stubber) -> None:
    """Trying again would only hide it."""
    stubber.add_client_error("batch_execute_statement", "ValidationException")
    with pytest.raises(ClientError, match="ValidationException"):
        store_on(stubber.client).save([Stored(GOLDEN, 3)])


def test_attributes_of_a_newer_release_survive_a_write(real_store: DynamoStore) -> None:
    """Ours are written by name, so that a rollback loses nothing; also by a booking."""
    put(real_store, Stored(GOLDEN, 3), zz={"S": "later"})
    assert real_store.save([Stored(GOLDEN._replace(outbox=(), due=None), 3)]) == {SUBJECT: Saved.DONE}
    [item] = scan(real_store.client, real_store.table)
    assert item["zz"] == {"S": "later"}
    assert item.keys() & {"o", "d", "dp"} == set()
    assert booked(real_store, replace(BOOKING, version=4)) is Saved.DONE
    aggregate, _ = scan(real_store.client, real_store.table)
    assert aggregate["zz"] == {"S": "later"}


def test_an_item_of_a_newer_major_version_is_never_overwritten(real_store: DynamoStore) -> None:
    """It cannot be loaded, and whoever takes it for a new subject meets the condition."""
    put(real_store, Stored(GOLDEN, 3), f={"N": str(FORMAT + 1)})
    before = scan(real_store.client, real_store.table)
    assert real_store.load([SUBJECT], consistent=True) == {}
    assert real_store.save([Stored(GOLDEN, 0)]) == {SUBJECT: Saved.CONFLICT}
    assert scan(real_store.client, real_store.table) == before


def test_a_save_enters_and_leaves_the_due_index(real_store: DynamoStore) -> None:
    """Sparse: both attributes are there, or neither."""
    real_store.save([Stored(GOLDEN, 0)])
    query: Any = {
        "TableName": real_store.table,
        "IndexName": "due",
        "KeyConditionExpression": "dp = :dp",
        "ExpressionAttributeValues": {":dp": {"S": keys.shard_name(keys.shard_of(SUBJECT, keys.DUE_SHARDS))}},
    }
    assert [item["d"] for item in real_store.client.query(**query)["Items"]] == [{"N": str(GOLDEN.due)}]
    real_store.save([Stored(GOLDEN._replace(due=None), 1)])
    assert real_store.client.query(**query)["Items"] == []


# ---------------------------------------------------------------------------------------------- book


def test_a_booking_writes_progress_decision_and_statistics(store: DynamoStore) -> None:
    """The decision as people and dashboards read it, with the second at which it may go."""
    put(store, Stored(GOLDEN, 3))
    assert booked(store, BOOKING) is Saved.DONE
    assert store.load([SUBJECT], consistent=True) == {SUBJECT: Stored(BOOKING.progress, 4)}
    _, decision = scan(store.client, store.table)
    assert decision == {
        "pk": {"S": SUBJECT},
        "sk": {"S": keys.decision_sort(NUDGE)},
        "id": {"S": NUDGE.id},
        "milestone": {"S": "first"},
        "path": {"S": "reached"},
        "step": {"N": "0"},
        "n": {"N": "1"},
        "channel": {"S": "email"},
        "template": {"S": "well-done"},
        "verdict": {"S": "sent"},
        "at": {"S": "2026-11-22T07:00:00Z"},
        "decided_at": {"S": "2026-11-22T08:00:00Z"},
        "dd": {"S": keys.decision_day(NOW, keys.shard_of(SUBJECT, keys.DECISION_SHARDS))},
        "dt": {"N": str(NOW)},
        "x": {"N": str((NOW + DECISIONS_KEPT) // SECOND)},
    }
    assert store.statistics_table is not None
    shard = {"S": keys.shard_name(keys.shard_of(SUBJECT, keys.STATISTICS_SHARDS))}
    assert scan(store.client, store.statistics_table) == [
        {"pk": {"S": "acme#*"}, "sk": shard, "members": {"N": "1"}},
        {"pk": {"S": "acme#first"}, "sk": shard, "reached": {"N": "1"}, "sent.email": {"N": "1"}},
    ]


def test_a_decision_that_was_not_sent_has_its_reason(store: DynamoStore) -> None:
    """It answers why she did not get it."""
    put(store, Stored(GOLDEN, 3))
    held = replace(NUDGE, verdict="suppressed", reason="no_consent")
    booked(store, replace(BOOKING, decisions=(held,)))
    _, decision = scan(store.client, store.table)
    assert (decision["verdict"], decision["reason"]) == ({"S": "suppressed"}, {"S": "no_consent"})


@pytest.mark.parametrize(
    ("reasons", "saved"),
    [
        (["ConditionalCheckFailed", "None", "None"], Saved.CONFLICT),
        (["ConditionalCheckFailed", "None", "TransactionConflict"], Saved.CONFLICT),
        (["TransactionConflict", "None", "None"], Saved.REFUSED),
        (["None", "None", "TransactionConflict"], Saved.REFUSED),
        (["None", "ThrottlingError", "None"], Saved.REFUSED),
        (["None", "None", "ProvisionedThroughputExceeded"], Saved.REFUSED),
    ],
)
def test_each_reason_to_cancel_a_booking_has_its_meaning(stubber: Stubber, reasons: list[str], saved: Saved) -> None:
    """Only the first item has a condition; whatever else cancels it passes."""
    _cancel(stubber, reasons)
    assert booked(store_on(stubber.client), BOOKING) is saved


def test_a_booking_cancelled_for_a_reason_that_nobody_expected_is_an_error(stubber: Stubber) -> None:
    """It names the codes."""
    _cancel(stubber, ["None", "ValidationError"])
    with pytest.raises(RuntimeError, match="None, ValidationError"):
        booked(store_on(stubber.client), BOOKING)


@pytest.mark.parametrize("code", ["ThrottlingException", "TransactionInProgressException", "InternalServerError"])
def test_a_throttled_booking_is_refused(stubber: Stubber, code: str) -> None:
    """Nothing was written."""
    stubber.add_client_error("transact_write_items", code)
    assert booked(store_on(stubber.client), BOOKING) is Saved.REFUSED


@pytest.mark.usefixtures("aws_environment")
def test_a_booking_that_is_not_answered_is_refused() -> None:
    """If it was done after all, the next try meets its own condition."""
    assert booked(store_on(Silent()), BOOKING) is Saved.REFUSED


def test_a_booking_that_is_not_allowed_is_an_error(stubber: Stubber) -> None:
    """A wrong deployment must be seen, not retried."""
    stubber.add_client_error("transact_write_items", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        booked(store_on(stubber.client), BOOKING)


def test_the_largest_booking_fits_a_transaction(real_store: DynamoStore) -> None:
    """Forty entries of forty milestones, each with a decision and statistics of its own: 82 of 100 items."""
    put(real_store, Stored(GOLDEN, 3))
    nudges = tuple(replace(nudge(number), milestone=f"m{number}") for number in range(40))
    counts = {("*", "members"): 1} | {(each.milestone, "sent.email"): 1 for each in nudges}
    assert booked(real_store, replace(BOOKING, decisions=nudges, increments=Increments(counts))) is Saved.DONE
    assert len(scan(real_store.client, real_store.table)) == 41


def _cancel(stubber: Stubber, reasons: list[str]) -> None:
    fields = {"CancellationReasons": [{"Code": reason} for reason in reasons]}
    stubber.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=fields)


@pytest.mark.parametrize(
    "damage", [{"v": {"N": "1.5"}}, {"v": {"N": "1" * 38}}, {"m": {"B": b"\x87"}}, {"t": {"N": "1"}}]
)
def test_a_damaged_item_is_not_loaded(store: DynamoStore, damage: dict[str, Any]) -> None:
    """Neither is it nobody's, and its neighbours are loaded."""
    put(store, Stored(GOLDEN, 7), **damage)
    assert store.load([SUBJECT, "user:new"], consistent=True).keys() == {"user:new"}
