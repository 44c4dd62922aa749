"""The store on DynamoDB: batch reads, version-conditional batch writes, one transaction a booking.

A batch of statements is no transaction: each statement succeeds or fails alone, at the price of one conditional
write. The condition is the version alone, so a stale read, a race and our own write whose answer was lost all
end in the same refusal, and the caller reads again.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from milepost.adapters import keys
from milepost.adapters.aws import PASSING, PassingErrors, in_batches, in_chunks, passes
from milepost.adapters.codec import Attributes, Codec, NewerFormatError
from milepost.application.ports import Booking, Saved, Stored
from milepost.domain.event import Subject
from milepost.domain.instant import DAY, SECOND, Duration, format_instant
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READ_AT_ONCE: Final = 100
WRITE_AT_ONCE: Final = 25
"""DynamoDB's limits for BatchGetItem and BatchExecuteStatement."""
ITEMS_AT_ONCE: Final = 100
"""DynamoDB's limit for TransactWriteItems."""
BOOK_AT_ONCE: Final = 10
"""Subjects that share a transaction: they share its statistics items too, but also each other's lost races."""
DECISIONS_KEPT: Final[Duration] = 400 * DAY
"""More than a year, so that the same week can be compared with last year's."""

_LOST_RACE: Final = frozenset({"ConditionalCheckFailed", "DuplicateItem"})
_OF_THE_ITEM: Final = frozenset({"ItemCollectionSizeLimitExceeded", "ValidationError"})
"""An item that DynamoDB will not take, such as one over 400 KB: its subject's messages come again and end where
an operator finds them, while its neighbours are written."""


@dataclass(frozen=True, slots=True)
class DynamoStore:
    """Progress by subject in one table, statistics in another."""

    client: "DynamoDBClient"
    codec: Codec
    table: str
    statistics_table: str | None = None
    """Only `book` needs it."""
    catalog: str = ""
    """Name of the catalog, under which statistics are kept."""

    def load(self, subjects: Sequence[Subject], *, consistent: bool) -> Mapping[Subject, Stored]:
        """Read subjects, 100 a request; see the port."""
        found: dict[Subject, Stored] = {}
        for chunk in in_chunks(subjects, READ_AT_ONCE):
            found |= self._load(chunk, consistent=consistent)
        return found

    def _load(self, subjects: Sequence[Subject], *, consistent: bool) -> Mapping[Subject, Stored]:
        wanted = {"Keys": [_key(subject) for subject in subjects], "ConsistentRead": consistent}
        try:
            answer: Any = self.client.batch_get_item(RequestItems={self.table: wanted})  # type: ignore[dict-item]
        except PassingErrors as error:
            if passes(error):
                return {}
            raise
        left_out = answer["UnprocessedKeys"].get(self.table, {"Keys": []})["Keys"]
        unread = {key[keys.PARTITION]["S"] for key in left_out}
        items = {item[keys.PARTITION]["S"]: item for item in answer["Responses"].get(self.table, [])}
        read = {subject: self._stored(subject, items.get(subject)) for subject in subjects if subject not in unread}
        return {subject: stored for subject, stored in read.items() if stored is not None}

    def _stored(self, subject: Subject, item: Attributes | None) -> Stored | None:
        if item is None:
            return Stored(Progress(subject), 0)
        try:
            return Stored(self.codec.decode(subject, item), int(item[keys.VERSION]["N"]))
        except NewerFormatError:
            return None

    def save(self, changes: Sequence[Stored]) -> Mapping[Subject, Saved]:
        """Write progresses, 25 statements a request; see the port."""
        results: dict[Subject, Saved] = {}
        for chunk in in_chunks(changes, WRITE_AT_ONCE):
            subjects = [change.progress.subject for change in chunk]
            results |= dict(zip(subjects, self._save(chunk), strict=True))
        return results

    def _save(self, changes: Sequence[Stored]) -> Sequence[Saved]:
        statements: Any = [self._statement(change) for change in changes]
        try:
            answer = self.client.batch_execute_statement(Statements=statements)
        except PassingErrors as error:
            if passes(error):
                return [Saved.REFUSED] * len(changes)
            raise
        return [_saved(response) for response in answer["Responses"]]

    def _statement(self, change: Stored) -> Mapping[str, object]:
        present, absent = self.codec.encode(change.progress)
        values = {keys.VERSION: {"N": str(change.version + 1)}, **present}
        if change.version == 0:
            values = {**_key(change.progress.subject), **values}
            names = ", ".join(f"'{name}': ?" for name in values)
            return _with_parameters(f'INSERT INTO "{self.table}" VALUE {{{names}}}', list(values.values()))
        clauses = [f"SET {name} = ?" for name in values] + [f"REMOVE {name}" for name in sorted(absent)]
        where = f"WHERE {keys.PARTITION} = ? AND {keys.SORT} = ? AND {keys.VERSION} = ?"
        found = [*_key(change.progress.subject).values(), {"N": str(change.version)}]
        return _with_parameters(f'UPDATE "{self.table}" {" ".join(clauses)} {where}', [*values.values(), *found])

    def book(self, bookings: Sequence[Booking]) -> Mapping[Subject, Saved]:
        """Write bookings, those of several subjects in one transaction; see the port."""
        results: dict[Subject, Saved] = {}
        for group in in_batches(bookings, BOOK_AT_ONCE, ITEMS_AT_ONCE, _items):
            subjects = [booking.progress.subject for booking in group]
            results |= dict(zip(subjects, self._book(group), strict=True))
        return results

    def _book(self, group: Sequence[Booking]) -> Sequence[Saved]:
        items: Any = [
            *({"Update": self._aggregate(booking)} for booking in group),
            *({"Put": self._decision(nudge)} for booking in group for nudge in booking.decisions),
            *({"Update": each} for each in self._statistics(group)),
        ]
        try:
            self.client.transact_write_items(TransactItems=items)
        except self.client.exceptions.TransactionCanceledException as error:
            reasons = [reason.get("Code", "None") for reason in error.response["CancellationReasons"]]
            return _cancelled(reasons, len(group))
        except PassingErrors as error:
            if passes(error):
                return [Saved.REFUSED] * len(group)
            raise
        return [Saved.DONE] * len(group)

    def _aggregate(self, booking: Booking) -> Mapping[str, object]:
        present, absent = self.codec.encode(booking.progress)
        values = {keys.VERSION: {"N": str(booking.version + 1)}, **present}
        remove = f" REMOVE {', '.join(f'#{name}' for name in sorted(absent))}" if absent else ""
        return {
            "TableName": self.table,
            "Key": _key(booking.progress.subject),
            "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in values)}{remove}",
            "ConditionExpression": f"#{keys.VERSION} = :read",
            "ExpressionAttributeNames": {f"#{name}": name for name in (*values, *absent)},
            "ExpressionAttributeValues": {
                ":read": {"N": str(booking.version)},
                **{f":{name}": value for name, value in values.items()},
            },
        }

    def _decision(self, nudge: Nudge) -> Mapping[str, object]:
        expires = (nudge.decided_at + DECISIONS_KEPT) // SECOND
        values = {
            "id": {"S": nudge.id},
            "milestone": {"S": nudge.milestone},
            "path": {"S": nudge.path},
            "step": {"N": str(nudge.step)},
            "n": {"N": str(nudge.n)},
            "channel": {"S": nudge.channel},
            "verdict": {"S": nudge.verdict},
            "at": {"S": format_instant(nudge.at)},
            "decided_at": {"S": format_instant(nudge.decided_at)},
            **({} if nudge.reason is None else {"reason": {"S": nudge.reason}}),
            keys.EXPIRES: {"N": str(expires)},
        }
        key = {keys.PARTITION: {"S": nudge.subject}, keys.SORT: {"S": keys.decision_sort(nudge)}}
        return {"TableName": self.table, "Item": {**key, **values}}

    def _statistics(self, group: Sequence[Booking]) -> Sequence[Mapping[str, object]]:
        # One shard for the whole transaction, so that what its subjects have in common is added up before.
        shard = keys.shard_name(keys.shard_of(group[0].progress.subject, keys.STATISTICS_SHARDS))
        by_scope: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for booking in group:
            for (scope, counter), count in booking.increments.counts.items():
                by_scope[scope][counter] += count
        return [self._counters(scope, shard, counts) for scope, counts in by_scope.items()]

    def _counters(self, scope: str, shard: str, counts: Mapping[str, int]) -> Mapping[str, object]:
        names = {f"#{place}": counter for place, counter in enumerate(counts)}
        return {
            "TableName": self.statistics_table,
            "Key": {
                keys.PARTITION: {"S": keys.statistics_partition(self.catalog, scope)},
                keys.SORT: {"S": shard},
            },
            # A bare ADD counts twice after a lost answer; this one stands or falls with the subject's version.
            "UpdateExpression": "ADD " + ", ".join(f"{name} :{name[1:]}" for name in names),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                f":{place}": {"N": str(count)} for place, count in enumerate(counts.values())
            },
        }


def _key(subject: Subject) -> dict[str, dict[str, str]]:
    return {keys.PARTITION: {"S": subject}, keys.SORT: {"S": keys.AGGREGATE}}


def _with_parameters(statement: str, parameters: Sequence[object]) -> Mapping[str, object]:
    return {
        "Statement": statement,
        "Parameters": parameters,
        "ReturnValuesOnConditionCheckFailure": "NONE",
    }


def _saved(response: Mapping[str, Any]) -> Saved:
    """What one statement's answer says; every outcome of the conditional write has its line here."""
    code = response.get("Error", {}).get("Code")
    if code is None:
        return Saved.DONE
    if code in _LOST_RACE:
        return Saved.CONFLICT
    if code in PASSING or code in _OF_THE_ITEM:
        return Saved.REFUSED
    raise RuntimeError(f"DynamoDB refused a conditional write with {code}")


def _items(booking: Booking) -> int:
    """How many items of a transaction a booking is, if it shares none."""
    return 1 + len(booking.decisions) + len({scope for scope, _ in booking.increments.counts})


def _cancelled(reasons: Sequence[str], subjects: int) -> Sequence[Saved]:
    """What a cancelled transaction says of each subject: only the first items, the aggregates, have a condition."""
    known = {"None", "ConditionalCheckFailed"} | PASSING
    if not known.issuperset(reasons):
        raise RuntimeError(f"DynamoDB refused a booking with {', '.join(sorted(set(reasons)))}")
    lost = (reason == "ConditionalCheckFailed" for reason in reasons[:subjects])
    return [Saved.CONFLICT if each else Saved.REFUSED for each in lost]
