"""Stored items that were damaged: each is read as what it says or left alone, and never taken for nothing."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from json import dumps, loads
from random import Random
from typing import Any, Final

from functions.ingest import handler as ingest
from functions.publish import handler as publish
from functions.settle import handler as settle
from milepost.adapters import keys
from milepost.adapters.codec import Codec
from milepost.adapters.dynamo_store import DynamoStore
from milepost.adapters.pack import pack, write_row
from milepost.adapters.segments import Segments
from milepost.adapters.standings import rows_of
from milepost.adapters.unpack import unpack
from milepost.adapters.writes import in_statements
from milepost.application.folding import Folding
from milepost.application.publish import Publish
from milepost.application.settle import Settle
from milepost.domain.fold import memory_of
from milepost_tools.engine import Engine
from tests.adapters.tables import create_statistics_table, create_table
from tests.fakes.composer import MemoryComposer
from tests.fakes.queues import MemoryDeadLetters
from tests.fakes.time import FixedWorkedOff
from tests.functions.lambdas import CANARY, failures, queue_batch, stream_batch
from tests.fuzz.boundaries import CATALOG, NEIGHBOURS, NOW, good, ingesting, run
from tests.fuzz.mutation import HOSTILE, damaged, mutated
from tests.fuzz.payloads import Topic, tick, topics_to

LIFE: Final = [("signed_up", 9), ("bought", 8), ("opened", 8), ("bought", 5), ("bought", 3), ("opened", 2), ("x", 1)]
SELF: Final = "@self@"
"""Stands for the subject's own id."""
OTHERS: Final[Sequence[Any]] = (
    {"N": "-3"},
    {"N": "1.5"},
    {"N": "1E+100"},
    {"BOOL": True},
    {"NULL": True},
    {"M": {}},
    {"L": []},
)
"""Other values that an attribute of DynamoDB can have."""


class Table:
    """A fresh engine, and the services over it."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.name, statistics = create_table(engine), create_statistics_table(engine)
        encoding = Codec.of(CATALOG)
        segments = Segments(engine, self.name, encoding, in_statements, memory_of(CATALOG), 2)
        self.store = DynamoStore(engine, encoding, self.name, statistics, CATALOG.name, segments=segments)
        self.publish = Publish(self.store, topics_to(Topic(), CATALOG), CATALOG, lambda _: NOW, MemoryComposer())
        self.settle = Settle(Folding(self.store, CATALOG), FixedWorkedOff(NOW), lambda _: NOW)

    def ingest(self, *bodies: str) -> tuple[list[str], str]:
        """What is handed back, and what the log says."""
        answer, said = run(ingest, queue_batch(*bodies), ingesting(self.store, MemoryDeadLetters()))
        return failures(answer), said

    def items(self, user: str) -> list[Any]:
        """All that is stored of a user."""
        wanted = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": f"user:{user}"}}}
        items: list[Any] = self.engine.query(TableName=self.name, ConsistentRead=True, **wanted)["Items"]
        return items


@cache
def _life() -> list[Any]:
    """What a life of all kinds of events leaves: an aggregate with an outbox, segments and a straggler."""
    table = Table(Engine())
    more = {"properties": {"amount": 20, "kind": CANARY}, "context": {"groupId": CANARY, "timezone": "Asia/Tokyo"}}
    traits = {"plan": "pro", "renews_at": "2026-11-25", "email_opt_in": True, CANARY: [CANARY, 1.5]}
    table.ingest(good("u", "", type="identify", traits=traits))
    for name, days_ago in (*LIFE, ("bought", 7)):
        table.ingest(good("u", name, days_ago, **more))
    found = table.items("u")
    assert {each["sk"]["S"][0] for each in found} == {"a", "s", "l"}
    return found


def make_item(random: Random) -> str:
    """The items of one subject as JSON, one of them damaged."""
    items = loads(dumps(_life(), default=lambda data: f"b64:{b64encode(data).decode()}"))
    item = random.choice((items[0], items[0], random.choice(items)))
    for _ in range(random.choice((0, 1, 1, 1, 3))):
        name = random.choice(sorted(item.keys() - {keys.PARTITION, keys.SORT}))
        other = random.choice(sorted(item.keys() - {keys.PARTITION, keys.SORT}))
        match random.randrange(6):
            case 0:
                item.pop(name)
                if len(item) < 4:
                    break
            case 1:
                item[name], item[other] = item[other], item[name]
            case 2:
                item[name] = random.choice(OTHERS)
            case 3:
                texts = [each for each in HOSTILE if isinstance(each, str)]
                name = random.choice((name, keys.FORWARD))
                item[name] = {"S": random.choice((SELF, f"user:{CANARY}", *texts))}
            case _ if "B" in item[name]:
                changed = _repacked(random, _bytes(item[name]["B"]))
                item[name] = {"B": f"b64:{b64encode(changed).decode()}"}
    return dumps(items)


def _repacked(random: Random, data: bytes) -> bytes:
    """What is packed, or the rows of the standings, with other values in it; or the bytes damaged."""
    if random.random() < 0.5:
        return damaged(random, data)
    try:
        return pack(mutated(random, _plain(unpack(data))))
    except (TypeError, ValueError):
        with suppress(AttributeError, OverflowError, TypeError, ValueError):
            return _rows_of(mutated(random, _plain([[key, *row] for key, row, _ in rows_of(data)])))
        return damaged(random, data)


def _plain(value: object) -> Any:
    return loads(dumps(value, default=str))


def _rows_of(rows: Sequence[Any]) -> bytes:
    out = bytearray()
    for key, *row in rows:
        out += key.to_bytes(4, "big")
        write_row(out, row)
    return bytes(out)


def _bytes(text: str) -> bytes:
    return b64decode(text.removeprefix("b64:"))


def check_items(texts: Sequence[str]) -> list[str]:
    """An event, a tick and a stream record for each, between those of neighbours."""
    table = Table(Engine())
    known = {f"{place}-{CANARY}": text for place, text in enumerate(texts)}
    wanted = [user for user, text in known.items() if _put(table, user, loads(text))]
    before = {user: table.items(user) for user in wanted}
    users = [NEIGHBOURS[0], *wanted, NEIGHBOURS[1]]
    handed_back, said = table.ingest(*(good(user, days_ago=6, event="bought") for user in users))
    places = {f"00000000-0000-4000-8000-{place:012d}": user for place, user in enumerate(users)}
    failed = {places[each] for each in handed_back}
    assert not failed & set(NEIGHBOURS), said
    for user in wanted:
        _look(before[user], table.items(user), handed_back=user in failed)
    answer, _ = run(settle, queue_batch(tick(*(f"user:{user}" for user in users))), table.settle)
    assert failures(answer) == []
    answer, _ = run(publish, stream_batch(*(f"user:{user}" for user in users)), table.publish)
    assert failures(answer) == []
    assert not any(keys.OUTBOX in item for user in NEIGHBOURS for item in table.items(user))
    return ["handed back" if user in failed else "read" if user in wanted else "not storable" for user in known]


def _put(table: Table, user: str, items: Sequence[Any]) -> bool:
    """Whether the table takes the items: a key of the index, for one, cannot be of another type."""
    with suppress(table.engine.exceptions.ClientError):
        for item in items:
            for value in item.values():
                if "B" in value:
                    value["B"] = _bytes(value["B"])
                elif value.get("S") == SELF:
                    value["S"] = f"user:{user}"
            table.engine.put_item(TableName=table.name, Item={**item, keys.PARTITION: {"S": f"user:{user}"}})
        return True
    return False


def _look(before: list[Any], after: list[Any], *, handed_back: bool) -> None:
    """A subject that is handed back stands as it stood; one that was read has gone on from where it was."""
    aggregates = [next(item for item in items if item[keys.SORT]["S"] == keys.AGGREGATE) for items in (before, after)]
    first, last = aggregates
    if handed_back:
        assert first == last, "handed back, and written all the same"
    elif first != last:
        assert int(last[keys.VERSION]["N"]) == int(first[keys.VERSION]["N"]) + 1, "begun anew"
