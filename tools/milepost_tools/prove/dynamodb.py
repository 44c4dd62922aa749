"""DynamoDB as a worker meets it: batches are done in part, reads are old, the index lags, transactions conflict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from milepost.adapters import keys
from milepost_tools.engine.values import Item
from milepost_tools.prove.machine import Machine
from milepost_tools.prove.recorded import STALE, TABLE, Recorded


@dataclass(slots=True)
class DynamoDb:
    """The table, through a network; batches are done in part, reads are old."""

    machine: Machine
    engine: Recorded

    @property
    def exceptions(self) -> Any:  # noqa: ANN401  # botocore makes them when it runs.
        """See the engine."""
        return self.engine.exceptions

    def batch_get_item(self, **request: Any) -> Any:  # noqa: ANN401
        """Read subjects, or leave some out; a read that need not be consistent may be old."""
        wanted = request["RequestItems"][TABLE]
        subjects = [key[keys.PARTITION]["S"] for key in wanted["Keys"]]

        def act(fault: str | None) -> Any:  # noqa: ANN401
            answer = self.engine.do("batch_get_item", request)
            self.machine.reading.update(subjects)
            found = answer["Responses"][TABLE]
            if not wanted["ConsistentRead"]:
                answer["Responses"][TABLE] = [old for item in found if (old := self._maybe_old(item)) is not None]
            if fault == "partial" or self.machine.world.faults.happens("left unread"):
                left = [wanted["Keys"][place] for place in self.machine.world.faults.part_of(len(subjects))]
                answer["Responses"][TABLE] = [
                    item for item in answer["Responses"][TABLE] if {n: item[n] for n in ("pk", "sk")} not in left
                ]
                answer["UnprocessedKeys"] = {TABLE: {**wanted, "Keys": left}}
            return answer

        return self.machine.call("dynamodb", "batch_get_item", act, subjects)

    def query(self, **request: Any) -> Any:  # noqa: ANN401
        """Read segments, or the due index as it was."""
        faults = self.machine.world.faults

        def act(_: str | None) -> Any:  # noqa: ANN401
            answer = self.engine.do("query", request)
            if "IndexName" in request and faults.happens("index lag"):
                answer["Items"] = self._as_it_was(request, answer["Items"])
            elif "IndexName" not in request and not request["ConsistentRead"]:
                answer["Items"] = [old for item in answer["Items"] if (old := self._old(item)) is not None]
            return answer

        return self.machine.call("dynamodb", "query", act)

    def _as_it_was(self, request: Any, now: Sequence[Item]) -> Sequence[Item]:  # noqa: ANN401
        values, faults = request["ExpressionAttributeValues"], self.machine.world.faults
        shard, until = values[":shard"]["S"], int(values[":until"]["N"])
        rows = self.engine.rows_before(shard, until, lambda: faults.draw.randrange(STALE))[: request["Limit"]]
        subjects, present = ({row["pk"]["S"] for row in each} for each in (rows, now))
        faults.count.update({"ghost row": len(subjects - present), "row missing": len(present - subjects)})
        return rows

    def put_item(self, **request: Any) -> Any:  # noqa: ANN401
        """Write one item."""
        return self._one("put_item", request, request["Item"][keys.PARTITION]["S"])

    def update_item(self, **request: Any) -> Any:  # noqa: ANN401
        """Change one item."""
        return self._one("update_item", request, request["Key"][keys.PARTITION]["S"])

    def batch_write_item(self, **request: Any) -> Any:  # noqa: ANN401
        """Write some or all."""
        ((table, writes),) = request["RequestItems"].items()

        def act(fault: str | None) -> Any:  # noqa: ANN401
            left = self.machine.world.faults.part_of(len(writes)) if fault == "partial" else ()
            done = [each for place, each in enumerate(writes) if place not in left]
            if done:
                self.engine.do("batch_write_item", {"RequestItems": {table: done}})
            return {"UnprocessedItems": {table: [writes[place] for place in left]} if left else {}}

        return self.machine.call("dynamodb", "batch_write_item", act, len(writes))

    def _one(self, name: str, request: Any, subject: str) -> Any:  # noqa: ANN401
        def act(_: str | None) -> Any:  # noqa: ANN401
            self._meet([subject])
            return self.engine.do(name, request)

        return self.machine.call("dynamodb", name, act, subject)

    def batch_execute_statement(self, **request: Any) -> Any:  # noqa: ANN401
        """Write some or all of the statements."""
        statements = request["Statements"]
        written = [self._subject(each) for each in statements]

        def act(fault: str | None) -> Any:  # noqa: ANN401
            left = set(self.machine.world.faults.part_of(len(statements)) if fault == "partial" else ())
            done = [each for place, each in enumerate(statements) if place not in left]
            found = iter(self.engine.do("batch_execute_statement", {"Statements": done})["Responses"] if done else ())
            self._meet(written)
            busy = {"Error": {"Code": "TransactionConflict" if len(left) % 2 else "ThrottlingError"}}
            return {"Responses": [busy if place in left else next(found) for place in range(len(statements))]}

        return self.machine.call("dynamodb", "batch_execute_statement", act, written)

    def transact_write_items(self, **request: Any) -> Any:  # noqa: ANN401
        """All or nothing, or a conflict with another transaction."""
        items = request["TransactItems"]
        written = [action["Key"]["pk"]["S"] for each in items for action in each.values() if "Key" in action]

        def act(fault: str | None) -> Any:  # noqa: ANN401
            if fault == "partial":
                reasons = [{"Code": "None"}, *({"Code": "TransactionConflict"} for _ in items[1:])]
                raise self._cancelled(reasons)
            self._meet(written)
            return self.engine.do("transact_write_items", request)

        return self.machine.call("dynamodb", "transact_write_items", act, written)

    def _cancelled(self, reasons: Sequence[Mapping[str, str]]) -> Exception:
        error: Exception = self.exceptions.TransactionCanceledException(
            {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons},
            "TransactWriteItems",
        )
        return error

    def _maybe_old(self, item: Item) -> Item | None:
        return self._old(item) if self.machine.world.faults.happens("stale read") else item

    def _old(self, item: Item) -> Item | None:
        age = self.machine.world.faults.draw.randrange(STALE)
        return self.engine.before(item["pk"]["S"], age, item["sk"]["S"])

    def _subject(self, statement: Mapping[str, Any]) -> str:
        values = [value["S"] for value in statement["Parameters"] if "S" in value]
        return str(next(value for value in values if ":" in value))

    def _meet(self, written: Sequence[str]) -> None:
        """Count whoever else is between reading and writing one of these."""
        for other in self.machine.world.machines:
            self.machine.world.overlaps += other is not self.machine and not other.reading.isdisjoint(written)
        self.machine.reading.difference_update(written)
