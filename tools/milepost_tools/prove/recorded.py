"""The engine's tables with a past: stale reads see it, lagging indexes show it, and the stream hands it on."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from milepost.adapters import keys
from milepost.domain.instant import SECOND, Duration, Instant
from milepost_tools.engine import Engine
from milepost_tools.engine.calls import error_of
from milepost_tools.engine.capacity import Bill
from milepost_tools.engine.table import Ordered, Place
from milepost_tools.engine.values import Item, Refusal, Request, shown

TABLE: Final = "progress"
STATISTICS: Final = "statistics"
INDEX: Final = "due"
STALE: Final[Duration] = 20 * SECOND
"""How old a read that is not consistent may be, and an index."""


@dataclass(frozen=True, slots=True)
class _Remembered(Ordered):
    """Items and what each was before."""

    clock: Callable[[], Instant] = int
    heard: Callable[[Item], None] = lambda _: None
    past: defaultdict[Place, list[tuple[Instant, Item]]] = field(default_factory=lambda: defaultdict(list))

    def put(self, place: Place, item: Item | None) -> None:
        """Replace what stands there, and tell of it."""
        Ordered.put(self, place, item)
        if item is not None:
            self.past[place].append((self.clock(), item))
            self.heard(item)


class _Unbilled(Bill):
    write = read = wrote = lambda *_: None  # type: ignore[assignment]  # Nobody asks here what anything costs.


class Recorded(Engine):
    """A DynamoDB with both of Milepost's tables, whose progress has a past and a stream."""

    def __init__(self, clock: Callable[[], Instant], heard: Callable[[Item], None]) -> None:
        super().__init__()
        self._clock = clock
        self.checked = False
        """Whether every request is validated as botocore would."""
        kinds = {"pk": "S", "sk": "S", "dp": "S", "d": "N"}
        for name, names in ((TABLE, kinds), (STATISTICS, {"pk": "S", "sk": "S"})):
            due = {"IndexName": INDEX, "KeySchema": _schema("dp", "d"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            described = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": _schema("pk", "sk")}
            described["AttributeDefinitions"] = [
                {"AttributeName": x, "AttributeType": kind} for x, kind in names.items()
            ]
            self.do("create_table", described | ({"GlobalSecondaryIndexes": [due]} if name == TABLE else {}))
        self._past = _Remembered(("pk", "sk"), clock=clock, heard=heard)
        self._tables[TABLE] = replace(self._tables[TABLE], items=self._past)

    def do(self, name: str, request: Request) -> dict[str, Any]:
        """Carry a request out, and have botocore's rules checked only where asked: it takes a sixth of the time."""
        if self.checked:
            return dict(getattr(self, name)(**request))
        answer_to: Callable[..., dict[str, Any]] = getattr(Engine, name).__wrapped__
        try:
            return answer_to(self, request, _Unbilled())
        except Refusal as refusal:
            raise error_of(refusal, name) from None

    def before(self, subject: str, age: Duration, sort: str = keys.AGGREGATE) -> Item | None:
        """An item of a subject as it was so long ago."""
        then = self._clock() - age
        found = [item for instant, item in self._past.past.get((subject, sort), ()) if instant <= then]
        return shown(found[-1]) if found else None

    def expire(self) -> None:
        """Take away whatever has outlived its time, as DynamoDB does sooner or later."""
        now = self._clock() // SECOND
        for item in [each for each in self.items(TABLE) if int(each.get(keys.EXPIRES, {"N": now + 1})["N"]) <= now]:
            self._past.put((item["pk"]["S"], item["sk"]["S"]), None)

    def rows_before(self, shard: str, until: int, age: Callable[[], Duration]) -> list[Item]:
        """What the due index showed, each row as old as drawn: some are missing, some should be gone."""
        rows = []
        for subject, sort in sorted(self._past.past):
            item = self.before(subject, age()) if sort == keys.AGGREGATE else None
            if item is not None and keys.DUE in item and item[keys.DUE_SHARD]["S"] == shard:
                rows.append({name: item[name] for name in ("pk", "sk", "dp", "d")})
        return sorted((row for row in rows if int(row["d"]["N"]) <= until), key=lambda row: int(row["d"]["N"]))

    def booked(self) -> list[tuple[Instant, str, Item]]:
        """Every decision record as it was written, when and of whom, in the order of time."""
        past = self._past.past.items()
        found = [
            (instant, who, item)
            for (who, sort), then in past
            for instant, item in then
            if sort.startswith(keys.DECISION)
        ]
        return sorted(found, key=lambda each: each[0])

    def items(self, table: str) -> Iterator[Item]:
        """Everything in a table, outside of any simulated call."""
        return self._tables[table].items.everything(None)


def _schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
