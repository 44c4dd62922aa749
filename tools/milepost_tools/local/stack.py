"""A deployed stack, on this machine or on AWS: its names and a connection to it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final, Self

from botocore.exceptions import ClientError

from milepost_tools.local.connection import Connection, to_aws, to_ministack
from milepost_tools.local.plainly import code_of, telling_plainly
from milepost_tools.local.state import running
from milepost_tools.problem import ProblemError

CHANNELS: Final = ("email", "sms", "push", "in_app", "direct_mail", "ops")
OUTCOMES: Final = "outcomes"
FUNCTIONS: Final = ("ingest", "sweep", "settle", "publish")


@dataclass(frozen=True)
class Stack:
    """What a tool needs of a stack. Each field but the first two is an output of template.yaml."""

    name: str
    connection: Connection
    event_queue_url: str
    event_queue_arn: str
    event_dead_letter_queue_url: str
    tick_queue_url: str
    table_name: str
    statistics_table_name: str
    email_topic_arn: str
    sms_topic_arn: str
    push_topic_arn: str
    in_app_topic_arn: str
    direct_mail_topic_arn: str
    ops_topic_arn: str
    outcomes_topic_arn: str
    ingest_function_name: str
    sweep_function_name: str
    settle_function_name: str
    publish_function_name: str
    clock_mode: str

    @classmethod
    def of(cls, name: str, connection: Connection, outputs: Mapping[str, str]) -> Self:
        """A stack with these outputs.

        Raises:
            ProblemError: one is missing, so it is no stack of this version of Milepost.
        """
        try:
            named = {field: outputs[_output(field)] for field in _OUTPUT_FIELDS}
        except KeyError as error:
            what = f"The stack '{name}' has no output {error}, so this version of Milepost did not deploy it."
            raise ProblemError(what, "Name another stack, or deploy this version to it.") from error
        return cls(name, connection, **named)

    @cached_property
    def topics(self) -> Mapping[str, str]:
        """The topics' ARNs, by channel, and that of `outcomes`."""
        return {name: str(getattr(self, f"{name}_topic_arn")) for name in (*CHANNELS, OUTCOMES)}

    @cached_property
    def functions(self) -> Mapping[str, str]:
        """The functions' names on AWS, by their verb."""
        return {verb: str(getattr(self, f"{verb}_function_name")) for verb in FUNCTIONS}

    def resource(self, logical_id: str) -> str:
        """The physical name of what template.yaml calls `logical_id`; of a queue, its URL."""
        found = self.connection.cloudformation.describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id
        )
        return found["StackResourceDetail"]["PhysicalResourceId"]


def find_stack(name: str | None) -> Stack:
    """The stack of that name on AWS; without a name, the local one that runs.

    Raises:
        ProblemError: there is none, it cannot be reached, or there are no credentials for it.
    """
    with telling_plainly():
        if name is not None:
            return read_stack(to_aws(), name)
        state = running()
        return read_stack(to_ministack(state.endpoint), state.stack)


def read_stack(connection: Connection, name: str) -> Stack:
    """The stack of that name behind this connection."""
    return Stack.of(name, connection, outputs_of(connection, name))


def outputs_of(connection: Connection, name: str) -> Mapping[str, str]:
    """The outputs of any stack, by their keys.

    Raises:
        ProblemError: there is no stack of that name.
    """
    try:
        found = connection.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code_of(error) != "ValidationError":
            raise
        where = "on the local stack's endpoint" if connection.endpoint else connection.cloudformation.meta.region_name
        what = f"There is no stack '{name}' ({where})."
        raise ProblemError(what, "Check the name and the region, or deploy it first.") from error
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def _output(field: str) -> str:
    return "".join(word.capitalize() for word in field.split("_"))


_OUTPUT_FIELDS: Final = tuple(field.name for field in fields(Stack))[2:]
