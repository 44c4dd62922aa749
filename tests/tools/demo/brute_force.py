"""The slow and obvious way to the demo's answers: from the log as delivered, without Milepost's code."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

MAX_AGE, FUTURE, SPAN, DEADLINE = timedelta(35), timedelta(minutes=5), timedelta(30), timedelta(45)


class Purchase(NamedTuple):
    """One order, by event time and then by messageId."""

    at: datetime
    id: str
    amount: Decimal


Hits = list[tuple[str, str, int, datetime]]
"""Milestone, outcome, n, at."""


def messages(log: Path) -> Iterator[dict[str, Any] | None]:
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


def _usable(body: dict[str, Any]) -> dict[str, Any]:
    sizes = [len(body[name].encode()) for name in ("userId", "messageId")]
    happened, received = (datetime.fromisoformat(body[name]) for name in ("timestamp", "receivedAt"))
    kind = {"track": "properties", "identify": "traits"}[body["type"]]
    named = body["type"] == "identify" or body["event"] != ""
    digits = all(abs(each) < 10**38 for each in body[kind].values() if isinstance(each, int))
    in_time = received - MAX_AGE <= happened <= received + FUTURE
    return body if named and digits and in_time and all(0 < size <= 256 for size in sizes) else _no(body)


def purchases(accepted: Iterable[dict[str, Any]]) -> dict[str, list[Purchase]]:
    """By subject, the purchases in the order of their first delivery."""
    seen, found = set[str](), dict[str, list[Purchase]]()
    for body in accepted:
        if body["type"] == "track" and body["messageId"] not in seen:
            seen.add(body["messageId"])
            at, amount = datetime.fromisoformat(body["timestamp"]), Decimal(body["properties"]["amount"])
            found.setdefault(f"user:{body['userId']}", []).append(Purchase(at, body["messageId"], amount))
    return found


def outcomes(bought: Iterable[Purchase]) -> Hits:
    """What a customer with these purchases has reached and missed, long after the last deadline."""
    orders = sorted(bought)
    at = [each.at for each in orders]
    hits: Hits = [("first-purchase", "reached", 1, at[0])]
    hits += [("purchase-3", "reached", 1, at[2])] if len(at) >= 3 else []
    hits += [("purchase-every-10", "reached", n, at[10 * n - 1]) for n in range(1, len(at) // 10 + 1)]
    hits += _first("spent-100", at, lambda i: sum(each.amount for each in orders[: i + 1]) >= 100)
    hits += _first("big-order", at, lambda i: orders[i].amount >= 100)
    hits += _first("three-in-30d", at, lambda i: i >= 2 and at[i] - at[i - 2] <= SPAN)
    in_time = len(at) >= 2 and at[1] <= at[0] + DEADLINE
    outcome, when = ("reached", at[1]) if in_time else ("missed", at[0] + DEADLINE)
    return [*hits, ("second-within-45d", outcome, 1, when)]


def _first(milestone: str, at: list[datetime], holds: Callable[[int], bool]) -> Hits:
    return [(milestone, "reached", 1, when) for i, when in enumerate(at) if holds(i)][:1]
