import re
from json import loads
from typing import Any

import pytest

from milepost.adapters import keys
from tests.template.loading import ROOT, attribute_of, raw, stack

VERBS = ("ingest", "sweep", "settle", "publish")
IN_EVERY_FUNCTION = {"STAGE", "CLOCK", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE"}


def the_event(verb: str) -> Any:
    """Properties of the one event source that a function has."""
    (event,) = stack().functions()[verb]["Events"].values()
    return event["Properties"]


def test_there_is_one_function_for_each_verb() -> None:
    """Every function that the template has is tested here."""
    assert set(stack().functions()) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_handler_is_imported_under_the_same_name_everywhere(verb: str) -> None:
    """In tests, in the emulator and in Lambda: SAM puts the folder back in front of what it copies."""
    function = stack().functions()[verb]
    assert function["Handler"] == f"functions.{verb}.handler.lambda_handler"
    assert function["CodeUri"] == f"functions/{verb}/"
    built = stack().resources[f"{verb.title()}Function"]["Metadata"]["BuildProperties"]
    assert built == {"ParentPackageMode": "explicit", "ParentPackages": f"functions.{verb}"}


@pytest.mark.parametrize("verb", ["ingest", "settle", "publish"])
def test_one_bad_message_does_not_bring_back_its_neighbours(verb: str) -> None:
    """Partial batch responses, wherever there are batches."""
    assert the_event(verb)["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("verb", ["ingest", "settle"])
def test_queues_cannot_take_all_of_the_accounts_concurrency(verb: str) -> None:
    """And the mapping, not a throttle, is what holds a queue back."""
    assert 2 <= the_event(verb)["ScalingConfig"]["MaximumConcurrency"] <= 1000


def test_batches_of_events_have_a_window() -> None:
    """More than ten messages a batch need one."""
    assert the_event("ingest")["MaximumBatchingWindowInSeconds"] >= 1
    assert the_event("settle")["BatchSize"] == 10


def test_publish_sees_the_whole_stream_but_only_items_with_an_outbox() -> None:
    """The attribute is the codec's; `exists` works on a leaf, so it is asked of the binary value."""
    event = the_event("publish")
    (one,) = event["FilterCriteria"]["Filters"]
    assert loads(one["Pattern"]) == {"dynamodb": {"NewImage": {keys.OUTBOX: {"B": [{"exists": True}]}}}}
    assert event["StartingPosition"] == "TRIM_HORIZON"
    assert event["BisectBatchOnFunctionError"] is True
    assert 0 < event["MaximumRetryAttempts"] <= 3
    assert event["MaximumRecordAgeInSeconds"] < 86_400


@pytest.mark.parametrize("verb", VERBS)
def test_logs_are_json_and_are_not_kept_for_ever(verb: str) -> None:
    """Each function writes to a log group of the template's, which has a retention."""
    group = attribute_of(stack().functions()[verb]["LoggingConfig"]["LogGroup"])
    assert raw()["Resources"][group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert raw()["Globals"]["Function"]["LoggingConfig"]["LogFormat"] == "JSON"
    assert len(stack().of_type("AWS::Logs::LogGroup")) == len(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_function_is_told_what_it_reads_and_nothing_else(verb: str) -> None:
    """Read off the handler: a variable that is missing would show in production only."""
    source = (ROOT / "functions" / verb / "handler.py").read_text()
    read = set(re.findall(r'settings\["([A-Z_]+)"\]', source))
    told = set(stack().functions()[verb]["Environment"]["Variables"])
    topics = {name for name in told if name.startswith("TOPIC_ARN_")}
    assert bool(topics) == ("settings.topic_arns" in source)
    assert told - topics == read | {"POWERTOOLS_SERVICE_NAME"}
    assert set(raw()["Globals"]["Function"]["Environment"]["Variables"]) == IN_EVERY_FUNCTION


def test_every_topic_is_known_to_publish_by_the_name_of_its_channel() -> None:
    """`TOPIC_ARN_IN_APP` is InAppTopic."""
    variables = stack().functions()["publish"]["Environment"]["Variables"]
    told = {n.removeprefix("TOPIC_ARN_"): attribute_of(v) for n, v in variables.items() if n.startswith("TOPIC_ARN_")}
    assert told == {channel: channel.title().replace("_", "") + "Topic" for channel in told}
    assert set(told.values()) == set(stack().of_type("AWS::SNS::Topic"))
