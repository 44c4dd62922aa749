"""Events of one subject and a rule that folds them, for tests of a rule without the core around it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple
from zoneinfo import ZoneInfo

from milepost.domain.event import Track
from milepost.domain.instant import Duration, Instant, parse_instant
from milepost.domain.local import Local
from milepost.domain.memo import Memo
from milepost.domain.rules.interface import Hit, Rule

IN_UTC = Local(ZoneInfo("UTC"))
LONG_AGO: Instant = parse_instant("1971-01-01T00:00:00Z")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(text: str) -> Instant:
    """An instant of 2026, in UTC: `03-01 12:00`."""
    return parse_instant(f"2026-{text}Z")


def happened(
    instant: Instant, name: str = "bought", *, late: Duration = 0, user: str = "u_1", **properties: object
) -> Track:
    """A track event, which arrives when it happens unless it is late."""
    key = int.from_bytes(blake2b(repr((instant, late, properties)).encode(), digest_size=8).digest(), "big")
    return Track("user:u_1", f"m{key:020}", key, 0, instant, instant + late, name, properties, user)


def days(*texts: str) -> list[Track]:
    """A purchase at each of these times of 2026."""
    return [happened(at(text)) for text in texts]


def local_date(instant: Instant, zone: ZoneInfo) -> int:
    """The ordinal of the local date, by another way than the rules take."""
    return (EPOCH + timedelta(microseconds=instant)).astimezone(zone).date().toordinal()


def in_order(events: Iterable[Track]) -> list[Track]:
    """In the order of (instant, messageId)."""
    return sorted(events, key=lambda each: (each.instant, each.message_id))


def arriving(events: Iterable[Track]) -> list[Track]:
    """In the order in which they arrive."""
    return sorted(events, key=lambda each: (each.arrived, each.instant, each.message_id))


class Folded(NamedTuple):
    """What came of it: every hit, the memo at the end and the most numbers that a memo held on the way."""

    hits: list[Hit]
    memo: Memo
    most: int

    @property
    def times(self) -> int:
        """How many occurrences are left."""
        return sum(-1 if hit.back else 1 for hit in self.hits)


def folded(rule: Rule, events: Sequence[Track], local: Local = IN_UTC, memory: Duration | None = None) -> Folded:
    """Fold events as they come; without `memory` nothing is ever too old. One that cannot repeat ends at its hit."""
    memo, hits, most, now = rule.start, list[Hit](), 0, LONG_AGO
    for event in events:
        now = max(now, event.arrived)
        seen = rule.observe(event, local)
        if seen is None:
            continue
        memo, found = rule.fold(memo, event.instant, seen, LONG_AGO if memory is None else now - memory)
        hits += found
        if hits and not rule.repeats:
            break
        most = max(most, numbers(memo))
    return Folded(hits, memo, most)


def numbers(memo: Memo) -> int:
    """How many numbers a memo holds, none longer than 64 bits; a long one is several."""
    count, parts = 0, [memo]
    for each in parts:  # It grows on the way: asked after every event, this must not take longer than the rule.
        if isinstance(each, tuple):
            parts += each
        else:
            count += (-(-each.bit_length() // 64) if isinstance(each, int) else 1) or 1
    return count
