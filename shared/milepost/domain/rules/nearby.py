"""`sequence` with `in`: the steps in order, the last at most D after the first (semantics, 3.3).

Keeps at most `thinning.KEPT` instants for each step, none older than horizon - D: such a one and whatever comes
are in no chain inside D.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, TypeAlias

from milepost.domain.instant import Duration, Instant
from milepost.domain.rules import thinning
from milepost.domain.rules.interface import Folded, Hit

Instants: TypeAlias = tuple[thinning.Instants, ...]
"""One tuple for each step."""
_NEWEST: Final = 2
"""The newest instant of a step can be that of the event to come, which then builds upon the one before."""
_NEVER: Final[Instant] = -(2**63)


def fold(memo: Instants, instant: Instant, picks: Sequence[int], horizon: Instant, span: Duration) -> Folded:
    """Take in one event, which could serve the steps at these places."""
    kept = list(memo)
    for place in picks:
        kept[place] = thinning.since(thinning.with_instant(memo[place], instant), horizon - span)
    hits = [hit for place in picks if (hit := _chain_through(kept, place, instant, span))]
    if hits:
        return tuple(kept), (min(hits, key=_earliest_and_shortest),)
    for place in picks:
        if len(kept[place]) > thinning.KEPT:
            kept[place] = thinning.at_most(kept[place], needed=_needed(kept, place))
    return tuple(kept), ()


def done(memo: Instants, since: Instant) -> int:
    """The steps of the longest chain whose first event is not before `since`."""
    return max(
        (place + 1 for place, kept in enumerate(memo) if kept and _begun(memo, place, kept[-1]) >= since), default=0
    )


def newest(memo: Instants) -> Instant:
    """The newest event of all; 0 where there is none."""
    return max((kept[-1] for kept in memo if kept), default=0)


def _earliest_and_shortest(hit: Hit) -> tuple[Instant, Instant]:
    return hit.at, -(hit.ref or 0)


def _chain_through(kept: Sequence[thinning.Instants], place: int, instant: Instant, span: Duration) -> Hit | None:
    """The shortest chain with this instant at that step, if it fits: both ways the closest next step is the best."""
    last = instant
    for later in kept[place + 1 :]:
        next_ = bisect_right(later, last)
        if next_ == len(later):
            return None
        last = later[next_]
    first = _begun(kept, place, instant)
    return Hit(last, first) if first >= last - span else None


def _begun(kept: Sequence[thinning.Instants], place: int, instant: Instant) -> Instant:
    """The latest instant at which a chain that does this step then can have begun; before all time if none can."""
    back = _back(kept, place, instant)
    return back[-1] if len(back) == place + 1 else _NEVER


def _back(kept: Sequence[thinning.Instants], place: int, instant: Instant) -> list[Instant]:
    """From this step back: the latest instant of the one before, and so on as far as there are any."""
    back = [instant]
    for earlier in reversed(kept[:place]):
        before = thinning.latest_before(earlier, back[-1])
        if before is None:
            break
        back.append(before)
    return back


def _needed(kept: Sequence[thinning.Instants], place: int) -> set[Instant]:
    """What an event newer than all can build upon: the instants, on the way back to this step, of its next ones."""
    ways = [
        (later - place, _back(kept, later, instant))
        for later in range(place, len(kept))
        for instant in kept[later][-_NEWEST:]
    ]
    return {way[steps] for steps, way in ways if len(way) > steps}
