import pytest

from tests.template.loading import ROOT, STAGES, raw, stack


def test_the_clock_of_production_is_the_time_of_day() -> None:
    """Replay believes the producers' timestamps, so CloudFormation itself refuses it in production."""
    (rule,) = raw()["Rules"].values()
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "Clock"}, "live"]}


def test_every_parameter_says_what_it_is_for_and_has_a_default() -> None:
    """A deployment that answers no question is a careful one."""
    for name, parameter in raw()["Parameters"].items():
        assert parameter["Description"], name
        assert "Default" in parameter, name
    assert raw()["Parameters"]["Stage"]["Default"] == "prod"
    assert raw()["Parameters"]["DeletionProtection"]["Default"] == "true"
    assert tuple(raw()["Parameters"]["Stage"]["AllowedValues"]) == STAGES


OUTPUTS = {
    *("EventQueueUrl", "EventQueueArn", "EventDeadLetterQueueUrl", "TickQueueUrl"),
    *("TableName", "StatisticsTableName", "ClockMode"),
    *("EmailTopicArn", "SmsTopicArn", "PushTopicArn", "InAppTopicArn", "DirectMailTopicArn", "OpsTopicArn"),
    "OutcomesTopicArn",
    *("IngestFunctionName", "SweepFunctionName", "SettleFunctionName", "PublishFunctionName"),
}


def test_every_output_is_exported_under_the_name_of_its_stack() -> None:
    """Producers and subscribers import them, and two stacks live side by side."""
    assert set(raw()["Outputs"]) == OUTPUTS
    for name, output in raw()["Outputs"].items():
        assert output["Export"]["Name"] == {"Fn::Sub": "${AWS::StackName}-" + name}


def test_the_sweep_goes_by_the_clock_only_where_the_clock_is_live() -> None:
    """In a replay the driver says what time it is; a sweep of today would miss every deadline at once."""
    for clock, state in (("live", "ENABLED"), ("replay", "DISABLED")):
        (event,) = stack("dev", clock).functions()["sweep"]["Events"].values()
        assert event["Properties"]["State"] == state


@pytest.mark.parametrize("stage", STAGES)
def test_only_the_local_stage_lacks_a_policy_and_has_more_rights(stage: str) -> None:
    """What the emulator needs stays on the emulator."""
    differs = set(stack("prod").resources) ^ set(stack(stage).resources)
    local = {"QueuesOverTls", "SweepDeadLetterQueuePolicy", "TickQueuePolicy", "TopicsOverTls"}
    assert differs == (local if stage == "local" else set())


def test_the_template_may_be_sent_as_a_body() -> None:
    """CloudFormation takes at most 51,200 bytes without a bucket."""
    assert (ROOT / "template.yaml").stat().st_size <= 51_200
