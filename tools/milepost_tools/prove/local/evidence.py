"""What the run leaves behind, gathered for the judge of the simulation."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from milepost.adapters import keys
from milepost.adapters.codec import Codec
from milepost.adapters.queues import depth
from milepost.domain.catalog import Catalog
from milepost_tools.history.stored import statistics
from milepost_tools.local.dead_letters import dead_letters
from milepost_tools.local.stack import Stack
from milepost_tools.prove.checker.evidence import Evidence, Told
from milepost_tools.prove.local.producer import Producer

_HELD: Final = 60_000_000
"""Microseconds that an invocation goes by the time at which it has begun, at most."""


def evidence(stack: Stack, catalog: Catalog, producer: Producer, told: list[Told]) -> Evidence:
    """Everything, as it stands now."""
    counters: Counter[tuple[str, str]] = Counter()
    for scope in ("*", *catalog.milestones):
        counters.update({(scope, name): number for name, number in statistics(stack, catalog.name, scope).items()})
    codec, counted, decided = Codec.of(catalog), dict[str, Mapping[str, int]](), []
    for item in _items(stack):
        subject, sort = item[keys.PARTITION]["S"], item[keys.SORT]["S"]
        if sort.startswith(keys.DECISION):
            values = {name: str(value.get("S", value.get("N"))) for name, value in item.items()}
            decided.append({"subject": subject, **values})
        elif sort == keys.AGGREGATE and keys.FORWARD not in item and (found := codec.decode(subject, item).counted):
            counted[subject] = found
    with dead_letters(stack.connection.sqs, stack.event_dead_letter_queue_url) as queue:
        dead = [(each.body, each.reason or None) for each in queue.in_order()]
    rest = waiting(stack)
    log, now = producer.log, time.time_ns() // 1000
    left = Evidence(log, producer.aliases, told, counters, decided, counted, dead, rest, decided, now, _HELD)
    return replace(left, grace=catalog.grace)


def waiting(stack: Stack) -> dict[str, int]:
    """What has not come to rest, by what it is."""
    sqs, now, items = (
        stack.connection.sqs,
        time.time_ns() // 1000,
        [each for each in _items(stack) if each[keys.SORT]["S"] == keys.AGGREGATE],
    )
    return {
        "events": depth(sqs, stack.event_queue_url),
        "ticks": depth(sqs, stack.tick_queue_url),
        "outboxes": sum(keys.OUTBOX in item for item in items),
        "due subjects": sum(keys.DUE in item and int(item[keys.DUE]["N"]) <= now for item in items),
    }


def _items(stack: Stack) -> Iterator[Mapping[str, Any]]:
    pages = stack.connection.dynamodb.get_paginator("scan").paginate(TableName=stack.table_name, ConsistentRead=True)
    return (item for page in pages for item in page["Items"])
