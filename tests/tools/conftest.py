"""People of MiniStack with some rights and no others."""

from collections.abc import Callable, Iterator
from itertools import count
from json import dumps
from typing import Any
from uuid import uuid4

import boto3
import pytest

from milepost_tools.local.connection import Connection
from milepost_tools.local.launch import REGION

AsUser = Callable[..., Connection]
"""Makes a connection: a resource, and the actions on it."""
_NUMBERS = count()


@pytest.fixture
def as_user(connection: Connection) -> Iterator[AsUser]:
    """Connections of users who may do these actions on this resource, and nothing else."""
    iam: Any = connection.session.client("iam", endpoint_url=connection.endpoint)
    made: list[str] = []

    def make(resource: str, *actions: str) -> Connection:
        name = f"user-{next(_NUMBERS)}-{uuid4().hex}"
        iam.create_user(UserName=name)
        made.append(name)
        if actions:
            statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
            policy = dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session = boto3.Session(
            aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], region_name=REGION
        )
        return Connection(session, connection.endpoint)

    yield make
    for name in made:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        iam.delete_user(UserName=name)
