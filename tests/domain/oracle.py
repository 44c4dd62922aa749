"""The slow and obvious way to each rule's answer, written from semantics.md and without Milepost's rules.

Everything is in the order of (instant, messageId). Instants are offsets from T0.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from milepost.domain.instant import Duration


class Purchase(NamedTuple):
    """One matching event."""

    at: Duration
    amount: Decimal


class Group(NamedTuple):
    """The earliest group that reaches it: its last and its first instant."""

    at: Duration
    ref: Duration


def count_in(events: Sequence[Purchase], at_least: int, span: Duration) -> Group | None:
    """3.3: N of them, last minus first at most D; the earliest such group."""
    for last in range(at_least - 1, len(events)):
        first = last - at_least + 1
        if events[last].at - events[first].at <= span:
            return Group(events[last].at, events[first].at)
    return None


def sum_in(events: Sequence[Purchase], at_least: Decimal, span: Duration) -> Group | None:
    """3.3: the sum inside some closed span; the earliest such group. What is zero adds nothing."""
    adding = [event for event in events if event.amount != 0]
    for last, end in enumerate(adding):
        for first in range(last + 1):
            inside = adding[first : last + 1]
            if end.at - inside[0].at <= span and sum(event.amount for event in inside) >= at_least:
                return Group(end.at, inside[0].at)
    return None


def thresholds(events: Sequence[Purchase], at_least: Decimal) -> list[Duration]:
    """3.4: the instants at which X, 2X, 3X ... were reached by the running sum."""
    return [
        next(event.at for place, event in enumerate(events) if total(events[: place + 1]) >= times * at_least)
        for times in range(
            1, int(max((total(events[:end]) for end in range(len(events) + 1)), default=0) / at_least) + 1
        )
    ]


def total(events: Sequence[Purchase]) -> Decimal:
    """What they cost."""
    return sum((event.amount for event in events), Decimal(0))


def deadline(
    anchors: Sequence[Duration], events: Sequence[Duration], at_least: int, duration: Duration
) -> list[tuple[str, Duration, Duration | None]]:
    """3.7: how a deadline for N events has ended, long after it: outcome, at and ref."""
    if not anchors:
        return []
    anchor = min(anchors)
    since = sorted(each for each in events if each >= anchor)
    if len(since) >= at_least and since[at_least - 1] <= anchor + duration:
        return [("reached", since[at_least - 1], None)]
    missed: list[tuple[str, Duration, Duration | None]] = [("missed", anchor + duration, anchor)]
    return missed + [("recovered", each, None) for each in since[at_least - 1 : at_least]]
