"""Clients, made once and all from one session, and which of their errors pass by themselves.

A second session would cost a cold start about 60 ms, a second client 5 ms; boto3 on top of botocore another 60.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004  # Its own name for it.
from botocore.session import Session, get_session

from milepost.adapters.wire import in_one_piece

CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    parameter_validation=False,
    user_agent="milepost",
)
"""Seconds. Short, so that a lost answer leaves time to read again; one retry, because the folding loop has its own.
Requests are ours and typed, so to have each checked again would only cost: an eighth of ingest's time. The user agent
is what CloudTrail shows; botocore would put its own together anew for each request, of some thirty parts."""

_SERVERS_FAULT: Final = 500
_TOO_MANY: Final = 429
PASSING: Final = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceFault",
        "KMSThrottling",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "Throttled",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error codes that say "not now": nothing is wrong with the request."""

PassingErrors: Final = (ClientError, ConnectionError, HTTPClientError)
"""What a call may raise for a reason that passes; ask `passes` before believing it."""


@cache
def _session() -> Session:
    return get_session()


def client(service: str) -> Any:  # noqa: ANN401  # The caller names the client's type; botocore knows none.
    """A client for a service, in the region and with the credentials of the environment."""
    made = _session().create_client(service, config=CONFIG)
    return in_one_piece(made) if service == "dynamodb" else made


def code_of(error: ClientError | ConnectionError | HTTPClientError) -> str | None:
    """The code of an error that came as an answer."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else None


def passes(error: ClientError | ConnectionError | HTTPClientError) -> bool:
    """Whether trying again may help: the service is busy, or no answer came."""
    if not isinstance(error, ClientError):
        return True
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    return code_of(error) in PASSING or status >= _SERVERS_FAULT or status == _TOO_MANY


_Each = TypeVar("_Each")


def in_chunks(sequence: Sequence[_Each], size: int) -> Iterator[Sequence[_Each]]:
    """The sequence in pieces of at most `size`, as batch requests take them."""
    return (sequence[start : start + size] for start in range(0, len(sequence), size))


def in_batches(
    each_of: Iterable[_Each], most: int, room: int, weigh: Callable[[_Each], int]
) -> Iterator[Sequence[_Each]]:
    """The same where a request also has room for so much in all: one that is too heavy for any goes alone."""
    batch: list[_Each] = []
    left = room
    for each in each_of:
        weight = weigh(each)
        if batch and (len(batch) == most or weight > left):
            yield batch
            batch, left = [], room
        batch.append(each)
        left -= weight
    if batch:
        yield batch
