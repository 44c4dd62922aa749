import pytest

from milepost.adapters.settings import MissingSettingError, Settings


@pytest.mark.parametrize("environment", [{}, {"TABLE_NAME": ""}])
def test_a_missing_variable_is_named(environment: dict[str, str]) -> None:
    """Who deploys without the template learns which variable it sets; an empty one is missing too."""
    with pytest.raises(MissingSettingError, match=r"^The environment variable TABLE_NAME is not set"):
        Settings(environment)["TABLE_NAME"]


def test_a_variable_is_read_as_it_is() -> None:
    """Nothing is stripped or changed."""
    assert Settings({"TABLE_NAME": " t "})["TABLE_NAME"] == " t "


@pytest.mark.parametrize("clock", ["live", "replay"])
def test_the_clock_is_the_one_that_the_template_sets(clock: str) -> None:
    """Live or replay."""
    assert Settings({"CLOCK": clock}).clock == clock


def test_without_a_clock_nothing_is_guessed() -> None:
    """A stack that went by the wrong clock would decide wrongly for everybody."""
    with pytest.raises(MissingSettingError, match="CLOCK"):
        _ = Settings({}).clock


@pytest.mark.parametrize(("stage", "local"), [("local", True), ("dev", False), ("prod", False)])
def test_only_the_stage_local_is_local(stage: str, local: bool) -> None:  # noqa: FBT001 - a row of the table above
    """Elsewhere CloudWatch has metrics of queues."""
    assert Settings({"STAGE": stage}).is_local is local


def test_topics_are_found_by_channel() -> None:
    """The variable's name says the channel, and nothing else is taken for one."""
    environment = {"TOPIC_ARN_IN_APP": "arn:1", "TOPIC_ARN_OUTCOMES": "arn:2", "TABLE_NAME": "t"}
    assert Settings(environment).topic_arns == {"in_app": "arn:1", "outcomes": "arn:2"}


def test_the_environment_is_read_late() -> None:
    """So that making settings costs and breaks nothing."""
    environment: dict[str, str] = {}
    settings = Settings(environment)
    environment["TABLE_NAME"] = "later"
    assert settings["TABLE_NAME"] == "later"
