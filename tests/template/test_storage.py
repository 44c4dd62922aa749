from collections.abc import Mapping
from typing import Any

import pytest

from milepost.adapters import keys
from milepost.domain.instant import SECOND
from milepost.domain.ledger import REDELIVERY
from tests.template.loading import STAGES, attribute_of, raw, stack

SOURCES = {"EventQueue": "ingest", "TickQueue": "settle"}
FAILURES_OF = {"SweepDeadLetterQueue": "sweep", "PublishDeadLetterQueue": "publish"}
"""Dead-letter queues of what is not a queue: a schedule and a stream."""


def queues(stage: str = "prod") -> Mapping[str, Any]:
    """Properties of every queue."""
    return stack(stage).of_type("AWS::SQS::Queue")


def test_every_queue_has_a_dead_letter_queue_or_is_one() -> None:
    """Nothing that fails ten times is dropped."""
    policies = {name: queue["RedrivePolicy"] for name, queue in queues().items() if "RedrivePolicy" in queue}
    targets = {name: attribute_of(policy["deadLetterTargetArn"]) for name, policy in policies.items()}
    assert set(targets) == set(SOURCES)
    assert set(queues()) == set(targets) | set(targets.values()) | set(FAILURES_OF)
    for source, target in targets.items():
        assert queues()[source].get("FifoQueue", False) == queues()[target].get("FifoQueue", False)


def test_failures_of_the_schedule_and_the_stream_end_in_queues() -> None:
    """Both ways in which a sweep can fail, and what the stream gives up on."""
    sweep, publish = stack().functions()["sweep"], stack().functions()["publish"]
    (clock,), (outbox,) = sweep["Events"].values(), publish["Events"].values()
    assert attribute_of(clock["Properties"]["DeadLetterConfig"]["Arn"]) == "SweepDeadLetterQueue"
    for holder, queue in ((sweep["EventInvokeConfig"], "Sweep"), (outbox["Properties"], "Publish")):
        failure = holder["DestinationConfig"]["OnFailure"]
        assert (failure["Type"], attribute_of(failure["Destination"])) == ("SQS", f"{queue}DeadLetterQueue")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(("queue", "function"), SOURCES.items())
def test_a_message_stays_hidden_for_six_time_outs_and_the_batching_window(
    stage: str, queue: str, function: str
) -> None:
    """Otherwise a slow batch is delivered a second time while the first still runs."""
    properties = stack(stage).functions()[function]
    (source,) = properties["Events"].values()
    window = source["Properties"].get("MaximumBatchingWindowInSeconds", 0)
    longest = raw()["Parameters"]["EventBatchingWindow"]["MaxValue"] if window else 0
    assert queues(stage)[queue]["VisibilityTimeout"] >= 6 * properties["Timeout"] + longest


@pytest.mark.parametrize("queue", SOURCES)
def test_conflicts_and_throttles_do_not_end_in_the_dead_letter_queue(queue: str) -> None:
    """They pass within minutes; and the queue keeps a message for all of its tries."""
    properties = queues()[queue]
    tries = properties["RedrivePolicy"]["maxReceiveCount"]
    assert tries >= 10
    assert properties["MessageRetentionPeriod"] > tries * properties["VisibilityTimeout"]


def test_the_ledger_remembers_for_as_long_as_a_message_can_come_back() -> None:
    """A redriven event counts once: the two retentions together are what the ledger reckons with."""
    kept = sum(queues()[name]["MessageRetentionPeriod"] for name in ("EventQueue", "EventDeadLetterQueue"))
    assert kept * SECOND <= REDELIVERY


def test_dead_letters_are_kept_for_as_long_as_can_be() -> None:
    """14 days, SQS's limit."""
    assert {q["MessageRetentionPeriod"] for n, q in queues().items() if n not in SOURCES} == {1_209_600}


def test_queues_and_topics_are_encrypted() -> None:
    """Queues by SQS itself, topics with the key that AWS keeps for SNS."""
    assert all(q["SqsManagedSseEnabled"] is True for q in queues().values())
    topics = stack().of_type("AWS::SNS::Topic")
    assert len(topics) == 7
    assert all(t["KmsMasterKeyId"] == "alias/aws/sns" for t in topics.values())


@pytest.mark.parametrize("name", ["Table", "StatisticsTable"])
def test_tables_are_encrypted_protected_recoverable_and_kept(name: str) -> None:
    """They hold what cannot be computed again."""
    table = stack().resources[name]
    properties = table["Properties"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"]["SSEEnabled"] is True
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert [k["AttributeName"] for k in properties["KeySchema"]] == [keys.PARTITION, keys.SORT]


def test_the_table_has_the_indexes_stream_and_time_to_live_that_the_code_reckons_with() -> None:
    """Names come from the one module that holds them; of decisions the index holds all, so that it answers alone."""
    table = stack().resources["Table"]["Properties"]
    due, decisions = table["GlobalSecondaryIndexes"]
    for index, keyed in ((due, (keys.DUE_SHARD, keys.DUE)), (decisions, (keys.DECISION_DAY, keys.DECIDED))):
        assert [each["AttributeName"] for each in index["KeySchema"]] == list(keyed)
        assert [each["KeyType"] for each in index["KeySchema"]] == ["HASH", "RANGE"]
    assert [each["Projection"]["ProjectionType"] for each in (due, decisions)] == ["KEYS_ONLY", "ALL"]
    assert due["IndexName"] == stack().functions()["sweep"]["Environment"]["Variables"]["DUE_INDEX_NAME"]
    assert decisions["IndexName"] == keys.DECISIONS_INDEX
    types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    texts, numbers = (keys.PARTITION, keys.SORT, keys.DUE_SHARD, keys.DECISION_DAY), (keys.DUE, keys.DECIDED)
    assert types == {**dict.fromkeys(texts, "S"), **dict.fromkeys(numbers, "N")}
    assert table["TimeToLiveSpecification"] == {"AttributeName": keys.EXPIRES, "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
