"""What several test packages need: AWS in memory, AWS on loopback, and an environment that reaches neither."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws

from milepost.adapters import aws
from milepost_tools.local.connection import Connection, to_ministack
from milepost_tools.local.ministack import MiniStack, running_ministack

REGION = "us-east-1"
AWS = "--aws"

# On top of whatever holds here or in CI. A machine that has much else to do is no reason for a test to fail.
settings.register_profile(
    "milepost",
    settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("milepost")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The contract suites can be run on AWS, too: for cents, under names of their own that go at the end."""
    parser.addoption(AWS, action="store_true", help="run the contracts on the AWS account of this environment, too")


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Made-up credentials, and a botocore session of the test's own."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    aws._session.cache_clear()
    yield
    aws._session.cache_clear()


@pytest.fixture
def moto_aws(aws_environment: None) -> Iterator[None]:
    """AWS in this process: for the shape of requests, never for concurrency or transactions."""
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def ministack() -> Iterator[MiniStack]:
    """A MiniStack on a free port of loopback, with IAM on; it ends with the test session."""
    with running_ministack() as running:
        yield running


@pytest.fixture(scope="session")
def connection(ministack: MiniStack) -> Connection:
    """Clients of MiniStack, as the root of its account."""
    return to_ministack(ministack.endpoint)
