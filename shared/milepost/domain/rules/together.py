"""`all` with `in`: one event for each matcher inside one closed span D (semantics, 3.3).

Keeps instants for each matcher, not all of them. Time is cut into cells of length D, and of a cell only the first
and the last instant stay. That loses no group: say a span from x to x + D holds an instant of a cell, but neither
the first nor the last one kept. Then first < x and x + D < last, so the two are more than D apart, and in a cell
of length D they cannot be. Instants older than horizon - D go: whatever comes is too far from them.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, TypeAlias

from milepost.domain.instant import Duration, Instant
from milepost.domain.rules import thinning
from milepost.domain.rules.interface import Folded, Hit

KEPT: Final = 2_000
"""Instants of a subject, shared by the matchers, about 14 kB stored. Only spans that are short against how late
events may come can ask for more; then what stays spreads over the whole time, and never lacks the newest. For events
that come in order the rule is exact even so; a late event can then miss a group."""
Instants: TypeAlias = tuple[thinning.Instants, ...]
"""One tuple for each matcher."""


def fold(memo: Instants, instant: Instant, picks: Sequence[int], horizon: Instant, span: Duration) -> Folded:
    """Take in one event, which the matchers at these places pick."""
    kept = list(memo)
    for place in picks:
        kept[place] = thinning.with_instant(memo[place], instant)
    if all(kept):
        hit = _group(kept, instant, span)
        if hit is not None:
            return tuple(kept), (hit,)
    most = KEPT // len(memo)
    for place in picks:
        kept[place] = thinning.at_most(_ends_of_cells(thinning.since(kept[place], horizon - span), instant, span), most)
    return tuple(kept), ()


def met(memo: Instants, span: Duration) -> int:
    """How many matchers have an event in the span that ends with the newest."""
    newest = max((kept[-1] for kept in memo if kept), default=0)
    return sum(bool(kept) and kept[-1] >= newest - span for kept in memo)


def most_values(matchers: int, span: Duration, memory: Duration) -> int:
    """Two for each cell that memory and D touch, M / D + 3, for each matcher; never more than `KEPT`."""
    return matchers * min(2 * (memory // span + 3), KEPT // matchers)


def _group(kept: Sequence[thinning.Instants], instant: Instant, span: Duration) -> Hit | None:
    """The earliest group that this instant is in, and the shortest of those that end with the same event.

    No group without it can be there, for that would have been a hit before.
    """
    ends = sorted({each for one in kept if one[-1] >= instant for each in _between(one, instant, instant + span)})
    for end in ends:
        # Closest to the end is best: for each matcher the last of its events that is not after it.
        places = [bisect_right(one, end) for one in kept]
        if all(places):
            first = min(one[place - 1] for one, place in zip(kept, places, strict=True))
            if first >= end - span:
                return Hit(end, first)
    return None


def _between(kept: thinning.Instants, first: Instant, last: Instant) -> thinning.Instants:
    return kept[bisect_right(kept, first - 1) : bisect_right(kept, last)]


def _ends_of_cells(kept: thinning.Instants, instant: Instant, span: Duration) -> thinning.Instants:
    """Without what has come to lie between the first and the last of the new instant's cell: at most one has."""
    cell = instant // span
    begin, end = bisect_right(kept, cell * span - 1), bisect_right(kept, (cell + 1) * span - 1)
    return kept if end - begin <= 2 else kept[: begin + 1] + kept[end - 1 :]  # noqa: PLR2004  # The first and the last.
