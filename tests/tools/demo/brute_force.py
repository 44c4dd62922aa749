"""The slow and obvious way to the demo's answers: from the log as delivered, without Milepost's code."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple

from milepost_tools.demo.checking.log import messages

__all__ = ["END", "Hits", "Purchase", "is_early", "messages", "outcomes", "purchases"]

SPAN, DEADLINE, SILENCE, GRACE = timedelta(30), timedelta(45), timedelta(30), timedelta(2)
END = datetime.fromisoformat("1997-06-01T00:00:00-04:00")


class Purchase(NamedTuple):
    """One order, by event time and then by messageId."""

    at: datetime
    id: str
    amount: Decimal


Hits = list[tuple[str, str, int, datetime]]
"""Milestone, outcome, n, at."""


def purchases(accepted: Iterable[dict[str, Any]]) -> dict[str, list[Purchase]]:
    """By subject, the purchases in the order of their first delivery."""
    seen, found = set[str](), dict[str, list[Purchase]]()
    for body in accepted:
        if body["type"] == "track" and body["messageId"] not in seen:
            seen.add(body["messageId"])
            at, amount = datetime.fromisoformat(body["timestamp"]), Decimal(body["properties"]["amount"])
            found.setdefault(f"user:{body['userId']}", []).append(Purchase(at, body["messageId"], amount))
    return found


def outcomes(subject: str, bought: Iterable[Purchase]) -> Hits:
    """What a customer with these purchases had reached and missed by the end of the sample."""
    orders = sorted(bought)
    at = [each.at for each in orders]
    hits: Hits = [("first-purchase", "reached", 1, at[0])]
    hits += [("purchase-3", "reached", 1, at[2])] if len(at) >= 3 else []
    hits += [("purchase-every-10", "reached", n, at[10 * n - 1]) for n in range(1, len(at) // 10 + 1)]
    silver = 100 if is_early(subject) else 500
    hits += _first("silver-status", at, lambda i: sum(each.amount for each in orders[: i + 1]) >= silver)
    hits += _first("big-order", at, lambda i: orders[i].amount >= 100)
    hits += _first("three-in-30d", at, lambda i: i >= 2 and at[i] - at[i - 2] <= SPAN)
    in_time = len(at) >= 2 and at[1] <= at[0] + DEADLINE
    outcome, when = ("reached", at[1]) if in_time else ("missed", at[0] + DEADLINE)
    hits += [("second-within-45d", outcome, 1, when)] if in_time or when + GRACE <= END else []
    return [*hits, *_silences(at)]


def is_early(subject: str) -> bool:
    """The first of two variants of 50 each: the first bit of the lot is 0."""
    return blake2b(f"cdnow-demo\0variant\0silver-status\0{subject}".encode(), digest_size=8).digest()[0] < 128


def _silences(at: list[datetime]) -> Hits:
    over = [one + SILENCE for one, after in zip(at, [*at[1:], END], strict=True) if after > one + SILENCE]
    decided = [each for each in over if each + GRACE <= END]
    return [("inactive-30d", "reached", n, each) for n, each in enumerate(decided, 1)]


def _first(milestone: str, at: list[datetime], holds: Callable[[int], bool]) -> Hits:
    return [(milestone, "reached", 1, when) for i, when in enumerate(at) if holds(i)][:1]
