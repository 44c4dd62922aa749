"""The events of a benchmark: as many, of as many subjects, as asked for, and the same whenever asked."""

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Final

from milepost.domain.catalog import USER
from milepost.domain.event import Track
from milepost.domain.instant import DAY, Instant, parse_instant

BEGIN: Final[Instant] = parse_instant("2026-01-01T00:00:00Z")
LASTS: Final = 60 * DAY
DUPLICATES: Final = 0.03
_EVENTS: Final = ("opened",) * 5 + ("worked_out",) * 3 + ("ordered", "shared")


def events(
    count: int, subjects: int, seed: int = 1, exponent: float = 1.0, user_id: Callable[[int], str] = str
) -> list[Track]:
    """Events in the order of their arrival, over 60 days; subjects by Zipf's law, a few events delivered twice.

    Users are numbered from 0, the busiest; `user_id` names them.
    """
    draw = Random(seed)  # noqa: S311  # nosec B311  # The same events every time are what a benchmark wants.
    weights = list(accumulate(1 / rank**exponent for rank in range(1, subjects + 1)))
    found: list[Track] = []
    for number in range(count):
        if found and draw.random() < DUPLICATES:
            found.append(draw.choice(found[-100:]))
        else:
            subject = f"{USER}{user_id(bisect(weights, draw.random() * weights[-1]))}"
            found.append(_event(number, subject, BEGIN + number * LASTS // count, draw))
    return found


def calls(found: Sequence[Track], batch: int, *, together: bool) -> list[list[list[Track]]]:
    """For each batch the calls that fold it: all events of a subject in one, as ingest does, or one event in each."""
    return [_calls(found[begin : begin + batch], together=together) for begin in range(0, len(found), batch)]


def _calls(batch: Sequence[Track], *, together: bool) -> list[list[Track]]:
    if not together:
        return [[event] for event in batch]
    subjects: dict[str, list[Track]] = {}
    for event in batch:
        subjects.setdefault(event.subject, []).append(event)
    return list(subjects.values())


def _event(number: int, subject: str, instant: Instant, draw: Random) -> Track:
    message_id = f"{number:x}"
    key = int.from_bytes(blake2b(message_id.encode(), digest_size=8).digest(), "big")
    name = draw.choice(_EVENTS)
    properties = dict(_properties(name, draw))
    return Track(subject, message_id, key, key & 0xFF, instant, instant, name, properties, subject)


def _properties(name: str, draw: Random) -> Iterator[tuple[str, object]]:
    match name:
        case "worked_out":
            yield from {"minutes": draw.randrange(10, 90), "kind": draw.choice(("run", "swim", "yoga"))}.items()
        case "ordered":
            yield "amount", draw.randrange(5, 200)
        case "shared":
            yield "with", f"friend-{draw.randrange(40)}"
        case _:
            return
