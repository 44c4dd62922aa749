"""The log as the queue gave it out: which of its lines are messages, and what was known of a customer when."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

Body: TypeAlias = dict[str, Any]
MAX_AGE: Final = timedelta(days=35)
FUTURE: Final = timedelta(minutes=5)
_DIGITS: Final = 38
_BYTES: Final = 256


def messages(log: Path) -> Iterator[Body | None]:
    """Each line of the log as the message it is, or None for one that must be turned away."""
    with gzip.open(log, "rt", encoding="utf-8") as lines:
        for line in lines:
            try:
                yield _usable(json.loads(line, object_pairs_hook=_once, parse_constant=_no, parse_float=Decimal))
            except (ValueError, KeyError, TypeError, AttributeError):
                yield None


def _no(_: object) -> NoReturn:
    raise ValueError


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(pairs) if len(dict(pairs)) == len(pairs) else _no(pairs)


def _usable(body: dict[str, Any]) -> Body:
    sizes = [len(body[name].encode()) for name in ("userId", "messageId")]
    happened, received = (datetime.fromisoformat(body[name]) for name in ("timestamp", "receivedAt"))
    kind = {"track": "properties", "identify": "traits"}[body["type"]]
    named = body["type"] == "identify" or body["event"] != ""
    digits = all(abs(each) < 10**_DIGITS for each in body[kind].values() if isinstance(each, int))
    in_time = received - MAX_AGE <= happened <= received + FUTURE
    return body if named and digits and in_time and all(0 < size <= _BYTES for size in sizes) else _no(body)


class Said(NamedTuple):
    """One message: when it came in, when it happened, and its body."""

    received: datetime
    happened: datetime
    body: Body


@dataclass
class Customer:
    """One customer's messages in the order in which they came in."""

    said: list[Said] = field(default_factory=list)

    @cached_property
    def latest(self) -> timedelta:
        """How late the latest of them came."""
        return max((each.received - each.happened for each in self.said), default=timedelta())

    def arriving(self, now: datetime) -> int:
        """How many came in at this very instant."""
        return sum(each.received == now for each in self.said)

    def known(self, now: datetime, arrived: int) -> list[Said]:
        """What had come in by then, and of what came in at this very instant the first so many."""
        before = [each for each in self.said if each.received < now]
        return before + [each for each in self.said if each.received == now][:arrived]


def traits(said: Iterable[Said]) -> Mapping[str, Any]:
    """The traits, the last by the time at which it was said."""
    told = (each for each in said if each.body["type"] == "identify")
    values: dict[str, Any] = {}
    for each in sorted(told, key=lambda each: each.happened):
        values |= each.body["traits"]
    return values


def customers(bodies: Iterable[Body | None]) -> dict[str, Customer]:
    """By subject, what is known of each customer; a message that came again counts once."""
    found: dict[str, Customer] = {}
    seen: set[tuple[str, str]] = set()
    for body in bodies:
        if body is None or (body["userId"], body["messageId"]) in seen:
            continue
        seen.add((body["userId"], body["messageId"]))
        received, happened = (datetime.fromisoformat(body[name]) for name in ("receivedAt", "timestamp"))
        found.setdefault(f"user:{body['userId']}", Customer()).said.append(Said(received, happened, body))
    return found
