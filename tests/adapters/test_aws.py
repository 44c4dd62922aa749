from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from milepost.adapters import aws
from milepost.adapters.aws import CONFIG, PassingErrors, client, in_chunks, passes

ENDPOINT = "https://dynamodb.us-east-1.amazonaws.com"


def refusal(code: str, status: int = 400) -> ClientError:
    """An error as botocore raises it."""
    metadata = {"HTTPStatusCode": status, "RequestId": "r", "HostId": "", "HTTPHeaders": {}, "RetryAttempts": 0}
    return ClientError({"Error": {"Code": code, "Message": ""}, "ResponseMetadata": metadata}, "Operation")  # type: ignore[typeddict-item]


def is_passing(error: Exception) -> bool:
    """Whether the adapters catch an error and take it for one that passes."""
    return isinstance(error, PassingErrors) and passes(error)


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url=ENDPOINT),
        ConnectTimeoutError(endpoint_url=ENDPOINT),
        EndpointConnectionError(endpoint_url=ENDPOINT),
        ConnectionClosedError(endpoint_url=ENDPOINT),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_answer_that_never_came_passes(error: Exception) -> None:
    """Whether the connection was never made, broke or fell silent: `connect_timeout` is a second, so it happens."""
    assert is_passing(error)


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("dynamodb", "InternalServerError", 500),
        ("dynamodb", "ProvisionedThroughputExceededException", 400),
        ("dynamodb", "RequestLimitExceeded", 400),
        ("dynamodb", "ServiceUnavailable", 503),
        ("dynamodb", "ThrottlingException", 400),
        ("dynamodb", "TransactionConflictException", 400),
        ("dynamodb", "TransactionInProgressException", 400),
        ("sns", "InternalError", 500),
        ("sns", "KMSThrottling", 400),
        ("sns", "Throttled", 429),
        ("sns", "Throttling", 400),
        ("sqs", "InternalError", 500),
        ("sqs", "KmsThrottled", 400),
        ("sqs", "RequestThrottled", 400),
        ("sqs", "ServiceUnavailable", 503),
        ("cloudwatch", "InternalServiceFault", 500),
        ("any", "503", 503),
    ],
)
def test_a_busy_or_broken_service_passes(service: str, code: str, status: int) -> None:
    """By the codes in each service's own model; an answer of a load balancer has its status for a code."""
    assert is_passing(refusal(code, status))


@pytest.mark.parametrize(
    "code",
    ["ValidationException", "AccessDeniedException", "ResourceNotFoundException", "AuthorizationError", "NotFound"],
)
def test_a_wrong_request_does_not_pass(code: str) -> None:
    """Trying again would only hide it."""
    assert not is_passing(refusal(code))


def test_all_that_botocore_says_about_http_is_caught() -> None:
    """The base class of what its client raises."""
    assert is_passing(HTTPClientError(error="broken"))


@pytest.mark.usefixtures("aws_environment")
def test_clients_share_one_session_and_short_timeouts() -> None:
    """A second session costs a cold start 60 ms; a lost answer must leave time to read again."""
    table, queue = client("dynamodb"), client("sqs")
    assert aws._session.cache_info().misses == 1
    for made in (table, queue):
        assert (made.meta.config.connect_timeout, made.meta.config.read_timeout) == (1, 3)
    retries: Any = CONFIG.retries  # type: ignore[attr-defined]  # The stubs leave out what a Config holds.
    assert retries == {"mode": "standard", "total_max_attempts": 2}


@pytest.mark.parametrize(("length", "sizes"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_chunks_hold_everything_in_order(length: int, sizes: list[int]) -> None:
    """At most as many as a batch request takes."""
    chunks = list(in_chunks(range(length), 100))
    assert [len(chunk) for chunk in chunks] == sizes
    assert [each for chunk in chunks for each in chunk] == list(range(length))
