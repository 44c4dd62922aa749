"""Intervals of consecutive periods, and the runs that a streak makes of them.

A chain is an interval and those after it, as long as the gaps between them total at most `freezes` periods. The
scan goes from the left: an interval whose chain holds N qualifying periods is the first of a run, which uses up all
of the chain; any other is given up, and the next one is tried as a first. So the runs are a function of the set.
"""

from collections.abc import Iterator
from operator import itemgetter
from typing import Final, TypeAlias

from milepost.domain.instant import Instant

Interval: TypeAlias = tuple[int, int, Instant, Instant]
"""Its first and last period, the first event of the first, and the newest event that made one of them qualify."""
Intervals: TypeAlias = tuple[Interval, ...]
_newest: Final = itemgetter(3)

Chain: TypeAlias = tuple[int, int, int, int]
"""The places of its first interval and beyond its last, its qualifying periods, and the period that ends it: the one
gap too many, as long as neither it nor one before it comes to qualify."""


def chains(intervals: Intervals, at_least: int, freezes: int) -> Iterator[Chain]:
    """The chain of each interval that the scan tries as a first; runs are those with enough periods.

    Each chain ends where the one before it did, or later, so that the scan passes every interval twice at most.
    """
    place = end = have = last = 0
    left = freezes
    while place < len(intervals):
        if end == place:  # A chain of nothing begins anew; its first interval follows without a gap.
            have, left, last = 0, freezes, intervals[place][0] - 1
        while end < len(intervals) and (gap := intervals[end][0] - last - 1) <= left:
            have, left, last = have + intervals[end][1] - last - gap, left - gap, intervals[end][1]
            end += 1
        yield place, end, have, last + left + 1
        if have >= at_least:
            place = end
            continue
        have -= intervals[place][1] - intervals[place][0] + 1
        place += 1
        if place < end:
            left += intervals[place][0] - intervals[place - 1][1] - 1


def runs(intervals: Intervals, at_least: int, freezes: int) -> list[Chain]:
    """The chains that got there."""
    return [chain for chain in chains(intervals, at_least, freezes) if chain[2] >= at_least]


def completed_at(intervals: Intervals, run: Chain, at_least: int) -> Instant:
    """The newest of the events that made its periods qualify, up to the interval that holds the N-th."""
    place, end, _, _ = run
    at, have = intervals[place][3], 0
    for first, last, _, made in intervals[place:end]:
        at, have = max(at, made), have + last - first + 1
        if have >= at_least:
            break
    return at


def settled(intervals: Intervals, at_least: int, freezes: int, oldest: int) -> int:
    """How many intervals from the left can matter no more, when no period before `oldest` changes any more.

    A chain is settled once the period that ends it is. If it got there, all of it is used up; if not, its first
    interval is given up, and the next one may still be the first of another chain.
    """
    gone = 0
    if intervals and intervals[0][1] < oldest:
        for place, end, have, ended in chains(intervals, at_least, freezes):
            if ended >= oldest:
                break
            gone = end if have >= at_least else place + 1
    return gone


def joined(intervals: Intervals, place: int, period: int, begun: Instant, made: Instant) -> Intervals:
    """The intervals with one more qualifying period, before `place`; its neighbours become one with it."""
    low = place - 1 if place and intervals[place - 1][1] == period - 1 else place
    high = place + 1 if place < len(intervals) and intervals[place][0] == period + 1 else place
    parts = (*intervals[low:place], (period, period, begun, made), *intervals[place:high])
    whole = (parts[0][0], parts[-1][1], parts[0][2], max(parts, key=_newest)[3])
    return (*intervals[:low], whole, *intervals[high:])


def united(one: Intervals, other: Intervals) -> Intervals:
    """The intervals of the periods that qualify in either."""
    whole: list[Interval] = []
    for each in sorted((*one, *other)):
        if whole and each[0] <= whole[-1][1] + 1:
            first, last, begun, made = whole[-1]
            begun = min(begun, each[2]) if each[0] == first else begun
            whole[-1] = (first, max(last, each[1]), begun, max(made, each[3]))
        else:
            whole.append(each)
    return tuple(whole)


def begun_by(intervals: Intervals, place: int, period: int, instant: Instant) -> Intervals:
    """The intervals with one more event in the one at `place`: a late one may be the first of its first period."""
    first, last, begun, made = intervals[place]
    if period > first or begun <= instant:
        return intervals
    return (*intervals[:place], (first, last, instant, made), *intervals[place + 1 :])
