"""One session with AWS or with what stands for it, and one client for each service, made when first used."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
from botocore.config import Config

from milepost_tools.local.launch import REGION

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

ROOT_KEY: Final = "test"
"""The access key, and the secret key, under which MiniStack takes one for the root of its account."""

_CONNECTIONS: Final = 32
"""More threads than that at one client would have to wait for each other."""


@dataclass(frozen=True)
class Connection:
    """A session and, where it is not AWS's own, the endpoint. Make clients before handing it to threads."""

    session: boto3.Session
    endpoint: str | None = None

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """Stacks."""
        return self.session.client("cloudformation", **self._options)

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        """Metrics."""
        return self.session.client("cloudwatch", **self._options)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Tables."""
        return self.session.client("dynamodb", **self._options)

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda, whose own name Python has taken."""
        return self.session.client("lambda", **self._options)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """What the functions wrote."""
        return self.session.client("logs", **self._options)

    @cached_property
    def s3(self) -> Any:  # noqa: ANN401 - its stubs are not among the dependencies: one call to it is all there is
        """Buckets, for what is deployed."""
        return self.session.client("s3", **self._options)

    @cached_property
    def sns(self) -> "SNSClient":
        """Topics."""
        return self.session.client("sns", **self._options)

    @cached_property
    def sqs(self) -> "SQSClient":
        """Queues."""
        return self.session.client("sqs", **self._options)

    @property
    def _options(self) -> dict[str, Any]:
        retries: Any = {"mode": "standard", "total_max_attempts": 5}
        if self.endpoint is None:
            return {"config": Config(retries=retries, max_pool_connections=_CONNECTIONS)}
        # Not through a proxy, whatever the environment says: it is this machine.
        local = Config(retries=retries, max_pool_connections=_CONNECTIONS, proxies={}, s3={"addressing_style": "path"})
        return {"config": local, "endpoint_url": self.endpoint}


def to_aws() -> Connection:
    """AWS, as the user's environment and profile say."""
    # AWS_REGION is what the AWS CLI and Lambda go by; boto3 alone does not know it.
    return Connection(boto3.Session(region_name=os.environ.get("AWS_REGION")))


def to_ministack(endpoint: str) -> Connection:
    """MiniStack as its root, whatever the user's environment and profile say."""
    nothing_of_the_users: Any = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    session = boto3.Session(
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_KEY,
        region_name=REGION,
        botocore_session=botocore.session.Session(session_vars=nothing_of_the_users),
    )
    return Connection(session, endpoint)
