"""Which services the contract suites are run against."""

from collections.abc import Iterator

import pytest

from milepost_tools.local.connection import to_aws
from tests.adapters.services import INVISIBLE, Services, Simulated, deployed
from tests.conftest import AWS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The unit tests' fakes stand for a port alone; a real account is asked only if the command line says so."""
    if "kind" in metafunc.fixturenames:
        fakes = ["memory"] if "port" in metafunc.fixturenames else []
        real = ["aws"] if metafunc.config.getoption(AWS) else []
        metafunc.parametrize("kind", [*fakes, "simulated", "ministack", *real])


@pytest.fixture
def services(request: pytest.FixtureRequest, kind: str) -> Iterator[Services]:
    """Empty queues and topics of one kind."""
    if kind == "simulated":
        yield Simulated()
    else:
        real = kind == "aws"
        connection = to_aws() if real else request.getfixturevalue("connection")
        with deployed(connection, patience=5 if real else 0, invisible=20 if real else INVISIBLE) as found:
            yield found
