from collections.abc import Mapping
from typing import Any

import pytest

from milepost.adapters.telemetry import METRICS
from tests.template.loading import attribute_of, raw, stack

Watched = tuple[str, str, str]
"""Namespace, metric, and the resource or the name that the only dimension gives."""


def watched() -> Mapping[Watched, Any]:
    """Every alarm by what it watches."""
    found = {}
    for alarm in stack().of_type("AWS::CloudWatch::Alarm").values():
        (dimension,) = alarm["Dimensions"]
        found[alarm["Namespace"], alarm["MetricName"], attribute_of(dimension["Value"])] = alarm
    return found


SWEEP, PUBLISH = (attribute_of({"Fn::Sub": f"${{AWS::StackName}}-{verb}"}) for verb in ("sweep", "publish"))
"""Each stack's functions report under names of their own, so that staging wakes nobody for prod."""

EXPECTED = {
    *(
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", name)
        for name in raw()["Resources"]
        if name.endswith("DeadLetterQueue")
    ),
    *(("AWS/SQS", "ApproximateAgeOfOldestMessage", name) for name in ("EventQueue", "TickQueue")),
    *(
        ("AWS/Lambda", metric, f"{verb}Function")
        for metric in ("Errors", "Throttles")
        for verb in ("Ingest", "Sweep", "Settle", "Publish")
    ),
    ("AWS/Lambda", "IteratorAge", "PublishFunction"),
    ("Milepost", "OverdueSeconds", SWEEP),
    ("Milepost", "ComposeFailed", PUBLISH),
}


def test_everything_that_can_pile_up_fail_or_lag_has_an_alarm() -> None:
    """One for each dead-letter queue, queue, function, stream, for the deadlines and for what cannot be composed."""
    assert set(watched()) == EXPECTED
    assert len(watched()) == len(stack().of_type("AWS::CloudWatch::Alarm"))


def test_the_first_dead_letter_raises_an_alarm() -> None:
    """Nothing lies there unseen."""
    for (_, metric, _), alarm in watched().items():
        if metric == "ApproximateNumberOfMessagesVisible":
            assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
            assert alarm["EvaluationPeriods"] == 1


def test_the_first_nudge_that_cannot_be_composed_raises_an_alarm() -> None:
    """Under the name by which the function measures it."""
    alarm = watched()["Milepost", METRICS["compose_failed"], PUBLISH]
    assert (alarm["Threshold"], alarm["ComparisonOperator"], alarm["Statistic"]) == (0, "GreaterThanThreshold", "Sum")


@pytest.mark.parametrize(("clock", "missing"), [("live", "breaching"), ("replay", "notBreaching")])
def test_silence_alarms_only_where_a_live_clock_should_be_heard(clock: str, missing: str) -> None:
    """What is at rest reports nothing and is well; a sweep that reports nothing does not run."""
    for name, alarm in stack("dev", clock).of_type("AWS::CloudWatch::Alarm").items():
        assert alarm["TreatMissingData"] == (missing if name == "OverdueAlarm" else "notBreaching")


def test_the_overdue_alarm_outlasts_the_rarest_sweep() -> None:
    """A stack that sweeps every five minutes does not alarm between two sweeps."""
    alarm = watched()["Milepost", "OverdueSeconds", SWEEP]
    assert alarm["Period"] >= 300
    assert "[2-5] minutes" in raw()["Parameters"]["SweepSchedule"]["AllowedPattern"]
    (dimension,) = alarm["Dimensions"]
    assert dimension["Name"] == "service"
    variables = stack().functions()["sweep"]["Environment"]["Variables"]
    assert dimension["Value"] == variables["POWERTOOLS_SERVICE_NAME"]


def test_alarms_notify_the_topic_if_there_is_one_and_say_what_they_mean() -> None:
    """Whoever is woken up reads why."""
    for name, alarm in raw()["Resources"].items():
        if alarm["Type"] == "AWS::CloudWatch::Alarm":
            action = {"Fn::If": ["Notify", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
            assert alarm["Properties"]["AlarmActions"] == action, name
            assert alarm["Properties"]["AlarmDescription"], name
