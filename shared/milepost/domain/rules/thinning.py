"""Instants in the order of time, as few of them as are needed."""

from bisect import bisect_left
from collections.abc import Container
from operator import sub
from typing import Final, TypeAlias

from milepost.domain.instant import Instant

KEPT: Final = 64
"""As many stay where nobody says otherwise: about half a kilobyte stored."""
Instants: TypeAlias = tuple[Instant, ...]
"""In the order of time, each once."""


def with_instant(kept: Instants, instant: Instant) -> Instants:
    """These and one more."""
    if not kept or kept[-1] < instant:
        return (*kept, instant)
    place = bisect_left(kept, instant)
    return kept if kept[place] == instant else (*kept[:place], instant, *kept[place:])


def since(kept: Instants, oldest: Instant) -> Instants:
    """Those that are not older."""
    return kept if not kept or kept[0] >= oldest else kept[bisect_left(kept, oldest) :]


def latest_before(kept: Instants, instant: Instant) -> Instant | None:
    """The last that is strictly earlier."""
    place = bisect_left(kept, instant)
    return kept[place - 1] if place else None


def at_most(kept: Instants, most: int = KEPT, needed: Container[Instant] = ()) -> Instants:
    """At most that many: it leaves out what lies close between its neighbours.

    Never the first, the last, a needed one or two side by side. When there are too many it makes room for a quarter
    more, because each time costs as much as many events; the needed are fewer than half of `most`.
    """
    if len(kept) <= most:
        return kept
    between = [*map(sub, kept[2:], kept)]
    left_out = set[int]()
    for place in sorted(range(1, len(kept) - 1), key=lambda place: between[place - 1]):
        if kept[place] not in needed and left_out.isdisjoint((place - 1, place + 1)):
            left_out.add(place)
            if len(left_out) > most // 4:
                break
    return tuple([each for place, each in enumerate(kept) if place not in left_out])


def down_to(kept: Instants, most: int = KEPT) -> Instants:
    """The same, however many there are to begin with."""
    while len(kept) > most:
        kept = at_most(kept, most)
    return kept
