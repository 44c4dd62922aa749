"""A stack to try things on, under names that nobody else has, and everything that was made there."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from secrets import randbelow, token_hex
from typing import Any, Final, TypeVar

from milepost.adapters import keys
from milepost.adapters.codec import Attributes
from milepost.adapters.writes import Write
from milepost.domain.catalog import USER, Catalog
from milepost.domain.event import Subject
from milepost_tools.local.stack import Stack

PATIENCE: Final = 60.0
"""Seconds given to what has to come through the whole stack."""
_WORKING: Final = 510.0
_CLEANING: Final = 60.0
"""Seconds of waiting in all, for the checks and for the removal: not more than ten minutes with what they do."""
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 2.0
_LONGER: Final = 1.5
_RETENTION: Final = "3600"
"""Seconds. Should a queue be left behind, what is in it soon goes."""
_KEPT: Final = 86_400
"""Seconds after which DynamoDB deletes an item by itself, should this program be killed."""

_T = TypeVar("_T")


@dataclass
class Lab:
    """The stack and the catalog that it is believed to have. `removed` and `left` say what became of what was made."""

    stack: Stack
    catalog: Catalog
    emulated: bool
    prefix: str = field(default_factory=lambda: f"verify-{token_hex(8)}")
    shard: int = field(default_factory=lambda: keys.DUE_SHARDS + 10_000 + randbelow(10**9))
    """A shard of the due index in which no sweep looks."""
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    _made: dict[str, Callable[[], object]] = field(default_factory=dict)
    _subjects: set[Subject] = field(default_factory=set)
    _waits_until: float = field(default_factory=lambda: time.monotonic() + _WORKING)

    def made(self, what: str, undo: Callable[[], object]) -> None:
        """Remember how to undo something. Better before it is made than after: to undo nothing is no error."""
        self._made.setdefault(what, undo)

    def use(self, what: str, thing: AbstractContextManager[_T]) -> _T:
        """Enter a block that is left when all is cleaned up."""
        with ExitStack() as leaving:
            entered = leaving.enter_context(thing)
            self.made(what, leaving.pop_all().close)
        return entered

    def clean_up(self) -> None:
        """Undo everything, the last first. What cannot be undone does not keep the rest from it."""
        self._waits_until = time.monotonic() + _CLEANING
        while self._made:
            what, undo = self._made.popitem()
            try:
                undo()
            except Exception as error:  # noqa: BLE001  # Whatever it is, the rest is still to be removed.
                self.left.append(f"{what}: {error}")
            else:
                self.removed.append(what)

    def eventually(self, question: Callable[[], _T | None], within: float = PATIENCE) -> _T | None:
        """Ask until there is an answer, at most so many seconds."""
        deadline, pause = min(time.monotonic() + within, self._waits_until), _FIRST_PAUSE
        while not (answer := question()) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(pause * _LONGER, _LONGEST_PAUSE)
        return answer

    def subject(self, name: str) -> Subject:
        """A user of the lab's own, whose items go at the end."""
        subject = f"{USER}{self.prefix}-{name}"
        self.made(f"items of {USER}{self.prefix}-...", self._remove_items)
        self._subjects.add(subject)
        return subject

    def write(
        self, name: str, sort: str, version: int, values: Attributes, absent: frozenset[str] = frozenset()
    ) -> Write:
        """A write as the store makes them, of an item that no function of the stack takes for an aggregate."""
        key = {keys.PARTITION: {"S": self.subject(name)}, keys.SORT: {"S": sort}}
        own = {keys.VERSION: {"N": str(version + 1)}, keys.EXPIRES: {"N": str(int(time.time()) + _KEPT)}}
        return Write(key, version, {**own, **values}, absent)

    def put(self, name: str, sort: str, **values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put an item of version 1; its key."""
        write = self.write(name, sort, 0, values)
        item: Any = {**write.key, **write.values}
        self.stack.connection.dynamodb.put_item(TableName=self.stack.table_name, Item=item)
        return write.key

    def items(self, partition: str, table: str | None = None) -> list[Mapping[str, Any]]:
        """All items of a partition, such as a subject, by their sort keys."""
        pages = self.stack.connection.dynamodb.get_paginator("query").paginate(
            TableName=table or self.stack.table_name,
            KeyConditionExpression="#pk = :pk",
            ExpressionAttributeNames={"#pk": keys.PARTITION},
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]

    def queue(self, name: str, attributes: Mapping[str, str] | None = None) -> str:
        """A queue of the lab's own; its URL."""
        full, sqs = f"{self.prefix}-{name}", self.stack.connection.sqs
        wanted: Any = {"MessageRetentionPeriod": _RETENTION, **(attributes or {})}
        url = sqs.create_queue(QueueName=full, Attributes=wanted)["QueueUrl"]
        self.made(f"queue {full}", partial(sqs.delete_queue, QueueUrl=url))
        return url

    def topic(self, name: str) -> str:
        """A topic of the lab's own, encrypted as those of the stack are; its ARN."""
        full, sns = f"{self.prefix}-{name}", self.stack.connection.sns
        arn = sns.create_topic(Name=full, Attributes={"KmsMasterKeyId": "alias/aws/sns"})["TopicArn"]
        self.made(f"topic {full}", partial(sns.delete_topic, TopicArn=arn))
        return arn

    def _remove_items(self) -> None:
        for item in (item for subject in self._subjects for item in self.items(subject)):
            key = {name: item[name] for name in (keys.PARTITION, keys.SORT)}
            self.stack.connection.dynamodb.delete_item(TableName=self.stack.table_name, Key=key)
