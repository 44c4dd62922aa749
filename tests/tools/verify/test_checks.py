"""Every check, carried out once on the local stack, and what is left of it: nothing."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pytest

from milepost.domain.catalog import Catalog
from milepost_tools.history.stored import statistics
from milepost_tools.local.deploy import PROJECT
from milepost_tools.local.stack import Stack
from milepost_tools.verify.checks import CHECKS, NOT_MODELLED, Result, results
from milepost_tools.verify.lab import Lab
from tests.adapters.tables import scan

# One worker for all of them: what they look at takes long to make.
pytestmark = pytest.mark.xdist_group("verify")

HOLDS: Final = "holds: "
NO_HERE: Final = "not testable here: "
VERDICTS: Final[Mapping[str, str]] = {
    "statement-units": f"{NO_HERE}{NOT_MODELLED['statement-units']}",
    "statement-failures": f"{HOLDS}ConditionalCheckFailed, DuplicateItem",
    "single-writes": f"{HOLDS}the same four results and items",
    "item-too-large": f"{HOLDS}ValidationError",
    "transaction-units": f"{HOLDS}202 units",
    "transaction-repeated": f"{HOLDS}None, ConditionalCheckFailed, None; counted once",
    "transaction-conflict": f"{NO_HERE}no two of 80 transactions met",
    "read-units": f"{NO_HERE}{NOT_MODELLED['read-units']}",
    "segments-backwards": f"{HOLDS}8 of 8",
    "sparse-index": f"{HOLDS}found after ",
    "index-units": f"{HOLDS}1 and 0 units",
    "table-settings": f"{NO_HERE}{NOT_MODELLED['table-settings']}",
    "outcome": HOLDS,
    "refused-message": f"{HOLDS}The message is not JSON",
    "tick-groups": f"{HOLDS}one of a group at a time",
    "tick-deduplication": f"{HOLDS}3 of 5 queued",
    "redelivery": f"{HOLDS}the same",
    "largest-message": f"{HOLDS}1,048,576 bytes",
    "publish-batch": f"{HOLDS}10 without a filter, 5 with one",
    "queue-age": f"{NO_HERE}the emulator has no metrics of queues",
}
"""How each verdict on the emulator begins. An upgrade of the emulator that changes one has to change its line."""
ASSUMPTIONS: Final = (PROJECT / "docs" / "assumptions.md").read_text(encoding="utf-8")


class Run(NamedTuple):
    """What was in the stack before, what the checks said, and the lab after it was cleaned up."""

    items: list[dict[str, Any]]
    statistics: list[Mapping[str, int]]
    results: Mapping[str, Result]
    lab: Lab


def counted(stack: Stack, catalog: Catalog) -> list[Mapping[str, int]]:
    """All counters of the catalog; what is zero is as what is not there."""
    return [statistics(stack, catalog.name, scope) for scope in ("*", *catalog.milestones)]


@pytest.fixture(scope="session")
def run(stack: Stack, catalog: Catalog) -> Run:
    """All checks on a stack that holds an item of somebody else."""
    item: Any = {"pk": {"S": "user:verify-not-ours"}, "sk": {"S": "a"}, "v": {"N": "1"}}
    stack.connection.dynamodb.put_item(TableName=stack.table_name, Item=item)
    stack.connection.sqs.send_message(QueueUrl=stack.event_dead_letter_queue_url, MessageBody="not ours")
    items, counters = scan(stack.connection.dynamodb, stack.table_name), counted(stack, catalog)
    lab = Lab(stack, catalog, emulated=True)
    found = {result.name: result for result in results(lab, CHECKS)}
    lab.clean_up()
    return Run(items, counters, found, lab)


def test_the_emulator_is_as_the_table_says(run: Run) -> None:
    """What holds on the emulator holds, and what it does not model is known and named."""
    said = {name: f"{result.verdict}: {result.said}" for name, result in run.results.items()}
    assert {name: verdict[: len(VERDICTS.get(name, ""))] for name, verdict in said.items()} == VERDICTS


def test_each_check_is_named_in_a_row_of_the_assumptions_and_no_other_is() -> None:
    """Whoever reads a verdict finds what it is about, and whoever reads a row finds how to try it."""
    named = [
        name
        for group in re.findall(r"\*\*verify\*\* ((?:`[a-z0-9-]+`(?:, )?)+)", ASSUMPTIONS)
        for name in group.split(", ")
    ]
    assert {name.strip("`") for name in named} == CHECKS.keys()


@pytest.mark.parametrize("name", CHECKS)
def test_each_check_says_in_one_sentence_what_is_tried(name: str) -> None:
    """It stands in the table for people."""
    sentence = CHECKS[name].__doc__ or ""
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_no_item_stays_and_none_of_others_goes(run: Run, stack: Stack) -> None:
    """Subjects that verify did not make are not touched, even under a name like its own."""
    assert scan(stack.connection.dynamodb, stack.table_name) == run.items
    assert run.lab.left == []


def test_no_queue_topic_or_subscription_stays(run: Run, stack: Stack) -> None:
    """What is there afterwards is the stack's own."""
    urls = stack.connection.sqs.list_queues().get("QueueUrls", [])
    topics = [each["TopicArn"] for each in stack.connection.sns.list_topics()["Topics"]]
    assert not [each for each in (*urls, *topics) if "verify-" in each or "-outcomes-" in each]
    assert stack.connection.sns.list_subscriptions()["Subscriptions"] == []


def test_refused_messages_of_others_stay_where_they_are(run: Run, stack: Stack) -> None:
    """And can be looked at at once."""
    received = stack.connection.sqs.receive_message(
        QueueUrl=stack.event_dead_letter_queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    assert [message["Body"] for message in received["Messages"]] == ["not ours"]


def test_the_statistics_forget_the_people_that_were_made_up(run: Run, stack: Stack, catalog: Catalog) -> None:
    """Two were members, and one reached a milestone and got a nudge: now nobody was and did."""
    everyone, milestone, *_ = after = counted(stack, catalog)
    assert {"members"} <= everyone.keys()
    assert {"reached", "sent.in_app"} <= milestone.keys()
    assert after == run.statistics
