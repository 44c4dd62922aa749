"""Which clock a stack goes by: the worker's own, or in a replay the one in the messages."""

from collections.abc import Callable, Sequence
from time import time_ns
from typing import Final

from milepost.adapters.settings import Clock
from milepost.application.arrival import Arrival, LiveArrival, ReplayedArrival
from milepost.application.ports import TickMessage
from milepost.domain.event import Alias, Stimulus, Tick
from milepost.domain.instant import Instant
from milepost.domain.outbox import Joined, Parted, Waiting

_NANOSECONDS: Final = 1000


def worker_clock() -> Instant:
    """The time by this machine."""
    return time_ns() // _NANOSECONDS


def arrival_by(clock: Clock) -> Arrival:
    """How arrival is told."""
    return ReplayedArrival() if clock == "replay" else LiveArrival()


def events_clock(clock: Clock) -> Callable[[Sequence[Stimulus | Alias]], Instant]:
    """The time by which a subject's events are judged."""
    if clock == "live":
        return lambda _: worker_clock()
    return lambda stimuli: max(each.arrived for each in stimuli if not isinstance(each, Tick))


def ticks_clock(clock: Clock) -> Callable[[TickMessage], Instant]:
    """The time by which a tick is judged."""
    return (lambda _: worker_clock()) if clock == "live" else (lambda tick: tick.at)


def outbox_clock(clock: Clock) -> Callable[[Waiting], Instant]:
    """The time by which an entry of an outbox is judged; in a replay nothing grows old there."""
    if clock == "live":
        return lambda _: worker_clock()
    return lambda entry: entry.at if isinstance(entry, Joined | Parted) else entry.decided_at
