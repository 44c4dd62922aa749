"""What a function is made of: its environment, its clients and its secret."""

from collections.abc import Mapping, Sequence
from json import loads
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from milepost_channels.runtime import MissingSettingError, client, secrets, setting
from tests.integrations.standin import Reply, running

NAME = "/milepost/webhook/secret"


def test_a_setting_that_is_missing_or_empty_is_named() -> None:
    """So that the log says what the template forgot."""
    for environment in ({}, {"TABLE_NAME": ""}):
        with pytest.raises(MissingSettingError, match="TABLE_NAME"):
            setting(environment, "TABLE_NAME")


@pytest.mark.parametrize("tries", [1, 2])
def test_clients_have_short_time_outs_and_as_many_tries_as_they_are_given(tries: int) -> None:
    """One second to connect, three to read."""
    config = client("sqs", tries).meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 3)
    assert config.retries["total_max_attempts"] == tries


class Ssm:
    """Parameter Store, with one parameter."""

    def __init__(self) -> None:
        self.value = "first"

    def ids(self, body: bytes) -> Sequence[str]:
        """The parameter's name."""
        return [loads(body)["Name"]]

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """GetParameter, which is in clear only if it is asked to be."""
        request = loads(body)
        assert headers["x-amz-target"] == "AmazonSSM.GetParameter"
        value = self.value if request["WithDecryption"] else "AQICAHh"
        return Reply(200, {"Parameter": {"Name": request["Name"], "Type": "SecureString", "Value": value}})

    def failure(self, status: int) -> tuple[Mapping[str, str], Any]:
        """As every AWS service says it."""
        return {"x-amzn-errortype": "InternalServerError"}, {"message": "try again"}


def test_a_secret_is_read_by_its_name_decrypted_and_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change is seen when five minutes have passed, by whoever asks again."""
    ssm = Ssm()
    with running(ssm) as stand_in:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", f"http://127.0.0.1:{stand_in.port}")
        secret = secrets(NAME)
        assert secret() == "first"
        ssm.value = "second"
        assert secret() == "first"
        assert secrets(NAME)() == "second"
    assert [ssm.ids(raw.body) for raw in stand_in.log] == [[NAME]] * 2


def test_a_secret_that_could_not_be_read_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nudges go back to their queue, and the next of them finds it."""
    with running(Ssm(), plan={1: "500"}) as stand_in:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", f"http://127.0.0.1:{stand_in.port}")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        secret = secrets(NAME)
        with pytest.raises(GetParameterError):
            secret()
        assert secret() == "first"
