"""What a run on AWS meets and the emulator does not: metrics, no time left, events that are not worked off."""

import time
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from milepost.domain.catalog import Catalog
from milepost_tools.history.stored import statistics
from milepost_tools.local.connection import Connection
from milepost_tools.local.stack import Stack
from milepost_tools.verify import lab as laboratory
from milepost_tools.verify.lab import Lab
from milepost_tools.verify.person import counted, events, person
from milepost_tools.verify.pipeline import outcome, refused_message
from milepost_tools.verify.queues import queue_age
from milepost_tools.verify.verdict import DiffersError, NotTestableError

NO_CATALOG = Catalog.of("none", (), version=1, max_age=1, grace=0, events=frozenset({"a"}), consent={})


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab in memory, without any stack, that takes itself to be on AWS."""
    with mock_aws():
        connection = Connection(boto3.Session("x", "x", region_name="us-east-1"))
        names: dict[str, Any] = {field.name: field.name for field in fields(Stack)}
        yield Lab(Stack(**{**names, "connection": connection}), NO_CATALOG, emulated=False)


def out_of_time(lab: Lab) -> Lab:
    """The same, with no time to wait for anything."""
    return replace(lab, _waits_until=0.0)


def test_an_age_in_cloudwatch_holds(lab: Lab) -> None:
    """Under the name that settle asks for."""
    lab.stack.connection.cloudwatch.put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": f"{lab.prefix}-age"}],
                "Timestamp": datetime.now(UTC),
                "Value": 1.0,
            }
        ],
    )
    assert queue_age(lab) == "reported"


def test_no_age_in_time_says_nothing_of_aws(lab: Lab) -> None:
    """Of a new queue it may take a quarter of an hour, which a run does not have."""
    with pytest.raises(NotTestableError, match="15 minutes"):
        queue_age(out_of_time(lab))


def test_there_is_one_answer_however_little_time_is_left(lab: Lab) -> None:
    """Ten minutes are for the whole run: a question is asked once, and not waited for."""
    started = time.monotonic()
    assert out_of_time(lab).eventually(lambda: None) is None
    assert out_of_time(lab).eventually(lambda: "here") == "here"
    assert time.monotonic() - started < 1


def test_an_outcome_needs_a_milestone_that_two_events_reach(lab: Lab) -> None:
    """Nothing is sent where the catalog has none."""
    with pytest.raises(NotTestableError, match="one or two events"):
        outcome(lab)


def test_a_stack_that_does_nothing_differs(stack: Stack, catalog: Catalog) -> None:
    """A queue that nobody works off stands for it; who was made up is told of, since the event may still be counted."""
    idle = stack.connection.sqs.create_queue(QueueName="idle")["QueueUrl"]
    lab = Lab(replace(stack, event_queue_url=idle), catalog, emulated=True, _waits_until=0.0)
    for check, what in ((outcome, "tells of nothing"), (refused_message, "did not come")):
        with pytest.raises(DiffersError, match=what):
            check(lab)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(laboratory, "_CLEANING", 0.0)
        lab.clean_up()
    assert len(lab.left) == 3
    assert all("was not worked off" in each for each in lab.left)
    stack.connection.sqs.delete_queue(QueueUrl=idle)


def test_under_a_wrong_catalog_no_statistics_are_made_up(stack: Stack, catalog: Catalog) -> None:
    """The person goes, and that somebody was counted is told."""
    lab = Lab(stack, replace(catalog, name="another"), emulated=True)
    user = person(lab, "somebody")
    (body,) = events(user, ["signed_up"])
    stack.connection.sqs.send_message(QueueUrl=stack.event_queue_url, MessageBody=body)
    assert lab.eventually(lambda: counted(lab, user))
    lab.clean_up()
    assert counted(lab, user) is None
    assert "nothing is counted under another#*" in lab.left[0]
    assert statistics(stack, "another", "*") == {}
