"""How messages come in: mostly at once, some hours late, one in twenty a second time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from milepost_tools.demo.sampling import draw
from milepost_tools.demo.sampling.cdnow import Message

LATE: Final = 300
"""How many messages come late."""
LATEST: Final = timedelta(hours=40)
"""Below the catalog's grace, so that no deadline is decided before its last event has come."""
OVERTAKEN: Final = 150
"""At most so many of the late ones are chosen because the customer's next purchase can come before them."""
TWICE: Final = Fraction(5, 100)
LONG_AFTER: Final = 12
"""So many of the resends come days later, when a short memory for duplicates would have forgotten them."""
SOON: Final = (2, 48 * 60)
"""After how many minutes a resend comes."""
DAYS_LATER: Final = (9 * 24 * 60, 11 * 24 * 60)
_MINUTE: Final = timedelta(minutes=1)


class Delivery(NamedTuple):
    """One message on its way in, by the clock of the queue."""

    received: datetime
    message: Message
    again: bool = False


def deliveries(messages: Sequence[Message], purchases: Sequence[Message], end: datetime) -> list[Delivery]:
    """All messages in the order in which they come, resends included; none comes after `end`."""
    delays = _delays(purchases, end)
    first = [Delivery(each.instant + delays.get(each.id, timedelta()), each) for each in messages]
    return sorted([*first, *_resends(first, end)], key=lambda each: (each.received, each.message.id))


def _delays(purchases: Sequence[Message], end: datetime) -> Mapping[str, timedelta]:
    """By messageId, how late the late ones come."""
    in_time = [each for each in purchases if each.instant + LATEST <= end]
    overtaken = dict(_overtaken(in_time))
    chosen = draw.shuffled("overtaken", overtaken)[:OVERTAKEN]
    others = draw.shuffled("late", {each.id for each in in_time} - overtaken.keys())[: LATE - len(chosen)]
    return {name: _delay(name, overtaken.get(name, timedelta())) for name in [*chosen, *others]}


def _overtaken(purchases: Iterable[Message]) -> Iterable[tuple[str, timedelta]]:
    """The purchases that a delay lets the customer's next one overtake, and the delay that does so."""
    for one, following in pairwise(sorted(purchases, key=lambda each: (each.user, each.instant, each.id))):
        gap = following.instant - one.instant
        if one.user == following.user and timedelta() < gap < LATEST - _MINUTE:
            yield one.id, gap


def _delay(name: str, least: timedelta) -> timedelta:
    low, high = least // _MINUTE + 1, LATEST // _MINUTE
    return draw.between("delay", name, low, high) * _MINUTE


def _resends(first: Sequence[Delivery], end: datetime) -> Iterable[Delivery]:
    by_id = {each.message.id: each for each in first}
    chosen = draw.shuffled("twice", by_id)[: round(len(first) * TWICE)]
    for place, name in enumerate(chosen):
        yield _again(by_id[name], DAYS_LATER if place < LONG_AFTER else SOON, end)


def _again(first: Delivery, after: tuple[int, int], end: datetime) -> Delivery:
    minutes = draw.between("again", first.message.id, *after)
    return Delivery(min(first.received + minutes * _MINUTE, end), first.message, again=True)
