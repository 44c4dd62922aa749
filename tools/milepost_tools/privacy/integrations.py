"""What channel integrations remember of a person, each in a table of its own that an output of its stack names.

An item there is about a nudge and is keyed by it, so whoever asks for a person reads all of the table, page by page.
What a tombstone does there, and why it must stand for a while before anything is removed, is told by `claims.py` of
the integrations, whose names these are.
"""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from milepost.adapters.aws import in_chunks
from milepost.application.erasing import Grave
from milepost.domain.event import Subject
from milepost.domain.instant import DAY, SECOND, Duration, Instant, format_instant
from milepost_tools.explain.plain import Json
from milepost_tools.local.connection import Connection
from milepost_tools.local.plainly import telling_plainly
from milepost_tools.local.stack import outputs_of
from milepost_tools.problem import ProblemError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OUTPUT: Final = "NudgesTableName"
ID: Final = "id"
SUBJECT: Final = "subject"
DECIDED: Final = "decided"
ERASED: Final = "erased"
EXPIRES: Final = "expires"
KEPT: Final[Duration] = 20 * DAY
"""A tombstone's life: a message can come back for 18 days, 4 in the queue and 14 in its dead-letter queue."""
_AT_ONCE: Final = 50
"""Subjects in one filter, each with two comparisons: DynamoDB allows an expression 4 KB and 300 operators."""

Item: TypeAlias = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Integration:
    """One integration. What AWS refuses is a `ProblemError` that names the option and the stack."""

    name: str
    client: "DynamoDBClient"
    table: str

    def items(self, subjects: Sequence[Subject]) -> Sequence[Item]:
        """Every item of these subjects, tombstones too. For each fifty of them it reads the whole table once."""
        with _naming(self.name):
            return [item for some in in_chunks(subjects, _AT_ONCE) for item in self._scan(some)]

    def nudges(self, graves: Sequence[Grave]) -> Sequence[Item]:
        """What is remembered of nudges of before the graves; those of a new life stay."""
        until = {grave.subject: grave.erased for grave in graves}
        found = (item for item in self.items([*until]) if is_nudge(item))
        return [item for item in found if _decided(item) <= until[item[SUBJECT]["S"]]]

    def entomb(self, graves: Iterable[Grave]) -> None:
        """From now on, who begins to send a nudge that was decided on before the grave finds that it must not."""
        with _naming(self.name):
            for grave in graves:
                self.client.put_item(TableName=self.table, Item=_tombstone(grave))

    def forget(self, graves: Sequence[Grave]) -> int:
        """Remove every nudge of before the graves; how many there were.

        Not before every function that may have missed the tombstones has ended: what it sends it could not note.
        """
        found = self.nudges(graves)
        with _naming(self.name):
            for item in found:
                self.client.delete_item(TableName=self.table, Key={ID: {"S": item[ID]["S"]}})
        return len(found)

    def _scan(self, subjects: Sequence[Subject]) -> Iterator[Item]:
        values = {f":s{place}": {"S": subject} for place, subject in enumerate(subjects)}
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.table,
            FilterExpression=" OR ".join(f"#{name} = {each}" for name in (SUBJECT, ID) for each in values),
            ExpressionAttributeNames={f"#{name}": name for name in (SUBJECT, ID)},
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])


def ask_for_integrations(parser: ArgumentParser) -> None:
    """Have a command take the names of integrations' stacks."""
    parser.add_argument(
        "--integration",
        action="append",
        default=[],
        metavar="NAME",
        help="the stack of an integration; may be repeated",
    )


def find_integrations(connection: Connection, names: Iterable[str]) -> Sequence[Integration]:
    """The integrations with stacks of these names, each once.

    Raises:
        ProblemError: there is no such stack, or it has no table of nudges.
    """
    return [_find(connection, name) for name in dict.fromkeys(names)]


def is_nudge(item: Item) -> bool:
    """Whether an item is about a nudge, and no tombstone."""
    return SUBJECT in item


def shown(item: Item) -> Json:
    """An item as JSON; all numbers in it are seconds since 1970, and are shown as times."""
    return {name: value["S"] if "S" in value else format_instant(_instant(value["N"])) for name, value in item.items()}


def _find(connection: Connection, name: str) -> Integration:
    with _naming(name):
        table = outputs_of(connection, name).get(OUTPUT)
        if table is None:
            what = f"The stack '{name}' has no output {OUTPUT}, so it is no channel integration of this version."
            raise ProblemError(what, "Name another stack, or deploy this version of the integration to it.")
    return Integration(name, connection.dynamodb, table)


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Within, a `ProblemError` says which of the stacks it is about, and where the permissions stand."""
    try:
        with telling_plainly():
            yield
    except ProblemError as problem:
        remedy = f"{problem.remedy} integrations/README.md lists what --integration needs; then begin again."
        raise ProblemError(f"--integration {name}: {problem.what}", remedy) from problem


def _tombstone(grave: Grave) -> Item:
    return {
        ID: {"S": grave.subject},
        ERASED: {"N": f"{grave.erased / SECOND:.6f}"},
        EXPIRES: {"N": str((grave.erased + KEPT) // SECOND)},
    }


def _decided(item: Item) -> Instant:
    """By an item of a release that did not note it, it was before there were tombstones."""
    return _instant(item[DECIDED]["N"]) if DECIDED in item else 0


def _instant(seconds: str) -> Instant:
    return round(float(seconds) * SECOND)
