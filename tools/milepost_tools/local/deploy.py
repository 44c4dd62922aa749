"""template.yaml into the local stack, through CloudFormation as on AWS."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final, Literal

from botocore.exceptions import ClientError

from milepost_tools.local.bundle import upload
from milepost_tools.local.connection import Connection, to_ministack
from milepost_tools.local.ministack import running_ministack
from milepost_tools.local.plainly import code_of, telling_plainly
from milepost_tools.local.stack import Stack, read_stack
from milepost_tools.problem import ProblemError

Clock = Literal["live", "replay"]

STACK: Final = "milepost"
PROJECT: Final = Path(__file__).resolve().parents[3]
"""The checkout that these tools belong to."""

_AS_THEY_ARE: Final[Mapping[str, str]] = {}
_PAUSE: Final = 0.1
_DEPLOYED_WITHIN: Final = 120.0
"""Seconds. It takes two on an idle machine."""
_DEPLOYED: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_WITHOUT_CHANGES: Final = ("didn't contain changes", "No updates are to be performed")


@contextmanager
def local_stack(
    *,
    catalog: Path | None = None,
    clock: Clock = "live",
    parameters: Mapping[str, str] = _AS_THEY_ARE,
    project: Path = PROJECT,
) -> Iterator[Stack]:
    """A MiniStack with the project's stack in it, for as long as the block lasts.

    `parameters` are those of the template that are to differ from its defaults.

    Raises:
        ProblemError: it does not start, or the stack cannot be deployed.
    """
    with running_ministack() as ministack:
        connection = to_ministack(ministack.endpoint)
        yield deploy(connection, catalog=catalog, clock=clock, parameters=parameters, project=project)


def deploy(
    connection: Connection,
    *,
    catalog: Path | None = None,
    clock: Clock = "live",
    parameters: Mapping[str, str] = _AS_THEY_ARE,
    project: Path = PROJECT,
) -> Stack:
    """Create the stack, or update it if it is there. A stack with clock `replay` runs no sweep by itself.

    Raises:
        ProblemError: it cannot be deployed; the message names each resource that failed, and why.
    """
    with telling_plainly():
        template = upload(connection, project, catalog)
        change = f"local-{token_hex(6)}"  # a name serves once
        if _change_set(connection, change, template, {**parameters, "Clock": clock}):
            connection.cloudformation.execute_change_set(StackName=STACK, ChangeSetName=change)
            _await_stack(connection)
        return read_stack(connection, STACK)


def _change_set(connection: Connection, change: str, template: str, parameters: Mapping[str, str]) -> bool:
    """Make the change set; whether there is anything in it."""
    parameters = {"DeletionProtection": "false", **parameters, "Stage": "local"}
    connection.cloudformation.create_change_set(
        StackName=STACK,
        ChangeSetName=change,
        ChangeSetType="UPDATE" if _exists(connection) else "CREATE",
        TemplateURL=template,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    status, reason = _await_change_set(connection, change)
    if status == "FAILED":
        connection.cloudformation.delete_change_set(StackName=STACK, ChangeSetName=change)
        if not any(phrase in reason for phrase in _WITHOUT_CHANGES):
            raise _undeployable(reason)
    return status != "FAILED"


def _await_change_set(connection: Connection, change: str) -> tuple[str, str]:
    for _ in _until_deadline():
        found = connection.cloudformation.describe_change_set(StackName=STACK, ChangeSetName=change)
        if found["Status"] in {"CREATE_COMPLETE", "FAILED"}:
            return found["Status"], found.get("StatusReason", "")
    raise _undeployable("its changes were not worked out in time")


def _await_stack(connection: Connection) -> None:
    for _ in _until_deadline():
        status = connection.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if status in _DEPLOYED:
            return
        if not status.endswith("IN_PROGRESS"):
            raise _undeployable(_failures(connection) or status)
    raise _undeployable("it was not finished in time")


def _failures(connection: Connection) -> str:
    events = connection.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    return "; ".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event.get("ResourceStatus", "").endswith("FAILED")
    )


def _exists(connection: Connection) -> bool:
    try:
        connection.cloudformation.describe_stacks(StackName=STACK)
    except ClientError as error:
        if code_of(error) == "ValidationError":
            return False
        raise
    return True


def _until_deadline() -> Iterator[None]:
    deadline = time.monotonic() + _DEPLOYED_WITHIN
    while time.monotonic() < deadline:
        yield
        time.sleep(_PAUSE)


def _undeployable(reason: str) -> ProblemError:
    return ProblemError(f"The stack could not be deployed: {reason}.", "Mend what it names in template.yaml.")
